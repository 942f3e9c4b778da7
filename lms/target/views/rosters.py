"""``/danh-sach/``: who counts in a unit for a period: answered by the unit, approved above."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from lms.people import audit
from lms.people.batches import DependedOn
from lms.people.facts import FactWithdrawn
from lms.people.keys import read_key
from lms.people.models import UnitVersion
from lms.people.models.accounts import Role
from lms.people.scopes import ANSWERING_ROLES, Scope, scope_of
from lms.people.staff import PrimaryOverlap
from lms.people.staffing.closed import warnings_of
from lms.people.text import clean
from lms.target import sheets
from lms.target.dashboard import visible_among
from lms.target.models import ReportingPeriod, Roster, RosterAct, RosterDecision, RosterStatus
from lms.target.reports.calendar import key_of, offered
from lms.target.reports.forms import label_of
from lms.target.rosters import approving, deciding
from lms.target.rosters.asking import ask_units
from lms.target.rosters.deciding import (
    ListClosed,
    NotConfirmed,
    NotInList,
    StillUndecided,
    WrongGround,
)
from lms.target.rosters.forms import AnswerForm, NoteForm
from lms.target.rosters.pages import (
    UNITS_A_PAGE,
    answers,
    behind,
    may_answer,
    may_look,
    narrowed,
    page_of,
    period_now,
    period_of,
    units_asked,
    with_status,
)
from lms.target.rosters.proposing import Candidate, day_of, find_roster, read_list
from lms.target.rosters.sheet import roster_sheet

MOST_STEPS = 20
# What is said after each move; those with a note, and those of the province alone.
MOVES = {
    "confirm": gettext_lazy("The list is confirmed. The department approves it."),
    "withdraw": gettext_lazy("The confirmation is taken back: the list is open again."),
    "return": gettext_lazy("The list is returned to the unit with your note."),
    "approve": gettext_lazy("The list is approved. The figures follow it from now on."),
    "reopen": gettext_lazy("The approval is taken back with all it wrote."),
}
WITH_NOTE = frozenset({"return", "reopen"})
MANAGER_MOVES = frozenset({"return", "approve", "reopen"})
MOST_AT_ONCE = UNITS_A_PAGE
STATUSES = ("waiting", RosterStatus.CONFIRMED, RosterStatus.APPROVED)


def asker_or_404(request: HttpRequest) -> Scope:
    scope = scope_of(request.user)
    if not scope.sees_people:
        raise Http404
    return scope


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rosters(request: HttpRequest) -> HttpResponse:
    """List the units and where their lists stand; the department approves several at once."""
    scope = asker_or_404(request)
    today = timezone.localdate()
    periods = offered(today)
    typed = request.POST.get("ky") or request.GET.get("ky", "")
    period = period_of(typed, periods)
    is_unknown = bool(typed) and period is None
    period = period or period_now(periods, today)
    if request.method == "POST":
        if not scope.has_role(Role.PROVINCE_MANAGER):
            raise Http404
        if request.POST.get("act") == "ask":
            ask_many(request, scope, period)
        else:
            approve_many(request, period)
        return redirect(f"{reverse('target:rosters')}?{urlencode({'ky': key_of(period)})}")
    status = request.GET.get("tinh-trang", "")
    status = status if status in STATUSES else ""
    units = with_status(units_asked(scope, day_of(period, today)), period)
    found = narrowed(units, status).in_code_order()
    after = clean(request.GET.get("sau", ""))
    if after and (last := units.filter(code=after[:20]).first()):
        found = behind(found, last)
    shown = list(found[: UNITS_A_PAGE + 1])
    has_more, shown = len(shown) > UNITS_A_PAGE, shown[:UNITS_A_PAGE]
    query = {"ky": key_of(period), "tinh-trang": status}
    context = {
        "period": period,
        "key": key_of(period),
        "is_unknown": is_unknown,
        "periods": [(key_of(each), label_of(each)) for each in periods],
        "status": status,
        "answers": answers(units),
        "rows": shown,
        "may_tick": scope.has_role(Role.PROVINCE_MANAGER)
        and any(each.status != RosterStatus.APPROVED for each in shown),
        "next_url": f"?{urlencode(query | {'sau': shown[-1].code})}" if has_more else "",
        "first_url": f"?{urlencode(query)}" if after else "",
    }
    return render(request, "target/rosters/list.html", context)


def ticked_units(request: HttpRequest) -> list[int]:
    keys = (read_key(each) for each in request.POST.getlist("units")[:MOST_AT_ONCE])
    return [key for key in keys if key is not None]


def ask_many(request: HttpRequest, scope: Scope, period: ReportingPeriod) -> None:
    """Write to the focal persons of the ticked units that have not confirmed."""
    units = with_status(units_asked(scope, day_of(period, scope.day)), period)
    waiting = narrowed(units.filter(unit__in=ticked_units(request)), "waiting")
    people, vacant = ask_units(
        period, list(waiting.in_code_order()), actor=request.user, at=timezone.now()
    )
    if people:
        messages.success(
            request,
            ngettext(
                "%(count)d focal person is asked.", "%(count)d focal persons are asked.", people
            )
            % {"count": people},
        )
    if vacant:
        names = ", ".join(unit.full_name for unit in vacant)
        messages.warning(request, _("Nobody answers for: %(units)s") % {"units": names})
    if not people and not vacant:
        messages.warning(request, _("Nobody was asked: tick units that have not confirmed."))


def approve_many(request: HttpRequest, period: ReportingPeriod) -> None:
    """Approve the ticked lists, each by itself, and say how many could not be."""
    ids = ticked_units(request)
    at = timezone.now()
    approved = refused = 0
    found = Roster.objects.filter(period=period.pk, unit__in=ids).order_by("unit_id")
    for roster in found if period.pk else ():
        try:
            approving.approve(roster, actor=request.user, at=at)
        except (NotConfirmed, FactWithdrawn, PrimaryOverlap):
            refused += 1
        else:
            approved += 1
    if approved:
        messages.success(
            request,
            ngettext("%(count)d list is approved.", "%(count)d lists are approved.", approved)
            % {"count": approved},
        )
    if refused or not approved:
        messages.warning(
            request, _("Some lists were not approved: tick lists that their units have confirmed.")
        )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: HttpRequest, key: str, unit_id: int) -> HttpResponse:
    """Show the list of one unit; answer, confirm, return, approve."""
    scope = asker_or_404(request)
    page = find_page_or_404(scope, key, unit_id)
    answer_form, note_form = page.answer_form(), NoteForm()
    if request.method == "POST":
        if not scope.has_role(*ANSWERING_ROLES) or not may_answer(scope, unit_id):
            raise Http404
        act = request.POST.get("act", "")
        if act == "answer":
            answer_form = page.answer_form(request.POST)
            is_done = answer_form.is_valid() and answer(request, page, answer_form)
        else:
            note_form = NoteForm(request.POST if act in WITH_NOTE else None)
            is_good = act not in WITH_NOTE or note_form.is_valid()
            is_done = is_good and move(request, act, scope, page, note_form)
        if is_done:
            return redirect(f"{request.path}?{urlencode(page_query(request))}")
    context = page_context(request, scope, page) | {
        "form": answer_form,
        "note_form": note_form,
        "chosen": set(answer_form["people"].value() or ()),
    }
    return render(request, "target/rosters/one.html", context)


@login_required
@require_POST
def roster_file(request: HttpRequest, key: str, unit_id: int) -> HttpResponse:
    """Hand out the whole list of one unit and write that it was handed out."""
    scope = asker_or_404(request)
    page = find_page_or_404(scope, key, unit_id)
    kind = request.POST.get("tep", "")
    if kind not in sheets.FORMS:
        raise Http404
    visible = visible_among([each.person.pk for each in page.listed], scope)
    with transaction.atomic():
        audit.log(
            "roster.export",
            page.unit,
            actor=request.user,
            at=timezone.now(),
            unit=page.unit.unit,
            period=key_of(page.period),
            form=kind,
        )
    status = page.roster.status if page.roster else RosterStatus.PROPOSED
    about = " · ".join(
        [
            page.unit.full_name,
            page.period.name,
            _("by the duties of %(day)s") % {"day": f"{page.day:%d/%m/%Y}"},
            str(RosterStatus(status).label),
        ]
    )
    return sheets.respond(roster_sheet(page.listed, visible, about), kind)


@dataclass(frozen=True)
class Page:
    """What one list stands on: its period, the unit on the day, the stored row if any, people."""

    period: ReportingPeriod
    unit: UnitVersion
    roster: Roster | None
    listed: list[Candidate]
    day: date

    @property
    def is_open(self) -> bool:
        return self.roster is None or self.roster.status == RosterStatus.PROPOSED

    def answer_form(self, data: QueryDict | None = None) -> AnswerForm:
        return AnswerForm(data, period=self.period, listed=self.listed)


def find_page_or_404(scope: Scope, key: str, unit_id: int) -> Page:
    """Return the list of a unit that the asker may look at."""
    today = timezone.localdate()
    period = period_of(key, offered(today))
    if period is None or not may_look(scope, unit_id):
        raise Http404
    found = find_roster(period, unit_id)
    day = (found.day if found else None) or day_of(period, today)
    version = get_object_or_404(UnitVersion.objects.current().valid_on(day), unit=unit_id)
    return Page(period, version, found, read_list(found, unit_id, day), day)


def page_query(request: HttpRequest) -> dict[str, str]:
    """Return what keeps the page of the list in the address."""
    after = request.GET.get("sau", "")
    return {"sau": after} if after else {}


def page_context(request: HttpRequest, scope: Scope, page: Page) -> dict:
    after = read_key(request.GET.get("sau", ""))
    shown, next_key = page_of(page.listed, after)
    counts = Counter(each.decision for each in page.listed)
    status = page.roster.status if page.roster else RosterStatus.PROPOSED
    is_manager = scope.has_role(Role.PROVINCE_MANAGER)
    may_write = is_manager or (
        scope.has_role(*ANSWERING_ROLES) and may_answer(scope, page.unit.unit_id)
    )
    steps = page.roster.steps.select_related("actor__staff") if page.roster else ()
    visible = visible_among([each.person.pk for each in shown], scope)
    return {
        "period": page.period,
        "unit": page.unit,
        "day": page.day,
        "status": status,
        "status_label": RosterStatus(status).label,
        "rows": [(each, each.person.pk in visible) for each in shown],
        "waiting": counts[None],
        "counted": counts[RosterDecision.COUNTS] + counts[RosterDecision.NAMED],
        "excluded": counts[RosterDecision.EXCLUDED],
        "may_answer": may_write and page.is_open,
        "may_withdraw": may_write and status == RosterStatus.CONFIRMED and not is_manager,
        "may_approve": is_manager and status == RosterStatus.CONFIRMED,
        "may_reopen": is_manager and status == RosterStatus.APPROVED,
        "warnings": warnings_of(page.period.first_day) if is_manager else [],
        "steps": steps and steps.order_by("-pk")[:MOST_STEPS],
        "list_url": f"{reverse('target:rosters')}?{urlencode({'ky': key_of(page.period)})}",
        "next_url": f"?{urlencode({'sau': next_key})}" if next_key else "",
        "first_url": request.path if after else "",
        "file_url": reverse("target:roster_file", args=[key_of(page.period), page.unit.unit_id]),
    }


def answer(request: HttpRequest, page: Page, form: AnswerForm) -> bool:
    """Write the answer for all who are ticked; a refusal is told in the form."""
    people = form.cleaned_data["people"]
    write = {"actor": request.user, "at": timezone.now()}
    try:
        if form.takes_back:
            deciding.take_back_answers(page.period, page.unit.unit, people, **write)
        else:
            deciding.decide(page.period, page.unit.unit, people, form.answer_of(), **write)
    except WrongGround:
        form.add_error(
            "answer",
            _(
                "This answer does not fit all who are ticked: by name count only people of groups "
                "that count when named; the others count by their group."
            ),
        )
    except NotInList:
        form.add_error(
            None if not form.takes_back else "answer",
            _("For somebody who is ticked there is nothing to take back."),
        )
    except ListClosed:
        messages.error(request, _("The list is confirmed: take the confirmation back first."))
    except FactWithdrawn:
        messages.error(request, _("Somebody changed this list meanwhile. Please look again."))
    else:
        messages.success(
            request,
            ngettext(
                "Answered for %(count)d person.", "Answered for %(count)d people.", len(people)
            )
            % {"count": len(people)},
        )
        return True
    return False


def move(request: HttpRequest, act: str, scope: Scope, page: Page, form: NoteForm) -> bool:
    """Move the list on or back; False where the page has to be shown again with the reason."""
    if act not in MOVES or (act in MANAGER_MOVES and not scope.has_role(Role.PROVINCE_MANAGER)):
        raise Http404
    write = {"actor": request.user, "at": timezone.now()}
    try:
        if act == "confirm":
            deciding.confirm(page.period, page.unit.unit, **write)
        elif page.roster is None:
            raise NotConfirmed
        elif act == "withdraw":
            deciding.send_back(page.roster, RosterAct.WITHDRAW, note="", **write)
        elif act == "return":
            note = form.cleaned_data["note"]
            deciding.send_back(page.roster, RosterAct.RETURN, note=note, **write)
        elif act == "approve":
            approving.approve(page.roster, **write)
        else:
            approving.reopen(page.roster, note=form.cleaned_data["note"], **write)
    except StillUndecided as refusal:
        messages.error(
            request,
            ngettext(
                "%(count)d person still waits for your answer.",
                "%(count)d people still wait for your answer.",
                refusal.count,
            )
            % {"count": refusal.count},
        )
        return False
    except (ListClosed, NotConfirmed, FactWithdrawn):
        messages.warning(request, _("The list was moved on meanwhile. Please look again."))
    except PrimaryOverlap:
        messages.error(request, _("Nothing was approved: duties were changed meanwhile."))
    except DependedOn as refusal:
        messages.error(
            request,
            _("The approval cannot be taken back: %(reasons)s")
            % {"reasons": " ".join(refusal.reasons)},
        )
    else:
        messages.success(request, MOVES[act])
    return True
