"""Issued once, frozen, reissued under the number, taken back with the completion."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from certificates.issuing import (
    AlreadyReissued,
    AlreadyRevoked,
    CompletionGone,
    NotOurs,
    ReasonMissing,
    issue_by_decision,
    issue_certificate,
    missing_certificates,
    reissue,
    revoke,
    revoke_withdrawn,
)
from certificates.models import Certificate, CertificateRegister, CertificateRevocation
from certificates.printed import facts_sha256
from certificates.receivers import certify
from courses.models import Completion, CompletionWithdrawal
from courses.reviews import withdraw_completion
from lms.people.models import AuditEntry, OfficeSettings
from lms.people.office import forget_office
from tests.certificates.made import DONE, ISSUED_AT, make_done
from tests.factories import make_completion, make_course, make_person, make_unit, make_user

LATER = ISSUED_AT + timedelta(days=30)


@pytest.fixture
def manager(db):
    return make_user()


def test_facts_hold_all_that_is_printed(db):
    district = make_unit(name="Nam Giang", kind="Huyện", level="district")
    commune = make_unit(name="Chà Vàl", kind="Xã", parent=district)
    person = make_person(full_name="Zơrâm Văn Thử", birth_date=date(1990, 2, 3))
    course = make_course(title="Nhận diện nạn nhân", online_periods=5, class_periods=3)
    completion = make_done(person, course, unit=commune, valid_to=date(2026, 5, 7))
    certificate = issue_certificate(
        completion,
        actor=None,
        at=ISSUED_AT,
        decision_number=" 12/QĐ-SLĐTBXH ",
        decided_on=date(2024, 5, 7),
    )
    code = certificate.verification_code
    assert certificate.facts == {
        "person": str(person.key),
        "full_name": "Zơrâm Văn Thử",
        "birth_date": "1990-02-03",
        "position_line": "Công chức văn hóa – xã hội, Xã Chà Vàl, Huyện Nam Giang",
        "course_title": "Nhận diện nạn nhân",
        "from": "2024-04-01",
        "to": "2024-05-06",
        "periods": 8,
        "mode": "kết hợp trực tuyến và trực tiếp",
        "mode_detail": "5 tiết trực tuyến, 3 tiết trên lớp",
        "result": "Đạt",
        "valid_until": "2026-05-06",
        "parent_agency": "UBND tỉnh Quảng Nam",
        "owner_name": "Sở Lao động – Thương binh và Xã hội tỉnh Quảng Nam",
        "signer_authority": "",
        "signer_title": "Giám đốc",
        "signer_name": "",
        "place_name": "Quảng Nam",
        "issued_on": "2024-05-07",
        "register_no": "0001/2024/GCN-TH",
        "reissue_number": 0,
        "decision_number": "12/QĐ-SLĐTBXH",
        "decided_on": "2024-05-07",
        "verification_code": code,
        "verify_url": f"http://testserver/kiem-tra/{code}/",
        "verify_at": "testserver/kiem-tra/",
    }
    assert certificate.facts_sha256 == facts_sha256(certificate.facts)
    assert (certificate.issued_on, certificate.valid_until, certificate.document_status) == (
        date(2024, 5, 7),
        date(2026, 5, 6),
        "pending",
    )


def test_issuing_twice_is_once(manager):
    completion = make_done()
    first = issue_certificate(completion, actor=manager, at=ISSUED_AT)
    assert issue_certificate(completion, actor=manager, at=LATER) == first
    assert CertificateRegister.objects.get().last_number == 1
    assert AuditEntry.objects.filter(action="certificate.issue").count() == 1


def test_later_renames_change_nothing(manager):
    unit = make_unit(name="Cũ", kind="Xã")
    course = make_course(title="Tên cũ")
    person = make_person(full_name="Lê Thị Ví Dụ")
    certificate = issue_certificate(make_done(person, course, unit=unit), actor=None, at=ISSUED_AT)
    before = dict(certificate.facts)
    person.full_name = "Lê Thị Tên Mới"
    person.save(update_fields=["full_name"])
    course.title = "Tên mới"
    course.save()
    unit.versions.update(name="Mới")
    OfficeSettings.objects.create(owner_name="Sở Y tế", signer_name="Người Khác")
    forget_office()
    certificate.refresh_from_db()
    assert certificate.facts == before
    assert certificate.facts_sha256 == facts_sha256(before)
    forget_office()


def test_recognised_training_gets_no_certificate_of_ours(db):
    external = make_completion(make_person(), make_course(), valid_from=DONE)
    with pytest.raises(NotOurs):
        issue_certificate(external, actor=None, at=ISSUED_AT)
    assert list(missing_certificates()) == []


def test_a_withdrawn_completion_is_not_certified(manager):
    completion = make_done()
    withdraw_completion(
        completion, effective_on=DONE, reason="Sai", is_fraud=True, actor=manager, at=ISSUED_AT
    )
    with pytest.raises(CompletionGone):
        issue_certificate(completion, actor=manager, at=LATER)
    assert not CertificateRegister.objects.filter(last_number__gt=0).exists()


def test_reissue_keeps_the_number_and_takes_the_name_of_today(manager):
    completion = make_done()
    first = issue_certificate(completion, actor=manager, at=ISSUED_AT)
    completion.person.full_name = "Nguyễn Thị Ngọc Anh"
    completion.person.save(update_fields=["full_name"])
    second = reissue(first, reason="Sai tên", actor=manager, at=LATER)
    third = reissue(second, reason="Mất giấy", actor=manager, at=LATER)
    assert [(c.register_no, c.reissue_number) for c in (first, second, third)] == [
        ("0001/2024/GCN-TH", 0),
        ("0001/2024/GCN-TH", 1),
        ("0001/2024/GCN-TH", 2),
    ]
    assert (first.facts["full_name"], second.facts["full_name"]) == (
        "Nguyễn Thị Ngọc Ánh",
        "Nguyễn Thị Ngọc Anh",
    )
    assert len({c.verification_code for c in (first, second, third)}) == 3
    with pytest.raises(AlreadyReissued):
        reissue(first, reason="Lại", actor=manager, at=LATER)
    # The next first issue has the next number: a reissue takes none.
    assert issue_certificate(make_done(), actor=None, at=ISSUED_AT).number == 2


def test_revocation_takes_the_completion_from_today_on(manager):
    completion = make_done()
    certificate = issue_certificate(completion, actor=manager, at=ISSUED_AT)
    revocation = revoke(
        certificate, reason_class="other", reason="Nghỉ việc", actor=manager, at=LATER
    )
    assert revocation.revoked_on == date(2024, 6, 6)
    standing = Completion.objects.current().get()
    assert (standing.valid_from, standing.valid_to) == (DONE, date(2024, 6, 6))
    with pytest.raises(AlreadyRevoked):
        revoke(certificate, reason_class="other", reason="Lại", actor=manager, at=LATER)
    with pytest.raises(AlreadyRevoked):
        reissue(certificate, reason="Lại", actor=manager, at=LATER)
    # It stays in the register and its number is not used again.
    assert issue_certificate(make_done(), actor=None, at=LATER).number == 2


def test_fraud_takes_the_completion_from_the_beginning(manager):
    certificate = issue_certificate(make_done(), actor=manager, at=ISSUED_AT)
    revoke(certificate, reason_class="fraud", reason="Thi hộ", actor=manager, at=LATER)
    assert not Completion.objects.current().exists()
    withdrawal = CompletionWithdrawal.objects.get()
    assert (withdrawal.is_fraud, withdrawal.effective_on) == (True, DONE)


def test_no_reason_no_act(manager):
    certificate = issue_certificate(make_done(), actor=manager, at=ISSUED_AT)
    with pytest.raises(ReasonMissing):
        reissue(certificate, reason="  ", actor=manager, at=LATER)
    with pytest.raises(ReasonMissing):
        revoke(certificate, reason_class="error", reason=" ", actor=manager, at=LATER)
    assert (CertificateRevocation.objects.count(), Certificate.objects.count()) == (0, 1)


@pytest.mark.parametrize(("mode", "issued"), (("on_completion", 1), ("by_decision", 0)))
def test_receiver_follows_the_pinned_version_and_is_idempotent(db, mode, issued):
    completion = make_done(mode=mode)
    for _ in range(2):
        certify(Completion, completion)
    assert Certificate.objects.count() == issued
    assert set(Certificate.objects.values_list("issued_at", flat=True)) == (
        {completion.recorded_at} if issued else set()
    )


def test_command_heals_what_the_receiver_missed(db, capsys):
    make_done(mode="on_completion")
    make_done(mode="by_decision")
    for _ in range(2):
        call_command("issue_missing_certificates")
    assert capsys.readouterr().out.split("\n")[:2] == ["1 issued", "0 issued"]
    assert missing_certificates().count() == 1


def test_a_decision_issues_for_all_or_for_none(manager):
    good, gone = make_done(), make_done()
    withdraw_completion(
        gone, effective_on=DONE, reason="Sai", is_fraud=True, actor=manager, at=ISSUED_AT
    )
    decision = {"decision_number": "9/QĐ", "decided_on": DONE, "actor": manager, "at": LATER}
    with pytest.raises(CompletionGone):
        issue_by_decision([good, gone], **decision)
    assert Certificate.objects.count() == 0
    [certificate] = issue_by_decision([good], **decision)
    assert (certificate.decision_number, certificate.decided_on, certificate.number) == (
        "9/QĐ",
        DONE,
        1,
    )


@pytest.mark.parametrize(
    ("changes", "constraint"),
    (
        ({"number": 0}, "certificates_number_from_one"),
        ({"reissue_number": 1, "verification_code": "x"}, "certificates_reissue_whole"),
        ({"document_status": "stored"}, "certificates_stored_has_document"),
        ({"document_status": "stored", "document": "a.pdf"}, "certificates_stored_has_document"),
    ),
)
def test_database_refuses_a_broken_row(db, changes, constraint):
    certificate = issue_certificate(make_done(), actor=None, at=ISSUED_AT)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Certificate.objects.filter(pk=certificate.pk).update(**changes)


@pytest.mark.parametrize(
    "twice",
    (
        {"verification_code": "B", "completion_logical_id": "new"},
        {"verification_code": "B", "number": 2},
        {"completion_logical_id": "new", "number": 2},
    ),
    ids=("number", "completion", "code"),
)
def test_database_refuses_what_must_be_once(db, twice):
    first = issue_certificate(make_done(), actor=None, at=ISSUED_AT)
    copy = Certificate.objects.get(pk=first.pk)
    copy.pk = None
    for field, value in twice.items():
        setattr(copy, field, make_done().logical_id if value == "new" else value)
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_database_refuses_a_second_reissue_of_one_certificate(manager):
    first = issue_certificate(make_done(), actor=None, at=ISSUED_AT)
    second = reissue(first, reason="Sai tên", actor=manager, at=LATER)
    copy = Certificate.objects.get(pk=second.pk)
    copy.pk, copy.reissue_number, copy.verification_code = None, 2, "C"
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_database_refuses_a_revocation_without_reason_or_twice(manager):
    certificate = issue_certificate(make_done(), actor=None, at=ISSUED_AT)
    fields = {
        "certificate": certificate,
        "revoked_on": DONE,
        "reason_class": "other",
        "revoked_at": LATER,
        "revoked_by": manager,
    }
    with (
        pytest.raises(IntegrityError, match="certificates_revocation_has_reason"),
        transaction.atomic(),
    ):
        CertificateRevocation.objects.create(**fields, reason="")
    CertificateRevocation.objects.create(**fields, reason="Vì")
    with pytest.raises(IntegrityError), transaction.atomic():
        CertificateRevocation.objects.create(**fields, reason="Vì")


@pytest.mark.parametrize(("is_fraud", "reason_class"), ((False, "other"), (True, "fraud")))
def test_taking_a_completion_away_takes_its_certificate_back(
    manager, django_capture_on_commit_callbacks, is_fraud, reason_class
):
    completion = make_done()
    certificate = issue_certificate(completion, actor=None, at=ISSUED_AT)
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_completion(
            completion,
            effective_on=DONE,
            reason="Sai danh sách",
            is_fraud=is_fraud,
            actor=manager,
            at=ISSUED_AT,
        )
    revocation = Certificate.objects.get(pk=certificate.pk).revocation
    assert (revocation.reason, revocation.reason_class, revocation.revoked_by) == (
        "Sai danh sách",
        reason_class,
        manager,
    )
    assert revoke_withdrawn(CompletionWithdrawal.objects.get()) is None


def test_revoking_a_certificate_revokes_it_once(manager, django_capture_on_commit_callbacks):
    certificate = issue_certificate(make_done(), actor=None, at=ISSUED_AT)
    with django_capture_on_commit_callbacks(execute=True):
        revoke(certificate, reason_class="fraud", reason="Thi hộ", actor=manager, at=ISSUED_AT)
    assert CertificateRevocation.objects.count() == 1
