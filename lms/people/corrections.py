"""A person says that her name, unit or posting is wrong; the focal person of the unit answers."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from lms.notices.sending import queue_notice
from lms.people import audit
from lms.people.days import local_day
from lms.people.focals import find_focals
from lms.people.models import CorrectionRequest, StaffMember, User
from lms.people.office import office
from lms.people.scopes import ANSWERING_ROLES, Scope
from lms.people.staff import correct_person

MOST_OPEN = 5


class TooManyOpen(ValueError):
    """The person has as many open requests as one may have."""


class AlreadyAnswered(ValueError):
    """Somebody has answered the request meanwhile."""


def requests_for(scope: Scope) -> QuerySet[CorrectionRequest]:
    """Return the requests that the asker answers: of people in her units, never her own."""
    if not scope.has_role(*ANSWERING_ROLES):
        return CorrectionRequest.objects.none()
    people = scope.people(StaffMember.objects.all()).exclude(pk=scope.person_id)
    return CorrectionRequest.objects.filter(person__in=people.values("pk")).select_related(
        "person", "closed_by__staff"
    )


@transaction.atomic
def ask_correction(
    person: StaffMember, *, subject: str, text: str, actor: User, at: datetime
) -> CorrectionRequest:
    """Keep the request and tell the nearest focal persons; the text itself is not mailed.

    An open request with the same words is returned as it stands: a double click asks once. Raises
    :class:`TooManyOpen`.
    """
    StaffMember.objects.select_for_update().get(pk=person.pk)
    standing = CorrectionRequest.objects.filter(person=person, closed_at=None)
    same = standing.filter(subject=subject, text=text).first()
    if same is not None:
        return same
    if standing.count() >= MOST_OPEN:
        raise TooManyOpen(person.pk)
    request = CorrectionRequest.objects.create(
        person=person, subject=subject, text=text, asked_at=at, asked_by=actor
    )
    audit.log("correction.ask", request, actor=actor, at=at, person=person, about=str(subject))
    for focal in find_focals(person, local_day(at)):
        _tell(focal, "correction-asked", request, page="people:corrections", at=at)
    return request


@transaction.atomic
def answer_correction(
    request: CorrectionRequest, *, answer: str, full_name: str = "", actor: User, at: datetime
) -> CorrectionRequest:
    """Close the request with an answer, and with ``full_name`` set the name right.

    Raises :class:`AlreadyAnswered`: of two answers at once, the first stands.
    """
    closed = CorrectionRequest.objects.filter(pk=request.pk, closed_at=None).update(
        closed_at=at, closed_by=actor, answer=answer
    )
    if closed != 1:
        raise AlreadyAnswered(request.pk)
    request.refresh_from_db()
    if full_name:
        correct_person(request.person, full_name=full_name, actor=actor, at=at)
    audit.log("correction.answer", request, actor=actor, at=at, person=request.person)
    _tell(request.asked_by, "correction-answered", request, page="people:ask_correction", at=at)
    return request


def _tell(user: User, kind: str, request: CorrectionRequest, *, page: str, at: datetime) -> None:
    if not user.email:
        return
    queue_notice(
        user,
        kind,
        context={
            "name": user.display_name,
            "portal": office().portal_name_short,
            "link": settings.SITE_URL + reverse(page),
        },
        dedupe_key=f"{kind}:{request.pk}:{user.pk}",
        at=at,
    )
