"""What a list would change, line by line: pure decisions from the list's entries and the facts of an event."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.config import LANGUAGES
from app.events.columns import Entry, Field, plain
from app.web.forms import clean, normal_email, storable

LONGEST_NAME, LONGEST_NEEDS, LONGEST_GROUP = 120, 1000, 120
# The states of people who do not come, as exports and other programs write them.
GONE = {
    plain(word)
    for word in (
        "withdrawn", "withdrew", "declined", "cancelled", "canceled", "refused", "retiré", "retirée", "désinscrit", "refusé",
        "annulé", "décliné", "retirado", "rechazado", "anulado", "cancelado", "baja",
    )
}  # fmt: skip


class Verdict(StrEnum):
    """What becomes of a line. `known`: nothing, for it says what stands already."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    REFUSED = "refused"


class Why(StrEnum):
    """Why a line is refused; or, of a known one, what is known."""

    NO_ADDRESS = "no_address"
    NO_NAME = "no_name"
    TWICE = "twice"
    FORMULA = "formula"
    TOO_LONG = "too_long"
    UNSTORABLE = "unstorable"
    NO_NUMBER = "no_number"
    TOO_LARGE = "too_large"
    NO_POOL = "no_pool"
    GONE = "gone"
    WITHDREW = "withdrew"
    INVITED = "invited"
    REGISTERED = "registered"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Change:
    """One line's verdict. `detail`: the other line, the largest party, what stood there. `values`: what to write, typed;
    `before`: what it replaces, of a changed one. `row`: whatever the caller knows the row by."""

    line: int
    verdict: Verdict
    email: str
    values: dict[str, Any] = field(default_factory=dict)
    why: Why | None = None
    detail: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    row: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A registration that stands. `pool_id` may be None."""

    row: int
    name: str
    party: int
    needs: str
    diet: str
    pool_id: int | None


@dataclass(frozen=True, slots=True)
class Registered:
    """The facts about an event's registrations. `live` by address; `gone`: addresses that withdrew and are not live.
    `pools`: id and largest party by the plain name; `largest` is of the first pool."""

    live: Mapping[str, Known]
    gone: frozenset[str]
    pools: Mapping[str, tuple[int, int]]
    largest: int


class Refused(Exception):
    """A value that cannot be taken."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(why, detail)
        self.why, self.detail = why, detail


def _checked(entry: Entry, seen: dict[str, int], *, name_needed: bool) -> tuple[str, dict[str, Any]]:
    """The address in its normal form and the other values, typed; only those that the list tells. Raises Refused."""
    typed = {key: clean(value) for key, value in entry.values.items()}
    shown = typed.get(Field.EMAIL) or typed.get(Field.NAME) or ""
    for value in typed.values():
        if value.startswith("="):
            raise Refused(Why.FORMULA, value[:60])
        if not storable(value, lines=True):
            raise Refused(Why.UNSTORABLE)
    try:
        email = normal_email(typed.get(Field.EMAIL, ""))
    except ValueError:
        raise Refused(Why.NO_ADDRESS, shown[:60]) from None
    if email in seen:
        raise Refused(Why.TWICE, str(seen[email]))
    seen[email] = entry.line
    values: dict[str, Any] = {}
    name = " ".join(typed.get(Field.NAME, "").split())
    if name_needed and not name:
        raise Refused(Why.NO_NAME, email)
    for key, longest in ((Field.NEEDS, LONGEST_NEEDS), (Field.DIET, LONGEST_NEEDS)):
        if typed.get(key):
            values[key] = typed[key]
        if len(typed.get(key, "")) > longest:
            raise Refused(Why.TOO_LONG, email)
    if len(name) > LONGEST_NAME:
        raise Refused(Why.TOO_LONG, email)
    if name:
        values[Field.NAME] = name
    if party := typed.get(Field.PARTY):
        if not re.fullmatch(r"[1-9][0-9]{0,5}", party):
            raise Refused(Why.NO_NUMBER, party[:60])
        values[Field.PARTY] = int(party)
    if (language := _language(typed.get(Field.LOCALE, ""))) is not None:
        values[Field.LOCALE] = language
    return email, values


def _language(text: str) -> str | None:
    """The code of a language of ours by its code or name; None for all others."""
    word = plain(text)
    named = {"english": "en", "anglais": "en", "ingles": "en", "french": "fr", "francais": "fr", "frances": "fr"}
    named |= {"spanish": "es", "espagnol": "es", "espanol": "es"}
    code = named.get(word, word[:2] if len(word) in (2, 4) else "")
    return code if code in LANGUAGES else None


