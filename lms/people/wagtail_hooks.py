"""The admin's doors to accounts: an account has records, so it is closed and never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail import hooks

from lms.people.models import User


@hooks.register("before_delete_user")
def refuse_deleting_an_account(request: HttpRequest, user: User) -> HttpResponse:
    """Refuse before PROTECT would answer with an error page; offer what can be done instead."""
    messages.error(
        request,
        _("An account has records and is not deleted. Take the tick from “Active” to close it."),
    )
    return redirect("wagtailusers_users:index")


@hooks.register("before_bulk_action")
def refuse_deleting_accounts(
    request: HttpRequest, action_type: str, objects: Sequence[Model], action: Any
) -> HttpResponse | None:
    """Refuse the same act on several accounts at once."""
    if action_type == "delete" and any(isinstance(each, User) for each in objects):
        return refuse_deleting_an_account(request, request.user)
    return None
