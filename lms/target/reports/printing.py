"""A document of the office as PDF, in the face that the product ships."""

from __future__ import annotations

from django.template.loader import render_to_string

from lms.target.reports.blocks import Paper


def write_pdf(paper: Paper) -> bytes:
    """Return ``paper`` as a PDF. Raises ``DocumentRefused`` for a letter that the face lacks."""
    # The drawing library is heavy: only who asks for a PDF pays for it.
    from certificates.rendering import report_to_pdf  # noqa: PLC0415 (heavy)

    context = {"paper": paper, "blocks": kinds(paper)}
    return report_to_pdf(render_to_string("target/reports/pdf/paper.html", context))


def kinds(paper: Paper) -> list[tuple[str, object]]:
    """Return each block with the word by which the template tells its kind."""
    return [(type(block).__name__.lower(), block) for block in paper.blocks]
