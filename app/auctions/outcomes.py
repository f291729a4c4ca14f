"""A bid that is asked for, and the answer to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.auctions.rules import Reason


class TermsNotAccepted(Exception):
    """A first bid in an auction needs its terms accepted."""


class WrongCode(Exception):
    """A first bid in this auction needs its invitation code."""


class CardMissing(Exception):
    """This auction asks bidders to leave a card first, and this one has left none."""


class OperationReused(Exception):
    """The form of an accepted bid came again with another amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidRequest:
    """A bid that somebody asks for. `exact`: called in the room and entered by a helper; `late_s`: the seconds that it
    waited on the helper's phone. `no_card`: the helper notes that this bidder needs none."""

    person_id: int
    amount: int = field(repr=False)
    operation: str
    terms_accepted: bool = False
    code: str = field(default="", repr=False)
    confirmed: bool = False
    exact: bool = False
    entered_by: int | None = None
    late_s: int | None = None
    no_card: bool = False


@dataclass(frozen=True)
class BidOutcome:
    """The answer to a bid. Refused: `reason`, and `minimum` when the amount was at fault. Accepted: whether it leads.

    Amounts are minor units; `seq` is the bid's number in the log. `repeated`: the same form had been accepted already.
    """

    reason: Reason | None
    minimum: int | None = None
    leads: bool = False
    price: int | None = None
    next_minimum: int | None = None
    repeated: bool = False
    seq: int | None = None
