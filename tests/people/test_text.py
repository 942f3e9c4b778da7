"""Vietnamese order, search keys and one form of every text."""

import random
import unicodedata

import pytest

from lms.people.text import clean, fold, person_sort_key, sort_key, squeeze

NFD = "NFD"


@pytest.mark.parametrize(
    "ordered",
    (
        # Tones are secondary: none, huyền, hỏi, ngã, sắc, nặng; then the next letter.
        "ma mà mả mã má mạ mă mằ mâ mầ",
        "da dạ đa đà",
        "a ă â b c d đ e ê g h i k l m n o ô ơ p q r s t u ư v x y",
        # Letters of the whole word decide before any tone does.
        "hoa hòa hoà hóa họa hoan",
        "F J W Z",
    ),
)
def test_words_stand_in_vietnamese_order(ordered: str):
    words = ordered.split()
    shuffled = random.Random(4).sample(words, len(words))
    assert [sort_key(word) for word in sorted(shuffled, key=sort_key)] == [
        sort_key(word) for word in words
    ]


def test_one_word_in_two_spellings_has_one_place():
    assert sort_key("hoà") == sort_key("hòa") < sort_key("hoá") == sort_key("hóa")


def test_people_stand_by_given_family_and_middle_name():
    ordered = [
        "Nguyễn Văn An",
        "Trần Thị An",
        "Trần Văn An",
        "Lê Ánh",
        "A Lăng Bhuôi",
        "Ế",
        "Nguyễn Thị Hà",
        "Zơrâm Hạ",
        "Lê Đức",
    ]
    by_given = sorted(ordered, key=person_sort_key)
    assert by_given == [
        "Nguyễn Văn An",
        "Trần Thị An",
        "Trần Văn An",
        "Lê Ánh",
        "A Lăng Bhuôi",
        "Lê Đức",
        "Ế",
        "Nguyễn Thị Hà",
        "Zơrâm Hạ",
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    (
        ("Nguyễn Thị Ngọc Ánh", "nguyen thi ngoc anh"),
        ("Đặng  Đình-Đức", "dang dinh duc"),
        ("Ch'ơm", "ch om"),
        ("Tr’Hy", "tr hy"),
        ("M'Nông", "m nong"),
        ("Quế Xuân 1", "que xuan 1"),
        ("Hoà", "hoa"),
        ("  ", ""),
    ),
)
def test_search_key(text: str, key: str):
    assert fold(text) == fold(unicodedata.normalize(NFD, text)) == key


def test_spellings_of_one_unit_are_one_when_squeezed():
    assert len({squeeze(name) for name in ("A Vương", "Avương", "A vương", "A-Vương")}) == 1
    assert squeeze("Laêê") == squeeze("La Êê")


def test_clean_composes_and_joins_spaces():
    typed = unicodedata.normalize(NFD, "  Nguyễn \t Thị\u00a0Hà\n")
    assert clean(typed) == "Nguyễn Thị Hà"
    assert len(unicodedata.normalize(NFD, "Nguyễn")) == 8
    assert len(clean(typed).split()[0]) == 6


def test_nul_counts_as_a_space():
    """PostgreSQL refuses a NUL in any text."""
    assert clean("a\x00b\x00") == "a b"
    assert fold("\x00Hòa\x00Vang") == "hoa vang"
