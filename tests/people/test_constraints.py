"""Every constraint of people and notices refuses its row, on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from lms.notices.models import Notice, NoticeText
from lms.people import models as m
from lms.people.days import BEFORE, FAR
from lms.people.facts import DatedFact, Fact, record
from lms.people.overlaps import ALL, restore_triggers
from tests.factories import make_group, make_person, make_posting, make_unit, make_user

AT = datetime(2024, 5, 6, 2, 0, tzinfo=UTC)
DAY = date(2024, 5, 6)
TOMORROW = DAY + timedelta(days=1)
LOGICAL = UUID(int=1)

ANNOUNCED = {"title": "Lịch lớp", "text": "Thứ Năm", "audience": "everybody"}

pytestmark = pytest.mark.django_db


def refuses(name: str, write: Any) -> None:
    """Assert that the database refuses ``write``; SQLite does not name UNIQUE."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    text = str(refusal.value)
    assert name in text or (connection.vendor == "sqlite" and "UNIQUE" in text), text


def fact_of(model: type[Fact]) -> Fact:
    """One standing row of each dated fact of this floor."""
    if model is m.UnitVersion:
        return m.UnitVersion.objects.get(unit=make_unit())
    if model is m.Posting:
        return make_posting()
    fields: dict[type, dict[str, Any]] = {
        m.Leave: {"person": make_person},
        m.PersonMerge: {"duplicate": make_person, "survivor": make_person},
        m.RoleAssignment: {"user": make_user, "unit": make_unit, "role": lambda: "instructor"},
        m.GroupTier: {"group": _bare_group, "tier": lambda: "C"},
        m.RuleSet: {},
        m.Announcement: {name: lambda text=text: text for name, text in ANNOUNCED.items()},
    }
    made = {name: make() for name, make in fields[model].items()}
    return record(model, actor=None, at=AT, valid_from=BEFORE, **made)


def _bare_group() -> m.PositionGroup:
    group = make_group()
    m.GroupTier.objects.filter(group=group).delete()
    return group


FACTS = [model for model in apps.get_app_config("people").get_models() if issubclass(model, Fact)]


def test_the_facts_of_this_floor_are_all_listed():
    assert len(FACTS) == 8
    assert all(issubclass(model, DatedFact) for model in FACTS)


@pytest.mark.parametrize("model", FACTS)
def test_a_fact_stands_once(model):
    fact = fact_of(model)
    twin = model.objects.get(pk=fact.pk)
    twin.pk = None
    # Held on no day, so that no guard against overlaps speaks first.
    twin.valid_from = twin.valid_to = FAR
    if model is m.Posting:
        twin.duty_began_on = BEFORE
    refuses(f"people_{model._meta.model_name}_one_standing", twin.save)


@pytest.mark.parametrize("model", FACTS)
@pytest.mark.parametrize(
    ("constraint", "changes"),
    (
        ("known_order", {"recorded_on": TOMORROW, "withdrawn_on": DAY, "withdrawn_at": AT}),
        ("withdrawn_whole", {"withdrawn_at": AT}),
        ("withdrawn_whole", {"withdrawn_on": TOMORROW}),
        ("valid_order", {"valid_from": TOMORROW, "valid_to": DAY}),
    ),
)
def test_the_two_times_of_a_fact_keep_their_order(model, constraint: str, changes: dict):
    fact = fact_of(model)
    rows = model.objects.filter(pk=fact.pk)
    refuses(f"people_{model._meta.model_name}_{constraint}", lambda: rows.update(**changes))


def unit_version(**changes: Any) -> None:
    m.UnitVersion.objects.filter(pk=fact_of(m.UnitVersion).pk).update(**changes)


def own_parent() -> None:
    version = fact_of(m.UnitVersion)
    version.parent = version.unit
    version.save()


def unit_path(**changes: Any) -> None:
    m.UnitPath.objects.filter(unit=make_unit()).update(**changes)


def event(**fields: Any) -> m.UnitEvent:
    return m.UnitEvent.objects.create(kind="merge", happened_on=DAY, recorded_at=AT, **fields)


def event_part_twice() -> None:
    happened, one, two = event(), make_unit(), make_unit()
    for _time in range(2):
        m.UnitEventPart.objects.create(event=happened, from_unit=one, to_unit=two)


def event_person_twice() -> None:
    happened, person = event(), make_person()
    for _time in range(2):
        m.UnitEventPerson.objects.create(event=happened, person=person, to_unit=make_unit())


def merged_twice() -> None:
    duplicate = make_person()
    for _time in range(2):
        record(m.PersonMerge, actor=None, at=AT, duplicate=duplicate, survivor=make_person())


def merged_with_herself() -> None:
    person = make_person()
    record(m.PersonMerge, actor=None, at=AT, duplicate=person, survivor=person)


def code(user: m.User, **changes: Any) -> m.AccountCode:
    fields = {
        "purpose": "first",
        "code_hash": "a",
        "issued_at": AT,
        "expires_at": AT + timedelta(1),
    }
    return m.AccountCode.objects.create(user=user, **(fields | changes))


def two_open_codes() -> None:
    user = make_user()
    code(user)
    code(user, code_hash="b")


