"""The bank of a course against the matrix of its quizzes: what can be asked, and what is missing.

Publishing a quiz or a question that would leave a matrix without any paper is refused with the
reason (``docs/decisions.md`` 26). A bank that could not meet its matrix before is not refused
anything: it must be possible to fill it question by question.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.models import Page, Revision

from content import matrix as matrices
from content.alerts import take_off_schedule
from content.matrix import Candidate, Matrix, NotEnoughQuestions, find_unmet
from content.models import CoursePage, ModulePage, Question, QuizPage
from content.models.quizzes import QuizKind

# How Wagtail's scheduler signs what it publishes.
SCHEDULED = "wagtail.publish.scheduled"


class ImpossibleMatrix(ValidationError):
    """No paper can meet the matrix of a quiz; the message says what is missing."""


def in_force(day: date) -> Q:
    """Questions whose source is in force on ``day``; the others hide themselves from new draws."""
    return (Q(in_force_from__isnull=True) | Q(in_force_from__lte=day)) & (
        Q(in_force_to__isnull=True) | Q(in_force_to__gte=day)
    )


def candidate_of(question: Question, pre_test: Collection[int]) -> Candidate:
    return Candidate(
        id=question.pk,
        type=question.type,
        module=question.module_id,
        is_safety=question.is_safety,
        is_confidentiality=question.is_confidentiality,
        is_validity=question.is_validity,
        in_pre_test=question.pk in pre_test,
    )


def pre_test_ids(course: CoursePage) -> set[int]:
    """Return the ids of the questions of the course's published pre-test."""
    quiz = QuizPage.objects.child_of(course).live().filter(quiz_kind=QuizKind.PRE).first()
    return set(quiz.fixed_questions.values_list("pk", flat=True)) if quiz else set()


def published_questions(course: CoursePage, day: date) -> list[Question]:
    """Return the questions of the bank that may be drawn on ``day``."""
    return list(Question.objects.filter(in_force(day), course=course, live=True).order_by("pk"))


def live_modules(course: CoursePage) -> set[int]:
    return set(ModulePage.objects.child_of(course).live().values_list("pk", flat=True))


def refuse_impossible_quiz(quiz: QuizPage, *, parent: Page | None = None) -> None:
    """Raise :class:`ImpossibleMatrix` if today's bank has no paper for the matrix of ``quiz``.

    ``parent`` is the course page above a quiz that is not in the tree yet.
    """
    if not quiz.matrix:
        return
    course = (
        CoursePage.objects.get(pk=parent.pk)
        if parent
        else CoursePage.objects.ancestor_of(quiz).get()
    )
    bank = published_questions(course, timezone.localdate())
    fixed = pre_test_ids(course)
    reason = missing(
        quiz.question_count,
        quiz.matrix,
        [candidate_of(each, fixed) for each in bank],
        live_modules(course),
    )
    if reason:
        raise ImpossibleMatrix(reason)


def refuse_impossible_question(question: Question) -> None:
    """Raise :class:`ImpossibleMatrix` if publishing ``question`` would take the last paper away."""
    today = timezone.localdate()
    course = question.course
    standing = published_questions(course, today)
    others = [each for each in standing if each.pk != question.pk]
    is_shown = (question.in_force_from is None or question.in_force_from <= today) and (
        question.in_force_to is None or today <= question.in_force_to
    )
    changed = [*others, question] if is_shown else others
    fixed, modules = pre_test_ids(course), live_modules(course)
    for quiz in QuizPage.objects.child_of(course).live().exclude(matrix={}):
        before, after = (
            missing(
                quiz.question_count,
                quiz.matrix,
                [candidate_of(each, fixed) for each in bank],
                modules,
            )
            for bank in (standing, changed)
        )
        if after and not before:
            raise ImpossibleMatrix(
                _("“%(quiz)s” could no longer be drawn. %(reason)s")
                % {"quiz": quiz.title, "reason": after}
            )


def may_publish_quiz(revision: Revision, *, log_action: object) -> bool:
    """Tell whether the quiz of ``revision`` goes out; raises :class:`ImpossibleMatrix` if not.

    To the scheduler, which signs by ``log_action``, nothing is raised: see ``take_off_schedule``.
    """
    return _may_publish(refuse_impossible_quiz, revision, log_action)


def may_publish_question(revision: Revision, *, log_action: object) -> bool:
    """As :func:`may_publish_quiz`, for a question of the bank."""
    return _may_publish(refuse_impossible_question, revision, log_action)


def _may_publish(refuse: Callable[[Any], None], revision: Revision, log_action: object) -> bool:
    try:
        refuse(revision.as_object())
    except ImpossibleMatrix as refusal:
        if log_action != SCHEDULED:
            raise
        take_off_schedule(revision, " ".join(refusal.messages), at=timezone.now())
        return False
    return True


def missing(count: int, matrix: dict, bank: list[Candidate], modules: Collection[int]) -> str:
    """Return in words why no paper can meet the matrix; empty if one can."""
    try:
        wanted = Matrix.of(count, matrix)
        unmet = find_unmet(bank, wanted, modules)
    except NotEnoughQuestions as error:
        return ngettext(
            "The paper needs %(needed)s question, the bank has %(found)s.",
            "The paper needs %(needed)s questions, the bank has %(found)s.",
            error.needed,
        ) % {"needed": error.needed, "found": error.found}
    except (TypeError, ValueError):
        return _("The numbers by type do not add up to the number of questions.")
    if not unmet:
        return ""
    shortfalls = list(short_of(wanted, bank, modules))
    return " ".join(shortfalls) or _("The requirements cannot be met together; too many conflict.")


def short_of(wanted: Matrix, bank: list[Candidate], modules: Collection[int]) -> Iterable[str]:
    """Yield each single requirement that the bank cannot fill, in words."""
    names = {
        matrices.ORDER_OR_MATCH: _("put in order or match pairs"),
        "SC": _("one answer"),
        "MC": _("several answers"),
        "TF": _("true or false"),
        "SA": _("short answer"),
        "ORD": _("put in order"),
        "MAT": _("match pairs"),
    }
    needs = [
        (names[kind], number, [each for each in bank if is_of(each, kind)])
        for kind, number in wanted.by_type.items()
        if kind in names
    ]
    needs += [
        (_("safety"), wanted.min_safety, [each for each in bank if each.is_safety]),
        (
            _("confidentiality"),
            wanted.min_confidentiality,
            [each for each in bank if each.is_confidentiality],
        ),
        (
            _("which law applies when"),
            wanted.min_validity,
            [each for each in bank if each.is_validity],
        ),
    ]
    for subject, needed, found in needs:
        if len(found) < needed:
            yield _("%(subject)s: %(needed)s needed, the bank has %(found)s.") % {
                "subject": subject.capitalize(),
                "needed": needed,
                "found": len(found),
            }
    bare = [pk for pk in modules if sum(each.module == pk for each in bank) < wanted.min_per_module]
    if bare:
        titles = ModulePage.objects.filter(pk__in=bare).values_list("title", flat=True)
        yield _("Modules with too few questions: %(titles)s.") % {"titles": ", ".join(titles)}


def is_of(candidate: Candidate, kind: str) -> bool:
    if kind == matrices.ORDER_OR_MATCH:
        return candidate.type in {"ORD", "MAT"}
    return candidate.type == kind
