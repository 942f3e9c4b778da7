"""The pure parts of the seed: names, working days, places and answers."""

from __future__ import annotations

import random
import unicodedata
from datetime import date

import pytest

from lms.demo.names import family_names, given_names, invent_name
from lms.demo.places import UnitPlace, share_out
from lms.demo.working_days import is_working_day, moment, office_moment, working_day_from


def test_names_are_invented_from_the_lists_in_nfc():
    rng = random.Random(1)
    kinh, highland = family_names()
    families = {invent_name(rng, "504").split(" ")[0] for _ in range(300)}
    assert families & {name.split(" ")[0] for name in highland}
    assert len(given_names()) > 2000
    for _ in range(200):
        name = invent_name(rng, "502")
        assert name == unicodedata.normalize("NFC", name)
        assert any(name.startswith(family) for family in kinh)
        assert "  " not in name


@pytest.mark.parametrize(
    ("day", "expected"),
    (
        (date(2024, 6, 28), date(2024, 6, 28)),
        (date(2024, 6, 29), date(2024, 7, 1)),  # Saturday
        (date(2024, 2, 9), date(2024, 2, 15)),  # lunar new year
        (date(2024, 9, 2), date(2024, 9, 3)),  # national day
    ),
)
def test_working_day_from_skips_weekends_and_holidays(day, expected):
    assert working_day_from(day) == expected
    assert is_working_day(expected)


def test_office_moments_are_local_and_in_office_hours():
    at = office_moment(random.Random(3), date(2024, 6, 29))
    assert at.date() == date(2024, 7, 1)
    assert 8 <= at.hour <= 16
    assert at.utcoffset() == moment(date(2024, 1, 1), 8).utcoffset()


def test_share_out_gives_as_many_places_as_asked_for_and_keeps_proportions():
    units = {
        "so-ldtbxh": UnitPlace(1, "QN-SLDTBXH", "Sở", "agency", ""),
        "508": UnitPlace(2, "508", "Huyện Duy Xuyên", "district", "508"),
        "20626": UnitPlace(3, "20626", "Xã Duy Phước", "commune", "508"),
    }
    for count in (7, 26, 260):
        places = share_out(units, count, random.Random(5))
        assert len(places) == count
    groups = [place.group for place in places if place.unit.unit_id == 3]
    assert groups.count("xa_ldtbxh") > groups.count("doan_the") > 0
