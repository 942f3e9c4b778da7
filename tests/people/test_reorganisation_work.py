"""A large reorganisation in the hands of the worker: asked for, done, stopped; and its roles."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from lms.people.models import AuditEntry, Posting, Reorganisation, UnitPath, UnitVersion
from lms.people.models.accounts import Role
from lms.people.models.reorganisations import STALLED_AFTER, Work
from lms.people.reorganising import apply, applying, draft, read_data, undo, working
from lms.people.reorganising.showing import ROLES_SHOWN
from lms.people.reorganising.working import AtWork, is_large, request, restart, work_run
from tests.factories import make_person, make_posting, make_role, make_user
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr(working, "IN_BACKGROUND_FROM", 1)


@pytest.fixture
def manager(world: World, client):
    return sign_in(client, world.users["province_manager"])


@pytest.fixture
def merger(world: World) -> Reorganisation:
    """Xã Duy Phước joins Xã Duy Vinh."""
    return draft(
        read_data(
            {
                "title": "Nhập xã",
                "decision_number": "7/NQ",
                "effective_on": f"{(world.at + timedelta(days=40)).date()}",
                "events": [{"kind": "merge", "units": ["20626"], "into": "20632"}],
            }
        ),
        actor=world.users["province_manager"],
        at=world.at,
    )


def address(reorganisation: Reorganisation) -> str:
    return reverse("people:reorganisation", args=[reorganisation.pk])


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Posting, UnitVersion, UnitPath))


def work(found: Reorganisation) -> Reorganisation:
    """Do the worker's part as the worker does it; return what stands then."""
    found.refresh_from_db()
    work_run(found.pk, str(found.run), actor=found.created_by, at=timezone.now())
    found.refresh_from_db()
    return found


def test_the_page_waits_for_the_worker_and_then_shows_what_was_done(world, manager, merger):
    before = written()
    answer = manager.post(address(merger), {"act": "apply"})
    assert (answer.status_code, written()) == (302, before)
    page = manager.get(answer.url)
    assert page["Refresh"] == "3"
    assert "Chờ đến lượt" in page.content.decode()
    # Nothing else can be done to it meanwhile, not even by its own button.
    for act in ("apply", "undo", "discard", "restart"):
        manager.post(address(merger), {"act": act})
    assert written() == before
    assert AuditEntry.objects.filter(action="reorganisation.request").count() == 1
    assert work(merger).is_applied
    assert merger.work == Work.NONE
    page = manager.get(address(merger))
    assert "Refresh" not in page
    assert page.context["counts"]["postings"] > 0
    manager.post(address(merger), {"act": "undo"})
    assert manager.get(address(merger))["Refresh"] == "3"
    assert work(merger).undone_at is not None


