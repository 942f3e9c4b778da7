"""The page of refreshers: impact first, asking, taking back; who may, and what is refused where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import Completion
from courses.refreshing.asking import find_batch
from lms.people.days import FAR, day_after
from lms.target.refreshers.listing import PAGE_SIZE
from lms.target.views import refreshers as page
from tests import factories as f

pytestmark = pytest.mark.django_db

URL = "/chi-tieu/hoc-lai/"


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def version(province):
    """The update of the first course, published yesterday."""
    course = province.courses[0]
    f.make_course_version(course)
    newest = f.make_course_version(course)
    newest.published_at = timezone.now() - timedelta(days=1)
    newest.save(update_fields=["published_at"])
    return newest


def trained(province, *, name="", code="51001"):
    person = province.person(code, name=name)
    province.train(person)
    return person


def posted(version, due, **fields):
    return {
        "version": str(version.pk),
        "due": f"{due:%d/%m/%Y}",
        "reason": "Luật mới có hiệu lực",
    } | fields


def ends(person, version):
    rows = Completion.objects.current().filter(person=person, course=version.course)
    return list(rows.values_list("valid_to", flat=True))


def test_a_manager_looks_asks_and_takes_back(province, as_role, version, today):
    person = trained(province, name="Trần Thị Bình")
    due = today + timedelta(days=60)
    client = as_role("province_manager")
    shown = client.post(URL, posted(version, due))
    assert shown.context["impact"].turning == 1
    assert "Trần Thị Bình" in shown.content.decode()
    assert ends(person, version) == [FAR]
    saved = client.post(URL, posted(version, due, luu="1"), follow=True)
    assert saved.redirect_chain == [(URL, 302)]
    assert ends(person, version) == [day_after(due)]
    assert f"{due:%d/%m/%Y}" in saved.content.decode()
    # What asks already is offered no more, and asking again is refused at its field.
    assert not saved.context["form"].versions.get(version.pk)
    assert client.post(URL, posted(version, due)).context["form"].errors["version"]
    batch = find_batch(version.course.versions.get(pk=version.pk))
    undone = client.post(URL, {"hoan-tac": batch.pk}, follow=True)
    assert ends(person, version) == [FAR]
    assert undone.context["acts"][0].batch.is_undone
    for wrong in ("0", "x", "9" * 30):
        assert client.post(URL, {"hoan-tac": wrong}).status_code == 404


def test_a_refusal_stands_at_its_field_and_nothing_typed_is_lost(province, as_role, version, today):
    trained(province)
    client = as_role("province_manager")
    past = client.post(URL, posted(version, today - timedelta(days=1), luu="1"))
    assert list(past.context["form"].errors) == ["due"]
    assert "Luật mới có hiệu lực" in past.content.decode()
    blank = client.post(URL, posted(version, today, reason=" ", luu="1"))
    assert list(blank.context["form"].errors) == ["reason"]
    other = f.make_course_version(province.courses[1])
    nobody = client.post(URL, posted(other, today, luu="1"))
    assert list(nobody.context["form"].errors) == ["version"]
    for wrong in ("", "0", "x", str(version.pk + 10_000)):
        answer = client.post(URL, posted(version, today) | {"version": wrong})
        assert list(answer.context["form"].errors) == ["version"]
    no_day = client.post(URL, posted(version, today) | {"due": "hôm qua"})
    assert list(no_day.context["form"].errors) == ["due"]
    assert not Completion.objects.current().exclude(valid_to=FAR).exists()
    back = client.post(URL, posted(version, today, sua="1"))
    assert "Luật mới có hiệu lực" in back.content.decode()


def test_a_page_asks_no_more_than_a_request_can_write(
    province, as_role, version, today, monkeypatch
):
    trained(province), trained(province)
    monkeypatch.setattr(page, "MOST_COMPLETIONS", 1)
    answer = as_role("province_manager").post(URL, posted(version, today, luu="1"))
    assert answer.status_code == 200
    assert answer.context["is_too_large"]
    assert "luu" not in answer.content.decode()
    assert find_batch(version) is None


def test_those_concerned_come_page_by_page_by_name(province, as_role, version, today):
    for number in range(PAGE_SIZE + 1):
        trained(province, name=f"Nguyễn Văn {'AB'[number % 2]}{number:02d}")
    client = as_role("province_manager")
    first = client.post(URL, posted(version, today))
    assert len(first.context["turns"].lines) == PAGE_SIZE
    key = first.context["turns"].next_key
    with CaptureQueriesContext(connection) as queries:
        rest = client.post(URL, posted(version, today, sau=str(key)))
    assert len(queries) <= 24
    names = [line.full_name for part in (first, rest) for line in part.context["turns"].lines]
    assert len(set(names)) == PAGE_SIZE + 1
    assert rest.context["turns"].next_key is None


@pytest.mark.parametrize(
    ("role", "get", "post"),
    (
        ("learner", 404, 404),
        ("unit_focal", 404, 404),
        ("district_focal", 404, 404),
        ("province_leader", 200, 404),
    ),
)
def test_only_a_manager_asks(province, as_role, version, today, role, get, post):
    trained(province)
    client = as_role(role)
    assert client.get(URL).status_code == get
    assert client.post(URL, posted(version, today, luu="1")).status_code == post
    assert find_batch(version) is None