def plan_registrations(entries: Sequence[Entry], facts: Registered) -> list[Change]:
    """What a list of people would change among those registered. An empty cell says nothing: what stands, stays."""
    seen: dict[str, int] = {}
    return [_registration(entry, facts, seen) for entry in entries]


def _registration(entry: Entry, facts: Registered, seen: dict[str, int]) -> Change:
    try:
        email, values = _checked(entry, seen, name_needed=True)
        if plain(entry.values.get(Field.STATE, "")) in GONE:
            raise Refused(Why.GONE, email)
        largest = facts.largest
        if room := plain(entry.values.get(Field.POOL, "")):
            if room not in facts.pools:
                raise Refused(Why.NO_POOL, entry.values[Field.POOL][:60])
            values["pool_id"], largest = facts.pools[room]
        known = facts.live.get(email)
        if values.get(Field.PARTY, 1) > max(largest, known.party if known else 0):
            raise Refused(Why.TOO_LARGE, str(largest))
        if known is None and email in facts.gone:
            raise Refused(Why.WITHDREW, email)
    except Refused as refusal:
        shown = entry.values.get(Field.EMAIL, "")[:254]
        return Change(entry.line, Verdict.REFUSED, shown, why=refusal.why, detail=refusal.detail)
    if known is None:
        return Change(entry.line, Verdict.NEW, email, values)
    values.pop(Field.LOCALE, None)  # theirs is known: they registered in it
    differing = {key: value for key, value in values.items() if getattr(known, key) != value}
    if not differing:
        return Change(entry.line, Verdict.KNOWN, email, why=Why.REGISTERED, row=known.row)
    before = {key: getattr(known, key) for key in differing}
    return Change(entry.line, Verdict.CHANGED, email, differing, before=before, row=known.row)


def plan_invitations(
    entries: Sequence[Entry], invited: Mapping[str, bool], registered: frozenset[str], largest: int
) -> list[Change]:
    """Who of a list would be invited. `invited`: by address, whether the invitation stands (else it was taken back)."""
    seen: dict[str, int] = {}
    changes = []
    for entry in entries:
        try:
            email, values = _checked(entry, seen, name_needed=False)
            if values.get(Field.PARTY, 1) > largest:
                raise Refused(Why.TOO_LARGE, str(largest))
        except Refused as refusal:
            shown = entry.values.get(Field.EMAIL, "")[:254]
            changes.append(Change(entry.line, Verdict.REFUSED, shown, why=refusal.why, detail=refusal.detail))
            continue
        if invited.get(email):
            changes.append(Change(entry.line, Verdict.KNOWN, email, values, why=Why.INVITED))
        elif email in registered:
            changes.append(Change(entry.line, Verdict.KNOWN, email, values, why=Why.REGISTERED))
        else:
            again = Why.AGAIN if email in invited else None
            changes.append(Change(entry.line, Verdict.NEW, email, values, why=again))
    return changes


def plan_addresses(entries: Sequence[Entry], present: Mapping[str, str], group: str) -> list[Change]:
    """What a closed list would gain: addresses, and domains as `@school.example`. `present`: list names by address."""
    seen: dict[str, int] = {}
    changes = []
    for entry in entries:
        text = clean(entry.values.get(Field.EMAIL, ""))
        name = clean(entry.values.get(Field.GROUP, "")) or group
        try:
            if text.startswith("="):
                raise Refused(Why.FORMULA, text[:60])
            if len(name) > LONGEST_GROUP:
                raise Refused(Why.TOO_LONG, text[:60])
            if not storable(name, lines=False):
                raise Refused(Why.UNSTORABLE)
            address = allowed_address(text)
            if address in seen:
                raise Refused(Why.TWICE, str(seen[address]))
        except Refused as refusal:
            changes.append(Change(entry.line, Verdict.REFUSED, text[:254], why=refusal.why, detail=refusal.detail))
            continue
        seen[address] = entry.line
        if address not in present:
            changes.append(Change(entry.line, Verdict.NEW, address, {Field.GROUP: name}))
        elif name and present[address] != name:
            before = {str(Field.GROUP): present[address]}
            changes.append(Change(entry.line, Verdict.CHANGED, address, {Field.GROUP: name}, before=before))
        else:
            changes.append(Change(entry.line, Verdict.KNOWN, address))
    return changes


def allowed_address(text: str) -> str:
    """An address or `@domain` in its normal form. Raises Refused."""
    try:
        return normal_email("a" + text)[1:] if text.startswith("@") else normal_email(text)
    except ValueError:
        raise Refused(Why.NO_ADDRESS, text[:60]) from None
