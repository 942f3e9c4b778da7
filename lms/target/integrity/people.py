"""Checks of people, postings, roles and the days on which facts were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.apps import apps
from django.contrib.auth.models import Group
from django.db.models import DateField, Exists, F, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.people.accounts import end_role
from lms.people.days import BEFORE, FAR, last_day, local_day
from lms.people.facts import Fact
from lms.people.models import (
    Leave,
    PersonMerge,
    Posting,
    RoleAssignment,
    StaffMember,
    UnitVersion,
    User,
)
from lms.people.roles import GROUP_NAMES, groups_are_current, sync_groups
from lms.people.scopes import scope_of
from lms.people.staff import end_posting
from lms.people.units import UNPLACED_KEY
from lms.target.integrity.findings import WHO, Check, Finding

CHUNK = 500


def shown(day) -> str:
    return f"{day:%d/%m/%Y}"


def overlapping_duties(at: datetime) -> Iterator[Finding]:
    """Two primary postings of one person that share a day; the earlier one is the subject."""
    later = Posting.objects.current().filter(
        Q(valid_from__gt=OuterRef("valid_from"))
        | Q(valid_from=OuterRef("valid_from"), pk__gt=OuterRef("pk")),
        person=OuterRef("person_id"),
        is_primary=True,
        valid_from__lt=OuterRef("valid_to"),
        valid_to__gt=OuterRef("valid_from"),
    )
    found = (
        Posting.objects.current()
        .filter(Exists(later), is_primary=True, valid_to__gt=F("valid_from"))
        .select_related("person", "unit")
        .order_by("pk")
    )
    for posting in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("%(person)s has two primary duties from %(day)s on.")
            % {"person": WHO, "day": shown(next_start(posting))},
            f"posting {posting.pk}",
            posting.person_id,
            posting,
        )


def next_start(posting: Posting):
    """Return the day on which the duty that overlaps ``posting`` begins."""
    return (
        Posting.objects.current()
        .filter(
            person=posting.person_id,
            is_primary=True,
            valid_from__gte=posting.valid_from,
            valid_from__lt=posting.valid_to,
        )
        .exclude(pk=posting.pk)
        .order_by("valid_from", "pk")
        .values_list("valid_from", flat=True)
        .first()
    ) or posting.valid_from


def end_earlier_duty(finding: Finding, at: datetime) -> None:
    """Let the earlier duty end where the next begins; the later entry is what was known last."""
    posting = finding.subject
    end_posting(
        posting,
        last_day=next_start(posting) - timedelta(days=1),
        reason=_("Found by the examination of the books"),
        actor=None,
        at=at,
    )


def duties_outside_their_unit(at: datetime) -> Iterator[Finding]:
    """A posting that goes on although its unit has ended."""
    goes_on = UnitVersion.objects.current().filter(
        unit=OuterRef("unit_id"), valid_to__gte=OuterRef("valid_to")
    )
    found = (
        Posting.objects.current()
        .filter(~Exists(goes_on), valid_to__gt=F("valid_from"))
        .select_related("person")
        .order_by("pk")
    )
    for posting in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("The posting of %(person)s goes on in a unit that has ended.") % {"person": WHO},
            f"posting {posting.pk}",
            posting.person_id,
            posting,
        )


def unplaced(at: datetime) -> Iterator[Finding]:
    """People who wait for a unit after a reorganisation."""
    found = (
        Posting.objects.current()
        .valid_on(local_day(at))
        .filter(unit__own_key=UNPLACED_KEY)
        .select_related("person")
        .order_by("person__sort_name", "pk")
    )
    for posting in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("%(person)s waits for a unit since %(day)s.")
            % {"person": WHO, "day": shown(posting.valid_from)},
            f"posting {posting.pk}",
            posting.person_id,
            posting,
        )


def never_posted(at: datetime) -> Iterator[Finding]:
    """Registered people who never had a posting: no figure counts them."""
    found = (
        StaffMember.objects.filter(erased_at=None)
        .filter(~Exists(Posting.objects.current().filter(person=OuterRef("pk"))))
        .filter(~Exists(PersonMerge.objects.current().filter(duplicate=OuterRef("pk"))))
        .in_name_order()
    )
    for person in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("%(person)s is registered and has no posting.") % {"person": WHO},
            person.staff_code,
            person.pk,
            person,
        )


def merge_rings(at: datetime) -> Iterator[Finding]:
    """Merges of duplicates that lead back to where they began: nobody survives."""
    survivor_of = dict(PersonMerge.objects.current().values_list("duplicate_id", "survivor_id"))
    for start in sorted(survivor_of):
        seen, person = {start}, survivor_of[start]
        while person in survivor_of and person not in seen:
            seen.add(person)
            person = survivor_of[person]
        if person == start:
            yield Finding(
                _("Merged records lead in a ring: nobody is left to be counted."),
                f"person {start}",
                start,
            )


def roles_over_ended_units(at: datetime) -> Iterator[Finding]:
    """A role of today over a unit that is no more."""
    today = local_day(at)
    valid = UnitVersion.objects.current().valid_on(today).filter(unit=OuterRef("unit_id"))
    found = (
        RoleAssignment.objects.current()
        .valid_on(today)
        .filter(~Exists(valid))
        .select_related("user__staff", "unit")
        .order_by("pk")
    )
    for assignment in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("%(person)s holds the role “%(role)s” over a unit that has ended.")
            % {"person": WHO, "role": assignment.get_role_display()},
            f"role {assignment.pk}",
            assignment.user.staff_id,
            assignment,
        )


def end_with_the_unit(finding: Finding, at: datetime) -> None:
    """End the role on the unit's last day; who looks after its people now is decided anew."""
    assignment = finding.subject
    ended = (
        UnitVersion.objects.current()
        .filter(unit=assignment.unit_id)
        .order_by("-valid_to")
        .values_list("valid_to", flat=True)
        .first()
    )
    last = last_day(ended) if ended else None
    begun = assignment.valid_from - timedelta(days=1) if assignment.valid_from > BEFORE else None
    end_role(assignment, last_day=max(filter(None, (last, begun))), actor=None, at=at)


