"""The pages of a quiz, as a browser without JavaScript uses them, and the autosave beside them."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.models import AnswerStep, Attempt, Enrolment
from courses.quizzes.attempts import save_answers, start_attempt, submit_attempt
from lms.people.models.accounts import Role
from tests.courses.quizzing import (
    NOW,
    answers_for,
    form_data,
    make_learner,
    make_quiz_course,
    questions_of,
)
from tests.factories import make_person, make_question, make_role, make_unit, make_user
from tests.world import give_device, sign_in

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


class Clock:
    """The server's clock, as views and web sessions read it."""

    def __init__(self):
        self.at = NOW

    def __call__(self):
        return self.at

    def move_to(self, at):
        self.at = at


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def quiz_course():
    return make_quiz_course()


@pytest.fixture
def learner(quiz_course):
    return make_learner(quiz_course)


@pytest.fixture
def page(client, learner):
    sign_in(client, learner.user)
    return client


def intro(quiz_course, quiz):
    return reverse("quiz", args=[quiz_course.course.slug, quiz.slug])


@pytest.fixture
def attempt(page, quiz_course, learner):
    return start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW)


def text_of(response):
    body = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(body.split())


def test_the_whole_way_from_the_rules_to_the_result(page, quiz_course, learner):
    address = intro(quiz_course, quiz_course.post)
    rules = page.get(address)
    assert (rules.status_code, rules.context["may_start"]) == (200, True)
    started = page.post(address)
    attempt = Attempt.objects.get()
    assert (started.status_code, started.url) == (303, reverse("attempt", args=[attempt.pk]))
    paper = page.get(started.url)
    assert paper.status_code == 200
    data = form_data(attempt, answers_for(attempt, right=8), submit="1", f2="1")
    asked = page.post(started.url, data)
    assert (asked.status_code, asked.url) == (303, reverse("attempt_submit", args=[attempt.pk]))
    last_look = page.get(asked.url)
    assert [each.position for each in last_look.context["flagged"]] == [2]
    assert last_look.context["open"] == []
    done = page.post(asked.url)
    assert (done.status_code, done.url) == (303, reverse("attempt_result", args=[attempt.pk]))
    result = page.get(done.url)
    assert result.status_code == 200
    stored = Attempt.objects.get()
    assert (stored.score_percent, stored.passed) == (Decimal("80.00"), True)
    assert len(result.context["feedback"]) == 10
    # Every later way to the paper leads to the result.
    for name in ("attempt", "attempt_submit"):
        again = page.get(reverse(name, args=[attempt.pk]))
        assert (again.status_code, again.url) == (302, done.url)
    assert page.post(asked.url).url == done.url
    assert page.post(started.url, data).url == done.url


def test_each_type_of_question_is_drawn_with_its_stored_answer(page, quiz_course, learner):
    # Every question of the bank, so that all six types are on the page.
    quiz_course.pre.fixed_questions.set(quiz_course.questions)
    quiz_course.pre.save()
    fresh = make_learner(quiz_course, ready=False)
    sign_in(page, fresh.user)
    page.post(intro(quiz_course, quiz_course.pre))
    attempt = Attempt.objects.get()
    answers = answers_for(attempt)
    assert {q.question_version.body["type"] for q in questions_of(attempt)} == {
        "SC",
        "MC",
        "TF",
        "ORD",
        "MAT",
        "SA",
    }
    response = page.post(
        reverse("attempt", args=[attempt.pk]), form_data(attempt, answers, save="1"), follow=True
    )
    assert response.context["answered_count"] == 16
    html = response.content.decode()
    stored = {q.position: q for q in questions_of(attempt)}
    # What the browser would post from this page is what is stored: nothing would change.
    checked = len(re.findall(r"<input[^>]*type=\"(?:radio|checkbox)\"[^>]* checked", html))
    assert checked == sum(
        len(q.response) if q.question_version.body["type"] == "MC" else 1
        for q in stored.values()
        if q.question_version.body["type"] in {"SC", "MC", "TF"}
    )
    assert html.count(" selected>") == sum(
        len(q.response)
        for q in stored.values()
        if q.question_version.body["type"] in {"ORD", "MAT"}
    )
    assert html.count("<select") == 3 + 2
    assert html.count("<h1") == 1
    # Every control has a name that a screen reader finds.
    assert set(re.findall(r"<select class=\"in\" id=\"([^\"]+)\"", html)) == set(
        re.findall(r"<label for=\"(q\d+-[^\"]+)\"", html)
    )


