"""Whose account an identity of the organisation's provider opens, and for whom that makes them staff."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import sso, sso_views
from app.accounts.models import Person
from app.accounts.queries import STAFF_FOR, is_staff
from app.accounts.services import find_or_create
from app.core import clock
from app.core.database import db
from app.core.transactions import atomic
from app.events.models import Audience
from tests.accounts.sso_helpers import here, identities, opened, person_of, set_out, through
from tests.accounts.test_sign_in import newest_code
from tests.cast import Cast
from tests.cli.house import command
from tests.conftest import Browserlike
from tests.events.helpers import mails, make_event
from tests.oidc_server import SAMI, Provider


@pytest.fixture
def provider(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with opened(app, monkeypatch) as made:
        yield made


@pytest.fixture
def open_provider(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """One whose directory also has people with private addresses."""
    with opened(app, monkeypatch, OIDC_DOMAINS=("*",)) as made:
        yield made


def change(person: Person, **values: Any) -> None:
    with atomic():
        row = db.session.get_one(Person, person.id)
        for name, value in values.items():
            setattr(row, name, value)


def test_a_known_person_is_joined_and_told(provider: Provider, cast: Cast, client_for: Browserlike) -> None:
    client = client_for()
    assert through(client, provider).status_code == 303
    assert [row.person_id for row in identities()] == [cast.staff.id]
    assert "Sami Staff" in client.get("/account/").text
    (mail,) = mails("sso-joined")
    assert mail.recipient == "sami@agency.example"
    assert "UNOG" in mail.subject and "A second way in" in mail.text
    through(client_for(), provider)
    assert len(mails("sso-joined")) == 1


def test_somebody_who_was_only_written_down_is_joined(provider: Provider, client_for: Browserlike) -> None:
    with atomic():
        somebody = find_or_create("sami@agency.example")
    through(client_for(), provider)
    sami = person_of("sami@agency.example")
    assert (sami.id, sami.name, sami.verified_at is not None) == (somebody.id, "Sami Staff", True)
    assert mails("sso-joined") == []


def test_roles_stay_what_they_were(provider: Provider, cast: Cast, client_for: Browserlike) -> None:
    provider.user = SAMI | {"sub": "olga-1", "email": cast.organiser.email, "groups": ["admin"], "roles": ["admin"]}
    client = client_for()
    through(client, provider)
    assert client.get("/manage/").status_code == 200
    assert [role.name for role in person_of(cast.organiser.email).roles] == ["organiser"]


def test_a_changed_address_is_the_same_person(provider: Provider, cast: Cast, client_for: Browserlike) -> None:
    through(client_for(), provider)
    provider.user = SAMI | {"email": "sami.new@agency.example"}
    client = client_for()
    assert through(client, provider).status_code == 303
    page = client.get("/account/").text
    assert "UNOG now gives sami.new@agency.example as your address" in page
    assert person_of("sami@agency.example").id == cast.staff.id
    assert [row.email for row in identities()] == ["sami.new@agency.example"]
    assert db.session.scalar(select(Person).where(Person.email == "sami.new@agency.example")) is None
    through(client, provider)
    assert "now gives" not in client.get("/account/").text  # told once


def test_a_reused_address_opens_nobodys_account(provider: Provider, cast: Cast, client_for: Browserlike) -> None:
    through(client_for(), provider)
    provider.user = SAMI | {"sub": "sami-2", "name": "Another Sami"}
    client = client_for()
    answer = through(client, provider)
    assert answer.status_code == 403
    assert "belongs to an account of somebody else here" in answer.text
    assert 'name="email"' not in answer.text  # a code would open it all the same
    assert client.get("/account/").status_code == 303
    assert [row.subject for row in identities()] == ["sami-1"]


def test_an_administrator_lets_an_address_join_anew(
    app: Flask, provider: Provider, cast: Cast, client_for: Any
) -> None:
    through(client_for(), provider)
    provider.user = SAMI | {"sub": "sami-2"}
    assert command(app, "user", "forget-sso", "Sami@agency.example").output == "forgotten\n"
    assert command(app, "user", "forget-sso", "sami@agency.example").output == "nothing was kept\n"
    assert command(app, "user", "forget-sso", "sami").exit_code == 1
    assert through(client_for(), provider).status_code == 303
    assert [(row.subject, row.person_id) for row in identities()] == [("sami-2", cast.staff.id)]


def test_an_administrator_does_so_on_the_page_of_people(provider: Provider, cast: Cast, client_for: Any) -> None:
    path = f"/manage/people/{cast.staff.id}/sso/removal"
    assert client_for().post(path).location.startswith("/account/sign-in/")
    assert client_for(cast.organiser).post(path).status_code == 403
    admin = client_for(cast.admin)
    assert "Forget the sign-in" not in admin.get("/manage/people/").text
    through(client_for(), provider)
    page = admin.get("/manage/people/").text
    assert page.count("Forget the sign-in through UNOG") == 1 and path in page
    assert admin.post(path).status_code == 303
    assert identities() == []
    assert admin.post("/manage/people/999/sso/removal").status_code == 303  # nothing to forget


def test_an_address_that_left_the_domain_does_not_come_in(provider: Provider, cast: Cast, client_for: Any) -> None:
    through(client_for(), provider)
    provider.user = SAMI | {"email": "sami@home.example"}
    assert "outside the organisation" in through(client_for(), provider).text
    provider.user = SAMI | {"email_verified": False}
    assert through(client_for(), provider).status_code == 403


def test_who_is_disabled_here_stays_out(provider: Provider, cast: Cast, client_for: Browserlike) -> None:
    change(cast.staff, active=False)
    for _ in range(2):  # before and after the provider's account is known
        answer = through(client_for(), provider)
        assert (answer.status_code, "Your account here is closed" in answer.text) == (403, True)
        assert 'name="email"' not in answer.text
        change(cast.staff, active=True)
        through(client_for(), provider)
        change(cast.staff, active=False)


def test_a_session_ends_when_somebody_is_disabled(provider: Provider, cast: Cast, client_for: Browserlike) -> None:
    client = client_for()
    through(client, provider)
    assert client.get("/account/").status_code == 200
    change(cast.staff, active=False)
    assert client.get("/account/").status_code == 303


def test_two_subjects_are_two_people(provider: Provider, client_for: Browserlike) -> None:
    through(client_for(), provider)
    provider.user = SAMI | {"sub": "tom-1", "email": "tom@agency.example", "name": "Tom\u202e"}
    through(client_for(), provider)
    assert person_of("tom@agency.example").name == ""  # not a name that can be kept
    assert len({row.person_id for row in identities()}) == 2


def test_another_provider_later_is_another_identity(
    app: Flask, monkeypatch: pytest.MonkeyPatch, cast: Cast, client_for: Any
) -> None:
    for _ in range(2):
        with opened(app, monkeypatch) as made:
            assert through(client_for(), made).status_code == 303
    assert [row.person_id for row in identities()] == [cast.staff.id] * 2


# Addresses that the provider does not decide about


def test_a_private_address_in_the_directory_is_staff_and_lapses(
    open_provider: Provider, client_for: Browserlike
) -> None:
    event = make_event(audience=Audience.STAFF)
    open_provider.user = {"sub": "cons-1", "email": "cleo@home.example", "email_verified": True}
    client = client_for()
    through(client, open_provider)
    cleo = person_of("cleo@home.example")
    assert is_staff(cleo)
    assert client.get(f"/events/{event.slug}/").status_code == 200
    with clock.travel(clock.now() + STAFF_FOR + timedelta(minutes=1)):
        assert not is_staff(cleo)
        answer = client.get(f"/events/{event.slug}/")
    assert answer.status_code == 403
    assert f'href="/account/sso/?next=/events/{event.slug}/"' in answer.text


def test_a_private_address_that_is_known_here_shows_once_that_it_is_theirs(
    open_provider: Provider, cast: Cast, client_for: Browserlike
) -> None:
    open_provider.user = {"sub": "pia-1", "email": cast.parent.email, "email_verified": True}
    client = client_for()
    answer = through(client, open_provider, "/events/")
    assert (answer.status_code, identities()) == (403, [])
    assert "Somebody with your address has an account here already" in answer.text
    # A code to that address, then on through the provider by itself.
    assert 'value="/account/sso/?next=/events/"' in answer.text
    client.post("/account/sign-in/", data={"email": cast.parent.email, "next": "/account/sso/?next=/events/"})
    code = client.post("/account/code/", data={"code": newest_code(cast.parent.email)})
    assert code.location == "/account/sso/?next=/events/"
    answer = client.get(here(open_provider.come_back(client.get(code.location).location)))
    assert answer.location == "/events/"
    assert [row.person_id for row in identities()] == [cast.parent.id]
    assert through(client_for(), open_provider).status_code == 303


def test_who_is_signed_in_does_not_lend_their_account(
    open_provider: Provider, cast: Cast, client_for: Browserlike
) -> None:
    """Signed in as Omar, with Pia's address at the provider: neither account is joined."""
    open_provider.user = {"sub": "pia-1", "email": cast.parent.email, "email_verified": True}
    assert through(client_for(cast.other_parent), open_provider).status_code == 403
    assert identities() == []


