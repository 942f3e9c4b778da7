"""The examination of the books: each kind of disorder is found, named and, where possible, mended.

Each case breaks the books past the portal's own functions, as a careless hand would do it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from certificates.issuing import issue_certificate
from certificates.models import Certificate, CertificateRegister
from courses.models import (
    Attempt,
    ClassSession,
    Completion,
    CompletionReview,
    CompletionWithdrawal,
    ExternalTraining,
    TrainingClass,
)
from courses.models.recognition import private_storage
from courses.recognition.evidence import read_evidence
from courses.recognition.papers import Claim, hand_in
from courses.recognition.recognising import approve
from lms.people.days import FAR
from lms.people.facts import withdraw
from lms.people.models import (
    AuditEntry,
    Leave,
    PersonMerge,
    Posting,
    RoleAssignment,
    UnitPath,
    UnitVersion,
)
from lms.people.models.accounts import Role
from lms.people.roles import GROUP_NAMES
from lms.target.integrity.findings import WHO, say
from lms.target.integrity.running import CHECKS, CannotMend, examine, examine_later, keep, mend
from lms.target.models import Figure, FigureTop, IntegrityRun, Standing
from lms.target.reports.guards import install, lift
from lms.target.standing.refreshing import rebuild
from tests import factories as f
from tests.certificates.made import make_done
from tests.courses.rounds import DAY_ONE, make_attempt, make_mark, make_small_course
from tests.target.test_snapshots import fill, frozen_province
from tests.world import picture

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def found(name: str | None = None) -> dict[str, int]:
    """Return how many findings each check has, those without any left out."""
    names = None if name is None else [name]
    return {
        result.check.name: result.count
        for result in examine(at=timezone.now(), names=names)
        if result.count
    }


def finish(province, course, enrolment) -> None:
    """Do all that the small course asks for, without recording the completion."""
    for page in (*course.lessons, course.scenario):
        version = page.latest_version or page.versions.first()
        enrolment.lesson_progress.create(
            lesson=page,
            lesson_version=version,
            done_at=DAY_ONE,
            done_on=DAY_ONE.date(),
            recorded_at=DAY_ONE,
            recorded_on=DAY_ONE.date(),
        )
    make_attempt(enrolment, course.quiz, started_at=DAY_ONE)
    training_class = TrainingClass.objects.create(
        course=course.page,
        unit=province.units["510"],
        title="Lớp",
        place="Hội trường",
        created_at=f.AT,
    )
    session = ClassSession.objects.create(
        training_class=training_class,
        starts_at=DAY_ONE,
        ends_at=DAY_ONE + timedelta(hours=3),
        periods=[1, 2, 3],
    )
    make_mark(enrolment, session)


def without_guards() -> None:
    """Take the guard against overlapping duties away; the test's rollback brings it back."""
    name = "people_posting_primary_no_overlap"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE people_posting DROP CONSTRAINT {name}")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        else:
            for act in ("insert", "update"):
                cursor.execute(f"DROP TRIGGER {name}_{act}")


def two_duties(province) -> None:
    person = province.person("51001")
    without_guards()
    f.make_posting(
        person,
        unit=province.units["51101"],
        group=province.groups["xa"],
        valid_from=date(2025, 5, 1),
    )


def duty_in_ended_unit(province) -> None:
    province.person("51001")
    UnitVersion.objects.filter(unit=province.units["51001"]).update(valid_to=date(2025, 1, 1))
    UnitPath.objects.filter(unit=province.units["51001"]).update(valid_to=date(2025, 1, 1))


def waits_for_unit(province) -> None:
    province.person("CHUA-XEP")


def no_posting(province) -> None:
    f.make_person()


def leave_without_duty(province) -> None:
    person = f.make_person()
    f.make_posting(
        person,
        unit=province.units["51001"],
        group=province.groups["xa"],
        valid_to=date(2025, 1, 1),
    )
    Leave.objects.create(
        person=person, valid_from=date(2024, 6, 1), recorded_at=f.AT, recorded_on=f.AT.date()
    )


