"""The texts of messages: defaults here, replaced by what the office wrote into ``NoticeText``.

Names in braces are filled in. The texts are the portal's letters to its users, so they are written
in Vietnamese and not translated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lms.notices.models import NoticeText

_NAME = re.compile(r"\{(\w+)\}")
_LINE_BREAKS = re.compile(r"[\r\n]+")


class UnknownKind(LookupError):
    """No text of this kind exists."""


@dataclass(frozen=True)
class Text:
    """Subject and body of one kind; ``is_secret`` = the body opens an account."""

    subject: str
    body: str
    is_secret: bool = False


DEFAULTS: dict[str, Text] = {
    "first-sign-in": Text(
        "Mở tài khoản trên {portal}",
        "Kính gửi {name},\n\n"
        "Đơn vị đã lập tài khoản cho anh/chị trên {portal}.\n"
        "Tên đăng nhập: {username}\n\n"
        "Mở tài khoản và đặt mật khẩu tại:\n{link}\n\n"
        "Đường dẫn dùng một lần, đến hết {expires}. Cán bộ của cổng không bao giờ hỏi mật khẩu "
        "của anh/chị.",
        is_secret=True,
    ),
    "reset-password": Text(
        "Đặt lại mật khẩu trên {portal}",
        "Kính gửi {name},\n\n"
        "Có yêu cầu đặt lại mật khẩu cho tài khoản của anh/chị. Đặt mật khẩu mới tại:\n{link}\n\n"
        "Đường dẫn dùng một lần, đến hết {expires}. Nếu không phải anh/chị yêu cầu, anh/chị không "
        "cần làm gì: mật khẩu cũ vẫn dùng được.",
        is_secret=True,
    ),
    "password-changed": Text(
        "Mật khẩu trên {portal} đã được đổi",
        "Kính gửi {name},\n\n"
        "Mật khẩu tài khoản của anh/chị vừa được đổi lúc {moment}. Nếu không phải anh/chị đổi, xin "
        "báo ngay cho đầu mối tập huấn của đơn vị.",
    ),
    "correction-asked": Text(
        "Có yêu cầu sửa thông tin trên {portal}",
        "Kính gửi {name},\n\n"
        "Một cán bộ trong phạm vi của anh/chị báo thông tin chưa đúng. Xem và trả lời tại:\n{link}",
    ),
    "correction-answered": Text(
        "Đã trả lời yêu cầu sửa thông tin trên {portal}",
        "Kính gửi {name},\n\n"
        "Đầu mối đơn vị đã trả lời yêu cầu sửa thông tin của anh/chị. Xem tại:\n{link}",
    ),
}


def add_text(kind: str, text: Text) -> None:
    """Let a higher floor add the default text of one of its messages, when its app is ready."""
    DEFAULTS[kind] = text


def is_secret(kind: str) -> bool:
    """Tell whether messages of ``kind`` open an account; a kind that was removed counts as one."""
    return kind not in DEFAULTS or DEFAULTS[kind].is_secret


def write_text(kind: str, context: Mapping[str, object]) -> Text:
    """Return the text of ``kind`` with its names filled in; one query.

    A name that is not in ``context`` stays as it is written. The subject is one line, so that no
    header can be added through a name. Raises :class:`UnknownKind`.
    """
    default = DEFAULTS.get(kind)
    if default is None:
        raise UnknownKind(kind)
    own = NoticeText.objects.filter(key=kind).first()
    subject, body = (own.subject, own.body) if own else (default.subject, default.body)

    def fill(text: str) -> str:
        return _NAME.sub(lambda found: str(context.get(found[1], found[0])), text)

    line = _LINE_BREAKS.sub(" ", fill(subject))
    return Text(line[:200], fill(body), default.is_secret)
