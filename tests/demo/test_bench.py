"""The parts of the benchmark that need no server: reading a sheet, dealing out jobs, the clock."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from lms.bench.client import answers_on
from lms.bench.figures import find_places
from lms.bench.measuring import in_lanes, measure
from lms.bench.province import Size, build
from lms.bench.server import cpu_seconds
from lms.people.models import StaffMember
from lms.target.figures import figures
from lms.target.standing.refreshing import is_built, rebuild

SHEET = """
<form method="post">
  <input type="hidden" name="csrfmiddlewaretoken" value="x">
  <input type="hidden" name="revision" value="3">
  <input type="hidden" name="asked" value="1"><input type="hidden" name="asked" value="2">
  <input type="radio" name="q1" value="A"><input type="radio" name="q1" value="B">
  <input type="checkbox" name="q2" value="C"><input type="checkbox" name="q2" value="D">
  <select name="q3-1"><option value=""></option><option value="2">2</option></select>
  <input type="text" name="q4"><input type="checkbox" name="flag" value="1">
</form>
"""


def test_answers_take_the_first_choice_of_each_question():
    assert answers_on(SHEET) == [
        ("revision", "3"),
        ("asked", "1"),
        ("asked", "2"),
        ("q1", "A"),
        ("q2", "C"),
        ("q3-1", "2"),
        ("q4", "không rõ"),
    ]


def test_in_lanes_deals_out_every_job_once():
    lanes = in_lanes([1, 2, 3, 4, 5], 2)
    assert lanes == [[1, 3, 5], [2, 4]]
    assert in_lanes([1], 4) == [[1]]


def test_measure_counts_jobs_and_reads_the_processor_time_of_a_process():
    done: list[int] = []
    lanes = in_lanes([lambda: done.append(1)] * 7, 2)
    result = measure("jobs", lanes, pid=os.getpid(), seconds=5)
    assert (result.name, result.request_count, len(done)) == ("jobs", 7, 7)
    assert result.p50_ms <= result.p95_ms
    assert cpu_seconds(os.getpid()) > 0


def test_measure_begins_nothing_after_its_time():
    done: list[int] = []

    def slow() -> None:
        done.append(1)
        time.sleep(0.05)

    result = measure("jobs", [[slow] * 50], pid=os.getpid(), seconds=0.1)
    assert 1 <= result.request_count == len(done) < 50


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the large province needs PostgreSQL")
@pytest.mark.django_db
def test_large_province_is_counted_the_same_from_facts_and_from_standings():
    """What the benchmark asks about is a province like any other, only made quickly."""
    call_command("load_units", verbosity=0)
    call_command("load_courses", edition="demo", verbosity=0)
    size = Size(1500, timezone.now(), districts=20, communes_each=14)
    build(size, tell=lambda line: None)
    days = [size.today, size.today - timedelta(days=400)]
    asked = [(day, None) for day in days] + [(days[1], days[1] + timedelta(days=20))]
    places = find_places(size.today)
    slow = [figures(unit, *when) for _level, unit in places.each() for when in asked]
    rebuild(at=size.at)
    fast = [figures(unit, *when) for _level, unit in places.each() for when in asked]
    assert is_built()
    assert fast == slow
    total = fast[0].total
    assert StaffMember.objects.count() == 1500
    assert 0 < total.numerator < total.denominator < 1500
    assert total.in_progress > 0
    assert total.needs_retraining > 0
    assert total.on_leave > 0
    # Some was entered late, so that what was known differs from what was so.
    assert fast[1].total != fast[2].total
