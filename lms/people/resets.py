"""A new password by e-mail.

The whole work is done in the background for known and unknown accounts alike, so that neither the
answer nor its time tells whether there is such an account. The link leads to a new password, never
past the second factor.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from lms.notices.sending import queue_notice
from lms.people.accounts import issue_code
from lms.people.backends import find_username
from lms.people.models import AccountCode, User
from lms.people.models.accounts import AccountCodePurpose
from lms.people.office import office

# Somebody else who asks again and again must not fill a mailbox.
SHORTEST_INTERVAL = timedelta(minutes=5)


@task
def send_reset_link(typed: str) -> None:
    """Send a link to the account that ``typed`` means, if it has an e-mail address."""
    user = User.objects.filter(username=find_username(typed), is_active=True).first()
    if user is not None and user.email:
        reset_by_mail(user, at=timezone.now())


@transaction.atomic
def reset_by_mail(user: User, *, at: datetime) -> bool:
    """Queue a link for a new password; tell whether one was queued (not if one just was)."""
    User.objects.select_for_update().get(pk=user.pk)
    recent = AccountCode.objects.filter(
        user=user, purpose=AccountCodePurpose.RESET, issued_at__gt=at - SHORTEST_INTERVAL
    )
    if recent.exists():
        return False
    mail_code(user, purpose=AccountCodePurpose.RESET, actor=None, at=at)
    return True


@transaction.atomic
def mail_code(user: User, *, purpose: str, actor: User | None, at: datetime) -> None:
    """Issue a one-time code and queue it as a link to the account's e-mail address.

    Raises ``NoAddress`` without one.
    """
    is_first = purpose == AccountCodePurpose.FIRST_SIGN_IN
    code = issue_code(user, purpose=purpose, actor=actor, at=at)
    standing = AccountCode.objects.filter(user=user, purpose=purpose).latest("issued_at", "pk")
    queue_notice(
        user,
        "first-sign-in" if is_first else "reset-password",
        context={
            "name": user.display_name,
            "username": user.username,
            "link": link_of(code, purpose),
            "expires": f"{timezone.localtime(standing.expires_at):%H:%M ngày %d/%m/%Y}",
            "portal": office().portal_name_short,
        },
        dedupe_key=f"code:{standing.pk}",
        at=at,
    )


def link_of(code: str, purpose: str) -> str:
    """Return the full address at which ``code`` opens its account."""
    name = "open_account" if purpose == AccountCodePurpose.FIRST_SIGN_IN else "reset_password"
    return settings.SITE_URL + reverse(f"people:{name}", args=[code])


def tell_password_changed(user: User, *, at: datetime) -> Any:
    """Queue a message that the password was changed, where there is an address to send it to."""
    if not user.email:
        return None
    return queue_notice(
        user,
        "password-changed",
        context={
            "name": user.display_name,
            "moment": f"{timezone.localtime(at):%H:%M ngày %d/%m/%Y}",
            "portal": office().portal_name_short,
        },
        dedupe_key=f"password-changed:{user.pk}:{at.isoformat()}",
        at=at,
    )
