"""``/chi-tieu/``: who reads and writes targets, what the pages say, what is refused beside what."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from lms.people.models import Batch
from lms.target.goals import milestones_by_target
from lms.target.models import TargetTerms, TrainingTarget
from tests import factories as f
from tests.target.test_goals import fill, mask

pytestmark = pytest.mark.django_db

LIST, NEW = "/chi-tieu/", "/chi-tieu/moi/"
DAY = {"ngay": "30/06/2024"}


def page(terms: TargetTerms, name: str = "target") -> str:
    return reverse(f"target:{name}", args=[terms.target_id])


def posted(province, **more: Any) -> dict[str, Any]:
    return {
        "name": "Công an xã năm 2024",
        "plan_number": "15/KH-CAT",
        "owner": str(province.units["SO"].pk),
        "unit": "49",
        "groups": ["cong_an"],
        "first_day": "01/01/2024",
        "last_day": "31/12/2024",
        "level_percent": "90",
        "headline": "in_year",
        "moc-1-ngay": "30/06/2024",
        "moc-1-muc": "40",
    } | more


def words(response) -> str:
    return " ".join(response.content.decode().split())


# Writing --------------------------------------------------------------------------------------
def test_a_manager_sees_the_preview_sets_up_changes_and_takes_back(province, as_role):
    fill(province)
    client = as_role("province_manager")
    data = posted(province)
    shown = client.post(NEW, data)
    assert "Chưa có gì được lưu" in words(shown)
    assert not TrainingTarget.objects.exists()
    # What was typed comes back whole, and nothing typed is lost on the way to the form.
    back = client.post(NEW, data | {"sua": "1"})
    assert back.context["form"]["moc-1-muc"].value() == "40"
    saved = client.post(NEW, data | {"luu": "1"}, follow=True)
    terms = TargetTerms.objects.get()
    assert saved.redirect_chain == [(page(terms), 302)]
    assert (terms.name, terms.owner, terms.unit, terms.level_percent, terms.headline) == (
        "Công an xã năm 2024",
        province.units["SO"],
        province.units["49"],
        90,
        "in_year",
    )
    assert (terms.group_mask, terms.last_day) == (mask(province, "cong_an"), date(2024, 12, 31))
    change = page(terms, "target_change")
    form = client.get(change).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    data |= {"level_percent": "95", "moc-1-muc": "50", "moc-2-ngay": "", "reason": "QĐ 20"}
    shown = client.post(change, data)
    assert [(each.before, each.after) for each in shown.context["changes"]] == [
        ("90%", "95%"),
        ("40% đến hết 30/06/2024", "50% đến hết 30/06/2024"),
    ]
    client.post(change, data | {"luu": "1", "seen": shown.context["seen"]})
    assert TargetTerms.objects.current().get().level_percent == 95
    text = words(client.get(page(terms)))
    assert "<del>90%</del> → 95%" in text
    assert "<del>40% đến hết 30/06/2024</del> → 50% đến hết 30/06/2024" in text
    newest, first = Batch.objects.order_by("-pk")
    undo = page(terms, "target_undo")
    refused = client.post(undo, {"dot": first.pk}, follow=True)
    assert "nên không hoàn tác được" in words(refused)
    assert TargetTerms.objects.current().get().level_percent == 95
    client.post(undo, {"dot": newest.pk})
    assert TargetTerms.objects.current().get().level_percent == 90
    assert client.post(undo, {"dot": first.pk}).url == LIST
    assert not TargetTerms.objects.current().exists()
    assert client.get(page(terms)).status_code == 404


def test_another_targets_act_is_not_taken_back_here(province, as_role):
    client = as_role("province_manager")
    for name, unit in (("Một", "510"), ("Hai", "511")):
        client.post(NEW, posted(province, name=name, unit=unit) | {"luu": "1"})
    first, second = TargetTerms.objects.order_by("pk")
    batch = Batch.objects.order_by("pk").first()
    assert client.post(page(second, "target_undo"), {"dot": batch.pk}).status_code == 404
    assert client.post(page(first, "target_undo"), {"dot": "x"}).status_code == 404
    assert client.post(page(first, "target_undo"), {"dot": batch.pk}).status_code == 302
    # The staff desk takes back what the staff desk did, nothing else.
    other = Batch.objects.order_by("pk").last()
    assert client.get(reverse("people:batch", args=[other.pk])).status_code == 404


def test_a_change_overtaken_is_shown_again_instead_of_saved(province, as_role):
    client = as_role("province_manager")
    client.post(NEW, posted(province) | {"luu": "1"})
    terms = TargetTerms.objects.get()
    change = page(terms, "target_change")
    mine = posted(province, level_percent="80", reason="Của tôi")
    seen = client.post(change, mine).context["seen"]
    theirs = posted(province, level_percent="85", reason="Của người khác")
    sent = {"luu": "1", "seen": client.post(change, theirs).context["seen"]}
    client.post(change, theirs | sent)
    again = client.post(change, mine | {"luu": "1", "seen": seen})
    assert again.context["has_changed"]
    assert [(each.before, each.after) for each in again.context["changes"]] == [("85%", "80%")]
    assert TargetTerms.objects.current().get().level_percent == 85


@pytest.mark.parametrize(
    ("fields", "name"),
    (
        ({"name": ""}, "name"),
        ({"name": "Có rồi"}, "name"),
        ({"owner": "0"}, "owner"),
        ({"unit": "khong-co"}, "unit"),
        ({"groups": ["khong-co"]}, "groups"),
        ({"first_day": "31/02/2024"}, "first_day"),
        ({"last_day": "31/12/2023", "moc-1-ngay": "", "moc-1-muc": ""}, "last_day"),
        ({"level_percent": "0"}, "level_percent"),
        ({"level_percent": "101"}, "level_percent"),
        ({"headline": "x"}, "headline"),
        ({"moc-1-muc": ""}, "moc-1-muc"),
        ({"moc-1-muc": "101"}, "moc-1-muc"),
        ({"moc-1-ngay": ""}, "moc-1-ngay"),
        ({"moc-1-ngay": "31/12/2023"}, "moc-1-ngay"),
        ({"moc-1-ngay": "01/01/2025"}, "moc-1-ngay"),
        ({"moc-2-ngay": "30/06/2024", "moc-2-muc": "50"}, "moc-2-ngay"),
        # Another target of the same groups of the unit stands on its last day.
        ({"unit": "510", "groups": [], "last_day": "30/06/2025"}, "first_day"),
    ),
)
def test_what_is_wrong_is_said_at_its_field(province, as_role, fields, name):
    f.make_target(unit=province.units["510"], name="Có rồi")
    client = as_role("province_manager")
    for step in ({}, {"luu": "1"}):
        response = client.post(NEW, posted(province) | fields | step)
        assert response.status_code == 200
        assert list(response.context["form"].errors) == [name]
    assert TrainingTarget.objects.count() == 1


def test_a_change_of_nothing_is_said(province, as_role):
    client = as_role("province_manager")
    client.post(NEW, posted(province) | {"luu": "1"})
    terms = TargetTerms.objects.get()
    data = posted(province, reason="Không có gì")
    for step in ({}, {"luu": "1", "seen": "x"}):
        response = client.post(page(terms, "target_change"), data | step)
        assert "Không có gì thay đổi" in words(response)


def test_a_target_is_given_up_and_that_is_taken_back(province, as_role):
    terms = f.make_target(unit=province.units["49"])
    client = as_role("province_manager")
    address = page(terms, "target_end")
    seen = client.get(address).context["form"].initial["seen"]
    for day in ("31/12/2023", "31/12/2024"):
        response = client.post(address, {"last_day": day, "reason": "Gộp", "seen": seen})
        assert list(response.context["form"].errors) == ["last_day"]
    stale = client.post(address, {"last_day": "30/06/2024", "reason": "Gộp", "seen": "x"})
    assert stale.context["form"].non_field_errors()
    client.post(address, {"last_day": "30/06/2024", "reason": "Gộp", "seen": seen})
    assert TargetTerms.objects.current().get().ends_on == date(2024, 6, 30)
    text = words(client.get(page(terms), {"ngay": "01/07/2024"}))
    assert "Thôi thực hiện sau ngày 30/06/2024" in text
    # What was given up is not changed before that is taken back.
    assert client.get(page(terms, "target_change")).status_code == 302
    client.post(page(terms, "target_undo"), {"dot": Batch.objects.get().pk})
    assert not TargetTerms.objects.current().get().is_given_up


# Reading --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "code", "sees"),
    (
        ("province_manager", "49", {"tinh", "510", "51001"}),
        ("province_leader", "49", {"tinh", "510", "51001"}),
        # What covers her unit, and what lies in it.
        ("district_focal", "510", {"tinh", "510", "51001"}),
        ("unit_focal", "51001", {"tinh", "510", "51001"}),
        ("unit_focal", "51002", {"tinh", "510"}),
        ("unit_focal", "51101", {"tinh"}),
        ("district_focal", "511", {"tinh"}),
        ("learner", "51001", None),
        ("instructor", "49", None),
        ("sysadmin", "49", None),
    ),
)
def test_one_reads_the_targets_that_cover_ones_unit(province, as_role, role, code, sees):
    terms = {
        name: f.make_target(unit=province.units[unit], name=name)
        for name, unit in (("tinh", "49"), ("510", "510"), ("51001", "51001"))
    }
    client = as_role(role, code)
    shown = client.get(LIST)
    assert shown.status_code == (404 if sees is None else 200)
    if sees is not None:
        assert {line.terms.name for line in shown.context["page"].lines} == sees
    for name, each in terms.items():
        is_seen = sees is not None and name in sees
        assert client.get(page(each)).status_code == (200 if is_seen else 404)
        writes = role == "province_manager"
        for act in ("target_change", "target_end"):
            assert client.get(page(each, act)).status_code == (200 if writes else 404)
            assert client.post(page(each, act), {}).status_code == (200 if writes else 404)
        assert client.post(page(each, "target_undo"), {"dot": "1"}).status_code == 404
    assert client.get(NEW).status_code == (200 if role == "province_manager" else 404)
    before = TargetTerms.objects.count()
    client.post(NEW, posted(province) | {"luu": "1"})
    assert TargetTerms.objects.count() - before == (role == "province_manager")


def test_a_focal_person_sees_the_part_of_her_unit_and_no_rate_of_few(province, as_role):
    fill(province)
    for _number in range(5):
        province.person("510")
    terms = f.make_target(unit=province.units["49"])
    client = as_role("unit_focal", "51001")
    shown = client.get(page(terms), DAY)
    figure = shown.context["page"].figure
    assert (figure.counts.denominator, figure.counts.numerator) == (2, 1)
    assert "50,0%" not in words(shown)
    assert "50,0%" not in words(client.get(LIST, DAY))
    district = as_role("district_focal", "510").get(page(terms), DAY)
    assert district.context["page"].figure.counts.denominator == 8
    whole = as_role("province_leader").get(page(terms), DAY)
    assert whole.context["page"].figure.counts.denominator == 9


def test_the_list_says_how_far_each_is_and_all_together(province, as_role):
    fill(province)
    unit = province.units["49"]
    police = f.make_target(
        unit=unit, name="Công an", group_mask=mask(province, "cong_an"), level_percent=100
    )
    officials = f.make_target(
        unit=unit, name="Xã", group_mask=mask(province, "xa"), level_percent=70, headline="in_year"
    )
    f.make_target(
        unit=province.units["510"],
        name="Năm sau",
        first_day=date(2025, 1, 1),
        last_day=date(2025, 12, 31),
    )
    client = as_role("province_leader")
    shown = client.get(LIST, DAY)
    lines = shown.context["page"].lines
    assert [(line.terms.name, line.state) for line in lines] == [
        ("Năm sau", "ahead"),
        ("Xã", "on"),
        ("Công an", "reached"),
    ]
    both = shown.context["page"].together
    assert (both.counts.denominator, both.counts.numerator, both.sum_of_parts) == (4, 3, 5)
    assert "chỉ có 4 người: 1 lượt là người đã thuộc một chỉ tiêu khác" in words(shown)
    one = client.get(LIST, DAY | {"gop": police.target_id}).context["page"].together
    assert (one.counts.denominator, one.counted_once) == (2, 0)
    two = client.get(LIST, DAY | {"gop": [police.target_id, officials.target_id, 0, "x"]})
    assert two.context["page"].together.counts == both.counts
    # Where fewer than two stand there is nothing to count together.
    assert client.get(LIST, {"ngay": "01/01/2025"}).context["page"].together is None
    ended = client.get(LIST, {"ngay": "01/01/2025"}).context["page"].lines
    assert [line.state for line in ended] == ["on", "missed", "reached"]
    assert client.get(LIST, {"ngay": "hôm qua"}).context["day_error"]


def test_the_list_goes_by_pages(province, as_role):
    for number in range(23):
        f.make_target(
            unit=province.units["49"],
            name=f"Chỉ tiêu {number}",
            first_day=date(2024, 1, 1) + timedelta(days=number),
            last_day=date(2024, 1, 1) + timedelta(days=number),
        )
    client = as_role("province_manager")
    found, address = [], LIST
    while address:
        shown = client.get(address)
        found.append([line.terms.name for line in shown.context["page"].lines])
        address = shown.context["next_url"]
    assert [len(part) for part in found] == [10, 10, 3]
    assert [name for part in found for name in part] == [
        f"Chỉ tiêu {number}" for number in reversed(range(23))
    ]
    for key in ("x", "20241399-1", "20240105-" + "9" * 30):
        lines = client.get(LIST, {"sau": key}).context["page"].lines
        assert lines[0].terms.name == "Chỉ tiêu 22"


def test_a_target_as_it_was_known(province, as_role):
    client = as_role("province_manager")
    client.post(NEW, posted(province) | {"luu": "1"})
    terms = TargetTerms.objects.get()
    yesterday = timezone.localdate() - timedelta(days=1)
    shown = client.get(page(terms), DAY | {"biet": f"{yesterday:%d/%m/%Y}"})
    assert shown.context["page"] is None
    assert "chưa ghi nhận chỉ tiêu này" in words(shown)
    loaded = f.make_target(unit=province.units["49"])
    shown = client.get(page(loaded), DAY | {"biet": f"{yesterday:%d/%m/%Y}"})
    assert shown.context["page"].line.terms == loaded
    assert not shown.context["may_write"]
    for typed in ("29/06/2024", "01/01/2090", "hôm qua"):
        assert client.get(page(loaded), DAY | {"biet": typed}).context["known_error"]


def test_milestones_stand_with_the_figure_of_their_day(province, as_role):
    client = as_role("province_manager")
    fill(province)
    data = posted(province, groups=[], headline="valid")
    data |= {"moc-1-ngay": "31/01/2024", "moc-1-muc": "20"}
    data |= {"moc-2-ngay": "30/06/2024", "moc-2-muc": "80", "moc-3-ngay": "31/12/2024"}
    client.post(NEW, data | {"moc-3-muc": "90", "luu": "1"})
    terms = TargetTerms.objects.get()
    assert len(milestones_by_target([terms.target_id])[terms.target_id]) == 3
    shown = client.get(page(terms), DAY)
    assert [
        (each.led.count if each.led else None, each.is_reached)
        for each in shown.context["page"].milestones
    ] == [(1, True), (3, False), (None, False)]
