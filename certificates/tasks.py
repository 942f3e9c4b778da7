"""What the worker does for certificates."""

from django_tasks import task

from certificates.documents import BATCH, make_document, make_pending


@task()
def make_document_task(certificate_id: int) -> str:
    """Make one document; a second run of the same task changes nothing."""
    return make_document(certificate_id)


@task(priority=-10)
def make_pending_task() -> dict[str, int]:
    """Make a batch of what waits and queue the next one: other work goes in between."""
    counts = make_pending(BATCH)
    if sum(counts.values()) == BATCH:
        make_pending_task.enqueue()
    return counts
