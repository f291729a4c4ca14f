"""Sending to push services: where it may go, what arrives, and the key that signs it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from py_vapid import Vapid

from app.config import read
from app.core import webpush
from app.core.webpush import BadTarget, Outcome, check, public, send
from tests.conftest import settings
from tests.nasty import NASTY_TEXTS
from tests.pushing import Phone, PushService, push_service


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The settings alone: nothing here asks a database."""
    bare = Flask("bare")
    bare.config["KERMESSE"] = read(settings(DATA_DIR=str(tmp_path)))
    with bare.app_context():
        yield bare


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def production(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config["KERMESSE"].values, "KERMESSE_ENV", "production")


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def found(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


def never_dial(monkeypatch: pytest.MonkeyPatch) -> None:
    def dial(*_: Any) -> None:
        raise AssertionError("an address was dialled")

    monkeypatch.setattr(socket, "create_connection", dial)


def test_only_the_browser_can_read_what_arrives(app: Flask, service: PushService) -> None:
    phones = [service.phone() for _ in range(3)]
    outcomes = send([phone.target for phone in phones], b'{"title": "\xc3\x89t\xc3\xa9"}', topic="lot-1", ttl=60)
    assert outcomes == [Outcome.SENT] * 3
    assert [service.told(phone) for phone in phones] == [[{"title": "Été"}]] * 3
    assert service.faults() == []
    assert all(b"title" not in one.body for one in service.arrived)
    assert len({one.body for one in service.arrived}) == 3


def test_the_key_is_made_once_and_is_ours_alone(app: Flask, service: PushService) -> None:
    path = app.config["KERMESSE"].data_dir / webpush.KEY_FILE
    first = webpush.public_key()
    assert path.stat().st_mode & 0o777 == 0o600
    app.extensions.pop("kermesse_push_key")  # another process
    assert webpush.public_key() == first
    assert [left.name for left in path.parent.glob("push_key*")] == [webpush.KEY_FILE]
    send([service.phone().target], b"{}", topic="lot-1", ttl=60)
    assert f"k={first}" in service.arrived[0].headers["Authorization"]
    assert len(first) == 87 and "PRIVATE" not in first
    assert Vapid.from_pem(path.read_bytes()).public_key


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "sent"), (201, "sent"), (301, "refused"), (307, "refused"), (400, "refused"), (403, "refused"), (404, "gone"),
     (410, "gone"), (413, "refused"), (408, "later"), (429, "later"), (500, "later"), (503, "later")],
)  # fmt: skip
def test_what_an_answer_means(app: Flask, service: PushService, status: int, outcome: str) -> None:
    service.status = status
    assert send([service.phone().target], b"{}", topic="lot-1", ttl=60) == [outcome]
    assert len(service.arrived) == 1  # no redirect is followed


def test_nobody_there_is_later(app: Flask) -> None:
    with push_service() as gone:
        phone = gone.phone()
    assert send([phone.target], b"{}", topic="lot-1", ttl=60) == [Outcome.LATER]


def test_who_speaks_for_ever_is_hung_up_on(app: Flask, service: PushService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webpush, "ANSWER_S", 0.3)
    service.dribble.set()
    assert send([service.phone().target], b"{}", topic="lot-1", ttl=60) == [Outcome.LATER]


# Where it may go

NOWHERE = (
    "", "x", "http://push.example/a", "ftp://push.example/a", "javascript:alert(1)", "//push.example/a", "https://",
    "https:///a", "https://push.example:8443/a", "https://push.example:99999/a", "https://user@push.example/a",
    "https://u:p@push.example/a", "https://localhost/a", "https://127.0.0.1/a", "https://127.1/a", "https://2130706433/a",
    "https://0x7f000001/a", "https://0177.0.0.1/a", "https://[::1]/a", "https://[::ffff:10.0.0.1]/a", "https://10.0.0.1/a",
    "https://169.254.169.254/latest", "https://203.0.113.5/a", "https://push.example/a b", "https://push.example/a\r\nX: y",
    "https://pu\u0161.example/a", "https://push.example./a\x00", "http://localhost.evil.example/a", "http://127.0.0.1.nip.io/a",
    "https://evil.example\\@push.example/", "https://[::1", "https://-push.example/a",
)  # fmt: skip


@pytest.mark.parametrize("endpoint", [*NOWHERE, *NASTY_TEXTS])
def test_no_push_service_is_there(app: Flask, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    never_dial(monkeypatch)
    target = Phone(endpoint).target
    with pytest.raises(BadTarget):
        check(target)
    assert send([target], b"{}", topic="lot-1", ttl=60) == [Outcome.REFUSED]


def test_this_computer_is_none_in_production(app: Flask, production: None, service: PushService) -> None:
    phone = service.phone()
    with pytest.raises(BadTarget):
        check(phone.target)
    assert send([phone.target], b"{}", topic="lot-1", ttl=60) == [Outcome.REFUSED]
    assert service.arrived == []


PRIVATE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:0a00:0001::1",
    "64:ff9b::a00:1", "2001:db8::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_not_dialled(app: Flask, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not public(address)
    never_dial(monkeypatch)
    for found in ([address], ["142.250.74.1", address]):  # one bad address of several is enough
        resolves_to(monkeypatch, *found)
        assert send([Phone("https://push.example.org/a").target], b"{}", topic="t", ttl=60) == [Outcome.REFUSED]


@pytest.mark.parametrize("address", ["142.250.74.1", "2a00:1450:4001::1", "64:ff9b::8efa:4a01"])
def test_what_was_checked_is_what_is_dialled(app: Flask, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[Any] = []

    def dial(at: Any, timeout: float) -> None:
        dialled.append(at)
        raise ConnectionRefusedError

    resolves_to(monkeypatch, address)
    monkeypatch.setattr(socket, "create_connection", dial)
    assert send([Phone("https://push.example.org/a").target], b"{}", topic="t", ttl=60) == [Outcome.LATER]
    assert dialled == [(address, 443)]


@pytest.mark.parametrize("name", ["p256dh", "auth"])
@pytest.mark.parametrize("value", ["", "AAAA", "!!!", "a" * 87, "B" * 5000, "é", "a\x00b"])
def test_what_is_no_key(app: Flask, name: str, value: str) -> None:
    with pytest.raises(BadTarget):
        check(replace(Phone("https://push.example.org/a").target, **{name: value}))
