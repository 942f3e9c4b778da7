"""Who may ask for what: every actor at every address, for her own commune and for the neighbour's.

A table of actor, address, method and verdict over the list of all addresses
(``docs/decisions.md`` 38). One letter a verdict, one column an actor, in the order of ``ACTORS``::

    .  a page (200)             /  led to the sign-in       >  led elsewhere (302, 303)
    -  not found (404)          x  forbidden (403)          g  gone (410)       !  anything else

Outside one's scope is "not found"; "forbidden" is for the admin and for what is locked for now.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests.addresses import OURS, ROWS, read_to_the_end
from tests.world import ANONYMOUS, Side, World, sign_in

pytestmark = pytest.mark.django_db

ACTORS = (
    ANONYMOUS,
    *("learner", "stranger"),
    *("unit_focal", "neighbour_focal", "district_focal"),
    *("province_manager", "province_leader"),
    *("content_editor", "legal_reviewer", "instructor"),
    *("sysadmin", "privacy_officer"),
)

# Anonymous; learner of the commune, of the neighbour; focal of the commune, of the neighbour, of
# the district; manager, leader; editor, reviewer, instructor; administrator, privacy officer.
# Her own commune, or what has no side.
GET = {
    "healthz": ". .. ... .. ... ..",
    "readyz": ". .. ... .. ... ..",
    "public_file": ". .. ... .. ... ..",
    "wagtaildocs_serve": "/ .. ... .. ... ..",
    "people:sign_in": ". >> >>> >> >>> >>",
    "people:sign_out": "> >> >>> >> >>> >>",
    "people:forgotten_password": ". .. ... .. ... ..",
    "people:reset_sent": ". .. ... .. ... ..",
    "people:reset_password": "g gg ggg gg ggg gg",
    "people:first_sign_in": ". .. ... .. ... ..",
    "people:open_account": "g gg ggg gg ggg gg",
    "people:account": "/ .. ... .. ... ..",
    "people:change_password": "/ .. ... .. ... ..",
    "people:notice": ". .. ... .. ... ..",
    "people:second_factor": "/ >> >>> >> >>> >>",
    "people:enrol": "/ >> >>> >> >>> >>",
    "people:accounts": "/ -- ... .- --- .-",
    "people:person_account": "/ -- .-. .- --- .-",
    "people:person_roles": "/ -- --- -- --- .-",
    "people:ask_correction": "/ .. ... .. ... ..",
    "people:corrections": "/ -- ... .- --- --",
    "people:correction": "/ -- .-. .- --- --",
    "people:announcements": "/ -- --- .. --- --",
    "people:announcement_new": "/ -- --- .- --- --",
    "people:announcement": "/ -- --- .- --- --",
    "people:staff_imports": "/ -- ... .- --- --",
    "people:staff_import": "/ -- .-- .- --- --",
    "people:units": "/ -- ... .. --- --",
    "people:reorganisations": "/ -- --- .- --- --",
    "people:reorganisation_file": "/ -- --- .- --- --",
    "people:reorganisation_new": "/ -- --- .- --- --",
    "people:reorganisation": "/ -- --- .- --- --",
    "people:reorganisation_people": "/ -- --- .- --- --",
    "people:reorganisation_place": "/ -- --- .- --- --",
    "target:targets": "/ -- ... .. --- --",
    "target:target": "/ -- .-. .. --- --",
    "target:target_new": "/ -- --- .- --- --",
    "target:target_change": "/ -- --- .- --- --",
    "target:target_end": "/ -- --- .- --- --",
    "target:unit": "/ -- .-. .. --- --",
    "page:HomePage": ". .. ... .. ... ..",
    "page:CourseIndexPage": ". .. ... .. ... ..",
    "page:CoursePage": ". .. ... .. ... ..",
    "page:ModulePage": "/ >> >>> >> >>> >>",
    "page:LessonPage": "/ .. ... .. ... ..",
    "page:QuizPage": "/ .. ... .. ... ..",
    "content_media": "/ .. ... .. ... ..",
    "course": ". .. ... .. ... ..",
    "course_begin": "/ >> >>> >> >>> >>",
    "lesson": "/ .. ... .. ... ..",
    "lesson_done": "/ >> >>> >> >>> >>",
    "scenario_answer": "/ >> >>> >> >>> >>",
    "quiz": "/ .. ... .. ... ..",
    "attempt": "/ .- --- -- --- --",
    "attempt_submit": "/ .- --- -- --- --",
    "attempt_result": "/ >- --- -- --- --",
    "completion_reviews": "/ -- --- .- --- --",
    "completion": "/ -- --- .- --- --",
    "recognitions_mine": "/ .. ... .. ... ..",
    "recognition_new": "/ .. ... .. ... ..",
    "recognition_for": "/ -- .-. .- --- --",
    "recognitions": "/ -- ... .- --- --",
    "recognition": "/ .- .-. .- --- --",
    "recognition_evidence": "/ .- .-. .- --- --",
    "recognition_erase": "/ -- --- .- --- --",
    "past_lists": "/ -- --- .- --- --",
    "past_template": "/ -- --- .- --- --",
    "past_list": "/ -- --- .- --- --",
    "past_refused": "/ -- --- .- --- --",
    "classes": "/ .. ... .. ... ..",
    "class_new": "/ -- --- .- --. --",
    "class": "/ .- .-. .. --. --",
    "class_new_session": "/ -- --- .- --. --",
    "register": "/ -- --- .- --. --",
    "register_sheet": "/ -- --- .- --. --",
    "certificates": "/ .. ... .. ... ..",
    "certificates_issue": "/ -- --- .- --- --",
    "certificate": "/ -- .-. .. --- --",
    "certificate_download": "/ -- --- .- --- --",
    "verify_form": ". .. ... .. ... ..",
    "verify_certificate": ". .. ... .. ... ..",
    "target:learning": "/ .. ... .. ... ..",
    "target:progress": "/ -- ... .. --- --",
    "target:bridge": "/ -- ... .. --- --",
    "target:ledger": "/ -- ... .. --- --",
    "target:table_file": "/ -- ... .. --- --",
    "target:staff": "/ -- ... .. --- --",
    "target:record": "/ .- .-. .. --- --",
    "target:integrity": "/ -- --- .- --- .-",
    "target:matrix": "/ -- ... .. --- --",
    "target:tiers": "/ -- --- .. --- --",
    "target:periods": "/ -- --- .. --- --",
    "target:period": "/ -- --- .- --- --",
    "target:rules": "/ -- --- .. --- --",
    "target:refreshers": "/ -- --- .. --- --",
    "target:desk": "/ -- --- .. --- --",
    "target:focals": "/ -- --- .. --- --",
    "target:rosters": "/ -- ... .. --- --",
    "target:roster": "/ -- .-. .. --- --",
    "target:reminders": "/ -- ... .. --- --",
    "target:reminders_printed": "/ -- ... .- --- --",
    "target:notice_texts": "/ -- --- .- --- --",
    "target:notice_text": "/ -- --- .- --- --",
    "target:baselines": "/ -- --- .. --- --",
    "target:baselines_new": "/ -- --- .- --- --",
    "target:baseline": "/ -- --- .. --- --",
    "target:reports": "/ -- ... .. --- --",
    "target:freeze": "/ -- --- .- --- --",
    "target:report": "/ -- .-. .. --- --",
    "target:report_correct": "/ -- --- .- --- --",
    "target:report_differences": "/ -- .-. .. --- --",
    "target:report_check": "/ -- .-. .. --- --",
    "target:report_erase": "/ -- --- .- --- --",
    "target:report_table": "/ -- .-. .. --- --",
    "target:report_document": "/ -- .-. .. --- --",
    "target:bundle": "/ .- --- .- --- --",
    "people:staff_add": "/ -- ... .- --- --",
    "people:staff_duties": "/ -- .-. .- --- --",
    "people:staff_edit": "/ -- .-. .- --- --",
    "people:staff_transfer": "/ -- .-. .- --- --",
    "people:staff_concurrent": "/ -- .-. .- --- --",
    "people:staff_leave": "/ -- .-. .- --- --",
    "people:staff_end": "/ -- .-. .- --- --",
    "people:staff_rejoin": "/ -- .-. .- --- --",
    "people:staff_correct": "/ -- .-. .- --- --",
    "people:staff_take_back": "/ -- .-. .- --- --",
    "people:staff_bulk": "/ -- >>> >- --- --",
    "people:batches": "/ -- ... .- --- --",
    "people:batch": "/ -- .-- .- --- --",
    "people:staff_merge": "/ -- .-. .- --- --",
}

# The neighbour's.
GET_OTHER = {
    "completion": "/ -- --- .- --- --",
    "recognition_for": "/ -- -.. .- --- --",
    "recognition": "/ -. -.. .- --- --",
    "recognition_evidence": "/ -. -.. .- --- --",
    "recognition_erase": "/ -- --- .- --- --",
    "people:person_account": "/ -- -.. .- --- .-",
    "people:person_roles": "/ -- --- -- --- .-",
    "people:correction": "/ -- -.. .- --- --",
    "people:staff_import": "/ -- -.- .- --- --",
    "attempt": "/ -. --- -- --- --",
    "attempt_submit": "/ -. --- -- --- --",
    "attempt_result": "/ -> --- -- --- --",
    "class": "/ -. -.. .. --- --",
    "class_new_session": "/ -- --- .- --- --",
    "register": "/ -- --- .- --- --",
    "register_sheet": "/ -- --- .- --- --",
    "certificate": "/ -- -.. .. --- --",
    "certificate_download": "/ -- --- .- --- --",
    "target:target": "/ -- -.. .. --- --",
    "target:target_change": "/ -- --- .- --- --",
    "target:target_end": "/ -- --- .- --- --",
    "target:record": "/ -. -.. .. --- --",
    "target:unit": "/ -- -.. .. --- --",
    "target:roster": "/ -- -.. .. --- --",
    "target:report": "/ -- -.. .. --- --",
    "target:report_correct": "/ -- --- .- --- --",
    "target:report_differences": "/ -- -.. .. --- --",
    "target:report_check": "/ -- -.. .. --- --",
    "target:report_erase": "/ -- --- .- --- --",
    "target:report_table": "/ -- -.. .. --- --",
    "target:report_document": "/ -- -.. .. --- --",
    "target:bundle": "/ -. --- .- --- --",
    "people:staff_duties": "/ -- -.. .- --- --",
    "people:staff_edit": "/ -- -.. .- --- --",
    "people:staff_transfer": "/ -- -.. .- --- --",
    "people:staff_concurrent": "/ -- -.. .- --- --",
    "people:staff_leave": "/ -- -.. .- --- --",
    "people:staff_end": "/ -- -.. .- --- --",
    "people:staff_rejoin": "/ -- -.. .- --- --",
    "people:staff_correct": "/ -- -.. .- --- --",
    "people:staff_take_back": "/ -- -.. .- --- --",
    "people:staff_merge": "/ -- -.. .- --- --",
}

# A redirect after a POST is a form that was taken.
POST = {
    "set_language": "> >> >>> >> >>> >>",
    "people:sign_in": ". .. ... .. ... ..",
    "people:sign_out": "> >> >>> >> >>> >>",
    "people:forgotten_password": ". .. ... .. ... ..",
    "people:reset_password": "g gg ggg gg ggg gg",
    "people:first_sign_in": ". .. ... .. ... ..",
    "people:open_account": "g gg ggg gg ggg gg",
    "people:change_password": "/ .. ... .. ... ..",
    "people:notice": "/ >> >>> >> >>> >>",
    "people:second_factor": "/ >> >>> >> >>> >>",
    "people:enrol": "/ >> >>> >> >>> >>",
    "people:recovery_codes": "/ >> ... .. ... ..",
    "people:person_account": "/ -- .-. .- --- .-",
    "people:person_roles": "/ -- --- -- --- .-",
    "people:ask_correction": "/ .. ... .. ... ..",
    "people:correction": "/ -- .-. .- --- --",
    "people:announcements": "/ -- --- >- --- --",
    "people:announcement_new": "/ -- --- .- --- --",
    "people:announcement": "/ -- --- .- --- --",
    "people:staff_imports": "/ -- ... .- --- --",
    "people:staff_workbook": "/ -- ... .- --- --",
    "people:staff_import": "/ -- >-- >- --- --",
    "people:staff_import_refused": "/ -- .-- .- --- --",
    "people:reorganisation_file": "/ -- --- .- --- --",
    "people:reorganisation_new": "/ -- --- .- --- --",
    "people:reorganisation": "/ -- --- >- --- --",
    "people:reorganisation_place": "/ -- --- .- --- --",
    "course_begin": "/ >> >>> >> >>> >>",
    "lesson_done": "/ >> >>> >> >>> >>",
    "scenario_answer": "/ >> >>> >> >>> >>",
    "quiz": "/ >> >>> >> >>> >>",
    "attempt": "/ >- --- -- --- --",
    "attempt_submit": "/ >- --- -- --- --",
    "completion": "/ -- --- .- --- --",
    "recognition_new": "/ .. ... .. ... ..",
    "recognition_for": "/ -- .-. .- --- --",
    "recognition": "/ >- >-> >- --- --",
    "recognition_erase": "/ -- --- >- --- --",
    "past_lists": "/ -- --- .- --- --",
    "past_list": "/ -- --- >- --- --",
    "class_new": "/ -- --- .- --. --",
    "class_add_person": "/ -- >-> >- --> --",
    "class_remove_person": "/ -- >-> >- --> --",
    "class_new_session": "/ -- --- .- --. --",
    "class_cancel": "/ -- --- >- --> --",
    "register": "/ -- --- .- --. --",
    "register_close": "/ -- --- >- --> --",
    "register_reopen": "/ -- --- >- --> --",
    "session_cancel": "/ -- --- >- --> --",
    "certificates_issue": "/ -- --- .- --- --",
    "certificate_reissue": "/ -- --- >- --- --",
    "certificate_revoke": "/ -- --- >- --- --",
    "certificate_draw_again": "/ -- --- >- --- --",
    "target:ledger_file": "/ -- ... .. --- --",
    "target:target_new": "/ -- --- .- --- --",
    "target:target_change": "/ -- --- .- --- --",
    "target:target_end": "/ -- --- .- --- --",
    "target:target_undo": "/ -- --- >- --- --",
    "target:names_file": "/ -- ... .. --- --",
    "target:integrity": "/ -- --- >- --- >-",
    "target:integrity_mend": "/ -- --- >- --- >-",
    "target:matrix": "/ -- --- .- --- --",
    "target:tiers": "/ -- --- .- --- --",
    "target:periods": "/ -- --- .- --- --",
    "target:period": "/ -- --- .- --- --",
    "target:rules": "/ -- --- .- --- --",
    "target:refreshers": "/ -- --- .- --- --",
    "target:rosters": "/ -- --- >- --- --",
    "target:roster": "/ -- .-. .- --- --",
    "target:roster_file": "/ -- .-. .. --- --",
    "target:reminders_printed": "/ -- ... .- --- --",
    "target:notice_text": "/ -- --- >- --- --",
    "target:baselines_new": "/ -- --- .- --- --",
    "target:baseline": "/ -- --- >- --- --",
    "target:freeze": "/ -- --- >- --- --",
    "target:report_correct": "/ -- --- >- --- --",
    "target:report_erase": "/ -- --- >- --- --",
    "target:report_names": "/ -- .-. .. --- --",
    "target:record_file": "/ .- .-. .. --- --",
    "target:bundle": "/ .- --- .- --- --",
    "people:staff_add": "/ -- ... .- --- --",
    "people:staff_edit": "/ -- .-. .- --- --",
    "people:staff_transfer": "/ -- .-. .- --- --",
    "people:staff_concurrent": "/ -- .-. .- --- --",
    "people:staff_leave": "/ -- .-. .- --- --",
    "people:staff_end": "/ -- .-. .- --- --",
    "people:staff_rejoin": "/ -- .-. .- --- --",
    "people:staff_correct": "/ -- .-. .- --- --",
    "people:staff_take_back": "/ -- .-. .- --- --",
    "people:staff_bulk": "/ -- ... .- --- --",
    "people:batch": "/ -- >-- >- --- --",
    "people:staff_merge": "/ -- .-. .- --- --",
}

POST_OTHER = {
    "completion": "/ -- --- .- --- --",
    "recognition_for": "/ -- -.. .- --- --",
    "recognition": "/ -> ->> >- --- --",
    "recognition_erase": "/ -- --- >- --- --",
    "people:person_account": "/ -- -.. .- --- .-",
    "people:person_roles": "/ -- --- -- --- .-",
    "people:correction": "/ -- -.. .- --- --",
    "target:roster": "/ -- -.. .- --- --",
    "target:roster_file": "/ -- -.. .. --- --",
    "people:staff_import": "/ -- ->- >- --- --",
    "people:staff_import_refused": "/ -- -.- .- --- --",
    "attempt": "/ -> --- -- --- --",
    "attempt_submit": "/ -> --- -- --- --",
    "class_add_person": "/ -- ->> >- --- --",
    "class_remove_person": "/ -- ->> >- --- --",
    "class_new_session": "/ -- --- .- --- --",
    "class_cancel": "/ -- --- >- --- --",
    "register": "/ -- --- .- --- --",
    "register_close": "/ -- --- >- --- --",
    "register_reopen": "/ -- --- >- --- --",
    "session_cancel": "/ -- --- >- --- --",
    "certificate_reissue": "/ -- --- >- --- --",
    "certificate_revoke": "/ -- --- >- --- --",
    "certificate_draw_again": "/ -- --- >- --- --",
    "target:target_change": "/ -- --- .- --- --",
    "target:target_end": "/ -- --- .- --- --",
    "target:target_undo": "/ -- --- >- --- --",
    "target:report_correct": "/ -- --- >- --- --",
    "target:report_erase": "/ -- --- >- --- --",
    "target:report_names": "/ -- -.. .. --- --",
    "target:record_file": "/ -. -.. .. --- --",
    "target:bundle": "/ -. --- .- --- --",
    "people:staff_edit": "/ -- -.. .- --- --",
    "people:staff_transfer": "/ -- -.. .- --- --",
    "people:staff_concurrent": "/ -- -.. .- --- --",
    "people:staff_leave": "/ -- -.. .- --- --",
    "people:staff_end": "/ -- -.. .- --- --",
    "people:staff_rejoin": "/ -- -.. .- --- --",
    "people:staff_correct": "/ -- -.. .- --- --",
    "people:staff_take_back": "/ -- -.. .- --- --",
    "people:staff_merge": "/ -- -.. .- --- --",
}


def verdict(response: HttpResponse) -> str:
    read_to_the_end(response)
    if response.status_code in {301, 302, 303}:
        return "/" if response.url.startswith("/dang-nhap/") else ">"
    return {200: ".", 403: "x", 404: "-", 410: "g"}.get(response.status_code, "!")


def ask(client: Client, world: World, side: Side, name: str, method: str) -> str:
    """Return the verdict; what the request wrote is taken back."""
    cache.clear()  # limits of one visitor would stop the next
    row = ROWS[name]
    with transaction.atomic():
        if method == "GET":
            response = client.get(row.find(world, side))
        else:
            response = client.post(row.find(world, side), row.data(world, side))
        transaction.set_rollback(True)
    return verdict(response)


def column(table: dict[str, str], actor: str) -> dict[str, str]:
    place = ACTORS.index(actor)
    return {name: verdicts.replace(" ", "")[place] for name, verdicts in table.items()}


def client_of(actor: str, world: World) -> Client:
    client = Client()
    return client if actor == ANONYMOUS else sign_in(client, world.users[actor])


def names(method: str, *, has_sides: bool = False) -> list[str]:
    return [
        name
        for name, row in ROWS.items()
        if method in row.methods and (row.has_sides or not has_sides)
    ]


def test_owner_reads_her_certificate(world: World, client):
    sign_in(client, world.own.graduate)
    for name in ("certificate", "certificate_download"):
        assert ask(client, world, world.own, name, "GET") == "."
        assert ask(client, world, world.other, name, "GET") == "-"


def test_every_address_has_verdicts():
    assert set(GET) == set(names("GET"))
    assert set(GET_OTHER) == set(names("GET", has_sides=True))
    assert set(POST) == set(names("POST"))
    assert set(POST_OTHER) == set(names("POST", has_sides=True))
    for table in (GET, GET_OTHER, POST, POST_OTHER):
        assert {len(verdicts.replace(" ", "")) for verdicts in table.values()} == {len(ACTORS)}


@pytest.mark.parametrize("actor", ACTORS)
def test_reading_follows_the_table_and_writes_nothing(world: World, actor: str):
    client = client_of(actor, world)
    before = count_rows()
    found = {name: visited(client, world, world.own, name) for name in names("GET")}
    found_other = {
        name: visited(client, world, world.other, name) for name in names("GET", has_sides=True)
    }
    assert (found, found_other) == (column(GET, actor), column(GET_OTHER, actor))
    assert count_rows() == before


def visited(client: Client, world: World, side: Side, name: str) -> str:
    """Ask by GET without taking anything back, so that a write would be seen."""
    cache.clear()
    return verdict(client.get(ROWS[name].find(world, side)))


@pytest.mark.parametrize("actor", ACTORS)
def test_writing_follows_the_table(world: World, actor: str):
    found, found_other = {}, {}
    for name in names("POST"):
        # A new session each time: some addresses end or change it.
        found[name] = ask(client_of(actor, world), world, world.own, name, "POST")
        if ROWS[name].has_sides:
            found_other[name] = ask(client_of(actor, world), world, world.other, name, "POST")
    assert (found, found_other) == (column(POST, actor), column(POST_OTHER, actor))


def count_rows() -> dict[str, int]:
    """Count the rows of every table of ours and of the pages, files and tasks below them."""
    labels = {
        *OURS,
        "people",
        "notices",
        "target",
        "wagtailcore",
        "wagtailimages",
        "otp_totp",
        "otp_static",
        "auth",
        "django_tasks_database",
    }
    tables = sorted(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in labels
    )
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)  # noqa: S608 (names of models)
        )
        return dict(cursor.fetchall())
