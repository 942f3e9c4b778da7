"""``/cong-nhan/nhap-excel/``: training from before the portal, by list. Province managers only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses.models import CompletionList
from courses.models.recognition import ListRowStatus
from courses.recognition.past import writing
from courses.recognition.past.lists import (
    ChangedMeanwhile,
    NothingToApply,
    NotNow,
    apply,
    discard,
    hand_in,
    undo,
)
from courses.recognition.past.reading import say
from courses.views.completions import manager_or_404
from lms.people.batches import DependedOn
from lms.people.keys import read_key
from lms.people.workbooks.refusals import LARGEST_FILE, FileRefused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE_SIZE = 50
MOST_LISTS = 20
STATES = {
    ListRowStatus.NEW: "now",
    ListRowStatus.KNOWN: "done",
    ListRowStatus.REFUSED: "late",
}


class ListForm(forms.Form):
    """A filled-in workbook."""

    file = forms.FileField(
        label=gettext_lazy("Filled-in workbook"),
        help_text=gettext_lazy("Excel workbook (.xlsx), up to 10 MB and 5.000 rows."),
        widget=forms.FileInput(attrs={"accept": f".xlsx,{XLSX}"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(str(FileRefused("too-large")))
        return file


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def past_lists(request: HttpRequest) -> HttpResponse:
    """Take a workbook and lead to its preview; below it the last lists."""
    manager_or_404(request)
    is_post = request.method == "POST"
    form = ListForm(request.POST, request.FILES) if is_post else ListForm()
    if is_post and form.is_valid():
        try:
            kept = hand_in(form.cleaned_data["file"], actor=request.user, at=timezone.now())
        except FileRefused as refused:
            form.add_error("file", str(refused))
        else:
            return redirect(kept)
    lists = CompletionList.objects.select_related("batch", "created_by__staff").defer("rows")
    context = {
        "form": form,
        "lists": lists.order_by("-pk")[:MOST_LISTS],
        "trail": [
            (_("Training held elsewhere"), reverse("recognitions")),
            (_("Past training by Excel"), ""),
        ],
    }
    return render(request, "courses/past_lists.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def past_list(request: HttpRequest, list_id: int) -> HttpResponse:
    """Show what a list would do, or did, row by row; apply it, undo it, throw it away."""
    manager_or_404(request)
    kept = get_object_or_404(
        CompletionList.objects.select_related("batch", "created_by__staff"), pk=list_id
    )
    reasons: list[str] = []
    if request.method == "POST":
        reasons = act_on(request, kept)
        if not reasons:
            return redirect(kept)
    status = request.GET.get("loai", "")
    rows = [row for row in kept.rows if status in ("", row["status"])]
    after = read_key(request.GET.get("sau", "")) or 0
    rows = [row for row in rows if row["number"] > after]
    has_more, shown = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    query = f"loai={status}&" if status in ListRowStatus.values else ""
    context = {
        "kept": kept,
        "rows": [
            {
                "number": row["number"],
                "texts": row["texts"],
                "state": STATES[ListRowStatus(row["status"])],
                "label": ListRowStatus(row["status"]).label,
                "why": [say(why) for why in row["why"]],
            }
            for row in shown
        ],
        "counts": [(each, kept.counts.get(each.value, 0)) for each in ListRowStatus],
        "good_count": kept.counts.get(ListRowStatus.NEW, 0),
        "refused_count": kept.counts.get(ListRowStatus.REFUSED, 0),
        "status": status,
        "reasons": reasons,
        "next_url": f"?{query}sau={shown[-1]['number']}" if has_more else "",
        "first_url": f"{request.path}?{query}" if after else "",
        "trail": [
            (_("Training held elsewhere"), reverse("recognitions")),
            (_("Past training by Excel"), reverse("past_lists")),
            (_("List %(number)s") % {"number": kept.pk}, ""),
        ],
    }
    return render(request, "courses/past_list.html", context)


def act_on(request: HttpRequest, kept: CompletionList) -> list[str]:
    """Do what the button says; return what stands in the way of an undo, [] if nothing does."""
    write = {"actor": request.user, "at": timezone.now()}
    act = request.POST.get("act")
    try:
        if act == "apply":
            count = apply(kept, **write).counts[ListRowStatus.NEW]
            messages.success(
                request,
                ngettext("%(count)d row is recorded.", "%(count)d rows are recorded.", count)
                % {"count": count},
            )
        elif act == "undo":
            undo(kept, **write)
            messages.success(request, _("The list is undone. Everything is as before."))
        elif act == "discard":
            discard(kept, **write)
            messages.success(request, _("The rows of the list are erased."))
    except NothingToApply:
        messages.info(request, _("No row would change anything. Nothing was changed."))
    except ChangedMeanwhile:
        messages.warning(request, _("Records changed meanwhile. Hand the file in again."))
    except NotNow:
        messages.warning(request, _("Somebody was faster: look at how it stands now."))
    except DependedOn as depended:
        messages.error(request, _("It cannot be undone. Nothing was changed."))
        return depended.reasons
    return []


@login_required
@require_safe
def past_template(request: HttpRequest) -> HttpResponse:
    """Hand out the empty workbook."""
    manager_or_404(request)
    return as_workbook(writing.template(), "ket-qua-tap-huan.xlsx")


@login_required
@never_cache
@require_safe
def past_refused(request: HttpRequest, list_id: int) -> HttpResponse:
    """Hand out the refused rows with their reasons."""
    manager_or_404(request)
    kept = get_object_or_404(CompletionList, pk=list_id)
    return as_workbook(writing.refused(kept), f"bi-tu-choi-{kept.pk}.xlsx")


def as_workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Robots-Tag"] = "noindex"
    return response
