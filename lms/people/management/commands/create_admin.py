from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from lms.people.administrators import NoProvince, create_admin
from lms.people.models.accounts import AccountCodePurpose
from lms.people.resets import link_of
from lms.people.staff import BadStaffCode, NameMissing, StaffCodeTaken


class Command(BaseCommand):
    help = "Make the first system administrator: prints a one-time code, never a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="full name; asked if left out")
        parser.add_argument("--email", help="e-mail to sign in with; asked if left out")
        parser.add_argument("--phone", default="", help="mobile phone to sign in with")
        parser.add_argument("--staff-code", default="", help="made by the portal if left out")

    def handle(self, **options: Any) -> None:
        name = options["name"] or input("Full name: ")
        email = options["email"] if options["email"] is not None else input("E-mail: ")
        try:
            user, code = create_admin(
                full_name=name,
                work_email=email,
                work_phone=options["phone"],
                staff_code=options["staff_code"],
                at=timezone.now(),
            )
        except NoProvince as refusal:
            raise CommandError("No units yet. Run load_units first.") from refusal
        except NameMissing as refusal:
            raise CommandError("A name is needed.") from refusal
        except BadStaffCode as refusal:
            raise CommandError("The staff code reads as a phone number or an e-mail.") from refusal
        except StaffCodeTaken as refusal:
            raise CommandError("Another person has this staff code.") from refusal
        self.stdout.write(f"Staff code to sign in with: {user.username.upper()}")
        self.stdout.write(f"One-time code, for 7 days:  {code}")
        self.stdout.write(f"Open it at: {link_of(code, AccountCodePurpose.FIRST_SIGN_IN)}")
        self.stdout.write("The first sign-in sets a password and connects an authenticator app.")
