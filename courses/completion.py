"""Completions: recorded in the transaction of the fact that completes, withdrawn only by an act.

``settle`` is the only place that decides (``docs/decisions.md`` 24). The completion is dated by the
day its last condition *happened*; a corrected mark or a regrade never removes it but opens a
review.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from courses.conditions import Manifest, RuleBook, Verdict, facts_of, judge
from courses.models import Completion, CompletionReview, CompletionWithdrawal, Enrolment
from courses.signals import course_completed
from lms.people import audit
from lms.people.days import FAR, day_after
from lms.people.facts import record, succeed, withdraw
from lms.people.staff import primary_posting


class ReasonMissing(Exception):
    """A withdrawal without a reason."""


class AlreadyWithdrawn(Exception):
    """The completion was taken away before."""


class NotHeldThen(Exception):
    """The effective date lies outside the days on which the completion is held."""


def expiry(day: date, months: int | None) -> date:
    """Return the exclusive end of a validity of ``months`` that begins on ``day``.

    The last valid day bears the same number in its month as ``day``, or is the month's last: 24
    months from 29/02/2024 are valid on 28/02/2026 and end on 01/03/2026. ``None`` = no end.
    """
    if months is None:
        return FAR
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > 9998:
        return FAR
    last = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return day_after(last)


def settle(enrolment: Enrolment, *, actor: Any, at: datetime) -> Completion | None:
    """Record the completion of a round whose conditions are all met; return it, else ``None``.

    To be called in the transaction of every fact that may complete a round or change what a
    completion rests on; idempotent. Sends ``course_completed`` after the commit.
    """
    return settle_many([enrolment.pk], actor=actor, at=at).get(enrolment.pk)


@transaction.atomic
def settle_many(enrolment_ids: Iterable[int], *, actor: Any, at: datetime) -> dict[int, Completion]:
    """Settle several rounds, for example a whole class; return the standing completions by round.

    Finding out costs a fixed number of queries; each new completion costs five more.
    """
    # In key order, so that two registers closed at once cannot wait for each other.
    enrolments = list(
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("course_version", "person")
        .filter(pk__in=list(enrolment_ids))
        .order_by("pk")
    )
    ids = [enrolment.pk for enrolment in enrolments]
    standing = {
        completion.enrolment_id: completion
        for completion in Completion.objects.current().filter(enrolment__in=ids)
    }
    # An ended round, or one whose completion was found to be fraud, completes nothing again.
    alive = [e for e in enrolments if e.closed_at is None or e.pk in standing]
    if not alive:
        return {}
    facts = facts_of(enrolment.pk for enrolment in alive)
    rules = RuleBook()
    for enrolment in alive:
        verdict = judge(
            Manifest.of(enrolment.course_version),
            facts[enrolment.pk],
            rules.on(enrolment.opened_on),
        )
        completion = standing.get(enrolment.pk)
        if completion is not None:
            review_if_shaken(completion, verdict, at=at)
        elif verdict.completed_on is not None:
            standing[enrolment.pk] = complete(
                enrolment,
                verdict,
                rules.on(verdict.completed_on).validity_months,
                actor=actor,
                at=at,
            )
    return standing


def complete(
    enrolment: Enrolment, verdict: Verdict, months: int | None, *, actor: Any, at: datetime
) -> Completion:
    """Record the completion and close the round; the caller holds the round's lock."""
    day = verdict.completed_on
    posting = primary_posting(enrolment.person, day)
    completion = record(
        Completion,
        actor=actor,
        at=at,
        person=enrolment.person,
        course_id=enrolment.course_id,
        enrolment=enrolment,
        course_version=enrolment.course_version,
        unit_id=posting.unit_id if posting else None,
        position_title=posting.position_title if posting else "",
        validity_months=months,
        conditions=verdict.evidence,
        valid_from=day,
        valid_to=expiry(day, months),
    )
    enrolment.closed_at, enrolment.closed_as = at, "completed"
    enrolment.save(update_fields=["closed_at", "closed_as"])
    audit.log(
        "completion.record",
        completion,
        actor=actor,
        at=at,
        person=enrolment.person,
        unit=posting.unit if posting else None,
        course=enrolment.course_id,
        round=enrolment.round,
        valid_from=day.isoformat(),
    )
    # Robust: the fact is saved, and a certificate that fails must not make an error of it.
    transaction.on_commit(
        lambda: course_completed.send(sender=Completion, completion=completion), robust=True
    )
    return completion


