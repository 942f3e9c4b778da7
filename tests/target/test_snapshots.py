"""Frozen reports: what they hold, that nothing changes them, and how they are corrected."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from content.models import CoursePage
from lms.people.facts import record, succeed, withdraw
from lms.people.models import AuditEntry, Leave, Posting, StaffMember, UnitVersion
from lms.target.figures import figures, snapshot
from lms.target.models import (
    ReportingPeriod,
    ReportSnapshot,
    SnapshotErasure,
    SnapshotPart,
)
from lms.target.reports import freezing, gathering
from lms.target.reports.beside import FiguresDisagree
from lms.target.reports.canonical import canonical, digest
from lms.target.reports.freezing import correct, erase, freeze
from lms.target.reports.gathering import COUNT_NAMES, PEOPLE_COLUMNS
from lms.target.reports.guards import install, lift
from lms.target.reports.reading import Erased, read_part, read_rows, verify
from lms.target.reports.spool import Spool
from tests import factories as f
from tests.races import at_once, kinds_of

pytestmark = pytest.mark.django_db

D = date(2024, 6, 30)
AT = datetime(2024, 7, 2, 3, 0, tzinfo=UTC)
LATER = AT + timedelta(days=20)


def make_period(name: str = "6 tháng đầu năm 2024", **fields) -> ReportingPeriod:
    fields.setdefault("first_day", date(2024, 1, 1))
    fields.setdefault("last_day", D)
    return ReportingPeriod.objects.create(name=name, **fields)


def version_of(province, code: str = "49", day: date = D) -> UnitVersion:
    return UnitVersion.objects.current().valid_on(day).get(unit=province.units[code])


def fill(province) -> dict[str, StaffMember]:
    """Seven people in known states, with keys of their own so that hashes can be compared."""
    names = "trained half nothing away district office unplaced".split()
    places = "51001 51001 51002 51002 510 SO CHUA-XEP".split()
    people = {}
    for number, (name, place) in enumerate(zip(names, places, strict=True), start=1):
        people[name] = f.make_person(
            full_name=f"Nguyễn Thị Mẫu {name}", key=uuid.UUID(int=number), staff_code=f"M{number}"
        )
        f.make_posting(people[name], unit=province.units[place], group=province.groups["xa"])
    for name in ("trained", "district", "unplaced"):
        province.train(people[name])
    province.train(people["half"], count=1)
    f.make_leave(people["away"], valid_from=date(2024, 5, 1))
    return people


def frozen_province(province, period=None, *, at=AT) -> ReportSnapshot:
    return freeze(period or make_period(), unit=version_of(province), day=D, actor=None, at=at)


# What it holds --------------------------------------------------------------------------------
def test_snapshot_holds_the_figures_and_the_list_behind_them(province):
    people = fill(province)
    frozen = frozen_province(province)
    part = read_part(frozen, "figures")
    total = {name: part["total"][name] for name in (*COUNT_NAMES, "rate", "in_year_rate")}
    assert total == {
        "denominator": 6,
        "numerator": 3,
        "in_year": 3,
        "in_progress": 1,
        "not_started": 2,
        "needs_retraining": 0,
        "newly_assigned": 0,
        "on_leave": 1,
        "rate": "50.0",
        "in_year_rate": "50.0",
    }
    assert [(row["code"], row["own_staff"], row["denominator"]) for row in part["units"]] == [
        ("49", True, 0),
        ("SO", False, 1),
        ("510", False, 4),
        ("511", False, 0),
        (None, False, 1),
    ]
    rows = [dict(zip(PEOPLE_COLUMNS, row, strict=True)) for row in read_rows(frozen, "people")]
    assert [(row["person"], row["unit"], row["state"], row["on_leave"]) for row in rows] == [
        (str(people["trained"].key), "51001", "trained", 0),
        (str(people["half"].key), "51001", "progress", 0),
        (str(people["nothing"].key), "51002", "not_started", 0),
        (str(people["away"].key), "51002", "not_started", 1),
        (str(people["district"].key), "510", "trained", 0),
        (str(people["office"].key), "SO", "not_started", 0),
        (str(people["unplaced"].key), "CHUA-XEP", "trained", 0),
    ]
    assert read_part(frozen, "requirements")["xa"].keys() == {
        course.key for course in province.courses
    }
    definitions = read_part(frozen, "definitions")
    assert definitions["rules"]["min_leave_days"] == 30
    assert definitions["tiers"] == {"xa": "C", "cong_an": "N", "doan": "E"}
    assert verify(frozen).is_whole


def test_rows_add_up_to_the_total_in_every_table(province):
    fill(province)
    frozen = frozen_province(province)
    part = read_part(frozen, "figures")
    for table in ("units", "groups"):
        for name in COUNT_NAMES:
            assert sum(row[name] for row in part[table]) == part["total"][name], (table, name)
    units = {row[0]: row for row in read_rows(frozen, "units")}
    assert units["510"][3] == "49"
    own, whole = units["510"][4], units["510"][5]
    below = [units[code][5] for code in ("51001", "51002")]
    assert whole == [sum(column) for column in zip(own, *below, strict=True)]
    unplaced = next(row for row in part["units"] if row["code"] is None)
    assert units["49"][5] == [part["total"][name] - unplaced[name] for name in COUNT_NAMES]


def test_no_name_or_contact_is_frozen(province):
    person = fill(province)["half"]
    StaffMember.objects.filter(pk=person.pk).update(
        work_email="mau@quangnam.gov.vn", work_phone="0905123456"
    )
    frozen = frozen_province(province)
    text = frozen.head + "".join(frozen.parts.values_list("body", flat=True))
    for word in (person.full_name, "mau@quangnam", "0905123456", person.staff_code + '"'):
        assert word not in text
    assert str(person.key) in text


# Computed once; every database and every run must come to it.
FROZEN_SHA256 = "e09e10ec7140b83d81551975254625e464bcbbb1f692dbb2638e51813c242e95"


def test_hash_is_the_same_on_every_database_and_in_any_order(province):
    for number, course in enumerate(province.courses):
        CoursePage.objects.filter(pk=course.pk).update(key=f"khoa-{number}")
    fill(province)
    frozen = frozen_province(province)
    assert digest(frozen.head) == frozen.sha256
    listed = {name: sha256 for name, _number, sha256 in json.loads(frozen.head)["parts"]}
    assert digest(canonical([listed[name] for name in ("people", "units", "figures")])) == (
        FROZEN_SHA256
    )


def test_one_content_has_one_text():
    value = {"b": [1, {"z": None, "a": "Hòa"}], "a": D, "r": Decimal("100")}
    turned = {"r": Decimal("100.0"), "a": D, "b": [1, {"a": "Ho\u0300a", "z": None}]}
    text = '{"a":"2024-06-30","b":[1,{"a":"Hòa","z":null}],"r":"100.0"}'
    assert canonical(value) == canonical(turned) == text
    assert canonical(datetime(2024, 7, 2, 10, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))) == (
        '"2024-07-02T03:00:00+00:00"'
    )
    with pytest.raises(TypeError):
        canonical({"rate": 81.2})


def test_a_subtree_is_frozen_by_itself_and_closes_nothing(province):
    fill(province)
    period = make_period()
    frozen = freeze(period, unit=version_of(province, "510"), day=D, actor=None, at=AT)
    period.refresh_from_db()
    assert period.closed_at is None
    assert read_part(frozen, "figures")["total"]["denominator"] == 4
    assert {row[0] for row in read_rows(frozen, "units")} == {"510", "51001", "51002"}


def test_freezing_the_province_closes_the_period_and_is_audited(province, as_role):
    fill(province)
    user = f.make_user(f.make_person())
    period = make_period()
    frozen = freeze(period, unit=version_of(province), day=D, actor=user, at=AT)
    period.refresh_from_db()
    assert (period.closed_at, period.closed_by) == (AT, user)
    entry = AuditEntry.objects.get(action="report.freeze")
    assert (entry.actor, entry.object_id) == (user, str(frozen.pk))
    assert entry.data["sha256"] == frozen.sha256


@pytest.mark.parametrize(
    ("day", "at", "refusal"),
    (
        (D, AT, None),
        (date(2024, 1, 1), AT, None),
        (date(2023, 12, 31), AT, freezing.DayOutsidePeriod),
        (date(2024, 7, 1), AT, freezing.DayOutsidePeriod),
        (D, datetime(2024, 6, 29, 16, 59, tzinfo=UTC), freezing.DayNotOver),
        (D, datetime(2024, 6, 29, 17, 0, tzinfo=UTC), None),  # midnight of the 30th in Hà Nội
    ),
)
def test_day_must_lie_in_the_period_and_not_ahead(province, day, at, refusal):
    fill(province)
    unit, period = version_of(province, day=day), make_period()
    if refusal is None:
        assert freeze(period, unit=unit, day=day, actor=None, at=at).version == 1
    else:
        with pytest.raises(refusal):
            freeze(period, unit=unit, day=day, actor=None, at=at)
        assert not ReportSnapshot.objects.exists()


def test_books_that_do_not_add_up_are_not_frozen(province, monkeypatch):
    fill(province)

    def one_too_many(*args, **kwargs):
        found = figures(*args, **kwargs)
        found.total.numerator += 1
        return found

    monkeypatch.setattr(gathering, "figures", one_too_many)
    with pytest.raises(FiguresDisagree):
        frozen_province(province)
    assert not ReportSnapshot.objects.exists()


def test_long_lists_come_in_parts(province, monkeypatch):
    fill(province)
    monkeypatch.setattr(gathering, "PEOPLE_A_PART", 3)
    frozen = frozen_province(province)
    parts = frozen.parts.filter(name="people").order_by("number")
    assert [len(json.loads(part.body)["rows"]) for part in parts] == [3, 3, 1]
    assert len(list(read_rows(frozen, "people"))) == 7
    assert verify(frozen).is_whole


def test_comparison_takes_the_frozen_period_before_else_the_day_before(province):
    fill(province)
    before = read_part(frozen_province(province), "figures")["before"]
    assert (before["name"], before["day"], before["total"]["denominator"]) == (
        None,
        "2023-12-31",
        0,
    )
    first = ReportSnapshot.objects.get()
    year = make_period("Năm 2024", first_day=date(2024, 7, 1), last_day=date(2024, 9, 30))
    second = freeze(
        year,
        unit=version_of(province),
        day=date(2024, 9, 30),
        actor=None,
        at=datetime(2024, 10, 1, tzinfo=UTC),
    )
    before = read_part(second, "figures")["before"]
    assert (before["name"], before["sha256"], before["total"]["numerator"]) == (
        "6 tháng đầu năm 2024",
        first.sha256,
        3,
    )


# Nothing changes it ---------------------------------------------------------------------------
@pytest.mark.parametrize("model", (ReportSnapshot, SnapshotPart, SnapshotErasure))
def test_database_refuses_to_change_or_remove_a_frozen_row(province, model):
    fill(province)
    frozen = frozen_province(province)
    if model is SnapshotErasure:
        erase(frozen, ground="Hết thời hạn lưu", actor=None, at=LATER)
    table = model._meta.db_table
    before = model.objects.count()
    assert before
    for statement in (
        f"UPDATE {table} SET id = id",  # noqa: S608 (names of our own tables)
        f"DELETE FROM {table}",  # noqa: S608 (names of our own tables)
    ):
        with (
            pytest.raises(IntegrityError, match=f"{table}_kept"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert model.objects.count() == before


def test_a_part_that_was_altered_behind_the_guards_is_named(province):
    fill(province)
    frozen = frozen_province(province)
    lift(connection)
    part = frozen.parts.get(name="people")
    SnapshotPart.objects.filter(pk=part.pk).update(body=part.body.replace("not_started", "trained"))
    frozen.parts.filter(name="requirements").delete()
    install(connection)
    assert verify(frozen).wrong == ("people 0", "requirements 0")
    lift(connection)
    ReportSnapshot.objects.filter(pk=frozen.pk).update(day=date(2024, 6, 29))
    install(connection)
    assert "row" in verify(ReportSnapshot.objects.get()).wrong


# Correcting it --------------------------------------------------------------------------------
def test_correction_is_a_new_version_that_says_who_changed_and_why(province):
    people = fill(province)
    first = frozen_province(province)
    at = LATER - timedelta(days=1)
    # Entered late: one was trained, one had left, one is found who was never listed, one was away
    # by mistake, one sat in another commune.
    f.make_completion(people["half"], province.courses[1], valid_from=date(2024, 4, 2), at=at)
    posting = Posting.objects.current().get(person=people["office"])
    succeed(posting, actor=None, at=at, valid_to=date(2024, 6, 1))
    found = f.make_person(full_name="Hồ Thị Thêm", key=uuid.UUID(int=99))
    f.make_posting(found, unit=province.units["51101"], group=province.groups["xa"], at=at)
    withdraw(Leave.objects.get(), actor=None, at=at)
    posting = Posting.objects.current().get(person=people["nothing"])
    succeed(posting, actor=None, at=at, unit=province.units["51102"])

    second = correct(first, reason="Nhập bổ sung danh sách", actor=None, at=LATER)
    assert (second.version, second.previous, second.day) == (2, first, D)
    assert json.loads(second.head)["previous"] == first.sha256
    assert read_part(second, "reason") == {"reason": "Nhập bổ sung danh sách"}
    rows = {row[0]: row[1:] for row in read_rows(second, "differences")}
    key = {name: str(person.key) for name, person in people.items()}
    assert rows == {
        key["half"]: [
            ["51001", "xa", "progress"],
            ["51001", "xa", "trained"],
            ["numerator", "in_year"],
            ["in_progress"],
            [["completion", "recorded", "2024-04-02", province.courses[1].key]],
        ],
        key["office"]: [
            ["SO", "xa", "not_started"],
            None,
            [],
            ["denominator", "not_started"],
            [["posting", "withdrawn", "2024-01-01", ""], ["posting", "recorded", "2024-01-01", ""]],
        ],
        str(found.key): [
            None,
            ["51101", "xa", "not_started"],
            ["denominator", "not_started"],
            [],
            [["posting", "recorded", "2024-01-01", ""]],
        ],
        key["away"]: [
            ["51002", "xa", "on_leave"],
            ["51002", "xa", "not_started"],
            ["denominator", "not_started"],
            ["on_leave"],
            [["leave", "withdrawn", "2024-05-01", ""]],
        ],
        key["nothing"]: [
            ["51002", "xa", "not_started"],
            ["51102", "xa", "not_started"],
            [],
            [],
            [["posting", "withdrawn", "2024-01-01", ""], ["posting", "recorded", "2024-01-01", ""]],
        ],
    }
    changes = read_part(second, "changes")
    assert changes["people"] == 5
    assert changes["rates"] == ["50.0", "57.1"]
    for name, (was, entered, left, now) in changes["counts"].items():
        assert was + entered - left == now, name
    assert changes["counts"]["denominator"] == [6, 2, 1, 7]
    assert changes["counts"]["numerator"] == [3, 1, 0, 4]
    # The first version says what it said.
    assert read_part(first, "figures")["total"]["numerator"] == 3
    assert verify(first).is_whole
    assert verify(second).is_whole


def test_changed_requirement_is_the_reason_of_who_has_no_fact_of_her_own(province):
    people = fill(province)
    first = frozen_province(province)
    record(
        type(f.make_requirement(province.groups["doan"], province.courses[1])),
        actor=None,
        at=LATER - timedelta(days=1),
        group=province.groups["xa"],
        course=f.make_course(title="Khóa số 3"),
    )
    second = correct(first, reason="Thêm khóa bắt buộc", actor=None, at=LATER)
    rows = {row[0]: row[1:] for row in read_rows(second, "differences")}
    assert rows[str(people["trained"].key)] == [
        ["51001", "xa", "trained"],
        ["51001", "xa", "progress"],
        ["in_progress"],
        ["numerator", "in_year"],
        [["other", "", "", ""]],
    ]


def test_versions_make_a_chain_without_forks(province):
    fill(province)
    first = frozen_province(province)
    with pytest.raises(freezing.NoReason):
        correct(first, reason="  ", actor=None, at=LATER)
    with pytest.raises(freezing.AlreadyFrozen):
        frozen_province(province, first.period)
    second = correct(first, reason="Sửa lần một", actor=None, at=LATER)
    with pytest.raises(freezing.NotTheNewest):
        correct(first, reason="Sửa lần hai", actor=None, at=LATER)
    third = correct(second, reason="Sửa lần hai", actor=None, at=LATER + timedelta(days=1))
    assert [each.version for each in ReportSnapshot.objects.order_by("version")] == [1, 2, 3]
    assert third.previous.previous == first
    assert read_part(third, "changes")["people"] == 0
    assert list(read_rows(third, "differences")) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportSnapshot.objects.create(
            period=first.period,
            unit=first.unit,
            version=2,
            day=D,
            previous=third,
            frozen_at=LATER,
            head="{}",
            sha256="0" * 64,
        )
    with (
        pytest.raises(IntegrityError, match="target_reportsnapshot_chained"),
        transaction.atomic(),
    ):
        ReportSnapshot.objects.create(
            period=first.period,
            unit=first.unit,
            version=9,
            day=D,
            frozen_at=LATER,
            head="{}",
            sha256="1" * 64,
        )


def test_erasure_takes_the_words_and_keeps_row_hash_and_chain(province):
    fill(province)
    first = frozen_province(province)
    second = correct(first, reason="Sửa hồ sơ", actor=None, at=LATER)
    with pytest.raises(freezing.NoReason):
        erase(first, ground=" ", actor=None, at=LATER)
    erase(first, ground="Hết thời hạn lưu", actor=None, at=LATER)
    with pytest.raises(freezing.AlreadyErased):
        erase(first, ground="Hết thời hạn lưu", actor=None, at=LATER)
    first = ReportSnapshot.objects.get(pk=first.pk)
    assert not first.parts.exists()
    assert digest(first.head) == first.sha256
    found = verify(first)
    assert (found.is_whole, found.is_erased) == (True, True)
    assert verify(second).is_whole
    with pytest.raises(Erased):
        read_part(first, "figures")
    assert AuditEntry.objects.get(action="report.erase").data["sha256"] == first.sha256
    erase(second, ground="Hết thời hạn lưu", actor=None, at=LATER)
    third = correct(second, reason="Lập lại", actor=None, at=LATER)
    assert not third.parts.filter(name__in=("differences", "changes")).exists()
    assert verify(third).is_whole


def test_parts_of_one_report_do_not_follow_another_erased(province):
    fill(province)
    first = frozen_province(province)
    second = correct(first, reason="Sửa", actor=None, at=LATER)
    erase(first, ground="Hết thời hạn lưu", actor=None, at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        SnapshotPart.objects.filter(snapshot=second).delete()


# Two at once ----------------------------------------------------------------------------------
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_freeze_at_once_one_is_refused(province):
    fill(province)
    period = make_period()
    unit = version_of(province)

    def work():
        return freeze(period, unit=unit, day=D, actor=None, at=AT)

    results = at_once(work, work, work)
    assert kinds_of(results) == ["AlreadyFrozen", "AlreadyFrozen", "ReportSnapshot"]
    frozen = ReportSnapshot.objects.get()
    assert verify(frozen).is_whole


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_report_beside_a_reorganisation_is_wholly_before_or_after(province, monkeypatch):
    """A commune's people all move while the report is being read: none is lost or seen twice."""
    people = [province.person("51001") for _number in range(30)]
    unit, period = version_of(province), make_period()
    at = AT - timedelta(days=1)

    def reorganise():
        with transaction.atomic():
            for posting in Posting.objects.current().filter(unit=province.units["51001"]):
                succeed(posting, actor=None, at=at, unit=province.units["51102"])

    def report():
        return freeze(period, unit=unit, day=D, actor=None, at=AT)

    results = at_once(reorganise, report)
    frozen = results[1]
    assert isinstance(frozen, ReportSnapshot), results
    rows = list(read_rows(frozen, "people"))
    assert len(rows) == len(people)
    assert len({row[1] for row in rows}) == 1
    part = read_part(frozen, "figures")
    assert part["total"]["denominator"] == len(people)
    assert [row["denominator"] for row in part["units"] if row["denominator"]] == [len(people)]


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_the_report_is_read_is_not_in_it(province, monkeypatch):
    """The list is read first; a fact that is committed then must not reach the figures."""
    fill(province)
    unit, period = version_of(province), make_period()
    hired = []

    def figures_after_a_hire(*args, **kwargs):
        if not hired:
            hired.extend(at_once(lambda: province.person("51001", at=AT - timedelta(days=1))))
        return figures(*args, **kwargs)

    monkeypatch.setattr(gathering, "figures", figures_after_a_hire)
    frozen = freeze(period, unit=unit, day=D, actor=None, at=AT)
    assert kinds_of(hired) == ["StaffMember"]
    assert read_part(frozen, "figures")["total"]["denominator"] == 6
    with snapshot():
        assert figures(unit, D).total.denominator == 7


