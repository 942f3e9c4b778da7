"""People who wait without a unit after a reorganisation, and placing them by a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from lms.people import audit
from lms.people.days import FAR, local_day
from lms.people.facts import record_many, succeed_many, writing
from lms.people.models import (
    Posting,
    Reorganisation,
    ReorganisedRow,
    Unit,
    UnitEventPerson,
    UnitVersion,
    User,
)
from lms.people.reorganising.applying import lock_units
from lms.people.reorganising.carrying import continued
from lms.people.reorganising.following import PERSON_FACTS
from lms.people.reorganising.resolutions import Refusal, Refused
from lms.people.reorganising.undoing import NotApplied
from lms.people.units import UNPLACED_KEY

MOST_ROWS = 50_000


@dataclass(frozen=True)
class Placed:
    """How many people of a list have a unit now."""

    people_count: int


def waiting_postings(reorganisation: Reorganisation) -> QuerySet[Posting]:
    """Return the duties whose people wait because of the reorganisation; lazy."""
    return Posting.objects.current().filter(
        event__reorganisation=reorganisation,
        unit__own_key=UNPLACED_KEY,
        valid_from__lt=F("valid_to"),
    )


def waiting_count(reorganisation: Reorganisation) -> int:
    """Return how many people wait because of the reorganisation."""
    return waiting_postings(reorganisation).aggregate(people=Count("person", distinct=True))[
        "people"
    ]


def waiting_page(reorganisation: Reorganisation, after: int | None, *, size: int) -> list[Posting]:
    """Return ``size`` duties and one more where others follow, by name, behind ``after``."""
    waiting = waiting_postings(reorganisation).select_related("person")
    last = waiting.filter(pk=after).first() if after else None
    if last is not None:
        same = Q(person__sort_name=last.person.sort_name)
        waiting = waiting.filter(
            Q(person__sort_name__gt=last.person.sort_name)
            | same & Q(person__gt=last.person_id)
            | same & Q(person=last.person_id, pk__gt=last.pk)
        )
    return list(waiting.order_by("person__sort_name", "person_id", "pk")[: size + 1])


@writing()
def place(
    reorganisation: Reorganisation,
    people: list[dict[str, str]],
    *,
    on: date | None = None,
    actor: User | None,
    at: datetime,
) -> Placed:
    """Give the waiting people of the list (``person`` staff code, ``to`` unit code) their unit.

    From the day of the reorganisation, or from ``on``. All rows or none. Raises ``Refused`` naming
    the rows, or ``NotApplied``.
    """
    unplaced = lock_units()
    reorganisation = Reorganisation.objects.get(pk=reorganisation.pk)
    if not reorganisation.is_applied:
        raise NotApplied(reorganisation.pk)
    day = on or reorganisation.happened_on
    targets = _check(reorganisation, people, day)
    facts = {Posting: waiting_postings(reorganisation)}
    for model in PERSON_FACTS.values():
        moved = reorganisation.rows.filter(model=model._meta.label_lower, to_unit=unplaced)
        facts[model] = model.objects.current().filter(pk__in=moved.values("after_id"))
    # Somebody may wait by two events of one day: the list answers for both.
    waited: set[tuple[int, int]] = set()
    for model, waiting in facts.items():
        found = waiting.filter(person__in=list(targets), valid_to__gt=day)
        waited |= _move(reorganisation, model, list(found), targets, day, actor=actor, at=at)
    UnitEventPerson.objects.bulk_create(
        [
            UnitEventPerson(
                event_id=event,
                person_id=person,
                to_unit_id=targets[person],
                recorded_on=local_day(at),
            )
            for person, event in sorted(waited)
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )
    audit.log(
        "reorganisation.place",
        reorganisation,
        actor=actor,
        at=at,
        unit=Unit(pk=unplaced.pk),
        people=len(targets),
        valid_from=day.isoformat(),
    )
    return Placed(len(targets))


def _check(
    reorganisation: Reorganisation, people: list[dict[str, str]], day: date
) -> dict[int, int]:
    """Return the unit of each person of the list. Raises ``Refused``."""
    refusals = []
    if day < reorganisation.happened_on:
        refusals.append(Refusal(_("The day lies before the day of the reorganisation.")))
    if not people:
        refusals.append(Refusal(_("The list is empty.")))
    if len(people) > MOST_ROWS:
        refusals.append(Refusal(_("The list is too long; divide it.")))
        people = []
    waiting = dict(
        waiting_postings(reorganisation)
        .filter(valid_to__gt=day)
        .values_list("person__staff_code", "person_id")
    )
    units = {
        version.code: version
        for version in UnitVersion.objects.current().valid_on(day)
        if version.valid_to == FAR
    }
    targets: dict[int, int] = {}
    for number, row in enumerate(people, 1):
        words = {"person": row["person"], "unit": row["to"]}
        person_id, unit = waiting.get(row["person"]), units.get(row["to"])
        if person_id is None:
            text = _("%(person)s does not wait for a unit after this reorganisation.")
        elif unit is None:
            text = _("No lasting unit has the code %(unit)s on that day.")
        elif person_id in targets:
            text = _("%(person)s is named twice.")
        else:
            targets[person_id] = unit.unit_id
            continue
        refusals.append(Refusal(text % words, row=number))
    if refusals:
        raise Refused(refusals)
    return targets


def _move(
    reorganisation: Reorganisation,
    model: Any,
    facts: list[Any],
    targets: dict[int, int],
    day: date,
    **write: Any,
) -> set[tuple[int, int]]:
    """Point waiting facts to the unit of the list; return who waited by which event, as ids."""
    begun = [fact for fact in facts if fact.valid_from < day]
    whole = [fact for fact in facts if fact.valid_from >= day]
    closed = succeed_many([(fact, {"valid_to": day}) for fact in begun], **write)
    opened = record_many(
        [continued(fact, valid_from=day, unit_id=targets[fact.person_id]) for fact in begun],
        **write,
    )
    pointed = succeed_many(
        [(fact, {"unit_id": targets[fact.person_id]}) for fact in whole], **write
    )
    pairs = [*zip(begun, closed, opened, strict=True)]
    pairs += [(fact, None, new) for fact, new in zip(whole, pointed, strict=True)]
    by_after = dict(
        ReorganisedRow.objects.filter(
            reorganisation=reorganisation,
            model=model._meta.label_lower,
            after_id__in=[fact.pk for fact, _old, _new in pairs],
        ).values_list("after_id", "event_id")
    )
    ReorganisedRow.objects.bulk_create(
        [
            ReorganisedRow(
                reorganisation=reorganisation,
                event_id=by_after.get(fact.pk),
                model=model._meta.label_lower,
                before_id=fact.pk,
                closed_id=old.pk if old else None,
                after_id=new.pk,
                person_id=fact.person_id,
                from_unit_id=fact.unit_id,
                to_unit_id=new.unit_id,
            )
            for fact, old, new in pairs
        ],
        batch_size=1000,
    )
    return {
        (fact.person_id, by_after[fact.pk]) for fact, _old, _new in pairs if fact.pk in by_after
    }