def review_if_shaken(
    completion: Completion, verdict: Verdict, *, at: datetime
) -> CompletionReview | None:
    """Open a review if a completion would no longer be given, or would bear another day.

    A completion that was already taken away from some day on has been looked at.
    """
    causes = list(verdict.missing)
    if verdict.completed_on is not None and verdict.completed_on != completion.valid_from:
        causes.append("day")
    if not causes:
        return None
    if CompletionWithdrawal.objects.filter(completion_logical_id=completion.logical_id).exists():
        return None
    review, _ = CompletionReview.objects.get_or_create(
        completion_logical_id=completion.logical_id,
        closed_at=None,
        defaults={
            "person_id": completion.person_id,
            "course_id": completion.course_id,
            "cause": ",".join(causes),
            "opened_at": at,
        },
    )
    return review


@transaction.atomic
def close_review(
    review: CompletionReview, *, decision: str, actor: Any, at: datetime
) -> CompletionReview:
    """Record what was decided about a shaken completion; the completion itself stays as it is."""
    if not decision.strip():
        raise ReasonMissing(review.pk)
    changed = CompletionReview.objects.filter(pk=review.pk, closed_at__isnull=True).update(
        closed_at=at, closed_by=actor, decision=decision.strip()
    )
    review.refresh_from_db()
    if changed:
        audit.log(
            "completion.review",
            review,
            actor=actor,
            at=at,
            person=review.person,
            completion=str(review.completion_logical_id),
        )
    return review


@transaction.atomic
def withdraw_completion(
    completion: Completion,
    *,
    effective_on: date,
    reason: str,
    is_fraud: bool = False,
    actor: Any,
    at: datetime,
) -> CompletionWithdrawal:
    """Take a completion away from ``effective_on`` on; for fraud as if it had never been held.

    The version that stands is withdrawn; unless it was fraud, its successor ends on
    ``effective_on`` (exclusive). Raises :class:`ReasonMissing`, :class:`AlreadyWithdrawn`, or
    :class:`NotHeldThen` if that day is not within the completion (its first day is: held never).
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(completion.pk)
    standing = (
        Completion.objects.current()
        .select_for_update(of=("self",))
        .filter(logical_id=completion.logical_id)
        .first()
    )
    if (
        standing is None
        or CompletionWithdrawal.objects.filter(completion_logical_id=completion.logical_id).exists()
    ):
        raise AlreadyWithdrawn(completion.pk)
    if is_fraud:
        effective_on = standing.valid_from
    if not standing.valid_from <= effective_on < standing.valid_to:
        raise NotHeldThen(effective_on)
    if is_fraud:
        withdraw(standing, actor=actor, at=at)
    else:
        succeed(standing, actor=actor, at=at, valid_to=effective_on, reason=reason)
    withdrawal = CompletionWithdrawal.objects.create(
        completion_logical_id=standing.logical_id,
        person_id=standing.person_id,
        course_id=standing.course_id,
        effective_on=effective_on,
        is_fraud=is_fraud,
        reason=reason,
        decided_at=at,
        decided_by=actor,
    )
    audit.log(
        "completion.withdraw",
        withdrawal,
        actor=actor,
        at=at,
        person=standing.person,
        course=standing.course_id,
        completion=str(standing.logical_id),
        effective_on=effective_on.isoformat(),
        is_fraud=is_fraud,
    )
    return withdrawal