def ring(province) -> None:
    first, second = province.person("51001"), province.person("51001")
    for duplicate, survivor in ((first, second), (second, first)):
        PersonMerge.objects.create(
            duplicate=duplicate, survivor=survivor, recorded_at=f.AT, recorded_on=f.AT.date()
        )


def role_over_ended_unit(province) -> None:
    user = f.make_user(province.person("51002"))
    f.make_role(user, Role.UNIT_FOCAL, unit=province.units["51001"])
    UnitVersion.objects.filter(unit=province.units["51001"]).update(valid_to=date(2025, 1, 1))
    UnitPath.objects.filter(unit=province.units["51001"]).update(valid_to=date(2025, 1, 1))


def right_without_role(province) -> None:
    user = f.make_user(province.person("51001"))
    user.groups.add(Group.objects.get_or_create(name=GROUP_NAMES[Role.CONTENT_EDITOR])[0])


def shifted_day(province) -> None:
    person = province.person("51001")
    Posting.objects.filter(person=person).update(recorded_on=date(2022, 12, 31))


def torn_tree(province) -> None:
    UnitPath.objects.filter(unit=province.units["51001"], ancestor=province.units["49"]).delete()


def unit_off_the_tree(province) -> None:
    f.make_unit(code="99999", name="Lạc", kind="Xã", parent=f.make_unit(code="998", level="agency"))


def unbacked(province) -> None:
    make_done(province.person("51001"), make_small_course().page, unit=province.units["51001"])


def unrecorded(province) -> None:
    course = make_small_course()
    finish(province, course, f.make_enrolment(province.person("51001"), course.page))


def closed_without(province) -> None:
    f.make_enrolment(
        province.person("51001"),
        make_small_course().page,
        closed_at=f.AT,
        closed_as="completed",
    )


def foreign_round(province) -> None:
    completion = done_in_full(province)
    completion.enrolment.person = province.person("51002")
    completion.enrolment.save(update_fields=["person"])


def forgotten(province) -> None:
    course = make_small_course()
    enrolment = f.make_enrolment(province.person("51001"), course.page)
    make_attempt(
        enrolment,
        course.quiz,
        started_at=DAY_ONE,
        passed=None,
        deadline_at=DAY_ONE + timedelta(minutes=25),
    )


def done_in_full(province) -> Completion:
    """A completion that everything backs, without a certificate yet."""
    course = make_small_course()
    completion = make_done(
        province.person("51001"),
        course.page,
        unit=province.units["51001"],
        valid_from=DAY_ONE.date(),
    )
    finish(province, course, completion.enrolment)
    return completion


def not_issued(province) -> None:
    done_in_full(province)


def issued_for_nothing(province) -> None:
    completion = done_in_full(province)
    issue_certificate(completion, actor=None, at=NOW)
    actor = f.make_user(province.person("51002"))
    CompletionWithdrawal.objects.create(
        completion_logical_id=completion.logical_id,
        person=completion.person,
        course=completion.course,
        effective_on=date(2026, 3, 1),
        reason="Sai danh sách",
        decided_at=NOW,
        decided_by=actor,
    )
    Completion.objects.filter(pk=completion.pk).update(valid_to=date(2026, 3, 1))


def lost_document(province) -> None:
    certificate = issue_certificate(done_in_full(province), actor=None, at=NOW)
    Certificate.objects.filter(pk=certificate.pk).update(
        document_status="stored", document="certificates/2026/khong-co.pdf", document_sha256="0"
    )


def waiting_document(province) -> None:
    issue_certificate(done_in_full(province), actor=None, at=NOW)


