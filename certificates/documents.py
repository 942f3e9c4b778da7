"""Making a certificate's document once, keeping it, and handing it out unchanged.

The row is first (number and facts, ``pending``), the file second, the state ``stored`` last. A
worker that dies in between leaves a pending row, which the next run finishes under the same file
name: no file is ever without its row. A stored document is never drawn again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from certificates.models import Certificate, DocumentStatus, private_storage

logger = logging.getLogger(__name__)

PROBLEM_LENGTH = 300
# So many documents are made by one task, in about ten seconds; then others get their turn.
BATCH = 100

_in_one_go: ContextVar[bool] = ContextVar("documents_in_one_go", default=False)


class DocumentAltered(Exception):
    """The stored file is not the one that was issued."""


class DocumentMissing(Exception):
    """There is no stored document: it is still to be made, or was refused."""


def make_document_soon(certificate: Certificate) -> None:
    """Queue the document after the commit; with a queue that fails the row just stays pending."""
    # tasks.py calls this module back when the worker has time.
    from certificates.tasks import make_document_task  # noqa: PLC0415 (a cycle)

    if _in_one_go.get():
        return
    transaction.on_commit(lambda: make_document_task.enqueue(certificate.pk), robust=True)


@contextmanager
def documents_in_one_go() -> Iterator[None]:
    """Queue one task for all certificates issued inside, instead of one each; for loaders."""
    # tasks.py calls this module back when the worker has time.
    from certificates.tasks import make_pending_task  # noqa: PLC0415 (a cycle)

    token = _in_one_go.set(True)
    try:
        yield
    finally:
        _in_one_go.reset(token)
    transaction.on_commit(lambda: make_pending_task.enqueue(), robust=True)


def make_document(certificate_id: int) -> str:
    """Draw and store the document of one certificate; return its state afterwards.

    Anything but ``pending`` is left as it is. A document that would not be faithful is not made:
    the state is ``failed`` and ``document_problem`` says why. A full disk or a lost database
    raises, and the row stays pending for the next run.
    """
    # The drawing library is heavy: only the worker pays for it, not every web process.
    from certificates.rendering import DocumentRefused, render_document  # noqa: PLC0415 (heavy)

    certificate = Certificate.objects.get(pk=certificate_id)
    if certificate.document_status != DocumentStatus.PENDING:
        return certificate.document_status
    try:
        pdf = render_document(certificate.facts)
    except DocumentRefused as refusal:
        logger.error("certificate %s: document refused: %s", certificate.pk, refusal)
        return _finish(
            certificate,
            document_status=DocumentStatus.FAILED,
            document_problem=str(refusal)[:PROBLEM_LENGTH],
        )
    return _finish(
        certificate,
        pdf=pdf,
        document_status=DocumentStatus.STORED,
        document=document_name(certificate),
        document_sha256=hashlib.sha256(pdf).hexdigest(),
    )


def make_pending(limit: int | None = None) -> dict[str, int]:
    """Make the documents that wait, newest first; return how many ended in which state."""
    keys = (
        Certificate.objects.filter(document_status=DocumentStatus.PENDING)
        .order_by("-pk")
        .values_list("pk", flat=True)
    )
    counts = {DocumentStatus.STORED.value: 0, DocumentStatus.FAILED.value: 0}
    for key in list(keys[:limit] if limit is not None else keys):
        state = make_document(key)
        counts[state] = counts.get(state, 0) + 1
    return counts


@transaction.atomic
def try_again(certificate: Certificate) -> bool:
    """Put a refused document back into the queue, after its cause was mended; tell if it was."""
    changed = Certificate.objects.filter(
        pk=certificate.pk, document_status=DocumentStatus.FAILED
    ).update(document_status=DocumentStatus.PENDING, document_problem="")
    if changed:
        make_document_soon(certificate)
    return bool(changed)


def document_name(certificate: Certificate) -> str:
    """Return the file name, the same for every try; not to be guessed from the number."""
    year = certificate.issued_on.year
    key = certificate.facts_sha256[:16]
    return f"certificates/{year}/{certificate.number:05}-{certificate.reissue_number}-{key}.pdf"


def read_document(certificate: Certificate) -> bytes:
    """Return the document as it was issued.

    Raises :class:`DocumentMissing`, or :class:`DocumentAltered` if the file is gone or its SHA-256
    is not the one stored when it was made.
    """
    if certificate.document_status != DocumentStatus.STORED:
        raise DocumentMissing(certificate.pk)
    try:
        with private_storage().open(certificate.document.name) as handle:
            pdf = handle.read()
    except FileNotFoundError as error:
        logger.error("certificate %s: document is gone", certificate.pk)
        raise DocumentAltered(certificate.pk) from error
    if hashlib.sha256(pdf).hexdigest() != certificate.document_sha256:
        logger.error("certificate %s: document was altered", certificate.pk)
        raise DocumentAltered(certificate.pk)
    return pdf


@transaction.atomic
def _finish(certificate: Certificate, *, pdf: bytes | None = None, **fields: Any) -> str:
    """Write the file and the state under the row's lock: of two workers the first one's stays."""
    status = (
        Certificate.objects.select_for_update()
        .values_list("document_status", flat=True)
        .get(pk=certificate.pk)
    )
    if status != DocumentStatus.PENDING:
        return status
    if pdf is not None:
        storage = private_storage()
        # A half-written file of a worker that died.
        storage.delete(fields["document"])
        stored_as = storage.save(fields["document"], ContentFile(pdf))
        fields["document"] = stored_as
    Certificate.objects.filter(pk=certificate.pk).update(**fields)
    return str(fields["document_status"])
