"""Writers on SQLite wait for each other, and a report reads one snapshot and blocks nobody.

Eight writers read, then write, in one transaction: what a quiz answer does. With Django's default
(DEFERRED) a reader whose snapshot is out of date is refused as soon as it writes, whatever the
timeout; the control brings that about, so that the first test cannot pass for nothing.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, connections, transaction

from lms.settings.environment import database
from tests.numbers import at_length

WRITERS = 8
ROUNDS = at_length(25, 100)
pytestmark = pytest.mark.race


@pytest.fixture
def aliases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker
) -> Iterator[dict[str, str]]:
    """Aliases, by transaction mode, of one database that holds a counter at zero."""
    config = {
        **database(f"sqlite:///{tmp_path}/locking.sqlite3"),
        "ATOMIC_REQUESTS": False,
        "AUTOCOMMIT": True,
        "CONN_HEALTH_CHECKS": False,
        "TIME_ZONE": None,
        "TEST": {"MIRROR": None, "NAME": None},
    }
    names = {}
    for mode in ("IMMEDIATE", "DEFERRED"):
        names[mode] = f"locking-{mode.lower()}"
        options = {**config["OPTIONS"], "transaction_mode": mode}
        monkeypatch.setitem(connections.settings, names[mode], {**config, "OPTIONS": options})
    with django_db_blocker.unblock():
        with connections[names["IMMEDIATE"]].cursor() as cursor:
            cursor.execute("CREATE TABLE counter (total integer NOT NULL)")
            cursor.execute("INSERT INTO counter VALUES (0)")
        yield names
        for name in names.values():
            connections[name].close()
            del connections[name]


def total(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT total FROM counter")
        return cursor.fetchone()[0]


def add_one(alias: str, *, between: Callable[[], object] = lambda: None) -> None:
    """Read, call ``between``, then write what was read plus one: wrong if anybody else wrote."""
    with transaction.atomic(using=alias):
        read = total(alias)
        between()
        with connections[alias].cursor() as cursor:
            cursor.execute("UPDATE counter SET total = %s", [read + 1])


def count_refusals(alias: str, *, rounds: int, between: Callable[[], object]) -> int:
    """Let eight threads add one, ``rounds`` times each; return how many transactions were lost."""
    refusals: list[str] = []
    start = threading.Barrier(WRITERS)

    def write() -> None:
        start.wait()
        for _ in range(rounds):
            try:
                add_one(alias, between=between)
            except OperationalError as error:
                refusals.append(str(error))
        connections[alias].close()

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(refusals) <= {"database is locked"}
    return len(refusals)


def test_immediate_transactions_lose_no_write(aliases):
    refused = count_refusals(aliases["IMMEDIATE"], rounds=ROUNDS, between=lambda: None)
    assert (refused, total(aliases["IMMEDIATE"])) == (0, WRITERS * ROUNDS)


def test_deferred_transactions_lose_all_writes_but_one(aliases):
    everybody_has_read = threading.Barrier(WRITERS)
    refused = count_refusals(aliases["DEFERRED"], rounds=1, between=everybody_has_read.wait)
    assert (refused, total(aliases["DEFERRED"])) == (WRITERS - 1, 1)


def test_deferred_report_reads_one_snapshot_beside_a_writer(aliases):
    with transaction.atomic(using=aliases["DEFERRED"]):
        before = total(aliases["DEFERRED"])
        add_one(aliases["IMMEDIATE"])  # would wait 20 s and fail if the report blocked it
        assert (before, total(aliases["DEFERRED"])) == (0, 0)
    assert total(aliases["DEFERRED"]) == 1
