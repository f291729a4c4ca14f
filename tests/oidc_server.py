"""A provider of OpenID Connect, over real HTTP on this computer, that can be told to misbehave.

It knows the code flow with PKCE: discovery, a page with a button, tokens signed by joserfc, keys, userinfo. It checks what a
provider checks (client, secret, redirect address, verifier, a code is good once). `Provider.come_back(address)` plays the person
who presses the button; the attributes say how the provider lies, is slow, or falls silent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, RSAKey

CLIENT, SECRET = "kermesse", "a-secret:of/the client"
SAMI = {"sub": "sami-1", "email": "sami@agency.example", "email_verified": True, "name": "Sami Staff"}


def part(data: bytes | dict[str, Any]) -> str:
    """A part of a token."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def first_key() -> Key:
    """What every provider begins with: making a key takes a moment."""
    return RSAKey.generate_key(2048, auto_kid=True)


class Provider:
    """`with Provider(redirect_uri) as provider:` answers at `provider.url`, which is its issuer."""

    def __init__(self, redirect_uri: str = "http://localhost/account/sso/return", host: str = "127.0.0.1") -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self.redirect_uri = redirect_uri
        self.keys: list[Key] = [first_key()]
        self.algorithm = "RS256"
        self.user: dict[str, Any] = dict(SAMI)
        self.claims: dict[str, Any] = {}  # what every token says instead; None takes a claim away
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.told: dict[str, Any] | None = None  # what the userinfo page says; None: there is no such page
        self.about: dict[str, Any] = {}  # what discovery says instead
        self.back: dict[str, str] = {}  # what stands in the query of a return instead
        self.broken: dict[
            str, int | float
        ] = {}  # path: a status instead of an answer, or seconds that it takes (a float)
        self.calls: list[str] = []
        self.asked: dict[str, str] = {}  # the last request to sign somebody in
        self._codes: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Provider:
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rotate(self, kind: str = "RSA") -> Key:
        """A new key, published in the place of those before; returns it."""
        made: Key = RSAKey.generate_key(2048) if kind == "RSA" else ECKey.generate_key("P-256")
        self.algorithm = "RS256" if kind == "RSA" else "ES256"
        made.ensure_kid()
        self.keys = [made]
        return made

    def signed(self, claims: dict[str, Any], key: Key | None = None, **header: Any) -> str:
        """A token as it should be, or by another key."""
        key = key or self.keys[0]
        return jwt.encode({"alg": self.algorithm, "kid": key.kid, **header}, claims, key, algorithms=[self.algorithm])

    def signed_text(self, text: bytes) -> str:
        """Something signed that is no token."""
        return jws.serialize_compact({"alg": self.algorithm, "kid": self.keys[0].kid}, text, self.keys[0])

    def unsigned(self, claims: dict[str, Any]) -> str:
        """A token that nobody signed, and that says so."""
        return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."

    def signed_with_what_is_public(self, claims: dict[str, Any]) -> str:
        """A token whose signature anybody can make: HS256, with the public key for a secret."""
        text = f"{part({'alg': 'HS256', 'kid': self.keys[0].kid})}.{part(claims)}"
        public = self.keys[0].as_pem(private=False)
        return f"{text}.{part(hmac.new(public, text.encode(), hashlib.sha256).digest())}"

    def come_back(self, address: str) -> str:
        """The person presses the button at `address`; returns the address that their browser is sent back to."""
        answer = requests.post(address, timeout=5, allow_redirects=False)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def _discovery(self) -> dict[str, Any]:
        at = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("authorization", "token")}
        at |= {"userinfo_endpoint": f"{self.url}/userinfo"} if self.told is not None else {}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **at} | self.about

    def _authorize(self, query: dict[str, str]) -> str:
        """Keep what was asked; returns where the button leads."""
        self.asked = query
        assert query["client_id"] == CLIENT
        assert query["redirect_uri"] == self.redirect_uri
        assert query["response_type"] == "code"
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        assert len(query["nonce"]) >= 32 and len(query["state"]) >= 32
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = {"code": code, "state": query["state"]} | self.back
        return f"{self.redirect_uri}?{urlencode({name: value for name, value in back.items() if value})}"

    def _tokens(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        posted = (form.get("client_id"), form.get("client_secret"))
        if authorization != f"Basic {plain}" and posted != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = part(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or asked["code_challenge"] != challenge or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant", "error_description": "<b>no</b>"}
        at = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"], **self.user}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return 200, {"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": self.sign(claims)}

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """A JSON answer."""
        if path == "/.well-known/openid-configuration":
            return 200, self._discovery()
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False, use="sig") for key in self.keys]}
        if path == "/token":
            return self._tokens(form, authorization)
        if path == "/userinfo" and self.told is not None and authorization == "Bearer at":
            return 200, self.told
        return 404, {"error": "not_found"}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                self._serve(dict(parse_qsl(body)))

            def _serve(self, form: dict[str, str]) -> None:
                path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
                provider.calls.append(path)
                trouble = provider.broken.get(path)
                if isinstance(trouble, float):
                    time.sleep(trouble)
                elif trouble is not None:
                    self._send(trouble, b"<h1>Broken</h1>", "text/html")
                    return
                if path == "/authorization":
                    self._authorization(query)
                    return
                status, told = provider.answer(path, form, self.headers.get("Authorization", ""))
                self._send(status, json.dumps(told).encode(), "application/json")

            def _authorization(self, query: dict[str, str]) -> None:
                if self.command == "POST":
                    self._send(303, b"", "text/html", Location=provider._authorize(query))
                    return
                page = (
                    "<!doctype html><html lang=en><title>Agency</title><link rel=icon href=data:,><h1>Agency</h1>"
                    f"<form method=post action='{escape(self.path)}'><button>Continue as Sami</button></form>"
                )
                self._send(200, page.encode(), "text/html; charset=utf-8")

            def _send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(status)
                    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Quiet."""

        return Handler
