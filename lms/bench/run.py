"""The run itself: who signs in and what is asked for, in which order."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from functools import partial

from django.db import connection
from django.utils import timezone

from lms.bench.client import Browser, answers_on
from lms.bench.measuring import BARE, Result, in_lanes, measure
from lms.bench.preparing import Addresses, find_addresses, make_learners
from lms.bench.server import serving
from lms.demo.accounts import list_accounts
from lms.demo.cast import MANAGER, PASSWORD, TRAINED

SIGN_IN = "/dang-nhap/"
SECOND_FACTOR = "/xac-thuc/"
WARM_UP = 20


def run(options: Namespace) -> list[Result]:
    """Start the server, measure every kind of request, stop the server."""
    addresses = find_addresses()
    signs = make_learners(options.learners, at=timezone.now())
    connection.close()
    with serving(options.port, workers=options.workers) as pid:
        return Run(options, addresses, pid).measure_all(signs)


class Run:
    """One run against a server that is up."""

    def __init__(self, options: Namespace, addresses: Addresses, pid: int) -> None:
        self.options, self.addresses, self.pid = options, addresses, pid
        self.results: list[Result] = []

    def measure_all(self, signs: list[str]) -> list[Result]:
        options, addresses = self.options, self.addresses
        learners = [Browser(options.port) for _sign in signs]
        for learner in learners:
            learner.get(SIGN_IN)
        self.timed(
            "sign-in",
            [
                partial(learner.post, SIGN_IN, {"identifier": sign, "password": PASSWORD})
                for learner, sign in zip(learners, signs, strict=True)
            ],
        )
        self.pages(BARE, learners[0], addresses.bare)
        self.pages("home", learners[0], "/")
        self.pages("course", learners[0], addresses.course)
        self.pages("lesson", learners[0], addresses.lesson)
        self.pages("my learning", learners[0], "/viec-hoc/")
        self.quiz(learners)
        self.pages("certificate", signed_in(options.port, TRAINED.lower()), addresses.certificate)
        self.pages("dashboard", signed_in_with_code(options.port), "/tien-do/")
        return self.results

    def timed(self, name: str, jobs: list[Callable[[], object]]) -> None:
        lanes = in_lanes(jobs, self.options.threads)
        self.results.append(measure(name, lanes, pid=self.pid, seconds=self.options.seconds))

    def pages(self, name: str, visitor: Browser, path: str) -> None:
        """Measure one page, asked for over several connections of one session."""
        visitors = [visitor.twin() for _lane in range(self.options.threads)]
        for turn in range(WARM_UP):
            visitors[turn % len(visitors)].get(path)
        lanes = [
            [partial(each.get, path)] * (self.options.requests // len(visitors))
            for each in visitors
        ]
        self.results.append(measure(name, lanes, pid=self.pid, seconds=self.options.seconds))
        for each in visitors:
            each.close()

    def quiz(self, learners: list[Browser]) -> None:
        """Start, save and submit one attempt for each learner; what lies between is not timed."""
        attempts: dict[int, str] = {}

        def start(number: int) -> None:
            attempts[number] = learners[number].post(self.addresses.quiz, {})

        self.timed("quiz start", [partial(start, number) for number in range(len(learners))])
        sheets = {n: answers_on(learners[n].get(path)) for n, path in attempts.items()}
        self.timed(
            "quiz save",
            [partial(learners[n].post, attempts[n], sheet) for n, sheet in sheets.items()],
        )
        self.timed(
            "quiz submit",
            [partial(learners[n].post, f"{attempts[n]}nop/", {}) for n in sheets],
        )


def signed_in(port: int, sign_in: str) -> Browser:
    browser = Browser(port)
    browser.get(SIGN_IN)
    browser.post(SIGN_IN, {"identifier": sign_in, "password": PASSWORD})
    return browser


def signed_in_with_code(port: int) -> Browser:
    """Return the manager, who shows a second factor; a code opens one session only."""
    browser = signed_in(port, MANAGER.lower())
    account = next(
        account
        for account in list_accounts(at=timezone.now())
        if account.sign_in == MANAGER.lower()
    )
    browser.get(SECOND_FACTOR)
    browser.post(SECOND_FACTOR, {"code": account.totp_now})
    return browser
