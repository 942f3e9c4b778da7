"""What every run of the suite shares: its numbers, its report header and a clean state."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from lms.people.models import StaffMember
from tests.baseline import Baseline
from tests.numbers import IS_LONG_RUN
from tests.world import World, make_world

# Fixed examples in the short run, so that a red build is red for everybody; fresh ones in the long.
SLOW_ON_PURPOSE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
hypothesis_settings.register_profile(
    "short", max_examples=25, derandomize=True, deadline=None, suppress_health_check=SLOW_ON_PURPOSE
)
hypothesis_settings.register_profile(
    "long", max_examples=500, deadline=None, suppress_health_check=SLOW_ON_PURPOSE
)
hypothesis_settings.load_profile("long" if IS_LONG_RUN else "short")


def pytest_report_header() -> str:
    vendor = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    return f"portal: {vendor}, {'full' if IS_LONG_RUN else 'short'} numbers"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if IS_LONG_RUN:
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="runs only in `make test-long`"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[Baseline]:
    """Let every test that commits leave the database as the migrations made it."""
    with django_db_blocker.unblock():
        baseline = Baseline()
        # Django asks SQLite once in a process; a test that counts queries must not meet that one.
        assert connection.features.supports_json_field
    if baseline.size_of(StaffMember._meta.db_table):
        pytest.exit("An interrupted run left rows in the test database: run with --create-db", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: baseline.clean_up())
        yield baseline


@pytest.fixture(autouse=True)
def clean_state() -> Iterator[None]:
    """Start each test in Vietnamese and with an empty cache, whatever the one before did."""
    cache.clear()
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(scope="module")
def world(django_db_setup: Baseline, django_db_blocker) -> Iterator[World]:
    """The small world, made once for a module and rolled back after it.

    What a test writes is rolled back to here by its own ``db``.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        try:
            yield make_world()
        finally:
            transaction.set_rollback(True)
