"""Every block tells an editor what it is, shows itself, and renders without a query."""

import re

import pytest
from django.template.loader import render_to_string
from wagtail import blocks as wagtail_blocks
from wagtail.rich_text import RichText

from content.blocks import AimsBlock, ClassPlanBlock, HomeBlock, LessonBlock
from content.blocks.media import is_allowed_video
from content.models import LegalReference, LessonPage
from tests.factories import make_course, make_module

pytestmark = pytest.mark.django_db

ALL = {
    f"{stream.__name__}.{name}": block
    for stream in (LessonBlock, HomeBlock, AimsBlock, ClassPlanBlock)
    for name, block in stream().child_blocks.items()
}
LESSON = LessonBlock().child_blocks


@pytest.fixture
def law():
    return LegalReference.objects.create(
        key="luat",
        short_name="Luật 53",
        title="Luật Phòng, chống mua bán người",
        number="53/2024/QH15",
        status="in_force",
        in_force_from="2025-07-01",
    )


def test_the_lesson_takes_every_block_of_the_design():
    assert set(LESSON) == {
        "content_warning",
        "heading",
        "paragraph",
        "key_point",
        "definition",
        "table",
        "legal_citation",
        "past_law",
        "checklist",
        "dos_and_donts",
        "fictional_example",
        "case_scenario",
        "self_check",
        "image",
        "video",
        "document",
        "self_care",
    }


@pytest.mark.parametrize("name", ALL)
def test_a_block_has_label_description_and_preview(name, law):
    block = ALL[name]
    assert all(str(words) for words in (block.label, block.meta.description, block.meta.icon))
    assert block.is_previewable
    value = block.get_preview_value()
    context = block.get_preview_context(value)
    page = render_to_string(
        block.get_preview_template(value, context),
        {"page_title": "x", "bound_block": block.bind(value), "block_def": block},
    )
    assert "<h1" not in page
    assert "style=" not in page
    shown = block.render(value).strip()
    assert shown
    assert shown in page


def passage(text: str, *, needs_review: bool) -> tuple[str, dict]:
    return "paragraph", {
        "text": RichText(f"<p>{text}</p>"),
        "needs_review": needs_review,
        "basis": "",
    }


def test_passages_that_wait_for_review_stand_together_under_one_mark():
    page = LessonPage(title="Bài", sources=" Luật 53/2024/QH15 \n\nWHO 2003\n")
    page.body = [
        passage("đã đọc", needs_review=False),
        passage("chờ một", needs_review=True),
        passage("chờ hai", needs_review=True),
        ("heading", "Phần sau"),
        passage("chờ ba", needs_review=True),
    ]
    runs = [(waits, len(blocks)) for waits, blocks in page.passages]
    assert runs == [(False, 1), (True, 2), (False, 1), (True, 1)]
    page.course = make_course()
    page.module = make_module(page.course)
    html = render_to_string("content/lesson_page.html", {"page": page})
    assert html.count("Cần thẩm định") == 2
    text = re.sub(r"<[^>]+>|\s+", " ", html)
    assert re.search(r"đã đọc +Cần thẩm định +chờ một +chờ hai +Phần sau +Cần thẩm định", text)
    assert re.search(r"Nguồn của bài +Luật 53/2024/QH15 +WHO 2003", text)


def test_a_scenario_carries_its_own_mark(law):
    block = LESSON["case_scenario"]
    value = block.get_preview_value()
    assert "Cần thẩm định" not in block.render(value)
    value["needs_review"] = True
    assert "Cần thẩm định" in block.render(value)


def test_rendering_asks_the_database_nothing(law, django_assert_num_queries):
    values = [(block, block.get_preview_value()) for block in LESSON.values()]
    with django_assert_num_queries(0):
        for block, value in values:
            block.render(value, {"anchor": "b-1"})


def test_citations_of_a_body_are_fetched_in_one_query(law, django_assert_num_queries):
    raw = [
        {"type": "legal_citation", "value": {"reference": law.pk, "article": "", "text": str(n)}}
        for n in range(6)
    ]
    body = LessonBlock().to_python(raw)
    with django_assert_num_queries(1):
        html = "".join(block.render() for block in body)
    assert html.count("Luật Phòng, chống mua bán người (53/2024/QH15)") == 6
    assert "Còn hiệu lực" in html
    assert "01/07/2025" in html


def test_a_case_read_without_answering_holds_no_feedback():
    block = LESSON["case_scenario"]
    value = block.get_preview_value()
    html = block.render(value)
    assert "Phù hợp." not in html
    assert "Chưa nên." not in html
    assert "Hỏi chị H. cần gì lúc này" in html


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    (
        ("https://www.youtube.com/watch?v=1", True),
        ("https://youtu.be/1", True),
        ("http://www.youtube.com/watch?v=1", False),
        ("https://www.youtube.com.example.org/1", False),
        ("https://user@example.org/?youtube.com", False),
        ("javascript:alert(1)", False),
    ),
)
def test_video_links_lead_to_listed_hosts_only(address, is_allowed):
    assert is_allowed_video(address) is is_allowed


def error_of(block, value):
    with pytest.raises(wagtail_blocks.StructBlockValidationError) as caught:
        block.clean(block.normalize(value))
    return set(caught.value.block_errors)


@pytest.mark.parametrize(
    ("name", "change", "field"),
    (
        ("table", {"rows": "một ô"}, "rows"),
        ("video", {"link": "https://example.org/v"}, "link"),
        ("video", {"link": ""}, "link"),
        ("video", {"transcript": ""}, "transcript"),
        (
            "self_check",
            {"options": [{"text": "a", "is_correct": False, "feedback": "x"}] * 2},
            "options",
        ),
    ),
)
def test_a_block_refuses_what_is_incomplete(name, change, field):
    block = LESSON[name]
    value = dict(block.get_preview_value()) | change
    assert error_of(block, value) == {field}


def test_an_image_needs_words():
    assert "alt_text" in error_of(LESSON["image"], {"image": None, "alt_text": ""})


def test_decisions_get_keys_that_stay():
    block = LESSON["case_scenario"]
    value = block.normalize(dict(block.get_preview_value()))
    first = value["decisions"][0]
    copied = block.child_blocks["decisions"].child_block.normalize(dict(first))
    new = block.child_blocks["decisions"].child_block.normalize(dict(first) | {"key": ""})
    value["decisions"].append(copied)
    value["decisions"].append(new)
    cleaned = block.clean(value)
    assert [each["key"] for each in cleaned["decisions"]] == ["d1", "d2", "d3"]
    assert [each["key"] for each in cleaned["decisions"][0]["options"]] == ["a", "b"]
