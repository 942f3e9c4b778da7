"""A required update asks those already trained for a refresher; the day decides, not the figure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from certificates.issuing import missing_certificates
from certificates.models import Certificate
from courses.completion import settle
from courses.enrolment import enrol
from courses.models import Completion, Enrolment
from courses.recognition.evidence import read_evidence
from courses.recognition.papers import Claim, check, hand_in
from courses.recognition.recognising import approve
from courses.refreshing.asking import (
    AlreadyAsked,
    DueBeforeVersion,
    DueInThePast,
    NothingToAsk,
    ReasonMissing,
    ask_refresher,
    find_batch,
    plan_refresher,
)
from courses.reviews import withdraw_completion
from courses.signals import course_completed
from courses.standing import standings
from lms.people import batches
from lms.people.days import FAR
from lms.people.models import AuditEntry
from lms.people.staffing.duplicates import merge
from lms.people.units import find_root
from lms.target.explanation import Standing, explain
from lms.target.figures import figures
from lms.target.learning_desk import desk_of
from lms.target.refreshers.impact import impact_of
from lms.target.standing.refreshing import differences, rebuild
from tests import factories as f
from tests.courses.rounds import make_small_course
from tests.courses.test_completion import meet_all
from tests.target.conftest import sign_in
from tests.world import picture

pytestmark = pytest.mark.django_db

PUBLISHED = date(2024, 5, 1)
ASKED = date(2024, 5, 10)
DUE = date(2024, 8, 31)
AFTER = date(2024, 9, 1)
WHY = "Luật mới có hiệu lực"


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)


def publish(course, day: date = PUBLISHED):
    """A new version of the course, published on ``day``."""
    version = f.make_course_version(course)
    version.published_at = at(day)
    version.save(update_fields=["published_at"])
    return version


@pytest.fixture
def course(province):
    """The one course that Công an need here; its first version is old, its second the update."""
    f.make_course_version(province.courses[0])
    publish(province.courses[0])
    return province.courses[0]


@pytest.fixture
def version(course):
    return course.versions.get(number=2)


def trained(province, course, *, number: int | None = None, on=date(2024, 3, 1), **fields):
    """Somebody who needs two courses, holds the second for good and the first from ``on``.

    ``number`` is the version completed here; without it the training was elsewhere.
    """
    person = province.person("51001")
    f.make_completion(person, province.courses[1], valid_from=date(2024, 3, 1))
    complete(person, course, number=number, on=on, **fields)
    return person


def complete(person, course, *, number: int | None = None, on: date, **fields):
    if number is not None:
        learnt = course.versions.get(number=number)
        fields |= {
            "source": "portal",
            "course_version": learnt,
            "enrolment": Enrolment.objects.create(
                person=person,
                course=course,
                course_version=learnt,
                round=person.enrolments.filter(course=course).count() + 1,
                opened_at=at(on),
                opened_on=on,
                closed_at=at(on),
                closed_as="completed",
            ),
        }
    return f.make_completion(person, course, valid_from=on, **fields)


def ask(version, *, due=DUE, on=ASKED):
    return ask_refresher(version, due_on=due, reason=WHY, actor=None, at=at(on))


def ends(person, course) -> list[date]:
    rows = Completion.objects.current().filter(person=person, course=course).order_by("valid_from")
    return list(rows.values_list("valid_to", flat=True))


def state(person, day: date, known: date | None = None) -> Standing:
    return explain(person, day, known).standing


# The days ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", (1, None), ids=("portal", "recognised"))
@pytest.mark.parametrize("is_kept", (False, True), ids=("facts", "table"))
def test_old_completions_count_on_the_due_day_and_not_the_day_after(
    province, course, version, number, is_kept
):
    person = trained(province, course, number=number)
    if is_kept:
        rebuild(at=at(ASKED))
    ask(version)
    assert state(person, DUE) is Standing.TRAINED
    assert state(person, AFTER) is Standing.RETRAIN
    assert explain(person, AFTER).lapsed == (course.bit,)
    assert figures(find_root(DUE), DUE).total.numerator == 1
    total = figures(find_root(AFTER), AFTER).total
    assert (total.numerator, total.needs_retraining) == (0, 1)
    if is_kept:
        assert differences([person.pk]) == []


@pytest.mark.parametrize("on", (date(2024, 6, 15), DUE, AFTER))
def test_the_new_version_in_time_leaves_no_gap(province, course, version, on):
    person = trained(province, course, number=1, on=date(2023, 3, 1))
    ask(version)
    complete(person, course, number=2, on=on)
    for day in (on, DUE, AFTER, date(2025, 6, 30)):
        assert state(person, day) is Standing.TRAINED


@pytest.mark.parametrize(("on", "in_year"), ((date(2025, 1, 10), 0), (date(2025, 1, 11), 0),
                                             (date(2025, 1, 12), 1)))  # fmt: skip
def test_a_refresher_in_time_is_no_training_of_the_year(province, course, version, on, in_year):
    """One unbroken holding since 2023: figure B counts what was begun anew after a gap."""
    person = province.person("51001")
    f.make_completion(person, province.courses[1], valid_from=date(2023, 3, 1))
    complete(person, course, number=1, on=date(2023, 3, 1))
    ask(version, due=date(2025, 1, 10))
    complete(person, course, number=2, on=on)
    total = figures(find_root(on), on).total
    assert (total.numerator, total.in_year) == (1, in_year)


def test_the_day_before_the_asking_still_knows_the_old_end(province, course, version):
    person = trained(province, course, number=1)
    ask(version)
    versions = Completion.objects.filter(person=person, course=course)
    assert versions.known_on(ASKED - timedelta(days=1)).get().valid_to == FAR
    assert versions.known_on(ASKED).get().valid_to == AFTER
    assert versions.current().get().reason == WHY


# Whom it asks -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fields", "end"),
    (
        ({"number": 1, "on": PUBLISHED}, AFTER),  # an old round, ended after the update
        ({"number": 2, "on": PUBLISHED}, FAR),
        ({"on": PUBLISHED - timedelta(days=1)}, AFTER),
        ({"on": PUBLISHED}, FAR),
        ({"number": 1, "on": date(2024, 3, 1), "valid_to": DUE}, DUE),
        ({"number": 1, "on": date(2024, 3, 1), "valid_to": AFTER}, AFTER),
        ({"number": 1, "on": date(2024, 3, 1), "valid_to": AFTER + timedelta(days=1)}, AFTER),
    ),
)
def test_who_is_asked(province, course, version, fields, end):
    trained(province, course, number=1)  # somebody is asked in any case
    person = trained(province, course, **fields)
    before = Completion.objects.current().get(person=person, course=course).pk
    ask(version)
    assert ends(person, course) == [end]
    after = Completion.objects.current().get(person=person, course=course).pk
    assert (after == before) == (end == fields.get("valid_to", FAR))


def test_a_recognised_completion_is_asked_though_it_names_the_newest_version(
    province, course, version
):
    person = trained(province, course, course_version=version)
    ask(version)
    assert ends(person, course) == [AFTER]


def test_another_course_is_left_alone(province, course, version):
    person = trained(province, course, number=1)
    ask(version)
    assert ends(person, province.courses[1]) == [FAR]


def test_a_merged_record_is_asked_as_the_person_it_is(province, course, version):
    survivor, duplicate = province.person("51001"), f.make_person()
    f.make_completion(survivor, province.courses[1], valid_from=date(2024, 3, 1))
    complete(duplicate, course, number=1, on=date(2024, 3, 1))
    merge(duplicate, survivor, reason="Trùng", actor=None, at=at(date(2024, 4, 1)))
    plan = plan_refresher(version, DUE, at=at(ASKED))
    assert plan.people == {survivor.pk}
    assert impact_of(plan).turning == 1
    ask(version)
    assert (state(survivor, DUE), state(survivor, AFTER)) == (Standing.TRAINED, Standing.RETRAIN)


def test_the_impact_is_what_the_definition_says_the_day_after(province, course, version):
    trained(province, course, number=1)
    trained(province, course)
    trained(province, course, number=2, on=PUBLISHED)
    refreshed = trained(province, course, number=1)
    complete(refreshed, course, number=2, on=date(2024, 5, 5))
    away = trained(province, course, number=1)
    f.make_leave(away, valid_from=date(2024, 6, 1))
    half = province.person("51002")  # does not hold the other course: turns, and is no loss
    complete(half, course, number=1, on=date(2024, 3, 1))
    lapsed = province.person("51002")  # needs retraining already
    complete(lapsed, course, number=1, on=date(2024, 3, 1))
    f.make_completion(
        lapsed, province.courses[1], valid_from=date(2024, 1, 5), valid_to=date(2024, 2, 1)
    )
    unneeded = f.make_person()
    complete(unneeded, course, number=1, on=date(2024, 3, 1))
    plan = plan_refresher(version, DUE, at=at(ASKED))
    assert (len(plan.people), len(plan.refreshed), len(plan.completions)) == (6, 2, 7)
    impact = impact_of(plan)
    assert (impact.counted, impact.trained, impact.turning, impact.losing) == (6, 4, 3, 2)
    before = figures(find_root(AFTER), AFTER).total
    assert (before.numerator, before.needs_retraining) == (4, 1)
    ask(version)
    after = figures(find_root(AFTER), AFTER).total
    assert before.numerator - after.numerator == impact.losing
    assert after.needs_retraining - before.needs_retraining == impact.turning


# Refusals ---------------------------------------------------------------------------------------
def test_what_is_refused_writes_nothing(province, course, version):
    with pytest.raises(NothingToAsk):
        ask(version)
    trained(province, course, number=1)
    with pytest.raises(DueInThePast):
        ask(version, due=ASKED - timedelta(days=1))
    with pytest.raises(DueBeforeVersion):
        ask(version, due=PUBLISHED - timedelta(days=1), on=PUBLISHED - timedelta(days=2))
    with pytest.raises(ReasonMissing):
        ask_refresher(version, due_on=DUE, reason=" ", actor=None, at=at(ASKED))
    assert find_batch(version) is None
    assert not Completion.objects.filter(valid_to=AFTER).exists()
    ask(version, due=ASKED)
    with pytest.raises(AlreadyAsked):
        ask(version)
    version.refresh_from_db()
    assert version.refresher_due_on == ASKED
    assert AuditEntry.objects.filter(action="course.ask_refresher").count() == 1


# Taking it back ---------------------------------------------------------------------------------
def test_undo_brings_back_the_old_ends(province, course, version):
    person = trained(province, course, number=1)
    limited = trained(province, course, valid_to=date(2026, 3, 2))
    batch = ask(version)
    assert (ends(person, course), ends(limited, course)) == ([AFTER], [AFTER])
    batches.undo(batch, actor=None, at=at(ASKED + timedelta(days=1)))
    assert (ends(person, course), ends(limited, course)) == ([FAR], [date(2026, 3, 2)])
    assert state(person, AFTER) is Standing.TRAINED
    # In between the portal knew the refresher.
    versions = Completion.objects.filter(person=person, course=course)
    assert versions.known_on(ASKED).get().valid_to == AFTER
    version.refresh_from_db()
    assert (version.refresher_due_on, find_batch(version)) == (None, None)
    ask(version, due=DUE + timedelta(days=1), on=ASKED + timedelta(days=1))
    assert ends(person, course) == [AFTER + timedelta(days=1)]


def test_what_was_recorded_since_gets_the_end_of_its_rule_by_the_undo(province, course, version):
    trained(province, course, number=1)
    batch = ask(version)
    late = province.person("51002")
    recognise(late, course, date(2024, 3, 5))
    gone = province.person("51002")
    taken = recognise(gone, course, date(2024, 3, 5))
    withdraw_completion(
        taken,
        effective_on=date(2024, 4, 1),
        reason="Nhầm",
        actor=f.make_user(f.make_person()),
        at=at(date(2024, 6, 20)),
    )
    assert (ends(late, course), ends(gone, course)) == ([AFTER], [date(2024, 4, 1)])
    batches.undo(batch, actor=None, at=at(date(2024, 7, 1)))
    assert (ends(late, course), ends(gone, course)) == ([FAR], [date(2024, 4, 1)])


# Recorded after it was asked --------------------------------------------------------------------
def recognise(person, course, last_day: date):
    officer = f.make_user(f.make_person())
    claim = Claim("Lớp", "Bộ", last_day, last_day, 16, "15/QĐ", course)
    training = hand_in(
        person, claim, read_evidence(picture()), actor=officer, at=at(date(2024, 6, 1))
    )
    check(training, comment="", actor=officer, at=at(date(2024, 6, 5)))
    return approve(training, course=course, actor=officer, at=at(date(2024, 6, 10)))


@pytest.mark.parametrize(
    ("last_day", "end"), ((PUBLISHED - timedelta(days=1), AFTER), (PUBLISHED, FAR))
)
def test_a_training_recognised_later_is_asked_by_its_day(province, course, version, last_day, end):
    trained(province, course, number=1)
    ask(version)
    assert recognise(province.person("51001"), course, last_day).valid_to == end


@pytest.mark.parametrize(("due", "held"), ((date(2024, 3, 4), True), (date(2024, 3, 3), False)))
def test_a_round_on_the_older_version_gives_what_lasts_to_the_due_day(
    province, due, held, django_capture_on_commit_callbacks
):
    """Its last condition happens on 4 March."""
    small = make_small_course()
    person, other = province.person("51001"), province.person("51001")
    day = date(2024, 2, 1)
    old = enrol(person, small.page, actor=None, at=at(day))
    complete(other, small.page, number=1, on=day)
    version = publish(small.page, day)
    assert plan_refresher(version, due, at=at(day)).older_rounds == 1
    batch = ask(version, due=due, on=day)
    told = []

    def hear(sender, completion, **kwargs):
        told.append(completion.pk)

    course_completed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            meet_all(small, old)
            settle(old, actor=None, at=at(date(2024, 3, 6)))
    finally:
        course_completed.disconnect(hear)
    made = Completion.objects.get(enrolment=old)
    assert (made.valid_from, made.valid_to) == (date(2024, 3, 4), date(2024, 3, 5 if held else 4))
    assert (made.valid_from < made.valid_to, made.pk in told) == (held, held)
    # The certificate is made on completion; what was never held is not looked for either.
    assert Certificate.objects.filter(person=person).exists() == held
    assert not missing_certificates().filter(person=person).exists()
    batches.undo(batch, actor=None, at=at(date(2024, 3, 7)))
    assert ends(person, small.page) == [FAR]


# The learner ------------------------------------------------------------------------------------
def test_the_refresher_may_be_begun_at_once_and_the_desk_says_by_when(province):
    """The due day is further off than a renewal near its end would allow."""
    today = timezone.localdate()
    due = today + timedelta(days=200)
    small = make_small_course()
    f.make_requirement(province.groups["xa"], small.page)
    person = province.person("51001")
    complete(person, small.page, number=1, on=date(2024, 3, 1))
    version = publish(small.page, today)
    assert not standings(person, [small.page], at=timezone.now())[small.page.pk].may_begin
    ask_refresher(version, due_on=due, reason=WHY, actor=None, at=timezone.now())
    client = sign_in(f.make_user(person))
    for page in ("/viec-hoc/", small.page.get_url()):
        text = client.get(page).content.decode()
        assert f"{due:%d/%m/%Y}</time>: {WHY}" in text, page
    found = {each.course.pk: each for each in desk_of(person, at=timezone.now()).required}
    assert (found[small.page.pk].is_done, found[small.page.pk].standing.may_begin) == (True, True)
    client.post(f"{small.page.get_url()}bat-dau/")
    opened = Enrolment.objects.get(person=person, closed_at=None)
    assert (opened.round, opened.course_version) == (2, version)
    # Held and under way: the way on stands beside the due day.
    for page in ("/viec-hoc/", small.page.get_url()):
        text = client.get(page).content.decode()
        assert small.lessons[0].get_url() in text, page


# The command ------------------------------------------------------------------------------------
def run(*arguments: str) -> str:
    out = StringIO()
    call_command("ask_refresher", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_shows_asks_and_takes_back(province, course, version):
    person = trained(province, course, number=1)
    due = timezone.localdate() + timedelta(days=60)
    asking = (course.key, "--due", due.isoformat(), "--reason", WHY)
    said = run(*asking)
    assert "Số người được yêu cầu: 1; số kết quả hoàn thành sẽ hết giá trị: 1." in said
    assert "có thêm 1 người cần tập huấn lại" in said
    assert "Đã được tập huấn tính đến ngày đó: 1/1, trong đó sẽ giảm: 1." in said
    assert "Chưa ghi gì" in said
    assert ends(person, course) == [FAR]
    assert "Đã ghi." in run(*asking, "--execute")
    assert ends(person, course) == [due + timedelta(days=1)]
    with pytest.raises(CommandError, match="Đã có yêu cầu"):
        run(*asking)
    assert "Chưa ghi gì" in run(course.key, "--undo")
    assert ends(person, course) == [due + timedelta(days=1)]
    run(course.key, "--undo", "--execute")
    assert ends(person, course) == [FAR]
    with pytest.raises(CommandError, match="không có yêu cầu"):
        run(course.key, "--undo")


@pytest.mark.parametrize(
    ("arguments", "words"),
    (
        (("khong-co", "--due", "2026-06-30"), "khong-co"),
        (("KEY", "--due", "hôm qua", "--reason", WHY), "hôm qua"),
        (("KEY", "--due", "2024-06-30"), "--reason"),
        (("KEY", "--due", "2024-06-30", "--reason", WHY), "Hạn đã qua"),
    ),
)
def test_the_command_says_what_is_wrong(province, course, version, arguments, words):
    with pytest.raises(CommandError, match=words):
        run(*(course.key if each == "KEY" else each for each in arguments))
