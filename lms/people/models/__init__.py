"""Who works where since when, who may sign in, what was done: tables of the second floor."""

from lms.people.models.accounts import AccountCode, RoleAssignment, User
from lms.people.models.announcements import Announcement, Audience
from lms.people.models.batches import Batch, BatchFact, BatchPerson
from lms.people.models.imports import StaffImport, StaffImportRow
from lms.people.models.office import OfficeSettings
from lms.people.models.records import AuditEntry, CorrectionRequest
from lms.people.models.reorganisations import Reorganisation, ReorganisedRow
from lms.people.models.rules import GroupTier, PositionGroup, RuleSet
from lms.people.models.staff import Leave, PersonMerge, Posting, StaffMember
from lms.people.models.units import (
    Unit,
    UnitEvent,
    UnitEventPart,
    UnitEventPerson,
    UnitPath,
    UnitVersion,
)

__all__ = [
    "AccountCode",
    "Announcement",
    "Audience",
    "AuditEntry",
    "Batch",
    "BatchFact",
    "BatchPerson",
    "CorrectionRequest",
    "GroupTier",
    "Leave",
    "OfficeSettings",
    "PersonMerge",
    "PositionGroup",
    "Posting",
    "Reorganisation",
    "ReorganisedRow",
    "RoleAssignment",
    "RuleSet",
    "StaffImport",
    "StaffImportRow",
    "StaffMember",
    "Unit",
    "UnitEvent",
    "UnitEventPart",
    "UnitEventPerson",
    "UnitPath",
    "UnitVersion",
    "User",
]