def test_staff_by_a_domain_that_the_provider_has_beside_ours(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client_for: Browserlike
) -> None:
    with opened(app, monkeypatch, OIDC_DOMAINS=("sister.example",)) as provider:
        provider.user = SAMI | {"email": "sam@sister.example"}
        through(client_for(), provider)
        assert is_staff(person_of("sam@sister.example"))
        provider.user = SAMI | {"sub": "9"}
        assert through(client_for(), provider).status_code == 403  # our own domain is not this provider's
    monkeypatch.setitem(app.config["KERMESSE"].values, "OIDC_ISSUER", "")
    assert not is_staff(person_of("sam@sister.example"))


def test_a_provider_that_assigns_its_addresses(app: Flask, monkeypatch: pytest.MonkeyPatch, client_for: Any) -> None:
    with opened(app, monkeypatch, OIDC_ASSIGNS_ADDRESSES="yes") as provider:
        provider.claims = {"email_verified": None}
        assert through(client_for(), provider).status_code == 303
        provider.claims = {"email_verified": False}
        assert through(client_for(), provider).status_code == 403


# The way in of a staff event


def test_a_staff_event_leads_there_and_back(provider: Provider, cast: Cast, client_for: Browserlike) -> None:
    event = make_event(audience=Audience.STAFF)
    client = client_for()
    asked = client.get(f"/events/{event.slug}/")
    page = client.get(asked.location).text
    assert f'href="/account/sso/?next=/events/{event.slug}/"' in page
    assert client.get(through(client, provider, f"/events/{event.slug}/").location).status_code == 200


