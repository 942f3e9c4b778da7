"""The exact search for a paper, against a search that looks at everything."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.loading.sources import read_sources
from content.matrix import (
    MODULES,
    PRE_TEST,
    SUBJECTS,
    TYPES,
    Candidate,
    Matrix,
    NotEnoughQuestions,
    find_unmet,
    pick_paper,
)

SOURCES = read_sources()


def bank_of(course, *, is_demo=True):
    """The bank of a starter course as the draw sees it."""
    return [
        Candidate(
            id=each["key"],
            type=each["type"],
            module=each["module"],
            is_safety=each["safety"],
            is_confidentiality=each["confidentiality"],
            is_validity=each["validity"],
            in_pre_test=each["key"] in course.settings["pre_test"],
        )
        for each in course.questions
        if is_demo or not each["needs_review"]
    ]


def matrix_of(course):
    post = course.settings["post_test"]
    return Matrix.of(post["count"], post)


def fits(paper, matrix, modules):
    """Recount a paper from its questions alone."""
    count = {}
    for each in paper:
        name = each.type
        if name in {"ORD", "MAT"} and "ORD_OR_MAT" in matrix.by_type:
            name = "ORD_OR_MAT"
        count[name] = count.get(name, 0) + 1
    if matrix.by_type:
        over = sum(
            n - matrix.by_type.get(kind, 0)
            for kind, n in count.items()
            if n > matrix.by_type.get(kind, 0)
        )
        if over != matrix.by_type.get("ANY", 0):
            return False
    return (
        len(paper) == matrix.count
        and all(sum(e.module == m for e in paper) >= matrix.min_per_module for m in modules)
        and (
            matrix.max_from_pre_test is None
            or sum(e.in_pre_test for e in paper) <= matrix.max_from_pre_test
        )
        and sum(e.is_safety for e in paper) >= matrix.min_safety
        and sum(e.is_confidentiality for e in paper) >= matrix.min_confidentiality
        and sum(e.is_validity for e in paper) >= matrix.min_validity
    )


@pytest.mark.parametrize("is_demo", (True, False))
@pytest.mark.parametrize("course", SOURCES.courses, ids=lambda course: course.key)
def test_every_starter_bank_meets_its_matrix(course, is_demo):
    bank = bank_of(course, is_demo=is_demo)
    modules = {each.module for each in bank}
    matrix = matrix_of(course)
    assert find_unmet(bank, matrix, modules) == ()
    by_id = {each.id: each for each in bank}
    first = pick_paper(bank, matrix, modules, rng=Random(1))
    assert fits([by_id[pk] for pk in first.ids], matrix, modules)
    assert len(set(first.ids)) == 10


@pytest.mark.parametrize("course", SOURCES.courses, ids=lambda course: course.key)
def test_a_second_paper_repeats_as_few_as_any_paper_could(course):
    bank, matrix = bank_of(course), matrix_of(course)
    modules = {each.module for each in bank}
    first = pick_paper(bank, matrix, modules, rng=Random(1))
    second = pick_paper(bank, matrix, modules, avoid=set(first.ids), rng=Random(2))
    fewest = min(
        sum(each.id in first.ids for each in paper)
        for paper in combinations(bank, matrix.count)
        if fits(paper, matrix, modules)
    )
    assert (second.relaxed, second.repeat_count) == ((), fewest)


def test_the_two_questions_on_validity_of_course_four_are_in_every_paper():
    course = SOURCES.courses[3]
    bank = bank_of(course)
    modules = {each.module for each in bank}
    for seed in range(20):
        paper = pick_paper(bank, matrix_of(course), modules, rng=Random(seed))
        assert {"PL-01", "PL-02"} <= set(paper.ids)


def test_equal_chance_gives_an_equal_paper():
    course = SOURCES.courses[0]
    bank = bank_of(course)
    modules = {each.module for each in bank}
    papers = [pick_paper(bank, matrix_of(course), modules, rng=Random(7)) for _ in range(2)]
    assert papers[0] == papers[1]


candidates = st.lists(
    st.builds(
        Candidate,
        id=st.none(),
        type=st.sampled_from(["SC", "MC", "TF", "ORD", "MAT", "SA"]),
        module=st.sampled_from([1, 2]),
        is_safety=st.booleans(),
        is_validity=st.booleans(),
        in_pre_test=st.booleans(),
    ),
    min_size=4,
    max_size=9,
)


@given(
    bank=candidates,
    seed=st.integers(0, 99),
    limit=st.integers(0, 3),
    safety=st.integers(0, 2),
    avoided=st.integers(0, 6),
)
def test_the_search_finds_what_looking_at_everything_finds(bank, seed, limit, safety, avoided):
    bank = [Candidate(**(vars(each) | {"id": place})) for place, each in enumerate(bank)]
    avoid = set(range(avoided))
    matrix = Matrix(
        count=4,
        by_type={"SC": 1, "ORD_OR_MAT": 1, "TF": 1, "ANY": 1},
        min_per_module=1,
        max_from_pre_test=limit,
        min_safety=safety,
    )
    modules = {1, 2}
    valid = [paper for paper in combinations(bank, 4) if fits(paper, matrix, modules)]
    paper = pick_paper(bank, matrix, modules, avoid=avoid, rng=Random(seed))
    assert (paper.relaxed == ()) == bool(valid)
    if valid:
        assert fits([bank[pk] for pk in paper.ids], matrix, modules)
        assert paper.repeat_count == min(sum(e.id in avoid for e in each) for each in valid)
    else:
        relaxed = matrix.without(paper.relaxed)
        assert fits([bank[pk] for pk in paper.ids], relaxed, modules)


def plain(number, **fields):
    return Candidate(
        id=number, type=fields.pop("type", "SC"), module=fields.pop("module", 1), **fields
    )


@pytest.mark.parametrize(
    ("bank", "matrix", "relaxed"),
    (
        (
            [plain(n, in_pre_test=True) for n in range(3)],
            Matrix(3, max_from_pre_test=2),
            (PRE_TEST,),
        ),
        ([plain(n) for n in range(3)], Matrix(3, {"SC": 2, "TF": 1}), (TYPES,)),
        ([plain(n) for n in range(3)], Matrix(3, min_per_module=1), (MODULES,)),
        ([plain(n, module=n % 2 + 1) for n in range(3)], Matrix(3, min_validity=1), (SUBJECTS,)),
        (
            [plain(n, in_pre_test=True) for n in range(3)],
            Matrix(3, {"SC": 2, "TF": 1}, max_from_pre_test=1),
            (PRE_TEST, TYPES),
        ),
    ),
)
def test_requirements_are_given_up_in_order(bank, matrix, relaxed):
    assert pick_paper(bank, matrix, {1, 2}, rng=Random(0)).relaxed == relaxed


def test_too_small_a_bank_is_refused():
    with pytest.raises(NotEnoughQuestions):
        pick_paper([plain(1)], Matrix(2), {1}, rng=Random(0))


def test_a_large_bank_is_searched_at_once():
    bank = [
        plain(
            n,
            type=["SC", "MC", "TF", "ORD", "SA"][n % 5],
            module=n % 4,
            is_safety=n % 7 == 0,
            is_confidentiality=n % 11 == 0,
            in_pre_test=n % 3 == 0,
        )
        for n in range(120)
    ]
    matrix = Matrix.of(10, SOURCES.courses[0].settings["post_test"])
    paper = pick_paper(bank, matrix, {0, 1, 2, 3}, avoid=set(range(0, 120, 2)), rng=Random(3))
    # Modules 0 and 2 hold even numbers alone, so one of each must be seen again.
    assert (paper.relaxed, paper.repeat_count) == ((), 2)


def test_a_matrix_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="types add up"):
        Matrix.of(10, {"by_type": {"SC": 3}})