def test_the_right_answers_are_not_in_the_page_before_they_may_be(page, attempt):
    html = page.get(reverse("attempt", args=[attempt.pk])).content.decode()
    assert "Vì vậy." not in html
    failed = submit_attempt(attempt, actor=None, at=NOW)
    result = page.get(reverse("attempt_result", args=[failed.pk]))
    assert "Vì vậy." not in result.content.decode()
    assert result.context["feedback"] == []


def test_a_failed_attempt_names_the_modules_to_read_again(page, quiz_course, learner, attempt):
    questions = questions_of(attempt)
    module = questions[0].module_id
    answers = answers_for(attempt)
    wrong = answers_for(attempt, right=0)
    answers |= {q.position: wrong[q.position] for q in questions if q.module_id == module}
    answers |= {q.position: None for q in questions[-4:]}
    save_answers(attempt, answers, revision=0, actor=None, at=NOW)
    submit_attempt(attempt, actor=None, at=NOW)
    result = page.get(reverse("attempt_result", args=[attempt.pk]))
    course_url = reverse("course", args=[quiz_course.course.slug])
    titles = {each.pk: each.title for each in quiz_course.modules}
    assert (titles[module], f"{course_url}#hoc-phan-{module}") in result.context["weak_modules"]


def test_answers_are_shown_with_their_sources_when_all_attempts_are_used(
    page, quiz_course, learner, clock
):
    for hours in range(3):
        at = NOW + timedelta(hours=hours)
        attempt = start_attempt(learner.enrolment, quiz_course.post, actor=None, at=at)
        submit_attempt(attempt, actor=None, at=at)
    clock.move_to(NOW + timedelta(hours=4))
    result = page.get(reverse("attempt_result", args=[attempt.pk]))
    assert len(result.context["feedback"]) == 10
    assert "Vì vậy." in result.content.decode()
    rules = page.get(intro(quiz_course, quiz_course.post))
    assert (rules.context["may_start"], rules.context["reason"]) == (False, "no_starts_left")
    assert "01/04/2026" in text_of(rules)
    refused = page.post(intro(quiz_course, quiz_course.post))
    assert (refused.status_code, refused.url) == (303, intro(quiz_course, quiz_course.post))
    assert Attempt.objects.count() == 3


def test_the_pre_test_opens_the_round_and_shows_no_answers(client, quiz_course):
    person = make_person()
    sign_in(client, make_user(person))
    started = client.post(intro(quiz_course, quiz_course.pre))
    assert started.status_code == 303
    attempt = Attempt.objects.get()
    assert Enrolment.objects.get(person=person).attempts.get() == attempt
    client.post(reverse("attempt_submit", args=[attempt.pk]))
    result = client.get(reverse("attempt_result", args=[attempt.pk]))
    assert (result.context["feedback"], result.context["weak_modules"]) == ([], [])
    assert "0 /6" in text_of(result).replace("0/", "0 /")
    taken = client.get(intro(quiz_course, quiz_course.pre))
    assert (taken.context["may_start"], taken.context["reason"]) == (False, "taken")


def test_a_post_test_without_a_round_is_explained_and_not_started(client, quiz_course):
    sign_in(client, make_user(make_person()))
    rules = client.get(intro(quiz_course, quiz_course.post))
    assert (rules.context["may_start"], rules.context["reason"]) == (False, "lessons_missing")
    assert client.post(intro(quiz_course, quiz_course.post)).status_code == 303
    assert (Attempt.objects.count(), Enrolment.objects.count()) == (0, 0)


