"""What targets said before they had terms is said by their first terms, and back again."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests import factories as f

# Long: four walks through all migrations for steps that change no more once they have landed.
pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

BEFORE = [("target", "0010_periods_apart")]


def newest():
    """Bring the database to where every other test finds it."""
    executor = MigrationExecutor(connection)
    leaves = [key for key in executor.loader.graph.leaf_nodes() if key[0] == "target"]
    return executor.migrate(leaves).apps


@pytest.fixture
def old_models():
    yield MigrationExecutor(connection).migrate(BEFORE).apps
    newest()


def test_terms_and_milestones_are_copied_both_ways(old_models):
    unit = f.make_unit(code="49", level="province", kind="Tỉnh")
    said = {
        "name": "80% năm 2024",
        "plan_number": "1578/KH-UBND",
        "unit_id": unit.pk,
        "owner_id": unit.pk,
        "first_day": date(2024, 1, 1),
        "last_day": date(2024, 12, 31),
        "level_percent": 80,
        "headline": "in_year",
    }
    milestones = [
        {"day": "2024-09-30", "percent": 60},
        {"day": "2024-06-30", "percent": 40},
        {"day": "khi nào", "percent": 50},
        {"day": "2025-06-30", "percent": 50},
        "gì đó",
    ]
    key = (
        old_models.get_model("target", "TrainingTarget")
        .objects.create(**said, milestones=milestones, created_at=f.AT)
        .pk
    )
    apps = newest()
    terms = apps.get_model("target", "TargetTerms").objects.get(target=key)
    assert (terms.name, terms.plan_number, terms.level_percent) == (
        "80% năm 2024",
        "1578/KH-UBND",
        80,
    )
    assert (terms.valid_from, terms.valid_to, terms.period_to) == (
        date(2024, 1, 1),
        date(2025, 1, 1),
        date(2025, 1, 1),
    )
    assert (terms.headline, terms.group_mask, terms.recorded_on) == ("in_year", 0, date(1, 1, 1))
    kept = apps.get_model("target", "TargetMilestone").objects.filter(target=key).order_by("day")
    assert [(each.day, each.percent) for each in kept] == [
        (date(2024, 6, 30), 40),
        (date(2024, 9, 30), 60),
    ]
    back = MigrationExecutor(connection).migrate(BEFORE).apps
    target = back.get_model("target", "TrainingTarget").objects.get(pk=key)
    assert {name: getattr(target, name) for name in said} == said
    assert target.milestones == [milestones[1], milestones[0]]
