"""Ask for a refresher of an updated course, or take the asking back; dry until ``--execute``."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from content.models import CourseVersion
from courses.refreshing.asking import (
    RefresherPlan,
    RefresherRefused,
    ask_refresher,
    find_batch,
    plan_refresher,
)
from lms.people import batches
from lms.target.asking import WrongDay, read_day
from lms.target.figures import snapshot
from lms.target.refreshers.impact import impact_of
from lms.target.refreshers.wording import REFUSALS


class Command(BaseCommand):
    help = "Ask whoever completed an older version of a course to study the newest by a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("course", metavar="COURSE_KEY", help="Key of the course")
        act = parser.add_mutually_exclusive_group(required=True)
        act.add_argument("--due", help="Last day on which old completions count, 2026-06-30")
        act.add_argument("--undo", action="store_true", help="Ask no longer: the old ends return")
        parser.add_argument("--reason", default="", help="Why; learners read it")
        parser.add_argument("--execute", action="store_true", help="Write; else only print")

    def handle(
        self,
        *,
        course: str,
        due: str | None,
        undo: bool,
        reason: str,
        execute: bool,
        **options: Any,
    ) -> None:
        version = find_version(course)
        if undo:
            self.take_back(version, execute=execute)
            return
        at = timezone.now()
        try:
            due_on = read_day(due)
            if not reason.strip():
                raise CommandError(_("Say why, with --reason."))
            with snapshot():
                plan = plan_refresher(version, due_on, at=at)
                self.show(plan)
            if execute:
                ask_refresher(version, due_on=due_on, reason=reason, actor=None, at=at)
        except WrongDay as error:
            raise CommandError(str(error)) from error
        except RefresherRefused as refusal:
            raise CommandError(REFUSALS[type(refusal)]) from refusal
        self.stdout.write(written(execute=execute))

    def show(self, plan: RefresherPlan) -> None:
        impact = impact_of(plan)
        words = {
            "course": plan.version.course.title,
            "number": plan.version.number,
            "due": f"{plan.due_on:%d/%m/%Y}",
            "after": f"{plan.ends_on:%d/%m/%Y}",
            "people": len(plan.people),
            "completions": len(plan.completions),
            "refreshed": len(plan.refreshed),
            "rounds": plan.older_rounds,
            "turning": impact.turning,
            "losing": impact.losing,
            "trained": impact.trained,
            "counted": impact.counted,
        }
        for line in (
            _("“%(course)s”, version %(number)s: refresher by %(due)s."),
            _("People asked: %(people)s; completions that end: %(completions)s."),
            _("People who hold it by the new version or later: %(refreshed)s."),
            _("Rounds under way on an older version, whose completion ends too: %(rounds)s."),
            _("If nobody refreshed, on %(after)s need retraining: %(turning)s more."),
            _("Trained on that day: %(trained)s of %(counted)s, of these lost: %(losing)s."),
        ):
            self.stdout.write(line % words)

    def take_back(self, version: CourseVersion, *, execute: bool) -> None:
        batch = find_batch(version)
        if batch is None:
            raise CommandError(_("No refresher to the newest version is asked for."))
        self.stdout.write(
            _("Completions that get their old end back: %(count)s.")
            % {"count": batch.counts["completions"]}
        )
        if execute:
            try:
                batches.undo(batch, actor=None, at=timezone.now())
            except batches.DependedOn as depended:
                raise CommandError("\n".join(depended.reasons)) from depended
        self.stdout.write(written(execute=execute))


def find_version(key: str) -> CourseVersion:
    """Return the newest version of the course with this key. Raises ``CommandError``."""
    version = (
        CourseVersion.objects.filter(course__key=key)
        .select_related("course")
        .order_by("-number")
        .first()
    )
    if version is None:
        raise CommandError(_("No course with a version has the key “%(key)s”.") % {"key": key})
    return version


def written(*, execute: bool) -> str:
    if execute:
        return _("Written.")
    return _("Nothing was written: repeat with --execute.")
