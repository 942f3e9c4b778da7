"""Registers what the admin shows and asks; decisions are in the modules named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from content.deletion import refuse
from content.viewsets import LegalReferenceViewSet, QuestionViewSet

register_snippet(QuestionViewSet)
register_snippet(LegalReferenceViewSet)


@hooks.register("before_delete_page")
def refuse_page(request: HttpRequest, page: Any) -> HttpResponse | None:
    return refuse(request, [page.specific])


@hooks.register("before_delete_snippet")
def refuse_snippets(request: HttpRequest, instances: Iterable[Any]) -> HttpResponse | None:
    return refuse(request, instances)


@hooks.register("before_delete_user")
def refuse_user(request: HttpRequest, user: Any) -> HttpResponse | None:
    return refuse(request, [user])


@hooks.register("before_serve_document")
def ask_to_sign_in(document: Any, request: HttpRequest) -> HttpResponse | None:
    return None if request.user.is_authenticated else redirect_to_login(request.get_full_path())


@hooks.register("construct_main_menu")
def hide_unused(request: HttpRequest, menu_items: list[Any]) -> None:
    """Trainers need neither a second list of snippets nor the help menu of the software."""
    menu_items[:] = [item for item in menu_items if item.name not in {"snippets", "help"}]
