"""The server under test and the processor time of its processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60


class DidNotStart(RuntimeError):
    """The server did not answer in time."""


@contextmanager
def serving(
    port: int, *, workers: int, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run granian with ``workers`` processes; yield the process id of its head, stop it after.

    ``environment`` stands in the place of this process's own.
    """
    granian = Path(sys.executable).with_name("granian")
    server = subprocess.Popen(  # noqa: S603 (our own server, from our own environment)
        [
            granian, "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", str(workers), "--blocking-threads", "2", "--no-ws",
            "--log-level", "error", "lms.wsgi:application",
        ],
        env=environment,
    )  # fmt: skip
    try:
        wait_until_ready(server, port)
        yield server.pid
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_ready(server: subprocess.Popen, port: int) -> None:
    """Return once ``/readyz`` answers 200; raise :class:`DidNotStart` otherwise."""
    last = time.monotonic() + START_SECONDS
    while time.monotonic() < last and server.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise DidNotStart(port)


def processes_of(pid: int) -> list[int]:
    """Return ``pid`` and its descendants that run now, the head first."""
    found, todo = [], [pid]
    while todo:
        process = todo.pop()
        try:
            tasks = list(Path(f"/proc/{process}/task").iterdir())
            children = [(task / "children").read_text().split() for task in tasks]
        except FileNotFoundError:
            continue
        found.append(process)
        todo += [int(child) for group in children for child in group]
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time used so far by process ``pid`` and its descendants."""
    total = 0
    for process in processes_of(pid):
        try:
            stat = Path(f"/proc/{process}/stat").read_text()
        except FileNotFoundError:
            continue
        # After the name in brackets: fields 14 and 15 of proc(5), user and system time.
        fields = stat.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS
