"""What the composition root tells the lower floors about the upper ones, so that no import goes up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Protocol

from flask import current_app


class Payable(Protocol):
    """What an upper domain offers for a kind of invoice line. Called in the transaction of the ledger entry."""

    def paid(self, ref: int) -> None:
        """The line of this payable was paid in full."""


@dataclass(frozen=True)
class Letter:
    """The words of a mail: `templates/mail/<template>.html` and `.txt`, and what they are told."""

    template: str
    subject: str
    context: Mapping[str, Any]


@dataclass(frozen=True)
class Inbound:
    """`read`: what a message says, None if nothing; may raise anything for a broken one, and is called outside of any
    transaction. `act`: does it, for the number in the address, and answers a value of `inbox.Outcome`."""

    read: Callable[[Message], Any | None]
    act: Callable[[int, Any], str]


@dataclass
class Registry:
    """`jobs`: handlers by kind. `payables`: by kind of invoice line. `letters`: what makes a mail's words when it is sent,
    in the reader's language, by kind. `inbound`: what understands a message sent to one of our own addresses, by the
    address's kind. `followers`: what is told of mails when they are first taken up to be sent, by the word that their keys
    begin with; called in that transaction. `card_terms`: by kind of invoice line, after how many days unpaid its buyer
    agreed that the card they keep with us may be charged (None: not). `card_claims`: what a person's card stands behind, in
    words; called under the card's lock. `purposes`: by purpose of money, the titles of those of its ids that exist."""

    jobs: dict[str, Callable[[Mapping[str, Any]], None]] = field(default_factory=dict)
    sweeps: dict[str, Callable[[], None]] = field(default_factory=dict)
    letters: dict[str, Callable[[Mapping[str, Any]], Letter]] = field(default_factory=dict)
    payables: dict[str, Payable] = field(default_factory=dict)
    followers: dict[str, Callable[[Sequence[Any]], None]] = field(default_factory=dict)
    inbound: dict[str, Inbound] = field(default_factory=dict)
    card_terms: dict[str, Callable[[int], int | None]] = field(default_factory=dict)
    card_claims: list[Callable[[int], list[str]]] = field(default_factory=list)
    purposes: dict[str, Callable[[Collection[int]], dict[int, str]]] = field(default_factory=dict)


def registry() -> Registry:
    """The registry of the current application."""
    found: Registry = current_app.extensions["kermesse"]
    return found