def test_an_account_without_a_staff_member_reads_the_rules_only(client, quiz_course):
    sign_in(client, make_user())
    rules = client.get(intro(quiz_course, quiz_course.pre))
    assert (rules.status_code, rules.context["may_start"]) == (200, False)
    assert client.post(intro(quiz_course, quiz_course.pre)).status_code == 200
    assert Attempt.objects.count() == 0


def test_too_few_questions_are_told_and_cost_no_attempt(page, quiz_course, learner):
    for question in quiz_course.questions[9:]:
        question.live = False
        question.save(update_fields=["live"])
    response = page.post(intro(quiz_course, quiz_course.post), follow=True)
    assert response.status_code == 200
    assert Attempt.objects.count() == 0
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("name", ("attempt", "attempt_submit", "attempt_result"))
@pytest.mark.parametrize("method", ("get", "post"))
def test_nobody_else_finds_an_attempt_whatever_the_role(client, quiz_course, attempt, name, method):
    unit = make_unit()
    head = give_device(make_user(make_person()))
    make_role(head, "province_manager", unit=unit)
    for user in (make_learner(quiz_course).user, head, make_user()):
        sign_in(client, user)
        response = getattr(client, method)(reverse(name, args=[attempt.pk]))
        assert response.status_code == (
            405 if (name, method) == ("attempt_result", "post") else 404
        )
    client.logout()
    response = getattr(client, method)(reverse(name, args=[attempt.pk]))
    assert response.url.startswith("/dang-nhap/")
    assert Attempt.objects.get().status == "in_progress"


@pytest.mark.parametrize("key", (0, 99, 2**63, 10**40))
def test_an_unknown_attempt_is_404(page, key):
    assert page.get(f"/luot-lam-bai/{key}/").status_code == 404


def test_attempt_pages_are_not_stored_by_browsers(page, attempt):
    for name in ("attempt", "attempt_submit"):
        assert "no-store" in page.get(reverse(name, args=[attempt.pk]))["Cache-Control"]
    submit_attempt(attempt, actor=None, at=NOW)
    result = page.get(reverse("attempt_result", args=[attempt.pk]))
    assert "no-store" in result["Cache-Control"]


def test_a_module_keeps_its_address_beside_the_quizzes(page, quiz_course):
    module = quiz_course.modules[0]
    response = page.get(f"/khoa-hoc/{quiz_course.course.slug}/{module.slug}/")
    assert response.status_code in {301, 302}
    assert page.get(f"/khoa-hoc/{quiz_course.course.slug}/khong-co/").status_code == 404
    assert page.get(f"/khoa-hoc/khong-co/{quiz_course.post.slug}/").status_code == 404


def odd_inputs(question):
    name = f"q{question.position}"
    return {
        "SC": {name: ["A", "B"]},
        "MC": {name: ["Z", "\x00"]},
        "TF": {name: "maybe"},
        "ORD": {f"{name}-1": "99"},
        "MAT": {f"{name}-1": "x" * 10_000},
        "SA": {name: "x" * 10_000},
    }[question.question_version.body["type"]]


@pytest.mark.parametrize("kind", ("SC", "MC", "TF", "ORD", "MAT", "SA"))
def test_an_odd_input_is_refused_beside_its_question_and_the_others_are_saved(
    page, quiz_course, kind
):
    make_question(quiz_course.modules[0], type=kind)
    quiz_course.pre.fixed_questions.set(quiz_course.questions)
    quiz_course.pre.save()
    learner = make_learner(quiz_course, ready=False)
    sign_in(page, learner.user)
    attempt = start_attempt(learner.enrolment, quiz_course.pre, actor=learner.user, at=NOW)
    odd = next(q for q in questions_of(attempt) if q.question_version.body["type"] == kind)
    answers = answers_for(attempt)
    del answers[odd.position]
    data = form_data(attempt, answers) | odd_inputs(odd)
    response = page.post(reverse("attempt", args=[attempt.pk]), data)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [odd.position]
    assert f'href="#cau-{odd.position}"' in response.content.decode()
    stored = {q.position: q.response is not None for q in questions_of(attempt)}
    assert stored == {position: position != odd.position for position in stored}
    # The page is as new as the save: it can be sent again.
    assert 'name="revision" value="1"' in response.content.decode()


