"""What was done to a target: who, when, what it said before and says since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from lms.people.models import Batch, BatchFact, PositionGroup
from lms.target.changes.acts import HISTORY_SIZE
from lms.target.goals.places import Places
from lms.target.goals.reading import groups_of
from lms.target.goals.writing import KIND
from lms.target.models import TargetMilestone, TargetTerms, TrainingTarget

TERMS, MILESTONE = TargetTerms._meta.label_lower, TargetMilestone._meta.label_lower


@dataclass(frozen=True)
class Changed:
    """One thing that was said otherwise; ``before`` is empty where nothing was said."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Act:
    """One act upon a target; without changes it was set up."""

    batch: Batch
    is_new: bool
    changes: list[Changed]


def history(target: TrainingTarget, groups: Sequence[PositionGroup]) -> list[Act]:
    """Return the newest acts upon ``target`` with what each changed; five queries."""
    own = TargetTerms.objects.filter(target=target).order_by().values("logical_id")
    acts = list(
        Batch.objects.filter(
            kind=KIND,
            pk__in=BatchFact.objects.filter(model=TERMS, logical_id__in=own).values("batch"),
        )
        .select_related("actor__staff", "undone_by__staff")
        .newest_first()[:HISTORY_SIZE]
    )
    facts = list(BatchFact.objects.filter(batch__in=acts).order_by("pk"))
    keys: dict[str, list[int]] = defaultdict(list)
    for fact in facts:
        keys[fact.model] += [key for key in (fact.before_id, fact.after_id) if key]
    versions = {
        TERMS: TargetTerms.objects.in_bulk(keys[TERMS]),
        MILESTONE: TargetMilestone.objects.in_bulk(keys[MILESTONE]),
    }
    words = Words(Places.read_units(versions[TERMS].values()), groups)
    by_act: dict[int, list[BatchFact]] = defaultdict(list)
    for fact in facts:
        by_act[fact.batch_id].append(fact)
    found = []
    for act in acts:
        is_new, changes = False, []
        for fact in by_act[act.pk]:
            before, after = (
                versions[fact.model].get(key) for key in (fact.before_id, fact.after_id)
            )
            if fact.model == TERMS:
                is_new = before is None
                changes = words.changes(before, after) + changes if before and after else changes
            else:
                changes.append(words.milestone(before, after))
        found.append(Act(act, is_new, [] if is_new else [each for each in changes if each]))
    return found


@dataclass(frozen=True)
class Words:
    """What a target says, field by field, in words."""

    places: Places
    groups: Sequence[PositionGroup]

    def said(self, terms: TargetTerms) -> dict[str, tuple[str, str]]:
        """Return {field: (label, value)} in the order of the form."""
        return {
            "name": (_("Name of the target"), terms.name),
            "plan_number": (_("Plan"), terms.plan_number),
            "owner": (_("Who answers for it"), self.places.name_of_unit(terms.owner_id)),
            "unit": (_("Unit it counts for"), self.places.name_of_unit(terms.unit_id)),
            "groups": (_("Position groups"), self.named(terms.group_mask)),
            "first_day": (_("First day"), written(terms.first_day)),
            "last_day": (_("Last day"), written(terms.last_day)),
            "level_percent": (_("Level to be reached (%)"), f"{terms.level_percent}%"),
            "headline": (_("Leading figure"), str(terms.get_headline_display())),
        }

    def named(self, mask: int) -> str:
        found = groups_of(mask, self.groups)
        return ", ".join(group.label for group in found) or _("Every position group")

    def changes(self, before: TargetTerms, after: TargetTerms) -> list[Changed]:
        was, now = self.said(before), self.said(after)
        found = [
            Changed(label, was[name][1], value)
            for name, (label, value) in now.items()
            if was[name][1] != value
        ]
        if before.is_given_up != after.is_given_up:
            found.append(
                Changed(
                    _("Last day on which it stands"),
                    written(before.ends_on),
                    written(after.ends_on),
                )
            )
        return found

    def milestone(
        self, before: TargetMilestone | None, after: TargetMilestone | None
    ) -> Changed | None:
        """Return the change of a milestone; none where only the period around it changed."""
        was, now = step(before), step(after)
        return None if was == now else Changed(_("Milestone"), was, now)

    def milestones(self, before: Sequence[Any], after: Sequence[Any]) -> list[Changed]:
        """Return the changes between two lists of milestones, by their days."""
        was = {each.day: each for each in before}
        now = {each.day: each for each in after}
        days = sorted(was.keys() | now.keys())
        found = [self.milestone(was.get(day), now.get(day)) for day in days]
        return [each for each in found if each]


def step(milestone: Any) -> str:
    """Return a milestone in words, nothing for none."""
    if milestone is None:
        return ""
    return _("%(percent)d%% by %(day)s") % {
        "percent": milestone.percent,
        "day": written(milestone.day),
    }


def written(day: date) -> str:
    return f"{day:%d/%m/%Y}"
