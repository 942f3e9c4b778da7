"""The seed: invent the plan, write it, and leave a note that it was done.

History runs from 1 January 2024 to the morning of the last day; the next classes lie ahead of it.
The generator is the seed's own, so the same seed and last day give the same data but for codes,
salts and documents (``docs/decisions.md`` 41).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from certificates.documents import make_document
from certificates.models import Certificate
from courses.models import Attempt, Completion, Enrolment, TrainingClass
from courses.quizzes.attempts import sweep
from lms.demo.accounts import refuse_real_site
from lms.demo.answering import answer_lists
from lms.demo.careers import BEGINNING, PersonPlan, invent_people
from lms.demo.cast import CAST, INSTRUCTOR, PROVINCE, TRAINER_CODE
from lms.demo.courses import read_courses
from lms.demo.diary import Diary
from lms.demo.elsewhere import hand_in_papers
from lms.demo.learning import Records, note_class, note_journey, note_withdrawals
from lms.demo.people import Stage, note_career
from lms.demo.places import UnitPlace, read_units, share_out
from lms.demo.players import cast_plans, note_cast
from lms.demo.quiet import without_queue, without_savepoints
from lms.demo.reporting import note_reports
from lms.demo.sets.writing import write_sets
from lms.demo.stories import stop_half_way, wish_for_stories
from lms.demo.targets import note_targets
from lms.demo.timetable import VALIDITY_MONTHS, Timetable
from lms.demo.working_days import moment
from lms.people import audit
from lms.people.accounts import assign_role
from lms.people.days import local_day
from lms.people.facts import record, succeed
from lms.people.models import AuditEntry, RuleSet, StaffMember, Unit, User
from lms.people.models.accounts import Role
from lms.people.planner import refresh_planner_statistics
from lms.people.rules import rules_on
from lms.people.units import find_root
from lms.target.requirements import load_requirements
from lms.target.standing.refreshing import close_book, rebuild

MIN_STAFF = 60
EARLIEST_END = date(2024, 6, 30)
# Classes are opened from the next day on: who runs one has an account by then.
INSTRUCTORS_BY = date(2024, 1, 15)
STAFF_PER_INSTRUCTOR = 300
# Above, facts are written set-based (``docs/decisions.md`` 41).
ACT_BY_ACT_MAX = 5000
BEGUN, DONE, SUMMARY = "demo.seed_begin", "demo.seed", "demo.seed_tables"


class TooFewStaff(ValueError):
    """Fewer people than the cast and a class need."""


class EndsTooEarly(ValueError):
    """The history would end before the cast's own stories fit into it."""


class NotEmpty(RuntimeError):
    """There are people already: the seed writes into an empty portal only."""


def seed(
    *,
    staff_count: int,
    seed: int,
    until: date,
    at: datetime,
    tell: Callable[[str], object] = lambda line: None,
) -> dict[str, int] | None:
    """Invent and write ``staff_count`` people and their history; return what was counted.

    ``None`` if it was done before: nothing is changed then. Raises ``accounts.NotADemo``,
    :class:`TooFewStaff`, :class:`EndsTooEarly`, or :class:`NotEmpty`.
    """
    refuse_real_site()
    if AuditEntry.objects.filter(action=DONE).exists():
        return None
    if staff_count < MIN_STAFF:
        raise TooFewStaff(staff_count)
    if until < EARLIEST_END:
        raise EndsTooEarly(until)
    if StaffMember.objects.exists():
        raise NotEmpty
    _leave_note(BEGUN, at=at, staff_count=staff_count, seed=seed, until=until.isoformat())
    load_requirements(at=at)
    # Forty thousand writes, one after the other: the table behind the figures is made at the end.
    close_book()
    with without_queue():
        plan = invent(staff_count=staff_count, seed=seed, until=until)
        with without_savepoints():
            counts = write(
                plan, seed=seed, at=at, set_based=staff_count > ACT_BY_ACT_MAX, tell=tell
            )
    render_certificates_of_cast()
    rebuild(at=timezone.now())
    refresh_planner_statistics()
    _leave_note(DONE, at=at, **counts)
    return counts


@dataclass
class Plan:
    """All that was invented; nothing of it is written yet."""

    until: date
    units: dict[str, UnitPlace]
    cast: list[PersonPlan]
    people: list[PersonPlan]
    instructors: list[int]
    timetable: Timetable
    rng: random.Random

    @property
    def before(self) -> datetime:
        """The moment at which the history ends: the morning of its last day."""
        return moment(self.until, 6)


def invent(*, staff_count: int, seed: int, until: date) -> Plan:
    """Return the plan; reads units and courses, writes nothing."""
    rng = random.Random(f"portal {seed} {staff_count} {until}")  # noqa: S311 (repeatable, not secret)
    units = read_units(until)
    cast = cast_plans(units, until=until)
    places = share_out(units, staff_count - len(CAST), rng)
    people = invent_people(places, first_number=len(cast) + 1, until=until, rng=rng)
    instructors = choose_instructors(cast, people)
    timetable = Timetable(
        cast + people,
        courses=read_courses(until),
        units=units,
        instructors=instructors,
        until=until,
        staff_count=staff_count,
        rng=rng,
    )
    fixed = wish_for_stories(timetable, cast, until)
    timetable.wish_for_first_courses()
    timetable.run(fixed)
    stop_half_way(timetable)
    return Plan(until, units, cast, people, instructors, timetable, rng)


