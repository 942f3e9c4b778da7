"""Asking the focal persons of units that have not confirmed their list yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from lms.notices.sending import queue_notice
from lms.notices.texts import Text
from lms.people import audit
from lms.people.focals import focals_of
from lms.people.models import UnitVersion, User
from lms.people.office import office
from lms.target.models import ReportingPeriod
from lms.target.reports.calendar import key_of

KIND = "roster-ask"
TEXT = Text(
    "Đề nghị xác nhận danh sách cán bộ thuộc chỉ tiêu – {period}",
    "Kính gửi {name},\n\n"
    "Danh sách cán bộ làm công tác hỗ trợ nạn nhân trong {period} của các đơn vị sau đây chưa được "
    "xác nhận:\n{units}\n\n"
    "Xem và xác nhận tại:\n{link}\n\n"
    "Khi chưa xác nhận, số liệu tính theo nhiệm vụ đã nhập.\n\n{portal}",
)


@transaction.atomic
def ask_units(
    period: ReportingPeriod, units: Sequence[UnitVersion], *, actor: User | None, at: datetime
) -> tuple[int, list[UnitVersion]]:
    """Queue one letter a day to each focal person nearest to the units.

    Return how many people are asked and the units for which nobody answers. Asking twice on a day
    writes no second letter.
    """
    day = timezone.localdate(at)
    focals = focals_of([unit.unit_id for unit in units], day)
    wanted: dict[User, list[UnitVersion]] = defaultdict(list)
    vacant = []
    for unit in units:
        near = focals.nearest(unit.unit_id)
        if not near:
            vacant.append(unit)
        for focal in near:
            wanted[focal].append(unit)
    key = key_of(period)
    for focal, theirs in wanted.items():
        queue_notice(
            focal,
            KIND,
            context={
                "name": focal.display_name,
                "portal": office().portal_name,
                "period": period.name,
                "units": "\n".join(f"- {unit.full_name}" for unit in theirs),
                "link": f"{settings.SITE_URL}{reverse('target:rosters')}?ky={key}",
            },
            dedupe_key=f"{KIND}:{key}:{day:%Y-%m-%d}:{focal.pk}",
            at=at,
        )
        audit.log(
            "roster.ask", focal, actor=actor, at=at, person=focal.staff, period=key,
            units=[unit.unit_id for unit in theirs],
        )  # fmt: skip
    return len(wanted), vacant