def test_the_task_does_what_was_asked(world, manager, merger, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        manager.post(address(merger), {"act": "apply"})
    merger.refresh_from_db()
    assert merger.is_applied
    assert merger.applied_by == world.users["province_manager"]


def test_a_small_one_is_done_at_once(world, manager, merger, monkeypatch):
    people = Posting.objects.current().filter(unit=world.own.unit).values("person").distinct()
    monkeypatch.setattr(working, "IN_BACKGROUND_FROM", people.count() + 1)
    assert not is_large(merger, Work.APPLYING)
    make_posting(make_person(), unit=world.own.unit, group=world.group)
    assert is_large(merger, Work.APPLYING)
    monkeypatch.setattr(working, "IN_BACKGROUND_FROM", people.count() + 1)
    manager.post(address(merger), {"act": "apply"})
    merger.refresh_from_db()
    assert merger.is_applied


def test_a_worker_that_is_killed_leaves_nothing_and_the_work_is_begun_again(
    world, manager, merger, monkeypatch
):
    before = written()
    request(merger, Work.APPLYING, actor=world.users["province_manager"], at=timezone.now())
    merger.refresh_from_db()
    first_run = str(merger.run)

    def killed(self) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(applying._Apply, "_close", killed)
        with pytest.raises(SystemExit):
            work_run(merger.pk, first_run, actor=None, at=timezone.now())
    merger.refresh_from_db()
    assert (written(), merger.is_draft, merger.work) == (before, True, Work.APPLYING)
    # For a while it may still be going on, then it counts as stopped.
    with pytest.raises(AtWork):
        restart(merger, actor=None, at=merger.begun_at + STALLED_AFTER)
    late = merger.begun_at - STALLED_AFTER - timedelta(seconds=1)
    Reorganisation.objects.filter(pk=merger.pk).update(begun_at=late)
    page = manager.get(address(merger))
    assert "Refresh" not in page
    assert "restart" in page.content.decode()
    manager.post(address(merger), {"act": "restart"})
    # Whoever was given up may not write any more.
    work_run(merger.pk, first_run, actor=None, at=timezone.now())
    assert written() == before
    assert work(merger).is_applied


def test_a_run_given_up_while_it_waited_for_the_map_writes_nothing(world, merger, monkeypatch):
    before = written()
    request(merger, Work.APPLYING, actor=None, at=timezone.now())
    merger.refresh_from_db()
    lock_units = working.lock_units

    def begun_again_meanwhile():
        Reorganisation.objects.filter(pk=merger.pk).update(run=uuid4())
        return lock_units()

    monkeypatch.setattr(working, "lock_units", begun_again_meanwhile)
    work_run(merger.pk, str(merger.run), actor=None, at=timezone.now())
    merger.refresh_from_db()
    assert (written(), merger.work) == (before, Work.APPLYING)


def test_what_stands_in_the_way_is_said_on_the_page(world, manager, merger):
    apply(merger, actor=None, at=timezone.now())
    merger.refresh_from_db()
    request(merger, Work.UNDOING, actor=None, at=timezone.now())
    make_posting(make_person(), unit=world.other.unit, group=world.group)
    posting = Posting.objects.current().filter(event__reorganisation=merger).first()
    Posting.objects.filter(pk=posting.pk).update(
        withdrawn_on=date(2030, 1, 1), withdrawn_at=timezone.now()
    )
    assert work(merger).is_applied
    (said,) = merger.failure["reasons"]
    assert said in manager.get(address(merger)).content.decode()


def test_a_fault_is_said_and_nothing_is_changed(world, manager, merger, monkeypatch):
    before = written()
    request(merger, Work.APPLYING, actor=None, at=timezone.now())

    def broken(self) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(applying._Apply, "_close", broken)
    with pytest.raises(ZeroDivisionError):
        work(merger)
    merger.refresh_from_db()
    assert (merger.work, merger.failure, written()) == (Work.NONE, {"code": "crashed"}, before)
    page = manager.get(address(merger)).content.decode()
    assert "Không có gì thay đổi" in page
    assert 'value="apply"' in page


def test_somebody_who_was_faster_leaves_the_worker_nothing_to_do(world, merger):
    request(merger, Work.APPLYING, actor=None, at=timezone.now())
    apply(merger, actor=None, at=timezone.now())
    counted = written()
    assert work(merger).is_applied
    assert (merger.work, merger.failure, written()) == (Work.NONE, {}, counted)


def test_roles_go_on_page_by_page_those_that_end_first(world, manager, merger):
    people = [make_person(full_name=f"Đầu Mối {number}") for number in range(ROLES_SHOWN + 5)]
    for person in people:
        make_role(make_user(person), Role.UNIT_FOCAL, unit=world.own.unit)
    names = {person.full_name for person in people} | {world.own.focal.display_name}

    def pages() -> list[list[str]]:
        first = manager.get(address(merger))
        second = manager.get(address(merger) + first.context["next_roles_url"])
        assert second.context["next_roles_url"] == ""
        assert second.context["first_roles_url"] == "?#h-vt"
        return [[line.holder for line in page.context["roles"]] for page in (first, second)]

    planned = pages()
    apply(merger, actor=None, at=timezone.now())
    for first, second in (planned, pages()):
        assert (len(first), len(second)) == (ROLES_SHOWN, len(names) - ROLES_SHOWN)
        assert {*first, *second} == names
    undo(merger, actor=None, at=timezone.now())
    assert [len(page) for page in pages()] == [ROLES_SHOWN, len(names) - ROLES_SHOWN]


def test_roles_that_end_stand_before_those_that_go_on(world, manager):
    dissolved = draft(
        read_data(
            {
                "title": "Giải thể và nhập",
                "decision_number": "8/NQ",
                "effective_on": f"{(world.at + timedelta(days=41)).date()}",
                "events": [
                    {"kind": "merge", "units": ["20632"], "into": "20626"},
                    {"kind": "dissolve", "units": ["20455"]},
                ],
            }
        ),
        actor=None,
        at=world.at,
    )
    unit = world.homeless.staff.postings.get().unit
    make_role(world.homeless, Role.UNIT_FOCAL, unit=unit)
    holders = [world.homeless.display_name, world.other.focal.display_name]

    def shown() -> list[str]:
        return [line.holder for line in manager.get(address(dissolved)).context["roles"]]

    assert shown() == holders
    apply(dissolved, actor=None, at=timezone.now())
    assert shown() == holders
