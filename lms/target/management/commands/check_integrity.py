from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lms.people.models import StaffMember
from lms.target.integrity.findings import say
from lms.target.integrity.running import CHECKS, chosen, examine, keep, mend


class Command(BaseCommand):
    """Exits with 1 while something is wrong, so that a timer's mail is worth reading."""

    help = (
        "Examine the books: what disagrees, in plain words, and what would put it right. "
        "Writes nothing but its result; with --execute it puts right what needs no decision."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--execute", action="store_true", help="put right what can be")
        parser.add_argument(
            "--check",
            action="append",
            metavar="NAME",
            help="only this check; may be given several times",
        )
        parser.add_argument("--list", action="store_true", help="name the checks and stop")

    def handle(self, *, execute: bool, check: list[str] | None, **options: Any) -> None:
        if options["list"]:
            for name, each in CHECKS.items():
                self.stdout.write(f"{name}: {each.title}")
            return
        try:
            chosen(check)
        except KeyError as unknown:
            raise CommandError(
                f"No check is called {unknown.args[0]}. These are: {', '.join(CHECKS)}."
            ) from unknown
        started_at = timezone.now()
        results = examine(at=started_at, names=check)
        people = StaffMember.objects.in_bulk(
            {each.person_id for result in results for each in result.examples if each.person_id}
        )
        left = 0
        for result in results:
            if not result.count:
                continue
            self.stdout.write(f"{result.check.title}: {result.count}")
            for each in result.examples:
                name = str(people[each.person_id]) if each.person_id in people else ""
                self.stdout.write(f"  {say(each.text, name)} [{each.key}]")
            if result.count > len(result.examples):
                self.stdout.write(f"  … {result.count - len(result.examples)}")
            self.stdout.write(f"  → {result.check.advice}")
            left += 0 if result.check.is_note else result.count
            if execute and result.check.mend is not None:
                mended = mend(result.check.name, actor=None, at=timezone.now())
                self.stdout.write(
                    f"  {mended.mended_count} put right, {len(mended.refused)} refused"
                )
                left -= mended.mended_count
        if check is None:
            keep(results, started_at=started_at, actor=None)
        if not any(result.count for result in results):
            self.stdout.write("The books agree.")
        if left > 0:
            raise SystemExit(1)
