"""A record merged into another: what was learned under it stands on the one that counts."""

from __future__ import annotations

from datetime import date

import pytest

from courses.enrolment import closed_gates
from courses.models import Completion
from courses.standing import standings
from lms.people.scopes import scope_of
from lms.people.staffing.duplicates import merge, records_of, unmerge
from lms.target.explanation import Standing
from lms.target.record import record_of
from tests.factories import make_completion, make_person, make_posting
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def survivor(world: World):
    """Somebody new of the commune, whose older record holds the course."""
    return make_posting(make_person(), unit=world.own.unit, group=world.group).person


def done(world: World, person) -> set[int]:
    record = record_of(person, scope_of(world.users["province_manager"]), at=world.at)
    return {line.course.pk for line in record.lines if line.standing.is_held}


def test_the_courses_of_a_merged_record_are_hers_and_go_with_it(world: World, survivor):
    duplicate = make_person()
    make_completion(duplicate, world.course, valid_from=date(2024, 3, 4))
    assert done(world, survivor) == set()
    fact = merge(duplicate, survivor, reason="Trùng", actor=None, at=world.at)
    assert records_of(survivor) == [survivor.pk, duplicate.pk]
    assert done(world, survivor) == {world.course.pk}
    record = record_of(survivor, scope_of(world.users["province_manager"]), at=world.at)
    # Page and figures say the same: only the other required course is missing.
    assert record.explanation.standing == Standing.RETRAIN or record.done_count == 1
    assert record.explanation.missing == (world.locked_course.bit,)
    assert any(event.day == date(2024, 3, 4) for event in record.events)
    # A course that asks for it first is open.
    day = scope_of(world.own.focal).day
    assert closed_gates(survivor.pk, [world.course.pk], day) == ()
    found = standings(survivor, [world.locked_course], at=world.at)[world.locked_course.pk]
    assert not found.is_locked
    unmerge(fact, actor=None, at=world.at)
    assert done(world, survivor) == set()
    assert closed_gates(survivor.pk, [world.course.pk], day) == (world.course.pk,)


def test_what_she_did_under_the_other_record_stands_among_the_events(
    world: World, survivor, client
):
    graduate = world.own.graduate.staff
    merge(graduate, survivor, reason="Trùng", actor=None, at=world.at)
    record = record_of(survivor, scope_of(world.users["province_manager"]), at=world.at)
    assert {line.course.pk for line in record.lines if line.certificate} == {world.course.pk}
    own = {event.text for event in record.events}
    assert any("bài" in text for text in own)
    assert any("lớp" in text for text in own)
    sign_in(client, world.own.focal)
    page = client.get(f"/can-bo/{survivor.pk}/").content.decode()
    assert world.own.certificate.register_no in page


def test_nobody_elses_completion_is_hers(world: World, survivor):
    other = make_person()
    merge(make_person(), other, reason="Trùng", actor=None, at=world.at)
    make_completion(other, world.course, valid_from=date(2024, 3, 4))
    assert Completion.objects.for_person(survivor.pk).count() == 0
    assert Completion.objects.for_person(other.pk).count() == 1
