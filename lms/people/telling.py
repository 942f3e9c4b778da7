"""Telling those who hold a role what the portal met."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from lms.notices.sending import queue_notice
from lms.people.days import local_day
from lms.people.office import office
from lms.people.roles import holders_of


@transaction.atomic
def tell_holders(
    role: str, kind: str, matter: str, *, path: str, at: datetime, **words: object
) -> int:
    """Queue a message of ``kind`` to each of today's holders of ``role`` who has an e-mail address.

    For the same ``matter`` each is told once. ``path`` leads to what is to be done; ``words`` fill
    in the text beside the name, the portal and the link. Return how many are told.
    """
    holders = list(holders_of(role, local_day(at)).exclude(email=None).exclude(email=""))
    for holder in holders:
        queue_notice(
            holder,
            kind,
            context={
                "name": holder.display_name,
                "portal": office().portal_name_short,
                "link": settings.SITE_URL + path,
                **words,
            },
            dedupe_key=f"{kind}:{matter}:{holder.pk}",
            at=at,
        )
    return len(holders)