def choose_instructors(cast: list[PersonPlan], people: list[PersonPlan]) -> list[int]:
    """Return the numbers of those who run classes: two of the cast, then staff of the province."""
    own = [plan.number for plan in cast if plan.character in {INSTRUCTOR, TRAINER_CODE}]
    more = [
        plan.number
        for plan in people
        if plan.primary.group in {"tt_ctxh", "so_ldtbxh"}
        and plan.first_sign_in_at is not None
        and plan.first_sign_in_at.date() < INSTRUCTORS_BY
        and plan.last_day is None
    ]
    return own + more[: max(1, len(people) // STAFF_PER_INSTRUCTOR)]


def write(
    plan: Plan, *, seed: int, at: datetime, set_based: bool, tell: Callable[[str], object]
) -> dict[str, int]:
    """Write ``plan``, act by act through the site's functions or set-based; return the counts."""
    stage, diary = Stage.set(), Diary()
    records = Records(stage, seed)
    diary.note(moment(BEGINNING, 6), set_validity)
    note_cast(diary, plan.cast, stage, plan.units)
    if set_based:
        write_diary(diary, plan, tell)
        tables = write_sets(plan, stage=stage, records=records, tell=tell)
        diary = Diary()
        note_instructors(diary, plan, stage)
        note_targets(diary, until=plan.until, stage=stage)
        write_diary(diary, plan, tell)
        _leave_note(SUMMARY, at=at, **tables)
    else:
        for person in plan.people:
            note_career(diary, person, stage)
        note_instructors(diary, plan, stage)
        for journey in plan.timetable.journeys:
            note_journey(diary, journey, records, before=plan.before)
        for training_class in plan.timetable.classes:
            note_class(diary, training_class, records)
        note_withdrawals(diary, plan.timetable.journeys, records, plan.rng)
        note_reports(diary, until=plan.until, stage=stage)
        note_targets(diary, until=plan.until, stage=stage)
        write_diary(diary, plan, tell)
    sweep(plan.before)
    hand_in_papers(plan.before)
    if stage.manager is not None:
        answer_lists(plan.before, manager=stage.manager)
    stage.save_last_sign_ins()
    return count_rows()


def note_instructors(diary: Diary, plan: Plan, stage: Stage) -> None:
    """Note the roles of those who run classes and are not of the cast."""
    numbers = set(plan.instructors)
    for person in plan.people:
        if person.number in numbers:
            diary.note(person.first_sign_in_at, partial(make_instructor, person, plan.units, stage))


def write_diary(diary: Diary, plan: Plan, tell: Callable[[str], object]) -> None:
    for year, month, count in diary.write(before=plan.before):
        tell(f"{month:02}/{year}: {count} acts")


def set_validity(at: datetime) -> None:
    """Let completions expire from the first day on: the office of the demo has decided so."""
    rules = rules_on(BEGINNING)
    fresh = {
        field.name: getattr(rules, field.name)
        for field in RuleSet._meta.concrete_fields
        if field.name.endswith(("_days", "_percent", "_starts", "_hours", "_minutes"))
    }
    succeed(rules, actor=None, at=at, valid_to=BEGINNING)
    newer = record(
        RuleSet,
        actor=None,
        at=at,
        valid_from=BEGINNING,
        valid_to=rules.valid_to,
        **(fresh | {"validity_months": VALIDITY_MONTHS}),
    )
    audit.log("rules.set", newer, actor=None, at=at, validity_months=VALIDITY_MONTHS)


def make_instructor(
    person: PersonPlan, units: dict[str, UnitPlace], stage: Stage, at: datetime
) -> None:
    assign_role(
        stage.users[person.number],
        Role.INSTRUCTOR,
        unit=stage.units[units[PROVINCE].unit_id],
        valid_from=local_day(at),
        actor=stage.manager,
        at=at,
    )


def render_certificates_of_cast() -> None:
    """Draw at once what somebody who looks at the demo opens first; the worker draws the others."""
    for certificate in Certificate.objects.filter(
        person__staff_code__in=[character.staff_code for character in CAST]
    ):
        make_document(certificate.pk)


def count_rows() -> dict[str, int]:
    """Return how many rows there are now, by what they are called in the command's answer."""
    return {
        "staff": StaffMember.objects.count(),
        "accounts": User.objects.count(),
        "classes": TrainingClass.objects.count(),
        "enrolments": Enrolment.objects.count(),
        "attempts": Attempt.objects.count(),
        "completions": Completion.objects.current().count(),
        "certificates": Certificate.objects.count(),
    }


def _leave_note(action: str, *, at: datetime, **data: object) -> None:
    root = find_root(EARLIEST_END)
    subject = root.unit if root is not None else Unit.objects.order_by("pk").first()
    with transaction.atomic():
        audit.log(action, subject, actor=None, at=at, **data)