def test_a_text_that_is_refused_is_shown_again(page, quiz_course, attempt):
    question = next(q for q in questions_of(attempt) if q.question_version.body["type"] == "SA")
    data = form_data(attempt, {question.position: "câu trả lời " * 40})
    response = page.post(reverse("attempt", args=[attempt.pk]), data)
    field = response.context["fields"][question.position - 1]
    assert field.text.startswith("câu trả lời câu trả lời")
    assert field.error


@pytest.mark.parametrize("revision", ("", "x", "-1", "99999999999999999999", "٣", "7"))
def test_a_page_of_an_unknown_revision_is_stale(page, attempt, revision):
    data = form_data(attempt, answers_for(attempt)) | {"revision": revision}
    response = page.post(reverse("attempt", args=[attempt.pk]), data)
    assert (response.status_code, response.context["is_stale"]) == (409, True)
    assert AnswerStep.objects.count() == 0


def test_a_stale_tab_is_told_what_it_had_and_the_newer_answers_stay(page, attempt):
    address = reverse("attempt", args=[attempt.pk])
    newer, older = answers_for(attempt), answers_for(attempt, right=0)
    page.post(address, form_data(attempt, newer))
    response = page.post(address, form_data(attempt, older, submit="1"))
    assert response.status_code == 409
    assert all(field.other for field in response.context["fields"])
    assert 'name="revision" value="1"' in response.content.decode()
    assert submit_attempt(attempt, actor=None, at=NOW).score_percent == Decimal("100.00")
    # The same page sent twice is not stale.


def test_a_page_sent_twice_is_saved_once(page, attempt):
    address = reverse("attempt", args=[attempt.pk])
    data = form_data(attempt, answers_for(attempt), save="1")
    assert [page.post(address, data).status_code for _ in range(2)] == [303, 303]
    assert AnswerStep.objects.count() == 10


def test_a_request_that_lost_a_part_of_itself_empties_no_answer(page, attempt):
    address = reverse("attempt", args=[attempt.pk])
    page.post(address, form_data(attempt, answers_for(attempt)))
    page.post(address, {"revision": 1, "asked": ["1"]})
    stored = [q.response is not None for q in questions_of(attempt)]
    assert stored == [False] + [True] * 9


def test_autosave_answers_in_json(page, attempt, clock):
    address = reverse("attempt", args=[attempt.pk])
    data = form_data(attempt, {1: answers_for(attempt)[1]})
    saved = page.post(address, data, headers=JSON)
    assert (saved.status_code, saved.json()) == (
        200,
        {"revision": 1, "saved_at": "10:00", "errors": {}},
    )
    stale = page.post(address, form_data(attempt, answers_for(attempt, right=0)), headers=JSON)
    assert (stale.status_code, stale.json()) == (409, {"stale": True})
    clock.move_to(attempt.deadline_at)
    attempt.revision = 1
    over = page.post(address, form_data(attempt, answers_for(attempt, right=0)), headers=JSON)
    assert (over.status_code, over.json()) == (410, {"over": True})


