"""Checks of certificates against completions, of their register and of their documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.documents import (
    DocumentAltered,
    DocumentMissing,
    make_document,
    read_document,
)
from certificates.issuing import (
    is_issued_on_completion,
    issue_certificate,
    missing_certificates,
    revoke_withdrawn,
)
from certificates.models import Certificate, CertificateRegister, DocumentStatus
from courses.models import Completion, CompletionWithdrawal
from lms.target.integrity.findings import WHO, Check, Finding

CHUNK = 500


class NobodyDecided(LookupError):
    """Nobody took the completion away: whether the certificate stands is not ours to say."""


MADE_WITHIN = timedelta(days=1)


def not_issued(at: datetime) -> Iterator[Finding]:
    """Completions of courses that need no decision, without a certificate."""
    found = missing_certificates().select_related("course", "course_version", "person")
    for completion in found.iterator(chunk_size=CHUNK):
        if is_issued_on_completion(completion):
            yield Finding(
                _("%(person)s, “%(course)s”: completed, no certificate was issued.")
                % {"person": WHO, "course": completion.course.title},
                f"completion {completion.logical_id}",
                completion.person_id,
                completion,
            )


def issue(finding: Finding, at: datetime) -> None:
    issue_certificate(finding.subject, actor=None, at=at)


def issued_for_nothing(at: datetime) -> Iterator[Finding]:
    """Certificates that stand although their completion was taken away, or never was."""
    taken = CompletionWithdrawal.objects.filter(
        completion_logical_id=OuterRef("completion_logical_id")
    )
    held = Completion.objects.current().filter(logical_id=OuterRef("completion_logical_id"))
    found = (
        Certificate.objects.filter(revocation=None, superseded_by=None)
        .filter(Exists(taken) | ~Exists(held))
        .select_related("person")
        .order_by("pk")
    )
    for certificate in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("Certificate %(number)s of %(person)s stands, but its completion does not.")
            % {"number": certificate.register_no, "person": WHO},
            certificate.register_no,
            certificate.person_id,
            certificate,
        )


def take_back(finding: Finding, at: datetime) -> None:
    """Revoke on the word of whoever took the completion away; without such a word, refuse."""
    withdrawal = CompletionWithdrawal.objects.filter(
        completion_logical_id=finding.subject.completion_logical_id
    ).first()
    if withdrawal is None:
        raise NobodyDecided(finding.key)
    revoke_withdrawn(withdrawal)


def lost_documents(at: datetime) -> Iterator[Finding]:
    """Stored documents that are gone or were altered; every file is read."""
    found = (
        Certificate.objects.filter(document_status=DocumentStatus.STORED)
        .select_related("person")
        .order_by("pk")
    )
    for certificate in found.iterator(chunk_size=CHUNK):
        try:
            read_document(certificate)
        except (DocumentMissing, DocumentAltered):
            yield Finding(
                _("The document of certificate %(number)s is gone or was altered.")
                % {"number": certificate.register_no},
                certificate.register_no,
                certificate.person_id,
                certificate,
            )


def waiting_documents(at: datetime) -> Iterator[Finding]:
    """Certificates that have waited for their document for more than a day."""
    found = (
        Certificate.objects.filter(
            document_status=DocumentStatus.PENDING, issued_at__lte=at - MADE_WITHIN
        )
        .select_related("person")
        .order_by("pk")
    )
    for certificate in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("The document of certificate %(number)s has waited for more than a day.")
            % {"number": certificate.register_no},
            certificate.register_no,
            certificate.person_id,
            certificate,
        )


def make(finding: Finding, at: datetime) -> None:
    make_document(finding.subject.pk)


def gaps_in_the_register(at: datetime) -> Iterator[Finding]:
    """Registers whose last number is not the count of the numbers given out."""
    for register in CertificateRegister.objects.annotate(
        given=Count("certificates__number", distinct=True)
    ).order_by("year"):
        if register.given != register.last_number:
            yield Finding(
                _("Register %(year)s stands at number %(last)s; %(given)s numbers were given out.")
                % {
                    "year": register.year,
                    "last": register.last_number,
                    "given": register.given,
                },
                f"register {register.year}",
            )


CHECKS = (
    Check(
        "certificates-not-issued",
        gettext_lazy("Completed, certificate not issued"),
        gettext_lazy("The certificate is issued now, with today's date."),
        not_issued,
        issue,
    ),
    Check(
        "certificates-for-nothing",
        gettext_lazy("Certificates whose completion was taken away"),
        gettext_lazy("The certificate is revoked, with the reason for which the completion went."),
        issued_for_nothing,
        take_back,
    ),
    Check(
        "documents-lost",
        gettext_lazy("Documents that are gone or were altered"),
        gettext_lazy("Bring the file back from the backup; it is never drawn a second time."),
        lost_documents,
    ),
    Check(
        "documents-waiting",
        gettext_lazy("Documents that wait to be made"),
        gettext_lazy("The document is made now from the facts of the certificate."),
        waiting_documents,
        make,
        is_note=True,
    ),
    Check(
        "register-gaps",
        gettext_lazy("Numbers missing in the register"),
        gettext_lazy("Compare the register with the backup of the day before."),
        gaps_in_the_register,
    ),
)
