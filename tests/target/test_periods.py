"""Reporting periods: a year at once, one alone, what rests on them, who may set them up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from lms.people.models import AuditEntry
from lms.people.units import find_root
from lms.target.models import ReportingPeriod, Roster
from lms.target.models.periods import PeriodKind
from lms.target.periods.listing import periods_of
from lms.target.periods.writing import (
    NameTaken,
    PeriodInUse,
    PeriodsOverlap,
    add_period,
    change_period,
    remove_period,
    set_up_year,
)
from lms.target.reports.calendar import offered
from lms.target.reports.freezing import freeze

pytestmark = pytest.mark.django_db

URL = "/chi-tieu/ky-bao-cao/"
AT = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
ALL_KINDS = [kind for kind in PeriodKind.values if kind != PeriodKind.OTHER]


def days_by_name() -> dict[str, tuple[date, date]]:
    return {
        period.name: (period.first_day, period.last_day) for period in ReportingPeriod.objects.all()
    }


def test_a_year_is_set_up_under_the_names_that_offices_use():
    made = set_up_year(2026, ALL_KINDS, actor=None, at=AT)
    assert len(made) == 12 + 4 + 2 + 1 + 1
    days = days_by_name()
    assert days["Năm 2026"] == (date(2026, 1, 1), date(2026, 12, 31))
    assert days["6 tháng đầu năm 2026"] == (date(2026, 1, 1), date(2026, 6, 30))
    assert days["Quý I/2026"] == (date(2026, 1, 1), date(2026, 3, 31))
    assert days["Tháng 2/2026"] == (date(2026, 2, 1), date(2026, 2, 28))
    assert AuditEntry.objects.filter(action="period.open").count() == len(made)
    # Again: nothing is added, and nothing is offered a second time for freezing.
    assert set_up_year(2026, ALL_KINDS, actor=None, at=AT) == []
    assert [
        p for p in offered(date(2026, 12, 31)) if p.pk is None and p.last_day.year == 2026
    ] == []


def test_spans_that_close_before_the_end_of_the_month_leave_no_gap():
    set_up_year(2026, ALL_KINDS, closing_day=14, actor=None, at=AT)
    days = days_by_name()
    assert days["Năm 2026"] == (date(2025, 12, 15), date(2026, 12, 14))
    assert days["Quý II/2026"] == (date(2026, 3, 15), date(2026, 6, 14))
    for kind in (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.HALF):
        rows = list(ReportingPeriod.objects.filter(kind=kind).order_by("first_day"))
        assert all(
            later.first_day.toordinal() == row.last_day.toordinal() + 1
            for row, later in pairwise(rows)
        )


def test_a_year_leaves_alone_what_the_office_has_of_its_own():
    own = add_period(
        name="Kỳ đầu năm",
        kind=PeriodKind.QUARTER,
        first_day=date(2025, 12, 15),
        last_day=date(2026, 3, 14),
        actor=None,
        at=AT,
    )
    made = set_up_year(2026, [PeriodKind.QUARTER], actor=None, at=AT)
    assert [period.name for period in made] == ["Quý II/2026", "Quý III/2026", "Quý IV/2026"]
    assert own.name in days_by_name()


@pytest.mark.parametrize(
    ("kind", "first", "last", "is_refused"),
    (
        (PeriodKind.QUARTER, date(2026, 3, 31), date(2026, 4, 30), True),
        (PeriodKind.QUARTER, date(2026, 4, 1), date(2026, 6, 30), False),
        (PeriodKind.QUARTER, date(2025, 10, 1), date(2025, 12, 31), False),
        (PeriodKind.QUARTER, date(2025, 10, 1), date(2026, 1, 1), True),
        (PeriodKind.MONTH, date(2026, 3, 31), date(2026, 4, 30), False),
    ),
)
def test_periods_of_one_kind_share_no_day(kind, first, last, is_refused):
    set_up_year(2026, [PeriodKind.QUARTER], actor=None, at=AT)
    ReportingPeriod.objects.exclude(name="Quý I/2026").delete()
    row = {"name": "Khác", "kind": kind, "first_day": first, "last_day": last}
    if not is_refused:
        add_period(**row, actor=None, at=AT)
        return
    with pytest.raises(PeriodsOverlap):
        add_period(**row, actor=None, at=AT)
    # The database refuses it by whatever door.
    with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
        ReportingPeriod.objects.create(**row)
    loose = ReportingPeriod.objects.create(**(row | {"kind": PeriodKind.OTHER}))
    loose.kind = kind
    with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
        loose.save()


def test_spans_of_no_kind_may_cross():
    for name in ("Đợt kiểm tra", "Đợt giám sát"):
        add_period(
            name=name,
            kind=PeriodKind.OTHER,
            first_day=date(2026, 3, 1),
            last_day=date(2026, 3, 20),
            actor=None,
            at=AT,
        )
    assert len(days_by_name()) == 2


def test_a_period_is_changed_or_taken_away_while_nothing_rests_on_it(province):
    set_up_year(2026, [PeriodKind.HALF], actor=None, at=AT)
    first, second = ReportingPeriod.objects.order_by("first_day")
    fields = {"kind": PeriodKind.HALF, "actor": None, "at": AT}
    change_period(
        first,
        name="Nửa đầu năm 2026",
        first_day=date(2026, 1, 1),
        last_day=date(2026, 6, 15),
        **fields,
    )
    assert days_by_name()["Nửa đầu năm 2026"] == (date(2026, 1, 1), date(2026, 6, 15))
    days = {"first_day": second.first_day, "last_day": second.last_day}
    with pytest.raises(NameTaken):
        change_period(second, name="Nửa đầu năm 2026", **days, **fields)
    with pytest.raises(PeriodsOverlap):
        change_period(
            second, name="X", first_day=date(2026, 6, 15), last_day=date(2026, 12, 31), **fields
        )
    Roster.objects.create(period=second, unit=province.units["510"])
    with pytest.raises(PeriodInUse):
        change_period(second, name="X", **days, **fields)
    with pytest.raises(PeriodInUse):
        remove_period(second, actor=None, at=AT)
    remove_period(first, actor=None, at=AT)
    assert list(days_by_name()) == ["6 tháng cuối năm 2026"]


def test_a_closed_or_reported_period_stays(province):
    add = {"kind": PeriodKind.QUARTER, "actor": None, "at": AT}
    closed = add_period(
        name="Quý I/2024", first_day=date(2024, 1, 1), last_day=date(2024, 3, 31), **add
    )
    reported = add_period(
        name="Quý II/2024", first_day=date(2024, 4, 1), last_day=date(2024, 6, 30), **add
    )
    province.person("51001")
    freeze(closed, unit=find_root(closed.last_day), day=closed.last_day, actor=None, at=AT)
    district = province.units["510"].versions.get()
    freeze(reported, unit=district, day=reported.last_day, actor=None, at=AT)
    for period in (closed, reported):
        with pytest.raises(PeriodInUse):
            remove_period(period, actor=None, at=AT)
    [kind] = periods_of(2024, find_root(date(2024, 12, 31)), date(2024, 12, 31))
    assert [
        (line.is_closed, line.report is not None, line.report_count, line.is_free)
        for line in kind.lines
    ] == [(True, True, 1, False), (False, False, 1, False)]


# The page -------------------------------------------------------------------------------------
def test_a_manager_sets_up_a_year_changes_and_takes_away(province, as_role):
    client = as_role("province_manager")
    data = {"nam": "2026", "kinds": ["quarter", "year"], "closing_day": ""}
    shown = client.post(URL, data, follow=True)
    assert shown.redirect_chain == [(f"{URL}?nam=2026", 302)]
    assert [kind.label for kind in shown.context["kinds"]] == ["Quý", "Năm"]
    assert client.post(URL, data, follow=True).status_code == 200
    assert ReportingPeriod.objects.count() == 5
    year = ReportingPeriod.objects.get(name="Năm 2026")
    address = reverse("target:period", args=[year.pk])
    fields = {"name": "Năm 2026", "kind": "year", "first_day": "15/12/2025"}
    client.post(address, fields | {"last_day": "14/12/2026"})
    year.refresh_from_db()
    assert (year.first_day, year.last_day) == (date(2025, 12, 15), date(2026, 12, 14))
    client.post(address, {"bo": "1"})
    assert not ReportingPeriod.objects.filter(pk=year.pk).exists()
    assert client.get(address).status_code == 404


def test_one_period_is_added_by_hand(province, as_role):
    client = as_role("province_manager")
    fields = {"name": "Đợt 1/2026", "kind": "other", "first_day": "01/02/2026"}
    client.post(URL, fields | {"last_day": "2026-02-20"})
    assert days_by_name()["Đợt 1/2026"] == (date(2026, 2, 1), date(2026, 2, 20))


@pytest.mark.parametrize(
    ("fields", "name"),
    (
        ({"name": ""}, "name"),
        ({"name": "Quý I/2026"}, "name"),
        ({"kind": "tuần"}, "kind"),
        ({"first_day": "30/02/2026"}, "first_day"),
        ({"last_day": "31/03/2026"}, "last_day"),
        ({"first_day": "31/03/2026"}, "first_day"),
    ),
)
def test_what_is_wrong_is_said_at_its_field(province, as_role, fields, name):
    set_up_year(2026, [PeriodKind.QUARTER], actor=None, at=AT)
    ReportingPeriod.objects.exclude(name="Quý I/2026").delete()
    good = {"name": "Quý II", "kind": "quarter", "first_day": "01/04/2026"}
    page = as_role("province_manager").post(URL, good | {"last_day": "30/06/2026"} | fields)
    assert list(page.context["form"].errors) == [name]
    assert ReportingPeriod.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "name"),
    (
        ({"nam": "1999"}, "nam"),
        ({"nam": "hai nghìn"}, "nam"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["other"]}, "kinds"),
        ({"closing_day": "32"}, "closing_day"),
    ),
)
def test_a_year_that_cannot_be_set_up_is_refused_at_its_field(province, as_role, fields, name):
    data = {"nam": "2026", "kinds": ["year"], "closing_day": ""} | fields
    page = as_role("province_manager").post(URL, data)
    assert list(page.context["year_form"].errors) == [name]
    assert not ReportingPeriod.objects.exists()


def test_a_closed_period_is_shown_with_its_report_and_not_changed(province, as_role):
    client = as_role("province_manager")
    period = add_period(
        name="Quý I/2024",
        kind=PeriodKind.QUARTER,
        first_day=date(2024, 1, 1),
        last_day=date(2024, 3, 31),
        actor=None,
        at=AT,
    )
    province.person("51001")
    root = find_root(period.last_day)
    report = freeze(period, unit=root, day=period.last_day, actor=None, at=timezone.now())
    page = client.get(URL, {"nam": "2024"}).content.decode()
    address = reverse("target:period", args=[period.pk])
    assert report.get_absolute_url() in page
    assert address not in page
    fields = {"name": "X", "kind": "quarter", "first_day": "01/01/2024"}
    refused = client.post(address, fields | {"last_day": "30/03/2024"})
    assert "__all__" in refused.context["form"].errors
    client.post(address, {"bo": "1"})
    assert days_by_name() == {"Quý I/2024": (date(2024, 1, 1), date(2024, 3, 31))}


@pytest.mark.parametrize(
    ("role", "sees"),
    (("province_leader", True), ("district_focal", False), ("sysadmin", False), ("learner", False)),
)
def test_others_read_or_find_nothing(province, as_role, role, sees):
    client = as_role(role)
    page = client.get(URL)
    assert page.status_code == (200 if sees else 404)
    if sees:
        assert page.context["year_form"] is None
    data = {"nam": "2026", "kinds": ["year"], "closing_day": ""}
    assert client.post(URL, data).status_code == 404
    assert not ReportingPeriod.objects.exists()
    period = add_period(
        name="Kỳ",
        kind=PeriodKind.OTHER,
        first_day=date(2026, 1, 1),
        last_day=date(2026, 1, 31),
        actor=None,
        at=AT,
    )
    address = reverse("target:period", args=[period.pk])
    assert client.get(address).status_code == 404
    assert client.post(address, {"bo": "1"}).status_code == 404
    assert ReportingPeriod.objects.exists()


@pytest.mark.parametrize("typed", ("", "1", "99999", "năm", "1999"))
def test_a_year_that_is_none_shows_this_year(province, as_role, typed):
    page = as_role("province_leader").get(URL, {"nam": typed})
    assert page.context["year"] == timezone.localdate().year
