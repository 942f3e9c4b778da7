"""The queue of messages: once, again after a failure, and never in the way."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import transaction

from lms.notices.models import Notice, NoticeText
from lms.notices.sending import (
    REMOVED,
    RETRY_AFTER,
    NoAddress,
    message_id,
    queue_notice,
    send_due,
    send_notice,
)
from lms.notices.texts import DEFAULTS, UnknownKind, write_text
from tests.factories import make_user

AT = datetime(2024, 5, 6, 2, 0, tzinfo=UTC)
CONTEXT = {"name": "Hoa", "portal": "Cổng", "moment": "09:00"}

pytestmark = pytest.mark.django_db


class DownBackend(BaseEmailBackend):
    """A mail server that refuses for now."""

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("not now")


@pytest.fixture
def user():
    return make_user(email="hoa@example.vn")


def queue(user, key: str = "1", kind: str = "password-changed", **context):
    return queue_notice(user, kind, context=CONTEXT | context, dedupe_key=key, at=AT)


def test_a_message_is_sent_after_the_act_and_once(user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = queue(user)
        assert queue(user) == first
        assert mail.outbox == []
    assert [message.subject for message in mail.outbox] == ["Mật khẩu trên Cổng đã được đổi"]
    first.refresh_from_db()
    assert first.sent_at is not None
    assert send_notice(first.pk, at=AT + timedelta(days=1)) is False
    assert send_due(at=AT + timedelta(days=1)) == (0, 0)


def test_an_act_that_fails_sends_nothing(user, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                queue(user)
                raise KeyError
        except KeyError:
            pass
    assert (mail.outbox, Notice.objects.count()) == ([], 0)


def test_a_server_that_is_down_blocks_nobody_and_is_asked_again(
    user, settings, django_capture_on_commit_callbacks
):
    settings.EMAIL_BACKEND = f"{__name__}.DownBackend"
    with django_capture_on_commit_callbacks(execute=True):
        notice = queue(user)
    at = AT
    for failures, wait in enumerate(RETRY_AFTER, start=1):
        notice.refresh_from_db()
        if notice.failed_count < failures:  # the first try was the task's, by its own clock
            assert send_notice(notice.pk, at=at) is False
            notice.refresh_from_db()
        assert notice.failed_count == failures
        at = notice.next_try_at
        assert send_due(at=at - timedelta(seconds=1)) == (0, 0)
        assert wait > timedelta(0)
    assert send_due(at=at) == (0, 1)
    notice.refresh_from_db()
    assert (notice.next_try_at, notice.sent_at) == (None, None)
    assert notice.last_error == "SMTPServerDisconnected: not now"


def test_the_command_heals_what_a_lost_worker_left(user, capsys):
    notice = queue(user)
    Notice.objects.filter(pk=notice.pk).update(next_try_at=AT)
    call_command("send_notices")
    assert capsys.readouterr().out == "1 sent, 0 not sent\n"
    assert len(mail.outbox) == 1
    call_command("send_notices")
    assert len(mail.outbox) == 1


def test_a_claimed_message_is_left_to_its_worker(user):
    notice = queue(user)
    Notice.objects.filter(pk=notice.pk).update(next_try_at=AT + timedelta(minutes=10))
    assert send_notice(notice.pk, at=AT) is False
    assert mail.outbox == []


def test_a_message_that_opens_an_account_is_not_kept(user):
    notice = queue(user, kind="reset-password", link="https://x/quen-mat-khau/ABC/", expires="x")
    assert "ABC" in notice.body
    assert send_notice(notice.pk, at=AT)
    notice.refresh_from_db()
    assert notice.body == REMOVED
    assert "ABC" in mail.outbox[0].body


def test_without_an_address_it_goes_to_the_printed_list():
    notice = queue(make_user())
    assert (notice.channel, notice.address, notice.next_try_at) == ("print", "", None)
    assert send_due(at=AT + timedelta(days=9)) == (0, 0)
    with pytest.raises(NoAddress):
        queue(make_user(), kind="first-sign-in", key="2")


def test_the_message_id_is_the_same_at_each_try_and_not_personal(user):
    notice = queue(user, key="code:7")
    assert message_id(notice) == message_id(Notice.objects.get())
    assert "hoa" not in message_id(notice)
    assert send_notice(notice.pk, at=AT)
    assert mail.outbox[0].extra_headers["Message-ID"] == message_id(notice)


def test_a_name_adds_no_header():
    text = write_text("password-changed", {"portal": "x\r\nBcc: all@example.vn", "name": "x"})
    assert "\n" not in text.subject
    assert "\r" not in text.subject


def test_the_offices_text_replaces_ours_and_reaches_no_attribute():
    NoticeText.objects.create(
        key="password-changed", subject="Xin chào {name}", updated_at=AT,
        body="{name.__class__} {missing} {0} {name}",
    )  # fmt: skip
    text = write_text("password-changed", {"name": "Hoa"})
    assert (text.subject, text.body) == ("Xin chào Hoa", "{name.__class__} {missing} {0} Hoa")


def test_a_kind_without_a_text_is_refused(user):
    with pytest.raises(UnknownKind):
        queue(user, kind="x")
    assert {kind for kind, text in DEFAULTS.items() if text.is_secret} == {
        "first-sign-in",
        "reset-password",
    }
