"""The way from the admin's menu to the rules of the target."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from lms.people.models.accounts import Role
from lms.people.scopes import scope_of


class RulesMenuItem(MenuItem):
    """Shown to who may change the rules; the page itself asks again."""

    def is_shown(self, request: HttpRequest) -> bool:
        return scope_of(request.user).has_role(Role.PROVINCE_MANAGER)


@hooks.register("register_admin_menu_item")
def offer_rules() -> MenuItem:
    return RulesMenuItem(
        _("Rules of the target"), reverse_lazy("target:rules"), icon_name="cogs", order=900
    )
