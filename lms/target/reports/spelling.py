"""How numbers, days and movements are written in Vietnamese documents: 1.234 and 98,5."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

NOTHING = "–"
# Room for what the office writes by hand or types later; these spaces are not folded.
GAP = "\u00a0" * 10


def number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def percent(rate: Decimal | None) -> str:
    return NOTHING if rate is None else f"{rate:.1f}".replace(".", ",")


def day_text(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def long_day(day: date) -> str:
    """Write a day as documents do: a zero before days below 10 and before January and February."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def moved(was: int, now: int, noun: str) -> str:
    """Say how a count moved, with both its ends."""
    if was == now:
        return f"{noun}: không thay đổi ({number(now)} người)"
    verb = "tăng" if now > was else "giảm"
    return (
        f"{noun}: {verb} {number(abs(now - was))} người (từ {number(was)} {verb_to(now > was)} "
        f"{number(now)} người)"
    )


def verb_to(is_up: bool) -> str:
    return "lên" if is_up else "xuống"


def moved_rate(was: Decimal | None, now: Decimal | None, noun: str) -> str:
    if was is None or now is None:
        return f"{noun}: không so sánh được (một trong hai kỳ không có người thuộc chỉ tiêu)"
    if was == now:
        return f"{noun}: không thay đổi ({percent(now)}%)"
    verb = "tăng" if now > was else "giảm"
    return (
        f"{noun}: {verb} {percent(abs(now - was))} điểm phần trăm (từ {percent(was)}% "
        f"{verb_to(now > was)} {percent(now)}%)"
    )


def lower_first(text: str) -> str:
    """Let a title go on inside a sentence; a word in capitals or a number stays."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def split_hash(sha256: str) -> list[str]:
    """Cut a hash into eights, so that it breaks at the end of a line and can be read aloud."""
    return [sha256[start : start + 8] for start in range(0, len(sha256), 8)]
