"""Checks of recognised training against completions, and of the files that prove it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import Completion, ExternalTraining
from courses.models.completion import CompletionSource
from courses.models.recognition import RecognitionStatus
from courses.recognition.papers import EvidenceAltered, read_file
from lms.target.integrity.findings import WHO, Check, Finding

CHUNK = 500


def recognised_without_completion(at: datetime) -> Iterator[Finding]:
    """Papers that were approved and whose completion does not stand."""
    held = Completion.objects.current().filter(logical_id=OuterRef("completion_logical_id"))
    found = (
        ExternalTraining.objects.filter(recognition_status=RecognitionStatus.APPROVED)
        .filter(~Exists(held))
        .select_related("course")
        .order_by("pk")
    )
    for training in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("%(person)s, “%(course)s”: a training is recognised, its completion does not stand.")
            % {"person": WHO, "course": training.course.title},
            f"external training {training.pk}",
            training.person_id,
            training,
        )


def completion_without_paper(at: datetime) -> Iterator[Finding]:
    """Completions that say "recognised" and that no paper stands behind."""
    paper = ExternalTraining.objects.filter(completion_logical_id=OuterRef("logical_id"))
    found = (
        Completion.objects.current()
        .filter(source=CompletionSource.EXTERNAL)
        .filter(~Exists(paper))
        .select_related("course")
        .order_by("pk")
    )
    for completion in found.iterator(chunk_size=CHUNK):
        yield Finding(
            _("%(person)s, “%(course)s”: recognised from %(day)s, but no paper says so.")
            % {
                "person": WHO,
                "course": completion.course.title,
                "day": f"{completion.valid_from:%d/%m/%Y}",
            },
            f"completion {completion.logical_id}",
            completion.person_id,
            completion,
        )


def lost_evidence(at: datetime) -> Iterator[Finding]:
    """Files of papers that are gone or were altered; every file is read."""
    found = ExternalTraining.objects.exclude(evidence="").order_by("pk")
    for training in found.iterator(chunk_size=CHUNK):
        try:
            read_file(training)
        except EvidenceAltered:
            yield Finding(
                _("The file of the paper %(number)s of %(person)s is gone or was altered.")
                % {"number": training.document_number, "person": WHO},
                f"external training {training.pk}",
                training.person_id,
                training,
            )


CHECKS = (
    Check(
        "recognised-without-completion",
        gettext_lazy("Recognised training without a completion"),
        gettext_lazy("Look at the paper and the training record; hand the paper in again."),
        recognised_without_completion,
    ),
    Check(
        "completions-without-paper",
        gettext_lazy("Recognised completions without a paper"),
        gettext_lazy("Enter the training it stands for, then take this completion away."),
        completion_without_paper,
    ),
    Check(
        "evidence-lost",
        gettext_lazy("Files of papers that are gone or were altered"),
        gettext_lazy("Bring the file back from the backup, or erase it with the reason."),
        lost_evidence,
    ),
)