def recognised(province) -> Completion:
    """A training held elsewhere, recognised as the first course."""
    person = province.person("51001")
    officer = f.make_user(f.make_person())
    f.make_posting(officer.staff, unit=province.units["SO"], group=province.groups["xa"])
    claim = Claim("Lớp", "Bộ", date(2024, 3, 4), date(2024, 3, 5), 16, "15/QĐ")
    training = hand_in(person, claim, read_evidence(picture()), actor=officer, at=NOW)
    return approve(training, course=province.courses[0], actor=officer, at=NOW)


def unheld_recognition(province) -> None:
    withdraw(recognised(province), actor=None, at=NOW)


def recognised_by_nobody(province) -> None:
    f.make_completion(province.person("51001"), province.courses[0], valid_from=date(2024, 3, 5))


def lost_evidence(province) -> None:
    recognised(province)
    private_storage().delete(ExternalTraining.objects.get().evidence.name)


def lost_number(province) -> None:
    CertificateRegister.objects.create(year=2025, last_number=3)


def altered_report(province) -> None:
    fill(province)
    frozen = frozen_province(province)
    lift(connection)
    frozen.parts.filter(name="requirements").update(body="{}")
    install(connection)


def tampered_standing(province) -> None:
    person = province.person("51001")
    rebuild(at=timezone.now())
    # Courses only: the number of people of a day stays what it was.
    Standing.objects.filter(person=person).update(courses=1)


def tampered_day(province) -> None:
    province.person("51001")
    rebuild(at=timezone.now())
    row = Figure.objects.filter(day=timezone.localdate()).get()
    row.pk, row.people = None, -1
    row.save()


def tampered_province(province) -> None:
    province.person("51001")
    rebuild(at=timezone.now())
    FigureTop.objects.filter(day=timezone.localdate()).update(denominator=2)


@dataclass(frozen=True)
class Case:
    """What is broken, what the examination then finds, and whether it can be put right."""

    breaks: Callable[..., None]
    name: str
    beside: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name


CASES = (
    Case(two_duties, "overlapping-duties"),
    Case(duty_in_ended_unit, "duties-outside-unit"),
    Case(waits_for_unit, "unplaced"),
    Case(no_posting, "never-posted"),
    Case(leave_without_duty, "leaves-without-duty"),
    Case(ring, "merge-rings"),
    Case(role_over_ended_unit, "roles-over-ended-units"),
    Case(right_without_role, "groups-out-of-step"),
    Case(shifted_day, "shifted-days"),
    Case(torn_tree, "stale-paths", frozenset({"units-off-the-tree"})),
    Case(unit_off_the_tree, "units-off-the-tree"),
    Case(unbacked, "unbacked-completions", frozenset({"certificates-not-issued"})),
    Case(unrecorded, "unrecorded-completions"),
    Case(closed_without, "closed-without-completion"),
    Case(foreign_round, "foreign-rounds", frozenset({"certificates-not-issued"})),
    Case(forgotten, "forgotten-attempts"),
    Case(not_issued, "certificates-not-issued"),
    Case(issued_for_nothing, "certificates-for-nothing", frozenset({"documents-waiting"})),
    Case(lost_document, "documents-lost"),
    Case(waiting_document, "documents-waiting"),
    Case(lost_number, "register-gaps"),
    Case(tampered_standing, "standings"),
    Case(tampered_day, "counted-days"),
    Case(tampered_province, "counted-days"),
    Case(unheld_recognition, "recognised-without-completion"),
    Case(recognised_by_nobody, "completions-without-paper"),
    Case(lost_evidence, "evidence-lost"),
    Case(altered_report, "reports-altered", frozenset({"unplaced", "completions-without-paper"})),
)
TWICE = {"merge-rings": 2}


def test_books_in_order_are_in_order(province):
    province.person("51001")
    completion = done_in_full(province)
    certificate = issue_certificate(completion, actor=None, at=timezone.now())
    assert certificate.number == 1
    assert found() == {}


def test_a_recognised_training_is_in_order(province):
    recognised(province)
    assert found() == {}


