"""Who would get in by trying, or keep others out; and who must not stay in."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts import services
from app.accounts.models import SignInCode
from app.core import mail
from app.core.clock import now, travel
from app.core.database import db
from app.core.mail import Mail, MailState, Suppressed, queue_mail, suppress
from app.core.transactions import atomic
from app.web.limits import limiter
from tests.accounts.test_sign_in import newest_code, sign_in
from tests.cast import Cast
from tests.cli.house import command
from tests.conftest import Browserlike
from tests.letterbox import Letterbox
from tests.races.test_seats import at_once

EMAIL = "a@home.example"


# ---- trying


def test_many_who_ask_at_once_are_counted_one_by_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each code is six guesses: sixteen windows at once must not have more of them than one after the other."""
    slow = services._new_code

    def slowly(*facts: Any) -> Any:
        time.sleep(0.05)
        return slow(*facts)

    monkeypatch.setattr(services, "_new_code", slowly)

    def ask(number: int) -> int:
        return app.test_client().post("/account/sign-in/", data={"email": EMAIL}).status_code

    answers = at_once(app, ask, 16)
    assert answers.count(303) == services.CODES_AN_HOUR
    assert db.session.scalar(select(func.count()).select_from(SignInCode)) == services.CODES_AN_HOUR


def test_a_password_cannot_be_tried_from_everywhere(cast: Cast, client_for: Browserlike) -> None:
    """By one person's address, known or not, in whatever spelling; signing in itself counts for nothing."""
    with atomic():
        services.set_password(db.session.merge(cast.parent), "a sentence of mine")
    limiter.enabled = True
    limiter.reset()
    try:
        for email in (cast.parent.email, "nobody@nowhere.example"):
            codes = []
            for number in range(22):
                typed = email.upper() if number % 2 else f" {email}"
                form = {"email": typed, "password": f"guess {number}"}
                here = {"REMOTE_ADDR": f"10.0.0.{number}"}
                codes.append(client_for().post("/account/password-sign-in/", data=form, environ_base=here).status_code)
            assert codes == [422] * 20 + [429] * 2, email
        limiter.reset()
        right = {"email": cast.parent.email, "password": "a sentence of mine"}
        assert [client_for().post("/account/password-sign-in/", data=right).status_code for _ in range(25)] == [
            303
        ] * 25
    finally:
        limiter.reset()
        limiter.enabled = False


# ---- mail that came back once


def test_a_code_is_sent_where_mail_came_back_before(app: Flask, letterbox: Letterbox, client_for: Browserlike) -> None:
    with atomic():
        suppress(EMAIL, "550 no such user")
        queue_mail("other", EMAIL, "sign_in_code", "Something else", code="1", link="x", minutes=1)
    client = client_for()
    client.post("/account/sign-in/", data={"email": EMAIL})
    mail.send_due()
    assert [letter["Subject"].split(" ", 1)[1] for letter in letterbox.to(EMAIL)] == ["is your sign-in code"]
    assert db.session.get(Suppressed, EMAIL) is not None, "only asked for, not shown to arrive"
    assert client.post("/account/code/", data={"code": newest_code(EMAIL)}).status_code == 303
    assert db.session.get(Suppressed, EMAIL) is None, "it arrives: other mails go there again"


# ---- what is left of it


def test_the_mail_of_a_code_goes_with_the_code(app: Flask, client_for: Browserlike) -> None:
    client_for().post("/account/sign-in/", data={"email": EMAIL})
    with atomic():
        queue_mail("other", EMAIL, "sign_in_code", "Something else", code="1", link="x", minutes=1)
    mail.send_due()
    for hours, left in ((23, 2), (26, 1)):
        with travel(now() + timedelta(hours=hours)), atomic():
            services.sweep_codes()
        assert db.session.scalar(select(func.count()).select_from(Mail)) == left
    assert db.session.scalars(select(Mail.key)).one() == "other"
    assert db.session.scalar(select(func.count()).select_from(SignInCode)) == 0


def test_what_a_mail_said_is_forgotten_after_a_year(app: Flask) -> None:
    with atomic():
        for key in ("sent", "waits"):
            queue_mail(key, EMAIL, "sign_in_code", "Words", code="123456", link="x", minutes=1)
        db.session.scalars(select(Mail).where(Mail.key == "sent")).one().state = MailState.SENT
    for days, words in ((364, "Words"), (366, "")):
        with travel(now() + timedelta(days=days)):
            mail.sweep()
        db.session.expire_all()
        row = db.session.scalars(select(Mail).where(Mail.key == "sent")).one()
        assert (row.subject, "123456" in row.text + row.html) == (words, bool(words))
        db.session.rollback()
    assert "123456" in db.session.scalars(select(Mail.text).where(Mail.key == "waits")).one()


# ---- shut out


def test_who_is_shut_out_is_out_at_once_and_stays_out(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    with atomic():
        services.set_password(db.session.merge(cast.parent), "a sentence of mine")
    client = client_for()
    email = cast.parent.email
    sign_in(client, email)
    assert client.get("/account/").status_code == 200
    said = command(app, "user", "disable", f" {email.upper()}")
    assert (said.exit_code, said.output) == (0, f"{email} is shut out\n")
    assert client.get("/account/").status_code == 303
    fresh = client_for()
    fresh.post("/account/sign-in/", data={"email": email})
    assert fresh.post("/account/code/", data={"code": newest_code(email)}).status_code == 422
    right = {"email": email, "password": "a sentence of mine"}
    assert fresh.post("/account/password-sign-in/", data=right).status_code == 422
    assert command(app, "user", "enable", email).output == f"{email} may sign in\n"
    assert client.get("/account/").status_code == 303, "a session that was ended stays so"
    sign_in(client, email)
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("address", ["nobody@home.example", "not an address"])
def test_shutting_out_nobody_says_so(app: Flask, cast: Cast, address: str) -> None:
    said = command(app, "user", "disable", address)
    assert said.exit_code == 1
    assert said.output.startswith("Error: ")
