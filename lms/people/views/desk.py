"""The focal person's desk: accounts of her people, and what they say is wrong."""

from __future__ import annotations

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from lms.notices.sending import NoAddress
from lms.people.accounts import CODE_LIFETIME, IdentifierTaken
from lms.people.corrections import (
    AlreadyAnswered,
    TooManyOpen,
    answer_correction,
    ask_correction,
    requests_for,
)
from lms.people.desk import NotYours, may_open, open_by_mail, open_on_paper, people_looked_after
from lms.people.focals import find_focals
from lms.people.forms import AnswerForm, CorrectionForm
from lms.people.keys import find_row
from lms.people.models import CorrectionRequest, Posting, StaffMember, User
from lms.people.models.accounts import AccountCodePurpose, Role
from lms.people.resets import link_of
from lms.people.scopes import ANSWERING_ROLES, scope_of
from lms.people.staffing.duplicates import merge_of
from lms.people.text import fold
from lms.people.units import names_on

PAGE_SIZE = 50
MOST_CLOSED = 50


@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """List the people the asker looks after who have no account yet, or who match a search."""
    scope = scope_of(request.user)
    people = people_looked_after(scope)
    if people.query.is_empty():
        raise Http404
    typed = request.GET.get("q", "")[:100]
    if typed.strip():
        people = people.filter(folded_name__contains=fold(typed))
    else:
        people = people.filter(user=None)
    last = find_last(people, request.GET.get("sau", ""))
    if last is not None:
        later = Q(sort_name=last.sort_name, pk__gt=last.pk) | Q(sort_name__gt=last.sort_name)
        people = people.filter(later)
    shown = list(people.select_related("user").order_by("sort_name", "pk")[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    context = {
        "people": place(shown, scope.day),
        "typed": typed,
        "next_after": shown[-1].pk if has_more else None,
    }
    return render(request, "people/accounts.html", context)


def find_last(people: QuerySet[StaffMember], typed: str) -> StaffMember | None:
    """Return the last person of the page before, ``None`` on the first page or for a wrong key."""
    return find_row(people, typed)


def place(people: list[StaffMember], day) -> list[dict]:
    """Return each person with the unit of her primary posting on ``day``; two queries."""
    postings = {
        posting.person_id: posting
        for posting in Posting.objects.current()
        .valid_on(day)
        .filter(person__in=[person.pk for person in people], is_primary=True)
    }
    units = names_on([posting.unit_id for posting in postings.values()], day)
    rows = []
    for person in people:
        posting = postings.get(person.pk)
        rows.append(
            {
                "person": person,
                "account": getattr(person, "user", None),
                "unit": units.get(posting.unit_id) if posting else None,
            }
        )
    return rows


@never_cache
@login_required
def person_account(request: HttpRequest, person_id: int) -> HttpResponse:
    """Make or open again the account of one person: a printed slip, or a link by e-mail."""
    scope = scope_of(request.user)
    person = get_object_or_404(people_looked_after(scope), pk=person_id)
    account = User.objects.filter(staff=person).first()
    error = ""
    if request.method == "POST":
        at = timezone.now()
        try:
            if request.POST.get("way") == "email":
                open_by_mail(person, actor=request.user, at=at)
                messages.success(request, _("The link is on its way to the person's e-mail."))
                return redirect("people:person_account", person.pk)
            user, code = open_on_paper(person, actor=request.user, at=at)
            return slip(request, user, code, at)
        except NotYours as refusal:
            raise PermissionDenied from refusal
        except NoAddress:
            error = _("This account has no e-mail address. Print a slip instead.")
        except IdentifierTaken:
            error = _(
                "Another account uses this staff code. Please put the staff code right first."
            )
    context = {
        "row": place([person], scope.day)[0],
        "account": account,
        "merge": merge_of(person),
        "may_open": may_open(scope, account),
        "manages_roles": scope.has_role(Role.SYSADMIN),
        "error": error,
    }
    return render(request, "people/person_account.html", context)


def slip(request: HttpRequest, user: User, code: str, at) -> HttpResponse:
    """Show the slip with its code, once: the portal keeps only a hash."""
    purpose = AccountCodePurpose.FIRST_SIGN_IN
    drawn = segno.make(link_of(code, purpose), error="m").svg_inline(
        scale=4, border=4, dark="#000", light="#fff", omitsize=True
    )
    context = {
        "account": user,
        "code": code,
        "expires_at": at + CODE_LIFETIME[purpose],
        "qr": mark_safe(drawn),  # noqa: S308 (drawn by segno from our own text)
    }
    return render(request, "people/slip.html", context)


@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Say that something is wrong; below it, what was asked before and what was answered."""
    person = request.user.staff
    if person is None:
        raise Http404
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_correction(person, **form.cleaned_data, actor=request.user, at=timezone.now())
        except TooManyOpen:
            form.add_error(None, _("Some of your requests are still open. Please wait for them."))
        else:
            messages.success(request, _("Sent to the focal person of your unit."))
            return redirect("people:ask_correction")
    context = {
        "form": form,
        "focals": find_focals(person, timezone.localdate()),
        "asked": CorrectionRequest.objects.filter(person=person).order_by("-asked_at")[:20],
    }
    return render(request, "people/ask_correction.html", context)


@login_required
def corrections(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request.user)
    if not scope.has_role(*ANSWERING_ROLES):
        raise Http404
    asked = requests_for(scope)
    context = {
        "open": asked.filter(closed_at=None).order_by("asked_at")[:MOST_CLOSED],
        "closed": asked.exclude(closed_at=None).order_by("-closed_at")[:MOST_CLOSED],
    }
    return render(request, "people/corrections.html", context)


@login_required
def correction(request: HttpRequest, request_id: int) -> HttpResponse:
    asked = get_object_or_404(requests_for(scope_of(request.user)), pk=request_id)
    form = AnswerForm(request.POST if request.method == "POST" else None, request=asked)
    if request.method == "POST" and form.is_valid():
        try:
            answer_correction(
                asked,
                answer=form.cleaned_data["answer"],
                full_name=form.changed_name(),
                actor=request.user,
                at=timezone.now(),
            )
        except AlreadyAnswered:
            messages.warning(request, _("Somebody has answered this request meanwhile."))
        else:
            messages.success(request, _("Your answer is sent."))
        return redirect("people:corrections")
    context = {"asked": asked, "form": form, "row": place([asked.person], timezone.localdate())[0]}
    return render(request, "people/correction.html", context)
