"""Staff members and their dated postings and leaves.

The person key is what facts, snapshots and hashes use; names and contacts stand here and nowhere
else, so that they can be erased in one place (``docs/decisions.md`` 6). No identity number, no
health, no ethnicity, no reason of a leave is kept.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.people.days import FAR
from lms.people.facts import DatedFact


class StaffMemberQuerySet(models.QuerySet):
    def visible_to(self, scope) -> StaffMemberQuerySet:
        """People the scope may see: her own record and those of her units today."""
        return scope.people(self)

    def after(self, last: StaffMember) -> StaffMemberQuerySet:
        """Those behind ``last`` in the order of names: the next page of a list."""
        same = Q(sort_name=last.sort_name, pk__gt=last.pk)
        return self.filter(same | Q(sort_name__gt=last.sort_name))

    def in_name_order(self) -> StaffMemberQuerySet:
        """By given name, then family name, then middle names, in Vietnamese order."""
        return self.order_by("sort_name", "pk")


class StaffMember(models.Model):
    """A person who works, or worked, in support of victims; the record belongs to the person."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    staff_code = models.CharField(_("staff code"), max_length=20, unique=True)
    full_name = models.CharField(_("full name"), max_length=120)
    # Editable parts of the sort order, for names whose given name is not the last word.
    folded_name = models.CharField(max_length=160, editable=False, default="", db_index=True)
    sort_name = models.CharField(max_length=500, editable=False, default="")
    work_email = models.EmailField(_("work e-mail"), blank=True)
    work_phone = models.CharField(_("work phone"), max_length=20, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    created_at = models.DateTimeField(editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StaffMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")
        constraints = [
            models.CheckConstraint(condition=~Q(staff_code=""), name="people_staffmember_has_code"),
            models.CheckConstraint(
                condition=~Q(full_name="") | Q(erased_at__isnull=False),
                name="people_staffmember_has_name",
            ),
        ]
        indexes = [
            # Lists by name.
            models.Index(fields=["sort_name", "id"], name="staffmember_by_name"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.staff_code


class Posting(DatedFact):
    """A duty of a person in a unit over an interval.

    ``duty_began_on`` and ``chain_id`` survive a reorganisation: a posting opened by a unit event
    continues the one it replaces, so a merger makes nobody new (``docs/decisions.md`` 10).
    """

    follows = ("person_id",)

    person = models.ForeignKey(StaffMember, models.PROTECT, related_name="postings")
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="postings")
    group = models.ForeignKey("people.PositionGroup", models.PROTECT, related_name="postings")
    position_title = models.CharField(_("position title"), max_length=120, blank=True)
    is_primary = models.BooleanField(_("primary duty"), default=True)
    victim_support = models.BooleanField(_("supports victims"), default=True)
    duty_began_on = models.DateField(_("duty began on"))
    chain_id = models.UUIDField(default=uuid.uuid4, editable=False)
    event = models.ForeignKey(
        "people.UnitEvent", models.PROTECT, null=True, blank=True, related_name="postings"
    )

    class Meta(DatedFact.Meta):
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            *DatedFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(duty_began_on__lte=F("valid_from")),
                name="people_posting_duty_before_posting",
            ),
        ]
        indexes = [
            # One person's history; figures join by person.
            models.Index(fields=["person", "valid_from"], name="posting_by_person"),
            # Staff of a unit today, and figures of a small subtree.
            models.Index(fields=["unit", "valid_to"], name="posting_by_unit"),
            # Province figures as known now: only versions that stand.
            models.Index(
                fields=["valid_to", "valid_from"],
                condition=Q(withdrawn_on=FAR),
                name="posting_standing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.unit_id} from {self.valid_from}"


class Leave(DatedFact):
    """A time outside the denominator; the reason is not recorded."""

    follows = ("person_id",)

    person = models.ForeignKey(StaffMember, models.PROTECT, related_name="leaves")

    class Meta(DatedFact.Meta):
        verbose_name = _("leave")
        verbose_name_plural = _("leaves")
        indexes = [models.Index(fields=["person", "valid_from"], name="leave_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id} from {self.valid_from}"


class PersonMerge(DatedFact):
    """Two records found to be one person; dated, withdrawable; foreign keys are not rewritten."""

    follows = ("duplicate_id", "survivor_id")

    duplicate = models.ForeignKey(StaffMember, models.PROTECT, related_name="merged_into")
    survivor = models.ForeignKey(StaffMember, models.PROTECT, related_name="merged_from")

    class Meta(DatedFact.Meta):
        verbose_name = _("merge of duplicate records")
        verbose_name_plural = _("merges of duplicate records")
        constraints = [
            *DatedFact.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(duplicate=F("survivor")), name="people_personmerge_two_people"
            ),
            models.UniqueConstraint(
                fields=["duplicate"],
                condition=Q(withdrawn_on=FAR),
                name="people_personmerge_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duplicate_id} is {self.survivor_id}"
