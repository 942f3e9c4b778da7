"""Codes cannot be guessed, and a slip of the hand is told from an unknown certificate."""

import math

import pytest

from certificates.codes import (
    ALPHABET,
    CODE_LENGTH,
    RANDOM_LETTERS,
    MalformedCode,
    check_letter,
    in_groups,
    new_code,
    read_code,
)


def test_a_code_holds_at_least_128_random_bits_without_look_alikes():
    assert RANDOM_LETTERS * math.log2(len(ALPHABET)) >= 128
    assert len(set(ALPHABET)) == 32
    assert not set("0O1I") & set(ALPHABET)


def test_fresh_codes_differ_and_are_read_back_as_printed():
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert read_code(in_groups(code).lower().replace("-", " ")) == code


def test_any_single_wrong_letter_is_noticed():
    code = "ABCDEFGHJKLMNPQRSTUVWXYZ234"
    code += check_letter(code)
    for place in range(CODE_LENGTH):
        for letter in ALPHABET:
            wrong = code[:place] + letter + code[place + 1 :]
            if wrong != code:
                with pytest.raises(MalformedCode):
                    read_code(wrong)


def test_swapped_neighbours_are_noticed():
    code = new_code()
    for place in range(CODE_LENGTH - 1):
        a, b = code[place], code[place + 1]
        swapped = code[:place] + b + a + code[place + 2 :]
        if a != b and {ALPHABET.index(a), ALPHABET.index(b)} != {0, 31}:
            with pytest.raises(MalformedCode):
                read_code(swapped)


@pytest.mark.parametrize(
    "typed", ("", "abc", "0" * CODE_LENGTH, "A" * 5000, "ễ" * CODE_LENGTH, "' OR 1=1 --", "\x00")
)
def test_what_cannot_be_a_code_is_refused(typed: str):
    with pytest.raises(MalformedCode):
        read_code(typed)


def test_printed_in_groups_of_four():
    assert in_groups("ABCDEFGH") == "ABCD-EFGH"
