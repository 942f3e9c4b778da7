"""The draw: papers of the four real banks meet the matrix; dates and reviews hide questions."""

from collections import Counter
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.models import Question, QuestionVersion
from courses.models import Attempt, AttemptQuestion
from courses.quizzes.attempts import start_attempt, submit_attempt
from courses.quizzes.draw import Bank, NotEnoughQuestions, is_usable, load_bank, seed_of
from lms.notices.models import Notice
from lms.people.models import User
from tests.courses.quizzing import (
    COURSES,
    NOW,
    make_learner,
    make_quiz_course,
    questions_of,
    starter,
    starter_version,
)
from tests.factories import make_person, make_role, make_unit, make_user

DAY = date(2026, 3, 2)


def starter_bank(course: str) -> Bank:
    source, questions = starter(course)
    versions = tuple(starter_version(pk, each) for pk, each in enumerate(questions, start=1))
    fixed = {pk for pk, each in enumerate(questions, start=1) if each["key"] in source["pre_test"]}
    matrix = {key: value for key, value in source["post_test"].items() if key not in {"count"}}
    # What a bank reads of a quiz; a page itself would ask the database for its type.
    quiz = SimpleNamespace(
        quiz_kind="post", question_count=source["post_test"]["count"], matrix=matrix
    )
    return Bank(quiz, versions, frozenset(fixed))


def faults_of(versions, *, bank: Bank) -> list[str]:
    """Count a paper against the matrix in plain Python; share nothing with the search."""
    matrix, faults = bank.quiz.matrix, []
    bodies = [version.body for version in versions]
    if len({version.question_id for version in versions}) != bank.quiz.question_count:
        faults.append("size")
    types = Counter(
        "ORD_OR_MAT" if body["type"] in {"ORD", "MAT"} else body["type"] for body in bodies
    )
    faults += [
        kind for kind, count in matrix["by_type"].items() if kind != "ANY" and types[kind] < count
    ]
    modules = Counter(body["module"] for body in bodies)
    faults += [
        module
        for module in {version.body["module"] for version in bank.versions}
        if modules[module] < matrix["min_per_module"]
    ]
    for flag in ("safety", "confidentiality", "validity"):
        if sum(body["flags"][flag] for body in bodies) < matrix[f"min_{flag}"]:
            faults.append(flag)
    if sum(version.question_id in bank.fixed for version in versions) > matrix["max_from_pre_test"]:
        faults.append("pre_test")
    faults += ["review" for body in bodies if body["review_status"] == "needed"]
    return faults


@pytest.mark.parametrize("course", COURSES)
@given(seed=st.integers(min_value=0), rounds=st.integers(min_value=1, max_value=4))
def test_every_paper_of_a_starter_bank_meets_the_matrix(course, seed, rounds):
    bank = starter_bank(course)
    seen: set[int] = set()
    for number in range(rounds):
        paper = bank.draw(seed=f"{seed}:{number}", day=DAY, seen=frozenset(seen))
        assert (faults_of(paper.versions, bank=bank), paper.relaxed) == ([], ())
        seen |= {version.question_id for version in paper.versions}


@pytest.mark.parametrize("course", COURSES)
def test_a_retake_repeats_as_little_as_the_bank_allows(course):
    """The greedy hope of no repeats fails in a bank of sixteen; eight or nine of ten may repeat."""
    bank = starter_bank(course)
    first = bank.draw(seed="1", day=DAY, seen=frozenset())
    seen = frozenset(version.question_id for version in first.versions)
    repeats = {
        sum(
            version.question_id in seen
            for version in bank.draw(seed=f"{seed}", day=DAY, seen=seen).versions
        )
        for seed in range(20)
    }
    # The fewest there can be: one number, whatever the chance.
    assert len(repeats) == 1
    assert repeats.pop() <= 9


def test_chance_decides_between_papers_and_the_seed_decides_chance():
    bank = starter_bank("nhan-dien")
    papers = [
        frozenset(v.question_id for v in bank.draw(seed=f"{n}", day=DAY, seen=()).versions)
        for n in range(30)
    ]
    assert len(set(papers)) > 15
    again = bank.draw(seed="7", day=DAY, seen=())
    assert [v.pk for v in again.versions] == [
        v.pk for v in bank.draw(seed="7", day=DAY, seen=()).versions
    ]
    assert seed_of(1, 2, 3) == seed_of(1, 2, 3) != seed_of(1, 2, 4)


