"""What a learner has done and still misses in a course; reads only.

One implementation for my learning, the course page and the lesson page, over the same conditions
by which ``courses.completion`` decides. Any number of courses of a person costs a fixed number of
queries, at most nine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from wagtail.models import Page

from content.models import CoursePage, CourseVersion
from content.outline import address_of
from courses.conditions import (
    Manifest,
    RoundFacts,
    RuleBook,
    Verdict,
    facts_of,
    judge,
    latest_versions,
)
from courses.models import Completion, Enrolment
from courses.steps import (
    Gate,
    Missing,
    NextLesson,
    NextStep,
    PostTest,
    missing_of,
    next_step,
    post_test_of,
)
from lms.people.days import day_after, local_day
from lms.people.models import RuleSet, StaffMember

# A completion that ends within so many days may be renewed without a gap.
RENEWAL_DAYS = 90


@dataclass(frozen=True)
class CourseStanding:
    """How one person stands in one course at a moment."""

    course_id: int
    # The open round, else the last one; NULL before the first.
    enrolment: Enrolment | None
    lessons_done: int
    lessons_total: int
    scenario_done: bool
    has_scenario: bool
    # Pages done in the round shown.
    done: Mapping[int, date]
    next_lesson: NextLesson | None
    attended: int
    needed: int
    # NULL if the course has none.
    post_test: PostTest | None
    # The completion held on the day, if any; else the last one that ended.
    completion: Completion | None
    is_held: bool
    locked_by: tuple[Gate, ...]
    # Empty while the course is held.
    missing: tuple[Missing, ...]
    # ``None`` once there is nothing left to do.
    next_step: NextStep | None
    is_begun: bool
    # The pre-test is offered first, and closes at the first lesson done.
    is_pre_test_open: bool
    # A round may be opened now: none is open, no gate is closed, and the course is not held, ends
    # soon or is asked for again.
    may_begin: bool
    # The last day on which the completion held counts, if a required update ends it.
    refresher_due_on: date | None = None

    @property
    def is_locked(self) -> bool:
        return bool(self.locked_by)

    @property
    def is_open(self) -> bool:
        """A round is under way."""
        return self.enrolment is not None and self.enrolment.closed_at is None

    @property
    def has_lapsed(self) -> bool:
        return self.completion is not None and not self.is_held

    @property
    def state(self) -> str:
        """``done``, ``lock``, ``now`` or ``todo``, as ``components/state.html`` names them."""
        if self.is_held:
            return "done"
        if self.is_locked:
            return "lock"
        return "now" if self.is_begun else "todo"

    @property
    def state_label(self) -> str:
        return {
            "done": _("Completed"),
            "lock": _("Not open yet"),
            "now": _("In progress"),
            "todo": _("Not started"),
        }[self.state]

    @property
    def steps_done(self) -> int:
        """Lessons and scenario done, for the row of cells."""
        return self.lessons_done + (self.has_scenario and self.scenario_done)

    @property
    def steps_total(self) -> int:
        return self.lessons_total + self.has_scenario


def standing_of(enrolment: Enrolment, *, at: datetime) -> CourseStanding:
    """Return the standing of the person of ``enrolment`` in its course at ``at``."""
    return standings(enrolment.person, [enrolment.course], at=at)[enrolment.course_id]


def standings(
    person: StaffMember, courses: Iterable[CoursePage], *, at: datetime
) -> dict[int, CourseStanding]:
    """Return the standing of ``person`` in each of ``courses`` at ``at``, by course id.

    A course without a version yet has nothing to do and nothing missing.
    """
    courses = list(courses)
    ids = [course.pk for course in courses]
    day = local_day(at)
    enrolments: dict[int, Enrolment] = {}
    for enrolment in (
        Enrolment.objects.filter(person=person, course__in=ids)
        .select_related("course_version")
        .order_by("course_id", "round")
    ):
        enrolments[enrolment.course_id] = enrolment
    versions: dict[int, CourseVersion] = {
        course_id: enrolment.course_version
        for course_id, enrolment in enrolments.items()
        if enrolment.closed_at is None
    }
    unopened = [course_id for course_id in ids if course_id not in versions]
    newest = latest_versions(unopened) if unopened else {}
    manifests = {
        course_id: Manifest.of(version) for course_id, version in (versions | newest).items()
    }
    refreshers = {
        course_id: version.refresher_due_on for course_id, version in (versions | newest).items()
    }
    completions = completions_of(person, ids, manifests.values(), day)
    # What was done shows for the open round, and for a finished one while it is held.
    shown = {
        course_id: enrolment
        for course_id, enrolment in enrolments.items()
        if enrolment.closed_at is None
        or (
            course_id in completions
            and completions[course_id].enrolment_id == enrolment.pk
            and day < completions[course_id].valid_to
        )
    }
    for course_id, enrolment in shown.items():
        manifests[course_id] = Manifest.of(enrolment.course_version)
    facts = facts_of(enrolment.pk for enrolment in shown.values()) if shown else {}
    rules = RuleBook()

    found: dict[int, tuple[Manifest, RoundFacts, Verdict, RuleSet]] = {}
    for course_id, manifest in manifests.items():
        enrolment = shown.get(course_id)
        of_round = rules.on(enrolment.opened_on if enrolment else day)
        own = facts[enrolment.pk] if enrolment else RoundFacts()
        found[course_id] = (manifest, own, judge(manifest, own, of_round), rules.on(day))
    gates = gates_of(enrolments, manifests, completions, day, at_hand=courses)
    lessons, quiz_urls = _next_pages(found)
    return {
        course.pk: _standing(
            course,
            enrolments.get(course.pk),
            found.get(course.pk),
            completions.get(course.pk),
            gates.get(course.pk, ()),
            lessons.get(course.pk),
            quiz_urls,
            refreshers.get(course.pk),
            at=at,
        )
        for course in courses
    }


def completions_of(
    person: StaffMember, ids: list[int], manifests: Iterable[Manifest], day: date
) -> dict[int, Completion]:
    """Return the completion of each course, and of each gate: held on ``day``, else the last."""
    wanted = {*ids, *(gate for manifest in manifests for gate in manifest.gates)}
    best: dict[int, Completion] = {}
    for completion in (
        Completion.objects.current()
        .for_person(person.pk)
        .filter(course__in=wanted, valid_from__lte=day)
        .order_by("course_id", "valid_to", "valid_from", "pk")
    ):
        best[completion.course_id] = completion
    return best


def gates_of(
    enrolments: Mapping[int, Enrolment],
    manifests: Mapping[int, Manifest],
    completions: Mapping[int, Completion],
    day: date,
    *,
    at_hand: Iterable[CoursePage] = (),
) -> dict[int, tuple[Gate, ...]]:
    """Return the closed gates of each course; one that is under way is not locked again.

    One query for the names of gates that are not among the courses ``at_hand``.
    """
    closed = {
        course_id: [
            gate
            for gate in manifest.gates
            if gate not in completions or completions[gate].valid_to <= day
        ]
        for course_id, manifest in manifests.items()
        if course_id not in enrolments or enrolments[course_id].closed_at is not None
    }
    wanted = {gate for gates in closed.values() for gate in gates}
    if not wanted:
        return {}
    known = [course for course in at_hand if course.pk in wanted]
    unknown = wanted - {course.pk for course in known}
    if unknown:
        known += CoursePage.objects.filter(pk__in=unknown).only("title", "url_path")
    pages = {
        course.pk: Gate(course.pk, course.title, address_of(course.url_path)) for course in known
    }
    return {
        course_id: tuple(pages[gate] for gate in gates if gate in pages)
        for course_id, gates in closed.items()
    }


def _next_pages(
    found: Mapping[int, tuple[Manifest, RoundFacts, Verdict, RuleSet]],
) -> tuple[dict[int, NextLesson], dict[int, str]]:
    """Return the first step not done of each course, and addresses of quizzes; one query."""
    steps: dict[int, tuple[int, int, bool]] = {}
    quizzes: set[int] = set()
    for course_id, (manifest, own, _verdict, _rules) in found.items():
        if manifest.post_test_id is not None:
            quizzes.add(manifest.post_test_id)
        for number, page in enumerate(manifest.steps, start=1):
            if page not in own.lessons:
                steps[course_id] = (page, number, page in manifest.scenarios)
                break
    wanted = quizzes | {step[0] for step in steps.values()}
    pages = {page.pk: page for page in Page.objects.filter(pk__in=wanted).only("title", "url_path")}
    lessons = {
        course_id: NextLesson(
            page_id=page_id,
            number=number,
            title=pages[page_id].title,
            url=address_of(pages[page_id].url_path),
            is_scenario=is_scenario,
        )
        for course_id, (page_id, number, is_scenario) in steps.items()
    }
    return lessons, {pk: address_of(pages[pk].url_path) for pk in quizzes}


def _standing(
    course: CoursePage,
    enrolment: Enrolment | None,
    found: tuple[Manifest, RoundFacts, Verdict, RuleSet] | None,
    completion: Completion | None,
    gates: tuple[Gate, ...],
    next_lesson: NextLesson | None,
    quiz_urls: Mapping[int, str],
    refresher_due_on: date | None,
    *,
    at: datetime,
) -> CourseStanding:
    day = local_day(at)
    is_held = completion is not None and completion.valid_from <= day < completion.valid_to
    is_open = enrolment is not None and enrolment.closed_at is None
    ends_soon = is_held and completion.valid_to <= day + timedelta(days=RENEWAL_DAYS)
    is_asked = (
        is_held
        and refresher_due_on is not None
        and completion.valid_to == day_after(refresher_due_on)
    )
    may_renew = not is_held or ends_soon or is_asked
    may_begin = found is not None and not is_open and not gates and may_renew
    if found is None:
        return CourseStanding(
            course_id=course.pk,
            enrolment=enrolment,
            lessons_done=0,
            lessons_total=0,
            scenario_done=False,
            has_scenario=False,
            done={},
            next_lesson=None,
            attended=0,
            needed=0,
            post_test=None,
            completion=completion,
            is_held=is_held,
            locked_by=(),
            missing=(),
            next_step=None,
            is_begun=False,
            is_pre_test_open=False,
            may_begin=False,
        )
    manifest, own, verdict, rules = found
    post_test = post_test_of(manifest, own, verdict, rules, at=at)
    if is_held and not is_open:
        next_lesson = None
    return CourseStanding(
        course_id=course.pk,
        enrolment=enrolment,
        lessons_done=len(manifest.lessons) - len(verdict.lessons_missing),
        lessons_total=len(manifest.lessons),
        scenario_done=not verdict.scenarios_missing,
        has_scenario=bool(manifest.scenarios),
        done={page: done_on for page, (done_on, _version) in own.lessons.items()},
        next_lesson=next_lesson,
        attended=verdict.attended,
        needed=verdict.needed,
        post_test=post_test,
        completion=completion,
        is_held=is_held,
        locked_by=() if is_held else gates,
        missing=() if is_held and not is_open else missing_of(gates, verdict, post_test),
        next_step=None
        if is_held and not is_open
        else next_step(course, gates, is_open, next_lesson, post_test, quiz_urls, verdict),
        is_begun=is_open
        and bool(own.lessons or own.attempts or own.is_pretested or verdict.attended),
        is_pre_test_open=manifest.pre_test_id is not None
        and (is_open or may_begin)
        and not own.lessons
        and not own.is_pretested,
        may_begin=may_begin,
        refresher_due_on=refresher_due_on if is_asked else None,
    )
