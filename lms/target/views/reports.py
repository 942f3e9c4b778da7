"""``/bao-cao/``: frozen reports, how they were frozen and corrected, and the files made of them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.people import audit
from lms.people.keys import read_key
from lms.people.scopes import Scope, scope_of
from lms.target import sheets
from lms.target.figures import figures, snapshot
from lms.target.models import ReportSnapshot
from lms.target.reports.access import Reach, is_department, may_freeze, reach_of, readable
from lms.target.reports.beside import FiguresDisagree
from lms.target.reports.calendar import key_of
from lms.target.reports.documents import DOCUMENTS
from lms.target.reports.forms import CorrectionReasonForm, ErasureForm, FreezeForm
from lms.target.reports.freezing import (
    AlreadyErased,
    AlreadyFrozen,
    FreezeRefused,
    NotTheNewest,
    UnitGone,
    correct,
    erase,
    freeze,
    unit_of,
)
from lms.target.reports.frozen import Frozen, NotInReport
from lms.target.reports.pages import difference_page, page_of, preview_of
from lms.target.reports.reading import Erased, verify
from lms.target.reports.sheets import TABLES, names_sheet
from lms.target.views.progress import scope_or_404

PAGE_SIZE = 20
# A person key as text.
KEY_LENGTH = 36
MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def manager_or_404(request: HttpRequest) -> Scope:
    scope = scope_of(request.user)
    if not may_freeze(scope):
        raise Http404
    return scope


def report_or_404(scope: Scope, pk: int) -> ReportSnapshot:
    rows = readable(scope).select_related("period", "previous__erasure", "erasure", "frozen_by")
    return get_object_or_404(rows, pk=pk)


def whole_or_404(request: HttpRequest, pk: int) -> tuple[Scope, ReportSnapshot]:
    """Return a report that the asker may read as a whole and that still has its words."""
    scope = scope_or_404(request)
    row = report_or_404(scope, pk)
    if not reach_of(row, scope).is_whole or hasattr(row, "erasure"):
        raise Http404
    return scope, row


# Reading --------------------------------------------------------------------------------------
@login_required
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """List the frozen reports the asker reads: one entry a period and unit, newest first."""
    scope = scope_or_404(request)
    newest = readable(scope).filter(succeeded_by=None).select_related("period", "erasure")
    typed = request.GET.get("sau", "")
    if key := read_key(typed):
        newest = newest.filter(pk__lt=key)
    shown = list(newest.order_by("-pk")[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    address = reverse("target:reports")
    context = {
        "rows": list_rows(shown),
        "may_freeze": may_freeze(scope),
        "next_url": f"{address}?{urlencode({'sau': shown[-1].pk})}" if has_more else "",
        "first_url": address if typed else "",
    }
    return render(request, "target/reports/reports.html", context)


def list_rows(shown: list[ReportSnapshot]) -> list[dict]:
    """Return each report with its unit's name and its earlier versions; one query."""
    earlier: dict[tuple[int, int], list[ReportSnapshot]] = {}
    rows = ReportSnapshot.objects.filter(
        period__in=[row.period_id for row in shown], unit__in=[row.unit_id for row in shown]
    ).exclude(pk__in=[row.pk for row in shown])
    for row in rows.order_by("-version"):
        earlier.setdefault((row.period_id, row.unit_id), []).append(row)
    return [
        {
            "report": row,
            "unit_name": row.unit_name,
            "earlier": earlier.get((row.period_id, row.unit_id), []),
        }
        for row in shown
    ]


@login_required
@require_GET
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a frozen report, or the part of it that is the asker's."""
    scope = scope_or_404(request)
    row = report_or_404(scope, pk)
    reach = reach_of(row, scope)
    later = ReportSnapshot.objects.filter(previous=row).first()
    context = {
        "report": row,
        "later": later,
        "may_correct": may_freeze(scope) and later is None,
        "may_erase": may_freeze(scope),
    }
    if hasattr(row, "erasure"):
        return render(request, "target/reports/erased.html", context)
    try:
        page = page_of(
            Frozen(row),
            reach,
            code=request.GET.get("don-vi", "")[:20],
            shows_small=is_department(scope),
        )
    except NotInReport as error:
        raise Http404 from error
    return render(request, "target/reports/report.html", context | {"page": page})


@login_required
@require_GET
def differences(request: HttpRequest, pk: int) -> HttpResponse:
    """List who entered or left which count since the version before, and by which fact."""
    scope = scope_or_404(request)
    row = report_or_404(scope, pk)
    if hasattr(row, "erasure"):
        raise Http404
    try:
        page = difference_page(
            row, reach_of(row, scope), scope, after=request.GET.get("sau", "")[:KEY_LENGTH]
        )
    except Erased as error:
        raise Http404 from error
    return render(request, "target/reports/differences.html", {"report": row, "page": page})


