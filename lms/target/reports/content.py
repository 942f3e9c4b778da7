"""The words and tables of a report and of its cover letter, before any layout.

One content serves DOCX and PDF. It holds no name of a person: names stand in the internal annex
only. The order of parts is that of decree 30/2020/NĐ-CP, appendix I; number, day, signature and
seal stay empty for the office.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from lms.target.figures import cut_rate
from lms.target.reports.annexes import (
    course_table,
    group_table,
    ledger_table,
    name_of,
    requirement_table,
    unit_table,
)
from lms.target.reports.blocks import Block, Heading, Item, Paper, Paragraph, Table
from lms.target.reports.phrases import SHORT_GAP, Phrases
from lms.target.reports.spelling import (
    GAP,
    day_text,
    long_day,
    lower_first,
    moved,
    moved_rate,
    number,
    percent,
    split_hash,
)

LOWEST_NAMED = 5


def numbered(blocks: list[Block]) -> list[Block]:
    """Put Roman numerals before the headings, of which some reports have fewer."""
    numerals = iter(("I", "II", "III", "IV", "V"))
    return [
        Heading(f"{next(numerals)}. {block.text}") if isinstance(block, Heading) else block
        for block in blocks
    ]


class Words(Phrases):
    """What the documents say about one frozen report."""

    # The report
    def report(self) -> Paper:
        paper = self.paper(
            "BÁO CÁO",
            [self.subject, f"{self.row.period.name} (số liệu tính đến ngày {day_text(self.day)})"],
            f"Số:{GAP}/BC-{SHORT_GAP}",
        )
        paper.blocks = [
            Paragraph(
                f"{self.rested_on}{self.office['owner_name']} báo cáo kết quả tập huấn cán bộ làm "
                f"công tác hỗ trợ nạn nhân bị mua bán tại {self.place}, "
                f"{lower_first(self.row.period.name)}, như sau:"
            ),
            *self.general(),
            *self.against_target(),
            *self.against_before(),
            *self.by_unit(),
            *self.method(),
            Paragraph(
                f"Trên đây là kết quả tập huấn {lower_first(self.row.period.name)}, "
                f"{self.office['owner_name']} báo cáo./."
            ),
        ]
        paper.blocks = numbered(paper.blocks)
        paper.recipients = [
            f"- {self.office['parent_agency']} (báo cáo);",
            f"- Lãnh đạo {self.office['owner_short_name']};",
            "- Các đơn vị có tên trong báo cáo;",
            "- Lưu: VT.",
        ]
        paper.annexes = [
            unit_table(self.frozen),
            group_table(self.frozen),
            course_table(self.frozen),
            requirement_table(self.frozen),
            *ledger_table(self.frozen),
        ]
        return paper

    def general(self) -> list[Block]:
        total = self.total
        return [
            Heading("KẾT QUẢ CHUNG"),
            Paragraph(
                f"Đến hết {long_day(self.day)}, {self.place} có {number(total.denominator)} cán bộ "
                f"thuộc chỉ tiêu tập huấn. Trong đó:"
            ),
            *[Item(line) for line in self.figure_lines()],
            Item(
                f"Chưa được tập huấn đủ: {number(total.missing)} người, gồm đang học "
                f"{number(total.in_progress)}, chưa bắt đầu {number(total.not_started)}, cần tập "
                f"huấn lại {number(total.needs_retraining)}."
            ),
            Item(
                f"Mới nhận nhiệm vụ trong {self.rules['new_duty_days']} ngày: "
                f"{number(total.newly_assigned)} người (đã tính trong chỉ tiêu)."
            ),
            Item(
                f"Đang nghỉ dài hạn từ {self.rules['min_leave_days']} ngày: "
                f"{number(total.on_leave)} người (không tính vào chỉ tiêu)."
            ),
            *self.lists(),
        ]

    def lists(self) -> list[Block]:
        """Say how many units have confirmed who counts; earlier reports did not keep it."""
        lists = self.frozen.figures.get("lists")
        if lists is None:
            return []
        waiting = lists["units"] - lists["approved"] - lists["confirmed"]
        text = (
            f"Danh sách cán bộ thuộc chỉ tiêu ({lower_first(lists['period'])}): "
            f"{number(lists['approved'])} trên {number(lists['units'])} đơn vị có danh sách đã phê "
            f"duyệt, {number(lists['confirmed'])} đơn vị đã xác nhận và chờ phê duyệt"
        )
        if not waiting:
            return [Item(f"{text}.")]
        names = ", ".join(each["name"] for each in lists["waiting"])
        more = waiting - len(lists["waiting"])
        rest = f" và {number(more)} đơn vị khác" if more else ""
        return [
            Item(
                f"{text}; {number(waiting)} đơn vị chưa xác nhận, số liệu tính theo nhiệm vụ đã "
                f"nhập: {names}{rest}."
            )
        ]

    def against_target(self) -> list[Block]:
        if self.target is None:
            return []
        ends = date.fromisoformat(self.target["last_day"])
        rate, level = self.lead_rate(self.total), self.target["level_percent"]
        blocks: list[Block] = [
            Heading("SO VỚI CHỈ TIÊU"),
            Paragraph(
                f"Chỉ tiêu: {level}% cán bộ được tập huấn đến ngày {day_text(ends)}; số liệu chính "
                f"để so với chỉ tiêu là số liệu {self.leads}."
            ),
        ]
        if rate is not None and self.total.denominator >= self.frozen.small_below:
            needed = -(-self.total.denominator * level // 100) - self.lead_count(self.total)
            blocks.append(
                Paragraph(f"Đến ngày chốt số liệu đã đạt {percent(rate)}%; đã đạt chỉ tiêu.")
                if needed <= 0
                else Paragraph(
                    f"Đến ngày chốt số liệu đã đạt {percent(rate)}%; còn phải tập huấn "
                    f"{number(needed)} người để đạt chỉ tiêu."
                )
            )
        blocks += [Item(self.milestone(each)) for each in self.target["milestones"]]
        if len(self.frozen.figures["trend"]) > 1 and (
            self.total.denominator >= self.frozen.small_below
        ):
            blocks.append(self.trend_table())
        return blocks

    def milestone(self, each: dict) -> str:
        """Say of a milestone whether it was reached on its day, from the month ends of the year."""
        day, level = date.fromisoformat(each["day"]), each["percent"]
        named = f"Mốc {level}% đến ngày {day_text(day)}"
        if day > self.day:
            return f"{named}: chưa đến hạn."
        field_name = "in_year_rate" if self.leads == "(B)" else "rate"
        found = {point["day"]: point[field_name] for point in self.frozen.figures["trend"]}
        reached = found.get(each["day"])
        if reached is None:
            return f"{named}: không có số liệu đúng ngày này trong báo cáo."
        verdict = "đạt" if Decimal(reached) >= level else "chưa đạt"
        return f"{named}: {verdict} ({percent(Decimal(reached))}%)."

    def trend_table(self) -> Table:
        rows = [
            [
                day_text(date.fromisoformat(point["day"])),
                number(point["denominator"]),
                number(point["numerator"]),
                percent(Decimal(point["rate"]) if point["rate"] is not None else None),
                number(point["in_year"]),
                percent(
                    Decimal(point["in_year_rate"]) if point["in_year_rate"] is not None else None
                ),
            ]
            for point in self.frozen.figures["trend"]
        ]
        return Table(
            f"Diễn biến trong năm {self.day.year}",
            [
                "Tính đến ngày",
                "Thuộc chỉ tiêu",
                "Số liệu (A)",
                "Tỷ lệ (A), %",
                "Số liệu (B)",
                "Tỷ lệ (B), %",
            ],
            rows,
            [22, 18, 15, 15, 15, 15],
            left=1,
            has_total=False,
        )

    def against_before(self) -> list[Block]:
        before, reported = self.frozen.before, self.reported_before()
        if before is None:
            return [Heading("SO VỚI KỲ TRƯỚC"), *reported] if reported else []
        was, now = before["total"], self.total
        if before["name"]:
            named, source = f"kỳ {lower_first(before['name'])}", "theo báo cáo đã chốt"
        else:
            named, source = "đầu kỳ", "tính lại từ dữ liệu hiện có"
        blocks: list[Block] = [
            Heading("SO VỚI KỲ TRƯỚC"),
            Paragraph(f"So với {named} (số liệu đến ngày {day_text(before['day'])}, {source}):"),
            Item(moved(was.denominator, now.denominator, "Cán bộ thuộc chỉ tiêu") + "."),
            Item(moved(was.numerator, now.numerator, "Đã được tập huấn (A)") + "."),
        ]
        if min(was.denominator, now.denominator) >= self.frozen.small_below:
            blocks.append(Item(moved_rate(was.rate, now.rate, "Tỷ lệ (A)") + "."))
        return blocks + reported

    def reported_before(self) -> list[Block]:
        """Say what was reported before the portal; earlier reports did not keep it."""
        found = self.frozen.figures.get("reported_before") or []
        if not found:
            return []
        return [
            Paragraph(
                "Số liệu đã báo cáo trước khi có cổng tập huấn (ghi theo văn bản, không dùng để "
                "tính các số liệu trên):"
            ),
            *[Item(self.reported(each)) for each in found],
        ]

    def reported(self, each: dict) -> str:
        plan = f" ({each['plan']})" if each["plan"] else ""
        day, document_on = (date.fromisoformat(each[name]) for name in ("day", "document_on"))
        share = ""
        if each["counted"] >= self.frozen.small_below:
            share = f", đạt {percent(cut_rate(each['trained'], each['counted']))}%"
        return (
            f"Đến ngày {day_text(day)}{plan}: {number(each['trained'])}/"
            f"{number(each['counted'])} người{share}, theo văn bản {each['document_number']} ngày "
            f"{day_text(document_on)}."
        )

    def by_unit(self) -> list[Block]:
        lines = [
            line
            for line in self.frozen.view().lines
            if line.counts.denominator and line.kind != "unplaced"
        ]
        full = [line for line in lines if not line.counts.missing]
        least, ledger = self.frozen.small_below, self.frozen.figures.get("ledger")
        low = sorted(
            (line for line in lines if line.counts.missing and line.counts.denominator >= least),
            key=lambda line: (line.counts.rate or Decimal(0), -line.counts.missing, line.code),
        )[:LOWEST_NAMED]
        blocks: list[Block] = [
            Heading("KẾT QUẢ THEO ĐƠN VỊ, NHÓM VỊ TRÍ VÀ KHÓA TẬP HUẤN"),
            Paragraph(
                f"Trong {number(len(lines))} đơn vị có cán bộ thuộc chỉ tiêu, "
                + (f"{number(len(full))} đơn vị đã" if full else "chưa có đơn vị nào")
                + " tập huấn đủ 100%. Chi tiết theo đơn vị tại Phụ lục 1, theo nhóm vị trí tại "
                "Phụ lục 2, theo khóa tập huấn tại Phụ lục 3; khóa bắt buộc của từng nhóm tại "
                "Phụ lục 4"
                + ("; ai được tính và ai không, theo từng lý do, tại Phụ lục 5." if ledger else ".")
            ),
        ]
        if low:
            blocks.append(Paragraph("Đơn vị có tỷ lệ (A) thấp nhất:"))
            blocks += [
                Item(
                    f"{name_of(line)}: {percent(line.counts.rate)}% "
                    f"({number(line.counts.numerator)}/{number(line.counts.denominator)} người)."
                )
                for line in low
            ]
        return blocks

    def method(self) -> list[Block]:
        blocks: list[Block] = [Heading("CÁCH TÍNH VÀ GHI CHÚ")]
        blocks += [Item(f"{term}: {meaning}") for term, meaning in self.frozen.definitions["terms"]]
        months = self.rules["validity_months"]
        blocks.append(
            Item(
                f"Các số quy định: đạt bài kiểm tra từ {self.rules['pass_mark_percent']}%; dự từ "
                f"{self.rules['attendance_percent']}% số tiết trên lớp; nghỉ dài hạn từ "
                f"{self.rules['min_leave_days']} ngày; mới nhận nhiệm vụ trong "
                f"{self.rules['new_duty_days']} ngày; "
                + (
                    f"kết quả tập huấn có giá trị {months} tháng."
                    if months
                    else "kết quả tập huấn không quy định thời hạn."
                )
            )
        )
        blocks.append(
            Item(
                f"Đơn vị có dưới {self.frozen.small_below} cán bộ thuộc chỉ tiêu chỉ ghi số lượng, "
                "không ghi tỷ lệ. Báo cáo này không có tên người."
            )
        )
        if self.row.version > 1:
            blocks += self.correction()
        blocks.append(
            Item(
                f"Số liệu đã chốt trên cổng tập huấn, phiên bản {self.row.version}; mã băm "
                f"SHA-256: "
                f"{' '.join(split_hash(self.row.sha256))}."
            )
        )
        return blocks

    def correction(self) -> list[Block]:
        blocks: list[Block] = [
            Item(
                f"Báo cáo này thay phiên bản {self.row.version - 1}. Lý do: "
                f"{self.frozen.reason.rstrip('.')}."
            )
        ]
        changes = self.frozen.changes
        if changes:
            for name, label in (("denominator", "Thuộc chỉ tiêu"), ("numerator", "Số liệu (A)")):
                was, entered, left, now = changes["counts"][name]
                blocks.append(
                    Item(
                        f"{label}: {number(was)} + {number(entered)} thêm vào – {number(left)} đưa "
                        f"ra = {number(now)} người."
                    )
                )
        return blocks

    # The cover letter
    def letter(self) -> Paper:
        subject = lower_first(self.subject)
        paper = self.paper(
            "",
            [f"V/v báo cáo {subject}, {lower_first(self.row.period.name)}"],
            f"Số:{GAP}/{GAP}",
        )
        paper.addressees = [self.office["parent_agency"]]
        paper.blocks = [
            Paragraph(
                f"{self.rested_on}{self.office['owner_name']} gửi kèm Công văn này Báo cáo "
                f"{subject} {lower_first(self.row.period.name)}, số liệu tính đến ngày "
                f"{day_text(self.day)}. Kết quả chính tại {self.place}:"
            ),
            Item(f"Cán bộ thuộc chỉ tiêu: {number(self.total.denominator)} người."),
            *[Item(line) for line in self.figure_lines()],
            Paragraph(
                "Số liệu chi tiết theo đơn vị, nhóm vị trí và khóa tập huấn, cách tính và ghi chú "
                "có trong báo cáo gửi kèm."
            ),
            Paragraph(
                f"{self.office['owner_name']} kính gửi {self.office['parent_agency']} xem xét, "
                "chỉ đạo./."
            ),
        ]
        paper.recipients = [
            "- Như trên;",
            f"- Lãnh đạo {self.office['owner_short_name']};",
            "- Lưu: VT.",
        ]
        return paper
