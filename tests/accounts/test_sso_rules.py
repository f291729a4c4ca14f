"""What of a provider is believed, claim by claim."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.accounts.sso_rules import Told, Trust, refusal, vouched, wrong_claim

AT = 1_800_000_000.0
GOOD: dict[str, Any] = {
    "iss": "https://id.example", "sub": "7", "aud": "us", "iat": AT - 1, "exp": AT + 300, "nonce": "n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, None),
        ({"aud": ["us"]}, None),
        ({"aud": ["us"], "azp": "us"}, None),
        ({"aud": ["us", "them"], "azp": "us"}, None),
        ({"exp": AT - 119}, None),  # clocks differ
        ({"iat": AT + 119}, None),
        ({"nbf": AT}, None),
        ({"iss": "https://id.example/"}, "iss"),
        ({"iss": ["https://id.example"]}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "them"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": "us, them"}, "aud"),
        ({"aud": ["us", "them"]}, "azp"),
        ({"aud": ["us", "them"], "azp": "them"}, "azp"),
        ({"azp": "them"}, "azp"),
        ({"azp": None}, "azp"),
        ({"exp": AT - 120}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": str(AT + 300)}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"exp": float("inf")}, "exp"),
        ({"iat": AT + 121}, "iat"),
        ({"iat": AT - 601}, "iat"),
        ({"iat": None}, "iat"),
        ({"nbf": AT + 121}, "nbf"),
        ({"nbf": "soon"}, "nbf"),
        ({"nonce": "other"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": None}, "sub"),
        ({"sub": "x" * 255}, None),
        ({"sub": "x" * 256}, "sub"),
        ({"sub": "é"}, "sub"),
        ({"sub": "a\x00b"}, "sub"),
    ],
)
def test_a_token_is_for_us_from_now_and_for_this_visitor(changed: dict[str, Any], wrong: str | None) -> None:
    assert wrong_claim(GOOD | changed, "https://id.example", "us", "n", AT) == wrong


@pytest.mark.parametrize("missing", [*GOOD])
def test_no_claim_may_be_missing(missing: str) -> None:
    claims = {name: value for name, value in GOOD.items() if name != missing}
    assert wrong_claim(claims, "https://id.example", "us", "n", AT) == missing


def test_without_a_nonce_of_ours_nothing_is_believed() -> None:
    assert wrong_claim(GOOD | {"nonce": ""}, "https://id.example", "us", "", AT) == "nonce"


OURS = Trust("https://id.example", ("agency.example",))
OPEN = Trust("https://id.example", ("agency.example",), anybody=True)
ASSIGNED = Trust("https://id.example", ("agency.example",), assigned=True)
GOOGLE = Trust("https://accounts.google.com", ("agency.example",))
AGENCY, HOME = "sami@agency.example", "sami@home.example"


@pytest.mark.parametrize(
    ("trust", "email", "verified", "workspace", "reason"),
    [
        (OURS, AGENCY, True, "", None),
        (OURS, AGENCY, False, "", "unverified"),
        (OURS, AGENCY, None, "", "unverified"),
        (OURS, "", True, "", "no_address"),
        (OURS, HOME, True, "", "foreign"),
        (OURS, "sami@sub.agency.example", True, "", "foreign"),
        (OURS, "agency.example@home.example", True, "", "foreign"),
        (OPEN, HOME, True, "", None),
        (OPEN, HOME, False, "", "unverified"),
        (ASSIGNED, AGENCY, None, "", None),
        (ASSIGNED, AGENCY, False, "", "unverified"),  # it does say, and it says no
        (ASSIGNED, HOME, None, "", "foreign"),
        (replace(ASSIGNED, anybody=True), HOME, None, "", "unverified"),  # nobody assigned that one
        (replace(ASSIGNED, anybody=True), AGENCY, None, "", None),
        (GOOGLE, AGENCY, True, "agency.example", None),
        (GOOGLE, AGENCY, True, "", "foreign"),  # a private account, made with an address of the agency
        (GOOGLE, AGENCY, True, "home.example", "foreign"),
    ],
)
def test_an_address_is_taken_from_those_who_may_give_it(
    trust: Trust, email: str, verified: bool | None, workspace: str, reason: str | None
) -> None:
    assert refusal(Told("7", email, verified, workspace=workspace), trust) == reason


def test_the_provider_decides_only_about_the_domains_named() -> None:
    assert vouched(Told("7", AGENCY, True), OPEN)
    assert not vouched(Told("7", HOME, True), OPEN)
