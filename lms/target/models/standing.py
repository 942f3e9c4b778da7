"""What is derived from the facts of people, so that a figure of a million costs a second.

Nothing here is edited by hand; all of it can be made again from the facts alone
(``docs/as-of.md``). ``lms.target.standing`` writes it, ``lms.target.figures`` reads it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from lms.people.days import BEFORE, FAR


class Standing(models.Model):
    """Who stood where, in both times.

    For a person, a day D and a day K with D <= K, or K = now (``known_to`` = FAR), exactly one row
    covers (D, K), or none: then she does not count. Needs and the tree are joined when asked, so a
    new requirement or a unit that moves rewrites nobody.
    """

    # The indexes below serve these too; nobody asks for the rows of a group alone.
    person = models.ForeignKey(
        "people.StaffMember", models.CASCADE, related_name="+", db_index=False
    )
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", db_index=False)
    group = models.ForeignKey(
        "people.PositionGroup", models.PROTECT, related_name="+", db_index=False
    )
    # When the duty of the home posting began: "newly assigned" is counted from it.
    duty_began_on = models.DateField()
    # Bits of the groups of all active postings, and of courses: held, held unbroken since this
    # year began, held on this day or any before.
    groups = models.BigIntegerField()
    courses = models.BigIntegerField()
    year_courses = models.BigIntegerField()
    held_courses = models.BigIntegerField()
    is_started = models.SmallIntegerField()
    on_leave = models.SmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField()
    known_from = models.DateField(default=BEFORE)
    known_to = models.DateField(default=FAR)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__lt=F("valid_to"), known_from__lt=F("known_to")),
                name="target_standing_order",
            ),
        ]
        indexes = [
            # Refreshing one person, and her own page.
            models.Index(fields=["person"], name="standing_by_person"),
            # Figures of a district or a commune.
            models.Index(fields=["unit", "valid_to"], name="standing_by_unit"),
            # Figures of the province as known now.
            models.Index(
                fields=["valid_to", "valid_from"],
                condition=Q(known_to=FAR),
                name="standing_now",
            ),
            # Bridges: who begins to stand somewhere between two days (the other half is the index
            # above); what became known since, and what is no longer believed. One column each: with
            # more, the planner takes them for figures of a day and reads the table out of order.
            models.Index(fields=["valid_from"], condition=Q(known_to=FAR), name="standing_begins"),
            models.Index(
                fields=["known_from"],
                condition=Q(known_to=FAR, known_from__gt=BEFORE),
                name="standing_late",
            ),
            models.Index(fields=["known_to"], condition=Q(known_to__lt=FAR), name="standing_past"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} from {self.valid_from}"


class FigureDay(models.Model):
    """A day whose people are counted in advance, as known now."""

    day = models.DateField(unique=True)
    counted_at = models.DateTimeField()
    # The root by whose rows :class:`FigureTop` folds the day, none after the tree changed; and the
    # needs by which it judges, as ``spell_needs`` spells them: others are not answered from it.
    top_unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, related_name="+", db_index=False
    )
    top_needs = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}"


class Figure(models.Model):
    """People who stand alike on a :class:`FigureDay`; the rows of a kind add up.

    Rows are only added, also with a negative number of people: no two writers wait for one row.
    They are folded when the day is counted anew.
    """

    day = models.DateField()
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", db_index=False)
    group = models.ForeignKey(
        "people.PositionGroup", models.PROTECT, related_name="+", db_index=False
    )
    groups = models.BigIntegerField()
    courses = models.BigIntegerField()
    year_courses = models.BigIntegerField()
    held_courses = models.BigIntegerField()
    is_started = models.SmallIntegerField()
    on_leave = models.SmallIntegerField()
    is_new = models.SmallIntegerField()
    people = models.IntegerField()

    class Meta:
        indexes = [
            # The figures of one day.
            models.Index(fields=["day", "unit"], name="figure_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.people} on {self.day}"


class FigureTop(models.Model):
    """The province's counts of a :class:`FigureDay`, by the rows of its table.

    ``bucket_id`` is the unit below the root, the root for its own staff, 0 for people whose unit
    hangs nowhere; ``need`` and ``have`` are courses. The counts are those of
    :class:`lms.target.figures.Counts`. Rows are only added, as in :class:`Figure`, and folded when
    the day is counted.
    """

    day = models.DateField()
    bucket_id = models.BigIntegerField()
    group = models.ForeignKey(
        "people.PositionGroup", models.PROTECT, related_name="+", db_index=False
    )
    need = models.BigIntegerField()
    have = models.BigIntegerField()
    denominator = models.IntegerField()
    numerator = models.IntegerField()
    in_year = models.IntegerField()
    in_progress = models.IntegerField()
    not_started = models.IntegerField()
    needs_retraining = models.IntegerField()
    newly_assigned = models.IntegerField()
    on_leave = models.IntegerField()

    class Meta:
        indexes = [
            # The province's figures of one day, and the points of its year.
            models.Index(fields=["day"], name="figuretop_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.denominator} on {self.day}"


class Dirty(models.Model):
    """A person whose standing waits to be made again after a change that concerns many."""

    person = models.OneToOneField(
        "people.StaffMember", models.CASCADE, primary_key=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.person_id}"


class StandingBook(models.Model):
    """The one row that says whether :class:`Standing` is complete, and since when.

    Writers share it and whoever counts a day in advance takes it alone, so that no change falls
    between the count and its corrections.
    """

    built_at = models.DateTimeField(null=True)
    # While it is filled, whoever is touched is queued and made again before it opens.
    is_filling = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="target_standingbook_one"),
        ]

    def __str__(self) -> str:
        return f"built {self.built_at}"
