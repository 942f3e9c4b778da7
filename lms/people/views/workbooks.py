"""``/can-bo/nhap-excel/``: the staff list as a workbook, handed out, handed in, applied, undone."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lms.people import audit
from lms.people.keys import read_key
from lms.people.models import StaffImport, UnitVersion
from lms.people.models.imports import ImportStatus, RowStatus
from lms.people.scopes import Scope, scope_of
from lms.people.staffing.access import may_undo
from lms.people.staffing.closed import warnings_of
from lms.people.workbooks import imports
from lms.people.workbooks.forms import DecisionForm, UploadForm, WorkbookForm
from lms.people.workbooks.places import EDITING_ROLES
from lms.people.workbooks.previews import editing_scope
from lms.people.workbooks.refusals import FileRefused, text_of
from lms.people.workbooks.showing import (
    PAGE_SIZE,
    progress_percent,
    rows_page,
    tabs_of,
    visible_imports,
)
from lms.people.workbooks.writing import prefilled, refused_rows, units_below

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The worker is at it; the page looks again by itself.
AT_WORK = (ImportStatus.READING, ImportStatus.APPLYING, ImportStatus.UNDOING)
REFUSED_FILE = 422
LOOK_AGAIN_SECONDS = "3"


def editor_or_404(request: HttpRequest) -> Scope:
    """Return what the asker may change of the staff; nobody else learns that the page is there."""
    if not scope_of(request.user).has_role(*EDITING_ROLES):
        raise Http404
    return editing_scope(request.user)


def import_or_404(request: HttpRequest, import_id: int) -> StaffImport:
    editor_or_404(request)
    return get_object_or_404(visible_imports(scope_of(request.user)), pk=import_id)


def number_in(request: HttpRequest) -> int:
    return read_key(request.GET.get("sau", "")) or 0


def as_workbook(parts: object, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(parts, content_type=MEDIA)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    response["X-Robots-Tag"] = "noindex"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def staff_imports(request: HttpRequest) -> HttpResponse:
    """Offer the prefilled workbook, take a filled-in one, list earlier ones."""
    scope = editor_or_404(request)
    form, status = UploadForm(), 200
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                kept = imports.hand_in(
                    file, name=file.name or "", actor=request.user, at=timezone.now()
                )
            except FileRefused as refused:
                form.add_error("file", str(refused))
                status = REFUSED_FILE
            else:
                return redirect(kept)
    return start_page(request, scope, form=form, status=status)


def start_page(
    request: HttpRequest,
    scope: Scope,
    *,
    form: UploadForm | None = None,
    wanted: WorkbookForm | None = None,
    status: int = 200,
) -> HttpResponse:
    tops = UnitVersion.objects.current().valid_on(scope.day).filter(unit__in=scope.top_unit_ids())
    first = tops.in_code_order().first()
    initial = {"unit": f"{first.code} – {first.full_name}"} if first else {}
    found = visible_imports(scope_of(request.user)).order_by("-pk")
    after = number_in(request)
    if after:
        found = found.filter(pk__lt=after)
    shown = list(found[: PAGE_SIZE + 1])
    context = {
        "form": form or UploadForm(),
        "wanted": wanted or WorkbookForm(scope=scope, initial=initial),
        "imports": shown[:PAGE_SIZE],
        "next_url": f"?sau={shown[PAGE_SIZE - 1].pk}" if len(shown) > PAGE_SIZE else "",
        "first_url": request.path if after else "",
    }
    return render(request, "people/staff_imports.html", context, status=status)


@login_required
@require_POST
def staff_workbook(request: HttpRequest) -> HttpResponse:
    """Hand out the prefilled workbook of a unit, and write that it was handed out."""
    scope = editor_or_404(request)
    form = WorkbookForm(request.POST, scope=scope)
    if not form.is_valid():
        return start_page(request, scope, wanted=form)
    version = form.version
    with transaction.atomic():
        audit.log(
            "staff_workbook.export",
            version,
            actor=request.user,
            at=timezone.now(),
            unit=version.unit,
        )
    return as_workbook(
        prefilled(units_below(version.unit_id, scope.day), scope.day),
        f"danh-sach-can-bo-{version.code}",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def staff_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show how far an import is and what it would do; decide, apply, undo, throw away."""
    found = import_or_404(request, import_id)
    if request.method == "POST":
        return act_on(request, found)
    at = timezone.now()
    context = {
        "import": found,
        "is_at_work": found.status in AT_WORK and not found.is_stalled(at),
        "is_stalled": found.is_stalled(at),
        "percent": progress_percent(found),
        "notices": [text_of(each) for each in found.notices],
        "failure": text_of(found.failure) if has_text(found) else "",
        "undo_reasons": found.failure.get("reasons", []),
        "may_undo": may_take_back(request, found),
        "may_restart": found.is_stalled(at) or found.failure.get("code") == "crashed",
    }
    if found.counts and found.status not in (ImportStatus.READING, ImportStatus.FAILED):
        tabs = tabs_of(found, request.GET.get("muc", ""))
        current = next(tab.status for tab in tabs if tab.is_current)
        after = number_in(request)
        rows, next_number = rows_page(found, current, after=after, day=timezone.localdate(at))
        here = f"{request.path}?muc={current}"
        context |= {
            "tabs": tabs,
            "current": current,
            "rows": rows,
            "next_url": f"{here}&sau={next_number}" if next_number else "",
            "first_url": here if after else "",
            "warnings": warnings_for(found),
            "good_count": found.counts.get(RowStatus.NEW, 0)
            + found.counts.get(RowStatus.CHANGED, 0),
            "bad_count": found.counts.get(RowStatus.REFUSED, 0)
            + found.counts.get(RowStatus.UNDECIDED, 0),
        }
    response = render(request, "people/staff_import.html", context)
    if context["is_at_work"]:
        response["Refresh"] = LOOK_AGAIN_SECONDS  # every browser knows it, without JavaScript
    return response


