"""A mail server for the tests: a real SMTP conversation, whose letters are kept as they came over the wire."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from tests.serving import free_port


@dataclass
class Letterbox:
    """Keeps what arrives; answers as told. `raw` are the octets, `senders` the envelopes'."""

    letters: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    refuse: str = ""
    refuse_text: str = ""
    drop: bool = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.drop:
            server.transport.close()
            return "250 OK"
        if self.refuse_text:
            return self.refuse_text
        self.raw.append(envelope.content)
        self.senders.append(envelope.mail_from)
        self.letters.append(message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def to(self, address: str) -> list[Any]:
        """What came for an address, oldest first."""
        return [letter for letter in self.letters if letter["To"] == address]


@contextmanager
def opened(app: Flask) -> Iterator[Letterbox]:
    """A server that this application sends to."""
    box, port = Letterbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config["KERMESSE"].values, "SMTP_URL", f"smtp://127.0.0.1:{port}")
        try:
            yield box
        finally:
            controller.stop()
