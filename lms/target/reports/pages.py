"""What the pages of frozen reports print: tables of one unit, and a page of differences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from content.models import CoursePage
from lms.people.models import StaffMember, UnitVersion
from lms.people.scopes import Scope
from lms.target.figures import Counts, figures, snapshot
from lms.target.goals import Led
from lms.target.models import Headline, ReportingPeriod, ReportSnapshot
from lms.target.reports.access import Reach
from lms.target.reports.frozen import CourseLine, Frozen, Line, Matrix, NotInReport, UnitView
from lms.target.reports.gathering import COUNT_NAMES
from lms.target.reports.reading import read_rows
from lms.target.tables import UnitTable, unit_table

DIFFERENCES_A_PAGE = 25


def count_labels() -> dict[str, str]:
    """Return how each count is called, in the order of the tables."""
    return {
        "denominator": _("Staff in the target"),
        "numerator": _("Trained"),
        "in_year": _("Trained this year"),
        "in_progress": _("In progress"),
        "not_started": _("Has not started"),
        "needs_retraining": _("Needs retraining"),
        "newly_assigned": _("Newly assigned"),
        "on_leave": _("On long leave (not counted)"),
    }


@dataclass(frozen=True)
class Row:
    """A line of a table; ``rate`` is kept back for a small number of people."""

    label: str
    counts: Counts
    rate: Decimal | None
    code: str = ""


@dataclass(frozen=True)
class Change:
    """One count of the version before and of this one, and what lies between."""

    label: str
    was: int
    entered: int
    left: int
    now: int


@dataclass(frozen=True)
class ReportPage:
    """One unit of a frozen report; what belongs to the whole report is there only for the whole."""

    view: UnitView
    trail: list[tuple[str, str]]
    rate: Decimal | None
    in_year_rate: Decimal | None
    shows_rate: bool
    rows: list[Row]
    groups: list[Row]
    courses: list[tuple[CourseLine, Decimal | None]]
    changes: list[Change]
    changed_people: int
    reason: str
    before: dict[str, Any] | None
    terms: list[list[str]]
    rules: dict[str, Any]
    target: dict[str, Any] | None
    matrix: Matrix
    is_whole: bool
    is_top: bool

    @property
    def leads_in_year(self) -> bool:
        """Which figure led when the report was frozen: the target of then says it."""
        return bool(self.target) and self.target["headline"] == Headline.IN_YEAR

    @property
    def led(self) -> Led:
        return Led(self.view.total, self.leads_in_year)


def line_label(line: Line) -> str:
    if line.kind == "unplaced":
        return _("Not placed in a unit yet")
    if line.kind == "own":
        return _("%(unit)s (own staff)") % {"unit": line.name}
    return line.name


def page_of(frozen: Frozen, reach: Reach, *, code: str, shows_small: bool) -> ReportPage:
    """Return the page of the unit ``code``; without one, of where the reader begins.

    Raises ``NotInReport`` for a unit outside the report or the reader's reach.
    """
    code = code or (frozen.unit_code if reach.is_whole else next(iter(reach.tops), ""))
    if not code or not reach.has(code):
        raise NotInReport(code)
    view = frozen.view(code)
    is_top = code == frozen.unit_code
    least = 0 if shows_small else frozen.small_below

    def kept(rate: Decimal | None, whole: int) -> Decimal | None:
        return rate if whole >= least else None

    def row(label: str, counts: Counts, code: str = "") -> Row:
        return Row(label, counts, kept(counts.rate, counts.denominator), code)

    changes = frozen.changes if is_top else None
    labels = count_labels()
    return ReportPage(
        view=view,
        trail=[(name, above) for name, above in view.trail if reach.has(above)],
        rate=kept(view.total.rate, view.total.denominator),
        in_year_rate=kept(view.total.in_year_rate, view.total.denominator),
        shows_rate=view.total.denominator >= least,
        rows=[
            row(line_label(line), line.counts, line.code if line.kind == "unit" else "")
            for line in view.lines
            if line.kind == "unit" or line.has_people
        ],
        groups=[row(name, counts) for name, counts in frozen.groups] if is_top else [],
        courses=([(line, kept(line.rate, line.need)) for line in frozen.courses] if is_top else []),
        changes=[Change(labels[name], *changes["counts"][name]) for name in COUNT_NAMES]
        if changes
        else [],
        changed_people=changes["people"] if changes else 0,
        reason=frozen.reason,
        before=frozen.before if is_top else None,
        terms=frozen.definitions["terms"],
        rules=frozen.definitions["rules"],
        target=frozen.figures["target"],
        matrix=frozen.matrix,
        is_whole=reach.is_whole,
        is_top=is_top,
    )


@dataclass(frozen=True)
class Preview:
    """What would be frozen now."""

    period: ReportingPeriod
    unit: UnitVersion
    day: date
    total: Counts
    table: UnitTable
    rows: list[Row]
    closes: bool
    is_frozen: bool


def preview_of(period: ReportingPeriod, unit: UnitVersion, day: date) -> Preview:
    with snapshot():
        result = figures(unit, day)
        table = unit_table(unit, day, result=result)
    rows = []
    for line in table.rows:
        if line.unit is None:
            label = _("Not placed in a unit yet")
        elif line.own_staff:
            label = _("%(unit)s (own staff)") % {"unit": line.unit.full_name}
        else:
            label = line.unit.full_name
        if line.counts.everybody or (line.unit and not line.own_staff):
            rows.append(Row(label, line.counts, line.counts.rate, line.code or ""))
    return Preview(
        period=period,
        unit=unit,
        day=day,
        total=result.total,
        table=table,
        rows=rows,
        closes=result.is_root and period.closed_at is None,
        is_frozen=(
            period.pk is not None
            and ReportSnapshot.objects.filter(period=period, unit=unit.unit_id).exists()
        ),
    )


# Differences ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Difference:
    """One person who stands otherwise than in the version before; unseen people have no name."""

    person_id: int | None
    name: str
    before: str
    after: str
    entered: list[str]
    left: list[str]
    why: list[str]


@dataclass(frozen=True)
class DifferencePage:
    lines: list[Difference]
    after: str
    next_key: str


def state_label(state: str) -> str:
    return {
        "trained": _("Trained"),
        "progress": _("In progress"),
        "not_started": _("Has not started"),
        "retrain": _("Needs retraining"),
        "on_leave": _("On long leave (not counted)"),
    }[state]


def place_text(place: list[str] | None, units: dict[str, str]) -> str:
    """Say where somebody stood: her unit and state, or that the list did not hold her."""
    if place is None:
        return _("Not on the list")
    unit, _group, state = place
    return f"{units.get(unit, unit or '')}: {state_label(state)}"


def why_text(fact: list[str], titles: dict[str, str]) -> str:
    """Say which fact was recorded or withdrawn after the version before."""
    what, act, day, course = fact
    words = {
        "day": f"{date.fromisoformat(day):%d/%m/%Y}" if day else "",
        "course": titles.get(course, course),
    }
    return {
        ("posting", "recorded"): _("Posting from %(day)s entered"),
        ("posting", "withdrawn"): _("Posting from %(day)s replaced or withdrawn"),
        ("leave", "recorded"): _("Long leave from %(day)s entered"),
        ("leave", "withdrawn"): _("Long leave from %(day)s replaced or withdrawn"),
        ("roster", "recorded"): _("Named in the roster from %(day)s"),
        ("roster", "withdrawn"): _("Name in the roster from %(day)s replaced or withdrawn"),
        ("completion", "recorded"): _("Completion of “%(course)s” on %(day)s entered"),
        ("completion", "withdrawn"): _(
            "Completion of “%(course)s” on %(day)s replaced or withdrawn"
        ),
        ("merge", "recorded"): _("Two records of one person joined on %(day)s"),
        ("merge", "withdrawn"): _("Joining of two records of %(day)s taken back"),
    }.get(
        (what, act),
        _("A requirement, a rule, a roster, the units or the learning itself changed"),
    ) % words


def difference_page(
    report: ReportSnapshot, reach: Reach, scope: Scope, *, after: str
) -> DifferencePage:
    """Return one page of the differences in the asker's reach, by person key.

    Raises ``Erased`` when the report has none.
    """
    shown: list[list[Any]] = []
    for row in read_rows(report, "differences"):
        touched = {place[0] for place in (row[1], row[2]) if place}
        if row[0] <= after or not (reach.is_whole or touched & reach.codes):
            continue
        shown.append(row)
        if len(shown) > DIFFERENCES_A_PAGE:
            break
    has_more, shown = len(shown) > DIFFERENCES_A_PAGE, shown[:DIFFERENCES_A_PAGE]
    people = {
        str(person.key): person
        for person in StaffMember.objects.visible_to(scope).filter(
            key__in=[row[0] for row in shown], erased_at=None
        )
    }
    units = names_in(report)
    titles = dict(CoursePage.objects.values_list("key", "title"))
    labels = count_labels()
    lines = [
        Difference(
            person_id=people[key].pk if key in people else None,
            name=people[key].full_name if key in people else "",
            before=place_text(was, units),
            after=place_text(now, units),
            entered=[labels[name] for name in entered],
            left=[labels[name] for name in left],
            why=list(dict.fromkeys(why_text(fact, titles) for fact in why)),
        )
        for key, was, now, entered, left, why in shown
    ]
    return DifferencePage(lines, after, shown[-1][0] if has_more else "")


def names_in(report: ReportSnapshot) -> dict[str, str]:
    """Return the names of all units of the report and of the version before it, by code."""
    names: dict[str, str] = {}
    for version in (report.previous, report):
        if version is not None and not hasattr(version, "erasure"):
            names |= {row[0]: row[1] for row in read_rows(version, "units")}
    return names
