"""``/viec-hoc/``: my learning."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from lms.people.scopes import scope_of
from lms.target.learning_desk import Desk, desk_of


@login_required
@require_safe
def learning(request: HttpRequest) -> HttpResponse:
    """Show the asker's own desk; an account without a staff record has nothing to learn."""
    now = timezone.now()
    person = request.user.staff if request.user.staff_id else None
    desk = desk_of(person, at=now) if person else Desk(scope_of(request.user).day)
    return render(request, "target/learning.html", {"desk": desk, "person": person})
