"""Issuing, reissuing and revoking certificates: first the number and the facts, then the document.

``docs/decisions.md`` 28. ``facts`` holds all that is printed, frozen at the moment of issue: title
and unit are those of the day of completion, owner and signer those of the day of issue. A later
rename, edit or reorganisation changes nothing. The document is made by the worker after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from certificates.codes import new_code
from certificates.documents import make_document_soon
from certificates.models import Certificate, CertificateRevocation, RevocationReason
from certificates.printed import facts_sha256, printed_facts
from certificates.register import register_no, take_number
from content.models.pages import CertificateMode
from courses.models import Completion, CompletionWithdrawal
from courses.models.completion import CompletionSource
from courses.reviews import AlreadyWithdrawn, withdraw_completion
from lms.people import audit
from lms.people.days import last_day, local_day
from lms.people.office import office
from lms.people.text import clean


class NotOurs(Exception):
    """A recognised external training: its organiser certifies it, the portal does not."""


class CompletionGone(Exception):
    """The completion was withdrawn: there is nothing to certify."""


class AlreadyRevoked(Exception):
    """The certificate was revoked before."""


class AlreadyReissued(Exception):
    """A newer certificate with this number exists; that one is the one to act on."""


class ReasonMissing(Exception):
    """A certificate is taken back or issued again for a reason only."""


def is_issued_on_completion(completion: Completion) -> bool:
    """Tell whether the course, as pinned by the round, certifies without a decision."""
    if completion.source != CompletionSource.PORTAL:
        return False
    version = completion.course_version
    mode = version.body.get("certificate_mode") if version else None
    return (mode or completion.course.certificate_mode) == CertificateMode.ON_COMPLETION


@transaction.atomic
def issue_certificate(
    completion: Completion,
    *,
    actor: Any,
    at: datetime,
    decision_number: str = "",
    decided_on: date | None = None,
) -> Certificate:
    """Issue the certificate of ``completion``, or return the one it has.

    Issued once however often it is asked for. The number's year is that of the local day of ``at``.
    Raises :class:`NotOurs`, or :class:`CompletionGone` if the completion does not stand.
    """
    if completion.source != CompletionSource.PORTAL:
        raise NotOurs(completion.pk)
    issued = Certificate.objects.filter(
        completion_logical_id=completion.logical_id, reissue_number=0
    )
    certificate = issued.first()
    if certificate is not None:
        return certificate
    day = local_day(at)
    # Issuers queue at the register from here on: what is read now cannot change before we commit.
    register, number = take_number(day.year)
    certificate = issued.first()
    if certificate is not None:
        _give_back(register, number)
        return certificate
    standing = (
        Completion.objects.current()
        .select_related("person", "course", "enrolment")
        .filter(logical_id=completion.logical_id)
        .first()
    )
    if standing is None:
        raise CompletionGone(completion.pk)
    return _create(
        standing,
        register=register,
        number=number,
        day=day,
        actor=actor,
        at=at,
        decision_number=clean(decision_number),
        decided_on=decided_on,
    )


@transaction.atomic
def issue_by_decision(
    completions: Iterable[Completion],
    *,
    decision_number: str,
    decided_on: date,
    actor: Any,
    at: datetime,
) -> list[Certificate]:
    """Issue a certificate for each of ``completions`` under one decision: all of them or none."""
    return [
        issue_certificate(
            completion,
            actor=actor,
            at=at,
            decision_number=decision_number,
            decided_on=decided_on,
        )
        for completion in completions
    ]


@transaction.atomic
def reissue(certificate: Certificate, *, reason: str, actor: Any, at: datetime) -> Certificate:
    """Issue ``certificate`` again under its number, with the name and signer of today.

    Title, unit and dates stay those of the completion. The older one verifies as superseded.
    Raises :class:`AlreadyReissued`, :class:`AlreadyRevoked`, :class:`CompletionGone` or
    :class:`ReasonMissing`.
    """
    certificate = _lock(certificate)
    if not clean(reason):
        raise ReasonMissing(certificate.pk)
    _refuse_if_over(certificate)
    standing = (
        Completion.objects.current()
        .select_related("person", "course", "enrolment")
        .filter(logical_id=certificate.completion_logical_id)
        .first()
    )
    if standing is None:
        raise CompletionGone(certificate.pk)
    return _create(
        standing,
        register=certificate.register,
        number=certificate.number,
        day=local_day(at),
        actor=actor,
        at=at,
        decision_number=certificate.decision_number,
        decided_on=certificate.decided_on,
        reissue_of=certificate,
        reason=clean(reason),
    )


@transaction.atomic
def revoke(
    certificate: Certificate, *, reason_class: str, reason: str, actor: Any, at: datetime
) -> CertificateRevocation:
    """Take a certificate back from today on; it stays in the register and its number is not reused.

    The completion goes with it, from today or, for fraud, as if it had never been. An error of the
    paper alone (a misspelt name) is a case for :func:`reissue`. Raises :class:`AlreadyRevoked`,
    :class:`AlreadyReissued` or :class:`ReasonMissing`.
    """
    certificate = _lock(certificate)
    if not clean(reason):
        raise ReasonMissing(certificate.pk)
    _refuse_if_over(certificate)
    day = local_day(at)
    revocation = CertificateRevocation.objects.create(
        certificate=certificate,
        revoked_on=day,
        reason_class=RevocationReason(reason_class),
        reason=clean(reason),
        revoked_at=at,
        revoked_by=actor,
    )
    audit.log(
        "certificate.revoke",
        certificate,
        actor=actor,
        at=at,
        person=certificate.person,
        register_no=certificate.register_no,
        reason_class=str(revocation.reason_class),
    )
    standing = (
        Completion.objects.current().filter(logical_id=certificate.completion_logical_id).first()
    )
    # Nothing is left to take away from a completion that has ended or was withdrawn before.
    if standing is not None and standing.valid_from <= day < standing.valid_to:
        try:
            with transaction.atomic():
                withdraw_completion(
                    standing,
                    effective_on=day,
                    reason=clean(reason),
                    is_fraud=revocation.reason_class == RevocationReason.FRAUD,
                    actor=actor,
                    at=at,
                )
        except AlreadyWithdrawn:
            pass
    return revocation


def revoke_withdrawn(withdrawal: CompletionWithdrawal) -> CertificateRevocation | None:
    """Take back the certificate of a completion that was taken away; ``None`` if none stands.

    On the word and with the reason of whoever took the completion away; idempotent.
    """
    certificate = (
        Certificate.objects.filter(
            completion_logical_id=withdrawal.completion_logical_id,
            revocation=None,
            superseded_by=None,
        )
        .order_by("-reissue_number")
        .first()
    )
    if certificate is None:
        return None
    reason = RevocationReason.FRAUD if withdrawal.is_fraud else RevocationReason.OTHER
    try:
        return revoke(
            certificate,
            reason_class=reason,
            reason=withdrawal.reason,
            actor=withdrawal.decided_by,
            at=withdrawal.decided_at,
        )
    except (AlreadyRevoked, AlreadyReissued):
        return None


def missing_certificates() -> Any:
    """Return standing completions of this portal that have no certificate, oldest first; lazy.

    Those that were never held have nothing to certify.
    """
    return (
        Completion.objects.current()
        .filter(source=CompletionSource.PORTAL, valid_to__gt=F("valid_from"))
        .exclude(logical_id__in=Certificate.objects.values("completion_logical_id"))
        .order_by("valid_from", "pk")
    )


def _lock(certificate: Certificate) -> Certificate:
    return (
        Certificate.objects.select_for_update(of=("self",))
        .select_related("person", "register")
        .get(pk=certificate.pk)
    )


def _refuse_if_over(certificate: Certificate) -> None:
    if CertificateRevocation.objects.filter(certificate=certificate).exists():
        raise AlreadyRevoked(certificate.pk)
    if Certificate.objects.filter(reissue_of=certificate).exists():
        raise AlreadyReissued(certificate.pk)


def _give_back(register: Any, number: int) -> None:
    """Return a number nobody got; the register is still locked by this transaction."""
    type(register).objects.filter(pk=register.pk, last_number=number).update(last_number=number - 1)


def _create(
    completion: Completion,
    *,
    register: Any,
    number: int,
    day: date,
    actor: Any,
    at: datetime,
    decision_number: str,
    decided_on: date | None,
    reissue_of: Certificate | None = None,
    reason: str = "",
) -> Certificate:
    code = new_code()
    owner = office()
    number_printed = (
        reissue_of.register_no
        if reissue_of
        else register_no(number, register.year, owner.certificate_symbol)
    )
    reissue_number = reissue_of.reissue_number + 1 if reissue_of else 0
    facts = printed_facts(completion) | {
        "parent_agency": owner.parent_agency,
        "owner_name": owner.owner_name,
        "signer_authority": owner.signer_authority,
        "signer_title": owner.signer_title,
        "signer_name": owner.signer_name,
        "place_name": owner.place_name,
        "issued_on": day.isoformat(),
        "register_no": number_printed,
        "reissue_number": reissue_number,
        "decision_number": decision_number,
        "decided_on": decided_on.isoformat() if decided_on else None,
        "verification_code": code,
        "verify_url": settings.SITE_URL + reverse("verify_certificate", args=[code]),
        "verify_at": settings.SITE_URL.partition("://")[2] + reverse("verify_form"),
    }
    certificate = Certificate.objects.create(
        person=completion.person,
        course=completion.course,
        completion_logical_id=completion.logical_id,
        register=register,
        number=number,
        reissue_number=reissue_number,
        reissue_of=reissue_of,
        register_no=number_printed,
        facts=facts,
        facts_sha256=facts_sha256(facts),
        decision_number=decision_number,
        decided_on=decided_on,
        issued_on=day,
        issued_at=at,
        issued_by=actor,
        valid_until=last_day(completion.valid_to),
        verification_code=code,
    )
    audit.log(
        "certificate.reissue" if reissue_of else "certificate.issue",
        certificate,
        actor=actor,
        at=at,
        person=completion.person,
        unit=completion.unit,
        register_no=number_printed,
        **({"reason": reason} if reason else {}),
    )
    make_document_soon(certificate)
    return certificate