def test_spool_gives_back_what_it_was_given():
    with Spool() as spool:
        spool.add_rows("a", ([n, "Hòa\n"] for n in range(5)), columns=["n", "t"], size=2)
        spool.add("b", {"x": None})
        assert list(spool.rows_of("a")) == [[n, "Hòa\n"] for n in range(5)]
        spool.add_rows("c", [], columns=["n"], size=2)
        assert spool.value_of("b") == {"x": None}
        assert [(part.name, part.number) for part in spool] == [
            ("a", 0),
            ("a", 1),
            ("a", 2),
            ("b", 0),
            ("c", 0),
        ]
        assert list(spool.rows_of("c")) == []


# By the command -------------------------------------------------------------------------------
def run_command(*args: str) -> str:
    answer = StringIO()
    call_command("freeze_report", *args, stdout=answer)
    return answer.getvalue()


def test_command_prints_first_freezes_when_told_and_corrects(province):
    fill(province)
    period = make_period()
    assert "3 of 6 trained" in run_command(period.name)
    assert not ReportSnapshot.objects.exists()
    first = run_command(period.name, "--execute")
    assert ReportSnapshot.objects.get().sha256 in first
    with pytest.raises(CommandError, match="AlreadyFrozen"):
        run_command(period.name, "--execute")
    assert "Version 2" in run_command(period.name, "--reason", "Sửa", "--execute")
    below = run_command(period.name, "--unit", "510", "--day", "31/05/2024", "--execute")
    assert "Huyện Nam Giang, 31/05/2024" in below
    assert ReportSnapshot.objects.filter(unit=province.units["510"]).count() == 1


@pytest.mark.parametrize(
    ("args", "words"),
    (
        (["Không có"], "No period is called"),
        (["6 tháng đầu năm 2024", "--unit", "999"], "999"),
        (["6 tháng đầu năm 2024", "--day", "31/02/2024"], "31/02/2024"),
        (["6 tháng đầu năm 2024", "--day", "31/12/2024", "--execute"], "DayOutsidePeriod"),
        (["6 tháng đầu năm 2024", "--reason", "Sửa", "--execute"], "Nothing is frozen yet"),
    ),
)
def test_command_says_what_is_wrong(province, args, words):
    fill(province)
    make_period()
    with pytest.raises(CommandError, match=words):
        run_command(*args)
    assert not ReportSnapshot.objects.exists()
