"""The hall: paddles from the desk, bids called in the room, absentee maxima, the called lot."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import Person
from app.auctions import absentee, desk, jobs, lots, queries, room, settlement
from app.auctions.models import AbsenteeBid, Auction, Bidder, BidRefusal, Lot
from app.cli import privacy
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import Job, run_due
from app.core.transactions import atomic
from tests.auctions.helpers import amounts_in, bid, events, lot_of, mails, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike

SCRIPT = {"Accept": "application/json"}


def paddles(auction: Auction) -> dict[int, str]:
    query = select(Bidder).where(Bidder.auction_id == auction.id)
    return {bidder.paddle: bidder.person.name for bidder in db.session.scalars(query)}


def give(client: FlaskClient, auction: Auction, **typed: Any) -> Any:
    form = {"name": "Rosa Petit", "terms": "y", "operation": "operation-desk-1"} | typed
    return client.post(f"/manage/auctions/{auction.id}/desk/paddles", data=form)


def paddle_for(auction: Auction, person: Person, helper: Person) -> int:
    with atomic():
        return desk.give_paddle(auction.id, person.id, entered_by=helper.id).paddle


def call_out(client: FlaskClient, auction: Auction, paddle: int, amount: Any, **typed: Any) -> Any:
    form = {"lot": "1", "paddle": str(paddle), "amount": str(amount), "operation": f"operation-{paddle}-{amount}"}
    return client.post(f"/manage/auctions/{auction.id}/floor/bids", data=form | typed, headers=SCRIPT)


@pytest.mark.parametrize("page", ["desk", "floor", "auctioneer"])
def test_the_hall_is_not_for_strangers(cast: Cast, client_for: Browserlike, page: str) -> None:
    auction = make_auction()
    address = f"/manage/auctions/{auction.id}/{page}/"
    assert client_for().get(address).status_code in (302, 303)
    assert client_for(cast.stranger).get(address).status_code == 403
    assert client_for(cast.organiser).get(address).status_code == 200
    assert client_for(cast.organiser).get(f"/manage/auctions/999/{page}/").status_code == 404
    assert client_for(cast.helper).get(address).status_code == (403 if page == "auctioneer" else 200)


# ---- the desk


def test_the_desk_gives_the_next_paddle_once(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    assert give(helper, auction).status_code == 303
    assert give(helper, auction).status_code == 303  # the same form again
    assert paddles(auction) == {100: "Rosa Petit"}
    given = db.session.scalars(select(Bidder)).one()
    assert given.entered_by == cast.helper.id
    assert given.person.email.endswith("@desk.invalid")
    assert (
        give(helper, auction, name="Paul", email="pia@family.example", operation="operation-desk-2").status_code == 303
    )
    assert (
        give(helper, auction, name="Paul", email="pia@family.example", operation="operation-desk-3").status_code == 303
    )
    assert paddles(auction) == {100: "Rosa Petit", 101: "Pia Parent"}


def test_a_paddle_needs_a_name_and_signed_terms(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    answer = give(helper, auction, terms="")
    assert answer.status_code == 422
    assert "Rosa Petit" in answer.text
    assert give(helper, auction, name=" ").status_code == 422
    assert give(helper, auction, email="nowhere").status_code == 422


def test_a_namesake_is_asked_about(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    give(helper, auction)
    answer = give(helper, auction, name="rosa petit", operation="operation-desk-2")
    assert answer.status_code == 422
    assert "Paddle 100 is rosa petit already" in answer.text
    assert give(helper, auction, operation="operation-desk-2", namesake="y").status_code == 303
    assert sorted(paddles(auction)) == [100, 101]


def test_the_desk_finds_by_name_and_by_paddle(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    give(helper, auction)
    address = f"/manage/auctions/{auction.id}/desk/"
    assert "Rosa Petit" in helper.get(f"{address}?q=petit").text
    assert "Rosa Petit" in helper.get(f"{address}?q=100").text
    assert "Rosa Petit" not in helper.get(f"{address}?q=101").text
    page = helper.get(f"{address}?q=parent").text
    assert "Pia Parent" in page
    assert "pia@family.example" not in page, "a helper looks for somebody, not for addresses"
    assert "Pia Parent" not in helper.get(f"{address}?q=pa").text
    chosen = {"person": str(cast.parent.id)}
    assert give(helper, auction, q="nobody", **chosen).status_code == 422, "nobody is looked up by number alone"
    assert give(helper, auction, q="Parent", **chosen).status_code == 303
    assert paddles(auction)[101] == "Pia Parent"


def test_somebody_without_an_address_can_be_exported_and_erased(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = soon(), client_for(cast.helper)
    give(helper, auction)
    leave(helper, auction, 100, 50)
    email = db.session.scalars(select(Bidder)).one().person.email
    found = privacy.export(email)
    assert found is not None
    assert [len(found[name]) for name in ("paddles", "absentee_bids")] == [1, 1]
    privacy.erase(email)
    assert db.session.scalar(select(func.count(AbsenteeBid.id))) == 0
    assert "Rosa" not in client_for(cast.organiser).get(f"/manage/auctions/{auction.id}/desk/").text


# ---- bids called in the room


def test_a_floor_bid_is_exact_and_names_its_helper(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    lot, paddle = lot_of(auction), paddle_for(auction, cast.parent, cast.helper)
    answer = call_out(helper, auction, paddle, 40)
    assert answer.status_code == 200
    assert answer.json["outcome"] == "accepted"
    assert "40" in answer.json["words"] and str(paddle) in answer.json["words"]
    assert answer.json["needed"] == "42"
    call_out(helper, auction, paddle, 40)
    (row,) = events(lot)
    assert (row.exact, row.entered_by, row.late_s, row.price) == (True, cast.helper.id, None, 4000)


def test_the_leaders_floor_bid_tells_no_maximum(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    bid(lot_of(auction), cast.parent, 777)
    answer = call_out(helper, auction, 100, 50)
    assert answer.status_code == 422
    assert answer.json["outcome"] == "refused"
    assert "777" not in amounts_in(answer.text) and "778" not in amounts_in(answer.text)
    assert answer.json["needed"] == "11"
    # Somebody else's hand is answered by the automatic bid, and what it takes is told.
    other = paddle_for(auction, cast.other_parent, cast.helper)
    assert call_out(helper, auction, other, 10).json["words"].startswith("Too low")
    told = call_out(helper, auction, other, 50)
    assert told.json["kind"] == "warning"
    assert "777" not in amounts_in(told.text)
    page = helper.get(f"/manage/auctions/{auction.id}/floor/?lot=1&paddle={other}").text
    assert "777" not in amounts_in(page) and 'value="60"' in page


def test_floor_bids_without_scripts(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    paddle = paddle_for(auction, cast.parent, cast.helper)
    form = {"lot": "1", "paddle": str(paddle), "amount": "30", "operation": "operation-1"}
    address = f"/manage/auctions/{auction.id}/floor"
    answer = helper.post(f"{address}/bids", data=form)
    assert answer.status_code == 303
    assert f"lot=1&paddle={paddle}" in answer.location
    assert "leads" in helper.get(answer.location).text
    low = helper.post(f"{address}/bids", data=form | {"amount": "12", "operation": "operation-2"})
    assert low.status_code == 422
    assert 'value="12"' in low.text
    for name in ("lot", "paddle"):
        for text in ("77", "", "x", "0", "9" * 30):
            assert helper.post(f"{address}/bids", data=form | {name: text}).status_code == 422


def test_a_bid_that_waited_is_marked_and_never_backdated(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    lot = lot_of(auction)
    first, second = (paddle_for(auction, who, cast.helper) for who in (cast.parent, cast.other_parent))
    before = now()
    call_out(helper, auction, first, 20, age_s="10")
    call_out(helper, auction, second, 30, age_s="45")
    call_out(helper, auction, first, 40, age_s="-5")
    call_out(helper, auction, second, 50, age_s="tomorrow")
    call_out(helper, auction, first, 60, age_s="9" * 9)
    rows = events(lot)
    assert [row.late_s for row in rows] == [None, 45, None, None, 86_400]
    assert all(row.at >= before for row in rows)
    assert "waited 45 s" in client_for(cast.organiser).get(f"/manage/lots/{lot.id}/").text
    assert lots.differences(lot.auction, lot_of(auction)) == []


def test_a_bid_that_waited_past_the_closing_is_refused(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = make_auction(), client_for(cast.helper)
    paddle = paddle_for(auction, cast.parent, cast.helper)
    with travel(auction.closes_at + timedelta(seconds=5)):
        assert call_out(helper, auction, paddle, 20, age_s="60").json["outcome"] == "refused"
    assert events(lot_of(auction)) == []


def test_only_the_room(cast: Cast, client_for: Browserlike) -> None:
    auction, organiser = make_auction(), client_for(cast.organiser)
    paddle = paddle_for(auction, cast.parent, cast.helper)
    address = f"/manage/auctions/{auction.id}/auctioneer/freeze"
    assert organiser.post(address, data={"number": "1", "frozen": "y"}).status_code == 303
    assert lot_of(auction).room_only
    assert bid(lot_of(auction), cast.staff, 90).reason == "online_frozen"
    (told,) = client_for().get(f"/auctions/{auction.slug}/live.json").get_json()["lots"]
    assert told["words"].startswith("The room is bidding")
    assert "The room is bidding" in client_for().get(f"/auctions/{auction.slug}/lots/1/").text
    assert call_out(client_for(cast.helper), auction, paddle, 20).json["outcome"] == "accepted"
    assert organiser.post(address, data={"number": "1", "frozen": ""}).status_code == 303
    assert bid(lot_of(auction), cast.staff, 90).leads
    assert organiser.post(address, data={"number": "9"}).status_code == 404


# ---- absentee maxima


def soon(**values: Any) -> Auction:
    """An auction of two lots that opens in an hour."""
    opens = now().replace(microsecond=0) + timedelta(hours=1)
    return make_auction(2, opens_at=opens, minutes=180, **values)


def leave(client: FlaskClient, auction: Auction, holder: int, most: Any, lot: Any = 1, **typed: Any) -> Any:
    form = {"lot": str(lot), "paddle": str(holder), "maximum": str(most)}
    return client.post(f"/manage/auctions/{auction.id}/desk/maxima", data=form | typed)


def test_maxima_count_from_the_opening_in_order_of_entry(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = soon(), client_for(cast.helper)
    first, second, third = (
        paddle_for(auction, who, cast.helper) for who in (cast.parent, cast.other_parent, cast.guardian)
    )
    for paddle, maximum in ((first, 60), (second, 60), (second, 60), (third, 30)):
        assert leave(helper, auction, paddle, maximum).status_code == 303
    assert db.session.scalar(select(func.count(AbsenteeBid.id))) == 3
    page = helper.get(f"/manage/auctions/{auction.id}/desk/").text
    listed = re.sub("<[^>]*>", " ", page.split('id="absentee"')[1].split("</section>")[0])
    assert "Take back" in listed and "60" not in amounts_in(listed), "a maximum stands on a screen that others see"
    run_due()
    assert events(lot_of(auction)) == []
    with travel(auction.opens_at + timedelta(seconds=1)):
        run_due()
        jobs.count_absentee({"auction_id": auction.id})  # a job may run twice
    lot = lot_of(auction)
    assert [row.amount for row in events(lot)] == [6000, 6000]
    assert lot.leader is not None and (lot.leader.paddle, lot.price) == (first, 6000)
    assert {row.at for row in events(lot)} == {auction.opens_at}
    assert db.session.scalars(select(BidRefusal.reason)).all() == ["below_minimum"]
    assert len(mails("outbid", cast.other_parent.email)) == 1
    assert lots.differences(lot.auction, lot) == []


def test_the_first_bid_finds_the_maxima_counted(cast: Cast, client_for: Browserlike) -> None:
    auction = soon()
    leave(client_for(cast.helper), auction, paddle_for(auction, cast.parent, cast.helper), 50)
    with travel(auction.opens_at):
        assert not bid(lot_of(auction), cast.staff, 50).leads, "the maximum was there before"
        lot = lot_of(auction)
    assert lot.leader is not None and lot.leader.person_id == cast.parent.id


def test_a_lot_that_closes_before_the_job_ran_counts_them(cast: Cast, client_for: Browserlike) -> None:
    auction = soon()
    leave(client_for(cast.helper), auction, paddle_for(auction, cast.parent, cast.helper), 50)
    db.session.rollback()
    with atomic():
        db.session.query(Job).filter_by(kind=absentee.COUNT).delete()
    with travel(auction.closes_at + timedelta(seconds=1)):
        jobs.close_lot({"lot_id": lot_of(auction).id})
        db.session.rollback()
        (award,) = queries.awards_of(auction.id)
    assert (award.amount, award.bidder.person_id) == (1000, cast.parent.id)


def test_the_sweep_finds_maxima_whose_job_was_lost(cast: Cast, client_for: Browserlike) -> None:
    auction = soon()
    leave(client_for(cast.helper), auction, paddle_for(auction, cast.parent, cast.helper), 50)
    with atomic():
        db.session.query(Job).filter_by(kind=absentee.COUNT).delete()
    jobs.uncounted()
    with travel(auction.opens_at + timedelta(minutes=1)):
        jobs.uncounted()
        run_due()
    assert len(events(lot_of(auction))) == 1


def test_what_cannot_be_left(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = soon(), client_for(cast.helper)
    paddle = paddle_for(auction, cast.parent, cast.helper)
    for wrong in ({"maximum": "5"}, {"maximum": "50.50"}, {"lot": "9"}, {"paddle": "7"}, {"maximum": "x"}, {"lot": ""}):
        assert leave(helper, auction, paddle, 50, **wrong).status_code == 422, wrong
    with atomic():
        db.session.get_one(Lot, lot_of(auction).id).sanity_cap = 40_000
    assert leave(helper, auction, paddle, 500).status_code == 422
    assert leave(helper, auction, paddle, 500, confirmed="y").status_code == 303
    with travel(auction.opens_at):
        late = leave(helper, auction, paddle, 600)
        assert late.status_code == 422
        assert "Bidding is open" in late.text


def test_a_maximum_is_taken_back_until_the_opening(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = soon(), client_for(cast.helper)
    paddle = paddle_for(auction, cast.parent, cast.helper)
    leave(helper, auction, paddle, 50)
    leave(helper, auction, paddle, 70, lot=2)
    first, second = (entry.id for entry in absentee.entries(auction.id))
    address = f"/manage/auctions/{auction.id}/desk/maxima"
    assert client_for(cast.stranger).post(f"{address}/{first}/withdrawal").status_code == 403
    assert helper.post(f"{address}/{first}/withdrawal").status_code == 303
    assert helper.post(f"{address}/{first}/withdrawal").status_code == 303
    with travel(auction.opens_at):
        assert helper.post(f"{address}/{second}/withdrawal").status_code == 303
        run_due()
    assert events(lot_of(auction)) == []
    assert len(events(lot_of(auction, 2))) == 1


def test_the_desk_tells_counted_from_passed_over(cast: Cast, client_for: Browserlike) -> None:
    auction, helper = soon(), client_for(cast.helper)
    for person, most in ((cast.parent, 60), (cast.guardian, 30), (cast.other_parent, 10)):
        assert leave(helper, auction, paddle_for(auction, person, cast.helper), most).status_code == 303
    with travel(auction.opens_at + timedelta(seconds=1)):
        run_due()
        page = helper.get(f"/manage/auctions/{auction.id}/desk/").text.split('id="absentee"')[1]
    assert re.findall("Not counted|Counted", page) == ["Counted", "Counted", "Not counted"]


def test_a_maximum_is_taken_back_at_its_own_desk(cast: Cast, client_for: Browserlike) -> None:
    auction, another, helper = soon(), soon(), client_for(cast.helper)
    leave(helper, auction, paddle_for(auction, cast.parent, cast.helper), 50)
    (entry,) = absentee.entries(auction.id)
    address = f"/manage/auctions/{another.id}/desk/maxima/{entry.id}/withdrawal"
    assert helper.post(address).status_code == 303
    assert len(absentee.entries(auction.id)) == 1


# ---- the called lot


def test_the_auctioneer_calls_lots_and_the_projector_stays(cast: Cast, client_for: Browserlike) -> None:
    auction, organiser = make_auction(3), client_for(cast.organiser)
    address = f"/manage/auctions/{auction.id}/auctioneer"
    assert "No lot is called" in organiser.get(f"{address}/").text
    assert organiser.post(f"{address}/call", data={"number": "2"}).status_code == 303
    page = organiser.get(f"{address}/").text
    assert "Picture 2" in page and 'value="3"' in page and 'value="1"' in page
    screen = client_for().get(f"/auctions/{auction.slug}/screen/?number=1").text
    assert 'data-lot="2"' in screen and "data-called" in screen
    state = client_for().get(f"/auctions/{auction.slug}/live.json").get_json()
    assert [lot["number"] for lot in state["lots"] if lot["called"]] == [2]
    for wrong in ("9", "x", "-1", "9" * 40):
        assert organiser.post(f"{address}/call", data={"number": wrong}).status_code == 422
    assert organiser.post(f"{address}/call", data={"number": ""}).status_code == 303
    assert "data-called" not in client_for().get(f"/auctions/{auction.slug}/screen/").text
    assert client_for(cast.helper).post(f"{address}/call", data={"number": "1"}).status_code == 403


def test_calling_never_closes_a_lot(cast: Cast) -> None:
    auction = make_auction(2)
    before = lot_of(auction).closes_at
    with atomic():
        room.call_lot(auction.id, 1, cast.organiser.id)
    with atomic():
        room.call_lot(auction.id, 2, cast.organiser.id)
    assert lot_of(auction).closes_at == before
    with atomic():
        assert settlement.close_lot(lot_of(auction).id) is None
