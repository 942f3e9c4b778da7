"""The starter courses as texts: grounded, long enough, and nothing said twice."""

import itertools
import re
import unicodedata
from collections import defaultdict

import pytest

from content.loading.bodies import body_of
from content.loading.sources import STARTER, SourceError, read_sources

SOURCES = read_sources()
LAWS = {law["key"]: place for place, law in enumerate(SOURCES.laws, 1)}
LESSONS = {key: lesson for course in SOURCES.courses for key, lesson in course.lessons.items()}
FIRST_COURSE = [key for key in SOURCES.courses[0].lessons if "scenario" not in key]

RUN = 15  # words
# What may be said alike in two lessons: warnings and care, and what quotes or names the law.
REPEATABLE = {"content_warning", "self_care", "legal_citation", "past_law", "heading"}
# Names that are long by themselves.
NAMES = [
    *(
        law[field]
        for law in SOURCES.laws
        for field in ("title", "short_name", "number")
        if law[field]
    ),
    "Trung tâm trợ giúp pháp lý nhà nước",
    "cơ quan chuyên môn về y tế cấp tỉnh",
    "Ủy ban nhân dân cấp xã",
    "UBND cấp xã",
    "người đang trong quá trình xác định là nạn nhân",
    "người dưới 18 tuổi đi cùng",
    "Trung tâm Công tác xã hội",
    "tổng đài 111",
    "Bộ đội Biên phòng",
]


def texts_of(value):
    """Yield every text of a source block, except the names of its bullets."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in {"from", "reference", "key", "article"}:
                yield from texts_of(each)


def words_of(text):
    return re.findall(r"\w+", text.replace("**", "").casefold())


def prose_of(lesson):
    """Yield the texts that must not stand in another lesson, with long names cut out."""
    for block in lesson["blocks"]:
        ((kind, value),) = block.items()
        if kind in REPEATABLE:
            continue
        for text in texts_of(value):
            folded = unicodedata.normalize("NFC", text).casefold()
            for name in NAMES:
                folded = folded.replace(name.casefold(), " § ")
            yield from folded.split("§")


def test_no_run_of_words_stands_in_two_lessons():
    seen = defaultdict(set)
    for key, lesson in LESSONS.items():
        for text in prose_of(lesson):
            words = words_of(text)
            for start in range(len(words) - RUN + 1):
                seen[tuple(words[start : start + RUN])].add(key)
    shared = {" ".join(run): sorted(keys) for run, keys in seen.items() if len(keys) > 1}
    assert shared == {}


@pytest.mark.parametrize("key", FIRST_COURSE)
def test_a_lesson_of_the_first_course_has_its_length(key):
    words = sum(len(words_of(text)) for block in LESSONS[key]["blocks"] for text in texts_of(block))
    assert 600 <= words <= 1200


@pytest.mark.parametrize("key", LESSONS)
def test_a_lesson_is_whole(key):
    lesson = LESSONS[key]
    body = body_of(lesson, SOURCES, LAWS)  # refuses unknown bullets, laws and kinds of block
    assert body
    kinds = [block["type"] for block in body]
    if "scenario" in key:
        assert kinds.count("case_scenario") == 1
        return
    assert "self_check" in kinds
    assert "key_point" in kinds or key not in FIRST_COURSE
    grounded = [
        value
        for block in lesson["blocks"]
        for kind, value in block.items()
        if kind not in {"heading", "content_warning", "self_care"}
    ]
    assert all(value["from"] == "fictional" or value["from"] for value in grounded)


@pytest.mark.parametrize("key", LESSONS)
def test_a_lesson_names_its_sources(key):
    names = SOURCES.sources_of(LESSONS[key])  # refuses a tag that stands for nothing
    if "scenario" not in key:
        assert names
    assert len(set(names)) == len(names)


def test_sources_are_named_in_full_with_the_place_in_their_text():
    assert SOURCES.source_names(["L53, Điều 2", "PAL", "WHO10", "WHO10", "L53, Điều 3"]) == [
        "Luật 53/2024/QH15, Điều 2",
        SOURCES.source_names(["PAL"])[0],
        "WHO 2003: mười nguyên tắc phỏng vấn",
        "Luật 53/2024/QH15, Điều 3",
    ]
    with pytest.raises(SourceError, match="KHÔNG CÓ"):
        SOURCES.source_names(["KHÔNG CÓ, Điều 1"])


def test_every_named_source_is_used():
    tags = [tag for bullet in SOURCES.bullets.values() for tag in bullet["sources"]]
    tags += [
        tag for course in SOURCES.courses for each in course.questions for tag in each["sources"]
    ]
    assert SOURCES.names.keys() <= {tag.partition(",")[0] for tag in tags}


def test_every_bullet_stands_in_its_lesson():
    used = {
        name
        for lesson in LESSONS.values()
        for block in lesson["blocks"]
        for value in block.values()
        if isinstance(value, dict) and isinstance(value.get("from"), list)
        for name in value["from"]
    }
    assert SOURCES.bullets.keys() - used == set()


def test_everything_is_in_one_unicode_form():
    for path in STARTER.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), path
        assert "!" not in text, path


@pytest.mark.parametrize("course", SOURCES.courses, ids=lambda course: course.key)
def test_a_bank_is_whole(course):
    modules = {module["key"] for module in course.settings["modules"]}
    keys = [each["key"] for each in course.questions]
    assert len(set(keys)) == len(keys) >= 16
    assert set(course.settings["pre_test"]) <= set(keys)
    for each in course.questions:
        assert each["module"] in modules
        assert set(each["references"]) <= set(LAWS)
        if each["type"] in {"SC", "MC"}:
            answer = each["answer"] if isinstance(each["answer"], list) else [each["answer"]]
            assert set(answer) < set(each["options"])
        if each["type"] == "ORD":
            assert sorted(each["answer"]) == sorted(each["items"])


@pytest.mark.parametrize("course", SOURCES.courses, ids=lambda course: course.key)
def test_a_class_plan_fills_its_periods(course):
    plan = course.settings["class_plan"]
    by_period = {
        period: sum(step["minutes"] for step in steps)
        for period, steps in itertools.groupby(plan, key=lambda step: step["period"])
    }
    assert by_period == dict.fromkeys(range(1, course.settings["periods"]["class"] + 1), 45)
