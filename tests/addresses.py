"""Every address of the portal, read from the URL configuration and the page types.

Role matrix, sweeps, headers and the browser walk this list; ``tests/test_sweep.py`` fails on an
address without a row here (``docs/decisions.md`` 38). Wagtail's own admin is listed by its first
word only: what stands below it is visited all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from wagtail.models import get_page_models

from lms.people.models import Batch
from tests.world import Side, World

ADMIN = "admin/"
OURS = ("lms", "content", "courses", "certificates")


@dataclass(frozen=True)
class Pattern:
    """One pattern of the URL configuration: its full name, its route, its view.

    ``source`` is the module that lists it.
    """

    name: str
    route: str
    view: Callable[..., Any]
    source: str

    @property
    def module(self) -> str:
        return getattr(self.view, "view_class", self.view).__module__

    @property
    def is_ours(self) -> bool:
        return not {self.module.split(".")[0], self.source.split(".")[0]}.isdisjoint(OURS)


def patterns() -> list[Pattern]:
    return list(_walk(get_resolver(), "", (), ""))


def _walk(resolver: Any, route: str, namespaces: tuple[str, ...], source: str) -> Iterator[Pattern]:
    source = getattr(resolver.urlconf_module, "__name__", source)
    for each in resolver.url_patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            below = (*namespaces, each.namespace) if each.namespace else namespaces
            yield from _walk(each, here, below, source)
        elif isinstance(each, URLPattern):
            name = ":".join([*namespaces, each.name or ""])
            yield Pattern(name, here, each.callback, source)


def page_types() -> set[str]:
    """Return the names of our page models; Wagtail's root type serves nothing."""
    return {model.__name__ for model in get_page_models() if model._meta.app_label in OURS}


def addresses() -> set[str]:
    """Return the name of every address that needs a row in :data:`ROWS`."""
    named = {each.name for each in patterns() if not each.route.startswith(ADMIN)}
    return named | {f"page:{name}" for name in page_types()}


def our_doors() -> set[str]:
    """Return the routes below ``/admin/`` that lead to views of ours."""
    return {each.route for each in patterns() if each.route.startswith(ADMIN) and each.is_ours}


def admin_words() -> set[str]:
    """Return the first word after ``/admin/`` of every pattern there, "" for the first page."""
    return {
        each.route.removeprefix(ADMIN).split("/")[0]
        for each in patterns()
        if each.route.startswith(ADMIN)
    }


Find = Callable[[World, Side], str]


@dataclass(frozen=True)
class Row:
    """How an address is visited.

    ``find`` builds it for one side of the world; ``has_sides`` says that the neighbour's differs.
    ``data`` is what a form there takes, ``asks`` the parameters a GET reads.
    """

    find: Find
    has_sides: bool = False
    data: Callable[[World, Side], dict[str, Any]] = lambda world, side: {}
    asks: tuple[str, ...] = ()
    # A file, or a word for machines: no page with a heading.
    is_page: bool = True
    methods: tuple[str, ...] = field(default=("GET",))


def at(name: str, *pick: Callable[[World, Side], Any]) -> Find:
    """Reverse ``name`` with arguments picked from the world."""
    return lambda world, side: reverse(name, args=[each(world, side) for each in pick])


def read_to_the_end(response: HttpResponse) -> HttpResponse:
    """Let a file that is being sent be closed."""
    if response.streaming:
        for _part in response.streaming_content:
            pass
    return response


BOTH = ("GET", "POST")
POST = ("POST",)


def class_id(world: World, side: Side) -> int:
    return side.training_class.pk


def target_id(world: World, side: Side) -> int:
    return side.target.target_id


def target_batch(side: Side) -> Batch:
    """The act that set up the target of a side."""
    return Batch.objects.filter(facts__logical_id=side.target.logical_id).earliest("pk")


def session_id(world: World, side: Side) -> int:
    return side.session.pk


def course_slug(world: World, side: Side) -> str:
    return world.course.slug


def module_slug(world: World, side: Side) -> str:
    return world.module.slug


def person_id(world: World, side: Side) -> int:
    return side.learner.staff_id


