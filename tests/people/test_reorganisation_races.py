"""A worker killed while it applies a reorganisation: all of it or nothing, and begun again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone

from lms.people.models import Posting, Reorganisation, UnitEvent, UnitVersion
from lms.people.models.reorganisations import Work
from lms.people.reorganising import draft, read_data, tasks
from lms.people.reorganising.planning import plan_of
from lms.people.reorganising.working import request, restart, work_run
from lms.people.units import UNPLACED_KEY
from tests.factories import make_group, make_person, make_posting, make_rules, make_unit
from tests.numbers import at_length
from tests.test_kills import server_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PEOPLE = 320
ROUNDS = at_length(2, 20)
ROOT = Path(__file__).resolve().parent.parent.parent
AT = datetime(2024, 6, 1, 3, 0, tzinfo=UTC)
EFFECTIVE = date(2024, 7, 1)
WORKER = """
import sys, django
django.setup()
from django.utils import timezone
from lms.people.reorganising.working import work_run
print("ready", flush=True)
work_run(int(sys.argv[1]), sys.argv[2], actor=None, at=timezone.now())
"""


@pytest.fixture
def merger() -> Reorganisation:
    """One commune of many joins another."""
    make_rules()
    group = make_group(code="xa_ldtbxh")
    make_unit(code="CHUA-XEP", name="Chưa xếp", kind="", level="agency", own_key=UNPLACED_KEY)
    province = make_unit(code="49", level="province", kind="Tỉnh")
    parent = make_unit(code="500", level="district", kind="Huyện", parent=province)
    going = make_unit(code="20626", name="Duy Phước", parent=parent)
    make_unit(code="20632", name="Duy Vinh", parent=parent)
    for _number in range(PEOPLE):
        make_posting(make_person(), unit=going, group=group)
    plan = {
        "title": "Nhập xã",
        "decision_number": "7/NQ",
        "effective_on": f"{EFFECTIVE}",
        "events": [{"kind": "merge", "units": ["20626"], "into": "20632"}],
    }
    return draft(read_data(plan), actor=None, at=AT)


@pytest.fixture
def only_by_hand(monkeypatch):
    """Let the asking write, and nobody take it up but the worker that the test starts."""
    monkeypatch.setattr(tasks, "work_later", SimpleNamespace(enqueue=lambda *args: None))


def posted_in(code: str) -> int:
    unit = UnitVersion.objects.current().filter(code=code).first().unit_id
    return Posting.objects.current().valid_on(EFFECTIVE).filter(unit=unit).count()


@pytest.mark.usefixtures("only_by_hand")
def test_worker_killed_while_it_applies_leaves_all_or_nothing(merger):
    assert not plan_of(read_data(merger.body)).refusals
    dice = random.Random(7)
    request(merger, Work.APPLYING, actor=None, at=timezone.now())
    for number in range(ROUNDS):
        merger.refresh_from_db()
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(merger.pk), str(merger.run)],
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
        merger.refresh_from_db()
        if merger.is_applied:
            break
        assert (posted_in("20626"), posted_in("20632")) == (PEOPLE, 0)
        assert not UnitEvent.objects.exists()
        restart(merger, actor=None, at=timezone.now() + timedelta(hours=number + 1))
    else:
        merger.refresh_from_db()
        work_run(merger.pk, str(merger.run), actor=None, at=timezone.now())
        merger.refresh_from_db()
    assert number > 0
    assert merger.is_applied
    assert (posted_in("20626"), posted_in("20632")) == (0, PEOPLE)
