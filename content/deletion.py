"""What has records is not deleted (``docs/decisions.md`` 18): the reason, and what to do instead.

Every door of the admin asks :func:`blocking` first: page, bulk action, snippet, user, image,
document, recording. PROTECT in the database is only the last line. A collection that holds
anything is refused by Wagtail itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, router
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.auth import require_admin_access
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page
from wagtailmedia.models import get_media_model

from content.models import Question


def blocking(instance: models.Model) -> Counter[str]:
    """Return how many records of each kind forbid deleting ``instance`` or what is below it."""
    found: Counter[str] = Counter()
    rows: Iterable[models.Model] = [instance]
    if isinstance(instance, Page):
        rows = instance.get_descendants(inclusive=True).specific()
    for row in rows:
        try:
            Collector(using=router.db_for_write(type(row)), origin=row).collect([row])
        except (ProtectedError, RestrictedError) as error:
            protected = getattr(error, "protected_objects", None) or error.restricted_objects
            found.update(str(each._meta.verbose_name) for each in protected)
    return found


def reason(instance: models.Model) -> str:
    """Return why ``instance`` cannot be deleted and what can be done; empty if it can."""
    found = blocking(instance)
    if not found:
        return ""
    records = ", ".join(f"{count} {name}" for name, count in sorted(found.items()))
    return " ".join(
        [
            _("“%(name)s” cannot be deleted: records depend on it (%(records)s).")
            % {"name": instance, "records": records},
            offer(instance),
        ]
    )


def offer(instance: models.Model) -> str:
    if isinstance(instance, Page):
        return _("Unpublish it instead: learners no longer see it, and their records stay.")
    if isinstance(instance, Question):
        return _("Unpublish it instead: it is no longer drawn, and past attempts stay.")
    if isinstance(instance, get_user_model()):
        return _("Deactivate the account instead: the person can no longer sign in.")
    if isinstance(instance, (get_image_model(), get_document_model(), get_media_model())):
        return _("Take it out of the lessons instead; what was read stays as it was.")
    return _("Keep it, and say in its fields that it no longer applies.")


def refuse(request: HttpRequest, instances: Iterable[models.Model]) -> HttpResponse | None:
    """Return the way back with the reasons, or ``None`` if all may be deleted."""
    reasons = [(each, text) for each in instances if (text := reason(each))]
    if not reasons:
        return None
    for instance, text in reasons:
        messages.error(request, text, buttons=unpublish_buttons(instance))
    return redirect(way_back(reasons[0][0]))


def unpublish_buttons(instance: models.Model) -> list[Any]:
    if isinstance(instance, Page) and instance.live:
        url = reverse("wagtailadmin_pages:unpublish", args=[instance.pk])
        return [messages.button(url, _("Unpublish"))]
    return []


def way_back(instance: models.Model) -> str:
    if isinstance(instance, Page):
        return reverse("wagtailadmin_explore", args=[instance.get_parent().pk])
    names = {
        get_image_model(): "wagtailimages:index",
        get_document_model(): "wagtaildocs:index",
        get_media_model(): "wagtailmedia:index",
        get_user_model(): "wagtailusers_users:index",
    }
    name = names.get(type(instance), "")
    if not name and hasattr(instance, "snippet_viewset"):
        name = instance.snippet_viewset.get_url_name("list")
    try:
        return reverse(name)
    except NoReverseMatch:
        return reverse("wagtailadmin_home")


@require_admin_access
def delete_file(request: HttpRequest, pk: int, model: type[models.Model]) -> HttpResponse:
    """Stand before Wagtail's own deletion of a file, which asks no hook."""
    instance = model._default_manager.filter(pk=pk).first()
    if instance is not None and (refusal := refuse(request, [instance])):
        return refusal
    return pass_on(request)


@require_admin_access
def delete_many(request: HttpRequest, app_label: str, model_name: str) -> HttpResponse:
    """Stand before Wagtail's bulk deletion, which refuses some objects without saying why."""
    action = bulk_action_registry.get_bulk_action_class(app_label, model_name, "delete")
    if action is not None:
        chosen, _others = action(
            request, apps.get_model(app_label, model_name)
        ).get_actionable_objects()
        if refusal := refuse(request, chosen):
            return refusal
    return pass_on(request)


def pass_on(request: HttpRequest) -> HttpResponse:
    """Let Wagtail's own view of this address answer."""
    below_admin = request.path.removeprefix(reverse("wagtailadmin_home"))
    match = resolve(f"/{below_admin}", urlconf="wagtail.admin.urls")
    return match.func(request, *match.args, **match.kwargs)
