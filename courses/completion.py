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
from courses.models import Completion, Enrolment
from courses.models.completion import CompletionSource
from courses.refreshing.asked import Refreshers
from courses.reviews import review_if_shaken
from courses.signals import course_completed
from lms.people import audit
from lms.people.days import FAR, day_after
from lms.people.facts import record, writing
from lms.people.staff import primary_posting


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


@writing()
def settle_many(enrolment_ids: Iterable[int], *, actor: Any, at: datetime) -> dict[int, Completion]:
    """Settle several rounds, for example a whole class; return the standing completions by round.

    Finding out costs a fixed number of queries; each new completion costs six more.
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
    """Record the completion and close the round; the caller holds the round's lock.

    A round on a version before one that asks for a refresher gives what lasts to its due day.
    """
    day = verdict.completed_on
    ends_on = Refreshers([enrolment.course_id]).end_of(
        enrolment.course_id,
        expiry(day, months),
        source=CompletionSource.PORTAL,
        number=enrolment.course_version.number,
        valid_from=day,
    )
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
        valid_to=ends_on,
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
    # What is never held, because it came after the due day of a refresher, is nothing to certify.
    if completion.valid_from < completion.valid_to:
        # Robust: the fact is saved, and a certificate that fails must not make an error of it.
        transaction.on_commit(
            lambda: course_completed.send(sender=Completion, completion=completion), robust=True
        )
    return completion
