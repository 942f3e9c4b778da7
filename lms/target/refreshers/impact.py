"""Whom a refresher turns if nobody takes it: the definition asked for the day after the due day."""

# ruff: noqa: S608 (the text is put together from constants; whatever was typed is a parameter)

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from courses.refreshing.asking import RefresherPlan
from lms.people.units import find_root
from lms.target.figures.sql import Question, verdict_ctes


@dataclass(frozen=True)
class RefresherImpact:
    """People counted in the target on the day after the due day.

    ``trained`` of them are trained on it as things stand, ``turning`` would need retraining and
    do not as things stand, ``losing`` of those are trained: so many the numerator loses. ``who``
    are the keys of those turning.
    """

    counted: int = 0
    trained: int = 0
    losing: int = 0
    who: frozenset[int] = frozenset()

    @property
    def turning(self) -> int:
        return len(self.who)


def impact_of(plan: RefresherPlan) -> RefresherImpact:
    """Return what ``plan`` does if nobody refreshed until the due day; two queries.

    Whoever needs the course and holds it by completions that are asked alone, held it and holds it
    no longer: that is "needs retraining", unless she is it already for another course.
    """
    root = find_root(plan.ends_on)
    if root is None:
        return RefresherImpact()
    question = Question(day=plan.ends_on, unit_id=root.unit_id, is_root=True)
    text = f"""{verdict_ctes(question)}
    SELECT v.person_id, v.state, CASE WHEN ((v.need >> {plan.version.course.bit:d}) & 1) = 1
               AND ((v.courses >> {plan.version.course.bit:d}) & 1) = 1 THEN 1 ELSE 0 END
    FROM verdict v WHERE v.on_leave = 0"""
    with connection.cursor() as cursor:
        cursor.execute(text, question.params())
        rows = cursor.fetchall()
    turning = {
        person_id: state
        for person_id, state, is_held in rows
        if is_held and person_id in plan.people and state != "retrain"
    }
    return RefresherImpact(
        counted=len(rows),
        trained=sum(state == "trained" for _person, state, _is_held in rows),
        losing=list(turning.values()).count("trained"),
        who=frozenset(turning),
    )