def groups_out_of_step(at: datetime) -> Iterator[Finding]:
    """Accounts whose rights in the admin are not those of their roles."""
    groups = Group.objects.filter(name__in=GROUP_NAMES.values())
    found = (
        User.objects.filter(Q(groups__in=groups) | Q(role_assignments__withdrawn_on=FAR))
        .filter(is_active=True)
        .select_related("staff")
        .distinct()
        .order_by("pk")
    )
    for user in found.iterator(chunk_size=CHUNK):
        if not groups_are_current(user, scope_of(user, local_day(at))):
            yield Finding(
                _("The rights of %(person)s in the administration are not those of the roles.")
                % {"person": WHO},
                f"account {user.pk}",
                user.staff_id,
                user,
            )


def sync(finding: Finding, at: datetime) -> None:
    sync_groups(finding.subject, at)


def shifted_days(at: datetime) -> Iterator[Finding]:
    """Facts whose day of recording is not the local day of its moment: edited past the portal."""
    zone = timezone.get_current_timezone()
    for model in fact_models():
        found = (
            model.objects.annotate(
                on_day=TruncDate("recorded_at", tzinfo=zone, output_field=DateField()),
                off_day=TruncDate("withdrawn_at", tzinfo=zone, output_field=DateField()),
            )
            .filter(
                (~Q(recorded_on=F("on_day")) & ~Q(recorded_on=BEFORE))
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_on=F("off_day")))
            )
            .order_by("pk")
        )
        for fact in found.iterator(chunk_size=CHUNK):
            yield Finding(
                _("%(what)s %(number)s: the day of recording does not agree with its moment.")
                % {"what": model._meta.verbose_name, "number": fact.pk},
                f"{model._meta.model_name} {fact.pk}",
                getattr(fact, "person_id", None),
                fact,
            )


def fact_models() -> list[type[Fact]]:
    """Return every table of facts, in a fixed order."""
    return sorted(
        (model for model in apps.get_models() if issubclass(model, Fact)),
        key=lambda model: model._meta.label,
    )


def leaves_without_duty(at: datetime) -> Iterator[Finding]:
    """A leave over today of somebody who has no posting today: nobody will end it."""
    today = local_day(at)
    posted = Posting.objects.current().valid_on(today).filter(person=OuterRef("person_id"))
    found = (
        Leave.objects.current()
        .valid_on(today)
        .filter(~Exists(posted), valid_to=FAR)
        .select_related("person")
        .order_by("person__sort_name", "pk")
    )
    for leave in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("The leave of %(person)s has no end, and there is no posting any more.")
            % {"person": WHO},
            f"leave {leave.pk}",
            leave.person_id,
            leave,
        )


CHECKS = (
    Check(
        "overlapping-duties",
        gettext_lazy("Two primary duties at once"),
        gettext_lazy("The earlier duty ends on the day before the next one begins."),
        overlapping_duties,
        end_earlier_duty,
    ),
    Check(
        "duties-outside-unit",
        gettext_lazy("Duties in units that have ended"),
        gettext_lazy("Transfer the person to the unit that took over, or end the duty."),
        duties_outside_their_unit,
    ),
    Check(
        "unplaced",
        gettext_lazy("People who wait for a unit"),
        gettext_lazy("Give each of them a unit by a list, under reorganisations."),
        unplaced,
        is_note=True,
    ),
    Check(
        "never-posted",
        gettext_lazy("Registered people without a posting"),
        gettext_lazy("Add a posting, or merge the record with the one it repeats."),
        never_posted,
        is_note=True,
    ),
    Check(
        "leaves-without-duty",
        gettext_lazy("Leaves without an end and without a posting"),
        gettext_lazy("End the leave on the day the duty ended."),
        leaves_without_duty,
        is_note=True,
    ),
    Check(
        "merge-rings",
        gettext_lazy("Merged records in a ring"),
        gettext_lazy("Undo one of the merges."),
        merge_rings,
    ),
    Check(
        "roles-over-ended-units",
        gettext_lazy("Roles over units that have ended"),
        gettext_lazy("The role ends with the unit; assign it anew over the unit that took over."),
        roles_over_ended_units,
        end_with_the_unit,
    ),
    Check(
        "groups-out-of-step",
        gettext_lazy("Rights in the administration that are not those of the roles"),
        gettext_lazy("The rights are made anew from today's roles."),
        groups_out_of_step,
        sync,
    ),
    Check(
        "shifted-days",
        gettext_lazy("Facts whose days were changed past the portal"),
        gettext_lazy("Compare with the last backup: the portal itself never changes these days."),
        shifted_days,
    ),
)
