"""Checks of what is derived from the facts, and of what was frozen from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Model, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.people.days import FAR
from lms.target.integrity.findings import WHO, Check, Finding
from lms.target.models import Figure, FigureDay, FigureTop, ReportSnapshot, Standing
from lms.target.reports.reading import verify
from lms.target.standing.checkpoints import count_day
from lms.target.standing.refreshing import differences, every_person, is_built, refresh
from lms.target.standing.tops import take_book


def altered_reports(at: datetime) -> Iterator[Finding]:
    """Frozen reports whose text no longer gives the hash that was stored with them."""
    for snapshot in ReportSnapshot.objects.select_related("period").order_by("pk").iterator():
        verdict = verify(snapshot)
        if not verdict.is_whole:
            yield Finding(
                _("The frozen report “%(report)s” is not what was frozen.") % {"report": snapshot},
                f"report {snapshot.pk}",
                subject=snapshot,
            )


def standings_off_the_facts(at: datetime) -> Iterator[Finding]:
    """People whose rows in the table behind the figures do not follow from their facts."""
    if not is_built():
        return
    for person_ids in every_person():
        for person_id, rows in differences(person_ids):
            yield Finding(
                ngettext(
                    "%(person)s: %(count)s row behind the figures does not follow from the facts.",
                    "%(person)s: %(count)s rows behind the figures do not follow from the facts.",
                    rows,
                )
                % {"person": WHO, "count": rows},
                f"person {person_id}",
                person_id,
                person_id,
            )


def make_again(finding: Finding, at: datetime) -> None:
    refresh([finding.subject])


def days_off_the_standings(at: datetime) -> Iterator[Finding]:
    """Days counted in advance whose sums, of units or of the province, are not the table's."""
    for day, top in FigureDay.objects.order_by("day").values_list("day", "top_unit"):
        standing = Standing.objects.filter(
            known_to=FAR, valid_from__lte=day, valid_to__gt=day
        ).count()
        sums = [people_of(Figure, day, "people")]
        if top is not None:
            sums.append(people_of(FigureTop, day, "denominator", "on_leave"))
        if wrong := [counted for counted in sums if counted != standing]:
            yield Finding(
                _("Counted in advance for %(day)s: %(counted)s people, by the table %(standing)s.")
                % {"day": f"{day:%d/%m/%Y}", "counted": wrong[0], "standing": standing},
                f"day {day}",
                subject=day,
            )


def people_of(model: type[Model], day: date, *names: str) -> int:
    """Return the sum of these columns over the rows of ``day``; one query."""
    sums = model._default_manager.filter(day=day).aggregate(**{name: Sum(name) for name in names})
    return sum(value or 0 for value in sums.values())


def count_again(finding: Finding, at: datetime) -> None:
    take_book()
    count_day(finding.subject, at=at)


CHECKS = (
    Check(
        "standings",
        gettext_lazy("The table behind the figures does not follow from the facts"),
        gettext_lazy("The rows of these people are made again from their facts."),
        standings_off_the_facts,
        make_again,
    ),
    Check(
        "counted-days",
        gettext_lazy("Days counted in advance that do not add up"),
        gettext_lazy("The day is counted again."),
        days_off_the_standings,
        count_again,
    ),
    Check(
        "reports-altered",
        gettext_lazy("Frozen reports that were altered"),
        gettext_lazy("Bring the report back from the backup; its hash says which one is right."),
        altered_reports,
    ),
)
