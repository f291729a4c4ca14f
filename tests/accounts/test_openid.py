"""How the provider's documents are kept, and which addresses in them are followed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.accounts import openid
from app.accounts.openid import Kept, Provider, ProviderDown


def source(*answers: Any) -> tuple[Callable[[], Any], list[Any]]:
    """Something to ask that gives these answers in turn, faults among them, and what is left of them."""
    left = list(answers)

    def ask() -> Any:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask, left


def test_a_document_is_asked_for_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    ask, left = source("one", "two")
    kept = Kept(ask)
    assert [kept.get(), kept.get()] == ["one", "one"]
    monkeypatch.setattr(openid, "KEPT_S", -1)
    assert kept.get() == "two"
    assert left == []


def test_out_of_turn_only_once_in_a_while() -> None:
    ask, left = source("one", "two", "three")
    kept = Kept(ask)
    assert [kept.get(), kept.newer(), kept.newer(), kept.get()] == ["one", "two", "two", "two"]
    assert left == ["three"]


def test_what_is_kept_stands_in_for_what_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    ask, _left = source("one", ProviderDown("x"), ProviderDown("x"))
    kept = Kept(ask)
    assert kept.get() == "one"
    monkeypatch.setattr(openid, "KEPT_S", -1)
    assert kept.get() == "one"
    assert kept.newer() == "one"


def test_a_failure_is_told_at_once_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    ask, left = source(ProviderDown("x"), "one")
    kept = Kept(ask)
    for _ in range(3):
        with pytest.raises(ProviderDown):
            kept.get()
    assert left == ["one"]
    monkeypatch.setattr(openid, "DOWN_S", 0)
    assert kept.get() == "one"


def test_nobody_waits_long_for_another_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that does not answer holds one thread, not all that serve the house."""
    monkeypatch.setattr(openid, "WAIT_S", 0.05)
    asked, answered = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        answered.wait(10)
        return "one"

    kept = Kept(slow)
    first = threading.Thread(target=kept.get)
    first.start()
    assert asked.wait(10)
    with pytest.raises(ProviderDown, match="others wait"):
        kept.get()
    answered.set()
    first.join(10)
    assert kept.get() == "one"


@pytest.mark.parametrize(
    ("value", "good", "plainly"),
    [
        ("https://id.example/token", True, True),
        ("https://id.example:8443/token?realm=x", True, True),
        ("http://id.example/token", False, True),
        ("ftp://id.example/token", False, False),
        ("javascript:alert(1)", False, False),
        ("https:///token", False, False),
        ("https://[::1", False, False),
        ("https://id.example/a b", False, False),
        ("https://id.example/\n", False, False),
        ("/token", False, False),
        (7, False, False),
        (None, False, False),
    ],
)
def test_only_addresses_by_https_are_followed(value: Any, good: bool, plainly: bool) -> None:
    """In development also by HTTP: the provider of a test has no certificate."""
    for plain, fine in ((False, good), (True, plainly)):
        provider = Provider(
            "https://id.example", "us", "secret", "https://fair.example/account/sso/return", plain=plain
        )
        if fine:
            provider._check_address("token_endpoint", value)
            continue
        with pytest.raises(ProviderDown, match="token_endpoint"):
            provider._check_address("token_endpoint", value)
