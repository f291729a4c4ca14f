"""From the hammer to the money: closing, awards, invoices, proceeds."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from app.auctions import jobs, preparation, queries, services, settlement
from app.auctions.models import Auction, Award, Lot, LotStatus
from app.core.clock import travel
from app.core.database import db
from app.core.jobs import Job, run_due
from app.core.transactions import atomic
from app.payments.models import Invoice, InvoiceStatus
from app.payments.services import record_cash
from tests.auctions.helpers import amounts_in, bid, lot_of, mails, make_auction
from tests.cast import Cast


def awards() -> list[Award]:
    db.session.rollback()
    return list(db.session.scalars(select(Award).order_by(Award.id)))


def close_all(auction: Auction, minutes: float = 0) -> None:
    """Let the worker run at the closing time, or some minutes later."""
    with travel(auction.closes_at + timedelta(minutes=minutes)):
        run_due()
    db.session.expire_all()


def test_a_lot_closes_at_its_time_with_one_award_and_one_mail(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    bid(lot_of(auction), cast.staff, 30)
    close_all(auction)
    (award,) = awards()
    assert (award.amount, award.bidder.person_id) == (3200, cast.parent.id)
    (mail,) = mails("won")
    assert mail.recipient == cast.parent.email
    assert "32\u00a0CHF" in mail.text
    assert "50" not in amounts_in(mail.text)


def test_a_closing_job_twice_is_one_award(cast: Cast) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50)
    with travel(auction.closes_at):
        for _ in range(2):
            jobs.close_lot({"lot_id": lot.id})
    assert len(awards()) == len(mails("won")) == 1


def test_a_closing_job_that_comes_early_asks_again(cast: Cast) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50)
    jobs.close_lot({"lot_id": lot.id})
    assert awards() == []
    assert lot_of(auction).settled_at is None
    (job,) = db.session.scalars(select(Job).where(Job.kind == settlement.CLOSE, Job.done_at.is_(None)))
    assert job.due_at == auction.closes_at


def test_a_late_job_lets_no_late_bid_in(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    with travel(auction.closes_at + timedelta(hours=1)):
        assert bid(lot_of(auction), cast.staff, 90).reason == "closed"
    close_all(auction, minutes=90)
    (award,) = awards()
    assert (award.amount, award.bidder.person_id) == (1000, cast.parent.id)


def test_a_closed_lot_stays_closed_when_the_clock_steps_back(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    close_all(auction)
    assert bid(lot_of(auction), cast.staff, 90).reason == "closed"


def test_without_a_bid_or_below_its_reserve_or_withdrawn_a_lot_is_not_sold(cast: Cast) -> None:
    auction = make_auction(3)
    with atomic():
        preparation.update_lot(lot_of(auction, 2).id, actor_id=cast.organiser.id, reserve=9000)
    bid(lot_of(auction, 2), cast.parent, 40)
    bid(lot_of(auction, 3), cast.parent, 40)
    with atomic():
        services.set_lot_status(lot_of(auction, 3).id, LotStatus.WITHDRAWN, cast.organiser.id)
    close_all(auction)
    assert awards() == mails("won") == []
    assert all(lot_of(auction, number).settled_at is not None for number in (1, 2, 3))


def test_one_invoice_for_all_lots_of_a_buyer(cast: Cast) -> None:
    auction = make_auction(3)
    for number, person in ((1, cast.parent), (2, cast.staff), (3, cast.parent)):
        bid(lot_of(auction, number), person, 20 * number)
    close_all(auction)
    close_all(auction, minutes=1)
    close_all(auction, minutes=2)
    invoices = list(db.session.scalars(select(Invoice).order_by(Invoice.person_id)))
    totals = {invoice.person_id: [line.amount for line in invoice.lines] for invoice in invoices}
    assert totals == {cast.parent.id: [1000, 1000], cast.staff.id: [1000]}
    assert len(mails("invoice")) == 2


def test_an_invoice_waits_for_lots_that_close_soon_and_for_no_others(cast: Cast) -> None:
    auction = make_auction(3)
    for number, minutes in ((2, 10), (3, 300)):
        later, which = auction.closes_at + timedelta(minutes=minutes), (Lot.number == number)
        with atomic():
            db.session.execute(update(Lot).where(which).values(closes_at=later, scheduled_end=later))
    for number in (1, 2, 3):
        bid(lot_of(auction, number), cast.parent, 20)
    close_all(auction, minutes=1)
    assert db.session.scalars(select(Invoice)).all() == []
    with travel(auction.closes_at + timedelta(minutes=10)), atomic():
        settlement.close_lot(lot_of(auction, 2).id)
    close_all(auction, minutes=11)
    (invoice,) = db.session.scalars(select(Invoice))
    assert len(invoice.lines) == 2


def test_paying_now_leaves_nothing_for_the_later_invoice(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 20)
    with travel(auction.closes_at):
        jobs.close_lot({"lot_id": lot_of(auction).id})
        (award,) = awards()
        with atomic():
            token = settlement.invoice_bidder(award.bidder_id)
        jobs.invoice({"bidder_id": award.bidder_id})
    (invoice,) = db.session.scalars(select(Invoice))
    assert invoice.token == token


def test_the_whole_thread_from_bid_to_proceeds(app: Flask, cast: Cast) -> None:
    auction = make_auction()
    before = queries.proceeds_of(auction)
    bid(lot_of(auction), cast.parent, 50)
    bid(lot_of(auction), cast.stranger, 60)
    assert [mail.recipient for mail in mails("outbid")] == [cast.parent.email]
    close_all(auction)
    close_all(auction, minutes=1)
    (award,) = awards()
    assert (award.bidder.person_id, award.amount, award.paid_at) == (cast.stranger.id, 5500, None)
    (invoice,) = db.session.scalars(select(Invoice))
    assert (invoice.total, invoice.person_id, invoice.currency) == (5500, cast.stranger.id, "CHF")
    with atomic():
        record_cash(invoice.id, 5500, "cash-operation", cast.treasurer.id)
    (award,) = awards()
    assert award.paid_at is not None
    assert db.session.get_one(Invoice, invoice.id).status is InvoiceStatus.PAID
    after = queries.proceeds_of(auction)
    assert after.received - before.received == 5500
    assert (after.invoiced, after.payable, after.still_held) == (5500, 5500, 5500)


def test_the_sweep_finds_a_lot_whose_closing_job_was_lost(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    with atomic():
        db.session.execute(db.delete(Job))
    with travel(auction.closes_at + timedelta(minutes=1)):
        jobs.overdue()
        run_due()
    assert len(awards()) == 1


def test_an_award_is_handed_over_once(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    close_all(auction)
    (award,) = awards()
    with atomic():
        settlement.hand_over(award.id, cast.helper.id)
    first = awards()[0].handed_over_at
    with atomic():
        settlement.hand_over(award.id, cast.helper.id)
    assert first is not None
    assert awards()[0].handed_over_at == first
