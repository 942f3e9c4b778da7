"""Asking for a refresher: looked at first, written as one batch, taken back as one.

Every completion of what was taught before gets a next version that ends the day after the due day.
The next round may be begun at once; completed in time it adjoins, and nothing lapses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q

from content.models import CourseVersion
from courses.completion import expiry
from courses.models import Completion, CompletionWithdrawal, Enrolment
from courses.refreshing.asked import Refreshers, is_before
from lms.people import audit, batches
from lms.people.days import day_after, local_day
from lms.people.facts import succeed_many
from lms.people.models import Batch, PersonMerge, User

BATCH_KIND = "refresher"
PART = 500


class RefresherRefused(ValueError):
    """The refresher cannot be asked for."""


class ReasonMissing(RefresherRefused):
    """This act needs a reason."""


class DueInThePast(RefresherRefused):
    """The due day lies before today."""


class DueBeforeVersion(RefresherRefused):
    """The due day lies before the day on which the version was published."""


class AlreadyAsked(RefresherRefused):
    """This version asks for a refresher already."""


class NothingToAsk(RefresherRefused):
    """No completion of what was taught before reaches beyond the due day."""


@dataclass(frozen=True)
class RefresherPlan:
    """Whom a refresher asks; people are survivors of merges."""

    version: CourseVersion
    due_on: date
    # Completions whose end comes forward, by key.
    completions: tuple[int, ...]
    # Who holds the course beyond the due day by one of these alone.
    people: frozenset[int]
    # Who holds it beyond that day by something else, as by the new version.
    refreshed: frozenset[int]
    # Rounds under way on an older version: what they complete ends with the due day too.
    older_rounds: int

    @property
    def ends_on(self) -> date:
        """The first day on which the old completions do not count."""
        return day_after(self.due_on)


def plan_refresher(version: CourseVersion, due_on: date, *, at: datetime) -> RefresherPlan:
    """Return whom a refresher to ``version`` by ``due_on``, its last day, asks; three queries.

    Raises a :class:`RefresherRefused`.
    """
    if version.refresher_due_on is not None:
        raise AlreadyAsked(version.pk)
    if due_on < local_day(at):
        raise DueInThePast(due_on)
    if due_on < local_day(version.published_at):
        raise DueBeforeVersion(due_on)
    ends_on = day_after(due_on)
    merged = dict(PersonMerge.objects.current().values_list("duplicate_id", "survivor_id"))
    asked, people, refreshed = [], set(), set()
    rows = (
        Completion.objects.current()
        .filter(course=version.course_id, valid_to__gt=ends_on)
        .order_by("person_id", "pk")
        .values_list("pk", "person_id", "source", "course_version__number", "valid_from")
    )
    for key, person_id, source, number, valid_from in rows:
        survivor = survivor_of(person_id, merged)
        if is_before(version, source=source, number=number, valid_from=valid_from):
            asked.append(key)
            people.add(survivor)
        elif valid_from <= ends_on:
            refreshed.add(survivor)
    if not asked:
        raise NothingToAsk(version.pk)
    return RefresherPlan(
        version=version,
        due_on=due_on,
        completions=tuple(asked),
        people=frozenset(people - refreshed),
        refreshed=frozenset(refreshed),
        older_rounds=older_rounds(version).count(),
    )


def survivor_of(person_id: int, merged: dict[int, int]) -> int:
    """Follow the merges to the record that counts; in a ring nobody is merged."""
    seen = {person_id}
    survivor = person_id
    while survivor in merged:
        survivor = merged[survivor]
        if survivor in seen:
            return person_id
        seen.add(survivor)
    return survivor


def older_rounds(version: CourseVersion) -> Any:
    """Return the rounds under way that pin a version before ``version``; lazy."""
    return Enrolment.objects.filter(
        course=version.course_id, closed_at=None, course_version__number__lt=version.number
    )


def ask_refresher(
    version: CourseVersion, *, due_on: date, reason: str, actor: User | None, at: datetime
) -> Batch:
    """Ask all who completed what was taught before for a refresher to ``version`` by ``due_on``.

    Their completions count up to and on that day, and need renewing from the next. One transaction
    and one batch, whatever the number: a refresher asked of half the province would be two rules.
    The facts are read and written in parts; only their versions stay in memory until the batch is
    kept. Raises a :class:`RefresherRefused`; then nothing is written.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(version.pk)
    with batches.gather(BATCH_KIND, actor=actor, at=at, reason=reason, version=version.pk) as batch:
        locked = CourseVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
        # Whoever completes an older round holds its lock: it ends first and is asked, or waits and
        # is given the due day.
        list(older_rounds(locked).order_by("pk").select_for_update(of=("self",)).only("pk"))
        plan = plan_refresher(locked, due_on, at=at)
        for part in parts_of(plan.completions):
            found = Completion.objects.filter(pk__in=part).order_by("pk")
            changes = {"valid_to": plan.ends_on, "reason": reason}
            ended = succeed_many([(fact, changes) for fact in found], actor=actor, at=at)
            audit.log_many("completion.refresher", ended, actor=actor, at=at)
        locked.refresher_due_on = due_on
        locked.save(update_fields=["refresher_due_on"])
        batch.counts |= {"completions": len(plan.completions), "people": len(plan.people)}
        batch.save(update_fields=["counts"])
        audit.log(
            "course.ask_refresher",
            locked,
            actor=actor,
            at=at,
            course=locked.course_id,
            due_on=due_on.isoformat(),
            **batch.counts,
        )
    return batch


