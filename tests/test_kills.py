"""kill -9 of the web server while people answer and submit: nothing that was acknowledged is lost.

Each learner keeps a ledger of what the server acknowledged to her. After each kill the database
must hold that, or that and the one request that was under way, and every attempt must be open or
finished, never half.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from courses.models import AnswerStep, Attempt, AttemptQuestion, Completion
from courses.models.quizzes import AttemptStatus
from courses.quizzes.attempts import start_attempt
from courses.quizzes.history import right_answer, wrong_answer
from lms.bench.client import Browser
from lms.bench.server import processes_of, serving
from lms.people.models import AuditEntry, User
from tests.courses.quizzing import form_data, make_learner, make_quiz_course, questions_of
from tests.numbers import at_length
from tests.world import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = at_length(5, 200)
LEARNERS = 3
# How long after the chosen request went out the server is killed: before, in and after its commit.
LONGEST_DELAY_SECONDS = 0.06


@dataclass
class Ledger:
    """What one learner sent and what was acknowledged; answers by position, right or wrong."""

    user: User
    attempt: Attempt
    browser: Browser
    sheets: list[dict[str, Any]]
    steps: list[tuple[int, bool]]
    responses: dict[tuple[int, bool], Any]
    acknowledged: int = 0
    under_way: int = 0
    is_submit_acknowledged: bool = False
    failures: list[str] = field(default_factory=list)

    def learn(self, reached: dict[int, threading.Event]) -> None:
        """Save one answer after the other, then submit, until the server is gone."""
        here = f"/luot-lam-bai/{self.attempt.pk}/"
        try:
            self.browser.get(here)
            for number, sheet in enumerate(self.sheets, start=1):
                self.under_way = number
                announce(reached, number)
                status, text, _ = self.browser.request("POST", here, sheet)
                if status != 303:
                    self.failures.append(f"{here} {number}: {status} {text[:200]}")
                    return
                self.acknowledged = number
            announce(reached, len(self.sheets) + 1)
            status, text, _ = self.browser.request("POST", f"{here}nop/", {})
            if status == 303:
                self.is_submit_acknowledged = True
            else:
                self.failures.append(f"{here}nop/: {status} {text[:200]}")
        except (OSError, HTTPException):
            return
        finally:
            for event in reached.values():
                event.set()

    def possible_answers(self) -> list[dict[int, Any]]:
        """Return the answers that may be stored: the acknowledged ones, and one request more."""
        return [
            {place: self.responses[place, is_right] for place, is_right in self.steps[:count]}
            for count in {self.acknowledged, self.under_way}
        ]


def announce(reached: dict[int, threading.Event], number: int) -> None:
    if number in reached:
        reached[number].set()


def make_ledger(quiz_course, port: int, dice: random.Random) -> Ledger:
    """A learner who will answer each question, some of them twice, in an order of her own."""
    learner = make_learner(quiz_course)
    attempt = start_attempt(
        learner.enrolment, quiz_course.post, actor=learner.user, at=timezone.now()
    )
    questions = {question.position: question for question in questions_of(attempt)}
    responses = {}
    for position, question in questions.items():
        responses[position, True] = stored_form(question, right_answer(question))
        responses[position, False] = stored_form(question, wrong_answer(question))
    places = list(questions) + dice.sample(list(questions), 3)
    dice.shuffle(places)
    # Never the answer that stands already: each step then changes the revision by one.
    steps, standing = [], {}
    for place in places:
        is_right = not standing[place] if place in standing else dice.random() < 0.8
        steps.append((place, is_right))
        standing[place] = is_right
    browser = Browser(port)
    session = sign_in(Client(), learner.user).cookies[settings.SESSION_COOKIE_NAME].value
    browser.cookies[settings.SESSION_COOKIE_NAME] = session
    return Ledger(
        learner.user, attempt, browser, sheets_of(attempt, questions, steps), steps, responses
    )


def stored_form(question: AttemptQuestion, answer: Any) -> Any:
    """Return ``answer`` as it stands in the database; a ranking is given as keys in order."""
    if question.question_version.body["type"] == "ORD" and isinstance(answer, list):
        return {str(key): place for place, key in enumerate(answer, start=1)}
    if question.question_version.body["type"] == "MC":
        return sorted(answer)
    return answer


def sheets_of(
    attempt: Attempt, questions: dict[int, AttemptQuestion], steps: list[tuple[int, bool]]
) -> list[list[tuple[str, Any]]]:
    """Return what the browser posts at each step: one question, from the revision before it."""
    sheets = []
    for revision, (place, is_right) in enumerate(steps):
        question = questions[place]
        answer = right_answer(question) if is_right else wrong_answer(question)
        posted = form_data(attempt, {place: answer})
        posted |= {"asked": [place], "revision": revision}
        sheets.append(
            [
                (name, value)
                for name, values in posted.items()
                for value in (values if isinstance(values, list) else [values])
            ]
        )
    return sheets


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def server_environment() -> dict[str, str]:
    """Return the environment in which a server of its own works on the database of this test."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{Path(database['NAME']).resolve()}"
    else:
        password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
        host = f"{database['HOST']}:{database['PORT'] or 5432}"
        url = f"postgres://{database['USER']}{password}@{host}/{database['NAME']}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "lms.settings.test",
        "DATABASE_URL": url,
        "TEST_FILES_ROOT": str(settings.FILES_ROOT),
    }


