"""A trainer at her desk: signed in with a second factor, with the groups of her role."""

from typing import Any

from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from content.models import LessonPage
from lms.people.roles import sync_groups
from tests.factories import make_role, make_unit, make_user
from tests.people.actors import verified


def make_editor(role: str = "content_editor") -> Any:
    user = make_user()
    make_role(user, role, unit=make_unit())
    sync_groups(user, timezone.now())
    return user


def sign_in_editor(client: Client, role: str = "content_editor") -> Any:
    user = make_editor(role)
    verified(client, user)
    return user


def publish(page: Page) -> Page:
    """Publish the page as it stands and return it fresh."""
    page.save_revision().publish()
    return type(page).objects.get(pk=page.pk)


def body_with(text: str) -> list[Any]:
    return [("paragraph", {"text": f"<p>{text}</p>", "needs_review": False, "basis": ""})]


def set_body(lesson: LessonPage, text: str) -> LessonPage:
    lesson = LessonPage.objects.get(pk=lesson.pk)
    lesson.body = body_with(text)
    return lesson
