import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from lms.demo.accounts import NotADemo, list_accounts, seconds_left


class Command(BaseCommand):
    help = "List the accounts of the demo: role, sign-in, password, and codes where one is asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=("table", "json"), default="table")

    def handle(self, *, format: str, **options: Any) -> None:
        try:
            accounts = list_accounts(at=timezone.now())
        except NotADemo as refusal:
            raise CommandError("demo accounts exist under demo settings only") from refusal
        if format == "json":
            self.stdout.write(
                json.dumps(
                    [account.as_dict() for account in accounts], ensure_ascii=False, indent=2
                )
            )
            return
        if not accounts:
            self.stdout.write("No accounts yet: run seed_demo first.")
            return
        self.stdout.write(f"{'role':17}{'sign-in':13}{'password':20}{'code now':9}unit")
        for account in accounts:
            self.stdout.write(
                f"{account.role:17}{account.sign_in:13}{account.password or '-':20}"
                f"{account.totp_now or '-':9}{account.unit}: {account.about}"
            )
            if account.one_time_code:
                self.stdout.write(f"{'':17}one-time code {account.one_time_code}")
        self.stdout.write(
            f"Codes change in {seconds_left()} s; run `manage.py demo_accounts` again for new "
            "ones, or give totp_secret of `--format json` to an authenticator app."
        )
