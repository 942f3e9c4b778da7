"""The seeded province: the same for a seed, alive on its last day, with figures on past days."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from django_otp.oath import totp

from certificates.documents import documents_in_one_go
from certificates.models import Certificate
from content.models import CoursePage
from courses.models import (
    Attempt,
    AttendanceMark,
    ClassSession,
    Completion,
    Enrolment,
    ExternalTraining,
    LessonProgress,
    TrainingClass,
)
from lms.demo import seeding
from lms.demo.accounts import list_accounts
from lms.demo.cast import CAST, FRESH, MIDWAY, NEWCOMER, PASSWORD, TRAINED
from lms.demo.seeding import NotEmpty, seed
from lms.people.accounts import open_with_code
from lms.people.models import AuditEntry, Leave, Posting, RoleAssignment, StaffMember, User
from lms.target.goals import figures_of, union_figures
from lms.target.models import ReportSnapshot, RosterEntry, TargetTerms
from lms.target.reports.reading import read_part, verify

STAFF_COUNT = 150
SEED = 7
UNTIL = date(2024, 8, 31)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Seeded:
    """What two runs from the same start wrote, set-based and act by act; the second one stands."""

    counts: dict[str, int]
    set_based: dict[str, list[tuple]]
    act_by_act: dict[str, list[tuple]]
    # The facts of one certificate of each run.
    printed: tuple[dict, dict]


def rows_written() -> dict[str, list[tuple]]:
    """Return what was written, without keys, codes and salts, each table in an order of its own."""
    code = "person__staff_code"
    queries = {
        "people": StaffMember.objects.values_list("staff_code", "full_name", "created_at"),
        "postings": Posting.objects.values_list(
            code,
            "unit__versions__code",
            "group__code",
            "position_title",
            "is_primary",
            "valid_from",
            "valid_to",
            "recorded_at",
            "withdrawn_at",
        ),
        "leaves": Leave.objects.values_list(code, "valid_from", "valid_to", "recorded_at"),
        "named": RosterEntry.objects.values_list(code, "valid_from", "recorded_at"),
        "roles": RoleAssignment.objects.values_list("user__username", "role", "recorded_at"),
        "rounds": Enrolment.objects.values_list(
            code, "course__key", "round", "opened_at", "closed_at"
        ),
        "lessons": LessonProgress.objects.values_list(
            "enrolment__person__staff_code", "lesson__key", "done_at"
        ),
        "attempts": Attempt.objects.values_list(
            "enrolment__person__staff_code", "quiz__key", "number", "started_at", "score_percent"
        ),
        "marks": AttendanceMark.objects.values_list(
            code, "session__starts_at", "status", "recorded_at"
        ),
        "completions": Completion.objects.values_list(
            code, "course__key", "valid_from", "valid_to", "recorded_at", "withdrawn_at"
        ),
    }
    return {name: sorted(rows, key=repr) for name, rows in queries.items()}


def run_seed() -> dict[str, int] | None:
    """Seed; what follows a commit is done although nothing is committed, but no PDF is drawn."""
    with documents_in_one_go(), TestCase.captureOnCommitCallbacks(execute=True):
        return seed(staff_count=STAFF_COUNT, seed=SEED, until=UNTIL, at=timezone.now())


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker) -> Iterator[Seeded]:
    """Seed twice from the same start, once set-based; all is rolled back after the module."""
    with django_db_blocker.unblock(), override_settings(IS_DEMO=True), transaction.atomic():
        call_command("load_units", verbosity=0)
        call_command("load_courses", edition="demo", verbosity=0)
        start = transaction.savepoint()
        with patch.object(seeding, "ACT_BY_ACT_MAX", 0):
            run_seed()
        set_based, printed = rows_written(), certificate_of_trained().facts
        transaction.savepoint_rollback(start)
        counts = run_seed()
        yield Seeded(counts, set_based, rows_written(), (printed, certificate_of_trained().facts))
        transaction.set_rollback(True)


def certificate_of_trained() -> Certificate:
    return Certificate.objects.get(person__staff_code=TRAINED, course__key="nhan-dien")


@pytest.fixture
def is_demo(settings) -> None:
    settings.IS_DEMO = True


def rate_on(day: str, **options: str) -> dict:
    answer = StringIO()
    call_command("completion_rate", as_of=day, format="json", stdout=answer, **options)
    return json.loads(answer.getvalue())


def test_same_seed_writes_the_same_rows_act_by_act_and_set_based(seeded):
    assert seeded.set_based.keys() == seeded.act_by_act.keys()
    for table, rows in seeded.set_based.items():
        assert rows, table
        assert rows == seeded.act_by_act[table], table


def test_certificates_print_the_same_either_way(seeded):
    set_based, act_by_act = seeded.printed
    varying = {"person", "verification_code", "verify_url"}
    assert set_based.keys() == act_by_act.keys()
    for name in set_based.keys() - varying:
        assert set_based[name] == act_by_act[name], name


def test_seed_makes_exactly_as_many_people_as_asked_for(seeded):
    assert seeded.counts["staff"] == StaffMember.objects.count() == STAFF_COUNT


def test_second_run_changes_nothing_and_says_so(seeded, is_demo):
    before, entries = rows_written(), AuditEntry.objects.count()
    answer = StringIO()
    call_command("seed_demo", staff=STAFF_COUNT, seed=SEED, stdout=answer)
    assert "nothing was changed" in answer.getvalue()
    assert rows_written() == before
    assert AuditEntry.objects.count() == entries


def test_unfinished_seed_is_refused(seeded, is_demo):
    AuditEntry.objects.filter(action="demo.seed").delete()
    with pytest.raises(NotEmpty):
        seed(staff_count=STAFF_COUNT, seed=SEED, until=UNTIL, at=timezone.now())


def test_most_people_are_in_the_denominator_on_past_days(seeded):
    """Seven of ten hundred and twenty: the share that 1,200 people need for 700."""
    for day in ("2024-02-29", "2024-06-30", "2024-08-30"):
        figure = rate_on(day)
        assert STAFF_COUNT * 700 / 1200 <= figure["denominator"] <= STAFF_COUNT * 0.9, day
        assert sum(child["denominator"] for child in figure["children"]) == figure["denominator"]


def test_rate_climbs_but_not_everybody_is_trained(seeded):
    early, late = rate_on("2024-03-31"), rate_on("2024-08-30")
    assert early["numerator"] <= late["numerator"]
    assert 0 < late["numerator"] < late["denominator"]
    assert late["in_progress"] > 0
    assert late["not_started"] > 0


def test_late_entries_change_a_past_day_as_known_later(seeded):
    late = Posting.objects.filter(recorded_on__gt=F("valid_from") + timedelta(days=7)).exclude(
        recorded_on=date(2024, 1, 1)
    )
    assert late.exists()


def test_history_has_every_kind_of_event(seeded):
    assert Posting.objects.filter(is_primary=False).exists()
    assert Posting.objects.current().filter(valid_to__lt=UNTIL).exists()
    assert Leave.objects.exists()
    assert RosterEntry.objects.exists()
    named = RosterEntry.objects.values("person")
    groups = {"cong_an", "bien_phong", "phu_nu"}
    unnamed = Posting.objects.filter(group__code__in=groups).exclude(person__in=named)
    assert unnamed.exists()
    assert Attempt.objects.filter(quiz_kind="post", passed=False).exists()
    assert AttendanceMark.objects.filter(status__in=["absent", "excused"]).exists()
    assert User.objects.filter(last_login=None, informed_at=None).exists()


def test_no_lesson_no_mark_and_no_attempt_lies_ahead(seeded):
    end = timezone.make_aware(timezone.datetime(2024, 8, 31, 6))
    assert not LessonProgress.objects.filter(recorded_at__gte=end).exists()
    assert not Attempt.objects.filter(submitted_at__gte=end).exists()
    assert not AttendanceMark.objects.filter(recorded_at__gte=end).exists()
    assert not AuditEntry.objects.filter(at__gte=end, at__lt=timezone.now() - timedelta(days=1))


def test_classes_lie_ahead_and_the_next_have_names(seeded):
    ahead = ClassSession.objects.filter(starts_at__date__gte=UNTIL)
    assert ahead.filter(starts_at__date=UNTIL).exists()
    assert ahead.filter(starts_at__date__gt=UNTIL).exists()
    # One further ahead may still be without names.
    soon = ahead.filter(starts_at__date__lt=UNTIL + timedelta(days=7))
    for training_class in TrainingClass.objects.filter(sessions__in=soon):
        assert training_class.roster.exists()


def test_every_completion_of_the_portal_has_its_certificate(seeded):
    portal = Completion.objects.current().filter(enrolment__isnull=False)
    certified = Certificate.objects.values_list("completion_logical_id", flat=True)
    assert portal.exists()
    assert set(portal.values_list("logical_id", flat=True)) == set(certified)


def test_half_year_was_frozen_and_corrected_with_real_differences(seeded):
    rows = list(ReportSnapshot.objects.order_by("day", "version"))
    assert [(row.day, row.version) for row in rows] == [
        (date(2024, 6, 30), 1),
        (date(2024, 6, 30), 2),
    ]
    assert all(verify(row).is_whole for row in rows)
    assert read_part(rows[1], "changes")["people"] > 0


def test_several_targets_stand_at_once_and_one_was_raised(seeded):
    day = date(2024, 7, 31)
    standing = TargetTerms.objects.current().valid_on(day).order_by("group_mask")
    whole, sector = figures_of(standing, day)
    assert whole.terms.plan_number == "1578/KH-UBND"
    assert 0 < sector.counts.denominator < whole.counts.denominator
    assert union_figures(standing, day).denominator == whole.counts.denominator
    levels = TargetTerms.objects.filter(target=sector.terms.target_id).order_by("recorded_at")
    assert [each.level_percent for each in levels] == [80, 90]
    assert [each.day.month for each in sector.milestones] == [6, 9]


def test_papers_of_training_elsewhere_wait_for_whoever_looks(seeded):
    found = ExternalTraining.objects.values_list("person__staff_code", "recognition_status")
    assert sorted(found) == [("HOCVIEN1", "checked"), ("HOCVIEN2", "submitted")]
    assert not Completion.objects.filter(source="external").exists()


def test_listed_accounts_cover_the_cast(seeded, is_demo):
    accounts = list_accounts(at=timezone.now())
    assert [account.sign_in for account in accounts] == [each.sign_in for each in CAST]
    assert {account.role for account in accounts} == {each.role for each in CAST}
    assert sum(account.role == "unit_focal" for account in accounts) == 2
    with_factor = {account.role for account in accounts if account.totp_secret}
    assert with_factor == {each.role for each in CAST} - {"learner"}


def test_listed_password_and_code_open_a_session(seeded, is_demo):
    manager = next(a for a in list_accounts(at=timezone.now()) if a.role == "province_manager")
    client = Client()
    answer = client.post(
        "/dang-nhap/", {"identifier": manager.sign_in, "password": manager.password}
    )
    assert (answer.status_code, answer.url) == (302, "/tien-do/")
    answer = client.get(answer.url)
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/xac-thuc/")
    answer = client.post(answer.url, {"code": manager.totp_now})
    assert answer.status_code == 302
    assert client.get("/tien-do/").status_code == 200


def test_listed_codes_follow_from_the_listed_secret(seeded, is_demo):
    account = next(a for a in list_accounts(at=timezone.now()) if a.totp_secret)
    key = base64.b32decode(account.totp_secret)
    near = {f"{totp(key, drift=drift):06}" for drift in (-1, 0, 1)}
    assert account.totp_now in near


def test_one_time_code_is_the_same_in_every_listing_and_opens_the_account(seeded, is_demo):
    now = timezone.now()
    code = newcomer(now).one_time_code
    assert code
    assert newcomer(now).one_time_code == code
    user = open_with_code(code, "mot-mat-khau-dai-hon", at=now)
    assert user.staff.staff_code == NEWCOMER
    assert newcomer(now).one_time_code == ""


def newcomer(at):
    return next(a for a in list_accounts(at=at) if a.sign_in == NEWCOMER.lower())


def test_learners_of_the_cast_are_where_their_stories_say(seeded):
    first = CoursePage.objects.get(key="nhan-dien")
    done = LessonProgress.objects.filter(enrolment__course=first)
    midway = Enrolment.objects.get(person__staff_code=MIDWAY, course=first)
    lessons = len(midway.course_version.body["lessons"])
    assert midway.closed_at is None
    assert 0 < done.filter(enrolment=midway).count() < lessons
    entry = midway.class_entries.get()
    assert entry.training_class.sessions.get().starts_at.astimezone().date() >= UNTIL - timedelta(1)
    assert not Enrolment.objects.filter(person__staff_code__in=[FRESH, NEWCOMER]).exists()
    trained = Completion.objects.current().filter(person__staff_code=TRAINED)
    assert trained.count() == CoursePage.objects.count() == 4


def test_cast_signs_in_with_the_listed_password(seeded):
    for character in CAST:
        user = User.objects.get(username=character.sign_in)
        assert user.check_password(PASSWORD) is not character.is_new
        assert bool(user.informed_at) is not character.is_new
        assert user.must_change_password is character.is_new
