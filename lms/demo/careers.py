"""Careers of invented people: postings, second duties, moves, leaves, departures, late entries.

Pure: a seeded generator in, plans out. A plan knows of each thing the day it happened and the
moment the portal was told, which may be weeks later.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from lms.demo.names import invent_name
from lms.demo.places import TITLES, Place, UnitPlace
from lms.demo.working_days import moment, office_moment, random_day

BEGINNING = date(2024, 1, 1)
OLDEST_DUTY = date(2016, 1, 1)

HIRED_SHARE = 0.10
LEAVING_SHARE = 0.07
MOVING_SHARE = 0.04
SECOND_DUTY_SHARE = 0.05
LONG_LEAVE_SHARE = 0.08
SHORT_LEAVE_SHARE = 0.06
OPEN_LEAVE_SHARE = 0.008
# Posted to the unit without the duty to support victims: known, never counted.
WITHOUT_DUTY_SHARE = 0.03
LATE_SHARE = 0.15
LATE_DAYS = (8, 75)
# Of the groups that count only if named.
NAMED_SHARE = 0.5
NAMED_GROUPS = frozenset({"cong_an", "bien_phong", "phu_nu"})
ACCOUNT_SHARE = 0.93
NEVER_SIGNED_IN_SHARE = 0.06


@dataclass(slots=True)
class PostingPlan:
    unit: UnitPlace
    group: str
    title: str
    first_day: date
    told_at: datetime
    is_primary: bool = True
    victim_support: bool = True
    last_day: date | None = None
    end_told_at: datetime | None = None
    # The posting that follows on the next day, told of in the same act.
    moves_to: PostingPlan | None = None


@dataclass(slots=True)
class LeavePlan:
    first_day: date
    last_day: date | None
    told_at: datetime
    # Back on another day than was expected: the last day as corrected, and when.
    corrected_to: date | None = None
    corrected_at: datetime | None = None


@dataclass(slots=True)
class PersonPlan:
    """One invented person; ``number`` is her place in the plan and makes code and phone."""

    number: int
    full_name: str
    staff_code: str
    email: str
    phone: str
    told_at: datetime
    postings: list[PostingPlan] = field(default_factory=list)
    leaves: list[LeavePlan] = field(default_factory=list)
    named_at: datetime | None = None
    account_at: datetime | None = None
    first_sign_in_at: datetime | None = None
    # A person of the cast has her own story (``lms.demo.cast``).
    character: str = ""

    @property
    def primary(self) -> PostingPlan:
        return self.postings[0]

    @property
    def last_day(self) -> date | None:
        """The last day in service, ``None`` while she serves."""
        last = self.primary
        while last.moves_to is not None:
            last = last.moves_to
        return last.last_day


def invent_people(
    places: Iterable[Place], *, first_number: int, until: date, rng: random.Random
) -> list[PersonPlan]:
    """Return one person for each place."""
    places = list(places)
    by_district: dict[tuple[str, str], list[UnitPlace]] = {}
    for place in places:
        by_district.setdefault((place.unit.district_code, place.group), []).append(place.unit)
    return [
        _invent(number, place, by_district, until, rng)
        for number, place in enumerate(places, first_number)
    ]


def told(rng: random.Random, day: date) -> datetime:
    """Return when the portal is told of something that happens on ``day``: now and then late."""
    if rng.random() < LATE_SHARE:
        day += timedelta(days=rng.randint(*LATE_DAYS))
    return office_moment(rng, day)


def _invent(
    number: int,
    place: Place,
    by_district: dict[tuple[str, str], list[UnitPlace]],
    until: date,
    rng: random.Random,
) -> PersonPlan:
    if rng.random() < HIRED_SHARE:
        first_day = random_day(rng, BEGINNING + timedelta(days=10), until - timedelta(days=5))
        told_at = told(rng, first_day)
    else:
        first_day = random_day(rng, OLDEST_DUTY, BEGINNING - timedelta(days=1))
        told_at = moment(BEGINNING, 8, rng.randrange(60))
    # Nobody works on a place that the plan cannot tell of before its end.
    told_at = min(told_at, moment(until, 5))
    posting = PostingPlan(
        place.unit,
        place.group,
        rng.choice(TITLES[place.group]),
        first_day,
        told_at,
        victim_support=rng.random() >= WITHOUT_DUTY_SHARE,
    )
    person = PersonPlan(
        number=number,
        full_name=invent_name(rng, place.unit.district_code),
        staff_code=f"QN{number:06}",
        email=f"cb{number:06}@demo.example" if rng.random() < 0.6 else "",
        phone=f"0900{number:06}" if number < 1_000_000 and rng.random() < 0.8 else "",
        told_at=told_at,
        postings=[posting],
    )
    begins = max(first_day, BEGINNING)
    if rng.random() < MOVING_SHARE:
        posting = _move(posting, by_district, begins, until, rng)
    if rng.random() < LEAVING_SHARE:
        _leave_service(posting, max(posting.first_day, BEGINNING), until, rng)
    if place.group in {"xa_ldtbxh", "phu_nu"} and rng.random() < SECOND_DUTY_SHARE:
        _add_second_duty(person, begins, until, rng)
    _add_leaves(person, begins, until, rng)
    if place.group in NAMED_GROUPS and rng.random() < NAMED_SHARE:
        person.named_at = told_at + timedelta(minutes=5)
    if rng.random() < ACCOUNT_SHARE:
        # Accounts were made over the first weeks, later ones soon after the person was entered.
        person.account_at = office_moment(rng, told_at.date() + timedelta(days=rng.randint(1, 30)))
        if rng.random() >= NEVER_SIGNED_IN_SHARE:
            person.first_sign_in_at = person.account_at + timedelta(
                days=rng.randint(0, 20), minutes=rng.randint(30, 500)
            )
    return person


def _move(
    posting: PostingPlan,
    by_district: dict[tuple[str, str], list[UnitPlace]],
    begins: date,
    until: date,
    rng: random.Random,
) -> PostingPlan:
    """Move her to another unit of the district, now and then up to the labour office."""
    district = posting.unit.district_code
    group = posting.group
    if group == "xa_ldtbxh" and rng.random() < 0.25:
        group = "phong_ldtbxh"
    units = [unit for unit in by_district.get((district, group), ()) if unit != posting.unit]
    day = random_day(rng, begins + timedelta(days=60), until - timedelta(days=1))
    if not units or day >= until or day <= posting.first_day or day <= posting.told_at.date():
        return posting
    unit = rng.choice(units)
    told_at = told(rng, day)
    posting.last_day, posting.end_told_at = day - timedelta(days=1), told_at
    posting.moves_to = PostingPlan(
        unit,
        group,
        rng.choice(TITLES[group]),
        day,
        told_at,
        victim_support=posting.victim_support,
    )
    return posting.moves_to


def _leave_service(posting: PostingPlan, begins: date, until: date, rng: random.Random) -> None:
    last_day = random_day(rng, begins + timedelta(days=90), until - timedelta(days=1))
    if last_day >= until or last_day <= posting.told_at.date():
        return
    posting.last_day, posting.end_told_at = last_day, told(rng, last_day)


def _add_second_duty(person: PersonPlan, begins: date, until: date, rng: random.Random) -> None:
    first = person.primary
    group = "phu_nu" if first.group == "xa_ldtbxh" else "doan_the"
    first_day = random_day(rng, begins, until - timedelta(days=30))
    told_at = max(told(rng, first_day), person.told_at + timedelta(minutes=2))
    second = PostingPlan(
        first.unit, group, rng.choice(TITLES[group]), first_day, told_at, is_primary=False
    )
    if first.last_day is not None:
        if first_day >= first.last_day:
            return
        second.last_day = first.last_day
        second.end_told_at = max(first.end_told_at, told_at) + timedelta(minutes=1)
    person.postings.append(second)


def _add_leaves(person: PersonPlan, begins: date, until: date, rng: random.Random) -> None:
    roll = rng.random()
    if roll < OPEN_LEAVE_SHARE:
        length = None
    elif roll < LONG_LEAVE_SHARE:
        length = rng.choice((32, 45, 60, 90, 120, 180, 182, 183))
    elif roll < LONG_LEAVE_SHARE + SHORT_LEAVE_SHARE:
        length = rng.randint(3, 29)
    else:
        return
    first_day = random_day(rng, begins + timedelta(days=20), until - timedelta(days=3))
    if person.last_day is not None and first_day > person.last_day:
        return
    last_day = None if length is None else first_day + timedelta(days=length - 1)
    leave = LeavePlan(first_day, last_day, max(told(rng, first_day), person.told_at))
    if length is not None and length > 60 and rng.random() < 0.3:
        leave.corrected_to = last_day + timedelta(days=rng.choice((-14, -7, 10, 21)))
        leave.corrected_at = max(
            office_moment(rng, last_day + timedelta(days=rng.randint(1, 12))),
            leave.told_at + timedelta(minutes=1),
        )
    person.leaves.append(leave)