def version(**body) -> QuestionVersion:
    return QuestionVersion(body={"review_status": "reviewed"} | body)


@pytest.mark.parametrize(
    ("first", "last", "day", "usable"),
    (
        (None, None, date(2024, 1, 1), True),
        ("2025-07-01", None, date(2025, 6, 30), False),
        ("2025-07-01", None, date(2025, 7, 1), True),
        (None, "2025-06-30", date(2025, 6, 30), True),
        (None, "2025-06-30", date(2025, 7, 1), False),
        ("2025-07-01", "2026-06-30", date(2026, 1, 1), True),
    ),
)
def test_a_question_hides_itself_outside_the_days_of_its_source(first, last, day, usable):
    each = version(in_force_from=first, in_force_to=last)
    assert is_usable(each, day, is_scored=True) is usable
    assert is_usable(each, day, is_scored=True, ignore_dates=True) is True


def test_a_question_to_be_reviewed_is_not_used_in_a_scored_test():
    each = version(review_status="needed")
    assert is_usable(each, DAY, is_scored=True) is False
    assert is_usable(each, DAY, is_scored=True, ignore_dates=True) is False
    assert is_usable(each, DAY, is_scored=False) is True


@pytest.mark.parametrize(
    ("course", "relaxed"), (("tam-ly", ()), ("ho-so", ("max_from_pre_test", "by_type")))
)
def test_a_paper_is_relaxed_in_the_order_of_the_rules_and_says_so(course, relaxed):
    """In 2024 the questions about the law of 2025 are hidden."""
    paper = starter_bank(course).draw(seed="1", day=date(2024, 6, 1), seen=())
    assert (len(paper.versions), paper.relaxed) == (10, relaxed)


@pytest.mark.parametrize(("course", "found"), (("nhan-dien", 7), ("phap-ly", 5)))
def test_too_few_questions_in_force_are_no_paper_unless_dates_are_ignored(course, found):
    bank = starter_bank(course)
    with pytest.raises(NotEnoughQuestions) as refused:
        bank.draw(seed="1", day=date(2024, 6, 1), seen=())
    assert (refused.value.found, refused.value.needed) == (found, 10)
    paper = bank.draw(seed="1", day=date(2024, 6, 1), seen=(), ignore_dates=True)
    assert (faults_of(paper.versions, bank=bank), paper.relaxed) == ([], ())


@pytest.mark.django_db
def test_a_paper_is_frozen_with_versions_modules_and_shuffled_options():
    quiz_course = make_quiz_course()
    learner = make_learner(quiz_course)
    attempt = start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW)
    questions = questions_of(attempt)
    assert [each.position for each in questions] == list(range(1, 11))
    for each in questions:
        body = each.question_version.body
        assert each.question_version_id == each.question.latest_version_id
        assert each.module_id == body["module"]
        keys = [option["key"] for option in body["options"]]
        assert sorted(each.option_order) == keys
        if body["type"] == "ORD":
            assert each.option_order != body["answer"]
    assert attempt.relaxed == []
    assert any(each.option_order != sorted(each.option_order) for each in questions)


@pytest.mark.django_db
def test_the_pre_test_asks_the_fixed_questions_in_their_order():
    quiz_course = make_quiz_course()
    learner = make_learner(quiz_course, ready=False)
    attempt = start_attempt(learner.enrolment, quiz_course.pre, actor=learner.user, at=NOW)
    fixed = sorted(quiz_course.questions[:6], key=lambda question: question.key)
    assert [each.question_id for each in questions_of(attempt)] == [each.pk for each in fixed]


