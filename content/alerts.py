"""Messages to those who write courses: what the portal met while nobody was looking.

One message a day for the same matter, to each content editor of the day with an e-mail address.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.models import Page, Revision

from content.matrix import MODULES, PRE_TEST, SUBJECTS, TYPES
from content.models import QuizPage
from lms.notices.texts import Text
from lms.people import audit
from lms.people.days import local_day
from lms.people.models.accounts import Role
from lms.people.telling import tell_holders

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
    return _tell_of_bank("bank-relaxed", quiz, at=at, relaxed=words_for(relaxed))


def tell_of_empty_bank(quiz: QuizPage, *, found: int, needed: int, at: datetime) -> int:
    """Tell the editors that nobody can start ``quiz``; return how many were told."""
    return _tell_of_bank("bank-empty", quiz, at=at, found=found, needed=needed)


def _tell_of_bank(kind: str, quiz: QuizPage, *, at: datetime, **words: object) -> int:
    return tell_holders(
        Role.CONTENT_EDITOR,
        kind,
        f"{quiz.pk}:{local_day(at)}",
        path=reverse("wagtailadmin_pages:edit", args=[quiz.pk]),
        at=at,
        quiz=quiz.title,
        course=quiz.course.title,
        **words,
    )


@transaction.atomic
def take_off_schedule(revision: Revision, reason: str, *, at: datetime) -> None:
    """Keep ``revision`` as a draft without its date, and tell the editors why.

    A refusal raised to the scheduler would stop its run here, at each run anew, and hold up
    everything that was to be published after it.
    """
    subject = revision.content_object
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=None)
    audit.log("content.schedule_refused", subject, actor=None, at=at, reason=reason)
    tell_holders(
        Role.CONTENT_EDITOR,
        "schedule-refused",
        f"{revision.pk}",
        path=(
            reverse("wagtailadmin_pages:edit", args=[subject.pk])
            if isinstance(subject, Page)
            else reverse("wagtailadmin_home")
        ),
        at=at,
        title=revision.object_str,
        reason=reason,
    )
