"""The evidence behind one person's record, table by table, as plain values.

All versions of every fact are told, the withdrawn ones too, with the moments at which they were
known: an auditor can see what was known when. Nothing of anybody else is in it; officers who wrote
something stand with the number of their account.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from content.models import CourseVersion
from courses.models import (
    AnswerStep,
    Attempt,
    AttemptQuestion,
    AttendanceMark,
    Completion,
    CompletionWithdrawal,
    Enrolment,
    ExternalTraining,
    LessonProgress,
    ScenarioAnswer,
)
from courses.quizzes.openings import opening_of
from lms.people.facts import Fact
from lms.people.models import (
    AuditEntry,
    GroupTier,
    Leave,
    PersonMerge,
    Posting,
    RuleSet,
    StaffMember,
    UnitVersion,
)
from lms.people.units import find_root
from lms.target.bridge import BookClosed
from lms.target.explanation import explain
from lms.target.ledger import Search, Subject, page
from lms.target.ledger.sheet import as_fields
from lms.target.models import Requirement, RosterEntry
from lms.target.reports.gathering import RULE_FIELDS

# Of a fact: how long it holds, and when it was known.
KNOWN = "logical_id recorded_at recorded_by_id withdrawn_at withdrawn_by_id".split()
HELD = ["valid_from", "valid_to", *KNOWN]
WITHDRAWAL = ("completion_logical_id effective_on is_fraud reason decided_at decided_by_id").split()
PAPER = (
    "title organiser first_day last_day periods document_number evidence_kind evidence_bytes "
    "evidence_sha256 evidence_erased_at evidence_erased_by_id evidence_erased_for "
    "recognition_status handed_in_at handed_in_by_id checked_at checked_by_id comment closed_at "
    "closed_by_id close_reason completion_logical_id"
).split()
# Parts of a question that tell the right answer.
ANSWER_PARTS = ("answer", "explanation", "sources", "references")


def fields_of(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def identities(person: StaffMember) -> list[int]:
    """Return the keys under which her facts stand: her own and those of merged duplicates."""
    merged = PersonMerge.objects.current().filter(survivor=person)
    return [person.pk, *merged.values_list("duplicate_id", flat=True)]


def ledger_line(person: StaffMember, day: date) -> dict[str, Any] | None:
    """Return her line in the province's denominator ledger; none while its tables are made."""
    root = find_root(day)
    if root is None:
        return None
    try:
        found = page(Subject(root, day), Search(words=person.staff_code))
    except BookClosed:
        return None
    return next((as_fields(line) for line in found.lines if line.person_id == person.pk), None)


def versions(queryset: QuerySet[Fact]) -> QuerySet[Fact]:
    return queryset.order_by("logical_id", "recorded_at", "pk")


def roster(person: StaffMember, ids: list[int], day: date) -> dict[str, Any]:
    """Where the person stood on ``day`` and every posting, leave and naming that says so."""
    found = explain(person, day)
    units = {
        row.unit_id: row
        for row in UnitVersion.objects.current()
        .valid_on(day)
        .filter(unit__in=Posting.objects.filter(person__in=ids).values("unit_id"))
    }
    postings = versions(Posting.objects.filter(person__in=ids)).select_related("group")
    named = versions(RosterEntry.objects.filter(person__in=ids)).select_related("roster__period")
    return {
        "as_of": day,
        "standing": found.standing.value,
        "standing_in_words": found.text,
        "counts": found.counts,
        "ledger": ledger_line(person, day),
        "postings": [
            {
                "unit": units[row.unit_id].code if row.unit_id in units else None,
                "unit_name": units[row.unit_id].full_name if row.unit_id in units else None,
                "unit_id": row.unit_id,
                "group": row.group.code,
                **fields_of(
                    row,
                    ["position_title", "is_primary", "victim_support", "duty_began_on", *HELD],
                ),
            }
            for row in postings
        ],
        "leaves": [fields_of(row, HELD) for row in versions(Leave.objects.filter(person__in=ids))],
        "named_in_rosters": [
            {
                "period": row.roster.period.name if row.roster else None,
                **fields_of(row, ["unit_id", "approved_by_id", *HELD]),
            }
            for row in named
        ],
        "merged_records": [
            fields_of(row, ["duplicate_id", *HELD])
            for row in versions(PersonMerge.objects.filter(survivor__in=ids))
        ],
    }


def completions(ids: list[int]) -> dict[str, Any]:
    """Every version of every completion with the conditions it rests on, and what took it away."""
    rows = versions(Completion.objects.filter(person__in=ids)).select_related(
        "course", "course_version"
    )
    return {
        "completions": [
            {
                "course": row.course.key,
                "course_version": row.course_version.number if row.course_version else None,
                **fields_of(
                    row,
                    ["unit_id", "position_title", "source", "validity_months", "conditions", *HELD],
                ),
            }
            for row in rows
        ],
        "withdrawals": [
            fields_of(row, WITHDRAWAL)
            for row in CompletionWithdrawal.objects.filter(person__in=ids).order_by("pk")
        ],
    }


def external(ids: list[int]) -> dict[str, Any]:
    """Every paper of training held elsewhere with its way and the hash of its file."""
    rows = ExternalTraining.objects.filter(person__in=ids).select_related("course", "stated_course")
    return {
        "papers": [
            {
                "paper": row.pk,
                "course": row.course.key if row.course else None,
                "stated_course": row.stated_course.key if row.stated_course else None,
                **fields_of(row, PAPER),
            }
            for row in rows.order_by("handed_in_at", "pk")
        ]
    }


