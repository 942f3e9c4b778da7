"""Checks of rounds, completions and attempts: is what counts backed by what was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.completion import settle
from courses.conditions import Manifest, RuleBook, Verdict, facts_of, judge
from courses.models import (
    Attempt,
    Completion,
    CompletionReview,
    CompletionWithdrawal,
    Enrolment,
)
from courses.models.completion import CompletionSource
from courses.models.quizzes import AttemptStatus
from courses.quizzes.attempts import submit_attempt
from courses.reviews import review_if_shaken
from lms.target.integrity.findings import WHO, Check, Finding

CHUNK = 500
# The sweep ends attempts every few minutes; what is older was missed.
SWEPT_WITHIN = timedelta(hours=1)


def judged(enrolments: QuerySet[Enrolment]) -> Iterator[tuple[Enrolment, Verdict]]:
    """Yield each round with what its facts are worth, a chunk at a time."""
    rules = RuleBook()
    rest = enrolments.select_related("course_version", "person", "course").order_by("pk")
    found = rest.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        facts = facts_of(each.pk for each in chunk)
        for each in chunk:
            manifest = Manifest.of(each.course_version)
            yield each, judge(manifest, facts[each.pk], rules.on(each.opened_on))


def unbacked_completions(at: datetime) -> Iterator[Finding]:
    """Completions of the portal whose facts do not make one; decided ones are left alone."""
    standing = Completion.objects.current().filter(
        enrolment=OuterRef("pk"), source=CompletionSource.PORTAL
    )
    for enrolment, verdict in judged(Enrolment.objects.filter(Exists(standing))):
        if verdict.completed_on is not None:
            continue
        completion = Completion.objects.current().get(enrolment=enrolment)
        if is_looked_at(completion):
            continue
        yield Finding(
            _("%(person)s, “%(course)s”: completed on %(day)s, but the facts do not add up to it.")
            % {
                "person": WHO,
                "course": enrolment.course.title,
                "day": f"{completion.valid_from:%d/%m/%Y}",
            },
            f"completion {completion.logical_id}",
            enrolment.person_id,
            (completion, verdict),
        )


def is_looked_at(completion: Completion) -> bool:
    """Tell whether somebody looks, or has looked, at this completion."""
    key = completion.logical_id
    return (
        CompletionReview.objects.filter(completion_logical_id=key).exists()
        or CompletionWithdrawal.objects.filter(completion_logical_id=key).exists()
    )


@transaction.atomic
def open_review(finding: Finding, at: datetime) -> None:
    """Let a person look: a completion is taken away only by a decision."""
    completion, verdict = finding.subject
    review_if_shaken(completion, verdict, at=at)


def unrecorded_completions(at: datetime) -> Iterator[Finding]:
    """Open rounds in which everything is done: the completion was lost on the way."""
    for enrolment, verdict in judged(Enrolment.objects.filter(closed_at=None)):
        if verdict.completed_on is not None:
            yield Finding(
                _("%(person)s, “%(course)s”: everything was done by %(day)s, not recorded.")
                % {
                    "person": WHO,
                    "course": enrolment.course.title,
                    "day": f"{verdict.completed_on:%d/%m/%Y}",
                },
                f"enrolment {enrolment.pk}",
                enrolment.person_id,
                enrolment,
            )


def record_completion(finding: Finding, at: datetime) -> None:
    settle(finding.subject, actor=None, at=at)


def closed_without_completion(at: datetime) -> Iterator[Finding]:
    """Rounds that ended as completed and have no completion, nor one that was taken away."""
    any_version = Completion.objects.filter(enrolment=OuterRef("pk"))
    found = (
        Enrolment.objects.filter(closed_as="completed")
        .filter(~Exists(any_version))
        .select_related("person", "course")
        .order_by("pk")
    )
    for enrolment in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("%(person)s, “%(course)s”: the round is closed as completed, without a completion.")
            % {"person": WHO, "course": enrolment.course.title},
            f"enrolment {enrolment.pk}",
            enrolment.person_id,
            enrolment,
        )


def foreign_rounds(at: datetime) -> Iterator[Finding]:
    """Completions that name another person's round, or another course's."""
    found = (
        Completion.objects.current()
        .exclude(enrolment=None)
        .select_related("enrolment", "person")
        .order_by("pk")
    )
    for completion in mismatched(found.iterator(chunk_size=CHUNK)):
        yield Finding(
            _("The completion of %(person)s names a round of another person or course.")
            % {"person": WHO},
            f"completion {completion.logical_id}",
            completion.person_id,
            completion,
        )


def mismatched(completions: Iterable[Completion]) -> Iterator[Completion]:
    for completion in completions:
        own = completion.enrolment
        if (own.person_id, own.course_id) != (completion.person_id, completion.course_id):
            yield completion


def forgotten_attempts(at: datetime) -> Iterator[Finding]:
    """Attempts whose time has long been over and that nobody has ended."""
    found = (
        Attempt.objects.filter(status=AttemptStatus.IN_PROGRESS, deadline_at__lte=at - SWEPT_WITHIN)
        .select_related("enrolment__person", "enrolment__course")
        .order_by("pk")
    )
    for attempt in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("%(person)s, “%(course)s”: the time of an attempt is over and it is still open.")
            % {"person": WHO, "course": attempt.enrolment.course.title},
            f"attempt {attempt.pk}",
            attempt.enrolment.person_id,
            attempt,
        )


def end_attempt(finding: Finding, at: datetime) -> None:
    submit_attempt(finding.subject, actor=None, at=at)


CHECKS = (
    Check(
        "unbacked-completions",
        gettext_lazy("Completions that the facts do not back"),
        gettext_lazy("Each goes to the completions to look at again; nothing is taken away."),
        unbacked_completions,
        open_review,
    ),
    Check(
        "unrecorded-completions",
        gettext_lazy("Everything done, completion not recorded"),
        gettext_lazy("The completion is recorded with the day of the last condition."),
        unrecorded_completions,
        record_completion,
    ),
    Check(
        "closed-without-completion",
        gettext_lazy("Rounds closed as completed without a completion"),
        gettext_lazy("Look at the training record; open a new round if it was closed in error."),
        closed_without_completion,
    ),
    Check(
        "foreign-rounds",
        gettext_lazy("Completions of somebody else's round"),
        gettext_lazy("Withdraw the completion, with the reason."),
        foreign_rounds,
    ),
    Check(
        "forgotten-attempts",
        gettext_lazy("Attempts whose time is over"),
        gettext_lazy("Each ends with the answers that were saved by its deadline."),
        forgotten_attempts,
        end_attempt,
    ),
)
