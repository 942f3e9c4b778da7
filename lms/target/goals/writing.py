"""Setting up a target, changing it, giving it up: each act a batch that can be taken back.

No figure changes with a target, only what it is measured against.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from lms.people import audit, batches
from lms.people.days import day_after
from lms.people.facts import record, succeed, withdraw
from lms.people.models import Batch, User
from lms.target.goals.drafts import Draft, Milestone, TargetRefused, check
from lms.target.goals.reading import milestones_by_target, print_of
from lms.target.models import TargetMilestone, TargetTerms, TrainingTarget

# What the batches of targets are called.
KIND = "target"


class TargetChanged(Exception):
    """Somebody changed the target after it was shown."""


class TargetGone(TargetRefused):
    """The target does not stand: its setting up was taken back, or it was given up."""


class NothingChanged(TargetRefused):
    """The target says this already."""


class EndOutside(TargetRefused):
    """The last day lies before the period, or the target would have ended by then anyway."""


def set_up(draft: Draft, *, reason: str = "", actor: User | None, at: datetime) -> TrainingTarget:
    """Write a new target and return it.

    Raises the refusals of :func:`~lms.target.goals.drafts.check`.
    """
    with _refusing(draft), batches.gather(KIND, actor=actor, at=at, reason=reason):
        target = _record(draft, reason=reason, actor=actor, at=at)
        audit.log(
            "target.set_up",
            target,
            actor=actor,
            at=at,
            unit=draft.owner,
            first_day=draft.first_day.isoformat(),
            last_day=draft.last_day.isoformat(),
            level=draft.level_percent,
        )
    return target


@transaction.atomic
def load(draft: Draft, *, at: datetime) -> TrainingTarget:
    """Write a target that counts as always known, as loaders do; nobody takes it back as an act."""
    check(draft)
    return _record(draft, reason="", actor=None, at=at, loaded=True)


def change(
    target: TrainingTarget,
    draft: Draft,
    *,
    seen: str,
    reason: str,
    actor: User | None,
    at: datetime,
) -> Batch:
    """Let ``target`` say what ``draft`` says; return the batch that takes it back.

    ``seen`` is what :func:`~lms.target.goals.reading.print_of` gave for the version that was shown.
    Raises :class:`TargetChanged`, :class:`TargetGone`, :class:`NothingChanged` and the refusals of
    ``check``.
    """
    with (
        _refusing(draft, target=target),
        batches.gather(KIND, actor=actor, at=at, reason=reason) as batch,
    ):
        terms, milestones = _lock(target, seen)
        if terms.is_given_up:
            raise TargetGone(target.pk)
        changes = {
            name: value for name, value in draft.terms().items() if getattr(terms, name) != value
        }
        wanted = {each.day: each for each in draft.milestones}
        if not changes and {Milestone(each.day, each.percent) for each in milestones} == set(
            wanted.values()
        ):
            raise NothingChanged(target.pk)
        # The terms get a version of every act, so that each act is found by them.
        after = succeed(terms, actor=actor, at=at, **(changes | {"reason": reason}))
        _change_milestones(milestones, wanted, after, reason=reason, actor=actor, at=at)
        audit.log(
            "target.change",
            target,
            actor=actor,
            at=at,
            unit=after.owner,
            fields=sorted(changes),
            milestones=len(wanted),
        )
    return batch


def give_up(
    target: TrainingTarget,
    last_day: date,
    *,
    seen: str,
    reason: str,
    actor: User | None,
    at: datetime,
) -> Batch:
    """Let ``target`` stand up to ``last_day`` and no longer; its period stays what it was.

    Raises :class:`TargetChanged`, :class:`TargetGone` or :class:`EndOutside`.
    """
    with batches.gather(KIND, actor=actor, at=at, reason=reason) as batch:
        terms, _milestones = _lock(target, seen)
        if not terms.valid_from <= last_day < terms.ends_on:
            raise EndOutside(last_day)
        succeed(terms, actor=actor, at=at, valid_to=day_after(last_day), reason=reason)
        audit.log(
            "target.give_up",
            target,
            actor=actor,
            at=at,
            unit=terms.owner,
            last_day=last_day.isoformat(),
        )
    return batch


@contextmanager
def _refusing(draft: Draft, *, target: TrainingTarget | None = None) -> Iterator[None]:
    """Check a draft before the act, and again where the database refused it in a race."""
    check(draft, target=target)
    try:
        yield
    except IntegrityError:
        check(draft, target=target)
        raise


def _lock(target: TrainingTarget, seen: str) -> tuple[TargetTerms, list[TargetMilestone]]:
    """Let other writers of the target wait; return what stands if it is what was ``seen``."""
    TrainingTarget.objects.select_for_update().get(pk=target.pk)
    terms = TargetTerms.objects.current().filter(target=target).select_related("owner").first()
    if terms is None:
        raise TargetGone(target.pk)
    milestones = milestones_by_target([target.pk])[target.pk]
    if print_of(terms, milestones) != seen:
        raise TargetChanged(target.pk)
    return terms, milestones


def _record(draft: Draft, *, reason: str, **known: Any) -> TrainingTarget:
    target = TrainingTarget.objects.create(created_at=known["at"])
    terms = record(TargetTerms, target=target, reason=reason, **draft.terms(), **known)
    for each in sorted(draft.milestones):
        _record_milestone(each, terms, reason=reason, **known)
    return target


def _record_milestone(each: Milestone, terms: TargetTerms, *, reason: str, **known: Any) -> None:
    record(
        TargetMilestone,
        target_id=terms.target_id,
        day=each.day,
        percent=each.percent,
        period_from=terms.valid_from,
        period_to=terms.period_to,
        reason=reason,
        **known,
    )


def _change_milestones(
    standing: Iterable[TargetMilestone],
    wanted: dict[date, Milestone],
    terms: TargetTerms,
    *,
    reason: str,
    **known: Any,
) -> None:
    period = {"period_from": terms.valid_from, "period_to": terms.period_to}
    missing = dict(wanted)
    for row in standing:
        each = missing.pop(row.day, None)
        if each is None:
            withdraw(row, **known)
            continue
        changes = {"percent": each.percent} | period
        if any(getattr(row, name) != value for name, value in changes.items()):
            succeed(row, reason=reason, **changes, **known)
    for each in sorted(missing.values()):
        _record_milestone(each, terms, reason=reason, **known)
