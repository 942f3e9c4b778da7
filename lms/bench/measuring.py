"""Timing: jobs in a few lanes side by side, bounded in time; wall, percentiles, processor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from lms.bench.server import cpu_seconds

# What every page is compared with.
BARE = "bare page"


@dataclass(frozen=True)
class Timing:
    """One question asked several times; seconds."""

    name: str
    count: int
    p50_s: float
    p95_s: float


@dataclass(frozen=True)
class Result:
    """What one kind of request cost; times in milliseconds."""

    name: str
    request_count: int
    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float


def measure(
    name: str, lanes: Sequence[Sequence[Callable[[], object]]], *, pid: int, seconds: float
) -> Result:
    """Do each lane's jobs in order, a thread for each lane, none begun after ``seconds``.

    An exception in a job ends the run: a page that fails is not a fast page.
    """
    times: list[float] = []
    cpu_before, began = cpu_seconds(pid), time.perf_counter()
    last = began + seconds

    def work(lane: Sequence[Callable[[], object]]) -> None:
        for job in lane:
            start = time.perf_counter()
            if start >= last:
                break
            job()
            times.append(time.perf_counter() - start)

    with ThreadPoolExecutor(len(lanes)) as pool:
        for future in [pool.submit(work, lane) for lane in lanes]:
            future.result()
    wall, cpu = time.perf_counter() - began, cpu_seconds(pid) - cpu_before
    cuts = quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
    return Result(
        name=name,
        request_count=len(times),
        per_second=len(times) / wall,
        p50_ms=cuts[9] * 1000,
        p95_ms=cuts[18] * 1000,
        cpu_ms=cpu / len(times) * 1000,
    )


def in_lanes(jobs: Sequence[Any], count: int) -> list[Sequence[Any]]:
    """Deal ``jobs`` out into at most ``count`` lanes."""
    return [jobs[first::count] for first in range(min(count, len(jobs)))]
