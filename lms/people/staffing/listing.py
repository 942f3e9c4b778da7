"""The list of staff: filters whose names are those of the address, and the people they leave.

Every page costs the same number of queries whatever stands behind it; the count stops at a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import F, Func, Q, QuerySet, Value
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR
from lms.people.finding import name_unit
from lms.people.keys import find_row
from lms.people.models import (
    Leave,
    PersonMerge,
    PositionGroup,
    Posting,
    StaffMember,
    UnitPath,
    UnitVersion,
)
from lms.people.models.accounts import Role
from lms.people.scopes import Scope
from lms.people.text import fold, squeeze
from lms.people.units import UNPLACED_KEY, names_on

PAGE_SIZE = 50
# Beyond it the page says "more than".
MOST_COUNTED = 10_000
LONGEST_SEARCH = 100
KEYS = ("q", "don-vi", "rieng", "nhom", "vai", "ho-tro", "tinh-trang")


class FilterForm(forms.Form):
    """The filters; an empty one means all."""

    def __init__(
        self, *args: Any, scope: Scope, groups: list[PositionGroup], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.scope, self.groups = scope, groups
        text = {"class": "in"}

        def choice(label: Any, *choices: tuple[str, Any]) -> forms.ChoiceField:
            return forms.ChoiceField(
                label=label,
                required=False,
                widget=forms.Select(attrs=text),
                choices=[("", _("All")), *choices],
            )

        self.fields["q"] = forms.CharField(
            label=_("Name or staff code"),
            required=False,
            widget=forms.TextInput(attrs=text | {"type": "search"}),
        )
        self.fields["don-vi"] = forms.CharField(
            label=_("Unit, name or code"),
            required=False,
            widget=forms.TextInput(attrs=text | {"autocomplete": "off"}),
        )
        self.fields["rieng"] = choice(_("Below the unit"), ("1", _("Own staff of the unit only")))
        self.fields["nhom"] = choice(
            _("Position group"), *((group.code, group.label) for group in groups)
        )
        self.fields["vai"] = choice(
            _("Kind of duty"), ("chinh", _("Primary duty")), ("kiem", _("Concurrent duty"))
        )
        self.fields["ho-tro"] = choice(
            _("Victim-support duty"), ("co", _("Yes")), ("khong", _("No"))
        )
        self.fields["tinh-trang"] = choice(
            _("Standing today"),
            ("dang", _("In duty")),
            ("nghi", _("On leave today")),
            ("thoi", _("Duty has ended")),
            ("sap", _("Duty still to begin")),
            ("chua-xep", _("Without a unit yet")),
        )

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        typed["q"] = typed.get("q", "")[:LONGEST_SEARCH]
        if text := typed.get("don-vi", ""):
            found = name_unit(text, self.scope.day)
            if not self.scope.has_role(Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER):
                own = set(self.scope.units().values_list("unit_id", flat=True))
                found = [unit for unit in found if unit.unit_id in own]
            if len(found) == 1:
                typed["unit"] = found[0]
            elif found:
                names = "; ".join(f"{each.full_name} ({each.code})" for each in found[:6])
                self.add_error(
                    "don-vi",
                    gettext("Several units fit. Write the code of one of them: %(names)s.")
                    % {"names": names},
                )
            else:
                self.add_error("don-vi", gettext("None of your units has this name or code."))
        return typed

    def query(self) -> dict[str, str]:
        """Return the filters as an address carries them."""
        values = {name: self.data.get(name, "").strip() for name in KEYS}
        if self.is_valid() and (unit := self.cleaned_data.get("unit")):
            values["don-vi"] = unit.code
        return {name: value for name, value in values.items() if value}


def read_filters(data: QueryDict, scope: Scope) -> FilterForm:
    """Return the bound filters of an address or of a form; one query."""
    return FilterForm(data, scope=scope, groups=list(PositionGroup.objects.order_by("bit")))


def matching(people: QuerySet[StaffMember], form: FilterForm) -> QuerySet[StaffMember]:
    """Return those of ``people`` that the filters leave; lazy.

    A record merged into another is found by its name or code only.
    """
    typed, day = form.cleaned_data, form.scope.day
    if text := typed["q"].strip():
        people = people.filter(_named(text))
    else:
        merged = PersonMerge.objects.current().values("duplicate_id")
        people = people.exclude(pk__in=merged)
    duties = _duties(typed, form)
    state = typed["tinh-trang"]
    standing = Posting.objects.current().filter(valid_from__lt=F("valid_to"))
    today = standing.valid_on(day)
    if state in ("thoi", "sap"):
        part = Q(valid_to__lte=day) if state == "thoi" else Q(valid_from__gt=day)
        found = standing.filter(part).filter(duties)
        absent = people.exclude(pk__in=today.values("person_id"))
        if state == "thoi":
            later = standing.filter(valid_from__gt=day)
            absent = absent.exclude(pk__in=later.values("person_id"))
        return absent.filter(pk__in=found.values("person_id"))
    if state == "nghi":
        away = Leave.objects.current().valid_on(day)
        people = people.filter(pk__in=away.values("person_id"))
    if state == "chua-xep":
        waiting = today.filter(unit__own_key=UNPLACED_KEY)
        people = people.filter(pk__in=waiting.values("person_id"))
    if duties or state == "dang":
        people = people.filter(pk__in=today.filter(duties).values("person_id"))
    return people


def _named(text: str) -> Q:
    """Return who is meant by a part of a name, without marks or spaces, or by a code."""
    wanted = Q(staff_code__iexact=text)
    if squeezed := squeeze(text):
        wanted |= Q(folded_name__contains=fold(text))
        if " " not in text.strip():
            # "Avương" finds "A Vương".
            name = Func(F("folded_name"), Value(" "), Value(""), function="REPLACE")
            same = StaffMember.objects.annotate(squeezed=name).filter(squeezed__contains=squeezed)
            wanted |= Q(pk__in=same.values("pk"))
    return wanted


def _duties(typed: dict[str, Any], form: FilterForm) -> Q:
    """Return the condition on a posting that the filters ask for; empty = none."""
    wanted = Q()
    if unit := typed.get("unit"):
        if typed["rieng"]:
            wanted &= Q(unit=unit.unit_id)
        else:
            below = UnitPath.objects.filter(
                ancestor=unit.unit_id,
                valid_from__lte=form.scope.day,
                valid_to__gt=form.scope.day,
                known_to=FAR,
            )
            wanted &= Q(unit__in=below.values("unit_id"))
    if typed["nhom"]:
        wanted &= Q(group__code=typed["nhom"])
    if typed["vai"]:
        wanted &= Q(is_primary=typed["vai"] == "chinh")
    if typed["ho-tro"]:
        wanted &= Q(victim_support=typed["ho-tro"] == "co")
    return wanted


def after_key(people: QuerySet[StaffMember], typed: str) -> QuerySet[StaffMember]:
    """Return the people behind the one whose key was given; all for a key that is none."""
    last = find_row(people, typed)
    return people if last is None else people.after(last)


@dataclass(frozen=True)
class Row:
    """One person of the list with what she does today."""

    person: StaffMember
    posting: Posting | None
    unit: UnitVersion | None
    others: int  # concurrent duties
    on_leave: bool


def rows_of(people: list[StaffMember], day: date) -> list[Row]:
    """Return each person with her duty on ``day``, the primary one first; three queries."""
    postings: dict[int, list[Posting]] = {}
    for posting in (
        Posting.objects.current()
        .valid_on(day)
        .filter(person__in=people)
        .select_related("group")
        .order_by("-is_primary", "duty_began_on", "pk")
    ):
        postings.setdefault(posting.person_id, []).append(posting)
    units = names_on([found[0].unit_id for found in postings.values()], day)
    away = set(
        Leave.objects.current()
        .valid_on(day)
        .filter(person__in=people)
        .values_list("person_id", flat=True)
    )
    rows = []
    for person in people:
        found = postings.get(person.pk, [])
        first = found[0] if found else None
        rows.append(
            Row(
                person=person,
                posting=first,
                unit=units.get(first.unit_id) if first else None,
                others=max(len(found) - 1, 0),
                on_leave=person.pk in away,
            )
        )
    return rows


def count_of(people: QuerySet[StaffMember]) -> int:
    """Return how many there are, at most one more than :data:`MOST_COUNTED`."""
    return people.order_by()[: MOST_COUNTED + 1].count()
