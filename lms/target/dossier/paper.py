"""One person's training record as PDF, for herself and for who may see the page."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

from lms.people.days import local_day
from lms.people.models import StaffMember
from lms.people.office import office
from lms.people.scopes import Scope
from lms.target.record import record_of


def record_pdf(person: StaffMember, scope: Scope, *, at: datetime) -> bytes:
    """Return the record as the asker may see it: scores for the person and the department only.

    In Vietnamese whatever the reader's language. Raises ``DocumentRefused`` for a letter that the
    face lacks.
    """
    # The drawing library is heavy: only who asks for a PDF pays for it.
    from certificates.rendering import report_to_pdf  # noqa: PLC0415 (heavy)

    with translation.override("vi"):
        context = {
            "record": record_of(person, scope, at=at),
            "office": office(),
            "today": local_day(at),
        }
        html = render_to_string("target/dossier/pdf/record.html", context)
    return report_to_pdf(html)
