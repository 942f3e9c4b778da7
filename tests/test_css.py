"""The committed style sheet is the joined parts, small, and loads nothing else."""

import gzip

from lms.static_build import CSS, PARTS, portal_css


def test_portal_css_is_up_to_date():
    assert (CSS / "portal.css").read_text(encoding="utf-8") == portal_css(), "run `make css`"


def test_every_part_is_joined_once():
    found = {path.stem for path in CSS.glob("*.css")} - {"portal"}
    assert sorted(PARTS) == sorted(found)


def test_portal_css_fits_the_first_view():
    css = portal_css()
    assert len(gzip.compress(css.encode())) <= 10 * 1024
    assert "@import" not in css
    assert "url(" not in css
