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


class UnknownNames(ValueError):
    """A text asks for names that its kind does not fill in; ``names`` lists them."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class NameLeftOut(ValueError):
    """The text of a message that opens an account no longer holds the link that opens it."""


@dataclass(frozen=True)
class Text:
    """Subject and body of one kind; ``is_secret`` = the body opens an account."""

    subject: str
    body: str
    is_secret: bool = False

    @property
    def names(self) -> list[str]:
        """The names in braces, each once, in the order of their first place."""
        return list(dict.fromkeys(_NAME.findall(f"{self.subject}\n{self.body}")))


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
    return fill(Text(own.subject, own.body, default.is_secret) if own else default, context)


def fill(text: Text, context: Mapping[str, object]) -> Text:
    """Return ``text`` with the names of ``context`` filled in; the subject becomes one line."""

    def put(words: str) -> str:
        return _NAME.sub(lambda found: str(context.get(found[1], found[0])), words)

    line = _LINE_BREAKS.sub(" ", put(text.subject))
    return Text(line[:200], put(text.body), text.is_secret)


def check_text(kind: str, text: Text) -> None:
    """Refuse a text of the office that could not be sent as a letter of ``kind``.

    Raises :class:`UnknownKind`, :class:`UnknownNames` for a name in braces that nobody fills in,
    or :class:`NameLeftOut` where a message that opens an account lost its link.
    """
    default = DEFAULTS.get(kind)
    if default is None:
        raise UnknownKind(kind)
    unknown = [name for name in text.names if name not in default.names]
    if unknown:
        raise UnknownNames(unknown)
    if default.is_secret and "link" in default.names and "link" not in text.names:
        raise NameLeftOut(kind)


# What stands for each name in a preview; invented.
SAMPLES = {
    "name": "Nguyễn Thị Mẫu",
    "username": "cb000123",
    "link": "https://taphuan.example/viec-hoc/",
    "day": "31/12/2026",
    "days": "14",
    "unit": "Xã Mẫu",
    "focal": "Alăng Mẫu, 0900 000 000",
    "courses": "- Nhận diện và tiếp nhận nạn nhân",
    "people": "- Nguyễn Thị Mẫu (Xã Mẫu): hạn 31/12/2026",
    "count": "3",
    "expires": "10:00 ngày 02/12/2026",
    "moment": "10:00 ngày 01/12/2026",
    "period": "Quý IV/2026",
    "units": "- Xã Mẫu",
}


def preview(text: Text, portal: str) -> Text:
    """Return ``text`` as a letter to an invented person; a name without a sample keeps braces."""
    return fill(text, {**SAMPLES, "portal": portal})
