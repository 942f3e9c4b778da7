"""Which position group needs which course, and the target these courses serve.

The matrix is a working rule; no law sets it, so every row is a dated fact that the department can
change.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from content.models import CoursePage
from lms.people import audit
from lms.people.days import local_day
from lms.people.facts import record
from lms.people.models import PositionGroup, Unit, UnitVersion
from lms.people.units import find_root
from lms.target.goals.drafts import Draft
from lms.target.goals.writing import load
from lms.target.models import EVERY_GROUP, Requirement, TargetTerms

NHAN_DIEN, TAM_LY, HO_SO, PHAP_LY = "nhan-dien", "tam-ly", "ho-so", "phap-ly"
ALL_FOUR = (NHAN_DIEN, TAM_LY, HO_SO, PHAP_LY)

# Position group -> keys of the courses it needs.
MATRIX: dict[str, tuple[str, ...]] = {
    "so_ldtbxh": ALL_FOUR,
    "tt_ctxh": ALL_FOUR,
    "tong_dai": (NHAN_DIEN, TAM_LY, PHAP_LY),
    "phong_ldtbxh": ALL_FOUR,
    "xa_ldtbxh": ALL_FOUR,
    "tgpl": (NHAN_DIEN, PHAP_LY),
    "cong_an": (NHAN_DIEN, PHAP_LY),
    "bien_phong": (NHAN_DIEN, PHAP_LY),
    "phu_nu": (NHAN_DIEN, TAM_LY),
    "y_te_gd": (NHAN_DIEN,),
    "doan_the": (NHAN_DIEN,),
}
# Plan 1578/KH-UBND of 07/03/2024: all staff who support victims are trained. The same target stood
# in the plans before and after it, so each year has its own.
PLAN_NUMBERS = {2024: "1578/KH-UBND", 2025: "2608/KH-UBND"}
OWNER_KEY = "so-ldtbxh"
# The plan of 2024 asks for all staff within its year. The rows themselves hold "before our
# records", so that a figure of any past day finds a need; without this day a duty that began in
# 2015 would have been due in 2015.
FIRST_DUE_ON = date(2024, 12, 31)


class CoursesMissing(LookupError):
    """The courses or groups of the matrix are not loaded yet; ``keys`` names what is absent."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


@dataclass(frozen=True)
class LoadedRequirements:
    """How many rows one run added; zero when everything was there."""

    requirement_count: int = 0
    target_count: int = 0


@transaction.atomic
def load_requirements(*, at: datetime) -> LoadedRequirements:
    """Add the rows of the matrix that were never recorded, and a target for each year up to ``at``.

    A row that the department ended or withdrew is not brought back: the pair of group and course is
    what counts, whatever its dates. Raises :class:`CoursesMissing` before anything is written.
    """
    groups = {group.code: group for group in PositionGroup.objects.all()}
    courses = {course.key: course for course in CoursePage.objects.all()}
    absent = [code for code in MATRIX if code not in groups]
    absent += [key for key in ALL_FOUR if key not in courses]
    if absent:
        raise CoursesMissing(absent)
    there = set(Requirement.objects.values_list("group_id", "course_id"))
    added = 0
    for code, keys in MATRIX.items():
        for key in keys:
            if (groups[code].pk, courses[key].pk) in there:
                continue
            row = record(
                Requirement,
                actor=None,
                at=at,
                loaded=True,
                group=groups[code],
                course=courses[key],
                due_on=FIRST_DUE_ON,
            )
            audit.log("requirement.load", row, actor=None, at=at, group=code, course=key)
            added += 1
    return LoadedRequirements(added, _load_targets(at=at))


def _load_targets(*, at: datetime) -> int:
    added = 0
    for year in range(2024, local_day(at).year + 1):
        first_day, last_day = date(year, 1, 1), date(year, 12, 31)
        root = find_root(last_day)
        # Whatever the department made of the target of a year, it is not brought back.
        there = TargetTerms.objects.filter(
            group_mask=EVERY_GROUP,
            unit__in=UnitVersion.objects.roots().values("unit"),
            valid_from__lte=last_day,
            period_to__gt=first_day,
        )
        if root is None or there.exists():
            continue
        owner = Unit.objects.filter(own_key=OWNER_KEY).first() or root.unit
        target = load(
            Draft(
                name=f"100% cán bộ hỗ trợ nạn nhân được tập huấn năm {year}",
                plan_number=PLAN_NUMBERS.get(year, ""),
                unit=root.unit,
                owner=owner,
                first_day=first_day,
                last_day=last_day,
            ),
            at=at,
        )
        audit.log("target.load", target, actor=None, at=at, unit=owner, year=year)
        added += 1
    return added


def needs_on(day: date, known: date | None = None) -> dict[int, dict[int, Requirement]]:
    """Return the requirements of each position group valid on ``day`` as known on ``known``.

    ``{group id: {course id: requirement}}``; the course's page comes along; one query.
    """
    needs: dict[int, dict[int, Requirement]] = defaultdict(dict)
    rows = Requirement.objects.known_on(known).valid_on(day).select_related("course")
    for row in rows.order_by("course__number", "valid_from", "logical_id"):
        needs[row.group_id].setdefault(row.course_id, row)
    return dict(needs)
