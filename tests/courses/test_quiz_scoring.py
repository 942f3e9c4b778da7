"""What an answer is worth, by type, and what is not an answer at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.models import AttemptQuestion
from courses.quizzes.history import right_answer, wrong_answer
from courses.quizzes.review import modules_to_read_again, right_response, words_of
from courses.quizzes.scoring import (
    InvalidResponse,
    fraction_of,
    is_answered,
    read_response,
    score_of,
)
from tests.courses.quizzing import COURSES, starter, starter_version


def body(kind, answer, keys="ABCD", matches=()):
    texts = matches or [""] * len(keys)
    return {
        "type": kind,
        "options": [
            {"key": key, "text": f"Ý {key}", "match": match}
            for key, match in zip(keys, texts, strict=True)
        ],
        "answer": answer,
    }


SC = body("SC", "B")
MC = body("MC", ["A", "C"])
TF = body("TF", False, keys="")
ORD = body("ORD", [2, 3, 1], keys="123")
MAT = body("MAT", {"1": "1", "2": "2", "3": "3"}, keys="123", matches=["a", "b", "b"])
SA = body("SA", ["Điều 3", "khoản 10 điều 3"], keys="")
DAYS = body("SA", ["3", "03", "ba", "3 ngày"], keys="")


@pytest.mark.parametrize(
    ("question", "sent", "fraction"),
    (
        (SC, "B", 1),
        (SC, ["B"], 1),
        (SC, "A", 0),
        (SC, "", 0),
        (SC, None, 0),
        (MC, ["A", "C"], 1),
        (MC, ["C", "A", "A"], 1),
        (MC, ["A"], 0),
        (MC, ["A", "B", "C"], 0),
        (MC, [], 0),
        (TF, False, 1),
        (TF, "false", 1),
        (TF, ["true"], 0),
        (TF, True, 0),
        (TF, None, 0),
        (ORD, ["2", "3", "1"], 1),
        (ORD, [2, 3, 1], 1),
        (ORD, {"2": 1, "3": 2, "1": 3}, 1),
        (ORD, {"2": "1", "3": "2", "1": "3"}, 1),
        (ORD, ["1", "2", "3"], 0),
        (ORD, {"2": "1", "3": "2", "1": ""}, 0),
        (ORD, {"2": "1", "3": "1", "1": "1"}, 0),
        (ORD, {"1": "", "2": "", "3": ""}, 0),
        (MAT, {"1": "1", "2": "2", "3": "3"}, 1),
        # Two right sides say the same: either is right.
        (MAT, {"1": "1", "2": "3", "3": "2"}, 1),
        (MAT, {"1": "2", "2": "1", "3": "3"}, 0),
        (MAT, {"1": "1", "2": "2", "3": ""}, 0),
        (SA, "Điều 3", 1),
        (SA, "điều 3", 1),
        (SA, "DIEU 3", 1),
        (SA, "  dieu3 ", 1),
        (SA, "Điều 3.", 1),
        # The same words typed as base letters and combining marks.
        (SA, "Đie\u0302\u0300u 3", 1),
        (SA, "Điều\u00a03", 1),
        (SA, "Điều\u200b 3", 1),
        (SA, "Điều 30", 0),
        (SA, "---", 0),
        (SA, "\u200b", 0),
        (SA, "   ", 0),
        (DAYS, "03", 1),
        (DAYS, "3 Ngày", 1),
        (DAYS, "BA", 1),
        (DAYS, "33", 0),
    ),
)
def test_answer_is_worth(question, sent, fraction):
    assert fraction_of(question, read_response(question, sent)) == Decimal(fraction)


@pytest.mark.parametrize(
    ("question", "sent"),
    (
        (SC, "Z"),
        (SC, "b"),
        (SC, "B\x00"),
        (SC, ["A", "B"]),
        (SC, {"A": "B"}),
        (SC, True),
        (SC, 1.5),
        (MC, ["A", "Z"]),
        (MC, [["A"]]),
        (MC, [None]),
        (MC, "\x00"),
        (TF, "yes"),
        (TF, 1),
        (TF, ["true", "false"]),
        (TF, {"a": 1}),
        (ORD, "1"),
        (ORD, ["1", "2", "9"]),
        (ORD, {"1": "0"}),
        (ORD, {"1": "4"}),
        (ORD, {"1": "-1"}),
        (ORD, {"1": True}),
        (ORD, {"9": "1"}),
        (ORD, {"1": "1" * 10_000}),
        (MAT, ["1", "2", "3"]),
        (MAT, {"1": "9"}),
        (MAT, {"9": "1"}),
        (MAT, {"1": ["1", "2"]}),
        (SA, 3),
        (SA, ["a", "b"]),
        (SA, {"a": "b"}),
        (SA, "a" * 301),
        (SA, "a" * 10_000),
        (SA, "a\x1bb"),
        (SA, "\ud800"),
    ),
)
def test_what_is_no_answer_is_refused_with_words(question, sent):
    with pytest.raises(InvalidResponse) as refusal:
        read_response(question, sent)
    assert str(refusal.value.message)


def test_a_nul_in_a_short_answer_is_read_as_a_space():
    # A database refuses it, and no keyboard types it: nothing of the answer is lost.
    assert read_response(SA, "a\x00b") == "a b"


def test_reading_is_idempotent_and_ready_for_json():
    stored = {
        "MC": read_response(MC, ["C", "A"]),
        "ORD": read_response(ORD, ["2", "3", "1"]),
        "SA": read_response(SA, "  Đie\u0302\u0300u   3 "),
    }
    assert stored == {"MC": ["A", "C"], "ORD": {"2": 1, "3": 2, "1": 3}, "SA": "Điều 3"}
    assert [read_response(each, stored[each["type"]]) for each in (MC, ORD, SA)] == list(
        stored.values()
    )


@pytest.mark.parametrize(
    ("question", "response", "answered"),
    (
        (SC, None, False),
        (SC, "A", True),
        (ORD, {"1": 1, "2": 2}, False),
        (ORD, {"1": 1, "2": 2, "3": 2}, False),
        (ORD, {"1": 1, "2": 3, "3": 2}, True),
        (MAT, {"1": "1"}, False),
        (MAT, {"1": "1", "2": "1", "3": "1"}, True),
        (TF, False, True),
    ),
)
def test_a_question_is_answered_when_nothing_is_left_to_fill_in(question, response, answered):
    assert is_answered(question, response) is answered


@pytest.mark.parametrize(
    ("fractions", "mark", "percent", "passed"),
    (
        (["1"] * 7 + ["0"] * 3, 70, "70.00", True),
        (["1"] * 6 + ["0"] * 4, 70, "60.00", False),
        # 69.996 is cut to 69.99 and does not pass; no rounding helps anybody over the mark.
        (["1"] * 6 + ["0.9996"] + ["0"] * 3, 70, "69.99", False),
        (["1", "1", "0"], 66, "66.66", True),
        (["1", "1", "0"], 67, "66.66", False),
        (["1", None], 70, None, None),
        ([], 70, None, None),
        (["0"], 0, "0.00", True),
    ),
)
def test_score_of_a_paper(fractions, mark, percent, passed):
    score = score_of(
        [None if each is None else Decimal(each) for each in fractions], pass_mark_percent=mark
    )
    assert (score.percent, score.passed) == (percent and Decimal(percent), passed)


@given(
    st.lists(
        st.decimals(min_value=0, max_value=1, places=4, allow_nan=False), min_size=1, max_size=30
    ),
    st.integers(min_value=0, max_value=100),
)
def test_score_is_the_mean_and_passing_is_exact(fractions, mark):
    score = score_of(fractions, pass_mark_percent=mark)
    exact = 100 * sum(fractions) / len(fractions)
    assert 0 <= score.percent <= 100
    assert 0 <= exact - score.percent < Decimal("0.01")
    assert score.passed is (100 * sum(fractions) >= mark * len(fractions))
    # One more right answer in place of a worse one never lowers the score.
    better = score_of([Decimal(1), *fractions[1:]], pass_mark_percent=mark)
    assert better.percent >= score.percent


@given(st.text(max_size=400))
def test_any_text_is_an_answer_or_refused(text):
    try:
        response = read_response(SA, text)
    except InvalidResponse:
        return
    assert response is None or len(response) <= 300
    assert fraction_of(SA, response) in {Decimal(0), Decimal(1)}
    assert read_response(SA, response) == response


@pytest.mark.parametrize("course", COURSES)
def test_every_question_of_the_starter_banks_can_be_answered_right_and_wrong(course):
    for pk, source in enumerate(starter(course)[1], start=1):
        version = starter_version(pk, source)
        question = AttemptQuestion(question_version=version, question_id=pk)
        right = read_response(version.body, right_answer(question))
        wrong = read_response(version.body, wrong_answer(question))
        assert (fraction_of(version.body, right), fraction_of(version.body, wrong)) == (1, 0)
        assert is_answered(version.body, right)
        assert words_of(version.body, right)
        assert read_response(version.body, right_response(version.body)) == right


def test_answers_in_words():
    assert words_of(SC, "B") == ("Ý B",)
    assert words_of(MC, ["A", "C"]) == ("Ý A", "Ý C")
    assert words_of(TF, False) == ("Sai",)
    assert words_of(ORD, {"2": 1, "3": 2, "1": 3}) == ("1. Ý 2", "2. Ý 3", "3. Ý 1")
    assert words_of(MAT, {"1": "1", "3": "2"}) == ("Ý 1: a", "Ý 3: b")
    assert words_of(SA, "Điều 3") == ("Điều 3",)
    assert words_of(SA, None) == ()


def test_modules_to_read_again_are_those_with_more_than_half_wrong():
    fractions = {1: "1 0", 2: "0 0 1", 3: "0", 4: "1 1"}
    questions = [
        AttemptQuestion(module_id=module, fraction=Decimal(each))
        for module, each_of in fractions.items()
        for each in each_of.split()
    ]
    assert modules_to_read_again(questions) == [3, 2]
