"""``python -m lms.bench [pages|figures]``: prepare, serve, measure, print.

``pages`` measures what a request costs beside a bare page in a portal of a usual size, ``figures``
how long the department waits for its figures in one of a million staff. Without a word: both.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys

import django

from lms.bench.measuring import BARE, Result, Timing


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("both", "pages", "figures"), default="both")
    parser.add_argument("--staff", type=int, default=1200, help="people where pages are measured")
    parser.add_argument("--province", type=int, default=1_000_000, help="people for the figures")
    parser.add_argument("--times", type=int, default=9, help="how often a figure is asked for")
    parser.add_argument("--requests", type=int, default=200, help="requests for each page")
    parser.add_argument("--learners", type=int, default=24, help="who sign in and take the quiz")
    parser.add_argument("--seconds", type=float, default=20, help="longest time for each page")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="visitors at once")
    parser.add_argument("--port", type=int, default=0, help="0 = any free one")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    options = parser.parse_args(arguments)
    options.port = options.port or free_port()
    if options.what == "both":
        # A process each: a database is chosen once, when Django is set up.
        for what in ("pages", "figures"):
            done = subprocess.run(  # noqa: S603 (this module again, the caller's own arguments)
                [sys.executable, "-m", "lms.bench", what, *arguments], check=False
            )
            if done.returncode:
                sys.exit(done.returncode)
        return
    server = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.bench.settings"
    os.environ["PORT"] = str(options.port)
    name = f"province_{options.province}" if options.what == "figures" else options.staff
    os.environ["DEMO_DATABASE_URL"] = url = url_of(server, name)
    django.setup()
    from lms.bench import figures  # noqa: PLC0415 (needs the settings that were only just named)
    from lms.bench.preparing import (  # noqa: PLC0415 (after setup)
        create_database,
        prepare,
        prepare_province,
    )
    from lms.bench.run import run  # noqa: PLC0415 (after setup)

    create_database(server, url)
    if options.what == "figures":
        prepare_province(options.province, tell=say)
        results = figures.run(options, say)
    else:
        prepare(options.staff)
        results = run(options)
    if options.format == "json":
        say(json.dumps([vars(result) for result in results], indent=2))
    elif options.what == "figures":
        print_figures(results)
    else:
        print_pages(results)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def print_pages(results: list[Result]) -> None:
    bare = next(result for result in results if result.name == BARE)
    say(f"{'request':16}{'n':>5}{'req/s':>8}{'p50 ms':>8}{'p95 ms':>8}{'CPU ms':>8}{'x bare':>8}")
    for result in results:
        say(
            f"{result.name:16}{result.request_count:5}{result.per_second:8.1f}{result.p50_ms:8.1f}"
            f"{result.p95_ms:8.1f}{result.cpu_ms:8.1f}{result.cpu_ms / bare.cpu_ms:8.2f}"
        )


def print_figures(timings: list[Timing]) -> None:
    """Print p50 and p95 in seconds beside the first line, the bare count."""
    bare = timings[0].p50_s
    say(f"{'question':48}{'n':>5}{'p50 s':>9}{'p95 s':>9}{'x count':>9}")
    for timing in timings:
        say(
            f"{timing.name:48}{timing.count:5}{timing.p50_s:9.3f}{timing.p95_s:9.3f}"
            f"{timing.p50_s / bare:9.2f}"
        )


def url_of(server: str, name: object) -> str:
    """Return the address of the benchmark's own database on the server of ``server``."""
    head, _slash, _name = server.rpartition("/")
    return f"{head}/portal_bench_{name}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main(sys.argv[1:])
