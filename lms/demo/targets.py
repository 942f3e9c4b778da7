"""The target of a second sector in the demo: police and border guard, beside the province's own.

Set up each March and raised each July by a decision, so that the demo shows several targets at
once, milestones, and a target with a past.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import partial

from lms.demo.careers import BEGINNING
from lms.demo.diary import Diary
from lms.demo.people import Stage
from lms.demo.working_days import moment, working_day_from
from lms.people.models import Unit
from lms.people.units import find_root
from lms.target.goals import Draft, Milestone, change, milestones_by_target, print_of, set_up
from lms.target.goals.reading import mask_of
from lms.target.models import Headline, TargetTerms

OWNER_KEY, GROUPS = "cong-an-tinh", ("cong_an", "bien_phong")
FIRST_LEVEL, LEVEL = 80, 90
REASON = "Nâng mức theo kết luận sơ kết 6 tháng đầu năm."


def note_targets(diary: Diary, *, until: date, stage: Stage) -> None:
    for year in range(BEGINNING.year, until.year + 1):
        draft = partial(draft_of, year, stage)
        diary.note(moment(working_day_from(date(year, 3, 12)), 10), partial(_set_up, draft, stage))
        diary.note(moment(working_day_from(date(year, 7, 22)), 15), partial(_raise, draft, stage))


def draft_of(year: int, stage: Stage) -> Draft:
    first_day, last_day = date(year, 1, 1), date(year, 12, 31)
    return Draft(
        name=f"Công an, Bộ đội Biên phòng tiếp nhận nạn nhân được tập huấn năm {year}",
        unit=find_root(first_day).unit,
        owner=Unit.objects.get(own_key=OWNER_KEY),
        group_mask=mask_of(stage.groups[code] for code in GROUPS),
        first_day=first_day,
        last_day=last_day,
        level_percent=FIRST_LEVEL,
        headline=Headline.VALID,
        milestones=(Milestone(date(year, 6, 30), 40), Milestone(date(year, 9, 30), 65)),
    )


def _set_up(draft: partial[Draft], stage: Stage, at: datetime) -> None:
    set_up(draft(), actor=stage.manager, at=at)


def _raise(draft: partial[Draft], stage: Stage, at: datetime) -> None:
    wanted = draft()
    terms = TargetTerms.objects.current().select_related("target").get(name=wanted.name)
    milestones = milestones_by_target([terms.target_id])[terms.target_id]
    change(
        terms.target,
        replace(wanted, level_percent=LEVEL),
        seen=print_of(terms, milestones),
        reason=REASON,
        actor=stage.manager,
        at=at,
    )
