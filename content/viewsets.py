"""What trainers find in the menu: the question bank and the texts of law."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.snippets.views.snippets import SnippetViewSet

from content.models import LegalReference, Question


class QuestionViewSet(SnippetViewSet):
    model = Question
    icon = "help"
    menu_label = _("Question bank")
    menu_name = "question-bank"
    menu_order = 210
    add_to_admin_menu = True
    list_display = ["key", "stem", "course", "type", "review_status", "live"]
    list_filter = [
        "course",
        "module",
        "type",
        "review_status",
        "is_safety",
        "is_confidentiality",
        "is_validity",
    ]
    ordering = ["key"]
    list_per_page = 50
    search_backend_name = "default"


class LegalReferenceViewSet(SnippetViewSet):
    model = LegalReference
    icon = "doc-full"
    menu_label = _("Texts of law")
    menu_name = "texts-of-law"
    menu_order = 220
    add_to_admin_menu = True
    list_display = [
        "short_name",
        "title",
        "status",
        "in_force_from",
        "in_force_to",
        BooleanColumn("is_verified", label=_("status verified")),
    ]
    list_filter = ["status", "is_verified"]
    ordering = ["short_name"]
    search_backend_name = "default"
