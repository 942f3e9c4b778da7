"""What each target says becomes its first terms and milestones; reversing copies it back.

Milestones that name no day or percent are left behind: the portal passed over them already.
"""

from datetime import date, timedelta

from django.db import migrations

BEFORE, FAR = date(1, 1, 1), date(9999, 12, 31)
COPIED = ("name", "plan_number", "unit_id", "owner_id", "level_percent", "headline")


def read_milestones(target):
    """Return {day: percent} of what can be read and lies within the period."""
    found = {}
    for each in target.milestones or []:
        try:
            day, percent = date.fromisoformat(str(each["day"])), int(each["percent"])
        except (KeyError, TypeError, ValueError):
            continue
        if target.first_day <= day <= target.last_day and 1 <= percent <= 100:
            found[day] = percent
    return found


def copy(apps, schema_editor):
    TrainingTarget = apps.get_model("target", "TrainingTarget")
    TargetTerms = apps.get_model("target", "TargetTerms")
    TargetMilestone = apps.get_model("target", "TargetMilestone")
    for target in TrainingTarget.objects.order_by("pk"):
        # As the loaders write first versions: any day of knowledge finds them.
        known = {"recorded_at": target.created_at, "recorded_on": BEFORE}
        period_to = target.last_day + timedelta(days=1)
        TargetTerms.objects.create(
            target=target,
            valid_from=target.first_day,
            valid_to=period_to,
            period_to=period_to,
            **{name: getattr(target, name) for name in COPIED},
            **known,
        )
        for day, percent in sorted(read_milestones(target).items()):
            TargetMilestone.objects.create(
                target=target,
                day=day,
                percent=percent,
                period_from=target.first_day,
                period_to=period_to,
                **known,
            )


def copy_back(apps, schema_editor):
    TrainingTarget = apps.get_model("target", "TrainingTarget")
    TargetTerms = apps.get_model("target", "TargetTerms")
    TargetMilestone = apps.get_model("target", "TargetMilestone")
    standing = set(
        TargetTerms.objects.filter(withdrawn_on=FAR).values_list("target_id", flat=True)
    )
    for terms in TargetTerms.objects.filter(withdrawn_on=FAR).select_related("target"):
        target = terms.target
        for name in COPIED:
            setattr(target, name, getattr(terms, name))
        target.first_day = terms.valid_from
        target.last_day = terms.valid_to - timedelta(days=1)
        target.milestones = [
            {"day": each.day.isoformat(), "percent": each.percent}
            for each in TargetMilestone.objects.filter(
                target=target, withdrawn_on=FAR
            ).order_by("day")
        ]
        target.save()
    TargetMilestone.objects.all().delete()
    TargetTerms.objects.all().delete()
    # A target whose setting up was taken back says nothing.
    TrainingTarget.objects.exclude(pk__in=standing).delete()


class Migration(migrations.Migration):
    dependencies = [("target", "0011_terms_of_targets")]

    operations = [migrations.RunPython(copy, copy_back)]
