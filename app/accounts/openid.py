"""Talks to the organisation's OpenID Connect provider. The only file that imports authlib, joserfc and requests.

Everything here may wait for the network: nothing of it is called inside a transaction.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from flask import current_app
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from app.accounts.sso_rules import wrong_claim
from app.core.clock import now

SCOPE = "openid email profile"
# A signature that only the provider can make. HS256 would be made with a secret that both know, `none` with nothing.
KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
REGISTRY = jws.JWSRegistry(algorithms=list(KEY_TYPES), strict_check_header=False)
REGISTRY.max_header_length = 8_000  # certificates may stand there
TIMEOUT_S = 5
KEPT_S = 3600
WAIT_S = 2  # so long does a thread wait for another that asks already
AGAIN_S = 60  # an unknown key makes us ask anew at most this often
DOWN_S = 10  # whoever comes after a failure is told at once, and holds no thread
LARGEST = 500_000
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
BUSY = ("server_error", "temporarily_unavailable")


class Failed(Exception):
    """A sign-in that came to nothing: `reason` is down, untrusted, declined or stale, the text is for the log."""

    reason = ""


class ProviderDown(Failed):
    """The provider did not answer in time, or not as a provider does."""

    reason = "down"


class NotTrusted(Failed):
    """What came back is not what this visitor's sign-in asked for, or nobody vouches for it."""

    reason = "untrusted"


class Declined(Failed):
    """The provider did not let them in, or they stopped on the way."""

    reason = "declined"


class Stale(Failed):
    """The code of this answer was used before, or is too old."""

    reason = "stale"


@dataclass(frozen=True)
class Attempt:
    """What a visitor's session keeps of a sign-in under way. `state` ties the answer to their browser, `nonce` the token to this
    attempt, `verifier` the code to us."""

    state: str
    nonce: str
    verifier: str


class Kept:
    """A document of the provider's. One thread at a time asks for it; what is kept stands in for what cannot be had."""

    def __init__(self, fetch: Callable[[], Any]) -> None:
        self._fetch, self._lock = fetch, threading.Lock()
        self._value: Any = None
        self._at = self._failed_at = self._forced_at = float("-inf")

    def get(self) -> Any:
        """The document, asked for again after an hour. Raises ProviderDown."""
        if not self._lock.acquire(timeout=WAIT_S if self._value is None else 0.01):
            if self._value is None:
                raise ProviderDown("others wait for it already")
            return self._value
        try:
            if self._value is None or time.monotonic() - self._at > KEPT_S:
                self._renew()
            return self._value
        finally:
            self._lock.release()

    def newer(self) -> Any:
        """The document as it is now, asked for out of turn unless somebody did a moment ago. Raises ProviderDown."""
        with self._lock:
            if time.monotonic() - self._forced_at >= AGAIN_S:
                self._forced_at = time.monotonic()
                self._renew()
            return self._value

    def _renew(self) -> None:
        if time.monotonic() - self._failed_at < DOWN_S and self._value is None:
            raise ProviderDown("it did not answer a moment ago")
        try:
            self._value, self._at = self._fetch(), time.monotonic()
        except ProviderDown:
            self._failed_at = time.monotonic()
            if self._value is None:
                raise
            self._at = time.monotonic() - KEPT_S + DOWN_S


