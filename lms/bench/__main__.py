"""``python -m lms.bench``: prepare, serve, measure, print."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys

import django


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--staff", type=int, default=1200, help="people in the database")
    parser.add_argument("--requests", type=int, default=200, help="requests for each page")
    parser.add_argument("--learners", type=int, default=24, help="who sign in and take the quiz")
    parser.add_argument("--seconds", type=float, default=20, help="longest time for each page")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="visitors at once")
    parser.add_argument("--port", type=int, default=0, help="0 = any free one")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    options = parser.parse_args(arguments)
    server = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    options.port = options.port or free_port()
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.bench.settings"
    os.environ["PORT"] = str(options.port)
    os.environ["DEMO_DATABASE_URL"] = url = url_of(server, options.staff)
    django.setup()
    # These need the settings that were only just named.
    from lms.bench.preparing import create_database, prepare  # noqa: PLC0415 (after setup)
    from lms.bench.run import BARE, run  # noqa: PLC0415 (after setup)

    create_database(server, url)
    prepare(options.staff)
    results = run(options)
    if options.format == "json":
        sys.stdout.write(json.dumps([vars(result) for result in results], indent=2) + "\n")
        return
    bare = next(result for result in results if result.name == BARE)
    lines = [
        f"{'request':16}{'n':>5}{'req/s':>8}{'p50 ms':>8}{'p95 ms':>8}{'CPU ms':>8}{'x bare':>8}"
    ]
    lines += [
        f"{result.name:16}{result.request_count:5}{result.per_second:8.1f}{result.p50_ms:8.1f}"
        f"{result.p95_ms:8.1f}{result.cpu_ms:8.1f}{result.cpu_ms / bare.cpu_ms:8.2f}"
        for result in results
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def url_of(server: str, staff_count: int) -> str:
    """Return the address of the benchmark's own database on the server of ``server``."""
    head, _slash, _name = server.rpartition("/")
    return f"{head}/portal_bench_{staff_count}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main(sys.argv[1:])