@login_required
@require_GET
def check_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Compare what is stored with its hash, this version and each before it."""
    scope = scope_or_404(request)
    row = report_or_404(scope, pk)
    if not reach_of(row, scope).is_whole:
        raise Http404
    chain = ReportSnapshot.objects.filter(
        period=row.period_id, unit=row.unit_id, version__lte=row.version
    ).select_related("previous", "erasure")
    results = [(each, verify(each)) for each in chain.order_by("-version")]
    context = {
        "report": row,
        "results": results,
        "is_whole": all(result.is_whole for _each, result in results),
    }
    return render(request, "target/reports/check.html", context)


# Writing --------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def freeze_period(request: HttpRequest) -> HttpResponse:
    """Preview the figures of a period (GET), then freeze them (POST)."""
    manager_or_404(request)
    at = timezone.now()
    data = request.POST if request.method == "POST" else request.GET
    form = FreezeForm(data if "ky" in data else None, today=timezone.localdate(at))
    context = {"form": form}
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        if request.method == "POST":
            try:
                frozen = freeze(
                    typed["ky"], unit=typed["unit"], day=typed["ngay"], actor=request.user, at=at
                )
            except (FreezeRefused, FiguresDisagree) as refusal:
                form.add_error(None, refusal_text(refusal))
            else:
                messages.success(request, _("The report is frozen."))
                return redirect(frozen)
        else:
            context["preview"] = preview_of(typed["ky"], typed["unit"], typed["ngay"])
            context["sent"] = {
                "ky": key_of(typed["ky"]),
                "ngay": f"{typed['ngay']:%d/%m/%Y}",
                "don-vi": typed["unit"].code,
            }
    return render(request, "target/reports/freeze.html", context)


def refusal_text(refusal: Exception) -> str:
    """Say in plain words why nothing was frozen."""
    if isinstance(refusal, AlreadyFrozen):
        return _("This report is frozen already. What is wrong in it is mended by a correction.")
    if isinstance(refusal, NotTheNewest):
        return _("Somebody corrected this report meanwhile. Begin with the newest version.")
    if isinstance(refusal, FiguresDisagree):
        return _(
            "The figures and the list of people do not agree, so nothing was frozen. "
            "Ask the administrator to check the data."
        )
    if isinstance(refusal, UnitGone):
        return _(
            "By what is known now this unit had ended before that day. "
            "Freeze the report of the unit it became."
        )
    return _("The report cannot be frozen like this. Check the period, the day and the unit.")


@login_required
@require_http_methods(["GET", "POST"])
def correct_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Freeze the period again as the next version, with the reason."""
    scope = manager_or_404(request)
    row = report_or_404(scope, pk)
    if ReportSnapshot.objects.filter(previous=row).exists():
        raise Http404
    form = CorrectionReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            frozen = correct(
                row, reason=form.cleaned_data["reason"], actor=request.user, at=timezone.now()
            )
        except (FreezeRefused, FiguresDisagree) as refusal:
            form.add_error(None, refusal_text(refusal))
        else:
            messages.success(
                request, _("Version %(number)s is frozen.") % {"number": frozen.version}
            )
            return redirect(frozen)
    unit = unit_of(row)
    context = {
        "report": row,
        "form": form,
        "was": None if hasattr(row, "erasure") else Frozen(row).total,
        "now": figures(unit, row.day).total if unit else None,
    }
    return render(request, "target/reports/correct.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def erase_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Erase what a report says; its row and its hash stay."""
    scope = manager_or_404(request)
    row = report_or_404(scope, pk)
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            erase(row, ground=form.cleaned_data["ground"], actor=request.user, at=timezone.now())
        except AlreadyErased:
            form.add_error(None, _("This report has been erased already."))
        else:
            messages.success(request, _("The words of the report are erased; its hash stays."))
            return redirect(row)
    return render(request, "target/reports/erase.html", {"report": row, "form": form})


# Files ----------------------------------------------------------------------------------------
@login_required
@require_GET
def document_file(request: HttpRequest, pk: int, document: str, form: str) -> HttpResponse:
    """Hand out report or cover letter; they hold no name and keep small units back."""
    _scope, row = whole_or_404(request, pk)
    body = DOCUMENTS[document][form](Frozen(row))
    return as_download(body, MEDIA[form], f"{document}-{row.pk}-v{row.version}.{form}")


def as_download(body: bytes, media: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Robots-Tag"] = "noindex"
    return response


@login_required
@require_GET
def table_file(request: HttpRequest, pk: int, table: str, form: str) -> HttpResponse:
    """Hand out a table of a frozen report without names."""
    scope = scope_or_404(request)
    row = report_or_404(scope, pk)
    reach = reach_of(row, scope)
    if hasattr(row, "erasure") or not (reach.is_whole or table == "don-vi"):
        raise Http404
    try:
        sheet = TABLES[table](
            Frozen(row),
            code=code_in(reach, request.GET.get("don-vi", "")[:20]),
            small=is_department(scope),
        )
    except NotInReport as error:
        raise Http404 from error
    return sheets.respond(sheet, form)


def code_in(reach: Reach, typed: str) -> str:
    """Return the unit asked for, or where the reader begins. Raises ``NotInReport``."""
    code = typed or (reach.tops[0] if reach.tops else "")
    if not reach.has(code):
        raise NotInReport(code)
    return code


@login_required
@require_POST
def names_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the internal annex with names, and write that it was handed out."""
    scope, row = whole_or_404(request, pk)
    form = request.POST.get("tep", "")
    if form not in sheets.FORMS:
        raise Http404
    with transaction.atomic():
        audit.log(
            "report.export_names",
            row,
            actor=request.user,
            at=timezone.now(),
            unit=row.unit,
            form=form,
            version=row.version,
        )
    with snapshot():
        sheet = names_sheet(Frozen(row), scope)
        return sheets.respond(sheet, form)