class Provider:
    """One provider, under the settings OIDC_*. `redirect_uri` is where it sends people back to, to the letter."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, redirect_uri: str, *, plain: bool) -> None:
        self.issuer, self.client_id = issuer, client_id
        self._secret, self.redirect_uri, self._plain = client_secret, redirect_uri, plain
        self._about = Kept(self._discover)
        self._keys = Kept(self._fetch_keys)

    def begin(self, locale: str, *, choose: bool = False) -> tuple[str, Attempt]:
        """The address to send a visitor to, and what to keep for their return. `choose`: let them take another account.

        Raises ProviderDown.
        """
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
        wishes = {"ui_locales": locale} | ({"prompt": "select_account"} if choose else {})
        address, _state = self._client().create_authorization_url(
            self._about.get()["authorization_endpoint"],
            state=attempt.state,
            nonce=attempt.nonce,
            code_verifier=attempt.verifier,
            **wishes,
        )
        return str(address), attempt

    def finish(self, answer: Mapping[str, str], attempt: Attempt) -> dict[str, Any]:
        """What the provider says of whoever came back with `answer`, the query of their return: the claims of a checked ID
        token, with those of the userinfo page where the token names no address.

        Raises Declined, Stale, NotTrusted, ProviderDown.
        """
        about = self._about.get()
        named = answer.get("iss")  # RFC 9207: an answer of another provider must not be taken for one of this
        if named != self.issuer and (named or about.get("authorization_response_iss_parameter_supported") is True):
            raise NotTrusted("answer of another issuer")
        if "error" in answer:
            if answer["error"] in BUSY:
                raise ProviderDown(answer["error"])
            raise Declined(answer["error"][:60])
        if not answer.get("code"):
            raise NotTrusted("no code")
        tokens = self._redeem(about, answer["code"], attempt.verifier)
        claims = self._verified(tokens.get("id_token"))
        wrong = wrong_claim(claims, self.issuer, self.client_id, attempt.nonce, now().timestamp())
        if wrong:
            raise NotTrusted(f"claim {wrong}")
        return claims if claims.get("email") else self._with_userinfo(about, claims, tokens.get("access_token"))

    def check(self) -> None:
        """Whether the provider can be used. Raises ProviderDown with the reason."""
        self._discover()
        self._fetch_keys()

    def _client(self, method: str = "client_secret_basic") -> OAuth2Session:
        return OAuth2Session(
            self.client_id,
            self._secret,
            scope=SCOPE,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method=method,
        )

    def _discover(self) -> dict[str, Any]:
        found = _document(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise ProviderDown(f"the discovery document names another issuer: {found.get('issuer')!r}")
        for name in ENDPOINTS:
            self._check_address(name, found.get(name))
        if "userinfo_endpoint" in found:
            self._check_address("userinfo_endpoint", found["userinfo_endpoint"])
        return found

    def _check_address(self, name: str, value: Any) -> None:
        schemes = ("https", "http") if self._plain else ("https",)
        try:
            parts = urlsplit(value if isinstance(value, str) and value.isprintable() else "")
            good = parts.scheme in schemes and bool(parts.hostname) and " " not in value
        except ValueError:
            good = False
        if not good:
            raise ProviderDown(f"the discovery document has no good {name}")

    def _fetch_keys(self) -> list[tuple[str | None, str, Key]]:
        """(kid, key type, key) of each key that signs; one of a kind that we do not know is passed over."""
        found = _document(self._about.get()["jwks_uri"]).get("keys")
        keys = []
        for data in found if isinstance(found, list) else []:
            with suppress(JoseError, ValueError, TypeError, KeyError, AttributeError):
                if data["kty"] in KEY_TYPES.values() and data.get("use", "sig") == "sig":
                    public: dict[str, Any] = {name: value for name, value in data.items() if isinstance(value, str)}
                    keys.append((public.get("kid"), public["kty"], import_key(public)))
        if not keys:
            raise ProviderDown("no key that signs")
        return keys

    def _redeem(self, about: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        supported = about.get("token_endpoint_auth_methods_supported")
        posting = isinstance(supported, list) and "client_secret_post" in supported
        client = self._client("client_secret_post" if posting else "client_secret_basic")
        try:
            tokens = client.fetch_token(
                about["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
            if not isinstance(tokens, Mapping):
                raise ProviderDown("no tokens")
        except AuthlibBaseError as fault:
            if fault.error == "invalid_grant":
                raise Stale("invalid_grant") from None
            raise ProviderDown(f"no tokens: {fault.error}") from None  # our own secret is wrong, for example
        except (requests.RequestException, ValueError, TypeError, AttributeError) as fault:
            raise ProviderDown(f"no tokens: {type(fault).__name__}") from None
        finally:
            client.close()
        return tokens

    def _verified(self, token: Any) -> dict[str, Any]:
        """The claims of an ID token that the provider signed."""
        try:
            header = jws.extract_compact(token.encode(), registry=REGISTRY).headers()
        except (JoseError, ValueError, TypeError, AttributeError):
            raise NotTrusted("no ID token") from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in KEY_TYPES:
            raise NotTrusted("algorithm")
        for key in self._fitting(KEY_TYPES[algorithm], kid):
            with suppress(JoseError, ValueError, TypeError):
                claims = jwt.decode(token, key, registry=REGISTRY).claims
                if isinstance(claims, dict):
                    return claims
        raise NotTrusted("signature")

    def _fitting(self, kind: str, kid: Any) -> Iterator[Key]:
        """The keys that may have signed: those that are kept, then, as the provider may have new ones, those of now."""
        for ask in (self._keys.get, self._keys.newer):
            for name, its_kind, key in ask():
                if its_kind == kind and (kid is None or name == kid):
                    yield key

    def _with_userinfo(self, about: Mapping[str, Any], claims: dict[str, Any], access_token: Any) -> dict[str, Any]:
        if "userinfo_endpoint" not in about or not isinstance(access_token, str):
            return claims
        told = _document(about["userinfo_endpoint"], {"Authorization": f"Bearer {access_token}"})
        if told.get("sub") != claims["sub"]:
            raise NotTrusted("userinfo of somebody else")
        return claims | {name: told[name] for name in ("email", "email_verified", "name") if name in told}


def _document(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A JSON object from the provider: no redirect is followed, and no more is read than such a document has."""
    asked = {"Accept": "application/json", **(headers or {})}
    body = b""
    try:
        with requests.get(address, headers=asked, timeout=TIMEOUT_S, allow_redirects=False, stream=True) as answer:
            for piece in answer.iter_content(65536):
                body += piece
                if len(body) > LARGEST:
                    raise ProviderDown("too large")
        found = json.loads(body) if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as fault:
        raise ProviderDown(type(fault).__name__) from None
    if not isinstance(found, dict):
        raise ProviderDown(f"status {answer.status_code}, or no JSON object")
    return found


def provider() -> Provider | None:
    """The provider of this installation; None without the settings. One a process: it keeps documents."""
    config = current_app.config["KERMESSE"]
    if not config["OIDC_ISSUER"]:
        return None
    kept: Provider | None = current_app.extensions.get("kermesse_openid")
    if kept is None or kept.issuer != config["OIDC_ISSUER"]:
        kept = current_app.extensions["kermesse_openid"] = Provider(
            config["OIDC_ISSUER"],
            config["OIDC_CLIENT_ID"],
            config["OIDC_CLIENT_SECRET"],
            f"{config.base_url}/account/sso/return",
            plain=not config.production,
        )
    return kept
