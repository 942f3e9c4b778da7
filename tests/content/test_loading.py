"""The loader: complete, repeatable, and never over a trainer's work."""

import pytest
from django.utils import timezone

from content.loading import load_courses
from content.models import CourseVersion, LessonPage, LessonVersion, Question, QuestionVersion

pytestmark = pytest.mark.django_db


def test_loading_the_demo_publishes_everything_once():
    report = load_courses(edition="demo", at=timezone.now())
    assert (report.left, report.drafts) == ([], [])
    assert LessonPage.objects.live().count() == LessonVersion.objects.count() == 50
    assert Question.objects.filter(live=True).count() == QuestionVersion.objects.count() == 64
    assert CourseVersion.objects.count() == 4

    again = load_courses(edition="demo", at=timezone.now())
    assert (again.created, again.updated, again.left) == ([], [], [])
    assert LessonVersion.objects.count() == 50
