"""Writing one page: created or brought up to date, published, kept as a draft where it must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wagtail.models import Page

from content.models import LessonPage, ModulePage


def write_page(
    model: type[Page],
    standing: Page | None,
    parent: Page,
    fields: dict[str, Any],
    first: dict[str, Any],
    *,
    publish: bool = True,
) -> Page:
    """Create the page below ``parent`` with ``first`` and ``fields``, or update ``fields``."""
    page = prepare_page(model, standing, parent, fields, first)
    revision = page.save_revision()
    if publish:
        revision.publish()
        page = model.objects.get(pk=page.pk)
    return page


def prepare_page(
    model: type[Page],
    standing: Page | None,
    parent: Page,
    fields: dict[str, Any],
    first: dict[str, Any],
) -> Page:
    links = {name: value for name, value in fields.items() if is_link(model, name)}
    columns = {name: value for name, value in fields.items() if name not in links}
    if standing is None:
        parent.refresh_from_db()
        page = model(live=False, **columns, **first)
        set_all(page, links)
        parent.add_child(instance=page)
    else:
        page = standing
        set_all(page, columns | links)
    return page


def is_link(model: type[Page], name: str) -> bool:
    return model._meta.get_field(name).many_to_many


def set_all(page: Page, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(page, name, value)


def write_lesson(
    standing: LessonPage | None,
    module: ModulePage,
    fields: dict[str, Any],
    first: dict[str, Any],
    body: list[dict[str, Any]],
    shown: list[dict[str, Any]],
) -> LessonPage:
    """Publish ``shown`` and keep ``body``, if it is more, as a newer draft.

    With nothing to show the lesson stays a draft: out of the outline and of what is required.
    """
    page = prepare_page(LessonPage, standing, module, fields | {"body": raw(shown or body)}, first)
    revision = page.save_revision()
    if shown:
        revision.publish()
    elif page.live:
        page.unpublish()
    page = LessonPage.objects.get(pk=page.pk)
    if shown and shown != body:
        set_all(page, fields | {"body": raw(body)})
        page.save_revision()
        page = LessonPage.objects.get(pk=page.pk)
    return page


def raw(body: list[dict[str, Any]]) -> Any:
    return LessonPage._meta.get_field("body").to_python(body)
