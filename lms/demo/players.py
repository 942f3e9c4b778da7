"""The cast as plans of careers: who began when, so that each shows her part of the portal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from lms.demo.accounts import open_account, open_one_time_code
from lms.demo.careers import BEGINNING, PersonPlan, PostingPlan
from lms.demo.cast import CAST, FRESH, MANAGER, MIDWAY, NEWCOMER, Character
from lms.demo.diary import Diary
from lms.demo.people import Stage, note_career
from lms.demo.places import UnitPlace
from lms.demo.working_days import moment, working_day_from

# Days before the end of the history on which the learners of the cast began their duty.
DUTY_BEGAN_DAYS_AGO = {MIDWAY: 55, FRESH: 20, NEWCOMER: 7}
OLD_DUTY = date(2022, 3, 1)


def cast_plans(units: dict[str, UnitPlace], *, until: date) -> list[PersonPlan]:
    """Return a plan for each of the cast, the manager first: she keeps the others' records."""
    cast = sorted(CAST, key=lambda character: character.staff_code != MANAGER)
    return [_plan(number, character, units, until) for number, character in enumerate(cast, 1)]


def _plan(
    number: int, character: Character, units: dict[str, UnitPlace], until: date
) -> PersonPlan:
    days_ago = DUTY_BEGAN_DAYS_AGO.get(character.staff_code)
    if days_ago is None:
        first_day, told_at = OLD_DUTY, moment(BEGINNING, 7, number)
    else:
        first_day = until - timedelta(days=days_ago)
        told_at = moment(min(working_day_from(first_day), until - timedelta(days=1)), 8, number)
    posting = PostingPlan(
        units[character.unit],
        character.group,
        character.title,
        first_day,
        told_at,
        victim_support=character.victim_support,
    )
    return PersonPlan(
        number=number,
        full_name=character.full_name,
        staff_code=character.staff_code,
        email=f"{character.sign_in}@demo.example",
        phone=f"0900{number:06}",
        told_at=told_at,
        postings=[posting],
        account_at=told_at + timedelta(minutes=20),
        first_sign_in_at=None if character.is_new else told_at + timedelta(minutes=21),
        character=character.staff_code,
    )


def note_cast(
    diary: Diary, plans: list[PersonPlan], stage: Stage, units: dict[str, UnitPlace]
) -> None:
    """Note the careers of the cast and the opening of their accounts."""
    characters = {character.staff_code: character for character in CAST}
    for plan in plans:
        note_career(diary, replace(plan, first_sign_in_at=None), stage)
        character = characters[plan.character]
        diary.note(
            plan.account_at + timedelta(seconds=20), partial(_open, character, plan, stage, units)
        )


def _open(
    character: Character, plan: PersonPlan, stage: Stage, units: dict[str, UnitPlace], at
) -> None:
    user = stage.users[plan.number]
    by_key = {code: stage.units[unit.unit_id] for code, unit in units.items()}
    open_account(character, user, by_key, actor=stage.manager, at=at)
    if character.is_new:
        open_one_time_code(user, actor=stage.manager, at=at)
    else:
        stage.signed_in(plan.number, at)
    if character.staff_code == MANAGER:
        stage.manager = user
