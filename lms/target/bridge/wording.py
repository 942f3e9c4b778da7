"""What the parts of a bridge are called and what they mean."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lms.target.bridge.parts import Part

NAMES = {
    Part.CORRECTED: _("Corrected later"),
    Part.REORGANISED: _("Reorganised"),
    Part.REQUIRED: _("Other courses required"),
    Part.LEFT: _("Left or no longer counted"),
    Part.ON_LEAVE: _("On long leave"),
    Part.MOVED_OUT: _("Moved to another unit"),
    Part.HIRED: _("Newly assigned"),
    Part.NAMED: _("Counted since, by name or rule"),
    Part.RETURNED: _("Back from long leave"),
    Part.MOVED_IN: _("Came from another unit"),
    Part.GROUP_CHANGED: _("Other position group"),
    Part.EXPIRED: _("No longer valid"),
    Part.TRAINED: _("Trained"),
}
MEANINGS = {
    Part.CORRECTED: _("What was entered later about the first day itself."),
    Part.REORGANISED: _(
        "Units merged, split or moved: the people of the first day on the new map."
    ),
    Part.REQUIRED: _("The requirements of the last day asked of the people of the first."),
    Part.LEFT: _("Their duty ended, or they count no more by name or rule."),
    Part.ON_LEAVE: _("A leave of thirty days or more, or without an end: outside the denominator."),
    Part.MOVED_OUT: _("They count elsewhere now."),
    Part.HIRED: _("Their duty began after the first day."),
    Part.NAMED: _("Their duty is older; they were named in a roster since, or a rule changed."),
    Part.RETURNED: _("They were outside the denominator on the first day."),
    Part.MOVED_IN: _("They counted elsewhere on the first day."),
    Part.GROUP_CHANGED: _("Another position group asks for other courses."),
    Part.EXPIRED: _("A course they need ended or was taken away."),
    Part.TRAINED: _("They completed what was still missing."),
}