def test_what_was_typed_survives_the_round_trip(provider: Provider, client_for: Browserlike) -> None:
    event = make_event(capacity=9)
    client = client_for()
    path = f"/events/{event.slug}/"
    asked = client.post(f"{path}registrations", data={"name": "Sami S.", "email": "sami@agency.example", "party": "1"})
    assert "Almost there" in client.get(asked.location).text
    assert 'value="Sami S."' in client.get(through(client, provider, path).location).text


# One person's data, and the doctor


def test_it_is_exported_and_erased(app: Flask, provider: Provider, cast: Cast, client_for: Browserlike) -> None:
    through(client_for(), provider)
    provider.user = SAMI | {"email": "sami.new@agency.example"}
    through(client_for(), provider)
    told = json.loads(command(app, "export-person", "sami@agency.example").output)
    (row,) = told["organisation_sign_in"]
    assert (row["issuer"], row["subject"], row["email"]) == (provider.url, "sami-1", "sami.new@agency.example")
    assert command(app, "erase-person", "sami@agency.example").exit_code == 0
    assert identities() == []
    assert mails("sso-joined") == []


def test_the_doctor_asks_the_provider(app: Flask, provider: Provider) -> None:
    assert "organisation sign-in" not in command(app, "doctor").output
    provider.about = {"issuer": "https://id.example"}
    said = command(app, "doctor")
    assert said.exit_code == 1
    assert "! organisation sign-in: the discovery document names another issuer: 'https://id.example'" in said.output


@pytest.mark.parametrize("tries", [3, 1])
def test_two_first_sign_ins_at_the_same_moment(
    app: Flask, engine: str, provider: Provider, client_for: Any, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    """Neither sees the other's account: one of them finds it when it tries again. Without that it is turned away, where two
    can write at once at all."""
    both, make = Barrier(2), sso.find_or_create

    def together(*arguments: Any) -> Person:
        with suppress(BrokenBarrierError):
            both.wait(1)
        return make(*arguments)

    monkeypatch.setattr(sso, "find_or_create", together)
    monkeypatch.setattr(sso_views, "TRIES", tries)
    clients = [client_for(), client_for()]
    ways = [here(provider.come_back(set_out(client))) for client in clients]

    def come_back(number: int) -> int:
        with app.app_context():
            return clients[number].get(ways[number]).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(come_back, (0, 1)))
    assert answers == ([303, 503] if tries == 1 and engine == "postgresql" else [303, 303])
    assert len(identities()) == 1