def warnings_for(found: StaffImport) -> list[str]:
    """Return what to know of days that are reported already, while nothing is applied."""
    if found.status != ImportStatus.READY or found.first_day is None:
        return []
    return warnings_of(found.first_day)


def may_take_back(request: HttpRequest, found: StaffImport) -> bool:
    """Tell whether the asker may undo what was applied, by the rule of every batch of the desk."""
    if found.shown_status != ImportStatus.APPLIED:
        return False
    return may_undo(scope_of(request.user), found.batch)


def has_text(found: StaffImport) -> bool:
    """Tell whether the failure is one of the file or the reader, not of an undo."""
    return bool(found.failure) and "reasons" not in found.failure


def act_on(request: HttpRequest, found: StaffImport) -> HttpResponse:
    """Do what the button says and return where to go."""
    write = {"actor": request.user, "at": timezone.now()}
    act = request.POST.get("act")
    if act == "undo" and found.batch and not may_undo(scope_of(request.user), found.batch):
        raise Http404
    try:
        if act == "apply":
            imports.request_apply(found, only_if_all_good=False, **write)
        elif act == "apply-all":
            imports.request_apply(found, only_if_all_good=True, **write)
        elif act == "undo":
            imports.request_undo(found, **write)
        elif act == "restart":
            imports.restart(found, **write)
        elif act == "discard":
            imports.discard(found, **write)
            messages.success(request, _("The file and its preview are erased."))
            return redirect("people:staff_imports")
        elif act == "decide":
            return decide(request, found)
    except imports.NotAllGood:
        messages.error(
            request, _("Some rows are refused or wait for your decision. Nothing was changed.")
        )
    except imports.NothingToApply:
        messages.info(request, _("No row would change anything. Nothing was changed."))
    except imports.NotNow:
        messages.warning(request, _("Somebody was faster: look at how it stands now."))
    return redirect(found)


def decide(request: HttpRequest, found: StaffImport) -> HttpResponse:
    """Keep the answer to a likely duplicate and show its tab again."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the answers."))
        return redirect(found)
    choice, person_id = form.cleaned_data["choice"]
    number = form.cleaned_data["number"]
    try:
        imports.decide(
            found,
            number,
            choice=choice,
            person_id=person_id,
            actor=request.user,
            at=timezone.now(),
        )
    except imports.NoSuchChoice:
        messages.error(request, _("Choose one of the answers."))
    else:
        messages.success(request, _("Row %(row)s: your answer is kept.") % {"row": number})
    return redirect(found)


@login_required
@require_POST
def staff_import_refused(request: HttpRequest, import_id: int) -> HttpResponse:
    """Hand out the rows that were not taken, with the reasons beside them."""
    found = import_or_404(request, import_id)
    if found.status in (ImportStatus.READING, ImportStatus.FAILED):
        raise Http404
    with transaction.atomic():
        audit.log("staff_import.refused_rows", found, actor=request.user, at=timezone.now())
    rows = found.rows.filter(status__in=(RowStatus.REFUSED, RowStatus.UNDECIDED)).order_by("number")
    return as_workbook(refused_rows(found, rows.iterator()), f"dong-chua-nhan-{found.pk}")
