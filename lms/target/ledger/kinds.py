"""How a person stands in the ledger: she counts, or one reason says why not."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy

from lms.target.explanation import TEXTS, Standing


class Kind(StrEnum):
    """``COUNTS``, or the first condition of the definition that fails."""

    COUNTS = "counts"
    ON_LEAVE = "on_leave"
    # Her home is another unit's: said of units below the province only.
    ELSEWHERE = "elsewhere"
    NOT_NAMED = "not_named"
    EXTENDED = "extended"
    DUTY_ENDED = "duty_ended"
    NO_DUTY = "no_duty"
    LEFT = "left"
    UNIT_ENDED = "unit_ended"
    NOT_BEGUN = "not_begun"
    MERGED = "merged"
    ERASED = "erased"


LABELS = {
    Kind.COUNTS: gettext_lazy("Counts in the target"),
    Kind.ON_LEAVE: TEXTS[Standing.ON_LEAVE],
    Kind.ELSEWHERE: gettext_lazy("Stands at another unit"),
    Kind.NOT_NAMED: TEXTS[Standing.NOT_NAMED],
    Kind.EXTENDED: TEXTS[Standing.EXTENDED],
    Kind.DUTY_ENDED: gettext_lazy("Not counted: the victim-support duty has ended"),
    Kind.NO_DUTY: TEXTS[Standing.NO_DUTY],
    Kind.LEFT: gettext_lazy("Not counted: the last posting has ended"),
    Kind.UNIT_ENDED: gettext_lazy("The unit has ended"),
    Kind.NOT_BEGUN: gettext_lazy("Not counted: the posting has not begun yet"),
    Kind.MERGED: TEXTS[Standing.MERGED],
    Kind.ERASED: gettext_lazy("Not counted: the personal data has been erased"),
}
# The same beside a number or in a choice, where it stands under "does not count".
SHORT_LABELS = {
    Kind.ON_LEAVE: gettext_lazy("On long leave"),
    Kind.ELSEWHERE: LABELS[Kind.ELSEWHERE],
    Kind.NOT_NAMED: gettext_lazy("Not named in the roster"),
    Kind.EXTENDED: gettext_lazy("Group reported apart"),
    Kind.DUTY_ENDED: gettext_lazy("Victim-support duty ended"),
    Kind.NO_DUTY: gettext_lazy("No victim-support duty"),
    Kind.LEFT: gettext_lazy("Posting ended"),
    Kind.UNIT_ENDED: LABELS[Kind.UNIT_ENDED],
    Kind.NOT_BEGUN: gettext_lazy("Posting not begun yet"),
    Kind.MERGED: gettext_lazy("Merged record"),
    Kind.ERASED: gettext_lazy("Personal data erased"),
}
REASONS = tuple(kind for kind in Kind if kind is not Kind.COUNTS)

# What the explanation for one person says of each reason, wherever she is looked at.
STANDINGS = {
    Kind.ON_LEAVE: Standing.ON_LEAVE,
    Kind.NOT_NAMED: Standing.NOT_NAMED,
    Kind.EXTENDED: Standing.EXTENDED,
    Kind.DUTY_ENDED: Standing.NO_DUTY,
    Kind.NO_DUTY: Standing.NO_DUTY,
    Kind.LEFT: Standing.NO_POSTING,
    Kind.UNIT_ENDED: Standing.NO_POSTING,
    Kind.NOT_BEGUN: Standing.NO_POSTING,
    Kind.MERGED: Standing.MERGED,
}

# Parts of the ledger by their names in the address: a condition on row ``l`` of the lines.
PARTS = {
    "tinh": "l.kind = 'counts'",
    "khong-tinh": "l.kind <> 'counts'",
    "da-tap-huan": "l.kind = 'counts' AND l.state = 'trained'",
    "dang-hoc": "l.kind = 'counts' AND l.state = 'progress'",
    "chua-bat-dau": "l.kind = 'counts' AND l.state = 'not_started'",
    "tap-huan-lai": "l.kind = 'counts' AND l.state = 'retrain'",
    "moi-nhan-nhiem-vu": "l.kind = 'counts' AND l.is_new = 1",
    "chua-xep": "l.kind = 'counts' AND l.is_placed = 0",
}
REASON_PARTS = {
    "nghi-dai-han": Kind.ON_LEAVE,
    "o-don-vi-khac": Kind.ELSEWHERE,
    "khong-co-ten": Kind.NOT_NAMED,
    "nhom-mo-rong": Kind.EXTENDED,
    "het-nhiem-vu": Kind.DUTY_ENDED,
    "khong-nhiem-vu": Kind.NO_DUTY,
    "da-roi": Kind.LEFT,
    "don-vi-ket-thuc": Kind.UNIT_ENDED,
    "chua-den-ngay": Kind.NOT_BEGUN,
    "ho-so-gop": Kind.MERGED,
    "da-xoa": Kind.ERASED,
}
PARTS |= {name: f"l.kind = '{kind}'" for name, kind in REASON_PARTS.items()}
PART_LABELS = {
    "tinh": LABELS[Kind.COUNTS],
    "khong-tinh": gettext_lazy("Does not count"),
    "da-tap-huan": TEXTS[Standing.TRAINED],
    "dang-hoc": TEXTS[Standing.PROGRESS],
    "chua-bat-dau": TEXTS[Standing.NOT_STARTED],
    "tap-huan-lai": TEXTS[Standing.RETRAIN],
    "moi-nhan-nhiem-vu": gettext_lazy("Newly assigned"),
    "chua-xep": gettext_lazy("Not placed in a unit yet"),
} | {name: SHORT_LABELS[kind] for name, kind in REASON_PARTS.items()}