def lessons(ids: list[int]) -> dict[str, Any]:
    """Lessons done and decisions taken, each with the version that was on the screen."""
    done = LessonProgress.objects.filter(enrolment__person__in=ids).select_related(
        "lesson_version", "enrolment__course"
    )
    chosen = ScenarioAnswer.objects.filter(enrolment__person__in=ids).select_related(
        "lesson_version", "enrolment__course"
    )

    def shown(row: Any) -> dict[str, Any]:
        version = row.lesson_version
        return {
            "course": row.enrolment.course.key,
            "round": row.enrolment.round,
            "lesson": version.title,
            "lesson_version": version.number,
            "lesson_sha256": version.sha256,
        }

    return {
        "lessons_done": [
            shown(row) | fields_of(row, ["done_at", "recorded_at"]) for row in done.order_by("pk")
        ],
        "scenario_answers": [
            shown(row) | fields_of(row, ["decision_key", "option_key", "is_correct", "answered_at"])
            for row in chosen.order_by("pk")
        ],
    }


def attendance(ids: list[int]) -> dict[str, Any]:
    """Every mark of the registers she stands in, in the order in which they were made."""
    rows = AttendanceMark.objects.filter(person__in=ids).select_related(
        "session__training_class__course"
    )
    return {
        "marks": [
            {
                "class": row.session.training_class.title,
                "course": row.session.training_class.course.key,
                "session": row.session.title,
                "starts_at": row.session.starts_at,
                "session_periods": row.session.periods,
                "register_closed_at": row.session.register_closed_at,
                **fields_of(
                    row,
                    "status periods source note device_at recorded_at marked_by_id".split(),
                ),
            }
            for row in rows.order_by("session__starts_at", "recorded_at", "pk")
        ]
    }


def rules(day: date, ids: list[int]) -> dict[str, Any]:
    """The numbers, tiers and requirements of ``day``, and the courses as they were pinned."""
    pinned = CourseVersion.objects.filter(enrolments__person__in=ids).distinct()
    requirements = Requirement.objects.current().valid_on(day).select_related("group", "course")
    tiers = GroupTier.objects.current().valid_on(day).select_related("group")
    return {
        "as_of": day,
        "rule_sets": [
            fields_of(row, [*RULE_FIELDS, *HELD]) for row in versions(RuleSet.objects.all())
        ],
        "tiers": {row.group.code: row.tier for row in tiers.order_by("group__bit")},
        "requirements": [
            {"group": row.group.code, "course": row.course.key, **fields_of(row, ["due_on", *HELD])}
            for row in requirements.order_by("group__bit", "course__number")
        ],
        "course_versions": [
            {
                "course": row.course.key,
                **fields_of(row, ["number", "sha256", "published_at", "body"]),
            }
            for row in pinned.select_related("course").order_by("course__number", "number")
        ],
    }


def trail(person: StaffMember) -> dict[str, Any]:
    """The audit entries about her."""
    rows = AuditEntry.objects.filter(person=person).order_by("at", "pk")
    return {
        "entries": [
            fields_of(row, "at actor_id action object_type object_id data".split()) for row in rows
        ]
    }


def attempts(ids: list[int], *, at: datetime, tells_answers: bool) -> list[dict[str, Any]]:
    """Each attempt with the questions as they were asked, what was answered and when.

    To the person herself right answers are told only where the portal would show them
    (``docs/decisions.md`` 26): with an attempt left they would be a crib.
    """
    rounds = Enrolment.objects.filter(person__in=ids).select_related("course", "course_version")
    found = []
    for enrolment in rounds.order_by("opened_at", "pk"):
        rows = list(
            Attempt.objects.filter(enrolment=enrolment)
            .select_related("quiz")
            .order_by("started_at", "pk")
        )
        told = {
            quiz: tells_answers or opening_of(enrolment, quiz, at=at).shows_answers
            for quiz in {row.quiz for row in rows}
        }
        found += [one_attempt(row, enrolment, tells=told[row.quiz]) for row in rows]
    return found


def one_attempt(row: Attempt, enrolment: Enrolment, *, tells: bool) -> dict[str, Any]:
    questions = AttemptQuestion.objects.filter(attempt=row).select_related(
        "question", "question_version"
    )
    steps: dict[int, list[dict[str, Any]]] = {}
    for step in AnswerStep.objects.filter(attempt_question__attempt=row).order_by("sequence"):
        steps.setdefault(step.attempt_question_id, []).append(
            fields_of(step, ["sequence", "response", "saved_at"])
        )
    return {
        "course": enrolment.course.key,
        "round": enrolment.round,
        "quiz": row.quiz.title,
        **fields_of(
            row,
            (
                "quiz_kind number status started_at deadline_at submitted_at pass_mark_percent "
                "relaxed passed"
            ).split(),
        ),
        "score_percent": None if row.score_percent is None else str(row.score_percent),
        "tells_right_answers": tells,
        "questions": [
            {
                "position": each.position,
                "question": each.question.key,
                "version": each.question_version.number,
                "version_sha256": each.question_version.sha256,
                "body": asked(each.question_version.body, tells=tells),
                "option_order": each.option_order,
                "response": each.response,
                "fraction": str(each.fraction) if tells and each.fraction is not None else None,
                "steps": steps.get(each.pk, []),
            }
            for each in questions.order_by("position")
        ],
    }


def asked(body: dict[str, Any], *, tells: bool) -> dict[str, Any]:
    """Return the question as it was asked; without what tells the answer unless it may be told."""
    return body if tells else {key: body[key] for key in body if key not in ANSWER_PARTS}
