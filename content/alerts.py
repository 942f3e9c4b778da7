"""Messages to those who write courses: what the portal met while nobody was looking.

One message a day for the same matter, to each content editor of the day with an e-mail address.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from content.matrix import MODULES, PRE_TEST, SUBJECTS, TYPES
from content.models import QuizPage
from lms.notices.sending import queue_notice
from lms.notices.texts import Text
from lms.people import audit
from lms.people.days import local_day
from lms.people.models.accounts import Role
from lms.people.office import office
from lms.people.roles import holders_of

TEXTS = {
    "bank-relaxed": Text(
        "Ngân hàng câu hỏi chưa đủ: {quiz}",
        "Kính gửi {name},\n\n"
        "Hôm nay ngân hàng câu hỏi của khóa “{course}” không đủ câu đang có hiệu lực để rút "
        "“{quiz}” đúng ma trận. Cổng đã rút đề với điều kiện nới lỏng: {relaxed}.\n\n"
        "Xin bổ sung câu hỏi tại:\n{link}",
    ),
    "bank-empty": Text(
        "Không đủ câu hỏi để làm bài: {quiz}",
        "Kính gửi {name},\n\n"
        "Hôm nay ngân hàng câu hỏi của khóa “{course}” chỉ có {found}/{needed} câu đang có hiệu "
        "lực. Học viên chưa thể bắt đầu “{quiz}”; không ai bị mất lượt làm bài.\n\n"
        "Xin bổ sung câu hỏi tại:\n{link}",
    ),
    "schedule-refused": Text(
        "Chưa xuất bản theo lịch: {title}",
        "Kính gửi {name},\n\n"
        "Đến giờ hẹn, “{title}” chưa được xuất bản. {reason}\n\n"
        "Bản nháp vẫn còn, lịch hẹn đã gỡ. Xin sửa rồi xuất bản lại tại:\n{link}",
    ),
}


def words_for(relaxed: Iterable[str]) -> str:
    """Return what was relaxed in words, in the order of the rules."""
    words = {
        PRE_TEST: _("questions of the pre-test may come again"),
        TYPES: _("numbers of each type"),
        MODULES: _("one question of each module"),
        SUBJECTS: _("questions on safety, confidentiality and validity"),
    }
    return "; ".join(words.get(name, _("fewer fixed questions")) for name in relaxed)


def tell_of_relaxed_draw(quiz: QuizPage, relaxed: Iterable[str], *, at: datetime) -> int:
    """Tell the editors that a paper did not meet its matrix; return how many were told."""
    return tell_editors(
        "bank-relaxed",
        f"{quiz.pk}",
        link=bank_link(quiz),
        at=at,
        quiz=quiz.title,
        course=quiz.course.title,
        relaxed=words_for(relaxed),
    )


def tell_of_empty_bank(quiz: QuizPage, *, found: int, needed: int, at: datetime) -> int:
    """Tell the editors that nobody can start ``quiz``; return how many were told."""
    return tell_editors(
        "bank-empty",
        f"{quiz.pk}",
        link=bank_link(quiz),
        at=at,
        quiz=quiz.title,
        course=quiz.course.title,
        found=found,
        needed=needed,
    )


@transaction.atomic
def take_off_schedule(revision: Revision, reason: str, *, at: datetime) -> None:
    """Keep ``revision`` as a draft without its date, and tell the editors why.

    A refusal raised to the scheduler would stop its run here, at each run anew, and hold up
    everything that was to be published after it.
    """
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=None)
    audit.log("content.schedule_refused", revision.content_object, actor=None, at=at, reason=reason)
    subject = revision.content_object
    name = "wagtailadmin_pages:edit" if isinstance(subject, Page) else "wagtailadmin_home"
    tell_editors(
        "schedule-refused",
        f"{revision.pk}",
        link=reverse(name, args=[subject.pk] if isinstance(subject, Page) else []),
        at=at,
        title=revision.object_str,
        reason=reason,
    )


def bank_link(quiz: QuizPage) -> str:
    return reverse("wagtailadmin_pages:edit", args=[quiz.pk])


@transaction.atomic
def tell_editors(kind: str, matter: str, *, link: str, at: datetime, **words: object) -> int:
    """Queue one message a day for ``matter`` to each editor; return how many are told today."""
    day = local_day(at)
    editors = holders_of(Role.CONTENT_EDITOR, day).exclude(email=None).exclude(email="")
    told = 0
    for editor in editors:
        queue_notice(
            editor,
            kind,
            context={
                "name": editor.display_name,
                "portal": office().portal_name_short,
                "link": settings.SITE_URL + link,
                **words,
            },
            dedupe_key=f"{kind}:{matter}:{day}:{editor.pk}",
            at=at,
        )
        told += 1
    return told
