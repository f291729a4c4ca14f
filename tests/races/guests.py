"""Guests over real HTTP: each keeps one connection, a session of their own, and the page's own form token."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.accounts.models import Person
from tests.serving import Server

PATIENCE_S = 60
Answer = tuple[int, str, str]  # status, Location, body


class Unread(Exception):
    """The answer is not waited for."""


@dataclass
class Guest:
    """Somebody with a browser-like client. Not safe for several threads at once."""

    server: Server
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    accept: str = "text/html"
    _line: http.client.HTTPConnection | None = None

    @classmethod
    def signed_in(cls, server: Server, person: Person) -> Guest:
        """A guest with a session, without the way through the mail."""
        signer = server.app.session_interface.get_signing_serializer(server.app)  # type: ignore[attr-defined]
        cookie = signer.dumps({"_user_id": person.fs_uniquifier, "_fresh": True})
        return cls(server, {server.app.config["SESSION_COOKIE_NAME"]: cookie})

    def get(self, path: str) -> Answer:
        """A page; its form token is kept for the next `post`."""
        answer = self.ask("GET", path)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer[2])
        self.token = found.group(1) if found else self.token
        return answer

    def post(self, path: str, **fields: Any) -> Answer:
        """Send a form."""
        return self.ask("POST", path, urlencode({"csrf_token": self.token, **fields}))

    def forget(self, path: str, **fields: Any) -> None:
        """Send a form and hang up before there is an answer."""
        with suppress(OSError, http.client.HTTPException, Unread):
            self.ask("POST", path, urlencode({"csrf_token": self.token, **fields}), read=False)

    def ask(self, method: str, path: str, body: str | None = None, *, read: bool = True) -> Answer:
        """One request on the kept connection. Raises OSError or HTTPException when no whole answer came."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept": self.accept,
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line = self._line = self._line or http.client.HTTPConnection(
            urlsplit(self.server.url).netloc, timeout=PATIENCE_S
        )
        try:
            line.request(method, path, body, headers)
            if not read:
                raise Unread
            response = line.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException, Unread):
            self.hang_up()
            raise
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";", 1)[0]
        return response.status, response.getheader("Location") or "", text

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def together(guests: list[Guest], work: Callable[[int, Guest], Any]) -> list[Any]:
    """What `work(number, guest)` returned or raised for each guest, all started at once."""
    answers: list[Any] = [None] * len(guests)
    start = threading.Barrier(len(guests))

    def one(number: int) -> None:
        start.wait()
        try:
            answers[number] = work(number, guests[number])
        except Exception as fault:
            answers[number] = fault
        finally:
            guests[number].hang_up()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(guests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
