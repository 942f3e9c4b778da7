"""The dashboard as known on a day, on the map of today, against a target with milestones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lms.people.units import get_unit_version
from lms.target.figures import figures, figures_on_map
from lms.target.goals import (
    Draft,
    Milestone,
    change,
    find_target,
    milestones_by_target,
    next_milestone,
    print_of,
)
from lms.target.models import TargetTerms
from lms.target.standing.refreshing import rebuild
from tests import factories as f
from tests.target.test_maps import NOON, decide

pytestmark = pytest.mark.django_db

DAY = {"ngay": "30/06/2024"}
SPRING = datetime(2024, 4, 1, 3, 0, tzinfo=UTC)
AUTUMN = datetime(2024, 9, 2, 3, 0, tzinfo=UTC)


def decided(province) -> None:
    """51001 and 51002 become 51009 on 1 January 2025."""
    row = {"code": "51009", "name": "Mới", "type": "Xã", "level": "commune", "parent": "510"}
    decide({"kind": "merge", "units": ["51001", "51002"], "into": "51009"}, new=(row,))


@pytest.mark.parametrize("built", (False, True))
def test_figures_as_known_on_a_day(province, as_role, built):
    for course in province.courses:
        f.make_completion(
            province.person("51001", valid_from=date(2024, 1, 1), at=SPRING),
            course,
            valid_from=date(2024, 2, 1),
            at=AUTUMN,
        )
    late = province.person("51002", valid_from=date(2024, 1, 1), at=AUTUMN)
    for course in province.courses:
        f.make_completion(late, course, valid_from=date(2024, 2, 1), at=AUTUMN)
    if built:
        rebuild(at=NOON)
    client = as_role("province_manager")

    def ask(**query: str) -> tuple[int, int]:
        response = client.get("/tien-do/", DAY | query)
        total = response.context["board"].total
        text = response.content.decode()
        assert ("theo những gì đã biết đến hết" in text) is bool(query)
        return total.numerator, total.denominator

    assert ask() == (1, 3)
    assert ask(biet="01/07/2024") == (0, 2)
    assert ask(biet="2024-09-02") == (1, 3)
    page = client.get("/tien-do/", DAY | {"biet": "01/07/2024"})
    assert page.context["board"].people.count == 2
    assert all("biet=01%2F07%2F2024" in url for _each, url in page.context["entries"])
    sheet = client.get("/tien-do/don-vi.csv", DAY | {"biet": "01/07/2024"})
    assert ";2;0;" in sheet.getvalue().decode("utf-8-sig").splitlines()[-1]


@pytest.mark.parametrize(
    ("known", "words"),
    (("29/06/2024", "30/06/2024"), ("01/01/2090", ""), ("hôm qua", "hôm qua")),
)
def test_knowledge_that_cannot_be_asked_is_refused_in_words(province, as_role, known, words):
    response = as_role("province_manager").get("/tien-do/", DAY | {"biet": known})
    assert response.status_code == 200
    assert "board" not in response.context
    assert response.context["form"].errors["biet"]
    assert words in response.content.decode()


@pytest.mark.parametrize("built", (False, True))
def test_the_map_of_today_draws_other_rows_of_the_same_people(province, as_role, built):
    for code in ("51001", "51001", "51002", "510"):
        province.person(code)
    province.train(province.person("51002"))
    decided(province)
    if built:
        rebuild(at=NOON)
    client = as_role("province_manager")

    def rows(**query: str) -> dict[str, tuple[int, int]]:
        board = client.get("/tien-do/", DAY | {"don-vi": "510"} | query).context["board"]
        return {row.label: (row.have, row.whole) for row in board.units if row.whole}

    then = rows()
    assert "Xã Mới" not in then
    assert sorted(then.values()) == [(0, 1), (0, 2), (1, 2)]
    now = rows(**{"ban-do": "nay"})
    assert now["Xã Mới"] == (1, 4)
    assert sum(whole for _have, whole in now.values()) == 5
    page = client.get("/tien-do/", DAY | {"ban-do": "nay", "don-vi": "51009"})
    assert (page.context["board"].total.numerator, page.context["board"].total.denominator) == (
        1,
        4,
    )
    # Lists stand on the map of their own day.
    assert page.context["entries"] == []
    assert (
        client.post(
            "/tien-do/xuat-ten/", DAY | {"ban-do": "nay", "don-vi": "51009", "tep": "csv"}
        ).status_code
        == 404
    )
    # Of a day on today's map nothing is drawn anew.
    today = client.get("/tien-do/", {"ban-do": "nay"}).context["board"]
    assert today.asked.map_day is None


def test_a_unit_of_todays_map_is_looked_for_in_the_scope(province, as_role):
    province.person("51001")
    decided(province)
    fresh = get_unit_version("51009", date(2025, 1, 1)).unit
    province.units["51009"] = fresh
    asked = DAY | {"ban-do": "nay", "don-vi": "51009"}
    assert as_role("unit_focal", "51009").get("/tien-do/", asked).status_code == 200
    assert as_role("unit_focal", "51101").get("/tien-do/", asked).status_code == 404


def test_the_map_is_the_same_over_facts_and_standings(province):
    for code in ("51001", "51002", "51101"):
        province.person(code)
    decided(province)
    unit = get_unit_version("51009", date(2025, 1, 1))
    asked = (unit, date(2024, 6, 30), date(2025, 1, 1))
    over_facts = figures_on_map(*asked)
    rebuild(at=NOON)
    assert figures_on_map(*asked) == over_facts
    assert over_facts.total.denominator == 2
    province_then = figures(province.units["49"].versions.get(), date(2024, 6, 30)).total
    assert figures_on_map(province.units["49"].versions.get(), *asked[1:]).total == province_then


def make_target(province, **said) -> TargetTerms:
    return f.make_target(
        unit=province.units["49"],
        owner=province.units["SO"],
        **{
            "name": "80% năm 2024",
            "level_percent": 80,
            "milestones": (Milestone(date(2024, 9, 30), 60), Milestone(date(2024, 6, 30), 40)),
        }
        | said,
    )


def test_target_and_next_milestone_stand_at_the_figure(province, as_role):
    make_target(province)
    for number in range(6):
        person = province.person("51001", valid_from=date(2024, 1, 1))
        if number % 2:
            province.train(person, on=date(2024, 2, 1))
    page = as_role("province_manager").get("/tien-do/", {"ngay": "31/07/2024"})
    text = page.content.decode()
    assert "60%" in text
    assert "30/09/2024" in text
    assert "80%" in text
    # 80 % of 200 units of height from below.
    assert page.context["chart"].goal == "40"


def test_a_milestone_is_ahead_up_to_its_own_day(province):
    terms = make_target(province)
    milestones = milestones_by_target([terms.target_id])[terms.target_id]
    assert [(each.day, each.percent) for each in milestones] == [
        (date(2024, 6, 30), 40),
        (date(2024, 9, 30), 60),
    ]
    for day, expected in (
        (date(2024, 6, 30), 40),
        (date(2024, 7, 1), 60),
        (date(2024, 10, 1), None),
    ):
        found = next_milestone(milestones, day)
        assert (found.percent if found else None) == expected


def test_a_target_leads_from_its_first_day_to_its_last(province):
    terms = make_target(province)
    unit = province.units["510"].versions.get()
    for day, is_there in (
        (date(2023, 12, 31), False),
        (date(2024, 1, 1), True),
        (date(2024, 12, 31), True),
        (date(2025, 1, 1), False),
    ):
        found = find_target(day, unit)
        assert (found.terms if found else None) == (terms if is_there else None)


def test_a_target_leads_with_the_milestones_known_then(province):
    terms = make_target(province)
    unit = province.units["51001"].versions.get()
    day = date(2024, 6, 30)
    before = (Milestone(day, 40), Milestone(date(2024, 9, 30), 60))
    assert find_target(day, unit).milestones == before
    change(
        terms.target,
        Draft(
            name=terms.name,
            unit=terms.unit,
            owner=terms.owner,
            first_day=terms.first_day,
            last_day=terms.last_day,
        ),
        seen=print_of(terms, milestones_by_target([terms.target_id])[terms.target_id]),
        reason="Bỏ các mốc.",
        actor=None,
        at=AUTUMN,
    )
    assert find_target(day, unit).milestones == ()
    assert find_target(day, unit, known=date(2024, 9, 1)).milestones == before


def test_a_target_leads_on_where_its_unit_went_into_another(province):
    terms = f.make_target(unit=province.units["51001"], last_day=date(2025, 6, 30))
    decided(province)
    unit = get_unit_version("51009", date(2025, 1, 1))
    assert find_target(date(2025, 1, 1), unit).terms == terms
    assert find_target(date(2025, 1, 1), province.units["510"].versions.get()) is None


def test_the_nearest_target_leads_and_a_neighbours_never(province):
    day = date(2024, 6, 30)
    whole = make_target(province)
    near = f.make_target(unit=province.units["510"], name="Nam Giang")
    police = f.make_target(
        unit=province.units["49"], name="Công an", group_mask=1 << province.groups["cong_an"].bit
    )

    def found(code: str, group: str = "") -> TargetTerms | None:
        unit = province.units[code].versions.get()
        leading = find_target(day, unit, group=province.groups[group] if group else None)
        return leading.terms if leading else None

    assert found("49") == found("511") == found("51101") == whole
    assert found("510") == found("51001") == near
    # A sector's target leads where its group is looked at, unless a nearer one is there.
    assert found("49", "cong_an") == found("511", "cong_an") == police
    assert found("49", "xa") == whole
    assert found("51001", "cong_an") == near


def test_the_figure_of_the_year_leads_where_the_target_says_so(province, as_role):
    make_target(province, headline="in_year", level_percent=50)
    for number in range(8):
        person = province.person("51001", valid_from=date(2023, 1, 1))
        if number < 6:
            province.train(person, on=date(2023, 2, 1) if number < 4 else date(2024, 2, 1))
    client = as_role("province_manager")
    page = client.get("/tien-do/", {"ngay": "31/07/2024"})
    board, text = page.context["board"], " ".join(page.content.decode().split())
    assert (board.led.count, board.led.other_count) == (2, 6)
    assert '<p class="big">25,0%</p>' in text
    assert "75,0%" in text
    # The line ends at 25 % and the goal is at 50 %.
    chart = page.context["chart"]
    assert (chart.y, chart.goal, chart.last_rate) == ("75%", "100", Decimal(25))
    # The rows are measured by the same figure.
    assert [(row.have, row.whole) for row in board.units if row.whole] == [(2, 8)]
    assert [(row.have, row.whole) for row in board.groups] == [(2, 8)]
    # Without a target in force the figure of all years leads.
    board = client.get("/tien-do/", {"ngay": "31/12/2023"}).context["board"]
    assert not board.leads_in_year
    assert '<p class="big">75,0%</p>' not in text
