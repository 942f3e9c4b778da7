"""Examining the books, keeping what was found, putting right what can be put right.

An examination reads and writes nothing but its own result. A mend works on one finding at a time in
a transaction of its own, so that one that is refused holds up no other; before it, the check looks
again, because the books go on while somebody reads about them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Model
from django.utils import timezone
from django_tasks import task

from lms.people import audit
from lms.people.models import User
from lms.target.integrity import figures, learning, people, proof, recognition, units
from lms.target.integrity.findings import Check, Finding
from lms.target.models import IntegrityRun

logger = logging.getLogger(__name__)

CHECKS: dict[str, Check] = {
    check.name: check
    for room in (people, units, learning, recognition, proof, figures)
    for check in room.CHECKS
}
# The page names so many of each kind; the command names all.
MOST_EXAMPLES = 50


class CannotMend(ValueError):
    """The check has no mend of its own: a person has to decide."""


@dataclass(frozen=True)
class Result:
    """What one check found, and how long it looked."""

    check: Check
    count: int
    examples: tuple[Finding, ...]
    seconds: float


@dataclass(frozen=True)
class Mended:
    """How many findings of one check were put right and how many refused."""

    check: Check
    mended_count: int
    refused: tuple[Finding, ...]


def examine(*, at: datetime, names: Iterable[str] | None = None) -> list[Result]:
    """Run the checks of ``names`` (all without) over the books as they are; writes nothing."""
    results = []
    for check in chosen(names):
        started, count, examples = time.monotonic(), 0, []
        for finding in check.find(at):
            count += 1
            if len(examples) < MOST_EXAMPLES:
                examples.append(finding)
        results.append(Result(check, count, tuple(examples), time.monotonic() - started))
    return results


def chosen(names: Iterable[str] | None) -> list[Check]:
    """Return the checks of ``names`` in the fixed order. Raises ``KeyError`` for an unknown one."""
    if names is None:
        return list(CHECKS.values())
    wanted = [CHECKS[name].name for name in names]
    return [check for name, check in CHECKS.items() if name in wanted]


def keep(results: list[Result], *, started_at: datetime, actor: User | None) -> IntegrityRun:
    """Store what was found as the newest examination."""
    return IntegrityRun.objects.create(
        started_at=started_at,
        finished_at=timezone.now(),
        run_by=actor,
        results=[
            {
                "name": result.check.name,
                "count": result.count,
                "seconds": round(result.seconds, 2),
                "examples": [
                    {"text": each.text, "key": each.key, "person": each.person_id}
                    for each in result.examples
                ],
            }
            for result in results
        ],
    )


def mend(name: str, *, actor: User | None, at: datetime) -> Mended:
    """Look again and put right what the check named ``name`` finds.

    Raises ``KeyError`` for an unknown check and :class:`CannotMend` where a person must decide.
    """
    check = CHECKS[name]
    if check.mend is None:
        raise CannotMend(name)
    done, refused = 0, []
    # The findings first: a mend may take rows out of the very query that is being read.
    for finding in list(check.find(at)):
        try:
            with transaction.atomic():
                check.mend(finding, at)
                log_mend(check, finding, actor=actor, at=at)
        except (ValueError, LookupError, DatabaseError) as refusal:
            logger.warning("integrity: %s %s: %r", name, finding.key, refusal)
            refused.append(finding)
        else:
            done += 1
    return Mended(check, done, tuple(refused))


def log_mend(check: Check, finding: Finding, *, actor: User | None, at: datetime) -> None:
    """Write what was put right and on whose word."""
    audit.log(
        "integrity.mend",
        subject_of(finding),
        actor=actor,
        at=at,
        check=check.name,
        key=finding.key,
    )


def subject_of(finding: Finding) -> Any:
    subject = finding.subject
    if isinstance(subject, tuple):
        subject = subject[0]
    return subject if isinstance(subject, Model) else IntegrityRun(pk=0)


@task
def examine_later(user_id: int | None) -> int:
    """Examine from the worker and keep the result; return how many findings there are."""
    started_at = timezone.now()
    actor = User.objects.filter(pk=user_id).first()
    results = examine(at=started_at)
    keep(results, started_at=started_at, actor=actor)
    return sum(result.count for result in results)