def test_a_late_page_is_told_so_and_an_attempt_past_its_end_reads_as_finished(page, attempt, clock):
    save_answers(attempt, answers_for(attempt, right=9), revision=0, actor=None, at=NOW)
    clock.move_to(attempt.deadline_at)
    address = reverse("attempt", args=[attempt.pk])
    assert page.get(address).url == reverse("attempt_result", args=[attempt.pk])
    result = page.get(reverse("attempt_result", args=[attempt.pk]))
    assert (result.context["attempt"].passed, result.context["is_late"]) == (True, True)
    # A GET writes nothing, however late it is.
    assert Attempt.objects.get().status == "in_progress"
    late = page.post(
        address, form_data(attempt, answers_for(attempt, right=0)) | {"revision": 1}, follow=True
    )
    assert late.status_code == 200
    stored = Attempt.objects.get()
    assert (stored.status, stored.score_percent, stored.submitted_at) == (
        "finished",
        Decimal("90.00"),
        attempt.deadline_at,
    )


def test_the_device_has_no_say_in_time(page, learner, attempt, clock):
    clock.move_to(NOW + timedelta(minutes=6, seconds=59))
    paper = page.get(reverse("attempt", args=[attempt.pk]))
    assert (paper.context["seconds_left"], paper.context["minutes_left"]) == (1081, 19)
    # The server's clock went back: never more time than there was, and nothing negative.
    clock.move_to(NOW - timedelta(hours=1))
    assert page.get(reverse("attempt", args=[attempt.pk])).status_code == 200
    clock.move_to(NOW + timedelta(days=365))
    sign_in(page, learner.user)
    assert page.get(reverse("attempt", args=[attempt.pk])).url.endswith("/ket-qua/")


@pytest.mark.parametrize("role", ("", Role.UNIT_FOCAL))
@pytest.mark.parametrize(("questions", "bound"), ((6, 10), (40, 10)))
def test_queries_of_a_paper_do_not_grow_with_its_questions(
    page, quiz_course, questions, bound, role, django_assert_max_num_queries
):
    more = [make_question(quiz_course.modules[0]) for _ in range(questions - 6)]
    quiz_course.pre.fixed_questions.set([*quiz_course.questions[:6], *more])
    quiz_course.pre.save()
    learner = make_learner(quiz_course, ready=False)
    if role:
        make_role(learner.user, role, unit=make_unit())
        give_device(learner.user)
    sign_in(page, learner.user)
    attempt = start_attempt(learner.enrolment, quiz_course.pre, actor=learner.user, at=NOW)
    address = reverse("attempt", args=[attempt.pk])
    page.get(address)
    with django_assert_max_num_queries(bound):
        assert len(page.get(address).context["fields"]) == questions
    data = form_data(attempt, answers_for(attempt), save="1")
    with AssertStatements(12):
        page.post(address, data)
    assert AnswerStep.objects.count() == questions
    one = form_data(attempt, answers_for(attempt) | {1: None}) | {"revision": 1}
    with AssertStatements(6):
        assert page.post(address, one, headers=JSON).status_code == 200
    with AssertStatements(20):
        page.post(reverse("attempt_submit", args=[attempt.pk]))
    with AssertStatements(16):
        page.get(reverse("attempt_result", args=[attempt.pk]))


@pytest.mark.parametrize("attempts", (1, 3))
def test_queries_of_the_rules_do_not_grow_with_attempts(page, quiz_course, learner, attempts):
    for hours in range(attempts):
        at = NOW - timedelta(hours=10 - hours)
        submit_attempt(
            start_attempt(learner.enrolment, quiz_course.post, actor=None, at=at), actor=None, at=at
        )
    address = intro(quiz_course, quiz_course.post)
    page.get(address)
    with AssertStatements(12):
        assert len(page.get(address).context["opening"].attempts) == attempts


class AssertStatements:
    """Count queries without those that open and close transactions; fail above ``bound``."""

    def __init__(self, bound):
        self.bound = bound

    def __enter__(self):
        self.captured = CaptureQueriesContext(connection)
        self.captured.__enter__()

    def __exit__(self, *failure):
        self.captured.__exit__(*failure)
        if failure[0] is not None:
            return
        counted = [
            query["sql"]
            for query in self.captured.captured_queries
            if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK"))
        ]
        listing = "\n".join(counted)
        assert len(counted) <= self.bound, f"{len(counted)} queries:\n{listing}"
