"""What a stranger learns about a certificate: its state and the least that lets paper be compared.

A masked name (the first letter of each word), course, register number, days and issuer as they
were issued – never unit, title, birth date, contact, the reason of a revocation or the code of
another certificate. The code cannot be guessed (``certificates.codes``); asking is limited anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate, RevocationReason
from courses.models import CompletionWithdrawal
from lms.people.days import local_day

# One address may ask so often: enough for an office that checks a folder of papers, and a guesser
# of 135 bits gets nowhere. Counted in the cache (``lms.people.limits``).
LIMIT_COUNT = 60
LIMIT_SECONDS = 600


class State(models.TextChoices):
    VALID = "valid", _("Valid")
    SUPERSEDED = "superseded", _("Superseded")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


@dataclass(frozen=True)
class Verdict:
    """The state of a certificate on a day and what is shown of it."""

    state: State
    masked_name: str
    course_title: str
    register_no: str
    reissue_number: int
    issued_on: date
    valid_until: date | None
    owner_name: str
    revoked_on: date | None = None
    is_fraud: bool = False
    superseded_on: date | None = None
    superseded_by_number: int | None = None


def find_certificate(code: str) -> Certificate | None:
    """Return the certificate with this code, with what became of it; one query."""
    return Certificate.objects.with_outcome().filter(verification_code=code).first()


def verdict_on(certificate: Certificate, day: date) -> Verdict:
    """Return what is shown of ``certificate`` on ``day``; one query more than its own.

    Revoked comes before superseded, superseded before expired. A completion taken away revokes
    its certificates too, whatever the paper says.
    """
    withdrawal = CompletionWithdrawal.objects.filter(
        completion_logical_id=certificate.completion_logical_id, effective_on__lte=day
    ).first()
    revocation = getattr(certificate, "revocation", None)
    newer = getattr(certificate, "superseded_by", None)
    facts = certificate.facts
    return Verdict(
        state=_state(certificate, day, is_withdrawn=withdrawal is not None),
        masked_name=masked(facts["full_name"]),
        course_title=facts["course_title"],
        register_no=certificate.register_no,
        reissue_number=certificate.reissue_number,
        issued_on=certificate.issued_on,
        valid_until=certificate.valid_until,
        owner_name=facts["owner_name"],
        revoked_on=(
            revocation.revoked_on
            if revocation
            else max(local_day(withdrawal.decided_at), withdrawal.effective_on)
            if withdrawal
            else None
        ),
        is_fraud=bool(
            (revocation and revocation.reason_class == RevocationReason.FRAUD)
            or (withdrawal and withdrawal.is_fraud)
        ),
        superseded_on=newer.issued_on if newer else None,
        superseded_by_number=newer.reissue_number if newer else None,
    )


def state_of(certificate: Certificate, day: date) -> State:
    """Return the state of one of ``with_outcome()``; no query."""
    return _state(certificate, day, is_withdrawn=False)


def masked(name: str) -> str:
    """Return the first letter of each word, the rest hidden: "N*** T***", whatever the length."""
    return " ".join(f"{word[0]}***" for word in name.split())


def _state(certificate: Certificate, day: date, *, is_withdrawn: bool) -> State:
    if is_withdrawn or getattr(certificate, "revocation", None):
        return State.REVOKED
    if getattr(certificate, "superseded_by", None):
        return State.SUPERSEDED
    if certificate.valid_until and certificate.valid_until < day:
        return State.EXPIRED
    return State.VALID
