"""``/tien-do/``: the rate of a unit on a day, and its tables as files."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from content.models import CoursePage
from lms.people import audit
from lms.people.models import PositionGroup
from lms.people.scopes import Scope, scope_of
from lms.target import exports
from lms.target.chart import draw
from lms.target.dashboard import (
    LISTS,
    Asked,
    OutsideScope,
    ProgressForm,
    build,
    sees_small_units,
    visible_ids,
)
from lms.target.figures import snapshot
from lms.target.lists import Order, Who, people


def read_form(data: QueryDict, scope: Scope) -> tuple[ProgressForm, list, list]:
    """Return the filters with the groups and courses they choose from; two queries."""
    groups = list(PositionGroup.objects.order_by("bit"))
    courses = list(
        CoursePage.objects.only("title", "key", "bit", "number", "short_title").order_by("number")
    )
    return ProgressForm(data, scope=scope, groups=groups, courses=courses), groups, courses


def scope_or_404(request: HttpRequest) -> Scope:
    """Return the asker's scope; a learner has no dashboard, so for her there is no such page."""
    scope = scope_of(request.user)
    if not scope.sees_people:
        raise Http404
    return scope


def is_valid_or_404(form: ProgressForm) -> bool:
    try:
        return form.is_valid()
    except OutsideScope as error:
        raise Http404 from error


def query_of(asked: Asked, **changes: str) -> str:
    """Return the address's query for ``asked``; empty values fall out."""
    values = {
        "don-vi": asked.unit.code,
        "nhom": asked.group.code if asked.group else "",
        "khoa": asked.course.key if asked.course else "",
        "ngay": f"{asked.day:%d/%m/%Y}",
        "xep": "ten" if asked.order is Order.NAME else "",
        "ds": next((name for name, who in LISTS.items() if who is asked.who), ""),
    } | changes
    return urlencode({name: value for name, value in values.items() if value})


@login_required
@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """Show the rate; what was typed wrongly is said beside its field, without figures."""
    scope = scope_or_404(request)
    form, groups, courses = read_form(request.GET, scope)
    if not is_valid_or_404(form):
        return render(request, "target/progress.html", {"form": form})
    asked = form.asked(
        order=request.GET.get("xep", ""),
        after=request.GET.get("sau", "")[:40],
        who=request.GET.get("ds", ""),
    )
    board = build(asked, scope, groups=groups, courses=courses)
    form.data = form.data.copy()
    form.data["don-vi"] = asked.unit.code
    form.data["ngay"] = f"{asked.day:%d/%m/%Y}"
    address = reverse("target:progress")
    context = {
        "form": form,
        "board": board,
        "chart": draw(board.trend) if board.show_rate else None,
        "trail": trail_links(board.trail, asked, address),
        "rows": people_rows(board),
        "unit_query": query_of(asked, **{"don-vi": "", "ds": ""}),
        "query": query_of(asked, ds=""),
        "ending": [
            (each, f"{address}?{query_of(asked, xep='', ds=each.list_name)}#chua")
            for each in board.ending
        ],
        "all_missing_url": f"{address}?{query_of(asked, ds='')}#chua",
        "by_due_url": f"{address}?{query_of(asked, xep='')}#chua",
        "by_name_url": f"{address}?{query_of(asked, xep='ten')}#chua",
        "next_url": (
            f"{address}?{query_of(asked, sau=board.people.next_key)}#chua"
            if board.people.next_key
            else ""
        ),
        "first_url": f"{address}?{query_of(asked)}#chua" if asked.after else "",
        "hidden": {name: form.data.get(name, "") for name in form.fields},
    }
    return render(request, "target/progress.html", context)


def trail_links(trail: list[tuple[str, str]], asked: Asked, address: str) -> list[tuple[str, str]]:
    links = [(name, f"{address}?{query_of(asked, **{'don-vi': code})}") for name, code in trail]
    return [*links[:-1], (links[-1][0], "")]


def people_rows(board) -> list[dict]:
    """Return the lines of the list with the names of courses; unseen people have no name."""
    return [
        {
            "line": line,
            "is_visible": line.person_id in board.visible,
            "missing": [
                board.course_by_bit[bit].short_title
                for bit in line.missing
                if bit in board.course_by_bit
            ],
            "is_overdue": (
                not board.is_of_ending and line.due_on is not None and line.due_on < board.asked.day
            ),
        }
        for line in board.people.lines
    ]


@login_required
@require_GET
def table_file(request: HttpRequest, table: str, form: str) -> HttpResponse:
    """Hand out a table without names as CSV or XLSX, with the filters of the address."""
    scope = scope_or_404(request)
    filters, groups, courses = read_form(request.GET, scope)
    if not is_valid_or_404(filters):
        raise Http404
    asked = filters.asked()
    with snapshot():
        sheet = exports.TABLES[table](
            asked, groups=groups, courses=courses, small=sees_small_units(scope)
        )
    return exports.respond(sheet, form)


@login_required
@require_POST
def names_file(request: HttpRequest) -> HttpResponse:
    """Hand out the list of names and write that it was handed out."""
    scope = scope_or_404(request)
    filters, _groups, courses = read_form(request.POST, scope)
    form = request.POST.get("tep", "")
    if not is_valid_or_404(filters) or form not in exports.FORMS:
        raise Http404
    asked = filters.asked()
    with snapshot():
        page = people(asked.question, Who.MISSING, order=Order.NAME, limit=None)
        visible = visible_ids(page, scope)
    with transaction.atomic():
        audit.log(
            "target.export_names",
            asked.unit,
            actor=request.user,
            at=timezone.now(),
            unit=asked.unit.unit,
            as_of=asked.day.isoformat(),
            people=len(visible),
            form=form,
        )
    return exports.respond(exports.names_sheet(asked, page, visible, courses), form)