def posting_id(world: World, side: Side) -> UUID:
    """The logical id of the learner's duty."""
    return side.learner.staff.postings.current().get().logical_id


def reorganisation_id(world: World, side: Side) -> int:
    return world.reorganisation.pk


def certificate_id(world: World, side: Side) -> int:
    return side.certificate.pk


def paper_id(world: World, side: Side) -> int:
    return side.paper.pk


def past_list_id(world: World, side: Side) -> int:
    return world.past_list.pk


def report_id(world: World, side: Side) -> int:
    return side.report.pk


LESSON = (course_slug, module_slug, lambda world, side: world.lessons[0].slug)
SCENARIO = (course_slug, module_slug, lambda world, side: world.scenario.slug)
FILTERS = ("don-vi", "ds", "nhom", "khoa", "ngay", "xep", "sau")
STAFF_FILTERS = ("q", "don-vi", "rieng", "nhom", "vai", "ho-tro", "tinh-trang")
WRONG_CODE = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE-F"

ROWS: dict[str, Row] = {
    # Wiring
    "healthz": Row(at("healthz"), is_page=False),
    "readyz": Row(at("readyz"), is_page=False),
    "set_language": Row(at("set_language"), methods=POST, data=lambda w, s: {"language": "en"}),
    "public_file": Row(
        lambda world, side: world.image.get_rendition("max-800x800|format-webp|webpquality-75").url,
        is_page=False,
    ),
    "wagtaildocs_serve": Row(lambda world, side: world.document.url, is_page=False),
    # Accounts
    "people:sign_in": Row(at("people:sign_in"), methods=BOTH, asks=("next",)),
    "people:sign_out": Row(at("people:sign_out"), methods=BOTH),
    "people:forgotten_password": Row(at("people:forgotten_password"), methods=BOTH),
    "people:reset_sent": Row(at("people:reset_sent")),
    "people:reset_password": Row(
        at("people:reset_password", lambda w, s: WRONG_CODE), methods=BOTH
    ),
    "people:first_sign_in": Row(at("people:first_sign_in"), methods=BOTH),
    "people:open_account": Row(at("people:open_account", lambda w, s: WRONG_CODE), methods=BOTH),
    "people:account": Row(at("people:account")),
    "people:change_password": Row(at("people:change_password"), methods=BOTH, asks=("next",)),
    "people:notice": Row(at("people:notice"), methods=BOTH, asks=("next",)),
    "people:second_factor": Row(at("people:second_factor"), methods=BOTH, asks=("next",)),
    "people:enrol": Row(at("people:enrol"), methods=BOTH, asks=("next",)),
    "people:recovery_codes": Row(at("people:recovery_codes"), methods=POST),
    "people:accounts": Row(at("people:accounts"), asks=("q", "sau")),
    "people:person_account": Row(
        at("people:person_account", person_id), has_sides=True, methods=BOTH
    ),
    "people:person_roles": Row(at("people:person_roles", person_id), has_sides=True, methods=BOTH),
    "people:staff_add": Row(at("people:staff_add"), methods=BOTH),
    "people:staff_bulk": Row(
        at("people:staff_bulk"),
        methods=BOTH,
        data=lambda w, s: {"act": "end", "people": s.learner.staff_id},
    ),
    "people:batches": Row(at("people:batches"), asks=("sau",)),
    "people:batch": Row(at("people:batch", lambda w, s: w.batch.pk), methods=BOTH, asks=("sau",)),
    "people:staff_merge": Row(
        at("people:staff_merge", person_id), has_sides=True, methods=BOTH, asks=("ma",)
    ),
    "people:staff_duties": Row(at("people:staff_duties", person_id), has_sides=True),
    "people:staff_edit": Row(at("people:staff_edit", person_id), has_sides=True, methods=BOTH),
    "people:staff_transfer": Row(
        at("people:staff_transfer", person_id), has_sides=True, methods=BOTH
    ),
    "people:staff_concurrent": Row(
        at("people:staff_concurrent", person_id), has_sides=True, methods=BOTH
    ),
    "people:staff_leave": Row(at("people:staff_leave", person_id), has_sides=True, methods=BOTH),
    "people:staff_end": Row(at("people:staff_end", person_id), has_sides=True, methods=BOTH),
    "people:staff_rejoin": Row(at("people:staff_rejoin", person_id), has_sides=True, methods=BOTH),
    "people:staff_correct": Row(
        at("people:staff_correct", person_id, posting_id), has_sides=True, methods=BOTH
    ),
    "people:staff_take_back": Row(
        at("people:staff_take_back", person_id, posting_id), has_sides=True, methods=BOTH
    ),
    "people:announcements": Row(
        at("people:announcements"),
        methods=BOTH,
        data=lambda w, s: {"announcement": w.announcement.pk, "act": "take_down"},
        asks=("sau",),
    ),
    "people:announcement_new": Row(at("people:announcement_new"), methods=BOTH),
    "people:announcement": Row(
        at("people:announcement", lambda w, s: w.announcement.pk), methods=BOTH
    ),
    "people:ask_correction": Row(at("people:ask_correction"), methods=BOTH),
    "people:corrections": Row(at("people:corrections")),
    "people:correction": Row(
        at("people:correction", lambda w, s: s.correction.pk), has_sides=True, methods=BOTH
    ),
    # The staff list as a workbook
    "people:staff_imports": Row(at("people:staff_imports"), methods=BOTH, asks=("sau",)),
    "people:staff_workbook": Row(
        at("people:staff_workbook"),
        methods=POST,
        data=lambda w, s: {"unit": "20626"},
        is_page=False,
    ),
    "people:staff_import": Row(
        at("people:staff_import", lambda w, s: s.staff_import.pk),
        has_sides=True,
        methods=BOTH,
        data=lambda w, s: {"act": "apply"},
        asks=("muc", "sau"),
    ),
    "people:staff_import_refused": Row(
        at("people:staff_import_refused", lambda w, s: s.staff_import.pk),
        has_sides=True,
        methods=POST,
        is_page=False,
    ),
    # Units
    "people:units": Row(at("people:units"), asks=("q",)),
    "people:reorganisations": Row(at("people:reorganisations"), asks=("sau",)),
    "people:reorganisation_file": Row(at("people:reorganisation_file"), methods=BOTH),
    "people:reorganisation_new": Row(
        lambda world, side: reverse("people:reorganisation_new") + "?loai=split", methods=BOTH
    ),
    "people:reorganisation": Row(
        at("people:reorganisation", reorganisation_id),
        methods=BOTH,
        data=lambda w, s: {"act": "apply"},
        asks=("sau", "vai"),
    ),
    "people:reorganisation_people": Row(
        at("people:reorganisation_people", reorganisation_id), asks=("sau", "cho")
    ),
    "people:reorganisation_place": Row(
        at("people:reorganisation_place", reorganisation_id), methods=BOTH, asks=("sau",)
    ),
    "target:unit": Row(
        at("target:unit", lambda w, s: s.unit.pk), has_sides=True, asks=("ngay", "sau")
    ),
    # Content
    "page:HomePage": Row(lambda world, side: "/"),
    "page:CourseIndexPage": Row(lambda world, side: "/khoa-hoc/"),
    "page:CoursePage": Row(at("course", course_slug)),
    "page:ModulePage": Row(lambda world, side: world.module.url),
    "page:LessonPage": Row(at("lesson", *LESSON)),
    "page:QuizPage": Row(lambda world, side: world.post_test.url),
    "content_media": Row(at("content_media", lambda w, s: w.media.pk), is_page=False),
    # Learning
    "course": Row(at("course", course_slug)),
    "course_begin": Row(at("course_begin", course_slug), methods=BOTH),
    "lesson": Row(at("lesson", *LESSON)),
    "lesson_done": Row(
        at("lesson_done", *LESSON),
        methods=BOTH,
        data=lambda w, s: {"version": w.lessons[0].latest_version_id},
    ),
    "scenario_answer": Row(
        at("scenario_answer", *SCENARIO),
        methods=BOTH,
        data=lambda w, s: {
            "version": w.scenario.latest_version_id,
            "decision": "d1",
            "option": "a",
        },
    ),
    "quiz": Row(at("quiz", course_slug, lambda w, s: w.post_test.slug), methods=BOTH),
    "attempt": Row(
        at("attempt", lambda w, s: s.running.pk),
        has_sides=True,
        methods=BOTH,
        data=lambda w, s: {"revision": s.running.revision},
    ),
    "attempt_submit": Row(
        at("attempt_submit", lambda w, s: s.running.pk), has_sides=True, methods=BOTH
    ),
    "attempt_result": Row(at("attempt_result", lambda w, s: s.running.pk), has_sides=True),
    # Classes
    "completion_reviews": Row(at("completion_reviews"), asks=("sau",)),
    "completion": Row(
        at("completion", lambda w, s: s.completion.logical_id), has_sides=True, methods=BOTH
    ),
    # Training held elsewhere
    "recognitions_mine": Row(at("recognitions_mine")),
    "recognition_new": Row(at("recognition_new"), methods=BOTH),
    "recognition_for": Row(at("recognition_for", person_id), has_sides=True, methods=BOTH),
    "recognitions": Row(at("recognitions"), asks=("q", "tinh-trang", "khoa", "sau")),
    "recognition": Row(
        at("recognition", paper_id),
        has_sides=True,
        methods=BOTH,
        data=lambda w, s: {"act": "decline", "decline-reason": "Không đọc được"},
    ),
    "recognition_evidence": Row(
        at("recognition_evidence", paper_id), has_sides=True, is_page=False
    ),
    "recognition_erase": Row(
        at("recognition_erase", paper_id),
        has_sides=True,
        methods=BOTH,
        data=lambda w, s: {"ground": "Có ảnh căn cước"},
    ),
    "past_lists": Row(at("past_lists"), methods=BOTH),
    "past_template": Row(at("past_template"), is_page=False),
    "past_list": Row(
        at("past_list", past_list_id),
        methods=BOTH,
        data=lambda w, s: {"act": "apply"},
        asks=("loai", "sau"),
    ),
    "past_refused": Row(at("past_refused", past_list_id), is_page=False),
    "classes": Row(at("classes"), asks=("trang",)),
    "class_new": Row(at("class_new"), methods=BOTH),
    "class": Row(at("class", class_id), has_sides=True, asks=("tim",)),
    "class_add_person": Row(
        at("class_add_person", class_id),
        has_sides=True,
        methods=POST,
        data=lambda w, s: {"person": s.focal.staff_id},
    ),
    "class_remove_person": Row(
        at("class_remove_person", class_id),
        has_sides=True,
        methods=POST,
        data=lambda w, s: {"person": s.learner.staff_id},
    ),
    "class_new_session": Row(at("class_new_session", class_id), has_sides=True, methods=BOTH),
    "class_cancel": Row(at("class_cancel", class_id), has_sides=True, methods=POST),
    "register": Row(at("register", session_id), has_sides=True, methods=BOTH),
    "register_close": Row(at("register_close", session_id), has_sides=True, methods=POST),
    "register_reopen": Row(at("register_reopen", session_id), has_sides=True, methods=POST),
    "register_sheet": Row(at("register_sheet", session_id), has_sides=True),
    "session_cancel": Row(at("session_cancel", session_id), has_sides=True, methods=POST),
    # Certificates
    "certificates": Row(at("certificates")),
    "certificates_issue": Row(at("certificates_issue"), methods=BOTH),
    "certificate": Row(at("certificate", certificate_id), has_sides=True),
    "certificate_download": Row(
        at("certificate_download", certificate_id), has_sides=True, is_page=False
    ),
    "certificate_reissue": Row(
        at("certificate_reissue", certificate_id),
        has_sides=True,
        methods=POST,
        data=lambda w, s: {"reason": "Sai tên"},
    ),
    "certificate_revoke": Row(
        at("certificate_revoke", certificate_id),
        has_sides=True,
        methods=POST,
        data=lambda w, s: {"reason_class": "error", "reason": "Cấp nhầm"},
    ),
    "certificate_draw_again": Row(
        at("certificate_draw_again", certificate_id), has_sides=True, methods=POST
    ),
    "verify_form": Row(at("verify_form"), asks=("ma",)),
    "verify_certificate": Row(
        at("verify_certificate", lambda w, s: s.certificate.verification_code)
    ),
    # Figures, my learning, records
    "target:learning": Row(at("target:learning")),
    "target:progress": Row(at("target:progress"), asks=FILTERS),
    "target:bridge": Row(at("target:bridge"), asks=(*FILTERS, "tu", "biet", "biet-tu", "phan")),
    "target:ledger": Row(
        at("target:ledger"), asks=("don-vi", "ngay", "biet", "phan", "tim", "sau")
    ),
    "target:ledger_file": Row(
        at("target:ledger_file"), methods=POST, data=lambda w, s: {"tep": "csv"}
    ),
    "target:names_file": Row(
        at("target:names_file"), methods=POST, data=lambda w, s: {"tep": "csv"}
    ),
    "target:table_file": Row(
        lambda world, side: reverse("target:table_file", args=["don-vi", "csv"]),
        asks=FILTERS,
        is_page=False,
    ),
    "target:baselines": Row(at("target:baselines"), asks=("sau",)),
    "target:baselines_new": Row(at("target:baselines_new"), methods=BOTH),
    "target:baseline": Row(
        at("target:baseline", lambda w, s: w.baseline.logical_id),
        methods=BOTH,
        data=lambda w, s: {"act": "take_back", "back-reason": "Nhập nhầm"},
    ),
    "target:reports": Row(at("target:reports"), asks=("sau",)),
    "target:freeze": Row(
        at("target:freeze"),
        methods=BOTH,
        asks=("ky", "ngay", "don-vi"),
        data=lambda w, s: {"ky": w.period.pk, "don-vi": "508"},
    ),
    "target:report": Row(at("target:report", report_id), has_sides=True, asks=("don-vi",)),
    "target:report_correct": Row(
        at("target:report_correct", report_id),
        has_sides=True,
        methods=BOTH,
        data=lambda w, s: {"reason": "Nhập bổ sung lần hai"},
    ),
    "target:report_differences": Row(
        at("target:report_differences", report_id), has_sides=True, asks=("sau",)
    ),
    "target:report_check": Row(at("target:report_check", report_id), has_sides=True),
    "target:report_erase": Row(
        at("target:report_erase", report_id),
        has_sides=True,
        methods=BOTH,
        data=lambda w, s: {"ground": "Hết thời hạn lưu", "is_sure": "on"},
    ),
    "target:report_names": Row(
        at("target:report_names", report_id),
        has_sides=True,
        methods=POST,
        data=lambda w, s: {"tep": "csv"},
    ),
    "target:report_table": Row(
        at("target:report_table", report_id, lambda w, s: "don-vi", lambda w, s: "csv"),
        has_sides=True,
        asks=("don-vi",),
        is_page=False,
    ),
    "target:report_document": Row(
        at("target:report_document", report_id, lambda w, s: "bao-cao", lambda w, s: "docx"),
        has_sides=True,
        is_page=False,
    ),
    "target:staff": Row(at("target:staff"), asks=(*STAFF_FILTERS, "sau")),
    "target:record": Row(at("target:record", person_id), has_sides=True),
    "target:integrity": Row(at("target:integrity"), methods=BOTH),
    "target:integrity_mend": Row(
        at("target:integrity_mend", lambda w, s: "stale-paths"), methods=POST
    ),
    "target:record_file": Row(
        at("target:record_file", person_id), has_sides=True, methods=POST, is_page=False
    ),
    "target:bundle": Row(at("target:bundle", person_id), has_sides=True, methods=BOTH),
    "target:targets": Row(at("target:targets"), asks=("ngay", "gop", "sau")),
    "target:target": Row(at("target:target", target_id), has_sides=True, asks=("ngay", "biet")),
    "target:target_new": Row(at("target:target_new"), methods=BOTH),
    "target:target_change": Row(
        at("target:target_change", target_id), has_sides=True, methods=BOTH
    ),
    "target:target_end": Row(at("target:target_end", target_id), has_sides=True, methods=BOTH),
    "target:target_undo": Row(
        at("target:target_undo", target_id),
        has_sides=True,
        methods=POST,
        data=lambda w, s: {"dot": target_batch(s).pk},
    ),
    "target:matrix": Row(
        at("target:matrix"),
        methods=BOTH,
        data=lambda w, s: {
            "base": f"{w.at:%Y-%m-%d}",
            "day": f"{w.at:%d/%m/%Y}",
            "reason": "Thử",
            "pairs": [],
        },
        asks=("ngay",),
    ),
    "target:tiers": Row(
        at("target:tiers"),
        methods=BOTH,
        data=lambda w, s: {
            "base": f"{w.at:%Y-%m-%d}",
            "day": f"{w.at:%d/%m/%Y}",
            "reason": "Thử",
        },
        asks=("ngay",),
    ),
    "target:periods": Row(
        at("target:periods"),
        methods=BOTH,
        data=lambda w, s: {"nam": "1999"},
        asks=("nam",),
    ),
    "target:period": Row(at("target:period", lambda w, s: w.period.pk), methods=BOTH),
    "target:rules": Row(
        at("target:rules"),
        methods=BOTH,
        data=lambda w, s: {"day": f"{w.at:%d/%m/%Y}", "reason": "Thử", "basis": "1/QĐ"},
        asks=("ngay",),
    ),
    "target:refreshers": Row(
        at("target:refreshers"),
        methods=BOTH,
        data=lambda w, s: {"due": f"{w.at:%d/%m/%Y}", "reason": "Thử"},
    ),
    "target:desk": Row(at("target:desk")),
    "target:focals": Row(at("target:focals"), asks=("trong", "sau")),
    "target:rosters": Row(
        at("target:rosters"),
        methods=BOTH,
        data=lambda w, s: {"ky": str(w.period.pk), "units": [s.unit.pk]},
        asks=("ky", "tinh-trang", "sau"),
    ),
    "target:roster": Row(
        at("target:roster", lambda w, s: w.period.pk, lambda w, s: s.unit.pk),
        has_sides=True,
        methods=BOTH,
        data=lambda w, s: {"act": "answer"},
        asks=("sau",),
    ),
    "target:roster_file": Row(
        at("target:roster_file", lambda w, s: w.period.pk, lambda w, s: s.unit.pk),
        has_sides=True,
        methods=POST,
        data=lambda w, s: {"tep": "csv"},
    ),
    "target:reminders": Row(at("target:reminders"), asks=("q", "loai", "cach", "sau")),
    "target:reminders_printed": Row(at("target:reminders_printed"), methods=BOTH),
    "target:notice_texts": Row(at("target:notice_texts")),
    "target:notice_text": Row(
        at("target:notice_text", lambda w, s: "reminder-due"),
        methods=BOTH,
        data=lambda w, s: {"subject": "Nhắc học", "body": "Kính gửi {name}"},
    ),
}

