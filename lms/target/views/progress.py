"""``/tien-do/``: the rate of a unit on a day, and its tables as files."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

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
from lms.target import exports, sheets
from lms.target.baselines import MOST_SHOWN, drawn_on, points_of
from lms.target.bridge import BookClosed
from lms.target.bridge.showing import steps_of_year
from lms.target.chart import Chart, draw
from lms.target.dashboard import Dashboard, build, visible_ids
from lms.target.figures import snapshot
from lms.target.filters import TODAY_MAP, Asked, OutsideScope, ProgressForm
from lms.target.lists import Order, Who, people
from lms.target.lists.entries import LISTS
from lms.target.small_units import least_shown

# Asks for the steps from the eve of the year: they cost statements of their own.
WALK = "cau"


def read_form(data: QueryDict, scope: Scope) -> tuple[ProgressForm, list, list]:
    """Return the filters with the groups and courses they choose from; two queries."""
    groups, courses = read_choices()
    return ProgressForm(data, scope=scope, groups=groups, courses=courses), groups, courses


def read_choices() -> tuple[list[PositionGroup], list[CoursePage]]:
    """Return all position groups and courses in their order; two queries."""
    courses = CoursePage.objects.only("title", "key", "bit", "number", "short_title")
    return list(PositionGroup.objects.order_by("bit")), list(courses.order_by("number"))


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
        "biet": f"{asked.known:%d/%m/%Y}" if asked.known else "",
        "ban-do": TODAY_MAP if asked.map_day else "",
        "xep": "ten" if asked.order is Order.NAME else "",
        "ds": query_list(asked),
    } | changes
    return urlencode({name: value for name, value in values.items() if value})


def query_list(asked: Asked) -> str:
    """Return the name of the chosen list in the address, empty for none."""
    return next((name for name, who in LISTS.items() if who is asked.who), "")


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
    context = walk_context(request, asked, scope) | {
        "form": form,
        "board": board,
        "chart": chart_of(board),
        "trail": trail_links(board.trail, asked, address),
        "rows": people_rows(board),
        "unit_query": query_of(asked, **{"don-vi": "", "ds": ""}),
        "query": query_of(asked, ds=""),
        "entries": [
            (each, f"{address}?{query_of(asked, xep='', ds=each.list_name)}#chua")
            for each in board.entries
        ],
        "list_name": query_list(asked),
        "all_missing_url": f"{address}?{query_of(asked, ds='')}#chua",
        "by_due_url": f"{address}?{query_of(asked, xep='')}#chua",
        "by_name_url": f"{address}?{query_of(asked, xep='ten')}#chua",
        "next_url": (
            f"{address}?{query_of(asked, sau=board.people.next_key)}#chua"
            if board.people.next_key
            else ""
        ),
        "first_url": f"{address}?{query_of(asked)}#chua" if asked.after else "",
        "then_url": f"{address}?{query_of(asked, **{'ban-do': '', 'don-vi': ''})}",
        "now_url": f"{address}?{query_of(asked, biet='')}" if asked.known else "",
        "hidden": {name: form.data.get(name, "") for name in form.fields},
    }
    context["baselines"] = baselines_beside(board, context["chart"], scope)
    return render(request, "target/progress.html", context)


def baselines_beside(board: Dashboard, chart: Chart | None, scope: Scope) -> dict:
    """Return the figures from before the portal, and the newest one's place on the chart."""
    points = points_of(board.asked, least=least_shown(scope), most=MOST_SHOWN)
    return {
        "points": points,
        "mark": drawn_on(points, chart.first.day, chart.last.day) if chart else None,
    }


def chart_of(board: Dashboard) -> Chart | None:
    if not board.show_rate:
        return None
    return draw(board.trend, board.level, leads_in_year=board.leads_in_year)


def walk_context(request: HttpRequest, asked: Asked, scope: Scope) -> dict:
    """Return the steps of the year where they are asked for, else the address that asks."""
    if asked.map_day is not None:
        return {}
    if not request.GET.get(WALK):
        query = query_of(asked, **{WALK: "1"})
        return {"walk_url": f"{reverse('target:progress')}?{query}#h-cau"}
    query = dict(parse_qsl(query_of(asked, xep="", ds="")))
    try:
        with snapshot():
            return {"walk": steps_of_year(asked, scope, query)}
    except BookClosed:
        return {"is_closed": True}


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
            asked, groups=groups, courses=courses, least=least_shown(scope)
        )
    return sheets.respond(sheet, form)


@login_required
@require_POST
def names_file(request: HttpRequest) -> HttpResponse:
    """Hand out the list of names and write that it was handed out."""
    scope = scope_or_404(request)
    filters, _groups, courses = read_form(request.POST, scope)
    form = request.POST.get("tep", "")
    if not is_valid_or_404(filters) or form not in sheets.FORMS:
        raise Http404
    asked = filters.asked(who=request.POST.get("ds", ""))
    who = asked.who or Who.MISSING
    if not asked.has_people:
        raise Http404
    with snapshot():
        page = people(asked.question, who, order=Order.NAME, limit=None)
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
            list=str(who),
            form=form,
        )
    return sheets.respond(exports.names_sheet(asked, who, page, visible, courses), form)
