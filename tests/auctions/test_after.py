"""After the hammer: results for everybody, the hand-over list for helpers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.auctions import settlement
from app.auctions.models import Auction, Award
from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic
from app.payments.models import Invoice
from app.payments.services import record_cash
from tests.auctions.helpers import bid, lot_of, mails, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike


@pytest.fixture
def over(cast: Cast) -> Auction:
    """One lot sold to a parent, one without a bid."""
    auction = make_auction(2)
    bid(lot_of(auction), cast.parent, 50)
    bid(lot_of(auction), cast.staff, 30)
    with travel(auction.closes_at + timedelta(minutes=1)):
        for number in (1, 2):
            with atomic():
                settlement.close_lot(lot_of(auction, number).id)
    return auction


def test_results_name_paddles_and_prices_and_nobody(over: Auction, cast: Cast, client_for: Browserlike) -> None:
    page = client_for(None).get(f"/auctions/{over.slug}/results/").text
    assert "32\u00a0CHF" in page
    assert ">100<" in page
    assert "Not sold" in page
    assert cast.parent.name not in page
    assert "50\u00a0CHF" not in page


def test_results_before_the_closing_tell_nothing(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(2)
    bid(lot_of(auction), cast.parent, 50)
    page = client_for(None).get(f"/auctions/{auction.slug}/results/").text
    assert "2 lots are still to close" in page
    assert "No hammer has fallen yet" in page
    assert client_for(None).get("/auctions/nothing/results/").status_code == 404


def test_the_hand_over_list_is_for_helpers_and_ticks_can_be_taken_back(
    over: Auction, cast: Cast, client_for: Browserlike
) -> None:
    path = f"/manage/auctions/{over.id}/hand-over/"
    assert client_for(cast.stranger).get(path).status_code == 403
    helper = client_for(cast.helper)
    page = helper.get(path).text
    assert "Paddle 100" in page
    assert "Not all is paid" in page
    award = db.session.query(Award).one()
    tick = f"/manage/awards/{award.id}/hand-over"
    assert client_for(cast.stranger).post(tick).status_code == 403
    assert helper.post(tick, data={"next": path}).headers["Location"] == path
    db.session.rollback()
    assert db.session.get_one(Award, award.id, populate_existing=True).handed_over_by == cast.helper.id
    assert helper.post(f"{tick}/removal", data={"next": path}).status_code == 303
    db.session.rollback()
    assert db.session.get_one(Award, award.id, populate_existing=True).handed_over_at is None
    assert helper.post("/manage/awards/999999/hand-over/removal").status_code == 404


def test_thanks_come_once_for_all_lots_of_an_invoice(cast: Cast) -> None:
    auction = make_auction(2)
    for number in (1, 2):
        bid(lot_of(auction, number), cast.parent, 50)
    with travel(auction.closes_at + timedelta(minutes=1)):
        for number in (1, 2):
            with atomic():
                settlement.close_lot(lot_of(auction, number).id)
        with atomic():
            token = settlement.invoice_bidder(db.session.query(Award).first().bidder_id)  # type: ignore[union-attr]
    invoice = db.session.query(Invoice).filter_by(token=token).one()
    with atomic():
        record_cash(invoice.id, 2000, "all-of-it", cast.helper.id)
    (mail,) = mails("thanks:")
    assert mail.recipient == cast.parent.email
    assert auction.beneficiary.name in mail.subject
    assert mail.text.count("is paid") == 2
    assert "/media/" in mail.html
    db.session.rollback()
