"""A paper's way: handed in by the person or her unit, checked, taken back.

Whoever it is about neither checks nor decides it. Of several who act on one paper at once the first
is heard, under the row's lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse

from content.models import CoursePage
from courses.models import ExternalTraining
from courses.models.recognition import RecognitionStatus, private_storage
from courses.recognition.evidence import Evidence
from lms.notices.sending import queue_notice
from lms.notices.texts import Text
from lms.people import audit
from lms.people.corrections import find_focals
from lms.people.days import local_day
from lms.people.models import StaffMember, User
from lms.people.models.accounts import Role
from lms.people.office import office
from lms.people.telling import tell_holders

# Papers of one person that nobody has decided.
MOST_OPEN = 10
# A slip of the finger in the year would count in every figure since.
EARLIEST = date(1990, 1, 1)

TEXTS = {
    "recognition-handed-in": Text(
        "Có giấy tập huấn bên ngoài chờ kiểm tra",
        "Kính gửi {name},\n\n"
        "Một cán bộ trong phạm vi của anh/chị vừa nộp giấy tập huấn bên ngoài để được công nhận. "
        "Xem và kiểm tra tại:\n{link}",
    ),
    "recognition-approved": Text(
        "Đã công nhận lớp tập huấn bên ngoài",
        "Kính gửi {name},\n\n"
        "Lớp “{title}” đã được công nhận tương đương khóa “{course}”, tính từ ngày {day}. "
        "Xem tại:\n{link}",
    ),
    "recognition-declined": Text(
        "Chưa công nhận lớp tập huấn bên ngoài",
        "Kính gửi {name},\n\n"
        "Lớp “{title}” chưa được công nhận. Lý do: {reason}\n\n"
        "Anh/chị có thể nộp lại khi đã bổ sung. Xem tại:\n{link}",
    ),
}


class PaperRefused(ValueError):
    """What was asked cannot be done with this paper."""


class DaysReversed(PaperRefused):
    """The last day lies before the first."""


class TooLongAgo(PaperRefused):
    """The year is one that nobody can mean."""


class NotOverYet(PaperRefused):
    """The training ends after today."""


class TooManyOpen(PaperRefused):
    """The person has as many undecided papers as one may have."""


class OwnPaper(PaperRefused):
    """Nobody checks or decides what was handed in about herself."""


class AlreadyClosed(PaperRefused):
    """The paper was decided or taken back meanwhile."""


class AlreadyChecked(PaperRefused):
    """Somebody has checked the paper meanwhile."""


class ReasonMissing(PaperRefused):
    """This act needs a reason."""


@dataclass(frozen=True)
class Claim:
    """What a paper says; ``periods`` are of 45 minutes, both days are inclusive."""

    title: str
    organiser: str
    first_day: date
    last_day: date
    periods: int
    document_number: str
    stated_course: CoursePage | None = None


def check_claim(claim: Claim, today: date) -> None:
    """Raise :class:`DaysReversed`, :class:`NotOverYet` or :class:`TooLongAgo`."""
    if claim.last_day < claim.first_day:
        raise DaysReversed(claim.last_day)
    if claim.last_day > today:
        raise NotOverYet(claim.last_day)
    if claim.first_day < EARLIEST:
        raise TooLongAgo(claim.first_day)


def hand_in(
    person: StaffMember,
    claim: Claim,
    evidence: Evidence,
    *,
    is_vouched: bool = False,
    actor: User,
    at: datetime,
) -> ExternalTraining:
    """Keep the paper with its file; one that waits already with the same words is returned.

    ``is_vouched`` = handed in by a focal person for one of her people, which is her check. Raises
    :class:`DaysReversed`, :class:`NotOverYet`, :class:`TooLongAgo` or :class:`TooManyOpen`;
    ``OSError`` if the file cannot be written.
    """
    check_claim(claim, local_day(at))
    is_vouched = is_vouched and actor.staff_id != person.pk
    name = private_storage().save(
        f"evidence/{local_day(at).year}/{uuid4().hex}.{evidence.kind}",
        ContentFile(evidence.content),
    )
    try:
        kept = _keep(person, claim, evidence, name, is_vouched=is_vouched, actor=actor, at=at)
    except BaseException:
        private_storage().delete(name)
        raise
    if kept.evidence.name != name:
        private_storage().delete(name)
    return kept


@transaction.atomic
def _keep(
    person: StaffMember,
    claim: Claim,
    evidence: Evidence,
    name: str,
    *,
    is_vouched: bool,
    actor: User,
    at: datetime,
) -> ExternalTraining:
    StaffMember.objects.select_for_update().only("pk").get(pk=person.pk)
    standing = ExternalTraining.objects.open().filter(person=person)
    same = standing.filter(evidence_sha256=evidence.sha256, **vars(claim)).first()
    if same is not None:
        return same
    if standing.count() >= MOST_OPEN:
        raise TooManyOpen(person.pk)
    training = ExternalTraining.objects.create(
        person=person,
        **vars(claim),
        evidence=name,
        evidence_kind=evidence.kind,
        evidence_sha256=evidence.sha256,
        evidence_bytes=len(evidence.content),
        recognition_status=RecognitionStatus.CHECKED if is_vouched else RecognitionStatus.SUBMITTED,
        handed_in_at=at,
        handed_in_by=actor,
        checked_at=at if is_vouched else None,
        checked_by=actor if is_vouched else None,
    )
    audit.log(
        "recognition.hand_in",
        training,
        actor=actor,
        at=at,
        person=person,
        course=claim.stated_course.pk if claim.stated_course else None,
        last_day=claim.last_day.isoformat(),
        periods=claim.periods,
        evidence_sha256=evidence.sha256,
    )
    if not is_vouched:
        _tell_office(training, at=at)
    return training


def _tell_office(training: ExternalTraining, *, at: datetime) -> None:
    """Tell the nearest focal persons; where there is none, the department."""
    kind, path = "recognition-handed-in", training.get_absolute_url()
    focals = find_focals(training.person, local_day(at))
    if not focals:
        tell_holders(Role.PROVINCE_MANAGER, kind, f"{training.pk}", path=path, at=at)
    for focal in focals:
        if focal.email and focal.pk != training.handed_in_by_id:
            _queue(focal, kind, training, path=path, at=at)


def tell_person(training: ExternalTraining, kind: str, *, at: datetime, **words: object) -> None:
    """Queue what became of the paper to the person: to her account, else her work e-mail."""
    account = User.objects.select_related("staff").filter(staff=training.person).first()
    if account is None and not training.person.work_email:
        return
    path = reverse("recognition", args=[training.pk]) if account else "/"
    _queue(account, kind, training, path=path, at=at, **words)


def _queue(
    account: User | None,
    kind: str,
    training: ExternalTraining,
    *,
    path: str,
    at: datetime,
    **words: object,
) -> None:
    queue_notice(
        account,
        kind,
        context={
            "name": account.display_name if account else str(training.person),
            "portal": office().portal_name_short,
            "link": settings.SITE_URL + path,
            "title": training.title,
            **words,
        },
        dedupe_key=f"{kind}:{training.pk}:{account.pk if account else 'person'}",
        at=at,
        address=training.person.work_email if account is None else "",
    )


def held_open(training: ExternalTraining) -> ExternalTraining:
    """Lock the person, then the paper, and return it as it stands.

    Raises :class:`AlreadyClosed`. The person first: two papers about one training must not pass
    each other.
    """
    StaffMember.objects.select_for_update().only("pk").get(pk=training.person_id)
    standing = (
        ExternalTraining.objects.select_for_update(of=("self",))
        .select_related("person")
        .get(pk=training.pk)
    )
    if not standing.is_open:
        raise AlreadyClosed(training.pk)
    return standing


def refuse_own(training: ExternalTraining, actor: User | None) -> None:
    if actor is not None and actor.staff_id == training.person_id:
        raise OwnPaper(training.pk)


@transaction.atomic
def check(
    training: ExternalTraining, *, comment: str, actor: User, at: datetime
) -> ExternalTraining:
    """Write that the unit has looked at name and plausibility, with a comment that may be empty.

    Raises :class:`OwnPaper`, :class:`AlreadyClosed` or :class:`AlreadyChecked`.
    """
    refuse_own(training, actor)
    standing = held_open(training)
    if standing.recognition_status == RecognitionStatus.CHECKED:
        raise AlreadyChecked(training.pk)
    standing.recognition_status = RecognitionStatus.CHECKED
    standing.checked_at, standing.checked_by, standing.comment = at, actor, comment
    standing.save(update_fields=["recognition_status", "checked_at", "checked_by", "comment"])
    audit.log("recognition.check", standing, actor=actor, at=at, person=standing.person)
    return standing


@transaction.atomic
def take_back(training: ExternalTraining, *, actor: User, at: datetime) -> ExternalTraining:
    """Take a paper back before it is decided; its file, which nobody needs now, is erased.

    Raises :class:`AlreadyClosed`.
    """
    standing = held_open(training)
    standing.recognition_status = RecognitionStatus.WITHDRAWN
    standing.closed_at, standing.closed_by = at, actor
    standing.save(update_fields=["recognition_status", "closed_at", "closed_by"])
    audit.log("recognition.take_back", standing, actor=actor, at=at, person=standing.person)
    if standing.evidence:
        _erase(standing, ground="", actor=actor, at=at)
    return standing


@transaction.atomic
def erase_evidence(
    training: ExternalTraining, *, ground: str, actor: User, at: datetime
) -> ExternalTraining:
    """Erase the file of a paper; its row and its hash stay, and so does what it proved.

    Raises :class:`ReasonMissing`, or :class:`AlreadyClosed` if there is no file any more.
    """
    if not ground.strip():
        raise ReasonMissing(training.pk)
    standing = (
        ExternalTraining.objects.select_for_update(of=("self",))
        .select_related("person")
        .get(pk=training.pk)
    )
    if not standing.evidence:
        raise AlreadyClosed(training.pk)
    _erase(standing, ground=ground.strip(), actor=actor, at=at)
    return standing


def _erase(training: ExternalTraining, *, ground: str, actor: User, at: datetime) -> None:
    name = training.evidence.name
    training.evidence = ""
    training.evidence_erased_at, training.evidence_erased_by = at, actor
    training.evidence_erased_for = ground
    training.save(
        update_fields=[
            "evidence",
            "evidence_erased_at",
            "evidence_erased_by",
            "evidence_erased_for",
        ]
    )
    audit.log(
        "recognition.erase_evidence",
        training,
        actor=actor,
        at=at,
        person=training.person,
        evidence_sha256=training.evidence_sha256,
    )
    transaction.on_commit(partial(_remove, name), robust=True)


def _remove(name: str) -> None:
    private_storage().delete(name)


class EvidenceGone(Exception):
    """There is no file: none was handed in, or it was erased."""


class EvidenceAltered(Exception):
    """The stored file is not the one that was handed in."""


def read_file(training: ExternalTraining) -> bytes:
    """Return the file byte for byte as it was stored.

    Raises :class:`EvidenceGone`, or :class:`EvidenceAltered` if it is missing from the disk or its
    SHA-256 is another.
    """
    if not training.evidence:
        raise EvidenceGone(training.pk)
    try:
        with private_storage().open(training.evidence.name) as handle:
            evidence = Evidence(training.evidence_kind, handle.read())
    except FileNotFoundError as missing:
        raise EvidenceAltered(training.pk) from missing
    if evidence.sha256 != training.evidence_sha256:
        raise EvidenceAltered(training.pk)
    return evidence.content


def as_facts(training: ExternalTraining) -> dict[str, Any]:
    """Return what the paper says, without the person, for the completion it becomes."""
    return {
        "paper": training.pk,
        "title": training.title,
        "organiser": training.organiser,
        "first_day": training.first_day.isoformat(),
        "last_day": training.last_day.isoformat(),
        "periods": training.periods,
        "document_number": training.document_number,
        "evidence_sha256": training.evidence_sha256,
    }
