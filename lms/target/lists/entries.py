"""The lists of people by name, title and length, as a page offers them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from lms.target.figures import Figures
from lms.target.lists.counting import Tallies
from lms.target.lists.kinds import Who

# The lists of people by their names in the address, in the order of the page.
LISTS = {
    "chua-bat-dau": Who.NOT_STARTED,
    "dang-hoc": Who.PROGRESS,
    "con-thieu-lop": Who.ONLY_CLASS,
    "con-thieu-kiem-tra": Who.ONLY_QUIZ,
    "tap-huan-lai": Who.RETRAIN,
    "moi-nhan-nhiem-vu": Who.NEW,
    "chua-dang-nhap": Who.NEVER_SIGNED_IN,
    "nghi-dai-han": Who.ON_LEAVE,
    "chua-xep": Who.UNPLACED,
    "het-han-30": Who.ENDS_IN_30,
    "het-han-60": Who.ENDS_IN_60,
    "het-han-90": Who.ENDS_IN_90,
}
LABELS = {
    Who.MISSING: gettext_lazy("Not fully trained yet"),
    Who.EVERYBODY: gettext_lazy("People"),
    Who.NOT_STARTED: gettext_lazy("Has not started"),
    Who.PROGRESS: gettext_lazy("In progress"),
    Who.ONLY_CLASS: gettext_lazy("Only the class is missing"),
    Who.ONLY_QUIZ: gettext_lazy("Only the final test is missing"),
    Who.RETRAIN: gettext_lazy("Needs retraining"),
    Who.NEW: gettext_lazy("Newly assigned"),
    Who.NEVER_SIGNED_IN: gettext_lazy("Never signed in (until now)"),
    Who.ON_LEAVE: gettext_lazy("On long leave (not counted)"),
    Who.UNPLACED: gettext_lazy("Not placed in a unit yet"),
    Who.ENDS_IN_30: gettext_lazy("A course ends within 30 days"),
    Who.ENDS_IN_60: gettext_lazy("A course ends in 31 to 60 days"),
    Who.ENDS_IN_90: gettext_lazy("A course ends in 61 to 90 days"),
}


@dataclass(frozen=True)
class Entry:
    """A list that can be opened: its name in the address, its title and how many people it has.

    ``count`` is ``None`` where only the list itself counts them; ``courses`` is how many courses
    end, in a list of those.
    """

    list_name: str
    label: str
    count: int | None
    courses: int | None = None


def lengths_of(result: Figures) -> dict[Who, int | None]:
    """Return how many people stand in the lists that are figures of the page."""
    total = result.total
    return {
        Who.MISSING: total.missing,
        Who.EVERYBODY: total.everybody,
        Who.NOT_STARTED: total.not_started,
        Who.PROGRESS: total.in_progress,
        Who.RETRAIN: total.needs_retraining,
        Who.NEW: total.newly_assigned,
        Who.ON_LEAVE: total.on_leave,
        Who.UNPLACED: result.unplaced.denominator,
    }


def count_of(who: Who, result: Figures) -> int | None:
    """Return the length of one list where a figure says it."""
    return lengths_of(result).get(who)


def entries_of(result: Figures, found: Tallies) -> list[Entry]:
    """Return the lists with their lengths: most are figures of the page."""
    counts = lengths_of(result) | found.people
    return [
        Entry(name, str(LABELS[who]), counts.get(who), found.courses.get(who))
        for name, who in LISTS.items()
        if who is not Who.UNPLACED or result.is_root
    ]