def correction(**changes: Any) -> None:
    m.CorrectionRequest.objects.create(
        person=make_person(), subject="name", text="x", asked_at=AT, asked_by=make_user(), **changes
    )


def notice(**changes: Any) -> None:
    fields = {"kind": "x", "subject": "x", "body": "x", "dedupe_key": "1", "queued_at": AT}
    Notice.objects.create(**({"address": "a@example.vn"} | fields | changes))


def reorganisation(**changes: Any) -> None:
    fields = {"title": "x", "happened_on": DAY, "body": {}, "body_hash": "a", "created_at": AT}
    m.Reorganisation.objects.create(**(fields | changes))


def twice(write: Any) -> None:
    write()
    write()


def same_unit_key() -> None:
    for _time in range(2):
        m.Unit.objects.create(created_at=AT, own_key="so-y-te")


def text_of(key: str) -> None:
    NoticeText.objects.create(key=key, subject="x", body="x", updated_at=AT)


OWN = (
    ("people_unit_own_key_once", same_unit_key),
    ("people_unitversion_not_own_parent", own_parent),
    ("people_unitversion_has_code", lambda: unit_version(code="")),
    ("people_unitpath_valid_order", lambda: unit_path(valid_from=DAY, valid_to=DAY)),
    ("people_unitpath_known_order", lambda: unit_path(known_from=DAY, known_to=DAY)),
    ("people_unitevent_undone_whole", lambda: event(undone_by=make_user())),
    ("people_reorganisation_once", lambda: twice(reorganisation)),
    ("people_reorganisation_undone_was_applied", lambda: reorganisation(undone_at=AT)),
    ("people_reorganisation_work_was_asked", lambda: reorganisation(work="applying")),
    ("people_uniteventpart_once", event_part_twice),
    ("people_uniteventperson_once", event_person_twice),
    ("people_staffmember_has_code", lambda: make_person_with(staff_code="")),
    ("people_staffmember_has_name", lambda: make_person_with(full_name="")),
    (
        "people_posting_duty_before_posting",
        lambda: make_posting(valid_from=DAY, duty_began_on=TOMORROW),
    ),
    ("people_personmerge_two_people", merged_with_herself),
    ("people_personmerge_once", merged_twice),
    ("people_positiongroup_bit_range", lambda: m.PositionGroup.objects.create(code="x", bit=63)),
    ("people_ruleset_percents", lambda: rule_set(pass_mark_percent=101)),
    ("people_ruleset_percents", lambda: rule_set(attendance_percent=101)),
    ("people_ruleset_attempts", lambda: rule_set(attempt_starts=0)),
    ("people_ruleset_attempts", lambda: rule_set(attempt_window_hours=0)),
    ("people_user_email_not_empty", lambda: make_user_with(email="")),
    ("people_user_phone_not_empty", lambda: make_user_with(phone="")),
    ("people_accountcode_one_open", two_open_codes),
    ("people_accountcode_expires_later", lambda: code(make_user(), expires_at=AT)),
    ("people_correctionrequest_closed_whole", lambda: correction(closed_at=AT)),
    ("people_correctionrequest_closed_whole", lambda: correction(closed_by=make_user())),
    ("notices_notice_email_address", lambda: notice(address="")),
    ("people_batchfact_once", lambda: [batch_fact(after_id=1) for _time in range(2)]),
    ("people_batchfact_changed", lambda: batch_fact()),
    ("people_batchperson_once", lambda: batch_person_twice()),
    ("people_announcement_unit_named", lambda: announcement(audience="unit")),
    ("people_announcement_unit_named", lambda: announcement(unit=make_unit())),
    ("people_announcement_says_something", lambda: announcement(title="")),
    ("people_announcement_says_something", lambda: announcement(text="")),
    ("people_staffimport_applied_as_batch", lambda: staff_import(status="applied")),
    ("people_staffimport_applied_as_batch", lambda: staff_import(status="undoing")),
    ("people_staffimport_applied_as_batch", lambda: staff_import(status="undone")),
    ("people_staffimportrow_once", lambda: import_row_twice()),
)  # fmt: skip


def batch() -> m.Batch:
    return m.Batch.objects.get_or_create(kind="import", at=AT)[0]


def batch_fact(**keys: int) -> None:
    m.BatchFact.objects.create(batch=batch(), model="people.leave", logical_id=LOGICAL, **keys)


def batch_person_twice() -> None:
    person = make_person()
    for _time in range(2):
        m.BatchPerson.objects.create(batch=batch(), person=person)


def announcement(**changes: Any) -> None:
    record(m.Announcement, actor=None, at=AT, **(ANNOUNCED | changes))


def staff_import(**fields: Any) -> m.StaffImport:
    return m.StaffImport.objects.create(created_at=AT, beat_at=AT, **fields)


def import_row_twice() -> None:
    kept = staff_import()
    for _time in range(2):
        m.StaffImportRow.objects.create(staff_import=kept, number=2, status="new")


def make_person_with(**changes: Any) -> None:
    m.StaffMember.objects.filter(pk=make_person().pk).update(**changes)


