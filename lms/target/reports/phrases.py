"""What every document of a frozen report says: its frame, its subject and the leading figure."""

from __future__ import annotations

from decimal import Decimal

from lms.people.models.units import UnitLevel
from lms.target.figures import Counts
from lms.target.models.targets import Headline
from lms.target.reports.blocks import Paper
from lms.target.reports.frozen import Frozen
from lms.target.reports.spelling import GAP, NOTHING, day_text, lower_first, number, percent

SHORT_GAP = GAP[:6]


class Phrases:
    """The parts that the report and its letter share."""

    def __init__(self, frozen: Frozen) -> None:
        self.frozen = frozen
        self.row = frozen.snapshot
        self.office: dict[str, str] = frozen.definitions["office"]
        self.rules = frozen.definitions["rules"]
        self.total = frozen.total
        name = frozen.figures["unit"]["name"]
        is_agency = frozen.units[frozen.unit_code]["level"] == UnitLevel.AGENCY
        # Types of territories are common nouns inside a sentence; an agency's name is a name.
        self.place = name if is_agency else lower_first(name)
        self.target = frozen.figures["target"]
        self.day = self.row.day

    def paper(self, kind: str, abstract: list[str], number_line: str) -> Paper:
        authority, title = self.office["signer_authority"], self.office["signer_title"]
        return Paper(
            kind=kind,
            abstract=abstract,
            parent_agency=self.office["parent_agency"],
            owner_name=self.office["owner_name"],
            number_line=number_line,
            place_and_day=(
                f"{self.office['place_name']}, ngày{SHORT_GAP}tháng{SHORT_GAP}năm {self.year}"
            ),
            signer=[line.upper() for line in (authority, title) if line],
            signer_name=self.office["signer_name"],
        )

    @property
    def year(self) -> int:
        return self.row.frozen_at.year

    @property
    def subject(self) -> str:
        return "Kết quả tập huấn cán bộ làm công tác hỗ trợ nạn nhân bị mua bán"

    @property
    def rested_on(self) -> str:
        plan = self.target["plan_number"] if self.target else ""
        return f"Thực hiện Kế hoạch số {plan}, " if plan else ""

    @property
    def leads(self) -> str:
        """Which of the two figures leads, in words."""
        if self.target and self.target["headline"] == Headline.IN_YEAR:
            return "(B)"
        return "(A)"

    def lead_rate(self, counts: Counts) -> Decimal | None:
        return counts.in_year_rate if self.leads == "(B)" else counts.rate

    def lead_count(self, counts: Counts) -> int:
        return counts.in_year if self.leads == "(B)" else counts.numerator

    def figure_lines(self) -> list[str]:
        total = self.total
        return [
            f"(A) Đã được tập huấn, kết quả còn giá trị đến ngày {day_text(self.day)}: "
            f"{number(total.numerator)} người, đạt {self.shown(total.rate)}.",
            f"(B) Được tập huấn trong năm {self.day.year} (từ ngày 01/01/{self.day.year} đến ngày "
            f"{day_text(self.day)}): {number(total.in_year)} người, đạt "
            f"{self.shown(total.in_year_rate)}.",
        ]

    def shown(self, rate: Decimal | None) -> str:
        if self.total.denominator < self.frozen.small_below and self.total.denominator:
            return f"{NOTHING} (dưới {self.frozen.small_below} người, không ghi tỷ lệ)"
        return NOTHING if rate is None else f"{percent(rate)}%"
