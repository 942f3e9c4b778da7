"""Invented people and known passwords stay out of a real site."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from lms.demo.accounts import NotADemo, list_accounts
from lms.demo.seeding import EndsTooEarly, TooFewStaff, seed
from lms.people.models import AuditEntry, StaffMember, User

pytestmark = pytest.mark.django_db


def test_seed_refuses_a_real_site():
    with pytest.raises(CommandError, match="demo settings only"):
        call_command("seed_demo", staff=100)
    assert not StaffMember.objects.exists()
    assert not AuditEntry.objects.exists()


def test_accounts_are_not_listed_on_a_real_site():
    with pytest.raises(NotADemo):
        list_accounts(at=timezone.now())
    with pytest.raises(CommandError, match="demo settings only"):
        call_command("demo_accounts", format="json")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("staff_count", "until", "refusal"),
    ((10, date(2024, 9, 30), TooFewStaff), (100, date(2024, 3, 1), EndsTooEarly)),
)
def test_seed_refuses_what_its_stories_do_not_fit_into(settings, staff_count, until, refusal):
    settings.IS_DEMO = True
    with pytest.raises(refusal):
        seed(staff_count=staff_count, seed=1, until=until, at=timezone.now())
    assert not StaffMember.objects.exists()
