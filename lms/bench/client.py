"""A small browser: one connection, cookies, forms; plain ``http.client``."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

# The server closes a connection that was idle for longer.
IDLE_SECONDS = 2
# After that a visitor has gone.
PATIENCE_SECONDS = 30
FORM = "application/x-www-form-urlencoded"


class Unexpected(RuntimeError):
    """An answer other than the one that was to be measured."""


class Answers(HTMLParser):
    """Collects what a sheet of questions would send if each first choice were taken."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._chosen: set[str] = set()
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        name, kind = attributes.get("name", ""), attributes.get("type", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and attributes.get("value"):
            self._take(self._select, attributes["value"])
        elif tag == "input" and name.startswith("q"):
            if kind in {"radio", "checkbox"}:
                self._take(name, attributes.get("value", ""))
            elif kind in {"", "text"}:
                self._take(name, "không rõ")
        elif tag == "textarea" and name.startswith("q"):
            self._take(name, "không rõ")
        elif tag == "input" and name in {"asked", "revision"}:
            self.fields.append((name, attributes.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    def _take(self, name: str, value: str) -> None:
        if name not in self._chosen:
            self._chosen.add(name)
            self.fields.append((name, value))


class Browser:
    """One visitor with a connection of her own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self._used_at = time.monotonic()

    def request(self, method: str, path: str, fields: object = None) -> tuple[int, str, str]:
        """Return status, body and the address redirected to ("" if none)."""
        headers = {"Host": f"127.0.0.1:{self.port}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if fields is not None:
            pairs = list(fields.items()) if isinstance(fields, dict) else list(fields)
            pairs.append(("csrfmiddlewaretoken", self.cookies.get("csrf", "")))
            body = urlencode(pairs)
            headers["Content-Type"] = FORM
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self._connection.close()  # opened again by the request
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self._used_at = time.monotonic()
        for header in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        location = answer.headers.get("Location", "")
        return answer.status, text, urlsplit(location).path if location else ""

    def get(self, path: str) -> str:
        """Return the page; raise :class:`Unexpected` unless it is one."""
        status, text, location = self.request("GET", path)
        if status != 200:
            raise Unexpected(f"GET {path}: {status} {location}")
        return text

    def post(self, path: str, fields: object) -> str:
        """Return the address the form leads to; raise :class:`Unexpected` unless it leads on."""
        status, _text, location = self.request("POST", path, fields)
        if status not in {302, 303}:
            raise Unexpected(f"POST {path}: {status}")
        return location

    def twin(self) -> Browser:
        """Return another connection of the same session."""
        other = Browser(self.port)
        other.cookies = dict(self.cookies)
        return other

    def close(self) -> None:
        self._connection.close()


def answers_on(page: str) -> list[tuple[str, str]]:
    """Return the fields of a sheet of questions, each answered by its first choice."""
    parser = Answers()
    parser.feed(page)
    return parser.fields
