"""Imports at the same moment, and a worker killed at work: all of a file or nothing of it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from lms.people.models import Batch, Posting, StaffImport, StaffMember
from lms.people.models.imports import ImportStatus, RowStatus
from lms.people.workbooks import imports
from lms.people.workbooks.applying import apply_run
from lms.people.workbooks.imports import hand_in, read, request_apply
from tests.factories import make_group, make_rules, make_unit
from tests.numbers import at_length
from tests.people.workbook_files import book_of, newcomer
from tests.races import at_once
from tests.test_kills import server_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

ROWS = 280
ROUNDS = at_length(2, 20)
ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = [f"{a} {b} {c}" for a in "ABCDEFGH" for b in ("Thị", "Văn") for c in "KLMNOPQRSTUVXYZHIG"]


@pytest.fixture
def commune() -> None:
    make_rules()
    make_group(code="xa_ldtbxh")
    make_unit(code="20626", name="Duy Phước")


def handed_in(count: int) -> StaffImport:
    file = book_of(*(newcomer(full_name=name) for name in NAMES[:count]))
    kept = hand_in(file, name="ds.xlsx", actor=None, at=timezone.now(), by_worker=False)
    read(kept.pk, str(kept.run))
    kept.refresh_from_db()
    assert kept.counts["new"] == count
    return kept


def asked_to_apply(kept: StaffImport) -> StaffImport:
    return request_apply(
        kept, only_if_all_good=True, actor=None, at=timezone.now(), by_worker=False
    )


@pytest.mark.usefixtures("commune")
def test_same_file_applied_at_once_by_two_brings_each_person_once():
    first, second = (asked_to_apply(handed_in(20)) for _n in range(2))

    def work(kept: StaffImport) -> None:
        apply_run(kept.pk, str(kept.run), actor=None, at=timezone.now())

    assert at_once(lambda: work(first), lambda: work(second)) == [None, None]
    for kept in (first, second):
        kept.refresh_from_db()
    assert sorted([first.status, second.status]) == [ImportStatus.APPLIED, ImportStatus.READY]
    late = first if first.status == ImportStatus.READY else second
    assert (late.is_renewed, late.counts[RowStatus.UNCHANGED]) == (True, 20)
    assert StaffMember.objects.count() == Posting.objects.current().count() == 20


WORKER = """
import sys, django
django.setup()
from django.utils import timezone
from lms.people.workbooks.applying import apply_run
print("ready", flush=True)
apply_run(int(sys.argv[1]), sys.argv[2], actor=None, at=timezone.now())
print("done", flush=True)
"""


@pytest.mark.usefixtures("commune")
def test_worker_killed_while_it_applies_leaves_all_or_nothing():
    dice = random.Random(4)
    kept = asked_to_apply(handed_in(ROWS))
    for number in range(ROUNDS):
        run = str(kept.run)
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(kept.pk), run],
            env=server_environment() | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert worker.stdout.readline() == "ready\n"
        # The first at once, so that at least one meets work under way.
        time.sleep(dice.uniform(0, 0.3) if number else 0.02)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        kept.refresh_from_db()
        people = StaffMember.objects.count()
        if kept.status == ImportStatus.APPLIED:
            break
        assert (people, Posting.objects.count(), Batch.objects.count()) == (0, 0, 0)
        later = timezone.now() + timedelta(hours=1)
        kept = asked_to_apply(imports.restart(kept, actor=None, at=later))
    else:
        apply_run(kept.pk, str(kept.run), actor=None, at=timezone.now())
    kept.refresh_from_db()
    assert kept.status == ImportStatus.APPLIED
    assert number > 0
    # Never a person without a unit.
    assert StaffMember.objects.count() == Posting.objects.current().count() == ROWS
