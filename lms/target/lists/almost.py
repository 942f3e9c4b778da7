"""Who has done all of a course but the class, or all but the post-test.

The conditions are those of ``courses.conditions``, asked of many rounds at once; a test asks both.
The manifests are few and are read first; only open rounds of the people asked about are looked at.
"""

# ruff: noqa: S608 (the text is put together from constants and whole numbers)

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from content.models import CourseVersion
from courses.conditions import Manifest
from lms.target.figures.sql import FAR_SQL, ONE, Question

PERIODS = {
    "postgresql": "CROSS JOIN LATERAL jsonb_array_elements_text(k.periods) j(value)",
    "sqlite": "CROSS JOIN json_each(k.periods) j",
}


def values(rows: tuple[tuple, ...], width: int) -> str:
    """Return the rows as a VALUES list; a row of zeros, which matches none, keeps it from empty."""
    return "VALUES " + ", ".join(
        f"({', '.join(str(int(value)) for value in row)})" for row in [(0,) * width, *rows]
    )


@dataclass(frozen=True)
class Plans:
    """What each version of a course asks for: a few dozen, read once for all lists of a page."""

    # (version, page) of each required step.
    steps: tuple[tuple[int, int], ...]
    # Version, steps, whether a post-test is asked, periods of the plan, percent to attend (-1 =
    # that of the rule set).
    plans: tuple[tuple[int, int, bool, int, int], ...]

    @classmethod
    def read(cls) -> Plans:
        """One query."""
        steps, plans = [], []
        for version in CourseVersion.objects.all():
            manifest = Manifest.of(version)
            pages = dict.fromkeys(manifest.steps)
            percent = manifest.attendance_percent
            steps += [(version.pk, page) for page in pages]
            plans.append(
                (
                    version.pk,
                    len(pages),
                    manifest.post_test_id is not None,
                    manifest.class_periods,
                    -1 if percent is None else percent,
                )
            )
        return cls(tuple(steps), tuple(plans))


def almost_ctes(question: Question, people: str, plans: Plans) -> str:
    """Return ``almost(person_id, class_mask, quiz_mask)`` for the people of the CTE ``people``.

    Needs ``survivor``. What a learner was told when her round opened stays true for it.
    """
    owner = "coalesce(w.survivor_id, e.person_id)"
    return f"""
    , step(version_id, page_id) AS ({values(plans.steps, 2)})
    , plan(version_id, steps, has_test, periods, percent) AS ({values(plans.plans, 5)})
    , rounds AS (
        SELECT {owner} AS person_id, e.id, e.course_version_id AS version_id, c.bit,
               p.steps, p.has_test, p.periods,
               (p.periods * CASE WHEN p.percent < 0 THEN x.attendance_percent ELSE p.percent END
                + 99) / 100 AS needed
        FROM (
            SELECT u.person_id, u.person_id AS part_id, u.need, u.have FROM {people} u
            UNION ALL
            SELECT w.survivor_id, w.duplicate_id, u.need, u.have FROM survivor w
            JOIN {people} u ON u.person_id = w.survivor_id
        ) i
        JOIN courses_enrolment e ON e.person_id = i.part_id
        LEFT JOIN survivor w ON w.duplicate_id = e.person_id
        JOIN content_coursepage c ON c.page_ptr_id = e.course_id
        JOIN plan p ON p.version_id = e.course_version_id
        JOIN people_ruleset x ON x.scope_key = 'province' AND x.withdrawn_on = {FAR_SQL}
          AND x.valid_from <= e.opened_on AND x.valid_to > e.opened_on
        WHERE e.opened_on <= %(day)s AND (e.closed_at IS NULL OR e.closed_at >= %(day_ends)s)
          AND (((i.need - i.have) >> c.bit) & 1) = 1
    )
    , lessons(id, done) AS (
        SELECT r.id, count(DISTINCT l.lesson_id) FROM rounds r
        JOIN courses_lessonprogress l ON l.enrolment_id = r.id AND l.done_on <= %(day)s
        JOIN step s ON s.version_id = r.version_id AND s.page_id = l.lesson_id
        GROUP BY r.id
    )
    , tested(id) AS (
        SELECT DISTINCT t.enrolment_id FROM rounds r JOIN courses_attempt t
          ON t.enrolment_id = r.id
        WHERE t.quiz_kind = 'post' AND t.passed AND t.submitted_on <= %(day)s
    )
    -- Marks are a stack: an undo takes the last one off. What stands at the end is its top.
    , marked AS (
        SELECT m.id, m.enrolment_id, m.session_id, m.person_id, m.periods, m.status, m.source,
            m.recorded_at, sum(CASE WHEN m.source = 'undo' THEN -1 ELSE 1 END) OVER (
                PARTITION BY m.session_id, m.person_id ORDER BY m.recorded_at, m.id
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS height
        FROM rounds r JOIN courses_attendancemark m ON m.enrolment_id = r.id
        JOIN courses_classsession z ON z.id = m.session_id AND z.cancelled_at IS NULL
        JOIN courses_trainingclass y ON y.id = z.training_class_id AND y.cancelled_at IS NULL
        WHERE z.starts_at < %(day_ends)s
    )
    , kept AS (
        SELECT k.*, min(k.height) OVER (
                PARTITION BY k.session_id, k.person_id ORDER BY k.recorded_at, k.id
                ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS lowest,
            last_value(k.height) OVER (
                PARTITION BY k.session_id, k.person_id ORDER BY k.recorded_at, k.id
                ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS final
        FROM marked k
    )
    , attended(id, periods) AS (
        SELECT r.id, count(DISTINCT CAST(j.value AS integer)) FROM rounds r
        JOIN kept k ON k.enrolment_id = r.id
        {PERIODS[connection.vendor]}
        WHERE k.source <> 'undo' AND k.lowest >= k.height AND k.final = k.height
          AND CAST(j.value AS integer) BETWEEN 1 AND r.periods
        GROUP BY r.id
    )
    , judged AS (
        SELECT r.person_id, r.bit,
            CASE WHEN coalesce(l.done, 0) = r.steps THEN 1 ELSE 0 END AS has_read,
            CASE WHEN r.has_test = 0 OR t.id IS NOT NULL THEN 1 ELSE 0 END AS has_passed,
            CASE WHEN coalesce(a.periods, 0) >= r.needed THEN 1 ELSE 0 END AS has_come
        FROM rounds r LEFT JOIN lessons l ON l.id = r.id LEFT JOIN tested t ON t.id = r.id
        LEFT JOIN attended a ON a.id = r.id
    )
    , almost(person_id, class_mask, quiz_mask) AS (
        SELECT person_id,
            CAST(sum(DISTINCT CASE WHEN has_read = 1 AND has_passed = 1 AND has_come = 0
                              THEN {ONE} << bit ELSE 0 END) AS bigint),
            CAST(sum(DISTINCT CASE WHEN has_read = 1 AND has_passed = 0 AND has_come = 1
                              THEN {ONE} << bit ELSE 0 END) AS bigint)
        FROM judged GROUP BY person_id
    )"""


def lacks_only(mask: str) -> str:
    """Return the condition that every course ``v`` misses is in a mask of ``almost`` row ``a``."""
    missing = "(v.need - v.have)"
    return f"{missing} <> 0 AND ({missing} & a.{mask}) = {missing}"