# Mounted by Wagtail for things this portal does not use; reached with numbers that do not exist.
UNUSED: dict[str, str] = {
    "wagtaildocs_authenticate_with_password": "/documents/authenticate_with_password/1/",
    "wagtailcore_authenticate_with_password": "/_util/authenticate_with_password/1/1/",
    "wagtailcore_login": "/_util/login/",
}
# The catch-all: its rows are those of the page types.
CATCH_ALL = "wagtail_serve"

# First words of Wagtail's admin; all of them are closed to strangers.
ADMIN_WORDS: frozenset[str] = frozenset(
    "account api block-preview bulk choose-anchor-link choose-email-link choose-external-link "
    "choose-page choose-phone-link collections dismissibles documents editing-sessions embeds "
    "failwhale groups images jsi18n login logout media pages password_reset redirects reports "
    "settings sites snippets sprite tag-autocomplete test404 users workflows".split()
) | {"", "^.*"}

# Views of ours that stand ahead of Wagtail's, mostly to refuse what would take records away.
ADMIN_DOORS: frozenset[str] = frozenset(
    {
        "admin/images/<int:pk>/delete/",
        "admin/documents/<int:pk>/delete/",
        "admin/documents/delete/<int:pk>/",
        "admin/media/delete/<int:pk>/",
        "admin/bulk/<str:app_label>/<str:model_name>/delete/",
    }
)
