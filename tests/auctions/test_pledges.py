"""Fund a need: pledges online and in the hall, on one invoice with the lots."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.auctions import needs, pledges, settlement
from app.auctions.models import Auction, Bidder, Eligibility, Pledge
from app.auctions.outcomes import OperationReused, TermsNotAccepted
from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic, locked
from app.ledger import queries as ledger
from app.payments.models import Invoice
from app.payments.services import record_cash
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike


@pytest.fixture
def auction(cast: Cast) -> Auction:
    made = make_auction()
    with atomic():
        locked(Auction, made.id).need_title = "A school bus"
        locked(Auction, made.id).need_goal = 50_000
    return made


def give(auction: Auction, person_id: int, francs: int, operation: str, **more: object) -> None:
    with atomic():
        pledges.pledge(auction.id, person_id, francs * 100, operation, terms_accepted=True, **more)  # type: ignore[arg-type]


def test_a_pledge_is_made_once_and_counts(auction: Auction, cast: Cast) -> None:
    for _ in range(3):
        give(auction, cast.parent.id, 50, "one-operation")
    give(auction, cast.staff.id, 30, "another-operation")
    need = needs.need_of(auction)
    assert need is not None
    assert (need.pledged, need.people, need.reached) == (8000, 2, False)
    with pytest.raises(OperationReused):
        give(auction, cast.parent.id, 60, "one-operation")
    with pytest.raises(TermsNotAccepted), atomic():
        pledges.pledge(auction.id, cast.stranger.id, 1000, "no-terms-at-all")
    db.session.rollback()


def test_without_a_need_there_is_nothing_to_pledge_for(cast: Cast, client_for: Browserlike) -> None:
    made = make_auction()
    with pytest.raises(pledges.NoNeed):
        give(made, cast.parent.id, 50, "one-operation")
    assert client_for(None).get(f"/auctions/{made.slug}/need/").status_code == 404


def test_lots_and_pledges_stand_on_one_invoice_and_reach_the_beneficiary(auction: Auction, cast: Cast) -> None:
    bid(lot_of(auction), cast.parent, 50)
    give(auction, cast.parent.id, 40, "one-operation")
    bidder_id = db.session.query(Bidder.id).filter_by(person_id=cast.parent.id).scalar()
    with travel(auction.closes_at + timedelta(minutes=1)):
        with atomic():
            settlement.close_lot(lot_of(auction).id)
        with atomic():
            token = settlement.invoice_bidder(bidder_id)
        with atomic():
            assert settlement.invoice_bidder(bidder_id) is None
    invoice = db.session.query(Invoice).filter_by(token=token).one()
    assert sorted((line.kind, line.amount) for line in invoice.lines) == [("lot", 1000), ("pledge", 4000)]
    with atomic():
        record_cash(invoice.id, 5000, "all-of-it", cast.helper.id)
    assert db.session.query(Pledge).one().paid_at is not None
    assert ledger.proceeds("auction", auction.id).payable == 5000
    with pytest.raises(pledges.PledgeStands), atomic():
        pledges.withdraw(db.session.query(Pledge.id).scalar(), cast.organiser.id)
    db.session.rollback()


def test_a_withdrawn_pledge_is_not_invoiced(auction: Auction, cast: Cast) -> None:
    give(auction, cast.parent.id, 40, "one-operation")
    for _ in range(2):
        with atomic():
            pledges.withdraw(db.session.query(Pledge.id).scalar(), cast.organiser.id)
    assert needs.need_of(auction).pledged == 0  # type: ignore[union-attr]
    with atomic():
        assert settlement.invoice_bidder(db.session.query(Bidder.id).scalar()) is None


def test_by_the_page(auction: Auction, cast: Cast, client_for: Browserlike) -> None:
    path = f"/auctions/{auction.slug}/"
    assert "A school bus" in client_for(None).get(path).text
    stranger, client = client_for(None), client_for(cast.parent)
    answer = stranger.post(f"{path}pledges", data={"amount": "20", "operation": "by-a-stranger"})
    assert "/account/sign-in/" in answer.headers["Location"]
    data = {"amount": "20", "operation": "by-the-page"}
    assert client.post(f"{path}pledges", data=data).status_code == 422  # the terms
    for wrong in ("", "0", "-5", "NaN", "ten"):
        answer = client.post(f"{path}pledges", data=data | {"amount": wrong, "terms": "y"})
        assert answer.status_code == 422
    assert client.post(f"{path}pledges", data=data | {"terms": "y"}).status_code == 303
    page = client.get(f"{path}need/").text
    assert "20\u00a0CHF" in page
    assert cast.parent.name not in client_for(None).get(f"{path}need/").text


def test_in_the_hall(auction: Auction, cast: Cast, client_for: Browserlike) -> None:
    bid(lot_of(auction), cast.parent, 20)
    path = f"/manage/auctions/{auction.id}/pledges"
    assert client_for(cast.stranger).get(f"{path}/").status_code == 403
    helper = client_for(cast.helper)
    assert helper.post(path, data={"paddle": "999", "amount": "30", "operation": "in-the-hall"}).status_code == 422
    for _ in range(2):
        assert helper.post(path, data={"paddle": "100", "amount": "30", "operation": "in-the-hall"}).status_code == 303
    row = db.session.query(Pledge).one()
    assert (row.amount, row.entered_by) == (3000, cast.helper.id)
    assert "30\u00a0CHF" in helper.get(f"{path}/").text
    withdrawal = f"/manage/pledges/{row.id}/withdrawal"
    assert helper.post(withdrawal).status_code == 403
    assert client_for(cast.organiser).post(withdrawal).status_code == 303
    assert needs.need_of(auction).pledged == 0  # type: ignore[union-attr]


def test_open_pages_ask_for_the_need_without_a_stream(auction: Auction, cast: Cast, client_for: Browserlike) -> None:
    client, address = client_for(None), f"/auctions/{auction.slug}/live.json"
    before = client.get(address)
    assert before.get_json()["need"]["newest"] is None
    give(auction, cast.parent.id, 50, "one-operation")
    after = client.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    need = after.get_json()["need"]
    assert (need["pledged"], need["newest"]["words"]) == (5000, "Paddle 100 gives 50\u00a0CHF")
    screen, wall = (client.get(f"/auctions/{auction.slug}/{page}").text for page in ("screen/", ""))
    assert all("data-need-sum>50\u00a0CHF" in page and "js/need." in page for page in (screen, wall))
    assert not re.search(r"\bPia\b", screen)
    assert client.get(f"/auctions/{make_auction().slug}/live.json").get_json()["need"] is None


def test_a_pledge_is_no_way_around_the_invitation_code(auction: Auction, cast: Cast, client_for: Browserlike) -> None:
    """With a pledge comes a paddle, and who has a paddle may bid."""
    with atomic():
        row = locked(Auction, auction.id)
        row.eligibility, row.invitation_code = Eligibility.CODE, "Tulip-2026"
    client, path = client_for(cast.stranger), f"/auctions/{auction.slug}/"
    assert 'name="code"' in client.get(f"{path}need/").text
    form = {"amount": "20", "operation": "without-a-code", "terms": "y"}
    for code in ("", "Rose-2026"):
        answer = client.post(f"{path}pledges", data=form | {"code": code})
        assert answer.status_code == 422
        assert 'id="code-error"' in answer.text
    assert db.session.query(Bidder).count() == 0
    assert client.post(f"{path}pledges", data=form | {"code": "tulip 2026"}).status_code == 303
    assert client.post(f"{path}pledges", data=form | {"operation": "with-a-paddle"}).status_code == 303
    assert bid(lot_of(auction), cast.stranger, 20).leads


def test_the_terms_of_a_pledge_say_what_may_happen_to_a_card(
    auction: Auction, cast: Cast, client_for: Browserlike
) -> None:
    with atomic():
        row = locked(Auction, auction.id)
        row.card_required, row.card_charge_days, row.terms = True, 14, "A pledge is a promise."
    page = client_for(cast.parent).get(f"/auctions/{auction.slug}/need/").text
    assert "unpaid for 14 days" in page
    assert "A pledge is a promise." in page
