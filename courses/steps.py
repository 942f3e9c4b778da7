"""What stands between a learner and the end of a course, and the one thing to do next.

Small values that pages print; their words are in the language that is active when they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from content.models import CoursePage
from content.outline import address_of
from courses.conditions import (
    ATTENDANCE,
    LESSONS,
    POST_TEST,
    SCENARIO,
    Manifest,
    RoundFacts,
    Verdict,
)
from courses.models.quizzes import AttemptStatus
from courses.quizzes.openings import counted_starts
from lms.people.models import RuleSet

GATE = "gate"
BEGIN = "begin"


@dataclass(frozen=True)
class Gate:
    """A course to complete first."""

    course_id: int
    title: str
    url: str


@dataclass(frozen=True)
class NextLesson:
    """The first required lesson, or scenario, that is not done."""

    page_id: int
    number: int
    title: str
    url: str
    is_scenario: bool

    @property
    def heading(self) -> str:
        """The title with the number under which the outline lists the lesson."""
        if self.is_scenario:
            return self.title
        return _("Lesson %(number)s. %(title)s") % {"number": self.number, "title": self.title}


@dataclass(frozen=True)
class PostTest:
    """The learner's post-test of the round; percents are whole or with two decimals."""

    quiz_id: int
    passed: bool
    passed_on: date | None
    best_percent: Decimal | None
    pass_mark_percent: int
    is_open: bool
    is_running: bool
    starts_left: int
    # When a start comes back; only set when none is left.
    next_start_at: datetime | None


@dataclass(frozen=True)
class NextStep:
    """What to do next; ``url`` is empty while there is nothing to press."""

    code: str
    label: str
    url: str


@dataclass(frozen=True)
class Missing:
    """One thing between the learner and the completion; ``text`` is in the active language."""

    code: str
    count: int = 0
    total: int = 0
    name: str = ""

    @property
    def text(self) -> str:
        if self.code == GATE:
            return _("Complete the course “%(course)s” first") % {"course": self.name}
        if self.code == LESSONS:
            return ngettext(
                "Study %(count)s more lesson", "Study %(count)s more lessons", self.count
            ) % {"count": self.count}
        if self.code == SCENARIO:
            return _("Work through the case scenario")
        if self.code == POST_TEST:
            return _("Pass the post-test with at least %(mark)s%%") % {"mark": self.count}
        return ngettext(
            "Attend %(count)s more class period",
            "Attend %(count)s more class periods",
            self.count,
        ) % {"count": self.count}


def post_test_of(
    manifest: Manifest, own: RoundFacts, verdict: Verdict, rules: RuleSet, *, at: datetime
) -> PostTest | None:
    if manifest.post_test_id is None:
        return None
    passed = own.passed
    window = timedelta(hours=manifest.attempt_window_hours or rules.attempt_window_hours)
    starts = manifest.attempt_starts or rules.attempt_starts
    counted = counted_starts(own.attempts, window=window, at=at)
    scores = [a.score_percent for a in own.attempts if a.score_percent is not None]
    left = max(starts - len(counted), 0)
    return PostTest(
        quiz_id=manifest.post_test_id,
        passed=passed is not None,
        passed_on=passed.submitted_on if passed else None,
        best_percent=max(scores, default=None),
        pass_mark_percent=manifest.pass_mark_percent or rules.pass_mark_percent,
        is_open=not verdict.lessons_missing and not verdict.scenarios_missing,
        is_running=any(
            a.status == AttemptStatus.IN_PROGRESS and (a.deadline_at is None or at < a.deadline_at)
            for a in own.attempts
        ),
        starts_left=left,
        next_start_at=counted[-starts] + window if not left else None,
    )


def next_step(
    course: CoursePage,
    gates: tuple[Gate, ...],
    is_open: bool,
    next_lesson: NextLesson | None,
    post_test: PostTest | None,
    quiz_urls: Mapping[int, str],
    verdict: Verdict,
) -> NextStep | None:
    """Return the one thing to do next, in the order in which things open."""
    course_url = address_of(course.url_path)
    if not is_open:
        if gates:
            label = _("Complete the course “%(course)s” first") % {"course": gates[0].title}
            return NextStep(GATE, label, gates[0].url)
        return NextStep(BEGIN, _("Start the course"), course_url)
    if next_lesson is not None:
        if next_lesson.is_scenario:
            return NextStep(SCENARIO, _("Work through the case scenario"), next_lesson.url)
        label = _("Study lesson %(number)s") % {"number": next_lesson.number}
        return NextStep(LESSONS, label, next_lesson.url)
    if post_test is not None and not post_test.passed:
        url = quiz_urls[post_test.quiz_id]
        if post_test.is_running:
            return NextStep(POST_TEST, _("Go on with the post-test"), url)
        if post_test.starts_left:
            return NextStep(POST_TEST, _("Take the post-test"), url)
        opens = date_format(localtime(post_test.next_start_at), "SHORT_DATE_FORMAT")
        return NextStep(POST_TEST, _("The post-test opens again on %(day)s") % {"day": opens}, "")
    if verdict.attended < verdict.needed:
        return NextStep(ATTENDANCE, _("Attend the class"), course_url)
    return None


def missing_of(
    gates: tuple[Gate, ...], verdict: Verdict, post_test: PostTest | None
) -> tuple[Missing, ...]:
    counts = {
        LESSONS: len(verdict.lessons_missing),
        SCENARIO: len(verdict.scenarios_missing),
        POST_TEST: post_test.pass_mark_percent if post_test else 0,
        ATTENDANCE: verdict.needed - verdict.attended,
    }
    return tuple(
        [Missing(GATE, name=gate.title) for gate in gates]
        + [Missing(code, count=counts[code]) for code in verdict.missing]
    )