def kill(pid: int) -> None:
    for process in processes_of(pid):
        os.kill(process, signal.SIGKILL)


def run_until_killed(ledgers: list[Ledger], pid: int, *, number: int, delay: float) -> None:
    """Let all learn at once and kill the server ``delay`` seconds after one sent ``number``."""
    event = threading.Event()
    threads = [threading.Thread(target=one.learn, args=({number: event},)) for one in ledgers]
    for thread in threads:
        thread.start()
    assert event.wait(timeout=60)
    time.sleep(delay)
    kill(pid)
    for thread in threads:
        thread.join(timeout=60)


def recount(ledger: Ledger, answers: dict[int, Any]) -> int:
    """Return the percent of right answers, from what the learner knows to be right."""
    right = sum(answers.get(place) == ledger.responses[place, True] for place in range(1, 11))
    return 100 * right // 10


def check_database(ledger: Ledger) -> None:
    """Hold the rows of one attempt against the ledger."""
    attempt = Attempt.objects.get(enrolment=ledger.attempt.enrolment_id)
    questions = questions_of(attempt)
    answers = {each.position: each.response for each in questions if each.response is not None}
    assert answers in ledger.possible_answers()
    steps = AnswerStep.objects.filter(attempt_question__attempt=attempt).order_by("sequence")
    folded = {
        step.attempt_question.position: step.response
        for step in steps.select_related("attempt_question")
    }
    assert folded == answers
    assert attempt.revision == len(steps)
    is_finished = attempt.status == AttemptStatus.FINISHED
    assert is_finished or not ledger.is_submit_acknowledged
    marks = [question.fraction for question in questions]
    submits = AuditEntry.objects.filter(action="quiz.submit", object_id=attempt.pk)
    completions = Completion.objects.filter(enrolment=attempt.enrolment_id)
    if is_finished:
        assert None not in marks
        assert attempt.score_percent == recount(ledger, answers)
        assert attempt.passed is (recount(ledger, answers) >= attempt.pass_mark_percent)
        assert submits.count() == 1
        assert completions.count() == (1 if attempt.passed else 0)
    else:
        assert (attempt.submitted_at, attempt.score_percent, attempt.passed) == (None, None, None)
        assert set(marks) == {None}
        assert (submits.count(), completions.count()) == (0, 0)


def go_on(ledger: Ledger, port: int) -> None:
    """Submit again on the new server with the old session; the result is there."""
    ledger.browser.close()
    ledger.browser = browser = ledger.browser.twin()
    assert browser.port == port
    here = f"/luot-lam-bai/{ledger.attempt.pk}/"
    browser.get("/dang-nhap/" if "csrf" not in browser.cookies else "/khoa-hoc/")
    assert browser.post(f"{here}nop/", {}) == f"{here}ket-qua/"
    browser.get(f"{here}ket-qua/")
    browser.close()
    assert Attempt.objects.get(pk=ledger.attempt.pk).status == AttemptStatus.FINISHED
    check_database(ledger)


def test_a_killed_server_loses_no_acknowledged_answer_and_leaves_no_half_attempt():
    dice = random.Random(40)
    quiz_course = make_quiz_course()
    port, environment = free_port(), server_environment()
    killed, finished, open_ones = [], 0, 0
    for number in range(ROUNDS):
        ledgers = [make_ledger(quiz_course, port, dice) for _ in range(LEARNERS)]
        last = len(ledgers[0].sheets) + 1
        # Every second round in the submit, the others somewhere in the answers.
        at_request = last if number % 2 == 0 else dice.randint(2, last - 1)
        with serving(port, workers=1, environment=environment) as pid:
            # The survivors of the last kill go on here, before the next one.
            for ledger in killed:
                check_database(ledger)
                go_on(ledger, port)
            delay = dice.uniform(0, LONGEST_DELAY_SECONDS)
            run_until_killed(ledgers, pid, number=at_request, delay=delay)
        assert [failure for ledger in ledgers for failure in ledger.failures] == []
        finished += sum(ledger.is_submit_acknowledged for ledger in ledgers)
        open_ones += sum(not ledger.is_submit_acknowledged for ledger in ledgers)
        killed = ledgers
    with serving(port, workers=1, environment=environment):
        for ledger in killed:
            check_database(ledger)
            go_on(ledger, port)
    assert Attempt.objects.count() == ROUNDS * LEARNERS
    # The kills did hit work under way, else this shows nothing.
    assert open_ones > 0
