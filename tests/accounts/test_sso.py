"""To the organisation's own sign-in and back, over real HTTP, with a provider that misbehaves in every way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from joserfc.jwk import RSAKey
from sqlalchemy import select

from app.accounts import openid
from app.accounts.models import Person
from app.core import clock
from app.core.database import db
from app.core.transactions import Busy
from tests.accounts.sso_helpers import here, identities, opened, person_of, set_out, through
from tests.conftest import Browserlike
from tests.oidc_server import SAMI, Provider, part


@pytest.fixture
def provider(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with opened(app, monkeypatch) as made:
        yield made


def test_without_the_settings_there_is_no_such_way(app: Flask, client_for: Browserlike) -> None:
    assert client_for().get("/account/sso/").status_code == 404
    assert client_for().get("/account/sso/return?state=x&code=y").status_code == 404
    assert "/account/sso/" not in client_for().get("/account/sign-in/").text


def test_the_button_stands_first_and_the_code_below(provider: Provider, client_for: Browserlike) -> None:
    page = client_for().get("/account/sign-in/?next=/events/")
    button = page.text.index('href="/account/sso/?next=/events/"')
    assert "Sign in through UNOG" in page.text
    assert button < page.text.index('name="email"')
    assert "form-action 'self';" in page.headers["Content-Security-Policy"] + ";"


def test_somebody_new_comes_in_and_is_led_back(provider: Provider, client_for: Browserlike) -> None:
    client = client_for()
    answer = through(client, provider, "/events/?q=room")
    assert (answer.status_code, answer.location) == (303, "/events/?q=room")
    assert answer.headers["Cache-Control"] == "no-store"
    sami = person_of("sami@agency.example")
    assert (sami.name, sami.verified_at is not None, sami.roles) == ("Sami Staff", True, [])
    assert "sami@agency.example · staff" in client.get("/account/").text
    (identity,) = identities()
    assert (identity.issuer, identity.subject, identity.person_id) == (provider.url, "sami-1", sami.id)


def test_what_is_asked_of_the_provider(provider: Provider, client_for: Browserlike) -> None:
    address = set_out(client_for())
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"] == "openid email profile"
    assert asked["redirect_uri"] == "http://localhost/account/sso/return"
    assert asked["code_challenge_method"] == "S256"
    assert "prompt" not in asked
    assert "prompt=select_account" in set_out(client_for(), again="1")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"], None])
@pytest.mark.parametrize("kind", ["RSA", "EC"])
def test_both_ways_to_show_our_secret_and_both_kinds_of_key(
    provider: Provider, client_for: Browserlike, methods: Any, kind: str
) -> None:
    provider.about = {"token_endpoint_auth_methods_supported": methods}
    provider.rotate(kind)
    assert through(client_for(), provider).status_code == 303


def test_documents_are_asked_for_once(provider: Provider, client_for: Browserlike) -> None:
    for _ in range(3):
        assert through(client_for(), provider).status_code == 303
    assert provider.calls.count("/.well-known/openid-configuration") == 1
    assert provider.calls.count("/keys") == 1


def test_new_keys_are_noticed_but_not_asked_for_again_and_again(provider: Provider, client_for: Browserlike) -> None:
    assert through(client_for(), provider).status_code == 303
    provider.rotate()
    assert through(client_for(), provider).status_code == 303
    provider.rotate()
    for _ in range(3):
        assert through(client_for(), provider).status_code == 403
    assert provider.calls.count("/keys") == 2


def test_a_key_without_a_name_and_kinds_that_we_do_not_know(provider: Provider, client_for: Browserlike) -> None:
    def nameless(claims: dict[str, Any]) -> str:
        from joserfc import jwt

        return jwt.encode({"alg": "RS256"}, claims, provider.keys[0])

    provider.sign = nameless
    provider.keys = [RSAKey.generate_key(2048), *provider.keys]
    good = provider.answer
    odd = [{"kty": "AKP", "kid": "x"}, {"kty": "EC", "crv": "P-999"}, "no key", {"kty": "RSA", "n": 7}]

    def with_odd_keys(path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        status, told = good(path, form, authorization)
        return status, (told | {"keys": [*odd, *told["keys"]]} if path == "/keys" else told)

    provider.keys[0], provider.keys[1] = provider.keys[1], provider.keys[0]
    provider.answer = with_odd_keys  # type: ignore[method-assign]
    assert through(client_for(), provider).status_code == 303


def test_a_token_without_an_address_is_completed_from_userinfo(provider: Provider, client_for: Browserlike) -> None:
    provider.user = {"sub": "sami-1"}
    provider.told = SAMI
    assert through(client_for(), provider).status_code == 303
    assert person_of("sami@agency.example").name == "Sami Staff"


# Refusals


def claims(**changes: Any) -> Callable[[Provider], None]:
    return lambda provider: provider.claims.update(changes)


def signing(name: str) -> Callable[[Provider], None]:
    return lambda provider: setattr(provider, "sign", getattr(provider, name))


def foreign_key(provider: Provider) -> None:
    stranger = RSAKey.generate_key(2048)
    provider.sign = lambda claims: provider.signed(claims, stranger, kid=provider.keys[0].kid)


def unknown_key(provider: Provider) -> None:
    stranger = RSAKey.generate_key(2048)
    stranger.ensure_kid()
    provider.sign = lambda claims: provider.signed(claims, stranger)


def back(**query: str) -> Callable[[Provider], None]:
    return lambda provider: provider.back.update(query)


def about(**changes: Any) -> Callable[[Provider], None]:
    return lambda provider: provider.about.update(changes)


def broken(path: str, how: int | float) -> Callable[[Provider], None]:
    return lambda provider: provider.broken.update({path: how})


def token(text: str) -> Callable[[Provider], None]:
    return lambda provider: setattr(provider, "sign", lambda claims: text)


def userinfo(**told: Any) -> Callable[[Provider], None]:
    def change(provider: Provider) -> None:
        provider.user, provider.told = {"sub": "sami-1"}, told

    return change


NOT_RELIED_ON = "What UNOG sent could not be relied on"
SILENT = "UNOG does not answer just now"
REFUSALS = {
    "a wrong nonce": (claims(nonce="another"), 403, NOT_RELIED_ON),
    "no nonce": (claims(nonce=None), 403, NOT_RELIED_ON),
    "for somebody else": (claims(aud="another"), 403, NOT_RELIED_ON),
    "for us and somebody else": (claims(aud=["kermesse", "another"]), 403, NOT_RELIED_ON),
    "made for somebody else": (claims(azp="another"), 403, NOT_RELIED_ON),
    "of another issuer": (claims(iss="https://id.example"), 403, NOT_RELIED_ON),
    "expired": (claims(exp=1_000_000_000), 403, NOT_RELIED_ON),
    "from tomorrow": (claims(iat=4_000_000_000), 403, NOT_RELIED_ON),
    "about nobody": (claims(sub=None), 403, NOT_RELIED_ON),
    "alg none": (signing("unsigned"), 403, NOT_RELIED_ON),
    "HS256 with the public key": (signing("signed_with_what_is_public"), 403, NOT_RELIED_ON),
    "a foreign key under a known name": (foreign_key, 403, NOT_RELIED_ON),
    "a foreign key": (unknown_key, 403, NOT_RELIED_ON),
    "no token": (token(""), 403, NOT_RELIED_ON),
    "an algorithm that is a list": (token(f"{part({'alg': ['RS256']})}.{part({})}.x"), 403, NOT_RELIED_ON),
    "signed by nothing that we know": (token(f"{part({'alg': 'PS256'})}.{part({})}.x"), 403, NOT_RELIED_ON),
    "a list for claims": (lambda provider: setattr(provider, "sign", lambda _: provider.signed_text(b"[1]")), 403, NOT_RELIED_ON),
    "half a token": (token("a.b"), 403, NOT_RELIED_ON),
    "a token of nonsense": (token("é.ü.\ud83d"), 403, NOT_RELIED_ON),
    "an encrypted token": (token("a.b.c.d.e"), 403, NOT_RELIED_ON),
    "an answer of another issuer": (back(iss="https://id.example"), 403, NOT_RELIED_ON),
    "an answer without the issuer that it promised": (
        about(authorization_response_iss_parameter_supported=True), 403, NOT_RELIED_ON,
    ),
    "no code": (back(code=""), 403, NOT_RELIED_ON),
    "userinfo of somebody else": (userinfo(**SAMI | {"sub": "tom"}), 403, NOT_RELIED_ON),
    "declined": (back(code="", error="access_denied"), 403, "You did not come in through UNOG"),
    "declined with markup": (back(code="", error="<b>", error_description="<i>x"), 403, "You did not come in through UNOG"),
    "too busy": (back(code="", error="temporarily_unavailable"), 503, SILENT),
    "a code that is not theirs": (back(code="made-up"), 400, "begun too long ago"),
    "a strange state": (back(state="made-up"), 400, "begun too long ago"),
    "not verified": (claims(email_verified=False), 403, "does not say that your e-mail address is really yours"),
    "nothing said about it": (claims(email_verified=None), 403, "does not say that your e-mail address is really yours"),
    "verified in words": (claims(email_verified="true"), 403, "does not say that your e-mail address is really yours"),
    "no address": (claims(email=None), 403, "did not tell your e-mail address"),
    "no good address": (claims(email="sami@@agency.example"), 403, "did not tell your e-mail address"),
    "two addresses": (claims(email=["a@agency.example"]), 403, "did not tell your e-mail address"),
    "an address from elsewhere": (claims(email="sami@home.example"), 403, "outside the organisation"),
    "token page broken": (broken("/token", 500), 503, SILENT),
    "token page moved": (broken("/token", 302), 503, SILENT),
    "keys broken": (broken("/keys", 500), 503, SILENT),
    "userinfo broken": (lambda provider: (userinfo(**SAMI)(provider), broken("/userinfo", 500)(provider)), 503, SILENT),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_nobody_comes_in_by(provider: Provider, client_for: Browserlike, case: str) -> None:
    misbehave, status, words = REFUSALS[case]
    misbehave(provider)
    client = client_for()
    answer = through(client, provider, "/events/")
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert "<b>" not in answer.text and "<i>" not in answer.text
    assert 'name="email"' in answer.text  # the code by mail is offered
    assert client.get("/account/").status_code == 303
    assert db.session.scalars(select(Person)).all() == []
    if "strange state" not in case:
        assert 'name="next" type="hidden" value="/events/"' in answer.text


DOWN = {
    "discovery broken": broken("/.well-known/openid-configuration", 500),
    "discovery moved": broken("/.well-known/openid-configuration", 301),
    "another issuer": about(issuer="https://id.example"),
    "no token page": about(token_endpoint=None),
    "a token page elsewhere": about(token_endpoint="file:///etc/passwd"),
    "a list": about(jwks_uri=["x"]),
    "a broken address": about(authorization_endpoint="http://[::1"),
    "an address with a space": about(authorization_endpoint="http://127.0.0.1/a b"),
}


@pytest.mark.parametrize("case", DOWN)
def test_a_provider_that_cannot_be_used_is_told_and_the_code_offered(
    provider: Provider, client_for: Browserlike, case: str
) -> None:
    DOWN[case](provider)
    answer = client_for().get("/account/sso/?next=/events/")
    assert answer.status_code == 503
    assert SILENT in answer.text
    assert 'name="email"' in answer.text


def test_a_slow_provider_holds_nobody_for_long(
    provider: Provider, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "TIMEOUT_S", 0.2)
    provider.broken = {"/.well-known/openid-configuration": 1.0}
    for _ in range(3):
        assert SILENT in client_for().get("/account/sso/").text
    assert len(provider.calls) == 1  # whoever comes in the next seconds is told at once
    provider.broken = {"/token": 1.0}
    monkeypatch.setattr(openid, "DOWN_S", 0)
    assert SILENT in through(client_for(), provider).text


def test_a_provider_that_is_gone(app: Flask, provider: Provider, client_for: Browserlike) -> None:
    app.config["KERMESSE"].values["OIDC_ISSUER"] = "http://127.0.0.1:9"  # nobody listens there
    assert client_for().get("/account/sso/").status_code == 503


def test_a_return_is_good_once_and_only_in_its_browser(provider: Provider, client_for: Browserlike) -> None:
    mine, other = client_for(), client_for()
    way = here(provider.come_back(set_out(mine)))
    with mine.session_transaction() as session:
        kept = dict(session)
    assert other.get(way).status_code == 400
    assert mine.get(way).status_code == 303
    assert mine.get(way).status_code == 400  # the attempt is over
    with other.session_transaction() as session:
        session.update(kept)
    assert other.get(way).status_code == 400  # the code is over
    assert other.get("/account/").status_code == 303


def test_two_windows_at_once(provider: Provider, client_for: Browserlike) -> None:
    client = client_for()
    first, second = set_out(client, "/events/"), set_out(client, "/galleries/")
    assert client.get(here(provider.come_back(first))).location == "/events/"
    assert client.get(here(provider.come_back(second))).status_code == 400  # signed in: the rest of the session went


def test_an_attempt_that_took_too_long(provider: Provider, client_for: Browserlike) -> None:
    client = client_for()
    way = here(provider.come_back(set_out(client, "/events/")))
    with clock.travel(clock.now() + timedelta(minutes=31)):
        answer = client.get(way)
    assert answer.status_code == 400
    assert 'value="/events/"' in answer.text


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/" + "x" * 500])
def test_it_never_leads_to_another_site(provider: Provider, client_for: Browserlike, target: str) -> None:
    assert through(client_for(), provider, target).location == "/account/"


@pytest.mark.parametrize(
    "query", ["", "?state=x", "?state=%00", "?state=x&code=y", "?error=access_denied", "?iss=x&state=" + "x" * 3000]
)
def test_a_return_that_nobody_set_out_for(provider: Provider, client_for: Browserlike, query: str) -> None:
    assert client_for().get(f"/account/sso/return{query}").status_code == 400
    assert provider.calls == []


def test_it_goes_through_when_the_database_was_busy(
    provider: Provider, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is good once, so the view itself must not be run again."""
    from app.accounts import sso

    enter, tries = sso.enter, []

    def busy_first(*arguments: Any) -> sso.Entered:
        tries.append(1)
        if len(tries) < 2:
            raise Busy
        return enter(*arguments)

    monkeypatch.setattr(sso, "enter", busy_first)
    assert through(client_for(), provider).status_code == 303
    assert provider.calls.count("/token") == 1


def test_nothing_waits_for_the_provider_inside_a_transaction(
    app: Flask, provider: Provider, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.accounts.services import find_or_create
    from app.core.transactions import atomic

    with atomic():
        somebody = find_or_create("tom@home.example")
    inside: list[bool] = []
    for name in ("begin", "finish"):
        good = getattr(openid.Provider, name)

        def watched(self: Any, *arguments: Any, good: Any = good, **named: Any) -> Any:
            inside.append(db.session().in_transaction())
            return good(self, *arguments, **named)

        monkeypatch.setattr(openid.Provider, name, watched)
    assert through(client_for(somebody), provider).status_code == 303
    assert inside == [False, False]