def make_user_with(**changes: Any) -> None:
    m.User.objects.filter(pk=make_user().pk).update(**changes)


def rule_set(**changes: Any) -> None:
    record(m.RuleSet, actor=None, at=AT, **changes)


@pytest.mark.parametrize(("name", "write"), OWN)
def test_a_constraint_refuses(name: str, write: Any):
    refuses(name, write)


def test_every_constraint_has_its_refusal():
    declared = {
        constraint.name
        for label in ("people", "notices")
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints
    }
    of_facts = {
        f"people_{model._meta.model_name}_{kind}"
        for model in FACTS
        for kind in ("one_standing", "known_order", "withdrawn_whole", "valid_order")
    }
    assert declared == of_facts | {name for name, _write in OWN}


UNIQUE = (
    lambda: twice(lambda: make_person(staff_code="CB1")),
    lambda: twice(lambda: make_user(username="an")),
    lambda: twice(lambda: make_user(email="an@example.vn")),
    lambda: twice(lambda: make_user(phone="0905123456")),
    lambda: twice(lambda: make_group(code="x")),
    lambda: [m.PositionGroup.objects.create(code=each, bit=5) for each in "ab"],
    lambda: twice(lambda: code(make_user(), code_hash="same")),
    lambda: twice(notice),
    lambda: twice(lambda: text_of("x")),
)


@pytest.mark.parametrize("write", UNIQUE)
def test_a_unique_column_refuses_the_second(write: Any):
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


def two_accounts_of_one_person() -> None:
    person = make_person()
    make_user(person)
    make_user(person, username="other")


def test_a_person_has_one_account():
    with pytest.raises(IntegrityError), transaction.atomic():
        two_accounts_of_one_person()


# Guards against overlaps ------------------------------------------------------------------------
# A higher floor's guard is tried beside that floor's tests.
OURS = [rule.name for rule in ALL.values() if rule.table.startswith("people_")]


def overlapping(name: str, start: date, end: date) -> Fact:
    """Add a row that meets a standing one over [BEFORE, DAY), in the sense of the guard."""
    if name == "people_posting_primary_no_overlap":
        first = make_posting(valid_from=BEFORE, valid_to=DAY)
        return make_posting(first.person, valid_from=start, valid_to=end)
    if name == "people_ruleset_no_overlap":
        record(m.RuleSet, actor=None, at=AT, valid_to=DAY)
        return record(m.RuleSet, actor=None, at=AT, valid_from=start, valid_to=end)
    if name == "people_grouptier_no_overlap":
        group = _bare_group()
        record(m.GroupTier, actor=None, at=AT, group=group, tier="C", valid_to=DAY)
        return record(
            m.GroupTier, actor=None, at=AT, group=group, tier="N", valid_from=start, valid_to=end
        )
    version = fact_of(m.UnitVersion)
    m.UnitVersion.objects.filter(pk=version.pk).update(valid_to=DAY)
    same_code = name == "people_unitversion_code_no_overlap"
    return record(
        m.UnitVersion, actor=None, at=AT, unit=m.Unit.objects.create(created_at=AT)
        if same_code else version.unit, code=version.code if same_code else "other",
        name="x", kind="Xã", level="commune", valid_from=start, valid_to=end,
    )  # fmt: skip


@pytest.mark.parametrize("name", OURS)
def test_an_overlap_is_refused_and_a_neighbour_is_not(name: str):
    refuses(name, lambda: overlapping(name, DAY - timedelta(days=1), FAR))
    assert overlapping(name, DAY, FAR).pk


@pytest.mark.parametrize("name", OURS)
def test_an_overlap_by_update_is_refused(name: str):
    later = overlapping(name, DAY, FAR)
    rows = type(later).objects.filter(pk=later.pk)
    changes = {"valid_from": DAY - timedelta(days=1)}
    if isinstance(later, m.Posting):
        changes["duty_began_on"] = BEFORE
    refuses(name, lambda: rows.update(**changes))


def test_withdrawn_and_concurrent_postings_may_overlap():
    first = make_posting(valid_from=DAY)
    make_posting(first.person, valid_from=DAY, is_primary=False)
    m.Posting.objects.filter(pk=first.pk).update(withdrawn_at=AT, withdrawn_on=TOMORROW)
    assert make_posting(first.person, valid_from=DAY).pk


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its constraints")
@pytest.mark.django_db(transaction=True)
def test_the_guards_survive_a_rebuilt_table():
    guards = {f"{rule.name}_{act}" for rule in ALL.values() for act in ("insert", "update")}
    assert guards <= triggers()
    field = models.BooleanField(default=False)
    field.set_attributes_from_name("rebuilt")
    try:
        with connection.schema_editor() as editor:
            editor.add_field(m.Posting, field)
            editor._remake_table(m.Posting)
        lost = guards - triggers()
        restore_triggers(None, connection.alias)
        assert guards <= triggers()
        # The rebuild itself loses them: this is what post_migrate mends.
        assert "people_posting_primary_no_overlap_insert" in lost
    finally:
        with connection.schema_editor() as editor:
            editor._remake_table(m.Posting)
        restore_triggers(None, connection.alias)
