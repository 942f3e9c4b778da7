"""Reads the source files: UTF-8, NFC, YAML as ``safe_load`` reads it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

STARTER = Path(__file__).resolve().parent.parent / "starter"


class SourceError(Exception):
    """A source file is missing, malformed or names something that does not exist."""


@dataclass(frozen=True)
class CourseSource:
    """One course folder: its settings, its lessons by key, its questions in order."""

    settings: dict[str, Any]
    lessons: dict[str, dict[str, Any]]
    questions: list[dict[str, Any]]

    @property
    def key(self) -> str:
        return self.settings["key"]


@dataclass(frozen=True)
class Sources:
    laws: list[dict[str, Any]]
    bullets: dict[str, dict[str, Any]]
    names: dict[str, str]  # of source tags that are no text of law
    courses: list[CourseSource]  # by their number

    def needs_review(self, ground: Any) -> bool:
        """Tell whether a block resting on ``ground`` (its ``from``) waits for a reviewer.

        Raises :class:`SourceError` for a bullet that does not exist.
        """
        if not isinstance(ground, list):
            return False
        if unknown := [name for name in ground if name not in self.bullets]:
            raise SourceError(f"unknown bullets: {', '.join(map(str, unknown))}")
        return any(self.bullets[name]["needs_review"] for name in ground)

    def source_names(self, tags: Iterable[str]) -> list[str]:
        """Return what the curriculum's tags stand for, each once, in their order.

        A tag may name a place in its text (``"L53, Điều 2"``). Raises :class:`SourceError` for a
        tag that stands for nothing.
        """
        texts: dict[str, list[str]] = {}
        for law in self.laws:
            for tag in law["tags"]:
                texts.setdefault(tag, []).append(law["short_name"])
        found = []
        for written in tags:
            tag, comma, place = written.partition(", ")
            names = texts.get(tag) or [self.names[tag]] if tag in texts | self.names else []
            if not names:
                raise SourceError(f"unknown source: {written}")
            found += [f"{name}{comma}{place}" for name in names]
        return list(dict.fromkeys(found))

    def sources_of(self, lesson: Mapping[str, Any]) -> list[str]:
        """Return the names of the sources on whose bullets the blocks of ``lesson`` rest."""
        tags = []
        for block in lesson["blocks"]:
            (value,) = block.values()
            ground = value.get("from") if isinstance(value, dict) else None
            for name in ground if isinstance(ground, list) else []:
                tags += self.bullets[name]["sources"]
        return self.source_names(dict.fromkeys(tags))


def read_sources(root: Path = STARTER) -> Sources:
    """Read everything below ``root``; raises :class:`SourceError` naming the file."""
    courses = [
        read_course(folder) for folder in root.iterdir() if (folder / "course.yaml").exists()
    ]
    return Sources(
        laws=read(root / "legal_references.yaml"),
        bullets=read(root / "bullets.yaml"),
        names=read(root / "sources.yaml"),
        courses=sorted(courses, key=lambda course: course.settings["number"]),
    )


def read_course(folder: Path) -> CourseSource:
    settings = read(folder / "course.yaml")
    keys = [key for module in settings["modules"] for key in module["lessons"]]
    return CourseSource(
        settings=settings,
        lessons={str(key): read(folder / "lessons" / f"{key}.yaml") for key in keys},
        questions=read(folder / "questions.yaml"),
    )


def read(path: Path) -> Any:
    try:
        return in_nfc(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourceError(f"{path.name}: {error}") from error


def in_nfc(value: Any) -> Any:
    """Return ``value`` with every text in it in NFC."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [in_nfc(each) for each in value]
    if isinstance(value, dict):
        return {in_nfc(name): in_nfc(each) for name, each in value.items()}
    return value


def digest(*parts: Any) -> str:
    """Return the SHA-256 over ``parts`` as canonical JSON; days become their ISO text."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
