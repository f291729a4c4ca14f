"""The desk in the hall: people come in, a helper gives each of them a paddle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from app.accounts.models import Person
from app.accounts.services import find_or_create, without_address
from app.auctions import cards
from app.auctions.models import Auction, Bidder
from app.auctions.sitting import welcome
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import locked

SHORTEST_SEARCH, MOST_KNOWN = 3, 8  # a helper looks for somebody; nobody looks everybody up


class Namesake(Exception):
    """Somebody of this name holds a paddle: `paddle`. Is it the same person?"""

    def __init__(self, paddle: int) -> None:
        super().__init__(paddle)
        self.paddle = paddle


@dataclass(frozen=True)
class Given:
    """The answer of the desk. `new`: whether the paddle was given by this form."""

    paddle: int
    name: str
    new: bool


def sign_in(
    auction_id: int, *, name: str, email: str = "", operation: str, entered_by: int, namesake: bool = False,
    locale: str = "en", no_card: bool = False,
) -> Given:  # fmt: skip
    """A paddle for somebody by name and address; the address is made up from the operation if they have none.

    They accepted the terms on paper. One paddle a person. `no_card`: the helper notes that they need none. Raises
    LookupError, Namesake (unless `namesake`).
    """
    auction = _locked(auction_id)
    key = f"{auction_id} {operation}"
    person = find_or_create(email, name, locale) if email else without_address(key, name, locale)
    person.name = person.name or name
    if _paddle_of(auction_id, person.id) is None and not namesake:
        paddle = _paddle_of_name(auction_id, person.name)
        if paddle is not None:
            raise Namesake(paddle)
    return _give(auction, person, entered_by, no_card=no_card)


def give_paddle(auction_id: int, person_id: int, *, entered_by: int, no_card: bool = False) -> Given:
    """A paddle for somebody whom the house knows; `no_card` as for `sign_in`. Raises LookupError."""
    auction = _locked(auction_id)
    person = db.session.get(Person, person_id)
    if person is None:
        raise LookupError(person_id)
    return _give(auction, person, entered_by, no_card=no_card)


def _locked(auction_id: int) -> Auction:
    auction: Auction | None = locked(Auction, auction_id)
    if auction is None:
        raise LookupError(auction_id)
    return auction


def _give(auction: Auction, person: Person, entered_by: int, *, no_card: bool) -> Given:
    paddle = _paddle_of(auction.id, person.id)
    if paddle is not None:
        return Given(paddle, person.greeting, new=False)
    bidder = welcome(auction, person.id, now(), entered_by)
    audit.record("give paddle", "bidder", bidder.id, entered_by, paddle=bidder.paddle)
    if no_card and auction.card_required:
        cards.note(bidder, entered_by, entered_by)
    return Given(bidder.paddle, person.greeting, new=True)


def _paddle_of(auction_id: int, person_id: int) -> int | None:
    query = select(Bidder.paddle).where(Bidder.auction_id == auction_id, Bidder.person_id == person_id)
    return db.session.scalar(query)


def bidder_id_of(auction_id: int, paddle: int) -> int | None:
    """The bidder behind a paddle."""
    return db.session.scalar(select(Bidder.id).where(Bidder.auction_id == auction_id, Bidder.paddle == paddle))


def _paddle_of_name(auction_id: int, name: str) -> int | None:
    query = select(Bidder.paddle).join(Bidder.person).where(Bidder.auction_id == auction_id)
    return db.session.scalars(query.where(func.lower(Person.name) == name.lower())).first()


def holders(auction_id: int, search: str = "") -> list[Bidder]:
    """The paddles of an auction with their holders, the newest first; of a search, those of that number or name."""
    query = select(Bidder).where(Bidder.auction_id == auction_id).options(joinedload(Bidder.person))
    if search:
        number = int(search) if search.isascii() and search.isdigit() and len(search) < 10 else 0
        query = query.join(Bidder.person).where(or_(Bidder.paddle == number, _named(search)))
    return list(db.session.scalars(query.order_by(Bidder.paddle.desc())))


def known(auction_id: int, search: str) -> Sequence[Person]:
    """Some people of a name whom the house knows and who have no paddle here yet."""
    if len(search) < SHORTEST_SEARCH:
        return []
    here = select(Bidder.person_id).where(Bidder.auction_id == auction_id)
    query = select(Person).where(_named(search), Person.active, Person.id.not_in(here)).order_by(Person.name, Person.id)
    return db.session.scalars(query.limit(MOST_KNOWN)).all()


def _named(search: str) -> ColumnElement[bool]:
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Person.name.ilike(f"%{escaped}%", escape="\\")


def masked(email: str) -> str:
    """Enough of an address to tell two people of one name apart, not enough to write to them; empty if it is made up."""
    local, _, host = email.partition("@")
    return "" if host.endswith(".invalid") else f"{local[:1]}…@{host}"
