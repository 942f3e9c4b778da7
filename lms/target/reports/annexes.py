"""The tables behind a report: by unit, position group and course; small units without a rate."""

from __future__ import annotations

from lms.target.figures import Counts
from lms.target.ledger import Kind
from lms.target.reports.blocks import Table
from lms.target.reports.frozen import Frozen, Line
from lms.target.reports.spelling import GAP, NOTHING, lower_first, number, percent

COUNT_HEADS = [
    "Số cán bộ thuộc chỉ tiêu",
    "Đã được tập huấn",
    "Tỷ lệ (%)",
    "Trong đó tập huấn trong năm",
    "Đang học",
    "Chưa bắt đầu",
    "Cần tập huấn lại",
    "Mới nhận nhiệm vụ",
    "Đang nghỉ dài hạn (ngoài mẫu số)",
]


def requirement_table(frozen: Frozen) -> Table:
    """Which group had to take which course on the day, and whether it counts."""
    matrix = frozen.matrix
    tiers = {"C": "Nòng cốt", "N": "Theo danh sách", "E": "Mở rộng (ngoài chỉ tiêu)"}
    rows = [
        [str(place), name, tiers.get(tier, NOTHING), *("x" if has else "" for has in marks)]
        for place, (name, tier, marks) in enumerate(matrix.rows, start=1)
    ]
    share = 50 // max(len(matrix.courses), 1)
    rest = 100 - 5 - 15 - share * len(matrix.courses)
    return Table(
        "Phụ lục 4. Khóa bắt buộc theo nhóm vị trí",
        ["STT", "Nhóm vị trí", "Diện", *matrix.courses],
        rows,
        [5, rest, 15, *([share] * len(matrix.courses))],
        left=3,
        has_total=False,
        text_columns=tuple(range(3, 3 + len(matrix.courses))),
        note=attached(frozen),
    )


# In the order of the ledger; what is said of a person there, said of many.
REASON_NAMES = {
    Kind.ON_LEAVE: "Đang nghỉ dài hạn",
    Kind.ELSEWHERE: "Tính ở đơn vị khác",
    Kind.NOT_NAMED: "Chưa có tên trong danh sách được phê duyệt",
    Kind.EXTENDED: "Thuộc nhóm báo cáo riêng",
    Kind.DUTY_ENDED: "Đã thôi nhiệm vụ hỗ trợ nạn nhân",
    Kind.NO_DUTY: "Không có nhiệm vụ hỗ trợ nạn nhân",
    Kind.LEFT: "Đã thôi công tác tại đơn vị",
    Kind.UNIT_ENDED: "Đơn vị đã kết thúc",
    Kind.NOT_BEGUN: "Chưa đến ngày bắt đầu công tác",
    Kind.MERGED: "Hồ sơ trùng đã gộp vào hồ sơ khác",
    Kind.ERASED: "Dữ liệu cá nhân đã xóa",
}


def ledger_table(frozen: Frozen) -> list[Table]:
    """Who counts and who does not, by reason; nothing in a report that did not keep it."""
    found = frozen.figures.get("ledger")
    if found is None:
        return []
    lines = [("Thuộc chỉ tiêu (mẫu số)", frozen.total.denominator)]
    lines += [
        (f"Không tính: {lower_first(name)}", found["reasons"][kind.value])
        for kind, name in REASON_NAMES.items()
        if kind.value in found["reasons"]
    ]
    rows = [[str(place), name, number(people)] for place, (name, people) in enumerate(lines, 1)]
    rows.append(["", "Tổng số người trong sổ", number(found["everybody"])])
    return [
        Table(
            "Phụ lục 5. Sổ mẫu số: ai được tính, ai không",
            ["STT", "Lý do", "Số người"],
            rows,
            [8, 72, 20],
            note=attached(frozen),
        )
    ]


def count_cells(counts: Counts, least: int) -> list[str]:
    return [
        number(counts.denominator),
        number(counts.numerator),
        percent(counts.rate) if counts.denominator >= least else NOTHING,
        number(counts.in_year),
        number(counts.in_progress),
        number(counts.not_started),
        number(counts.needs_retraining),
        number(counts.newly_assigned),
        number(counts.on_leave),
    ]


def name_of(line: Line) -> str:
    if line.kind == "unplaced":
        return "Chưa xếp đơn vị"
    return f"{line.name} (cơ quan trực thuộc)" if line.kind == "own" else line.name


# Number and day are written by the office.
ATTACHED = "(Kèm theo Báo cáo số {gap}/BC-{gap} ngày {gap} của {owner})"


def attached(frozen: Frozen) -> str:
    return ATTACHED.format(gap=GAP, owner=frozen.definitions["office"]["owner_name"])


def unit_table(frozen: Frozen) -> Table:
    least = frozen.small_below
    rows, place = [], 0
    for line in frozen.view().lines:
        if line.kind != "unit" and not line.has_people:
            continue
        place += 1
        note = f"Dưới {least} người" if 0 < line.counts.denominator < least else ""
        rows.append([str(place), name_of(line), *count_cells(line.counts, least), note])
    rows.append(["", "Tổng cộng", *count_cells(frozen.total, least), ""])
    return Table(
        "Phụ lục 1. Kết quả tập huấn theo đơn vị",
        ["STT", "Đơn vị", *COUNT_HEADS, "Ghi chú"],
        rows,
        [5, 22, 9, 8, 7, 9, 7, 8, 8, 8, 9, 9],
        text_columns=(11,),
        note=attached(frozen),
    )


def group_table(frozen: Frozen) -> Table:
    least = frozen.small_below
    rows = [
        [str(place), name, *count_cells(counts, least)]
        for place, (name, counts) in enumerate(frozen.groups, start=1)
    ]
    rows.append(["", "Tổng cộng", *count_cells(frozen.total, least)])
    return Table(
        "Phụ lục 2. Kết quả tập huấn theo nhóm vị trí",
        ["STT", "Nhóm vị trí", *COUNT_HEADS],
        rows,
        [5, 22, 9, 9, 8, 9, 7, 8, 8, 8, 7],
        note=attached(frozen),
    )


def course_table(frozen: Frozen) -> Table:
    least = frozen.small_below
    rows = [
        [
            str(place),
            line.title,
            number(line.need),
            number(line.have),
            number(line.need - line.have),
            percent(line.rate) if line.need >= least else NOTHING,
        ]
        for place, line in enumerate(frozen.courses, start=1)
    ]
    return Table(
        "Phụ lục 3. Kết quả tập huấn theo khóa",
        ["STT", "Khóa tập huấn", "Số người phải học", "Đã có", "Còn thiếu", "Tỷ lệ (%)"],
        rows,
        [5, 47, 12, 12, 12, 12],
        has_total=False,
        note=attached(frozen),
    )
