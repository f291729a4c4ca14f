"""Signing in by an e-mailed code, from the stranger's first look to the end of every session."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import services
from app.accounts.models import Person, SignInCode
from app.core import clock
from app.core.clock import now, travel
from app.core.database import db
from app.core.mail import Mail
from app.core.transactions import atomic
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS, encodable


def newest_code(email: str) -> str:
    db.session.rollback()
    mail = db.session.scalar(select(Mail).where(Mail.recipient == email.lower()).order_by(Mail.id.desc()))
    return re.search(r"\b(\d{6})\b", mail.text).group(1)


def sign_in(client: FlaskClient, email: str, next_path: str = "/account/") -> str:
    client.post("/account/sign-in/", data={"email": email, "next": next_path})
    return client.post("/account/code/", data={"code": newest_code(email)}).location


def test_a_stranger_is_asked_to_sign_in(client_for: Browserlike) -> None:
    answer = client_for().get("/account/")
    assert answer.status_code == 303
    assert answer.location == "/account/sign-in/?next=/account/"


def test_a_code_signs_in_somebody_new_and_leads_back(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    assert sign_in(client, "New.Person@Example.org", "/events/") == "/events/"
    person = db.session.scalar(select(Person))
    assert person.email == "new.person@example.org"
    assert person.verified_at is not None
    assert client.get("/account/").status_code == 200


def test_known_and_unknown_addresses_are_told_the_same(cast: Cast, client_for: Browserlike) -> None:
    pages = []
    for email in (cast.parent.email, "nobody@nowhere.example"):
        client = client_for()
        page = client.post("/account/sign-in/", data={"email": email}, follow_redirects=True).text
        pages.append(re.sub(r'nonce="[^"]+"', "", page.replace(email, "X")))
    assert pages[0] == pages[1]


def test_a_wrong_code_says_so_and_six_end_it(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    client.post("/account/sign-in/", data={"email": "a@home.example"})
    right = newest_code("a@home.example")
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(services.CODE_ATTEMPTS):
        answer = client.post("/account/code/", data={"code": wrong})
        assert answer.status_code == 422
        assert "not the code" in answer.text
    assert "tried too often" in client.post("/account/code/", data={"code": right}).text
    assert client.get("/account/").status_code == 303


def test_a_code_is_good_once_and_only_in_its_browser(app: Flask, client_for: Browserlike) -> None:
    mine, other = client_for(), client_for()
    mine.post("/account/sign-in/", data={"email": "a@home.example"})
    code = newest_code("a@home.example")
    assert other.post("/account/code/", data={"code": code}).location == "/account/sign-in/"
    with mine.session_transaction() as session:
        kept = dict(session)
    assert mine.post("/account/code/", data={"code": code}).status_code == 303
    with other.session_transaction() as session:
        session.update(kept)
    assert other.post("/account/code/", data={"code": code}).status_code == 422


def test_a_code_expires(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    client.post("/account/sign-in/", data={"email": "a@home.example"})
    with clock.travel(clock.now() + services.CODE_LIFE + timedelta(seconds=1)):
        assert "had its day" in client.post("/account/code/", data={"code": newest_code("a@home.example")}).text


def test_an_address_gets_only_so_many_codes_an_hour(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    for _ in range(services.CODES_AN_HOUR):
        assert client.post("/account/sign-in/", data={"email": "a@home.example"}).status_code == 303
    assert client.post("/account/sign-in/", data={"email": "a@home.example"}).status_code == 422


def test_the_link_signs_in_after_a_button_and_once(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    client.post("/account/sign-in/", data={"email": "a@home.example"})
    db.session.rollback()
    text = db.session.scalar(select(Mail.text))
    link = re.search(r"http://localhost(/account/link/\S+)", text).group(1)
    elsewhere = client_for()
    assert elsewhere.get(link).status_code == 200
    assert elsewhere.get("/account/").status_code == 303
    assert elsewhere.post(link).status_code == 303
    assert elsewhere.get("/account/").status_code == 200
    assert client_for().post(link).status_code == 410


def test_the_code_is_kept_only_as_a_keyed_hash(app: Flask, client_for: Browserlike) -> None:
    client_for().post("/account/sign-in/", data={"email": "a@home.example"})
    row = db.session.scalar(select(SignInCode))
    assert newest_code("a@home.example") not in (row.code_hash, row.link_hash, row.browser)


def test_sign_out_everywhere_ends_other_sessions(cast: Cast, client_for: Browserlike) -> None:
    phone, laptop = client_for(cast.parent), client_for(cast.parent)
    assert phone.get("/account/").status_code == 200
    assert laptop.post("/account/sign-out-everywhere").status_code == 303
    assert phone.get("/account/").status_code == 303


def test_a_disabled_person_is_out_at_once(cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    assert client.get("/account/").status_code == 200
    with atomic():
        db.session.get(Person, cast.parent.id).active = False
    assert client.get("/account/").status_code == 303


def test_a_password_is_optional_and_ends_other_sessions(cast: Cast, client_for: Browserlike) -> None:
    mine, other = client_for(cast.parent), client_for(cast.parent)
    assert mine.post("/account/password/", data={"password": "short"}).status_code == 422
    assert mine.post("/account/password/", data={"password": "a sentence of mine"}).status_code == 303
    assert mine.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 303
    fresh = client_for()
    wrong = fresh.post("/account/password-sign-in/", data={"email": cast.parent.email, "password": "no"})
    assert wrong.status_code == 422
    right = {"email": cast.parent.email, "password": "a sentence of mine"}
    assert fresh.post("/account/password-sign-in/", data=right).status_code == 303


def test_a_password_is_set_only_by_who_just_signed_in_and_they_are_told(cast: Cast, client_for: Browserlike) -> None:
    left_open = client_for(cast.parent)
    with travel(now() + timedelta(minutes=16)):
        page = left_open.get("/account/password/")
        assert cast.parent.email in page.text and 'name="password"' not in page.text
        answer = left_open.post("/account/password/", data={"password": "a sentence of another"})
        assert (answer.status_code, answer.location) == (303, "/account/code/")
        right = {"email": cast.parent.email, "password": "a sentence of another"}
        assert client_for().post("/account/password-sign-in/", data=right).status_code == 422
        again = left_open.post("/account/code/", data={"code": newest_code(cast.parent.email)})
        assert again.location == "/account/password/"
        assert 'name="password"' in left_open.get("/account/password/").text
        assert left_open.post("/account/password/", data={"password": "a sentence of mine"}).location == "/account/"
    (told,) = db.session.scalars(select(Mail).where(Mail.key.startswith("password:")))
    assert told.recipient == cast.parent.email and "http://localhost/account/" in told.text
    assert "a sentence" not in told.text + told.html


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_never_leads_to_another_site(app: Flask, client_for: Browserlike, target: str) -> None:
    assert sign_in(client_for(), "a@home.example", target) == "/"


def test_nasty_input_is_refused_kindly(cast: Cast, client_for: Browserlike) -> None:
    stranger, parent, admin = client_for(), client_for(cast.parent), client_for(cast.admin)
    stranger.post("/account/sign-in/", data={"email": "a@home.example"})
    forms = (
        (stranger, "/account/sign-in/", "email"),
        (stranger, "/account/sign-in/", "next"),
        (stranger, "/account/code/", "code"),
        (stranger, "/account/password-sign-in/", "password"),
        (parent, "/account/", "name"),
        (parent, "/account/", "locale"),
        (admin, "/manage/people/", "email"),
        (admin, "/manage/people/", "role"),
    )
    for client, address, name in forms:
        for text in NASTY_TEXTS:
            answer = client.post(address, data={name: encodable(text)})
            assert answer.status_code in (303, 413, 422), (address, name, text[:30])


def test_only_an_administrator_gives_roles(cast: Cast, client_for: Browserlike) -> None:
    form = {"email": cast.stranger.email, "role": "treasurer"}
    assert client_for().post("/manage/people/", data=form).status_code == 303
    assert client_for(cast.organiser).post("/manage/people/", data=form).status_code == 403
    assert client_for(cast.admin).post("/manage/people/", data=form).status_code == 303
    db.session.rollback()
    assert [role.name for role in db.session.get(Person, cast.stranger.id).roles] == ["treasurer"]


def test_a_role_taken_away_ends_what_it_opened(cast: Cast, client_for: Browserlike) -> None:
    organiser = client_for(cast.organiser)
    assert organiser.get("/manage/").status_code == 200
    address = f"/manage/people/{cast.organiser.id}/roles/organiser/removal"
    assert client_for(cast.admin).post(address).status_code == 303
    assert organiser.get("/manage/").status_code == 303
