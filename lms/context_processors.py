"""What ``base.html`` shows on every page: the portal's name, navigation, account, help lines.

Built lazily, so a page that does not extend ``base.html`` (the Wagtail admin) pays nothing. Costs
what the asker's scope and the office settings cost, and both are cached for the request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from lms.people.models.accounts import Role
from lms.people.office import office
from lms.people.scopes import ADMIN_ROLES, PEOPLE_ROLES, TRAINER_ROLES, Scope, scope_of
from lms.people.workbooks.places import EDITING_ROLES

LEARNING = (_("Learning"), "/viec-hoc/")
COURSES = (_("Courses"), "/khoa-hoc/")
CLASSES = (_("Classes"), "/lop/")
CERTIFICATES = (_("Certificates"), "/chung-nhan/")
PROGRESS = (_("Progress"), "/tien-do/")
REPORTS = (_("Reports"), "/bao-cao/")
UNITS = (_("Units"), "/don-vi/")
STAFF = (_("Staff"), "/can-bo/")
WRITING = (_("Write lessons"), "/admin/")
ADMINISTRATION = (_("Administration"), "/admin/")
REMINDERS = (_("Reminders"), "/nhac-viec/")
REQUIRED = (_("Required courses"), "/chi-tieu/khoa-bat-buoc/")
RULES = (_("Rules of the target"), "/chi-tieu/quy-tac/")
DESK = (_("The department's desk"), "/ban-lam-viec/")
ROSTERS = (_("Lists of who counts"), "/danh-sach/")
STAFF_FILES = (_("Staff list by Excel"), "/can-bo/nhap-excel/")
BASELINES = (_("Figures from before the portal"), "/chi-tieu/so-lieu-truoc/")
ANNOUNCEMENTS = (_("Announcements of the department"), "/thong-bao-chung/")
BOOKS = (_("Examination of the books"), "/so-lieu/")
REVIEWS = (_("Completions to look at again"), "/hoan-thanh/xem-lai/")
RECOGNITION = (_("Training held elsewhere"), "/cong-nhan/")
CHECK = (_("Check a certificate"), "/kiem-tra/")
SIGN_IN = (_("Sign in"), "/dang-nhap/")

MAX_NAV_ITEMS = 4


@dataclass(frozen=True)
class NavItem:
    label: str
    url: str
    current: str  # value of aria-current: "page", "true" (a page below) or empty


@dataclass(frozen=True)
class Hotline:
    label: str
    number: str
    note: str

    @property
    def tel(self) -> str:
        """The number as a ``tel:`` address takes it: digits and plus only."""
        return re.sub(r"[^\d+]", "", self.number)


@dataclass(frozen=True)
class Portal:
    """Everything ``base.html`` prints; ``more`` are the places that did not fit into ``nav``."""

    name: str
    short_name: str
    brand_lead: str
    brand_rest: str
    owner_name: str
    hotlines: tuple[Hotline, ...]
    help_email: str
    quick_exit_url: str
    nav: tuple[NavItem, ...]
    more: tuple[NavItem, ...]
    user_name: str
    home_url: str
    language_url: str
    courses_url: str = COURSES[1]
    check_url: str = CHECK[1]
    account_url: str = "/tai-khoan/"
    sign_out_url: str = "/dang-xuat/"


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return ``portal`` for every template rendered with a request."""
    return {"portal": SimpleLazyObject(lambda: build_portal(request))}


def build_portal(request: HttpRequest) -> Portal:
    settings = office()
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        places = places_of(scope_of(user))
        user_name = user.get_full_name()
        home_url = places[0][1]
    else:
        places, user_name, home_url = [COURSES, CHECK, SIGN_IN], "", "/"
    items = tuple(NavItem(label, url, current_of(url, request.path)) for label, url in places)
    lead, rest = split_name(settings.portal_name, settings.portal_name_short)
    return Portal(
        name=settings.portal_name,
        short_name=settings.portal_name_short,
        brand_lead=lead,
        brand_rest=rest,
        owner_name=settings.owner_name,
        hotlines=tuple(Hotline(*line) for line in settings.hotlines),
        help_email=settings.help_email,
        quick_exit_url=settings.quick_exit_url,
        nav=items[:MAX_NAV_ITEMS],
        more=items[MAX_NAV_ITEMS:],
        user_name=user_name,
        home_url=home_url,
        language_url=reverse("set_language"),
    )


def places_of(scope: Scope) -> list[tuple[str, str]]:
    """Return the places of a signed-in user, most used first; the first four make the navigation.

    The roles add up: a focal person who also teaches keeps her writing desk in the account menu.
    """
    places = []
    if scope.has_role(*PEOPLE_ROLES):
        places += [PROGRESS, LEARNING, CLASSES, COURSES, STAFF, REPORTS, UNITS, REMINDERS, REQUIRED]
        places.append(ROSTERS)
    if scope.has_role(Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER):
        places += [DESK, RULES]
    if scope.has_role(*TRAINER_ROLES):
        places += [CLASSES, COURSES, WRITING, LEARNING]
    elif scope.has_role(*ADMIN_ROLES):
        places += [LEARNING, COURSES, CLASSES, ADMINISTRATION]
    places += [LEARNING, COURSES, CLASSES]
    if scope.is_learner:
        places.append(CERTIFICATES)
    if scope.has_role(*EDITING_ROLES):
        places.append(STAFF_FILES)
    if scope.has_role(Role.UNIT_FOCAL, Role.DISTRICT_FOCAL, Role.PROVINCE_MANAGER):
        places.append(RECOGNITION)
    if scope.has_role(Role.PROVINCE_MANAGER, Role.PROVINCE_LEADER):
        places += [ANNOUNCEMENTS, BASELINES]
    if scope.has_role(Role.PROVINCE_MANAGER):
        places.append(REVIEWS)
    if scope.has_role(Role.PROVINCE_MANAGER, Role.SYSADMIN):
        places.append(BOOKS)
    return list(dict.fromkeys(places))


def current_of(url: str, path: str) -> str:
    if path == url:
        return "page"
    return "true" if path.startswith(url) else ""


def split_name(name: str, short_name: str) -> tuple[str, str]:
    """Split the portal's name after the words it shares with its short name.

    The header prints the first part in bold and the rest below it.
    """
    words, shared = name.split(), 0
    for word, short_word in zip(words, short_name.split(), strict=False):
        if word != short_word:
            break
        shared += 1
    if not shared:
        return name, ""
    return " ".join(words[:shared]), " ".join(words[shared:])
