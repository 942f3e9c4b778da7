"""Completions looked at again: kept, or taken away by an act with a reason.

A corrected mark or a regrade never removes a completion (``docs/decisions.md`` 24). It opens a
review, the department is told, and a person decides.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.conditions import ATTENDANCE, LESSONS, POST_TEST, SCENARIO, Verdict
from courses.models import (
    Completion,
    CompletionReview,
    CompletionWithdrawal,
    ExternalTraining,
)
from courses.models.recognition import RecognitionStatus
from courses.signals import completion_withdrawn
from lms.notices.texts import Text
from lms.people import audit
from lms.people.facts import succeed, withdraw, writing
from lms.people.models.accounts import Role
from lms.people.telling import tell_holders

DAY = "day"

TEXTS = {
    "completion-review": Text(
        "Có kết quả hoàn thành khóa học cần xem lại",
        "Kính gửi {name},\n\n"
        "Một điểm danh hoặc bài làm vừa được sửa sau khi người học đã hoàn thành khóa “{course}”. "
        "Kết quả vẫn được giữ cho đến khi anh/chị quyết định tại:\n{link}",
    ),
}


class ReasonMissing(Exception):
    """A withdrawal without a reason."""


class AlreadyWithdrawn(Exception):
    """The completion was taken away before."""


class NotHeldThen(Exception):
    """The effective date lies outside the days on which the completion is held."""


def review_if_shaken(
    completion: Completion, verdict: Verdict, *, at: datetime
) -> CompletionReview | None:
    """Open a review if a completion would no longer be given, or would bear another day.

    A completion that was already taken away from some day on has been looked at.
    """
    causes = list(verdict.missing)
    if verdict.completed_on is not None and verdict.completed_on != completion.valid_from:
        causes.append(DAY)
    if not causes:
        return None
    if CompletionWithdrawal.objects.filter(completion_logical_id=completion.logical_id).exists():
        return None
    review, is_new = CompletionReview.objects.get_or_create(
        completion_logical_id=completion.logical_id,
        closed_at=None,
        defaults={
            "person_id": completion.person_id,
            "course_id": completion.course_id,
            "cause": ",".join(causes),
            "opened_at": at,
        },
    )
    if is_new:
        tell_holders(
            Role.PROVINCE_MANAGER,
            "completion-review",
            f"{review.pk}",
            path=reverse("completion", args=[review.completion_logical_id]),
            at=at,
            course=review.course.title,
        )
    return review


def causes_of(review: CompletionReview) -> list[str]:
    """Return in words what no longer holds, in the active language."""
    words = {
        LESSONS: _("not every lesson is done"),
        SCENARIO: _("the case scenario is not done"),
        POST_TEST: _("the post-test is not passed"),
        ATTENDANCE: _("too few class periods were attended"),
        DAY: _("the last condition was met on another day"),
    }
    return [words[cause] for cause in review.cause.split(",") if cause in words]


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


@writing()
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
    # A recognised training is no longer one, and may be handed in again.
    ExternalTraining.objects.filter(
        completion_logical_id=standing.logical_id, recognition_status=RecognitionStatus.APPROVED
    ).update(
        recognition_status=RecognitionStatus.WITHDRAWN,
        closed_at=at,
        closed_by=actor,
        close_reason=reason,
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
    open_review = CompletionReview.objects.filter(
        completion_logical_id=standing.logical_id, closed_at=None
    ).first()
    if open_review is not None:
        close_review(open_review, decision=reason, actor=actor, at=at)
    transaction.on_commit(
        lambda: completion_withdrawn.send(sender=CompletionWithdrawal, withdrawal=withdrawal),
        robust=True,
    )
    return withdrawal
