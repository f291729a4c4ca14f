"""A push service of our own: takes what is sent over real HTTP, checks it as RFC 8030 and 8292 say, and opens it with the
browser's keys."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid

from app.core.webpush import Target


def encoded(raw: bytes) -> str:
    """base64url, as browsers write keys."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Phone:
    """A browser with keys of its own."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen bytes...."[:16]

    @property
    def target(self) -> Target:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Target(self.endpoint, encoded(point), encoded(self.secret))

    def opened(self, body: bytes) -> dict[str, Any]:
        """What the service worker would be given."""
        found: dict[str, Any] = json.loads(http_ece.decrypt(body, private_key=self.private, auth_secret=self.secret))
        return found


@dataclass
class Arrived:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """Answers as told: `status` for every browser, or by path."""

    url: str
    arrived: list[Arrived] = field(default_factory=list)
    status: int = 201
    by_path: dict[str, int] = field(default_factory=dict)
    dribble: Event = field(default_factory=Event)
    _phones: int = 0

    def phone(self) -> Phone:
        """A new browser of this service."""
        self._phones += 1
        return Phone(f"{self.url}/push/{self._phones}")

    def told(self, phone: Phone) -> list[dict[str, Any]]:
        """What a browser was told, opened with its keys."""
        return [phone.opened(one.body) for one in self.arrived if self.url + one.path == phone.endpoint]

    def faults(self) -> list[str]:
        """What a strict service would refuse."""
        return [fault for one in self.arrived for fault in self._faults(one)]

    def _faults(self, one: Arrived) -> Iterator[str]:
        wanted = {"Content-Encoding": "aes128gcm", "Urgency": "high", "Host": self.url.removeprefix("http://")}
        yield from (name for name, value in wanted.items() if one.headers.get(name) != value)
        if not one.headers["TTL"].isdigit() or not 0 < len(one.headers["Topic"]) <= 32 or len(one.body) > 4096:
            yield "TTL, Topic or size"
        if not Vapid.verify(one.headers["Authorization"]):
            yield "signature"
        claims = one.headers["Authorization"].split("t=")[1].split(".")[1]
        said = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        if (
            said["aud"] != self.url
            or not time.time() < said["exp"] <= time.time() + 86400
            or "mailto:" not in said["sub"]
        ):
            yield f"claims {said}"


@contextmanager
def push_service() -> Iterator[PushService]:
    """A running push service on this computer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.arrived.append(Arrived(self.path, dict(self.headers), body))
            while service.dribble.is_set():  # a status line that never ends
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.05)
            status = service.by_path.get(self.path, service.status)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{service.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                service.dribble.clear()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = PushService(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.dribble.clear()
        server.shutdown()
        server.server_close()
        thread.join()
