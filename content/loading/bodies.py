"""Source blocks into the raw data of a page's body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid5

from content.blocks.lists import CELL_BREAK
from content.loading.markup import plain, rich
from content.loading.sources import SourceError, Sources

# Any fixed name will do: the same source must give the same block ids at every loading.
NAMESPACE = UUID("5f3d3a52-5d0c-4c1e-9e3b-5a3c0a3f6f01")
# Blocks that say nothing by themselves: a lesson of these alone is not worth publishing.
FRAME = {"heading", "content_warning", "self_care"}


def items(values: list[Any], seed: str) -> list[dict[str, Any]]:
    return [
        {"type": "item", "value": value, "id": str(uuid5(NAMESPACE, f"{seed}/{number}"))}
        for number, value in enumerate(values, 1)
    ]


def body_of(
    lesson: dict[str, Any], sources: Sources, laws: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return the raw body of a lesson; ``laws`` maps keys of texts to their ids.

    Raises :class:`SourceError` naming the lesson and what is wrong.
    """
    body = []
    for number, block in enumerate(lesson["blocks"], 1):
        ((kind, source),) = block.items()
        seed = f"{lesson['key']}/{number}/{kind}"
        try:
            value = READERS[kind](source, seed, laws)
            if isinstance(source, dict) and "from" in source:
                value["needs_review"] = sources.needs_review(source["from"])
                ground = source["from"]
                value["basis"] = ", ".join(ground) if isinstance(ground, list) else ""
        except (KeyError, TypeError) as error:
            raise SourceError(f"{lesson['key']}, block {number} ({kind}): {error}") from error
        if kind == "case_scenario":
            value["needs_review"] = bool(lesson.get("needs_review"))
        body.append({"type": kind, "value": value, "id": str(uuid5(NAMESPACE, seed))})
    return body


def reviewed_part(body: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the blocks of ``body`` that no reviewer has to read first.

    Headings with nothing left below them go too; empty if only a frame would remain.
    """
    kept = [
        block
        for block in body
        if not (isinstance(block["value"], dict) and block["value"].get("needs_review"))
    ]
    followed = [
        block
        for block, after in zip(kept, [*kept[1:], None], strict=True)
        if block["type"] != "heading"
        or (after is not None and after["type"] not in {"heading", "self_care"})
    ]
    return followed if any(block["type"] not in FRAME for block in followed) else []


def text_block(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    return {"text": plain(source["text"])}


def rich_block(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    return {"text": rich(source["text"])}


def definition(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    return {"term": plain(source["term"]), "text": plain(source["text"])}


def fictional_example(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    return {"title": plain(source["title"]), "text": rich(source["text"])}


def legal_citation(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    return {
        "reference": laws[source["reference"]],
        "article": plain(source["article"] or ""),
        "text": plain(source["text"]),
    }


def checklist(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    lines = [plain(line) for line in source["items"]]
    return {"title": plain(source["title"]), "items": items(lines, seed)}


def dos_and_donts(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    return {
        "do_title": plain(source["do_title"]),
        "dont_title": plain(source["dont_title"]),
        "do": items([plain(line) for line in source["do"]], f"{seed}/do"),
        "dont": items([plain(line) for line in source["dont"]], f"{seed}/dont"),
    }


def table(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    cells = [*source["header"], *(cell for row in source["rows"] for cell in row)]
    if broken := [cell for cell in cells if CELL_BREAK in str(cell)]:
        raise SourceError(f"a cell holds {CELL_BREAK!r}: {broken[0]}")
    join = f" {CELL_BREAK} ".join
    return {
        "caption": plain(source["caption"]),
        "header": join(plain(str(cell)) for cell in source["header"]),
        "rows": "\n".join(join(plain(str(cell)) for cell in row) for row in source["rows"]),
    }


def self_check(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    options = [
        {
            "text": plain(option["text"]),
            "is_correct": bool(option["correct"]),
            "feedback": plain(option["feedback"]),
        }
        for option in source["options"]
    ]
    return {"question": plain(source["question"]), "options": items(options, seed)}


def case_scenario(source: dict[str, Any], seed: str, laws: Mapping[str, int]) -> dict[str, Any]:
    decisions = [
        {
            "key": decision["key"],
            "question": plain(decision["question"]),
            "options": items(
                [
                    {
                        "key": option["key"],
                        "text": plain(option["text"]),
                        "is_correct": bool(option["correct"]),
                        "feedback": plain(option["feedback"]),
                    }
                    for option in decision["options"]
                ],
                f"{seed}/{decision['key']}",
            ),
        }
        for decision in source["decisions"]
    ]
    return {
        "title": plain(source["title"]),
        "story": source["story"].strip(),
        "decisions": items(decisions, seed),
    }


READERS: dict[str, Callable[[Any, str, Mapping[str, int]], Any]] = {
    "heading": lambda source, seed, laws: plain(source),
    "paragraph": rich_block,
    "key_point": text_block,
    "definition": definition,
    "legal_citation": legal_citation,
    "past_law": text_block,
    "checklist": checklist,
    "dos_and_donts": dos_and_donts,
    "fictional_example": fictional_example,
    "table": table,
    "self_check": self_check,
    "content_warning": text_block,
    "self_care": text_block,
    "case_scenario": case_scenario,
}
