"""Why a refresher cannot be asked for, in words of the page and of the command."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from courses.refreshing.asking import (
    AlreadyAsked,
    DueBeforeVersion,
    DueInThePast,
    NothingToAsk,
    ReasonMissing,
    RefresherRefused,
)

REFUSALS: dict[type[RefresherRefused], Any] = {
    ReasonMissing: gettext_lazy("Say why: learners read it."),
    DueInThePast: gettext_lazy("The due day has passed."),
    DueBeforeVersion: gettext_lazy("The due day lies before the publication of the update."),
    AlreadyAsked: gettext_lazy("A refresher to this version is asked for already."),
    NothingToAsk: gettext_lazy(
        "No completion of an older version reaches beyond the due day: there is nobody to ask."
    ),
}
# The field at which the page says it; the others concern the course.
FIELDS: dict[type[RefresherRefused], str] = {
    ReasonMissing: "reason",
    DueInThePast: "due",
    DueBeforeVersion: "due",
}
