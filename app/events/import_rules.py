"""What a list would change, line by line: pure decisions from the list's entries and the facts of an event."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.config import LANGUAGES
from app.events import answers
from app.events.answers import Asked
from app.events.columns import Entry, Field, plain
from app.web.forms import clean, normal_email, storable

LONGEST_NAME, LONGEST_NEEDS, LONGEST_GROUP = 120, 1000, 120
_OURS = frozenset(Field)
# The states of people who do not come, as exports and other programs write them.
GONE = {
    plain(word)
    for word in (
        "withdrawn", "withdrew", "declined", "cancelled", "canceled", "refused", "retiré", "retirée", "désinscrit", "désinscrite",
        "refusé", "refusée", "annulé", "annulée", "décliné", "déclinée", "retirado", "retirada", "rechazado", "rechazada",
        "anulado", "anulada", "cancelado", "cancelada", "baja",
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
    GUESTS = "guests"
    NO_NUMBER = "no_number"
    TOO_LARGE = "too_large"
    NO_POOL = "no_pool"
    NOWHERE = "nowhere"
    GONE = "gone"
    WITHDREW = "withdrew"
    ANSWER = "answer"
    INVITED = "invited"
    REGISTERED = "registered"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Change:
    """One line's verdict. `detail`: the other line, the largest party, what stood there; `column`: the Field or the key of the
    question in which it stands; `wrong`: what is wrong with an ANSWER. `values`: what to write, typed; `before`: what it
    replaces, of a changed one. `answers`: all of them as they would be, None if none changes; `answered`: those before.
    `row`: whatever the caller knows the row by."""

    line: int
    verdict: Verdict
    email: str
    values: dict[str, Any] = field(default_factory=dict)
    why: Why | None = None
    detail: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    row: int = 0
    column: str = ""
    wrong: answers.Fault | None = None
    answers: Mapping[int, str] | None = None
    answered: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """A registration that stands. `pool_id` may be None. `guests` by name, in order; `answers` by question."""

    row: int
    name: str
    party: int
    needs: str
    diet: str
    pool_id: int | None
    guests: tuple[str, ...] = ()
    answers: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registered:
    """The facts about an event's registrations. `live` by address; `gone`: addresses that withdrew and are not live.
    `pools`: id and largest party by the plain name; `rooms`: the largest party by the pool's id; `largest` is of the first
    pool. `questions`: those asked, in order. `guests_named`: guests have names, else they are only counted."""

    live: Mapping[str, Known]
    gone: frozenset[str]
    pools: Mapping[str, tuple[int, int]]
    largest: int
    rooms: Mapping[int, int] = field(default_factory=dict)
    questions: Sequence[Asked] = ()
    guests_named: bool = False


@dataclass(frozen=True, slots=True)
class Inviting:
    """The facts about an event's invitations. `standing`: by address, whether the invitation stands (else it was taken back).
    `registered`: addresses. `pools`: as of `Registered`. Of a line that does not say it: `pool_id` where (None: left open),
    `largest` the largest party there, `seats` how many. `must_say`: it has to say where, for
    seats are to be kept there."""

    standing: Mapping[str, bool]
    registered: frozenset[str]
    largest: int
    pools: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    pool_id: int | None = None
    seats: int = 1
    must_say: bool = False


class Refused(Exception):
    """A value that cannot be taken."""

    def __init__(self, why: Why, detail: str = "", column: str = "", wrong: answers.Fault | None = None) -> None:
        super().__init__(why, detail, column)
        self.why, self.detail, self.column, self.wrong = why, detail, column, wrong


def _checked(entry: Entry, seen: dict[str, int], *, name_needed: bool) -> tuple[str, dict[str, Any]]:
    """The address in its normal form and the other values, typed; only those that the list tells. Raises Refused."""
    typed = {key: clean(value) for key, value in entry.values.items() if key in _OURS}
    shown = typed.get(Field.EMAIL) or typed.get(Field.NAME) or ""
    for key, value in typed.items():
        if value.startswith("="):
            raise Refused(Why.FORMULA, value[:60], key)
        if not storable(value, lines=True):
            raise Refused(Why.UNSTORABLE, column=key)
    try:
        email = normal_email(typed.get(Field.EMAIL, ""))
    except ValueError:
        raise Refused(Why.NO_ADDRESS, shown[:60], Field.EMAIL) from None
    if email in seen:
        raise Refused(Why.TWICE, str(seen[email]), Field.EMAIL)
    seen[email] = entry.line
    values: dict[str, Any] = {}
    name = " ".join(typed.get(Field.NAME, "").split())
    if name_needed and not name:
        raise Refused(Why.NO_NAME, email, Field.NAME)
    for key, longest in ((Field.NEEDS, LONGEST_NEEDS), (Field.DIET, LONGEST_NEEDS)):
        if typed.get(key):
            values[key] = typed[key]
        if len(typed.get(key, "")) > longest:
            raise Refused(Why.TOO_LONG, email, key)
    if len(name) > LONGEST_NAME:
        raise Refused(Why.TOO_LONG, email, Field.NAME)
    if name:
        values[Field.NAME] = name
    if party := typed.get(Field.PARTY):
        if not re.fullmatch(r"[1-9][0-9]{0,5}", party):
            raise Refused(Why.NO_NUMBER, party[:60], Field.PARTY)
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
            raise Refused(Why.GONE, email, Field.STATE)
        known = facts.live.get(email)
        values |= _guests(entry, values.get(Field.PARTY) or (known.party if known else None), named=facts.guests_named)
        largest = facts.rooms.get(known.pool_id or 0, facts.largest) if known else facts.largest
        if room := _room(entry, facts.pools):
            values["pool_id"], largest = room
        if values.get(Field.PARTY, 1) > max(largest, known.party if known else 0):
            raise Refused(Why.TOO_LARGE, str(largest), Field.PARTY)
        if known is None and email in facts.gone:
            raise Refused(Why.WITHDREW, email, Field.EMAIL)
        answered = known.answers if known else {}
        said = _answers(entry, facts.questions, answered, new=known is None)
    except Refused as refusal:
        return _refused(entry, refusal)
    if known is None:
        return Change(entry.line, Verdict.NEW, email, values, answers=said)
    values.pop(Field.LOCALE, None)  # theirs is known: they registered in it
    differing = {key: value for key, value in values.items() if getattr(known, key) != value}
    answered = answers.only_asked(facts.questions, answered)
    if not differing and said == answered:
        return Change(entry.line, Verdict.KNOWN, email, why=Why.REGISTERED, row=known.row)
    before = {key: getattr(known, key) for key in differing}
    changed = said if said != answered else None
    return Change(
        entry.line, Verdict.CHANGED, email, differing, before=before, row=known.row, answers=changed, answered=answered
    )


def _guests(entry: Entry, party: int | None, *, named: bool) -> dict[str, Any]:
    """Who comes along, from names with semicolons or new lines between them, or from their number; they make a party of an
    unknown size. Raises Refused."""
    text = clean(entry.values.get(Field.GUESTS, ""))
    if re.fullmatch(r"[0-9]{1,5}", text):
        return {Field.PARTY: int(text) + 1} if party is None else {}
    names = tuple(name for part in re.split(r"[;\n]", text) if (name := " ".join(part.split())))
    if not names:
        return {}
    if any(len(name) > LONGEST_NAME for name in names):
        raise Refused(Why.TOO_LONG, column=Field.GUESTS)
    if party is not None and len(names) >= party:
        raise Refused(Why.GUESTS, str(party), Field.GUESTS)
    told: dict[str, Any] = {Field.GUESTS: names} if named else {}
    return told | ({Field.PARTY: len(names) + 1} if party is None else {})


def _room(entry: Entry, pools: Mapping[str, tuple[int, int]]) -> tuple[int, int] | None:
    """The pool that a line names, and the largest party there; None when it names none. Raises Refused."""
    named = plain(entry.values.get(Field.POOL, ""))
    if named and named not in pools:
        raise Refused(Why.NO_POOL, entry.values[Field.POOL][:60], Field.POOL)
    return pools[named] if named else None


def _answers(entry: Entry, questions: Sequence[Asked], before: Mapping[int, str], *, new: bool) -> dict[int, str]:
    try:
        return answers.after(questions, entry.values, before, new=new)
    except answers.Wrong as wrong:
        raise Refused(Why.ANSWER, wrong.text, f"q{wrong.question_id}", wrong.fault) from None


def _refused(entry: Entry, refusal: Refused) -> Change:
    return Change(
        entry.line, Verdict.REFUSED, entry.values.get(Field.EMAIL, "")[:254], why=refusal.why, detail=refusal.detail,
        column=refusal.column, wrong=refusal.wrong,
    )  # fmt: skip


def plan_invitations(entries: Sequence[Entry], facts: Inviting) -> list[Change]:
    """Who of a list would be invited."""
    seen: dict[str, int] = {}
    return [_invitation(entry, facts, seen) for entry in entries]


def _invitation(entry: Entry, facts: Inviting, seen: dict[str, int]) -> Change:
    try:
        email, values = _checked(entry, seen, name_needed=False)
        largest = facts.largest
        if room := _room(entry, facts.pools):
            values["pool_id"], largest = room
        elif facts.must_say:
            raise Refused(Why.NOWHERE, email, Field.POOL)
        if values.get(Field.PARTY, facts.seats) > largest:
            raise Refused(Why.TOO_LARGE, str(largest), Field.PARTY)
    except Refused as refusal:
        return _refused(entry, refusal)
    if facts.standing.get(email):
        return Change(entry.line, Verdict.KNOWN, email, values, why=Why.INVITED)
    if email in facts.registered:
        return Change(entry.line, Verdict.KNOWN, email, values, why=Why.REGISTERED)
    return Change(entry.line, Verdict.NEW, email, values, why=Why.AGAIN if email in facts.standing else None)


def plan_addresses(entries: Sequence[Entry], present: Mapping[str, str], group: str) -> list[Change]:
    """What a closed list would gain: addresses, and domains as `@school.example`. `present`: list names by address."""
    seen: dict[str, int] = {}
    changes = []
    for entry in entries:
        text = clean(entry.values.get(Field.EMAIL, ""))
        name = clean(entry.values.get(Field.GROUP, "")) or group
        try:
            if text.startswith("="):
                raise Refused(Why.FORMULA, text[:60], Field.EMAIL)
            if len(name) > LONGEST_GROUP:
                raise Refused(Why.TOO_LONG, text[:60], Field.GROUP)
            if not storable(name, lines=False):
                raise Refused(Why.UNSTORABLE, column=Field.GROUP)
            address = allowed_address(text)
            if address in seen:
                raise Refused(Why.TWICE, str(seen[address]), Field.EMAIL)
        except Refused as refusal:
            changes.append(_refused(entry, refusal))
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
        raise Refused(Why.NO_ADDRESS, text[:60], Field.EMAIL) from None
