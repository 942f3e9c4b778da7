"""Playing a case scenario, one decision at a time, without JavaScript."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from courses.progress import RoundClosed, UnknownChoice, answer_decision
from courses.views.lessons import find_lesson, find_version, learner_of, open_round, render_lesson


class ChoiceForm(forms.Form):
    """A choice at one decision of the version that was on the screen."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    decision = forms.CharField(max_length=40)
    option = forms.CharField(
        max_length=40, error_messages={"required": gettext_lazy("Choose one of the answers.")}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def scenario_answer(
    request: HttpRequest, course_slug: str, module_slug: str, lesson_slug: str
) -> HttpResponse:
    """Record one choice and lead to its feedback; a GET, as after signing in, only leads back."""
    page = find_lesson(course_slug, module_slug, lesson_slug)
    here = reverse("lesson", args=[course_slug, module_slug, lesson_slug])
    if request.method != "POST":
        return redirect(here)
    at = timezone.now()
    form = ChoiceForm(request.POST)
    if not form.is_valid() and form.errors.keys() == {"option"}:
        learner = learner_of(request, page, at=at)
        return render_lesson(request, page, learner, choice_error=form.errors["option"][0])
    version = find_version(page, form.cleaned_data["version"]) if form.is_valid() else None
    if version is None:
        messages.error(request, _("The choice was not recorded. Please choose again."))
        return redirect(here)
    enrolment = open_round(request, page, at=at)
    if enrolment is None:
        return redirect(here)
    decision = form.cleaned_data["decision"]
    try:
        answer_decision(
            enrolment,
            page,
            version=version,
            decision_key=decision,
            option_key=form.cleaned_data["option"],
            actor=request.user,
            at=at,
        )
    except UnknownChoice:
        messages.error(request, _("The choice was not recorded. Please choose again."))
        return redirect(here)
    except RoundClosed:
        messages.info(request, _("You have completed this course. What you did is kept."))
        return redirect(here)
    return redirect(f"{here}#{anchor_of(decision)}")


def anchor_of(decision_key: str) -> str:
    """Return the anchor of a decision on the page."""
    return f"quyet-dinh-{decision_key}"
