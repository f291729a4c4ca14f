"""Who may bid in an auction ("Refused: bidder not eligible"). Pure."""

from __future__ import annotations

import hmac
import re
import unicodedata

from app.auctions.models import Eligibility

ENTRY = re.compile(r"(?:[^\s@<>,;]+)?@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z0-9-]{2,}")


def admits(eligibility: Eligibility, admitted: str, email: str, *, staff: bool) -> bool:
    """Whether somebody with this verified address may bid.

    `admitted` holds an address or an @domain a line, for `LISTED`; a domain admits its own addresses, not those of its
    subdomains. An invitation code is asked with the first bid: whoever has a paddle has shown it.
    """
    if eligibility is Eligibility.STAFF:
        return staff
    if eligibility is not Eligibility.LISTED:
        return True
    address = _plain(email)
    return bool({address, address[address.rfind("@") :]} & set(entries(admitted)))


def entries(admitted: str) -> list[str]:
    """The lines of a list, ready to compare; empty ones are passed over."""
    return [line for line in map(_plain, admitted.splitlines()) if line]


def wrong_entry(admitted: str) -> str | None:
    """The first line that is neither an address nor an @domain; None when all are."""
    return next((line for line in entries(admitted) if not ENTRY.fullmatch(line)), None)


def right_code(expected: str, given: str) -> bool:
    """Whether an invitation code is the one, however it is typed, in a time that tells nothing about it."""
    return hmac.compare_digest(_code(expected), _code(given))


def _code(text: str) -> bytes:
    return re.sub(r"[\s-]", "", _plain(text)).encode()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
