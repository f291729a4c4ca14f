"""What of the organisation's own sign-in is believed. Pure: claims and settings in, a refusal or nothing out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.config import GOOGLE

LEEWAY_S = 120  # how far the provider's clock may be from ours
OLDEST_S = 600  # a token is made while its receiver waits for it
LONGEST_SUBJECT = 255  # OpenID Connect Core, section 2


@dataclass(frozen=True)
class Trust:
    """What the operator says of the provider. `domains` are those whose addresses it may vouch for; `anybody`: others are let
    in as well; `assigned`: those in `domains` count although it says of none that it is verified."""

    issuer: str
    domains: tuple[str, ...]
    anybody: bool = False
    assigned: bool = False


@dataclass(frozen=True)
class Told:
    """What a sound ID token told of a person. `email` is in its normal form, empty if there is none that can be used;
    `verified` is None when nothing was said; `workspace` is Google's name for the organisation of an account."""

    subject: str
    email: str
    verified: bool | None
    name: str = ""
    workspace: str = ""


def wrong_claim(claims: Mapping[str, Any], issuer: str, client_id: str, nonce: str, at: float) -> str | None:
    """The first claim by which an ID token with a good signature is not for us, not from now, or not for this visitor.

    After OpenID Connect Core 3.1.3.7; a token that is also for others is refused unless it was made for us (`azp`).
    """
    subject, audience = claims.get("sub"), claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != issuer:
        return "iss"
    if client_id not in audiences:
        return "aud"
    if claims.get("azp", client_id) != client_id or (len(audiences) > 1 and "azp" not in claims):
        return "azp"
    if not _number(claims.get("exp")) or claims["exp"] <= at - LEEWAY_S:
        return "exp"
    if not _number(claims.get("iat")) or not at - OLDEST_S <= claims["iat"] <= at + LEEWAY_S:
        return "iat"
    if "nbf" in claims and (not _number(claims["nbf"]) or claims["nbf"] > at + LEEWAY_S):
        return "nbf"
    if not nonce or claims.get("nonce") != nonce:
        return "nonce"
    good = isinstance(subject, str) and subject.isascii() and subject.isprintable()
    return None if good and 0 < len(str(subject)) <= LONGEST_SUBJECT else "sub"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 1e12


def refusal(told: Told, trust: Trust) -> str | None:
    """Why the address is not taken from this provider: no_address, unverified, foreign; None when it is.

    Asked at each sign-in, not only the first: whoever left the organisation's domains does not come in by it any more.
    """
    if not told.email:
        return "no_address"
    ours = vouched(told, trust)
    if not (ours or trust.anybody):
        return "foreign"
    assigned = trust.assigned and ours and told.verified is None
    return None if told.verified is True or assigned else "unverified"


def vouched(told: Told, trust: Trust) -> bool:
    """Whether the provider decides who has this address. Google also knows accounts that were merely made with one, and go on
    when the mailbox has another owner: there only those of the organisation's own Workspace count."""
    domain = told.email.rsplit("@", 1)[-1]
    return domain in trust.domains and (trust.issuer != GOOGLE or told.workspace in trust.domains)
