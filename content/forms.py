"""Forms of the editor: what a question of each type needs, and a matrix without JSON.

A draft may be incomplete; everything is checked when it is published.
"""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm, WagtailAdminPageForm

from lms.people.text import clean

CHOICE_TYPES = {"SC", "MC"}
MIN_OPTIONS = {"SC": 2, "MC": 2, "ORD": 2, "MAT": 2, "SA": 1}

# Fields of the form and their places in the matrix.
TYPE_FIELDS = {
    "count_sc": "SC",
    "count_mc": "MC",
    "count_tf": "TF",
    "count_ord_or_mat": "ORD_OR_MAT",
    "count_sa": "SA",
    "count_any": "ANY",
}
LIMIT_FIELDS = [
    "min_per_module",
    "max_from_pre_test",
    "min_safety",
    "min_confidentiality",
    "min_validity",
]
MATRIX_FIELDS = [*TYPE_FIELDS, *LIMIT_FIELDS]


class QuestionForm(WagtailAdminModelForm):
    """A question with its options; letters are given by their order."""

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self._errors and not self.is_deferred_validation:
            self.check_bank()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("stem", "explanation", "sources"):
            if cleaned.get(name):
                cleaned[name] = clean(cleaned[name])
        course, module = cleaned.get("course"), cleaned.get("module")
        if course and module and not module.is_descendant_of(course):
            self.add_error("module", gettext("This module belongs to another course."))
        kind = cleaned.get("type")
        if kind != "TF":
            cleaned["is_true"] = None
        if kind and not self.is_deferred_validation:
            self.check_options(kind, cleaned)
        return cleaned

    def check_options(self, kind: str, cleaned: dict[str, Any]) -> None:
        """Add an error in plain words for whatever the type still lacks."""
        options = self.filled_options()
        if kind == "TF":
            if cleaned.get("is_true") is None:
                self.add_error("is_true", gettext("Say whether the statement is true or false."))
            if options:
                self.add_error("type", gettext("A true-or-false question has no options."))
            return
        if len(options) < MIN_OPTIONS[kind]:
            message = gettext("A question of this type needs at least %(count)s options.")
            self.add_error("type", message % {"count": MIN_OPTIONS[kind]})
            return
        right = sum(bool(option.get("is_correct")) for option in options)
        if kind == "SC" and right != 1:
            self.add_error("type", gettext("Mark exactly one option as correct."))
        if kind == "MC" and not 1 <= right < len(options):
            self.add_error("type", gettext("Mark the correct options, but not all of them."))
        if kind == "MAT" and not all(option.get("match_text") for option in options):
            self.add_error("type", gettext("Fill in both sides of every pair."))
        texts = [clean(option["text"]).casefold() for option in options]
        if len(set(texts)) < len(texts):
            self.add_error("type", gettext("Two options say the same."))

    def filled_options(self) -> list[dict[str, Any]]:
        formset = self.formsets.get("options")
        if formset is None or not formset.is_valid():
            return []
        return [
            form.cleaned_data
            for form in formset.ordered_forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]

    def check_bank(self) -> None:
        from content.banks import ImpossibleMatrix, refuse_impossible_question  # noqa: PLC0415 (banks.py reads the models, which name this form)

        try:
            refuse_impossible_question(self.instance)
        except ImpossibleMatrix as error:
            self.add_error(None, error)

    def save(self, commit: bool = True) -> Any:
        question = super().save(commit=commit)
        give_letters(question)
        if commit:
            question.save()
        return question


def give_letters(question: Any) -> None:
    """Give every option without a key the next free one: letters for choices, else numbers."""
    options = sorted(question.options.all(), key=lambda option: option.sort_order or 0)
    names = (
        list(ascii_uppercase)
        if question.type in CHOICE_TYPES
        else [str(number) for number in range(1, len(options) + 1)]
    )
    taken = {option.key for option in options if option.key}
    free = (name for name in names if name not in taken)
    for option in options:
        if not option.key:
            option.key = next(free)
    question.options = options


def number_field(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=100)


class QuizPageForm(WagtailAdminPageForm):
    """The matrix as numbers, kept in ``QuizPage.matrix`` as ``content.matrix`` reads it."""

    count_sc = number_field(_("one answer"))
    count_mc = number_field(_("several answers"))
    count_tf = number_field(_("true or false"))
    count_ord_or_mat = number_field(_("put in order or match pairs"))
    count_sa = number_field(_("short answer"))
    count_any = number_field(_("of any type"))
    min_per_module = number_field(_("from each module, at least"))
    max_from_pre_test = number_field(_("from the pre-test, at most"))
    min_safety = number_field(_("about safety, at least"))
    min_confidentiality = number_field(_("about confidentiality, at least"))
    min_validity = number_field(_("about which law applies when, at least"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        matrix = self.instance.matrix or {}
        for name, kind in TYPE_FIELDS.items():
            self.initial.setdefault(name, matrix.get("by_type", {}).get(kind))
        for name in LIMIT_FIELDS:
            self.initial.setdefault(name, matrix.get(name))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        by_type = {kind: cleaned[name] for name, kind in TYPE_FIELDS.items() if cleaned.get(name)}
        limits = {name: cleaned[name] for name in LIMIT_FIELDS if cleaned.get(name) is not None}
        matrix = {"by_type": by_type, **limits} if by_type or any(limits.values()) else {}
        self.instance.matrix = matrix
        if self.is_deferred_validation:
            return cleaned
        count = cleaned.get("question_count")
        if by_type and sum(by_type.values()) != count:
            message = gettext("The numbers by type add up to %(sum)s, the paper has %(count)s.")
            self.add_error("count_sc", message % {"sum": sum(by_type.values()), "count": count})
        elif matrix:
            self.check_bank(count)
        return cleaned

    def check_bank(self, count: int | None) -> None:
        from content.banks import ImpossibleMatrix, refuse_impossible_quiz  # noqa: PLC0415 (banks.py reads the models, which name this form)

        if count:
            self.instance.question_count = count
        try:
            refuse_impossible_quiz(self.instance, parent=self.parent_page)
        except ImpossibleMatrix as error:
            self.add_error(None, ValidationError(error.messages))
