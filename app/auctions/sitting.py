"""Bids on one lot, decided one after another under its lock. What it costs hardly grows with how many they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, literal, select, tuple_, union_all
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import Person
from app.accounts.queries import is_staff
from app.auctions import absentee, cards, lots, notices, rules
from app.auctions.eligibility import admits, right_code
from app.auctions.logbook import Logbook
from app.auctions.models import Auction, Bidder, BidRefusal, Eligibility, Lot, LotEvent
from app.auctions.outcomes import BidOutcome, BidRequest, CardMissing, OperationReused, TermsNotAccepted, WrongCode
from app.auctions.rules import Reason
from app.auctions.settlement import CLOSE
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.transactions import locked
from app.payments.cards import holders

NOBODY = 0  # no bidder has this id: what a newcomer goes by until the bid is accepted


@dataclass(frozen=True, slots=True)
class Earlier:
    """An accepted bid as the log keeps it: enough to give its answer again."""

    seq: int
    amount: int = field(repr=False)
    exact: bool
    price: int
    leader_id: int
    closes_at: datetime


def lock_lot(lot_id: int) -> tuple[Lot, Auction]:
    """The lot under its lock, and its auction. Raises LookupError.

    On PostgreSQL the auction is as it was before the wait for the lock: what a bid needs of it is frozen by the first, but
    whether it asks for a card, which is read again with the paddles.
    """
    query = (
        select(Lot, Auction).join(Auction, Auction.id == Lot.auction_id).where(Lot.id == lot_id)
        .with_for_update(of=Lot).execution_options(populate_existing=True)
    )  # fmt: skip
    row = db.session.execute(query).first()
    if row is None:
        raise LookupError(lot_id)
    return row[0], row[1]


def among(bidder: Any, operation: Any, sent: Collection[tuple[int, str]]) -> ColumnElement[bool]:
    """Bids under these pairs of bidder and operation, as each engine finds them along the index of both: PostgreSQL pair by
    pair, since for two lists it reads the whole lot until it has statistics; SQLite by two lists (and a few pairs more)."""
    if db.engine.dialect.name == "postgresql":
        return tuple_(bidder, operation).in_(sorted(sent))
    bidders, operations = zip(*sent, strict=True)
    return bidder.in_(set(bidders)) & operation.in_(operations)


class Sitting:
    """A lot under its lock, with what deciding the requests takes. `decide` each, then `end`."""

    def __init__(self, lot_id: int, requests: Sequence[BidRequest]) -> None:
        """Raises LookupError."""
        self.lot, self.auction = lot, auction = lock_lot(lot_id)
        self.book = Logbook(auction, lot)
        self.bidders: dict[int, Bidder] = {}  # by person
        self.readers: dict[int, notices.Reader] = {}  # by bidder
        self._meet(requests)
        strangers = any(request.person_id not in self.bidders for request in requests)
        if strangers or auction.frozen_at is None:
            self.auction = locked(Auction, auction.id)  # lots before auctions, everywhere: so this cannot deadlock
            self._meet(requests)
        self.with_card: set[int] = set()
        if self.auction.card_required:
            self.with_card = holders({request.person_id for request in requests})
        self.status = lots.status_of(lot)
        self.earlier = self._earlier(requests)
        self.refusals: list[dict[str, object]] = []
        self.outbid: list[notices.Outbid] = []
        if not lot.last_seq:
            self._count_absentee()

    def _count_absentee(self) -> None:
        """What was left with the desk before the opening comes before everybody else."""
        book, counted = self.book, list(absentee.count(self.auction, self.lot, now()))
        if counted:
            self._meet([BidRequest(person_id=entry.bidder.person_id, amount=0, operation="") for entry, _ in counted])
        for entry, decision in counted:
            before, after = book.state, decision.state
            book.append(decision, operation=f"{absentee.OPERATION}{entry.id}", entered_by=entry.entered_by)
            passed = before.leader if before.leader != after.leader else entry.bidder_id
            if passed is not None and passed != after.leader:
                needed = rules.next_minimum(book.terms, after)
                self.outbid.append(notices.Outbid(int(passed), after.last_seq, after.price or 0, needed))

    def decide(self, request: BidRequest) -> BidOutcome | Exception:
        """The answer to one bid; what was accepted counts for the next one."""
        bidder = self.bidders.get(request.person_id)
        if bidder is not None and (earlier := self.earlier.get((bidder.id, request.operation))) is not None:
            return self._repeat(earlier, bidder.id, request.amount)
        at, book = now(), self.book
        offer = rules.Offer(
            bidder=bidder.id if bidder else NOBODY, amount=request.amount, at=at, exact=request.exact,
            confirmed=request.confirmed,
        )  # fmt: skip
        at_desk = bidder is not None and bidder.entered_by is not None  # the desk let them in
        status = replace(self.status, eligible=at_desk or _eligible(self.auction, request.person_id))
        decision = rules.decide_bid(book.terms, book.state, offer, status)
        if not self.auction.published:
            decision = rules.Refused(Reason.NOT_OPEN)
        if isinstance(decision, rules.Refused):
            return self._refuse(request, decision, at)
        if bidder is None:  # nobody gets a paddle for a refused bid
            if self.auction.eligibility is Eligibility.CODE and not right_code(
                self.auction.invitation_code, request.code
            ):
                return WrongCode()
            if not request.terms_accepted:
                return TermsNotAccepted()
            if self.auction.card_required and request.person_id not in self.with_card:
                return CardMissing()
            bidder = self._welcome(request.person_id, at)
            decision = rules.decide_bid(book.terms, book.state, replace(offer, bidder=bidder.id), status)
            assert isinstance(decision, rules.Accepted)  # the same bid, under the number that it was just given
        elif self.auction.card_required and (lacks := self._lacks(request, bidder)) is not None:
            return lacks
        return self._accept(request, decision, bidder)

    def _lacks(self, request: BidRequest, bidder: Bidder) -> Exception | None:
        """What a paddle still owes an auction that asks for a card, maybe since the last bid: the terms, the card."""
        if request.no_card and request.entered_by is not None:
            cards.note(bidder, request.entered_by, request.entered_by)
        if bidder.card_waived_by is not None:
            return None
        agrees = request.entered_by is not None or cards.agreed(bidder.card_charge_days, self.auction)
        if not agrees and not request.terms_accepted:
            return TermsNotAccepted()
        if request.person_id not in self.with_card:
            return CardMissing()
        if not agrees:
            bidder.card_charge_days = self.auction.card_charge_days
        return None

    def _accept(self, request: BidRequest, decision: rules.Accepted, bidder: Bidder) -> BidOutcome:
        book, before, after, seq = self.book, self.book.state, decision.state, decision.event.seq
        book.append(decision, operation=request.operation, entered_by=request.entered_by, late_s=request.late_s)
        if before.leader is not None and before.leader != after.leader:
            needed = rules.next_minimum(book.terms, after)
            self.outbid.append(notices.Outbid(int(before.leader), seq, after.price or 0, needed))
        self.earlier[bidder.id, request.operation] = Earlier(
            seq, request.amount, request.exact, after.price or 0, int(after.leader or 0), after.closes_at
        )
        return BidOutcome(
            None,
            leads=after.leader == bidder.id,
            price=after.price,
            next_minimum=rules.next_minimum(book.terms, after, bidder.id),
            seq=seq,
        )

    def _refuse(self, request: BidRequest, decision: rules.Refused, at: datetime) -> BidOutcome:
        self.refusals.append(
            {
                "lot_id": self.lot.id, "person_id": request.person_id, "amount": request.amount,
                "reason": decision.reason, "at": at,
            }
        )  # fmt: skip
        return BidOutcome(decision.reason, decision.minimum)

    def end(self) -> None:
        """Write everything down."""
        lot, book = self.lot, self.book
        if self.refusals:
            db.session.execute(insert(BidRefusal.__table__), self.refusals)  # type: ignore[arg-type]
        if book.state.last_seq == lot.last_seq:
            return
        if self.auction.frozen_at is None:
            self.auction.frozen_at = now()  # the increments stand from the first bid on
        if book.state.closes_at != lot.closes_at:
            enqueue(CLOSE, str(lot.id), book.state.closes_at, lot_id=lot.id)
        book.write()
        if self.outbid:
            notices.outbid(lot, self.outbid, self.readers)

    def _repeat(self, earlier: Earlier, bidder_id: int, amount: int) -> BidOutcome | Exception:
        """The answer that the bid had then: what the log kept beside it tells all of it."""
        if earlier.amount != amount:
            return OperationReused()
        # Whoever leads by this bid has it for their maximum. Nobody else's maximum matters for a next minimum.
        lead = rules.Lead(earlier.leader_id, amount, earlier.price, earlier.exact)
        then = replace(self.book.state, closes_at=earlier.closes_at, lead=lead, last_seq=earlier.seq)
        return BidOutcome(
            None,
            leads=earlier.leader_id == bidder_id,
            price=earlier.price,
            next_minimum=rules.next_minimum(self.book.terms, then, bidder_id),
            repeated=True,
            seq=earlier.seq,
        )

    def _meet(self, requests: Sequence[BidRequest]) -> None:
        """Fetch the paddles of those who bid, and the leader's."""
        ids = {request.person_id for request in requests}
        query = select(
            Bidder, _their(Person.email), _their(Person.locale), _their(Person.active), Auction.card_required,
            Auction.card_charge_days,
        ).join(Auction, Auction.id == Bidder.auction_id)  # fmt: skip
        mine = (Bidder.auction_id == self.auction.id) & Bidder.person_id.in_(ids)
        met = db.session.execute(query.where(mine | (Bidder.id == self.lot.leader_id)))
        for bidder, email, locale, active, card_required, days in met:
            set_committed_value(self.auction, "card_required", card_required)  # may change at any time, see lock_lot
            set_committed_value(self.auction, "card_charge_days", days)
            self.bidders[bidder.person_id] = bidder
            self.readers[bidder.id] = notices.Reader(email, locale, active)
            self.book.paddles[bidder.id] = bidder.paddle

    def _earlier(self, requests: Sequence[BidRequest]) -> dict[tuple[int, str], Earlier]:
        """Accepted bids under the operations that come (again); with them come the leader's own that are sealed.

        Two reads in one statement, each along an index of its own: what a bid costs must not grow with the log."""
        lot, log = self.lot, LotEvent.__table__.c
        found = select(
            log.bidder_id, log.operation, log.seq, log.amount, log.exact, log.price, log.leader_id, log.closes_at
        ).where(log.lot_id == lot.id)
        sent = {(bidder.id, one.operation) for one in requests if (bidder := self.bidders.get(one.person_id))}
        reads = [found.add_columns(literal(False)).where(among(log.bidder_id, log.operation, sent))] if sent else []
        if lot.sealed_from is not None:
            own = [log.seq >= lot.sealed_from, log.bidder_id == lot.leader_id, log.exact.is_(False)]
            if lot.bids != lot.last_seq:  # not every event is a bid that stands
                own.append(lots.not_voided())
            reads.append(found.add_columns(literal(True)).where(*own))
        if not reads:
            return {}
        rows = sorted(db.session.execute(union_all(*reads)), key=lambda row: row.seq)
        self.book.sealed_are([(row.seq, row.amount) for row in rows if row[-1]])
        return {(row.bidder_id, row.operation): Earlier(*row[2:-1]) for row in rows}

    def _welcome(self, person_id: int, at: datetime) -> Bidder:
        bidder = welcome(self.auction, person_id, at)
        self._meet([BidRequest(person_id=person_id, amount=0, operation="")])
        return bidder


def welcome(auction: Auction, person_id: int, at: datetime, entered_by: int | None = None) -> Bidder:
    """The next paddle for somebody who accepted the terms. The auction's row is locked."""
    bidder = Bidder(
        auction_id=auction.id,
        person_id=person_id,
        paddle=auction.next_paddle,
        terms_accepted_at=at,
        card_charge_days=cards.terms_now(auction),
        entered_by=entered_by,
    )
    auction.next_paddle += 1
    db.session.add(bidder)
    db.session.flush()
    return bidder


def _their(column: Any) -> Any:
    """Of a bidder's person, by the key: joined, PostgreSQL may walk along everybody who ever came, for want of statistics
    about those who came tonight."""
    return select(column).where(Person.id == Bidder.person_id).scalar_subquery()


def _eligible(auction: Auction, person_id: int) -> bool:
    if auction.eligibility in (Eligibility.SIGNED_IN, Eligibility.CODE):
        return True
    person = db.session.get(Person, person_id)
    return person is not None and admits(auction.eligibility, auction.admitted, person.email, staff=is_staff(person))
