"""Training held elsewhere: handed in, checked, recognised or declined; and what it then counts."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from certificates.models import Certificate
from courses.models import Completion, ExternalTraining
from courses.models.recognition import RecognitionStatus, private_storage
from courses.recognition import evidence as evidence_module
from courses.recognition.evidence import (
    ACTIVE,
    BROKEN,
    EMPTY,
    LOCKED,
    TOO_LARGE,
    TOO_MANY_DOTS,
    UNKNOWN,
    EvidenceRefused,
    read_evidence,
)
from courses.recognition.papers import (
    MOST_OPEN,
    AlreadyChecked,
    AlreadyClosed,
    Claim,
    DaysReversed,
    EvidenceAltered,
    EvidenceGone,
    NotOverYet,
    OwnPaper,
    ReasonMissing,
    TooLongAgo,
    TooManyOpen,
    check,
    erase_evidence,
    hand_in,
    read_file,
    take_back,
)
from courses.recognition.recognising import (
    AlreadyRecognised,
    TooFewPeriods,
    approve,
    decline,
    periods_asked,
)
from courses.reviews import withdraw_completion
from lms.notices.models import Notice
from lms.people.models import AuditEntry, User
from tests import factories as f
from tests.world import World, picture, sign_in

pytestmark = pytest.mark.django_db

END = date(2024, 3, 5)
CLAIM = Claim("Lớp kỹ năng", "Bộ LĐTBXH", date(2024, 3, 4), END, 16, "15/QĐ-BLĐTBXH")
NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
MINE, NEW, LIST = "/viec-hoc/cong-nhan/", "/viec-hoc/cong-nhan/moi/", "/cong-nhan/"


def claim(**fields) -> Claim:
    return Claim(**{**vars(CLAIM), **fields})


def typed(world: World, **fields) -> dict:
    """What a person types into the form."""
    return {
        "title": CLAIM.title,
        "organiser": CLAIM.organiser,
        "stated_course": world.course.key,
        "first_day": "04/03/2024",
        "last_day": "05/03/2024",
        "periods": "16",
        "document_number": CLAIM.document_number,
        "file": SimpleUploadedFile("../../Ảnh của tôi.php", picture()),
    } | fields


@pytest.fixture
def manager(world: World) -> User:
    return world.users["province_manager"]


# The file ---------------------------------------------------------------------------------------
def pdf(change=lambda writer: None) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    change(writer)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def opening(kind: str):
    """A PDF whose opening does something."""
    act = DictionaryObject(
        {NameObject("/S"): NameObject(kind), NameObject("/F"): TextStringObject("cmd.exe")}
    )
    return lambda writer: writer.root_object.update({NameObject("/OpenAction"): act})


@pytest.mark.parametrize(
    ("content", "reason"),
    (
        (b"", EMPTY),
        (b"%PDF-" + b"0" * evidence_module.LARGEST_BYTES, TOO_LARGE),
        (b"<html><script>alert(1)</script>", UNKNOWN),
        (b"GIF89a" + b"0" * 40, UNKNOWN),
        (b"\x00" + pdf(), UNKNOWN),
        (picture(form="JPEG")[:200], BROKEN),
        (b"\x89PNG\r\n\x1a\n<script>", BROKEN),
        (pdf()[:200], BROKEN),
        (pdf(lambda writer: writer.encrypt("a")), LOCKED),
        (pdf(opening("/JavaScript")), ACTIVE),
        (pdf(opening("/Launch")), ACTIVE),
        (pdf(opening("/Launch")).replace(b"/Launch", b"/L#61unch"), ACTIVE),
        (pdf(lambda writer: writer.add_attachment("a.exe", b"MZ")), ACTIVE),
    ),
    ids=range(13),
)
def test_a_file_that_is_not_a_plain_paper_is_refused(content: bytes, reason: str):
    with pytest.raises(EvidenceRefused) as refused:
        read_evidence(content)
    assert (refused.value.reason, bool(refused.value.text)) == (reason, True)


@pytest.mark.parametrize(("form", "side"), (("PNG", 3500), ("JPEG", 7100)))
def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_drawn(form, side):
    written = io.BytesIO()
    Image.new("L", (side, side)).save(written, form)
    with pytest.raises(EvidenceRefused) as refused:
        read_evidence(written.getvalue())
    assert refused.value.reason == TOO_MANY_DOTS


def test_a_picture_is_drawn_anew_upright_and_says_nothing_of_the_camera():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Máy chụp"
    exif.get_ifd(0x8825)[1] = "N"
    content = picture(form="JPEG", exif=exif, comment=b"o nha") + b"<?php hidden behind ?>"
    kept = read_evidence(content)
    drawn = Image.open(io.BytesIO(kept.content))
    assert (kept.kind, drawn.size) == ("jpg", (40, 60))
    assert not drawn.getexif()
    assert "comment" not in drawn.info
    assert b"hidden" not in kept.content


def test_a_plain_pdf_is_kept_byte_for_byte():
    content = pdf()
    kept = read_evidence(content)
    assert (kept.kind, kept.content) == ("pdf", content)


# Handing in -------------------------------------------------------------------------------------
def test_an_officer_hands_in_her_own_paper_and_sees_it_wait(world: World, client):
    learner = world.own.learner
    User.objects.filter(pk=world.own.focal.pk).update(email="daumoi@example.vn")
    sign_in(client, learner)
    here = client.post(NEW, typed(world))
    training = ExternalTraining.objects.get(title=CLAIM.title)
    assert (here.status_code, here.url) == (302, f"/cong-nhan/{training.pk}/")
    assert (training.person, training.handed_in_by) == (learner.staff, learner)
    assert training.recognition_status == RecognitionStatus.SUBMITTED
    assert "Chờ đơn vị kiểm tra" in client.get(MINE).content.decode()
    # The stored name is ours, and it lies where no address leads.
    assert training.evidence.name.startswith("evidence/")
    assert "php" not in training.evidence.name
    notice = Notice.objects.get(kind="recognition-handed-in")
    assert (notice.recipient, learner.staff.full_name in notice.body) == (world.own.focal, False)
    assert AuditEntry.objects.filter(action="recognition.hand_in", person=learner.staff).exists()


def test_what_was_typed_survives_a_refused_file(world: World, client):
    sign_in(client, world.own.learner)
    bad = SimpleUploadedFile("giay.pdf", b"MZ not a pdf")
    page = client.post(NEW, typed(world, file=bad))
    text = page.content.decode()
    assert (page.status_code, CLAIM.title in text, CLAIM.document_number in text) == (
        200,
        True,
        True,
    )
    assert list(page.context["form"].errors) == ["file"]
    assert "không phải PDF" in text
    # With another mistake the good file must be chosen again, and the page says so.
    page = client.post(NEW, typed(world, last_day="01/03/2024"))
    assert set(page.context["form"].errors) == {"last_day", "file"}
    page = client.post(NEW, typed(world, first_day="04/03/0024"))
    assert "xem lại năm" in str(page.context["form"].errors["first_day"])
    page = client.post(NEW, typed(world, last_day="01/03/2999"))
    assert "chưa đến" in str(page.context["form"].errors["last_day"])
    assert not ExternalTraining.objects.filter(title=CLAIM.title).exists()


def test_a_paper_handed_in_twice_stands_once_and_leaves_one_file(world: World):
    before = files()
    first = give(world)
    again = give(world)
    assert first == again
    assert len(files() - before) == 1


def files() -> set[str]:
    year = str(timezone.localdate(NOW).year)
    if not private_storage().exists(f"evidence/{year}"):
        return set()
    return set(private_storage().listdir(f"evidence/{year}")[1])


def give(world: World, text: str = "Giấy", *, at=NOW, **fields) -> ExternalTraining:
    person = world.own.learner.staff
    return hand_in(
        person,
        claim(**fields),
        read_evidence(picture(text)),
        actor=world.own.learner,
        at=at,
    )


def test_impossible_days_and_too_many_papers_are_refused(world: World):
    before = files()
    with pytest.raises(DaysReversed):
        give(world, first_day=date(2024, 3, 6))
    with pytest.raises(TooLongAgo):
        give(world, first_day=date(1989, 12, 31))
    with pytest.raises(NotOverYet):
        give(world, last_day=NOW.date() + timedelta(days=1))
    for number in range(MOST_OPEN - 1):  # one waits already
        give(world, document_number=f"{number}")
    with pytest.raises(TooManyOpen):
        give(world, document_number="one more")
    assert len(files() - before) == MOST_OPEN - 1


def test_a_focal_person_hands_in_for_hers_and_has_checked_it_with_that(world: World, client):
    sign_in(client, world.own.focal)
    client.post(f"/can-bo/{world.own.graduate.staff_id}/cong-nhan/", typed(world))
    training = ExternalTraining.objects.get(person=world.own.graduate.staff)
    assert (training.recognition_status, training.checked_by) == (
        RecognitionStatus.CHECKED,
        world.own.focal,
    )
    # For herself she hands in as everybody does, and somebody else looks.
    assert client.get(f"/can-bo/{world.own.focal.staff_id}/cong-nhan/").status_code == 404
    client.post(NEW, typed(world))
    own = ExternalTraining.objects.get(person=world.own.focal.staff)
    assert own.recognition_status == RecognitionStatus.SUBMITTED


# Check and decision -----------------------------------------------------------------------------
def test_the_unit_checks_and_the_department_recognises(world: World, client, manager):
    training = world.own.paper
    here = training.get_absolute_url()
    sign_in(client, world.own.focal)
    assert world.own.learner.staff.full_name in client.get(LIST).content.decode()
    client.post(here, {"act": "check", "check-comment": "Có dự lớp"})
    training.refresh_from_db()
    assert (training.recognition_status, training.comment, training.checked_by) == (
        RecognitionStatus.CHECKED,
        "Có dự lớp",
        world.own.focal,
    )
    User.objects.filter(pk=world.own.learner.pk).update(email="hoc@example.vn")
    sign_in(client, manager)
    assert "Có dự lớp" in client.get(here).content.decode()
    client.post(here, {"act": "approve", "approve-course": world.locked_course.key})
    training.refresh_from_db()
    completion = Completion.objects.get(logical_id=training.completion_logical_id)
    assert (completion.person, completion.course, completion.source) == (
        world.own.learner.staff,
        world.locked_course,
        "external",
    )
    assert (completion.valid_from, completion.unit) == (END, world.own.unit)
    assert completion.conditions["external"]["evidence_sha256"] == training.evidence_sha256
    assert completion.conditions["external"]["periods_needed"] == 7
    notice = Notice.objects.get(kind="recognition-approved")
    assert (notice.recipient, "05/03/2024" in notice.body) == (world.own.learner, True)
    assert not Certificate.objects.filter(person=training.person).exists()


def test_it_counts_from_its_last_day_and_is_known_from_the_approval(world: World, manager):
    held = Completion.objects.filter(person=world.own.learner.staff, course=world.locked_course)
    assert not held.exists()
    completion = approve(world.own.paper, course=world.locked_course, actor=manager, at=NOW)
    assert completion.recorded_on == timezone.localdate(NOW)
    assert held.current().valid_on(END).exists()
    assert not held.current().valid_on(END - timedelta(days=1)).exists()
    assert held.known_on(timezone.localdate(NOW)).valid_on(END).exists()
    assert not held.known_on(timezone.localdate(NOW) - timedelta(days=1)).exists()


@pytest.mark.parametrize(
    ("online", "in_class", "percent", "needed"),
    ((5, 3, 80, 7), (5, 5, 80, 8), (1, 0, 80, 1), (0, 0, 80, 0), (5, 5, 100, 10), (3, 0, 67, 3)),
)
def test_periods_are_rounded_up_in_integers(online, in_class, percent, needed):
    course = f.make_course(key=f"k-{online}-{in_class}-{percent}")
    course.online_periods, course.class_periods = online, in_class
    assert periods_asked(course, f.make_rules(recognition_percent=percent)) == needed


def test_one_period_less_than_the_rule_is_too_few(world: World, manager):
    short = give(world, periods=6)
    with pytest.raises(TooFewPeriods) as refused:
        approve(short, course=world.course, actor=manager, at=NOW)
    assert refused.value.needed == 7
    enough = give(world, periods=7)
    assert approve(enough, course=world.course, actor=manager, at=NOW).valid_from == END


def test_validity_is_that_of_the_rules_on_the_last_day(world: World, manager):
    f.make_rules(validity_months=24)
    completion = approve(world.own.paper, course=world.locked_course, actor=manager, at=NOW)
    assert (completion.validity_months, completion.valid_to) == (24, date(2026, 3, 6))


def test_nobody_checks_or_decides_her_own(world: World, client, manager):
    own = hand_in(manager.staff, CLAIM, read_evidence(picture()), actor=manager, at=NOW)
    for act in (
        lambda: check(own, comment="", actor=manager, at=NOW),
        lambda: approve(own, course=world.course, actor=manager, at=NOW),
        lambda: decline(own, reason="Không", actor=manager, at=NOW),
    ):
        with pytest.raises(OwnPaper):
            act()
    sign_in(client, manager)
    page = client.get(own.get_absolute_url())
    assert page.context["allowed"] == {"take_back"}
    client.post(own.get_absolute_url(), {"act": "approve", "approve-course": world.course.key})
    assert client.post(f"{own.get_absolute_url()}xoa-tep/", {"ground": "x"}).status_code == 404
    own.refresh_from_db()
    assert own.recognition_status == RecognitionStatus.SUBMITTED


def test_it_is_declined_with_a_reason_that_the_person_reads(world: World, client, manager):
    training = world.own.paper
    User.objects.filter(pk=world.own.learner.pk).update(email="hoc@example.vn")
    sign_in(client, manager)
    page = client.post(training.get_absolute_url(), {"act": "decline", "decline-reason": "  "})
    assert page.context["forms"]["decline"].errors
    client.post(training.get_absolute_url(), {"act": "decline", "decline-reason": "Không rõ số"})
    training.refresh_from_db()
    assert (training.recognition_status, training.close_reason) == ("declined", "Không rõ số")
    assert "Không rõ số" in Notice.objects.get(kind="recognition-declined").body
    sign_in(client, world.own.learner)
    assert "Không rõ số" in client.get(MINE).content.decode()
    assert not Completion.objects.filter(person=training.person).exists()
    with pytest.raises(ReasonMissing):
        decline(give(world), reason=" ", actor=manager, at=NOW)


def test_what_is_decided_is_decided(world: World, client, manager):
    training = world.own.paper
    check(training, comment="", actor=world.own.focal, at=NOW)
    with pytest.raises(AlreadyChecked):
        check(training, comment="", actor=world.own.focal, at=NOW)
    approve(training, course=world.locked_course, actor=manager, at=NOW)
    for act in (
        lambda: approve(training, course=world.locked_course, actor=manager, at=NOW),
        lambda: decline(training, reason="Không", actor=manager, at=NOW),
        lambda: take_back(training, actor=world.own.learner, at=NOW),
        lambda: check(training, comment="", actor=world.own.focal, at=NOW),
    ):
        with pytest.raises(AlreadyClosed):
            act()
    sign_in(client, manager)
    late = client.post(training.get_absolute_url(), {"act": "decline", "decline-reason": "Không"})
    assert late.status_code == 302
    assert Completion.objects.filter(person=training.person).count() == 1


def test_one_training_is_recognised_once(world: World, client, manager):
    approve(world.own.paper, course=world.locked_course, actor=manager, at=NOW)
    again = give(world)
    with pytest.raises(AlreadyRecognised):
        approve(again, course=world.locked_course, actor=manager, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExternalTraining.objects.filter(pk=again.pk).update(
            recognition_status="approved",
            course=world.locked_course,
            closed_at=NOW,
            completion_logical_id="00000000-0000-4000-8000-000000000000",
        )
    sign_in(client, manager)
    page = client.post(
        again.get_absolute_url(), {"act": "approve", "approve-course": world.locked_course.key}
    )
    assert page.context["forms"]["approve"].errors
    # The same days may stand for another course.
    assert approve(again, course=world.course, actor=manager, at=NOW).course == world.course


def test_a_recognition_is_taken_away_by_a_withdrawal_and_may_be_asked_again(world, manager):
    completion = approve(world.own.paper, course=world.locked_course, actor=manager, at=NOW)
    withdraw_completion(
        completion, effective_on=END, reason="Giấy giả", is_fraud=True, actor=manager, at=NOW
    )
    world.own.paper.refresh_from_db()
    assert (world.own.paper.is_taken_away, world.own.paper.close_reason) == (True, "Giấy giả")
    assert not Completion.objects.current().filter(person=completion.person).exists()
    assert approve(give(world), course=world.locked_course, actor=manager, at=NOW)


# Taking back, erasing ---------------------------------------------------------------------------
def test_a_paper_taken_back_loses_its_file(
    world: World, client, django_capture_on_commit_callbacks
):
    training = give(world)
    name = training.evidence.name
    sign_in(client, world.own.learner)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(training.get_absolute_url(), {"act": "take_back"})
    training.refresh_from_db()
    assert (training.recognition_status, training.evidence.name) == ("withdrawn", "")
    assert training.evidence_sha256
    assert not private_storage().exists(name)


def test_an_erased_file_leaves_its_hash_and_what_it_proved(
    world: World, client, manager, django_capture_on_commit_callbacks
):
    training = give(world)
    name, digest = training.evidence.name, training.evidence_sha256
    completion = approve(training, course=world.course, actor=manager, at=NOW)
    with pytest.raises(ReasonMissing):
        erase_evidence(training, ground=" ", actor=manager, at=NOW)
    sign_in(client, manager)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{training.get_absolute_url()}xoa-tep/", {"ground": "Có căn cước"})
    training.refresh_from_db()
    assert (training.evidence.name, training.evidence_sha256) == ("", digest)
    assert (training.evidence_erased_for, training.evidence_erased_by) == ("Có căn cước", manager)
    assert not private_storage().exists(name)
    assert Completion.objects.current().filter(pk=completion.pk).exists()
    assert client.get(f"{training.get_absolute_url()}tep/").status_code == 404
    with pytest.raises(EvidenceGone):
        read_file(training)
    with pytest.raises(AlreadyClosed):
        erase_evidence(training, ground="Lần hai", actor=manager, at=NOW)


def test_the_file_goes_out_as_a_download_and_never_altered(world: World, client):
    training = give(world)
    sign_in(client, world.own.learner)
    response = client.get(f"{training.get_absolute_url()}tep/")
    assert response.content == read_evidence(picture()).content
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    with open(private_storage().path(training.evidence.name), "ab") as handle:
        handle.write(b"x")
    with pytest.raises(EvidenceAltered):
        read_file(training)
    assert client.get(f"{training.get_absolute_url()}tep/").status_code == 409


def test_a_neighbour_reaches_neither_paper_nor_file(world: World):
    here = world.own.paper.get_absolute_url()
    for name in ("neighbour_focal", "stranger", "province_leader", "sysadmin"):
        client = sign_in(Client(), world.users[name])
        for address in (here, f"{here}tep/", f"{here}xoa-tep/"):
            assert client.get(address).status_code == 404, (name, address)
            assert client.post(address, {"act": "check"}).status_code in {404, 405}
        page = client.get(LIST)
        assert page.status_code == 404 or (
            world.own.learner.staff.full_name not in page.content.decode()
        )
    world.own.paper.refresh_from_db()
    assert world.own.paper.recognition_status == RecognitionStatus.SUBMITTED


# The list ---------------------------------------------------------------------------------------
def test_the_list_filters_and_pages(world: World, client, manager, monkeypatch):
    monkeypatch.setattr("courses.views.recognition.PAGE_SIZE", 1)
    sign_in(client, manager)

    def shown(**asked) -> list[ExternalTraining]:
        page = client.get(LIST, asked)
        return [training for training, _unit in page.context["rows"]]

    papers = [world.other.paper, world.own.paper]
    first = client.get(LIST)
    assert [row[0] for row in first.context["rows"]] == papers[:1]
    second = client.get(first.context["next_url"])
    assert [row[0] for row in second.context["rows"]] == papers[1:]
    assert second.context["next_url"] == ""
    assert shown(q="hoc duy phuoc") == [world.own.paper]
    assert shown(khoa=world.course.key) == []
    assert shown(khoa=world.locked_course.key, **{"tinh-trang": "tat-ca"}) == papers[:1]
    assert shown(**{"tinh-trang": "approved"}) == []
    decline(world.own.paper, reason="Không", actor=manager, at=NOW)
    assert shown(q="hoc duy phuoc") == []
    assert shown(**{"tinh-trang": "declined"}) == [world.own.paper]
    assert shown(**{"tinh-trang": "no such"}) == [world.other.paper]


# Constraints ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "fields"),
    (
        ("courses_externaltraining_day_order", {"last_day": date(2024, 3, 3)}),
        ("courses_externaltraining_has_periods", {"periods": 0}),
        (
            "courses_externaltraining_has_proof",
            {"evidence": "", "evidence_sha256": "", "document_number": ""},
        ),
        ("courses_externaltraining_file_has_hash", {"evidence_sha256": ""}),
        ("courses_externaltraining_erased_whole", {"evidence_erased_at": NOW}),
        ("courses_externaltraining_closed_whole", {"closed_at": NOW}),
        (
            "courses_externaltraining_approved_whole",
            {"recognition_status": "approved", "closed_at": NOW},
        ),
        (
            "courses_externaltraining_declined_has_reason",
            {"recognition_status": "declined", "closed_at": NOW},
        ),
    ),
)
def test_the_database_refuses_half_a_paper(world: World, name: str, fields: dict):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        ExternalTraining.objects.filter(pk=world.own.paper.pk).update(**fields)