@pytest.mark.django_db
def test_inactive_questions_other_courses_and_older_versions_are_not_drawn():
    quiz_course, other = make_quiz_course(), make_quiz_course()
    hidden = quiz_course.questions[6]
    hidden.live = False
    hidden.save(update_fields=["live"])
    changed = quiz_course.questions[7]
    newer = QuestionVersion.objects.create(
        question=changed,
        number=2,
        body=changed.latest_version.body,
        sha256="1" * 64,
        published_at=NOW,
    )
    changed.latest_version = newer
    changed.save(update_fields=["latest_version"])
    bank = load_bank(quiz_course.post)
    ids = {each.question_id for each in bank.versions}
    assert ids == {each.pk for each in quiz_course.questions} - {hidden.pk}
    assert newer.pk in {each.pk for each in bank.versions}
    assert bank.fixed == frozenset(each.pk for each in quiz_course.questions[:6])
    assert load_bank(other.post).fixed.isdisjoint(bank.fixed)


@pytest.mark.django_db
def test_a_start_is_refused_with_fewer_than_ten_questions_and_costs_no_attempt():
    quiz_course = make_quiz_course()
    learner = make_learner(quiz_course)
    for question in quiz_course.questions[9:]:
        question.live = False
        question.save(update_fields=["live"])
    with pytest.raises(NotEnoughQuestions):
        start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW)
    assert (Attempt.objects.count(), AttemptQuestion.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_what_had_to_be_given_up_is_stored_with_the_attempt():
    quiz_course = make_quiz_course()
    learner = make_learner(quiz_course)
    for question in quiz_course.questions:
        if question.type == "SA":
            question.live = False
            question.save(update_fields=["live"])
    attempt = start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW)
    assert attempt.relaxed == ["max_from_pre_test", "by_type"]
    assert Attempt.objects.get().relaxed == ["max_from_pre_test", "by_type"]


def make_editor(name: str, **fields: Any) -> User:
    person = make_person(full_name=name)
    user = make_user(person, **fields)
    make_role(user, "content_editor", unit=make_unit())
    return user


@pytest.mark.django_db
def test_editors_are_told_once_a_day_of_a_relaxed_draw_and_of_an_empty_bank():
    quiz_course = make_quiz_course()
    editor = make_editor("Võ Thị Biên", email="bien@example.vn")
    make_editor("Không Có Thư")
    learners = [make_learner(quiz_course) for _ in range(3)]
    for question in quiz_course.questions:
        if question.type == "SA":
            question.live = False
            question.save(update_fields=["live"])

    def start(learner, at):
        return start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=at)

    start(learners[0], NOW)
    start(learners[1], NOW + timedelta(hours=1))
    notice = Notice.objects.get()
    assert (notice.recipient, notice.kind) == (editor, "bank-relaxed")
    assert quiz_course.post.title in notice.subject
    assert "câu của bài đầu khóa có thể lặp lại; số câu của từng loại" in notice.body
    start(learners[2], NOW + timedelta(days=1))
    assert Notice.objects.count() == 2

    for question in quiz_course.questions:
        question.live = False
        question.save(update_fields=["live"])
    late = make_learner(quiz_course)
    with pytest.raises(NotEnoughQuestions):
        start(late, NOW)
    told = Notice.objects.get(kind="bank-empty")
    assert "0/10" in told.body


@pytest.mark.django_db
def test_a_history_tells_nobody():
    quiz_course = make_quiz_course()
    make_editor("Võ Thị Biên", email="bien@example.vn")
    learner = make_learner(quiz_course)
    Question.objects.filter(type="SA").update(live=False)
    start_attempt(
        learner.enrolment, quiz_course.post, actor=learner.user, at=NOW, ignore_dates=True
    )
    assert Notice.objects.count() == 0


@pytest.mark.django_db
def test_the_next_attempt_asks_other_questions_as_far_as_possible():
    quiz_course = make_quiz_course()
    learner = make_learner(quiz_course)
    papers = []
    for _ in range(2):
        attempt = start_attempt(learner.enrolment, quiz_course.post, actor=learner.user, at=NOW)
        papers.append({each.question_id for each in questions_of(attempt)})
        submit_attempt(attempt, actor=learner.user, at=NOW)
    assert len(papers[0] & papers[1]) < 10
    # The six unseen ones are all asked, unless the matrix forbids one of them.
    unseen = {each.pk for each in quiz_course.questions} - papers[0]
    assert len(papers[1] & unseen) >= 4