def parts_of(keys: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(keys), PART):
        yield keys[start : start + PART]


def find_batch(version: CourseVersion) -> Batch | None:
    """Return the batch by which ``version`` asks for a refresher now, if it does."""
    if version.refresher_due_on is None:
        return None
    asked = Batch.objects.filter(kind=BATCH_KIND, undone_at=None, counts__version=version.pk)
    return asked.order_by("-pk").first()


def forget_refresher(batch: Batch, *, actor: User | None, at: datetime) -> None:
    """Ask for the refresher no longer: what an undo of its batch does besides the old ends.

    Completions recorded since got their end by the refresher; they get the end of their rule.
    """
    version = CourseVersion.objects.select_for_update(of=("self",)).get(pk=batch.counts["version"])
    due_on, version.refresher_due_on = version.refresher_due_on, None
    version.save(update_fields=["refresher_due_on"])
    refreshers = Refreshers([version.course_id])
    changes = []
    for completion in recorded_since(batch, version, day_after(due_on)):
        own = {
            "source": completion.source,
            "number": completion.course_version and completion.course_version.number,
            "valid_from": completion.valid_from,
        }
        end = refreshers.end_of(
            version.course_id, expiry(completion.valid_from, completion.validity_months), **own
        )
        if is_before(version, **own) and end != completion.valid_to:
            changes.append((completion, {"valid_to": end}))
    succeed_many(changes, actor=actor, at=at)
    audit.log(
        "course.forget_refresher",
        version,
        actor=actor,
        at=at,
        course=version.course_id,
        due_on=due_on.isoformat(),
    )


def recorded_since(batch: Batch, version: CourseVersion, ends_on: date) -> Iterable[Completion]:
    """Return completions outside the batch that end as a refresher would have them end; lazy.

    One that was taken away has the end of that decision.
    """
    same = Completion.objects.current().filter(
        Q(valid_to=ends_on) | Q(valid_to=F("valid_from"), valid_from__gt=ends_on),
        course=version.course_id,
        recorded_at__gte=batch.at,
    )
    decided = CompletionWithdrawal.objects.filter(course=version.course_id)
    return (
        same.exclude(logical_id__in=batch.facts.values("logical_id"))
        .exclude(logical_id__in=decided.values("completion_logical_id"))
        .select_related("course_version")
        .order_by("pk")
    )