def test_every_check_has_a_case():
    assert {case.name for case in CASES} == set(CHECKS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_disorder_is_found_and_said_in_plain_words(province, case: Case):
    case.breaks(province)
    counts = found()
    assert counts.pop(case.name) == TWICE.get(case.name, 1)
    assert set(counts) == set(case.beside)
    [result] = examine(at=timezone.now(), names=[case.name])
    for finding in result.examples:
        assert finding.text
        assert "%(" not in finding.text
        assert (WHO in finding.text) == (finding.person_id is not None and WHO in finding.text)


@pytest.mark.parametrize("case", [c for c in CASES if CHECKS[c.name].mend], ids=str)
def test_what_can_be_put_right_is_and_is_written_down(province, case: Case):
    case.breaks(province)
    actor = f.make_user()
    result = mend(case.name, actor=actor, at=timezone.now())
    assert (result.mended_count, result.refused) == (1, ())
    assert found(case.name) == {}
    entry = AuditEntry.objects.get(action="integrity.mend")
    assert (entry.actor, entry.data["check"]) == (actor, case.name)
    # A second run has nothing to do.
    assert mend(case.name, actor=actor, at=timezone.now()).mended_count == 0


@pytest.mark.parametrize("case", [c for c in CASES if not CHECKS[c.name].mend], ids=str)
def test_what_needs_a_decision_is_left_alone(province, case: Case):
    case.breaks(province)
    with pytest.raises(CannotMend):
        mend(case.name, actor=None, at=timezone.now())


def test_what_was_mended_is_what_the_advice_says(province):
    two_duties(province)
    mend("overlapping-duties", actor=None, at=timezone.now())
    standing = Posting.objects.current().order_by("valid_from")
    assert [(each.valid_from, each.valid_to) for each in standing] == [
        (date(2024, 1, 1), date(2025, 5, 1)),
        (date(2025, 5, 1), FAR),
    ]
    unbacked(province)
    mend("unbacked-completions", actor=None, at=timezone.now())
    assert CompletionReview.objects.get().cause == "lessons,scenario,post_test,attendance"
    assert Completion.objects.current().exists()
    issued_for_nothing(province)
    mend("certificates-for-nothing", actor=None, at=timezone.now())
    revocation = Certificate.objects.get().revocation
    assert (revocation.reason, revocation.reason_class) == ("Sai danh sách", "other")
    role_over_ended_unit(province)
    mend("roles-over-ended-units", actor=None, at=timezone.now())
    assert RoleAssignment.objects.current().get().valid_to == date(2025, 1, 1)
    forgotten(province)
    mend("forgotten-attempts", actor=None, at=timezone.now())
    assert not Attempt.objects.filter(status="in_progress").exists()


def test_two_duties_from_one_day_are_refused_and_hold_up_nothing(province):
    person = province.person("51001")
    without_guards()
    f.make_posting(person, unit=province.units["51101"], group=province.groups["xa"])
    two_duties_elsewhere = province.person("51002")
    f.make_posting(
        two_duties_elsewhere,
        unit=province.units["51101"],
        group=province.groups["xa"],
        valid_from=date(2025, 1, 1),
    )
    result = mend("overlapping-duties", actor=None, at=timezone.now())
    assert result.mended_count == 2
    assert found("overlapping-duties") == {}


def test_a_certificate_without_a_decision_is_refused_not_revoked(province):
    completion = done_in_full(province)
    issue_certificate(completion, actor=None, at=NOW)
    Completion.objects.filter(pk=completion.pk).update(withdrawn_at=NOW, withdrawn_on=NOW.date())
    result = mend("certificates-for-nothing", actor=None, at=timezone.now())
    assert (result.mended_count, len(result.refused)) == (0, 1)
    assert not hasattr(Certificate.objects.get(), "revocation")


def test_a_decided_review_is_not_opened_again(province):
    unbacked(province)
    mend("unbacked-completions", actor=None, at=timezone.now())
    CompletionReview.objects.update(closed_at=NOW, closed_by=f.make_user(), decision="Giữ")
    assert found("unbacked-completions") == {}


@pytest.mark.parametrize("people", (3, 12))
def test_the_cost_does_not_grow_with_the_people(province, people, django_assert_max_num_queries):
    for _person in range(people):
        province.person("51001")
    with django_assert_max_num_queries(60):
        examine(at=timezone.now())


# What is kept, the command and the page ----------------------------------------------------------


def test_what_is_kept_holds_no_name(province):
    person = province.person("51001", name="Zơrâm Thị Hai Nơi")
    without_guards()
    f.make_posting(
        person,
        unit=province.units["51101"],
        group=province.groups["xa"],
        valid_from=date(2025, 5, 1),
    )
    keep(examine(at=NOW), started_at=NOW, actor=None)
    run = IntegrityRun.objects.get()
    assert "Zơrâm" not in str(run.results)
    [kept] = [each for each in run.results if each["count"]]
    assert say(kept["examples"][0]["text"], "Zơrâm Thị Hai Nơi").startswith("Zơrâm Thị Hai Nơi")


def test_the_worker_examines_and_keeps(province):
    user = f.make_user()
    lost_number(province)
    assert examine_later.call(user.pk) == 1
    assert IntegrityRun.objects.get().run_by == user


def test_the_command_says_what_is_wrong_and_changes_nothing(province, capsys):
    forgotten(province)
    with pytest.raises(SystemExit):
        call_command("check_integrity")
    said = capsys.readouterr().out
    assert "Lượt làm bài đã hết giờ: 1" in said
    assert Attempt.objects.get().status == "in_progress"
    assert IntegrityRun.objects.count() == 1


def test_the_command_puts_right_with_execute(province, capsys):
    forgotten(province)
    call_command("check_integrity", "--execute", "--check", "forgotten-attempts")
    assert "1 put right, 0 refused" in capsys.readouterr().out
    call_command("check_integrity")
    assert "The books agree." in capsys.readouterr().out


def test_the_command_names_its_checks_and_refuses_others(capsys):
    call_command("check_integrity", "--list")
    assert len(capsys.readouterr().out.splitlines()) == len(CHECKS)
    with pytest.raises(CommandError, match="khong-co"):
        call_command("check_integrity", "--check", "khong-co")


def test_the_page_shows_the_last_examination_and_mends(province, as_role):
    two_duties(province)
    manager, admin = as_role("province_manager"), as_role("sysadmin")
    assert "chưa được kiểm tra" in manager.get("/so-lieu/").content.decode()
    keep(examine(at=timezone.now()), started_at=NOW, actor=None)
    person = Posting.objects.filter(unit=province.units["51101"]).get().person
    body = manager.get("/so-lieu/").content.decode()
    assert f'href="/can-bo/{person.pk}/"' in body
    # An administrator keeps the books without seeing whose they are.
    body = admin.get("/so-lieu/").content.decode()
    assert person.full_name not in body
    assert person.staff_code in body
    response = admin.post("/so-lieu/overlapping-duties/sua/", follow=True)
    assert "1 chỗ" in response.content.decode()
    assert found("overlapping-duties") == {}


def test_the_page_is_for_the_keepers_only(province, as_role):
    for role in ("learner", "unit_focal", "province_leader", "instructor", "content_editor"):
        client = as_role(role)
        assert client.get("/so-lieu/").status_code == 404
        assert client.post("/so-lieu/").status_code == 404
        assert client.post("/so-lieu/stale-paths/sua/").status_code == 404
    manager = as_role("province_manager")
    assert manager.post("/so-lieu/khong-co/sua/").status_code == 404
    assert manager.get("/so-lieu/stale-paths/sua/").status_code == 405
    response = manager.post("/so-lieu/unplaced/sua/", follow=True)
    assert "cần người có thẩm quyền" in response.content.decode()
