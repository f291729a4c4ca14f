"""An application with an organisation's sign-in, and people who use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Person, SsoIdentity
from app.core.database import db
from tests.oidc_server import CLIENT, SECRET, Provider

KEPT = "kermesse_openid"


@contextmanager
def opened(app: Flask, patch: pytest.MonkeyPatch, **changes: Any) -> Iterator[Provider]:
    """A provider that the application signs in through, with settings changed."""
    with Provider() as provider:
        values = {
            "OIDC_ISSUER": provider.url,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET": SECRET,
            "OIDC_NAME": "UNOG",
        }
        for name, value in (values | changes).items():
            patch.setitem(app.config["KERMESSE"].values, name, value)
        app.extensions.pop(KEPT, None)
        yield provider
        app.extensions.pop(KEPT, None)


def set_out(client: FlaskClient, path: str = "/account/", **query: str) -> str:
    """Press the button; returns the address at the provider."""
    answer = client.get("/account/sso/", query_string={"next": path, **query})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def through(client: FlaskClient, provider: Provider, path: str = "/account/") -> Any:
    """Press the button, press the provider's, and come back; returns our answer."""
    return client.get(here(provider.come_back(set_out(client, path))))


def here(address: str) -> str:
    """The path and query of an address of ours."""
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("http", "localhost")
    return f"{parts.path}?{parts.query}"


def person_of(email: str) -> Person:
    """Somebody by their address."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Person).where(Person.email == email)).one()


def identities() -> list[SsoIdentity]:
    """Whom the provider knows people as."""
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(SsoIdentity).order_by(SsoIdentity.id)))
