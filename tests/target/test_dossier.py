"""The record as PDF and the bundle of evidence: what is in them, for whom, and that they prove."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from courses.models import AttemptQuestion
from courses.quizzes.attempts import start_attempt, submit_attempt
from courses.recognition.recognising import approve
from lms.people.facts import record, succeed
from lms.people.models import AuditEntry, Leave, PersonMerge, Posting
from lms.target.dossier import evidence
from lms.target.dossier.bundle import MANIFEST, README
from tests import factories as f
from tests.world import World, pass_quiz, sign_in

pytestmark = pytest.mark.django_db


def fetch(client: Client, person) -> ZipFile:
    response = client.post(reverse("target:bundle", args=[person.pk]))
    assert response["Content-Type"] == "application/zip"
    return ZipFile(io.BytesIO(response.getvalue()))


def read(archive: ZipFile, name: str):
    return json.loads(archive.read(name))


def text_of(pdf: bytes) -> str:
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split()
    )


def test_bundle_holds_what_the_record_rests_on(world: World, client):
    graduate = world.own.graduate.staff
    sign_in(client, world.users["province_manager"])
    archive = fetch(client, graduate)
    names = archive.namelist()
    stem = f"giay-chung-nhan/{world.own.certificate.register_no.replace('/', '-')}-0"
    assert names == [
        README,
        "nguoi.json",
        "danh-sach.json",
        "ket-qua.json",
        "bai-hoc.json",
        "diem-danh.json",
        "tap-huan-ngoai.json",
        "quy-dinh.json",
        "nhat-ky.json",
        "luot-lam-bai/001.json",
        f"{stem}.json",
        f"{stem}.pdf",
        "ho-so.pdf",
        MANIFEST,
    ]
    assert archive.testzip() is None
    roster = read(archive, "danh-sach.json")
    assert [(row["unit"], row["group"]) for row in roster["postings"]] == [("20626", "xa_ldtbxh")]
    assert (roster["standing"], roster["counts"]) == ("progress", True)
    line = roster["ledger"]
    assert (line["staff_code"], line["counts"], line["reason"]) == (
        graduate.staff_code,
        True,
        None,
    )
    (completion,) = read(archive, "ket-qua.json")["completions"]
    assert completion["course"] == world.course.key
    assert completion["conditions"] == world.own.completion.conditions
    lessons = read(archive, "bai-hoc.json")
    assert {row["lesson_sha256"] for row in lessons["lessons_done"]} == {
        lesson.latest_version.sha256 for lesson in (*world.lessons, world.scenario)
    }
    assert [row["decision_key"] for row in lessons["scenario_answers"]] == ["d1"]
    (mark,) = read(archive, "diem-danh.json")["marks"]
    assert (mark["class"], mark["status"]) == (world.own.training_class.title, "present")
    rules = read(archive, "quy-dinh.json")
    assert rules["rule_sets"][0]["pass_mark_percent"] == 70
    assert rules["course_versions"][0]["sha256"] == world.own.completion.course_version.sha256
    assert {row["course"] for row in rules["requirements"]} == {
        world.course.key,
        world.locked_course.key,
    }
    attempt = read(archive, "luot-lam-bai/001.json")
    questions = AttemptQuestion.objects.filter(attempt=world.own.finished).order_by("position")
    assert [row["version_sha256"] for row in attempt["questions"]] == [
        row.question_version.sha256 for row in questions
    ]
    assert [row["response"] for row in attempt["questions"]] == [row.response for row in questions]
    assert all(row["steps"] for row in attempt["questions"])
    assert attempt["score_percent"] == "100.00"
    facts = read(archive, f"{stem}.json")
    pdf = archive.read(f"{stem}.pdf")
    assert facts["document_sha256"] == sha256(pdf).hexdigest()
    assert facts["facts"]["full_name"] == graduate.full_name


def test_bundle_and_record_hold_training_held_elsewhere(world: World, client):
    manager, person = world.users["province_manager"], world.own.learner.staff
    approve(world.own.paper, course=world.locked_course, actor=manager, at=world.at)
    sign_in(client, manager)
    archive = fetch(client, person)
    (paper,) = read(archive, "tap-huan-ngoai.json")["papers"]
    kept = archive.read(f"tap-huan-ngoai/{world.own.paper.pk}.png")
    assert (paper["recognition_status"], paper["course"]) == ("approved", world.locked_course.key)
    assert paper["evidence_sha256"] == sha256(kept).hexdigest()
    (completion,) = read(archive, "ket-qua.json")["completions"]
    assert completion["conditions"]["external"]["evidence_sha256"] == paper["evidence_sha256"]
    said = text_of(archive.read("ho-so.pdf"))
    assert "công nhận" in said
    assert "Hội LHPN tỉnh" in said
    page = client.get(reverse("target:record", args=[person.pk])).content.decode()
    assert "Được công nhận từ" in page
    assert "Được công nhận lớp tập huấn do Hội LHPN tỉnh tổ chức" in page
    sign_in(client, world.own.learner)
    mine = client.get(reverse("target:learning")).content.decode()
    assert "Được công nhận từ" in mine
    # The leader reads the record, not the papers behind it.
    sign_in(client, world.users["province_leader"])
    page = client.get(reverse("target:record", args=[person.pk]))
    assert (page.status_code, page.context["record"].papers) == (200, [])


def test_manifest_proves_every_file_and_is_logged(world: World, client):
    person = world.own.graduate.staff
    sign_in(client, world.users["province_manager"])
    archive = fetch(client, person)
    manifest = archive.read(MANIFEST)
    listed = json.loads(manifest)
    assert listed["person"] == str(person.key)
    assert {row["file"] for row in listed["files"]} == set(archive.namelist()) - {MANIFEST}
    for row in listed["files"]:
        body = archive.read(row["file"])
        assert (row["bytes"], row["sha256"]) == (len(body), sha256(body).hexdigest())
    entry = AuditEntry.objects.get(action="record.export_bundle")
    assert (entry.person, entry.actor) == (person, world.users["province_manager"])
    assert entry.data["manifest_sha256"] == sha256(manifest).hexdigest()


def test_bundle_of_one_person_holds_nobody_else(world: World, client):
    person = world.own.graduate.staff
    sign_in(client, world.users["province_manager"])
    archive = fetch(client, person)
    text = "".join(
        archive.read(name).decode() for name in archive.namelist() if name.endswith(".json")
    )
    others = [world.own.learner, world.other.graduate, world.users["instructor"], world.own.focal]
    for user in others:
        assert user.staff.full_name not in text
        assert user.staff.staff_code not in text
        assert str(user.staff.key) not in text


def test_right_answers_are_kept_from_who_may_still_try(world: World, client):
    """The learner has an attempt running; the graduate has passed; the manager reads all."""
    learner, graduate = world.own.learner, world.own.graduate
    own = fetch(sign_in(client, learner), learner.staff)
    asked = read(own, "luot-lam-bai/001.json")
    assert asked["tells_right_answers"] is False
    for row in asked["questions"]:
        assert set(row["body"]).isdisjoint(evidence.ANSWER_PARTS)
        assert row["fraction"] is None
        assert row["body"]["stem"]
    assert '"answer"' not in own.read("luot-lam-bai/001.json").decode()
    passed = fetch(sign_in(Client(), graduate), graduate.staff)
    assert all(
        "answer" in row["body"] for row in read(passed, "luot-lam-bai/001.json")["questions"]
    )
    department = fetch(sign_in(Client(), world.users["province_manager"]), learner.staff)
    assert read(department, "luot-lam-bai/001.json")["tells_right_answers"] is True


def test_failed_attempt_keeps_its_answers_while_another_is_left(world: World, client):
    user = world.own.learner
    submit_attempt(world.own.running, actor=user, at=world.at)
    sign_in(client, user)
    first = read(fetch(client, user.staff), "luot-lam-bai/001.json")
    assert (first["passed"], first["tells_right_answers"]) == (False, False)
    again = start_attempt(world.own.enrolment, world.post_test, actor=user, at=world.at)
    pass_quiz(again, actor=user, at=world.at)
    archive = fetch(client, user.staff)
    told = [read(archive, f"luot-lam-bai/00{n}.json")["tells_right_answers"] for n in (1, 2)]
    assert told == [True, True]


def test_withdrawn_versions_and_merged_records_are_told(world: World, client):
    person, manager = world.own.graduate.staff, world.users["province_manager"]
    posting = Posting.objects.current().get(person=person)
    succeed(posting, actor=manager, at=world.at, position_title="Chuyên viên")
    duplicate = f.make_person(full_name="Lê Thị Xong")
    f.make_leave(duplicate, valid_from=world.at.date())
    record(PersonMerge, actor=None, at=world.at, duplicate=duplicate, survivor=person)
    roster = read(fetch(sign_in(client, manager), person), "danh-sach.json")
    known = [(row["position_title"], row["withdrawn_at"] is None) for row in roster["postings"]]
    assert known == [("Công chức VH-XH", False), ("Chuyên viên", True)]
    assert len(roster["leaves"]) == Leave.objects.filter(person=duplicate).count() == 1
    assert [row["duplicate_id"] for row in roster["merged_records"]] == [duplicate.pk]


def test_record_on_paper_says_what_the_page_says(world: World, client):
    person = world.own.graduate.staff
    sign_in(client, world.own.graduate)
    response = client.post(reverse("target:record_file", args=[person.pk]))
    assert response["Content-Type"] == "application/pdf"
    text = text_of(response.content)
    for words in (
        "HỒ SƠ TẬP HUẤN",
        person.full_name,
        person.staff_code,
        "Công chức VH-XH, Xã Duy Phước",
        world.course.title,
        world.own.certificate.register_no,
        "1/2 khóa bắt buộc",
    ):
        assert words in text
    entry = AuditEntry.objects.get(action="record.export_pdf")
    assert (entry.person, entry.actor) == (person, world.own.graduate)


@pytest.mark.parametrize(
    ("role", "sees_scores"),
    (("unit_focal", False), ("province_leader", False), ("province_manager", True)),
)
def test_scores_stand_on_paper_for_the_department_only(world: World, client, role, sees_scores):
    person = world.own.graduate.staff
    sign_in(client, world.users[role])
    response = client.post(reverse("target:record_file", args=[person.pk]))
    text = text_of(response.content)
    assert ("Điểm" in text, "100 trên 100" in text or "100/100" in text or "100 điểm" in text) == (
        sees_scores,
        sees_scores,
    )


def test_letter_without_a_glyph_is_said_and_nothing_handed_out(world: World, client):
    person = world.own.graduate.staff
    person.full_name = "Lê Thị 漢"
    person.save(update_fields=["full_name"])
    sign_in(client, world.users["province_manager"])
    for name in ("record_file", "bundle"):
        response = client.post(reverse(f"target:{name}", args=[person.pk]), follow=True)
        assert response.redirect_chain
        assert "kiểu chữ" in response.content.decode()
    assert not AuditEntry.objects.filter(action__startswith="record.export").exists()


def test_buttons_stand_where_they_work(world: World, client):
    person = world.own.graduate.staff
    bundle, paper = (
        reverse(f"target:{name}", args=[person.pk]) for name in ("bundle", "record_file")
    )
    for role, has_bundle in (("unit_focal", False), ("province_manager", True)):
        page = sign_in(Client(), world.users[role]).get(reverse("target:record", args=[person.pk]))
        text = page.content.decode()
        assert paper in text
        assert (bundle in text) is has_bundle
    assert sign_in(client, world.own.graduate).get(paper).status_code == 405


def test_refused_requests_leave_no_file(world: World, client):
    sign_in(client, world.users["unit_focal"])
    person = world.own.graduate.staff
    for ask in (client.get, client.post):
        assert ask(reverse("target:bundle", args=[person.pk])).status_code == 404
    assert not AuditEntry.objects.filter(action="record.export_bundle").exists()
