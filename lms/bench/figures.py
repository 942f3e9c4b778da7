"""What figures cost at the size of a country: on the day, on past days, as known then, by bridge.

Asked twice over: of the functions, so that the database's share is seen, and of a server over HTTP
as the department's manager, one visitor, as a person waits for a page. Beside them stands one bare
``count(*)`` over the same postings on the same machine (``docs/as-of.md`` 6).
"""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles

from django.db import connection, transaction
from django.utils import timezone

from lms.bench.client import PATIENCE_SECONDS, Browser
from lms.bench.measuring import Timing
from lms.bench.run import signed_in_with_code
from lms.bench.server import processes_of, serving
from lms.people.models import StaffMember, UnitVersion
from lms.people.models.units import UnitLevel
from lms.people.staff import record_leave
from lms.people.units import find_root
from lms.target.bridge import Side, bridge
from lms.target.figures import figures, snapshot, trend


@dataclass(frozen=True)
class Places:
    """The units that are asked about, largest first."""

    province: UnitVersion
    district: UnitVersion
    commune: UnitVersion

    def each(self) -> Iterator[tuple[str, UnitVersion]]:
        yield from vars(self).items()


def find_places(day: date) -> Places:
    """Return the province, a district and a commune of it."""
    province = find_root(day)
    there = UnitVersion.objects.current().valid_on(day)
    district = there.filter(level=UnitLevel.DISTRICT).order_by("code")[0]
    return Places(province, district, there.filter(parent=district.unit_id).order_by("code")[0])


def run(options: Namespace, tell: Callable[[str], object]) -> list[Timing]:
    """Ask the functions, then the server; tell how memory of the server moved."""
    today = timezone.localdate()
    places = find_places(today)
    days = {
        "today": (today, None),
        "past day": (today - timedelta(days=400), None),
        "past day as known then": (today - timedelta(days=400), today - timedelta(days=380)),
    }
    timings = [timed("bare count(*) of postings", options, bare_count)]
    for level, unit in places.each():
        for when, (day, known) in days.items():
            timings.append(timed(f"figures, {level}, {when}", options, asked(unit, day, known)))
    timings.append(
        timed("trend of a year, province", options, partial(trend, places.province, today))
    )
    timings += bridges(options, places, today)
    timings += writes(options)
    connection.close()
    with serving(options.port, workers=1) as pid:
        manager = signed_in_with_code(options.port)
        before = memory_mb(pid)
        timings += pages(options, manager, places, days)
        tell(f"memory of the web process: {before:.0f} MB before, {memory_mb(pid):.0f} MB after")
    return timings


def asked(unit: UnitVersion, day: date, known: date | None) -> Callable[[], object]:
    def ask() -> None:
        with snapshot():
            figures(unit, day, known)

    return ask


def bridges(options: Namespace, places: Places, today: date) -> list[Timing]:
    """Walk from the end of last year, and from this day a year ago, which stands in no table."""
    firsts = {
        "since last year": date(today.year - 1, 12, 31),
        "over 365 days": today - timedelta(days=365),
    }

    def walk(unit: UnitVersion, first: date) -> None:
        with snapshot():
            bridge(unit, Side(first), Side(today))

    return [
        timed(f"bridge, {level}, {name}", options, partial(walk, unit, first))
        for level, unit in places.each()
        for name, first in firsts.items()
    ]


def bare_count() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_posting")
        cursor.fetchall()


def writes(options: Namespace) -> list[Timing]:
    """Write one leave each for people far apart, what is derived included; taken back after."""
    at, last = timezone.now(), StaffMember.objects.order_by("-pk").values_list("pk", flat=True)[0]
    people = iter(range(last // 3, last, max(1, last // 97)))

    def change() -> None:
        person = StaffMember.objects.get(pk=next(people))
        with transaction.atomic():
            record_leave(person, first_day=timezone.localdate(), actor=None, at=at)
            transaction.set_rollback(True)

    return [timed("one person's change", options, change, times=20)]


def pages(options: Namespace, manager: Browser, places: Places, days: dict) -> list[Timing]:
    timings = []
    for level, unit in places.each():
        for when, (day, known) in days.items():
            path = f"/tien-do/?don-vi={unit.code}&ngay={day:%d/%m/%Y}"
            if known is not None:
                path += f"&biet={known:%d/%m/%Y}"
            timings.append(timed(f"page, {level}, {when}", options, partial(manager.get, path)))
    return timings


def timed(
    name: str, options: Namespace, ask: Callable[[], object], *, times: int | None = None
) -> Timing:
    """Ask once unmeasured, then up to ``times`` times within the seconds a question may take.

    A page that is not there after the visitor's patience counts as that long.
    """
    try:
        ask()
    except TimeoutError:
        return Timing(name, 0, PATIENCE_SECONDS, PATIENCE_SECONDS)
    found: list[float] = []
    last = time.monotonic() + options.seconds
    for _turn in range(times or options.times):
        start = time.perf_counter()
        ask()
        found.append(time.perf_counter() - start)
        if time.monotonic() > last:
            break
    cuts = quantiles(found, n=20, method="inclusive") if len(found) > 1 else found * 19
    return Timing(name, len(found), cuts[9], cuts[18])


def memory_mb(pid: int) -> float:
    """Return what the server's processes hold in memory that is not shared with a file."""
    total = 0
    for process in processes_of(pid):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                total += int(line.split()[1])
    return total / 1024
