"""``/tien-do/so-mau-so/``: everybody of a unit, since when she counts or why not."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lms.people import audit
from lms.people.keys import read_key
from lms.target import sheets
from lms.target.bridge import BookClosed
from lms.target.dashboard import trail_for, visible_among
from lms.target.figures import Basis, Counts, figures, figures_on_map, snapshot
from lms.target.filters import TODAY_MAP
from lms.target.ledger import PART_LABELS, Line, Subject, Sums, open_basis, page, sums
from lms.target.ledger.forms import LedgerForm
from lms.target.ledger.kinds import REASON_PARTS
from lms.target.ledger.sheet import ledger_sheet, people_of
from lms.target.ledger.wording import detail_text, verdict_text
from lms.target.tables import family_of
from lms.target.views.progress import is_valid_or_404, scope_or_404

TEMPLATE = "target/ledger/page.html"
# The mark beside the state of somebody who counts.
ICONS = {"trained": "done", "progress": "now", "not_started": "todo", "retrain": "late"}


@login_required
@require_GET
def ledger_page(request: HttpRequest) -> HttpResponse:
    """Show the sums beside the figure, and a page of lines; what is typed wrongly is said."""
    scope = scope_or_404(request)
    form = LedgerForm(request.GET, scope=scope)
    if not is_valid_or_404(form):
        return render(request, TEMPLATE, {"form": form})
    subject, search = form.subject, form.search
    try:
        with snapshot():
            basis = open_basis()
            added = sums(subject, basis)
            listed = page(subject, search, after=read_key(request.GET.get("sau", "")), basis=basis)
            figured = figures_of(subject, basis)
            above, below = family_of(subject.unit, subject.map_day or subject.day, subject.known)
            visible = visible_among(people_of(listed.lines), scope)
    except BookClosed:
        return render(request, TEMPLATE, {"form": form, "is_closed": True})
    form.data = form.data.copy()
    form.data["don-vi"], form.data["ngay"] = subject.unit.code, f"{subject.day:%d/%m/%Y}"
    query = query_of(subject)
    narrowed = {name: form.cleaned_data[name] for name in ("phan", "tim")}
    address = reverse("target:ledger")
    context = {
        "form": form,
        "subject": subject,
        "sums": added,
        "is_equal": added.counts == figured,
        "figured": figured,
        "counted": counted_rows(added, address, query),
        "reasons": reason_rows(added, address, query),
        "rows": [line_row(line, visible) for line in listed.lines],
        "part_label": PART_LABELS.get(search.part, ""),
        "is_narrowed": any(narrowed.values()),
        "below": below,
        "trail": trail_links(trail_for(above, scope), address, query),
        "board_url": f"{reverse('target:progress')}?{urlencode(query)}",
        "all_url": f"{address}?{urlencode(query)}",
        "hidden": query,
        "first_url": address_of(address, query | narrowed) if request.GET.get("sau") else "",
        "next_url": (
            address_of(address, query | narrowed | {"sau": str(listed.next_key)})
            if listed.next_key
            else ""
        ),
    }
    return render(request, TEMPLATE, context)


def figures_of(subject: Subject, basis: Basis) -> Counts:
    """Return the figure that the ledger defends, asked as the dashboard asks it."""
    unit, day, known = subject.unit, subject.day, subject.known
    if subject.map_day is not None:
        return figures_on_map(unit, day, subject.map_day, known, basis=basis).total
    return figures(unit, day, known, basis=basis).total


def query_of(subject: Subject) -> dict[str, str]:
    """Return what names the ledger in an address; the dashboard reads the same names."""
    values = {
        "don-vi": subject.unit.code,
        "ngay": f"{subject.day:%d/%m/%Y}",
        "biet": f"{subject.known:%d/%m/%Y}" if subject.known else "",
        "ban-do": TODAY_MAP if subject.map_day else "",
    }
    return {name: value for name, value in values.items() if value}


def address_of(address: str, query: dict[str, str]) -> str:
    shown = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(shown)}#dong"


def trail_links(
    trail: list[tuple[str, str]], address: str, query: dict[str, str]
) -> list[tuple[str, str]]:
    """Return the units above with their ledgers, the unit itself without an address."""
    links = [
        (name, f"{address}?{urlencode(query | {'don-vi': code})}") for name, code in trail[:-1]
    ]
    return [*links, (trail[-1][0], "")]


def counted_rows(added: Sums, address: str, query: dict[str, str]) -> list[dict[str, Any]]:
    """Return who counts by state; those newly assigned or not placed are among them."""
    counts = added.counts
    numbers = {
        "da-tap-huan": counts.numerator,
        "dang-hoc": counts.in_progress,
        "chua-bat-dau": counts.not_started,
        "tap-huan-lai": counts.needs_retraining,
    }
    return [part_row(name, count, address, query) for name, count in numbers.items()]


def reason_rows(added: Sums, address: str, query: dict[str, str]) -> list[dict[str, Any]]:
    """Return who does not count by reason, without the reasons of nobody."""
    return [
        part_row(name, added.reasons[kind], address, query)
        for name, kind in REASON_PARTS.items()
        if added.reasons[kind]
    ]


def part_row(name: str, count: int, address: str, query: dict[str, str]) -> dict[str, Any]:
    url = address_of(address, query | {"phan": name})
    return {"label": PART_LABELS[name], "count": count, "url": url}


def line_row(line: Line, visible: frozenset[int]) -> dict[str, Any]:
    """Return a line as it is read; of people whom the asker may not see only the verdict."""
    is_visible = line.person_id in visible
    return {
        "line": line,
        "is_visible": is_visible,
        "verdict": verdict_text(line),
        "icon": ICONS.get(line.state, "") if line.counts else "",
        "detail": detail_text(line, visible) if is_visible else "",
    }


@login_required
@require_POST
def ledger_file(request: HttpRequest) -> HttpResponse:
    """Hand out the whole ledger of the unit and write that it was handed out."""
    scope = scope_or_404(request)
    form = LedgerForm(request.POST, scope=scope)
    kind = request.POST.get("tep", "")
    if not is_valid_or_404(form) or kind not in sheets.FORMS:
        raise Http404
    subject = form.subject
    try:
        open_basis()
    except BookClosed:
        return render(request, TEMPLATE, {"form": form, "is_closed": True}, status=503)
    with transaction.atomic():
        audit.log(
            "target.export_ledger",
            subject.unit,
            actor=request.user,
            at=timezone.now(),
            unit=subject.unit.unit,
            as_of=subject.day.isoformat(),
            known_at=subject.known.isoformat() if subject.known else None,
            map_on=subject.map_day.isoformat() if subject.map_day else None,
            form=kind,
        )
    return sheets.respond(ledger_sheet(subject, scope, about(subject)), kind)


def about(subject: Subject) -> str:
    """Return in one line of which unit and day a ledger is."""
    parts = [subject.unit.full_name, _("as of %(day)s") % {"day": f"{subject.day:%d/%m/%Y}"}]
    if subject.known:
        parts.append(_("as known on %(day)s") % {"day": f"{subject.known:%d/%m/%Y}"})
    if subject.map_day:
        parts.append(_("on the map of %(day)s") % {"day": f"{subject.map_day:%d/%m/%Y}"})
    return " · ".join(parts)
