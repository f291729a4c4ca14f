"""The public log of a lot: one line an event, each sealed with the hash of the line before, so that anybody can check it.

A maximum is committed to when it is made: the line holds the SHA-256 of a salt and the amount. Once it is exceeded, or
where it never led, the salt and the amount are opened in the log, as the price tells them anyway; the leader's never are.
A reserve is committed to in the first line, which holds the terms, and opened when it is met. `docs/verify.md` has the
format and a script that checks a whole log.

The hash of a line is the SHA-256 of its text before `,"hash":`. What comes after the hash may be changed by law: the words of
a reason could name somebody who asks to be forgotten.

Pure: amounts are minor units, times aware and in UTC.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.auctions import rules

Sealed = list[tuple[int, int]]  # (seq, amount) of the leader's own bids that are not public


@dataclass(frozen=True)
class Line:
    """One line of the log, and its hash."""

    text: str
    hash: str


@dataclass
class Chain:
    """The log of one lot as far as it is written. `sealed` is asked once, when the leader's own bids matter."""

    number: int
    currency: str
    terms: rules.LotTerms
    secret: str
    head: str = ""
    sealed_from: int | None = None
    sealed: Callable[[], Sealed] = list
    _own: Sealed | None = None  # what is sealed, once known

    def first(self) -> Line:
        """The line before the first event: the terms, with the reserve under its commitment."""
        terms = self.terms
        record = {
            "lot": self.number, "seq": 0, "kind": "terms", "currency": self.currency, "start": terms.start,
            "unit": terms.unit, "increments": terms.increments, "opens_at": _iso(terms.opens) if terms.opens else None,
            "scheduled_end": _iso(terms.scheduled_end), "soft_close_s": terms.soft_close_s, "cap_s": terms.cap_s,
            "reserve": None if terms.reserve is None else self.commitment("reserve", terms.reserve), "prev": "",
        }  # fmt: skip
        return _line(record)

    def append(
        self, event: rules.Event, before: rules.LotState, after: rules.LotState, paddles: Mapping[Any, int]
    ) -> Line:
        """The line of an event, between the states before and after it; `paddles` names those who appear in it."""
        record: dict[str, Any] = {
            "lot": self.number, "seq": event.seq, "kind": "bid", "at": _iso(event.at),
            **self._facts(event, before, after, paddles),
            "price": after.price, "leader": paddles[after.leader] if after.leader is not None else None,
            "closes_at": _iso(after.closes_at), "prev": self.head or self.first().hash,
        }  # fmt: skip
        terms = self.terms
        if terms.reserve is not None:
            record["reserve_met"] = met = rules.reserve_met(terms, after)
            if met and not rules.reserve_met(terms, before):
                record["opens"] = record.get("opens", []) + self._open([("reserve", terms.reserve)])["opens"]
        line = _line(record)
        self.head = line.hash
        return line

    def _facts(
        self, event: rules.Event, before: rules.LotState, after: rules.LotState, paddles: Mapping[Any, int]
    ) -> dict[str, Any]:
        if isinstance(event, rules.Bid):
            return {"paddle": paddles[event.bidder], **self._bid(event, before, after)}
        if not isinstance(event, rules.Void):
            return {"kind": "extend", "scheduled_end": _iso(event.scheduled_end)}
        facts: dict[str, Any] = {"kind": "void", "voids": event.target}
        if after.leader != before.leader:
            # What is left of the old leader's own bids is exceeded now; the new one was overtaken once, so all is open.
            left = [(seq, amount) for seq, amount in self._unopened() if seq < event.target]
            facts |= self._open(left)
            self.sealed_from, self._own = None, []
        elif self._own is not None:  # what a void took out of the leader's own bids is never opened
            self._own = [(seq, amount) for seq, amount in self._own if amount <= (after.maximum or 0)]
        return facts

    def _bid(self, bid: rules.Bid, before: rules.LotState, after: rules.LotState) -> dict[str, Any]:
        facts: dict[str, Any] = {"why": why(self.terms, bid, before, after)}
        own = [(bid.seq, bid.amount)] if not bid.exact else []
        if bid.exact:
            facts["exact"] = bid.amount
        else:
            facts["seal"] = self.commitment(bid.seq, bid.amount)
        if bid.bidder == before.leader:
            self._own = [*self._unopened(), *own]
            self.sealed_from = self.sealed_from or bid.seq
        elif bid.bidder != after.leader:
            facts |= self._open(own)
        else:
            facts |= self._open(self._unopened())
            self._own, self.sealed_from = own, bid.seq if own else None
        return facts

    def _unopened(self) -> Sealed:
        if self.sealed_from is None:
            return []
        return self.sealed() if self._own is None else self._own

    def salt(self, seq: int | str) -> str:
        """What the commitment of an event is salted with: the owner of the bid may know it, anybody once it is opened."""
        return hmac.new(self.secret.encode(), str(seq).encode(), hashlib.sha256).hexdigest()[:32]

    def commitment(self, seq: int | str, amount: int) -> str:
        """SHA-256 of `salt:amount`."""
        return hashlib.sha256(f"{self.salt(seq)}:{amount}".encode()).hexdigest()

    def _open(self, sealed: Sequence[tuple[int | str, int]]) -> dict[str, Any]:
        opened = [{"seq": seq, "amount": amount, "salt": self.salt(seq)} for seq, amount in sealed]
        return {"opens": opened} if opened else {}


def why(terms: rules.LotTerms, bid: rules.Bid, before: rules.LotState, after: rules.LotState) -> dict[str, Any]:
    """Which rule made the price, and from what. Holds nothing that the price does not tell ("The fold", 1 to 5)."""
    if before.lead is None:
        found: dict[str, Any] = {"rule": "first"}
    elif bid.bidder == before.leader:
        found = {"rule": "raise"}
    elif bid.amount > before.lead.maximum:
        beaten = before.lead.maximum
        found = {"rule": "over", "beaten": beaten, "step": rules.increment(terms, beaten)}
    else:
        found = {"rule": "answer", "bid": bid.amount, "step": rules.increment(terms, bid.amount)}
    raised = terms.reserve is not None and after.price == terms.reserve and not rules.reserve_met(terms, before)
    return found | ({"reserve": True} if raised else {})


def lines(
    chain: Chain, events: Sequence[rules.Event], paddles: Mapping[Any, int]
) -> Iterator[tuple[rules.Event, rules.LotState, Line]]:
    """Every line of a log, written anew from its events. ValueError for a log that the rules cannot have written."""
    before = rules.empty(chain.terms)
    for event, after in rules.history(chain.terms, events):
        yield event, after, chain.append(event, before, after, paddles)
        before = after


def _line(record: Mapping[str, Any]) -> Line:
    text = json.dumps(record, separators=(",", ":"))
    digest = hashlib.sha256(text[:-1].encode()).hexdigest()
    return Line(f'{text[:-1]},"hash":"{digest}"}}', digest)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
