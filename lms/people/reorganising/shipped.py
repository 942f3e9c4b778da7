"""The two reorganisations of 2025 as files, built from the lists of units and the mapping.

What stands in ``lms/people/data`` is built, never edited: a test builds the files again and
compares. *Identity*: a unit that takes in several is a new unit, whatever code it bears; a unit
formed of one commune alone is that commune, moved, and retyped or renamed where the list says so
(``docs/decisions.md``, *When a unit is a new one*).
"""

from __future__ import annotations

from collections import defaultdict

from lms.people.loading import DATA, PROVINCE_CODE, read_rows

JANUARY = "2025-01-01.yaml"
JULY = "2025-07-01.yaml"
CITY_CODE = "48"
HEAD = """\
# {title}
# Built by `manage.py build_unit_event_files` from the lists in this folder; do not edit.
title: {title}
decision_number: {number}
decided_on: {decided}
effective_on: {effective}
note: >-
  {note}
"""


def files() -> dict[str, str]:
    """Return the text of each shipped file by its name."""
    return {JANUARY: january(), JULY: july()}


def shipped(name: str) -> bytes:
    """Return the content of a shipped file."""
    return (DATA / name).read_bytes()


def january() -> str:
    """18 districts and 241 communes become 17 and 233."""
    old = {row["code"]: row for row in read_rows("units_2024.csv")}
    new = {row["code"]: row for row in read_rows("units_2025_01.csv")}
    into: dict[str, list[str]] = defaultdict(list)
    for row in read_rows("commune_mapping_2024_2025.csv"):
        if row["code_2024"] != row["code_2025_01"]:
            into[row["code_2025_01"]].append(row["code_2024"])
    lines = ["events:"]
    for target, gone in into.items():
        names = ", ".join(_full(old[code]) for code in gone)
        lines += _event(f"{names} → {_full(new[target])}", "merge", units=gone, into=target)
    for code, row in new.items():
        if row["name"] != old[code]["name"]:
            lines += _event(
                f"{_full(old[code])} → {_full(row)}", "rename", unit=code, name=row["name"]
            )
        if row["type"] != old[code]["type"]:
            lines += _event(
                f"{_full(old[code])} → {_full(row)}", "retype", unit=code, type=row["type"]
            )
    moved: dict[str, list[str]] = defaultdict(list)
    for code, row in new.items():
        if row["parent_code"] != old[code]["parent_code"]:
            moved[row["parent_code"]].append(code)
    for parent, codes in moved.items():
        names = ", ".join(_full(new[code]) for code in codes)
        lines += _event(f"{names} → {_full(new[parent])}", "move", units=codes, parent=parent)
    ended = [code for code, row in old.items() if row["level"] == "district" and code not in new]
    for code in ended:
        (target,) = {new[each]["parent_code"] for each in new if old[each]["parent_code"] == code}
        lines += _event(
            f"{_full(old[code])} → {_full(new[target])}", "merge", units=[code], into=target
        )
    head = HEAD.format(
        title="Sắp xếp đơn vị hành chính cấp huyện, cấp xã tỉnh Quảng Nam từ 01/01/2025",
        number="1241/NQ-UBTVQH15",
        decided="2024-10-24",
        effective="2025-01-01",
        note="Huyện Nông Sơn nhập vào huyện Quế Sơn; 8 xã, phường nhập vào đơn vị liền kề.",
    )
    return head + "\n".join(lines) + "\n"


def july() -> str:
    """Districts end; 233 communes become units of the city, which begins with all its 94."""
    old = {row["code"]: row for row in read_rows("units_2025_01.csv")}
    new = {row["code"]: row for row in read_rows("units_2025_07.csv")}
    into: dict[str, list[str]] = defaultdict(list)
    for row in read_rows("commune_mapping_2024_2025.csv"):
        if row["code_2025_01"] not in into[row["code_2025_07"]]:
            into[row["code_2025_07"]].append(row["code_2025_01"])
    kept = {code: gone[0] for code, gone in into.items() if len(gone) == 1}
    city = {"code": CITY_CODE, "name": "Đà Nẵng", "type": "Thành phố", "level": "province"}
    lines = ["new_units:", _new_unit(city, "")]
    lines += [_new_unit(row, CITY_CODE) for code, row in new.items() if code not in kept]
    lines.append("events:")
    lines += _event(
        "Tỉnh Quảng Nam → Thành phố Đà Nẵng", "merge", units=[PROVINCE_CODE], into=CITY_CODE
    )
    for code, gone in into.items():
        if code not in kept:
            names = ", ".join(_full(old[each]) for each in gone)
            lines += _event(f"{names} → {_full(new[code])}", "merge", units=gone, into=code)
    for code, was in kept.items():
        change = f"{_full(old[was])} → {_full(new[code])}"
        if (was, old[was]["name"]) != (code, new[code]["name"]):
            lines += _event(change, "rename", unit=was, name=new[code]["name"], code=code)
        if old[was]["type"] != new[code]["type"]:
            lines += _event(change, "retype", unit=was, type=new[code]["type"])
    lines += _event(
        "Không gộp với xã nào: " + ", ".join(_full(new[code]) for code in kept),
        "move",
        units=list(kept.values()),
        parent=CITY_CODE,
    )
    districts = [code for code, row in old.items() if row["level"] == "district"]
    lines += _event(
        "Kết thúc hoạt động cấp huyện; cán bộ chờ danh sách bố trí", "dissolve", units=districts
    )
    head = HEAD.format(
        title="Sắp xếp đơn vị hành chính của thành phố Đà Nẵng (mới) từ 01/07/2025",
        number="1659/NQ-UBTVQH15",
        decided="2025-06-16",
        effective="2025-07-01",
        note=(
            "Tỉnh Quảng Nam nhập vào thành phố Đà Nẵng (Nghị quyết 202/2025/QH15); "
            "không tổ chức cấp huyện; 94 xã, phường, đặc khu."
        ),
    )
    return head + "\n".join(lines) + "\n"


def _full(row: dict[str, str]) -> str:
    return f"{row['type']} {row['name']}"


def _new_unit(row: dict[str, str], parent: str) -> str:
    place = f', parent: "{parent}"' if parent else ""
    return (
        f'  - {{code: "{row["code"]}", name: "{row["name"]}", type: {row["type"]}, '
        f"level: {row['level']}{place}}}"
    )


def _event(comment: str, kind: str, **fields: str | list[str]) -> list[str]:
    lines = [f"  # {comment}", f"  - kind: {kind}"]
    for name, value in fields.items():
        if isinstance(value, list):
            lines.append(f"    {name}: [" + ", ".join(f'"{each}"' for each in value) + "]")
        else:
            lines.append(f'    {name}: "{value}"')
    return lines
