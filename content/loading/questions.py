"""Loads a question bank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from content.loading.changes import Ledger
from content.loading.markup import plain
from content.loading.sources import CourseSource, SourceError, Sources, digest
from content.models import CoursePage, LegalReference, ModulePage, Question, QuestionOption
from content.models.questions import QuestionType, ReviewStatus

QUESTION_FIELDS = (
    "type",
    "stem",
    "is_true",
    "explanation",
    "sources",
    "references",
    "is_safety",
    "is_confidentiality",
    "is_validity",
    "in_force_from",
    "in_force_to",
    "review_on",
    "review_status",
    "module",
    "options",
)


def load_questions(
    source: CourseSource,
    course: CoursePage,
    modules: Mapping[str, ModulePage],
    sources: Sources,
    laws: Mapping[str, int],
    ledger: Ledger,
    is_demo: bool,
) -> dict[str, Question]:
    """Load the bank of a course; return the published questions by key.

    On a real site a question that waits for its reviewer stays a draft and is not drawn.
    """
    standing = {each.key: each for each in Question.objects.filter(course=course)}
    for each in source.questions:
        key = each["key"]
        module = modules.get(str(each["module"]))
        if module is None:
            if str(each["module"]) not in {m["key"] for m in source.settings["modules"]}:
                raise SourceError(f"{key}: no module {each['module']}")
            continue  # a trainer deleted the module
        is_shown = is_demo or not each["needs_review"]
        names = sources.source_names(each["sources"])
        question = ledger.load(
            f"question:{key}",
            digest(each, names, is_shown),
            standing.get(key),
            QUESTION_FIELDS,
            lambda each=each, module=module, names=names, is_shown=is_shown: write_question(
                standing.get(each["key"]), each, course, module, names, laws, is_shown
            ),
        )
        if question is not None:
            standing[key] = question
        if not is_shown:
            ledger.report.drafts.append(f"question:{key}")
    return {key: question for key, question in standing.items() if question.live}


def write_question(
    standing: Question | None,
    source: dict[str, Any],
    course: CoursePage,
    module: ModulePage,
    names: list[str],
    laws: Mapping[str, int],
    is_shown: bool,
) -> Question:
    question = standing or Question(key=source["key"], course=course, live=False)
    question.module = module
    question.type = source["type"]
    question.stem = plain(source["stem"])
    question.is_true = source["answer"] if source["type"] == QuestionType.TRUE_FALSE else None
    question.explanation = plain(source["explanation"])
    question.sources = "; ".join(names)
    question.is_safety = source["safety"]
    question.is_confidentiality = source["confidentiality"]
    question.is_validity = source["validity"]
    question.in_force_from = source["in_force_from"]
    question.in_force_to = source["in_force_to"]
    question.review_on = source["review_on"]
    question.review_status = (
        ReviewStatus.NEEDED if source["needs_review"] else ReviewStatus.REVIEWED
    )
    question.options = [
        QuestionOption(sort_order=place, **option)
        for place, option in enumerate(options_of(source))
    ]
    try:
        question.references = LegalReference.objects.filter(
            pk__in=[laws[key] for key in source["references"]]
        )
    except KeyError as error:
        raise SourceError(f"{source['key']}: no text of law {error}") from error
    question.full_clean(exclude=["latest_version"])
    if standing is None:
        question.save()
    revision = question.save_revision()
    if is_shown:
        revision.publish()
    return Question.objects.get(pk=question.pk)


def options_of(source: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the options of a question as its type keeps them; see ``content.models.questions``."""
    kind = source["type"]
    if kind in {QuestionType.SINGLE, QuestionType.MULTIPLE}:
        right = [source["answer"]] if isinstance(source["answer"], str) else source["answer"]
        return [
            {"key": str(key), "text": plain(str(text)), "is_correct": key in right}
            for key, text in source["options"].items()
        ]
    if kind == QuestionType.ORDER:
        return [{"key": str(key), "text": plain(source["items"][key])} for key in source["answer"]]
    if kind == QuestionType.MATCH:
        return [
            {"key": str(number), "text": plain(str(left)), "match_text": plain(str(right))}
            for number, (left, right) in enumerate(source["pairs"].items(), 1)
        ]
    if kind == QuestionType.SHORT:
        return [
            {"key": str(number), "text": str(text)}
            for number, text in enumerate(source["answer"], 1)
        ]
    return []
