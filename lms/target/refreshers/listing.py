"""The newest version of each course and what it asks, the acts, the names of those asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.db.models import F, Max
from django.utils.translation import gettext as _

from content.models import CourseVersion
from courses.refreshing.asking import BATCH_KIND
from lms.people.models import Batch, Posting, StaffMember
from lms.people.units import names_on
from lms.target.changes.acts import HISTORY_SIZE

PAGE_SIZE = 25


@dataclass(frozen=True)
class RefresherAct:
    """One asking, or one that was taken back, with the version it was for."""

    batch: Batch
    version: CourseVersion | None

    @property
    def completions(self) -> int:
        return self.batch.counts.get("completions", 0)

    @property
    def people(self) -> int:
        return self.batch.counts.get("people", 0)


@dataclass(frozen=True)
class AskedLine:
    """One person whose training would end, as a line of the list of those concerned."""

    person_id: int
    full_name: str
    unit_name: str
    words: str


@dataclass(frozen=True)
class AskedPage:
    """One page of people, by name; ``next_key`` is ``None`` on the last."""

    lines: list[AskedLine] = field(default_factory=list)
    next_key: int | None = None


def newest_versions() -> list[CourseVersion]:
    """Return the newest version of each course, by the number of the course; one query."""
    return list(
        CourseVersion.objects.annotate(newest=Max("course__versions__number"))
        .filter(number=F("newest"))
        .select_related("course")
        .defer("body")
        .order_by("course__number", "pk")
    )


def acts() -> list[RefresherAct]:
    """Return the newest askings, those taken back among them; two queries."""
    batches = list(
        Batch.objects.filter(kind=BATCH_KIND)
        .select_related("actor__staff", "undone_by")
        .newest_first()[:HISTORY_SIZE]
    )
    versions = (
        CourseVersion.objects.select_related("course")
        .defer("body")
        .in_bulk([batch.counts["version"] for batch in batches])
    )
    return [RefresherAct(batch, versions.get(batch.counts["version"])) for batch in batches]


def people_concerned(keys: Collection[int], day: date, *, last: int = 0) -> AskedPage:
    """Return one page of these people, by name, after the person ``last``.

    The unit is that of the main duty on ``day``. Four queries at most.
    """
    people = StaffMember.objects.filter(pk__in=keys)
    after = StaffMember.objects.filter(pk=last).first() if last else None
    page = people.after(after) if after else people
    shown = list(page.in_name_order()[: PAGE_SIZE + 1])
    has_more, shown = len(shown) > PAGE_SIZE, shown[:PAGE_SIZE]
    units = dict(
        Posting.objects.current()
        .valid_on(day)
        .filter(is_primary=True, person__in=shown)
        .values_list("person_id", "unit_id")
    )
    names = names_on(list(set(units.values())), day)
    words = _("will need retraining if she does not refresh in time")
    return AskedPage(
        [
            AskedLine(
                each.pk,
                each.full_name,
                names[units[each.pk]].full_name if units.get(each.pk) in names else "",
                words,
            )
            for each in shown
        ],
        shown[-1].pk if has_more else None,
    )
