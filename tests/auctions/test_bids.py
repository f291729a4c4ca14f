"""Bidding by the service: what is written down, once, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DatabaseError

from app.auctions import lots, preparation, services
from app.auctions.models import Bidder, BidRefusal, LotStatus
from app.auctions.rules import Reason
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import Job
from app.core.transactions import atomic
from tests.auctions import oracle
from tests.auctions.helpers import bid, document, events, lot_of, mails, make_auction
from tests.cast import Cast


def refusals() -> list[tuple[str, int]]:
    db.session.rollback()
    return [(row.reason, row.amount) for row in db.session.scalars(select(BidRefusal).order_by(BidRefusal.id))]


def test_a_first_bid_takes_the_lot_at_the_starting_price(cast: Cast) -> None:
    auction = make_auction()
    outcome = bid(lot_of(auction), cast.parent, 50)
    assert (outcome.reason, outcome.leads, outcome.price, outcome.next_minimum) == (None, True, 1000, 5100)
    lot = lot_of(auction)
    assert (lot.price, lot.maximum, lot.bids, lot.last_seq) == (1000, 5000, 1, 1)
    assert lot.auction.frozen_at is not None
    assert db.session.scalars(select(Bidder.paddle)).all() == [100]


def test_a_second_bidder_meets_the_standing_maximum(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    outcome = bid(lot_of(auction), cast.staff, 30)
    assert (outcome.leads, outcome.price, outcome.next_minimum) == (False, 3200, 3400)
    assert mails("outbid") == []  # the leader still leads, and the other one is told at once


def test_worked_example_one_with_its_mails(cast: Cast) -> None:
    auction = make_auction()
    for person, francs in ((cast.parent, 50), (cast.staff, 30), (cast.stranger, 60)):
        bid(lot_of(auction), person, francs)
    lot = lot_of(auction)
    assert (lot.price, lot.leader.person_id) == (5500, cast.stranger.id)
    (mail,) = mails("outbid")
    assert mail.recipient == cast.parent.email
    assert "60\u00a0CHF keeps you in" in mail.text
    assert f"http://localhost/auctions/{auction.slug}/lots/1/" in mail.text


def test_an_outbid_mail_is_in_the_readers_language(cast: Cast) -> None:
    auction = make_auction()
    with atomic():
        cast.parent.locale = "fr"
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.staff, 40)
    assert len(mails("outbid", cast.parent.email)) == 1


def test_a_raise_of_ones_own_moves_nothing_and_tells_nobody(cast: Cast) -> None:
    auction = make_auction(minutes=1)
    bid(lot_of(auction), cast.parent, 50)
    before = lot_of(auction).closes_at
    outcome = bid(lot_of(auction), cast.parent, 70)
    lot = lot_of(auction)
    assert (outcome.leads, lot.price, lot.maximum, lot.closes_at) == (True, 1000, 7000, before)
    assert mails() == []


def test_the_log_replays_to_what_is_kept_and_to_the_oracle(cast: Cast) -> None:
    auction = make_auction(minutes=1)
    crowd = (cast.parent, cast.staff, cast.stranger, cast.guardian)
    for turn, francs in enumerate((12, 15, 15, 40, 41, 41, 60, 59, 90, 120)):
        bid(lot_of(auction), crowd[turn % 4], francs)
    lot = lot_of(auction)
    assert lots.differences(lot.auction, lot) == []
    last = oracle.lines(document(lot))[-1]
    assert (last["accepted"], last["price"]) == (True, lot.price)
    assert int(last["leader"]) == lot.leader.paddle


@pytest.mark.parametrize(
    ("francs", "reason", "minimum"),
    [(0, Reason.BELOW_MINIMUM, 3400), (33, Reason.BELOW_MINIMUM, 3400), (33.5, Reason.NOT_WHOLE_UNITS, 3400)],
)
def test_a_refusal_says_the_number_needed_and_is_kept(cast: Cast, francs: float, reason: Reason, minimum: int) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    bid(lot_of(auction), cast.staff, 30)
    with atomic():
        outcome = services.place_bid(lot_of(auction).id, cast.staff.id, int(francs * 100), "operation")
    assert (outcome.reason, outcome.minimum) == (reason, minimum)
    assert refusals() == [(reason, int(francs * 100))]
    assert len(events(lot_of(auction))) == 2


def test_nobody_gets_a_paddle_for_a_refused_bid(cast: Cast) -> None:
    auction = make_auction()
    assert bid(lot_of(auction), cast.parent, 5).reason is Reason.BELOW_MINIMUM
    assert db.session.scalar(select(func.count()).select_from(Bidder)) == 0
    assert lot_of(auction).auction.frozen_at is None


def test_a_first_bid_without_the_terms_writes_nothing(cast: Cast) -> None:
    auction = make_auction()
    lot_id = lot_of(auction).id
    with pytest.raises(services.TermsNotAccepted), atomic():
        services.place_bid(lot_id, cast.parent.id, 2000, "operation")
    assert events(lot_of(auction)) == []


def test_time_is_the_servers_and_ends_at_the_closing_time(cast: Cast) -> None:
    auction = make_auction()
    closes = auction.closes_at
    with travel(auction.opens_at - timedelta(seconds=1)):
        assert bid(lot_of(auction), cast.parent, 20).reason is Reason.NOT_OPEN
    with travel(closes - timedelta(microseconds=1)):
        assert bid(lot_of(auction), cast.parent, 20).reason is None
    with travel(closes + timedelta(seconds=119)):
        assert bid(lot_of(auction), cast.staff, 30).reason is None
    with travel(lot_of(auction).closes_at):
        assert bid(lot_of(auction), cast.parent, 90).reason is Reason.CLOSED


def test_the_soft_close_moves_the_closing_job_and_ends_at_its_cap(cast: Cast) -> None:
    auction = make_auction()
    scheduled = auction.closes_at
    francs, at = 20, scheduled - timedelta(seconds=1)
    while True:
        with travel(at):
            outcome = bid(lot_of(auction), (cast.parent, cast.staff)[francs % 2], francs)
        if outcome.reason is not None:
            break
        lot = lot_of(auction)
        (job,) = db.session.scalars(select(Job).where(Job.kind == "auctions.close_lot", Job.done_at.is_(None)))
        assert job.due_at == lot.closes_at <= scheduled + timedelta(minutes=30)
        francs, at = francs + 25, lot.closes_at - timedelta(seconds=1)
        if lot.closes_at == scheduled + timedelta(minutes=30):
            at = lot.closes_at
    assert outcome.reason is Reason.CLOSED
    assert lot_of(auction).closes_at == scheduled + timedelta(minutes=30)


def test_a_draft_takes_no_bid(cast: Cast) -> None:
    auction = make_auction(published=False)
    assert bid(lot_of(auction), cast.organiser, 20).reason is Reason.NOT_OPEN


def test_a_paused_lot_waits_and_a_withdrawn_one_is_gone(cast: Cast) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    for status, reason in ((LotStatus.PAUSED, Reason.PAUSED), (LotStatus.WITHDRAWN, Reason.WITHDRAWN)):
        with atomic():
            services.set_lot_status(lot.id, status, cast.organiser.id)
        assert bid(lot, cast.parent, 20).reason is reason
    with atomic():
        services.set_lot_status(lot.id, LotStatus.OPEN, cast.organiser.id)
    assert bid(lot, cast.parent, 20).reason is None


def test_an_auction_for_staff_refuses_others(cast: Cast) -> None:
    auction = make_auction(eligibility="staff")
    assert bid(lot_of(auction), cast.parent, 20).reason is Reason.NOT_ELIGIBLE
    assert bid(lot_of(auction), cast.staff, 20).reason is None


def test_an_unusual_amount_asks_to_be_confirmed(cast: Cast) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    with atomic():
        preparation.update_lot(lot.id, actor_id=cast.organiser.id, sanity_cap=50_000)
    assert bid(lot, cast.parent, 5000, confirmed=False).reason is Reason.ABOVE_CAP
    assert bid(lot, cast.parent, 5000, confirmed=True).reason is None


def test_the_same_form_twice_is_one_bid_with_one_answer(cast: Cast) -> None:
    auction = make_auction()
    first = bid(lot_of(auction), cast.parent, 50, "the-same-form")
    bid(lot_of(auction), cast.staff, 80)
    second = bid(lot_of(auction), cast.parent, 50, "the-same-form")
    assert second.repeated
    assert (second.leads, second.price, second.next_minimum) == (first.leads, first.price, first.next_minimum)
    assert len(events(lot_of(auction))) == 2


def test_the_same_form_with_another_amount_is_refused(cast: Cast) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50, "the-same-form")
    with pytest.raises(services.OperationReused):
        bid(lot, cast.parent, 60, "the-same-form")
    assert lot_of(auction).maximum == 5000


def test_another_persons_form_may_carry_the_same_token(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50, "the-same-form")
    assert bid(lot_of(auction), cast.staff, 60, "the-same-form").leads


def test_amounts_beyond_32_bits(cast: Cast) -> None:
    auction = make_auction()
    assert bid(lot_of(auction), cast.parent, 100_000_000).leads
    assert lot_of(auction).maximum == 10_000_000_000


@pytest.mark.parametrize("statement", ["UPDATE lot_event SET amount = 1", "DELETE FROM lot_event"])
def test_the_database_refuses_to_change_the_log(cast: Cast, statement: str) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    with pytest.raises(DatabaseError, match="append-only"), atomic():
        db.session.execute(text(statement))
    assert [event.amount for event in events(lot_of(auction))] == [5000]


def test_a_void_takes_later_bids_along_and_tells_everybody_concerned(cast: Cast) -> None:
    auction = make_auction()
    for person, francs in ((cast.parent, 50), (cast.staff, 60), (cast.stranger, 80), (cast.staff, 100)):
        bid(lot_of(auction), person, francs)
    lot = lot_of(auction)
    with atomic():
        services.void_bid(lot.id, 2, "A child played with the phone", cast.organiser.id)
    lot = lot_of(auction)
    assert (lot.leader.person_id, lot.price, lot.last_seq, lot.bids) == (cast.stranger.id, 5500, 5, 2)
    assert {mail.recipient for mail in mails("voided")} == {cast.staff.email, cast.stranger.email}
    assert lots.differences(lot.auction, lot) == []


@pytest.mark.parametrize("seq", [0, 2, 99])
def test_no_void_of_what_does_not_stand(cast: Cast, seq: int) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50)
    with pytest.raises(services.VoidRefused), atomic():
        services.void_bid(lot.id, seq, "Because", cast.organiser.id)


def test_no_void_by_one_person_after_the_closing_time(cast: Cast) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50)
    with travel(auction.closes_at), pytest.raises(services.VoidRefused), atomic():
        services.void_bid(lot.id, 1, "Because", cast.organiser.id)


def test_the_auction_is_firm_once_somebody_has_bid(cast: Cast) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50)
    with pytest.raises(preparation.AuctionFrozen), atomic():
        preparation.update_auction(auction.id, actor_id=None, closes_at=now() + timedelta(days=1))
    with pytest.raises(preparation.AuctionFrozen), atomic():
        preparation.update_lot(lot.id, actor_id=cast.organiser.id, start=500)
    with atomic():
        preparation.update_auction(auction.id, actor_id=None, summary="New words")
        preparation.update_lot(lot.id, actor_id=cast.organiser.id, title="A new title", start=lot.start)


def test_a_new_closing_time_moves_the_lots_that_close_with_it(cast: Cast) -> None:
    auction = make_auction(2)
    later = auction.closes_at + timedelta(hours=3)
    with atomic():
        preparation.update_auction(auction.id, actor_id=None, closes_at=later)
    assert lot_of(auction, 2).closes_at == lot_of(auction, 2).scheduled_end == later
    assert set(db.session.scalars(select(Job.due_at))) == {later}


def test_what_a_bid_costs_does_not_grow_with_the_log(cast: Cast) -> None:
    lot_id, parent, staff = lot_of(make_auction()).id, cast.parent.id, cast.staff.id
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    def cost(person_id: int, francs: int) -> int:
        db.session.remove()
        said.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        with atomic():
            services.place_bid(lot_id, person_id, francs * 100, f"operation-{francs}", terms_accepted=True)
        event.remove(db.engine, "before_cursor_execute", note)
        return len([statement for statement in said if not statement.startswith(("BEGIN", "SET"))])

    cost(staff, 15)
    cost(parent, 50)
    early = [cost(staff, francs) for francs in (30, 60, 70)]  # meets the maximum, outbids, raises
    for francs in range(80, 110):
        cost(parent, francs)
    assert [cost(staff, francs) for francs in (100, 140, 141)] == early == [5, 6, 5]
