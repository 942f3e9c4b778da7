"""The Vietnamese catalogue holds every text of code and templates, translated, and is compiled.

The texts are collected in a copy of the sources, so that the checkout stays as it is.
"""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import NamedTuple

import django
import pytest
import wagtail

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("lms/locale/vi/LC_MESSAGES/django.po")
SOURCES = ("lms", "content", "courses", "certificates", "templates")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
needs_gettext = pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="no gettext on this machine: apt-get install gettext"
)


class Entry(NamedTuple):
    context: str
    msgid: str
    plural: str
    translation: str
    is_fuzzy: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.msgid


def read(path: Path) -> list[Entry]:
    """Return the entries of a .po file but the header; obsolete ones are comments and left out."""
    entries = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            if not line.startswith('"'):
                name, text = word, rest
            else:
                text = line
            fields[name] = fields.get(name, "") + unquoted(text)
        if fields.get("msgid"):
            is_fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in block.splitlines())
            translation = fields.get("msgstr", fields.get("msgstr[0]", ""))
            plural = fields.get("msgid_plural", "")
            entries.append(
                Entry(fields.get("msgctxt", ""), fields["msgid"], plural, translation, is_fuzzy)
            )
    return entries


def texts_of_libraries() -> set[tuple[str, str]]:
    """Return the texts of Django and Wagtail, which our catalogue may word better or fill in."""
    found = set()
    for library in (django, wagtail):
        folder = Path(library.__file__).parent
        for path in folder.rglob("locale/en/LC_MESSAGES/*.po"):
            found |= {entry.key for entry in read(path)}
    return found


def unquoted(text: str) -> str:
    escapes = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
    return re.sub(r"\\(.)", lambda match: escapes[match[1]], text.strip()[1:-1])


@pytest.fixture(scope="module")
def catalogue() -> list[Entry]:
    return read(ROOT / CATALOGUE)


@needs_gettext
def test_catalogue_holds_exactly_the_texts_of_the_sources(tmp_path: Path, catalogue: list[Entry]):
    for name in SOURCES:
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("__pycache__", "*.ttf", "starter", "*.csv"),
        )
    shutil.copy(ROOT / "manage.py", tmp_path)
    subprocess.run(
        [
            sys.executable,
            "manage.py",
            "makemessages",
            "--locale",
            "vi",
            "--no-obsolete",
            "--no-wrap",
            "--add-location",
            "file",
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "lms.settings.test"},
    )
    collected = {entry.key for entry in read(tmp_path / CATALOGUE)}
    held = {entry.key for entry in catalogue}
    assert sorted(collected - held) == [], "texts that the catalogue has not"
    assert sorted(held - collected - texts_of_libraries()) == [], "texts that nothing shows"


def test_every_text_is_translated(catalogue: list[Entry]):
    assert len(catalogue) > 300
    assert [entry.msgid for entry in catalogue if not entry.translation.strip()] == []
    assert [entry.msgid for entry in catalogue if entry.is_fuzzy] == []
    assert len({entry.key for entry in catalogue}) == len(catalogue)


def test_translations_are_composed(catalogue: list[Entry]):
    for entry in catalogue:
        assert unicodedata.is_normalized("NFC", entry.translation), entry.msgid


def test_placeholders_are_kept(catalogue: list[Entry]):
    """A plural may leave its number out of one form, a translation has the one form only."""
    for entry in catalogue:
        wanted = set(PLACEHOLDER.findall(entry.plural or entry.msgid))
        assert set(PLACEHOLDER.findall(entry.translation)) == wanted, entry.msgid


def test_tone_of_the_interface(catalogue: list[Entry]):
    """Calm: no exclamation marks, and nobody is called "bạn"."""
    for entry in catalogue:
        assert "!" not in entry.translation, entry.msgid
        assert not re.search(r"\b[Bb]ạn\b", entry.translation), entry.msgid


@needs_gettext
def test_compiled_catalogue_is_fresh(tmp_path: Path):
    made = tmp_path / "django.mo"
    subprocess.run(
        ["msgfmt", "--check", "-o", made, ROOT / CATALOGUE], check=True, capture_output=True
    )
    with made.open("rb") as fresh, (ROOT / CATALOGUE).with_suffix(".mo").open("rb") as committed:
        assert gettext.GNUTranslations(fresh)._catalog == (
            gettext.GNUTranslations(committed)._catalog
        )
