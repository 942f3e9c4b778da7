"""Numbers, days and form parts as every page prints them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.template import engines

from lms.templatetags.portal import ICONS, bar_width, day, dotted, moment, phone, rate, weave


@pytest.mark.parametrize(
    ("value", "text"),
    (
        (None, "—"),
        (0, "0,0%"),
        (100, "100,0%"),
        (71.4, "71,4%"),
        (28.9, "28,9%"),  # the float lies below 28.9 and must not lose its tenth
        (99.96, "99,9%"),  # cut, not rounded: nobody is told 100 % too early
        (Decimal("66.666"), "66,6%"),
    ),
)
def test_rate_is_cut_to_one_decimal(value, text):
    assert rate(value) == text


@pytest.mark.parametrize(("value", "width"), ((None, "0%"), (71.49, "71.4%"), (104, "100%")))
def test_bar_width_is_an_svg_length(value, width):
    assert bar_width(value) == width


def test_counts_and_days_are_printed_as_in_vietnam():
    assert dotted(2076) == "2.076"
    assert dotted(None) == "—"
    assert ">05/03/2026<" in day(date(2026, 3, 5))
    # 18:30 UTC is already the next day here.
    assert ">06/03/2026<" in day(datetime(2026, 3, 5, 18, 30, tzinfo=UTC))
    assert "01:30" in moment(datetime(2026, 3, 5, 18, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("number", "text"),
    (
        ("111", "111"),
        ("18001581", "1800 1581"),
        ("0905123456", "0905 123 456"),
        ("+84905123456", "+84905123456"),
        ("1800 1581", "1800 1581"),
        ("٠٩٠٥١٢٣٤", "٠٩٠٥١٢٣٤"),
        ("", ""),
    ),
)
def test_phone_numbers_are_grouped(number, text):
    assert phone(number) == text


def test_weave_has_one_cell_a_lesson():
    cells = BeautifulSoup(weave(4, 9, 5), "html.parser").find_all("rect")
    assert [cell["class"][0] for cell in cells] == [*"dddd", "c", *"tttt"]


def test_icons_are_hidden_from_screen_readers():
    for name in ICONS:
        html = (
            engines["django"].from_string("{% load portal %}{% icon name %}").render({"name": name})
        )
        assert 'aria-hidden="true"' in html


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As printed")
    held_on = forms.DateField(label="Day")
    way = forms.ChoiceField(label="Way", choices=[("a", "A")], widget=forms.RadioSelect)
    read = forms.BooleanField(label="Read")
    document = forms.FileField(label="File", required=False)


def test_form_ties_every_error_to_its_field_and_keeps_what_was_typed(rf):
    form = SampleForm({"name": "M'Nông <b>", "held_on": "31/02/2026"}, {})
    template = engines["django"].from_string(
        '{% include "components/form.html" with form=form submit_label="Send" next="/x/" only %}'
    )
    page = BeautifulSoup(template.render({"form": form}, rf.get("/")), "html.parser")

    assert page.find("input", {"name": "name"})["value"] == "M'Nông <b>"
    assert page.find("input", {"name": "held_on"})["value"] == "31/02/2026"
    assert page.find("input", {"name": "csrfmiddlewaretoken"})["value"]
    assert page.find("input", {"name": "next"})["value"] == "/x/"
    assert page.form["enctype"] == "multipart/form-data"
    ids = {element["id"] for element in page.find_all(id=True)}
    links = {link["href"].removeprefix("#") for link in page.select("[role=alert] a")}
    assert links == {"id_held_on", "id_way", "id_read"}
    assert links <= ids
    described = {
        i
        for e in page.find_all(attrs={"aria-describedby": True})
        for i in e["aria-describedby"].split()
    }
    assert described <= ids
    assert {f"{name}_error" for name in links} <= described
    labelled = {label["for"] for label in page.find_all("label", attrs={"for": True})}
    assert {"id_name", "id_held_on", "id_read", "id_document"} <= labelled
