"""The little markup of the source files: bold, italic, lists."""

from __future__ import annotations

import re

from django.utils.html import escape

BOLD = re.compile(r"\*\*(.+?)\*\*")
ITALIC = re.compile(r"\*(.+?)\*")
BULLET = re.compile(r"-\s+")
NUMBER = re.compile(r"\d+\.\s+")


def inline(text: str) -> str:
    return ITALIC.sub(r"<i>\1</i>", BOLD.sub(r"<b>\1</b>", escape(" ".join(text.split()))))


def rich(text: str) -> str:
    """Return ``text`` as the rich text of a block: paragraphs and lists."""
    parts: list[str] = []
    for chunk in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in chunk.splitlines()]
        for tag, mark in (("ul", BULLET), ("ol", NUMBER)):
            if all(mark.match(line) for line in lines):
                items = "".join(f"<li>{inline(mark.sub('', line, count=1))}</li>" for line in lines)
                parts.append(f"<{tag}>{items}</{tag}>")
                break
        else:
            parts.append(f"<p>{inline(chunk)}</p>")
    return "".join(parts)


def plain(text: str) -> str:
    """Return ``text`` on one line, without marks: for fields that are not rich."""
    return " ".join(text.replace("**", "").split())
