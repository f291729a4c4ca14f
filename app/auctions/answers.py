"""What is said to somebody who bid, in the current language: to a page, and in a few bytes to a script."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.auctions.outcomes import BidOutcome
from app.auctions.rules import Reason
from app.web.formats import amount


def accepted(currency: str, outcome: BidOutcome) -> tuple[str, str]:
    """(words, kind) for an accepted bid."""
    if outcome.leads:
        return _("Your bid leads at %(price)s.", price=amount(outcome.price or 0, currency)), "joy"
    needed = amount(outcome.next_minimum or 0, currency)
    return _("Your bid counts, but somebody has promised more: %(amount)s keeps you in.", amount=needed), "warning"


def refused(currency: str, outcome: BidOutcome) -> str:
    """Why a bid was not taken, and what now."""
    needed = amount(outcome.minimum or 0, currency)
    match outcome.reason:
        case Reason.NOT_OPEN:
            return _("Bidding has not opened yet.")
        case Reason.WITHDRAWN:
            return _("This lot was withdrawn.")
        case Reason.PAUSED:
            return _("Bidding pauses for a moment. Try again soon; your amount stays here.")
        case Reason.SOLD:
            return _("This lot is sold.")
        case Reason.NOT_ELIGIBLE:
            return _(
                "This auction is for invited addresses: staff, or a list. Sign in with the address that was invited."
            )
        case Reason.ONLINE_FROZEN:
            return _("The room is bidding. Raise your hand, or wait a moment.")
        case Reason.NOT_WHOLE_UNITS:
            return _("Bids are whole amounts. %(amount)s would do.", amount=needed)
        case Reason.BELOW_MINIMUM:
            return _("Somebody bid more: it takes %(amount)s now.", amount=needed)
        case Reason.ABOVE_CAP:
            return _("That is a lot more than the price. If you mean it, tick the box and send it again.")
    return _("Bidding on this lot is over. Your amount was not taken.")


def for_script(currency: str, sent: int, outcome: BidOutcome) -> tuple[dict[str, Any], int]:
    """The answer to a script, and its status. An unusual amount needs the page, with its box to tick."""
    if outcome.reason is Reason.ABOVE_CAP:
        return {"outcome": "page"}, 409
    if outcome.reason is not None:
        return {"outcome": "refused", "words": refused(currency, outcome)}, 422
    words, kind = accepted(currency, outcome)
    own = _("Your maximum is %(amount)s. Only you see this.", amount=amount(sent, currency)) if outcome.leads else ""
    return {"outcome": "accepted", "words": words, "kind": kind, "maximum_words": own, "seq": outcome.seq}, 200
