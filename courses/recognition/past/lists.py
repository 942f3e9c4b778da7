"""A past list as it is kept between looking and deciding: previewed, applied as a batch, undone.

The file itself is not kept: what was read from it is, until it is thrown away or grows old. Of an
applied list the rows that were taken over are let go at once, because they stand in the records.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import IO, Any

from django.db import IntegrityError, transaction

from content.models import CourseVersion
from courses.conditions import latest_versions
from courses.models import Completion, CompletionList, ExternalTraining
from courses.models.recognition import ListRowStatus, RecognitionStatus
from courses.recognition.past.planning import CHUNK, Planned, plan
from courses.recognition.past.reading import Row, read_list
from courses.recognition.recognising import completion_fields
from courses.refreshing.asked import Refreshers
from lms.people import audit, batches
from lms.people.days import local_day
from lms.people.facts import record_many, writing
from lms.people.models import Batch, Posting, StaffMember, User

BATCH_KIND = "past-completions"
# So long the names in a preview are kept.
KEPT_DAYS = 30


class NotNow(ValueError):
    """The list was applied, undone or thrown away meanwhile."""


class NothingToApply(ValueError):
    """No row would change anything."""


class ChangedMeanwhile(ValueError):
    """Somebody recognised one of these trainings while this was being written."""


def hand_in(file: IO[bytes], *, actor: User | None, at: datetime) -> CompletionList:
    """Read a workbook and keep what it would do. Raises ``FileRefused``; nothing counts yet."""
    rows = read_list(file, today=local_day(at))
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    planned = plan(rows, actor=actor, today=local_day(at))
    with transaction.atomic():
        forget_old(at=at)
        kept = CompletionList.objects.create(
            created_at=at,
            created_by=actor,
            file_sha256=digest,
            rows=[each.as_json() for each in planned],
            counts=count(planned),
        )
        audit.log("completion_list.hand_in", kept, actor=actor, at=at, sha256=digest)
    return kept


def count(planned: Iterable[Planned]) -> dict[str, int]:
    found = Counter(str(each.status) for each in planned)
    return {status: found[status] for status in ListRowStatus.values}


def lock(kept: CompletionList) -> CompletionList:
    return CompletionList.objects.select_for_update(of=("self",)).get(pk=kept.pk)


def apply(kept: CompletionList, *, actor: User | None, at: datetime) -> CompletionList:
    """Take the good rows over, all in one transaction, as a batch that can be undone.

    Every row is judged again first. Raises :class:`NotNow`, :class:`NothingToApply` or
    :class:`ChangedMeanwhile`; then nothing is written.
    """
    try:
        with batches.gather(BATCH_KIND, actor=actor, at=at) as batch:
            standing = lock(kept)
            if not standing.is_waiting:
                raise NotNow(kept.pk)
            rows = [row_of(each) for each in standing.rows if each["status"] != ListRowStatus.KNOWN]
            good = hold(plan(rows, actor=actor, today=local_day(at)))
            if not good:
                raise NothingToApply(kept.pk)
            write(good, actor=actor, at=at)
            batch.counts = {"rows": len(good)}
            batch.save(update_fields=["counts"])
            taken = {each.row.number for each in good}
            standing.batch, standing.applied_at = batch, at
            standing.counts |= {ListRowStatus.NEW.value: len(good)}
            standing.rows = [row for row in standing.rows if row["number"] not in taken]
            standing.save(update_fields=["batch", "applied_at", "counts", "rows"])
            audit.log(
                "completion_list.apply",
                standing,
                actor=actor,
                at=at,
                batch=batch.pk,
                rows=len(good),
            )
    except IntegrityError as race:
        raise ChangedMeanwhile(kept.pk) from race
    return standing


def row_of(kept: dict[str, Any]) -> Row:
    """Return a kept row with what is wrong with it alone left out: it is judged again."""
    return Row(kept["number"], kept["values"], kept["texts"], kept["letters"])


def hold(planned: list[Planned]) -> list[Planned]:
    """Lock the people of the good rows, by key, and return these rows."""
    good = [each for each in planned if each.status == ListRowStatus.NEW]
    keys = sorted({each.person.pk for each in good})
    for start in range(0, len(keys), CHUNK):
        people = StaffMember.objects.filter(pk__in=keys[start : start + CHUNK]).order_by("pk")
        list(people.select_for_update(no_key=True).values_list("pk", flat=True))
    return good


def write(good: list[Planned], *, actor: User | None, at: datetime) -> None:
    """Write papers, completions and trail of these rows, 500 at a time."""
    courses = {each.course.pk for each in good}
    versions, refreshers = latest_versions(courses), Refreshers(courses)
    for start in range(0, len(good), CHUNK):
        part = good[start : start + CHUNK]
        postings = postings_of(part)
        papers = ExternalTraining.objects.bulk_create(
            paper_of(each, actor=actor, at=at) for each in part
        )
        completions = record_many(
            (
                completion_of(paper, each, versions.get(each.course.pk), postings, refreshers)
                for paper, each in zip(papers, part, strict=True)
            ),
            actor=actor,
            at=at,
        )
        for paper, completion, each in zip(papers, completions, part, strict=True):
            paper.course, paper.completion_logical_id = each.course, completion.logical_id
            paper.recognition_status = RecognitionStatus.APPROVED
            paper.closed_at, paper.closed_by = at, actor
            audit.log(
                "recognition.import",
                paper,
                actor=actor,
                at=at,
                person=each.person,
                course=each.course.pk,
                completion=str(completion.logical_id),
                valid_from=completion.valid_from.isoformat(),
            )
        ExternalTraining.objects.bulk_update(
            papers,
            ["course", "completion_logical_id", "recognition_status", "closed_at", "closed_by"],
        )


def paper_of(each: Planned, *, actor: User | None, at: datetime) -> ExternalTraining:
    values = each.row.values
    return ExternalTraining(
        person=each.person,
        title=values.get("title") or each.course.title,
        organiser=values["organiser"],
        stated_course=each.course,
        first_day=date.fromisoformat(values["first_day"]),
        last_day=date.fromisoformat(values["last_day"]),
        periods=values["periods"],
        document_number=values["document_number"],
        handed_in_at=at,
        handed_in_by=actor,
    )


def completion_of(
    paper: ExternalTraining,
    each: Planned,
    version: CourseVersion | None,
    postings: dict[int, list[Posting]],
    refreshers: Refreshers,
) -> Completion:
    day = paper.last_day
    held = [
        posting
        for posting in postings.get(paper.person_id, [])
        if posting.valid_from <= day < posting.valid_to
    ]
    return Completion(
        **completion_fields(
            paper, each.course, each.rules, version, held[0] if held else None, refreshers
        )
    )


def postings_of(part: list[Planned]) -> dict[int, list[Posting]]:
    """Return the primary postings of the people of these rows; one query."""
    found: dict[int, list[Posting]] = {}
    for posting in Posting.objects.current().filter(
        person__in={each.person.pk for each in part}, is_primary=True
    ):
        found.setdefault(posting.person_id, []).append(posting)
    return found


@writing()
def undo(kept: CompletionList, *, actor: User | None, at: datetime) -> CompletionList:
    """Take the whole list back. Raises :class:`NotNow`, or ``DependedOn`` with what rests on it."""
    standing = lock(kept)
    if standing.batch is None:
        raise NotNow(kept.pk)
    try:
        batches.undo(standing.batch, actor=actor, at=at)
    except batches.BatchUndone as undone:
        raise NotNow(kept.pk) from undone
    audit.log("completion_list.undo", standing, actor=actor, at=at, batch=standing.batch_id)
    return standing


def take_papers_back(batch: Batch, *, actor: User | None, at: datetime) -> None:
    """Let the papers of an undone batch go with their completions."""
    of_batch = batch.facts.filter(model=Completion._meta.label_lower)
    ExternalTraining.objects.filter(
        completion_logical_id__in=of_batch.values("logical_id"),
        recognition_status=RecognitionStatus.APPROVED,
    ).update(
        recognition_status=RecognitionStatus.WITHDRAWN,
        closed_at=at,
        closed_by=actor,
        close_reason="",
    )


@transaction.atomic
def discard(kept: CompletionList, *, actor: User | None, at: datetime) -> CompletionList:
    """Erase what was read; counts, hash and batch stay. Raises :class:`NotNow`."""
    standing = lock(kept)
    if standing.discarded_at is not None:
        raise NotNow(kept.pk)
    standing.rows, standing.discarded_at = [], at
    standing.save(update_fields=["rows", "discarded_at"])
    audit.log("completion_list.discard", standing, actor=actor, at=at)
    return standing


def forget_old(*, at: datetime) -> int:
    """Erase the rows of lists older than :data:`KEPT_DAYS`; return how many lists."""
    old = CompletionList.objects.filter(
        created_at__lt=at - timedelta(days=KEPT_DAYS), discarded_at=None
    )
    return old.update(rows=[], discarded_at=at)
