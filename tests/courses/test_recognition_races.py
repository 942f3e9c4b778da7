"""Two officers who decide one paper at the same moment."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from courses.models import Completion, ExternalTraining
from courses.recognition.evidence import read_evidence
from courses.recognition.papers import Claim, hand_in
from courses.recognition.recognising import approve, decline
from tests import factories as f
from tests.races import at_once, kinds_of
from tests.world import picture

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
CLAIM = Claim("Lớp kỹ năng", "Bộ", date(2024, 3, 4), date(2024, 3, 5), 16, "15/QĐ")


@pytest.fixture
def scene():
    """A paper of a person, a course, and two officers."""
    f.make_rules()
    person = f.make_person()
    f.make_posting(person, unit=f.make_unit(), group=f.make_group())
    officers = [f.make_user(f.make_person()) for _number in range(2)]
    training = hand_in(person, CLAIM, read_evidence(picture()), actor=officers[0], at=NOW)
    return training, f.make_course(), officers


def test_of_two_approvals_one_stands(scene):
    training, course, (first, second) = scene
    results = at_once(
        lambda: approve(training, course=course, actor=first, at=NOW),
        lambda: approve(training, course=course, actor=second, at=NOW),
    )
    assert kinds_of(results) == ["AlreadyClosed", "Completion"]
    assert Completion.objects.filter(person=training.person).count() == 1


def test_of_approval_and_refusal_one_stands(scene):
    training, course, (first, second) = scene
    results = at_once(
        lambda: approve(training, course=course, actor=first, at=NOW),
        lambda: decline(training, reason="Không", actor=second, at=NOW),
    )
    assert "AlreadyClosed" in kinds_of(results)
    training = ExternalTraining.objects.get(pk=training.pk)
    is_held = Completion.objects.filter(person=training.person).exists()
    assert is_held == (training.recognition_status == "approved")


def test_of_two_papers_about_one_training_one_is_recognised(scene):
    training, course, (first, second) = scene
    twin = hand_in(training.person, CLAIM, read_evidence(picture("B")), actor=first, at=NOW)
    results = at_once(
        lambda: approve(training, course=course, actor=first, at=NOW),
        lambda: approve(twin, course=course, actor=second, at=NOW),
    )
    assert kinds_of(results) == ["AlreadyRecognised", "Completion"]
