"""How somebody stands on a lot when it was not simply won or lost: bids voided, below the reserve, let go, withdrawn."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg
import pytest
from flask import Flask

from app.accounts.models import Person
from app.auctions import boards, lots, offers, preparation, services, settlement
from app.auctions.models import Auction, Award, LotStatus
from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic
from tests.auctions.helpers import bid, events, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike

SECOND = timedelta(seconds=1)


def closed(auction: Auction, lots_wanted: int = 1) -> Award | None:
    """Every lot closes at its time; the last award."""
    made = None
    with travel(auction.closes_at + SECOND):
        for number in range(1, lots_wanted + 1):
            lot_id = lot_of(auction, number).id
            with atomic():
                made = settlement.close_lot(lot_id) or made
    return made


def passed_on(auction: Auction, cast: Cast) -> None:
    """The winner of lot 1 lets it go, and who is offered it accepts."""
    award = closed(auction)
    assert award is not None
    with travel(auction.closes_at + SECOND):
        with atomic():
            offer = offers.forfeit(award.id, cast.organiser.id)
            assert offer is not None
            offer_id, taker = offer.id, offer.bidder.person_id
        with atomic():
            offers.accept(offer_id, taker)


def void(auction: Auction, seq: int, cast: Cast) -> None:
    with atomic():
        services.void_bid(lot_of(auction).id, seq, "A slip of the finger.", cast.organiser.id)


# ---- a bid that was voided


def test_whose_only_bid_was_voided_is_not_told_that_somebody_bid_more(cast: Cast, client_for: Browserlike) -> None:
    auction, client = make_auction(), client_for(cast.parent)
    bid(lot_of(auction), cast.parent, 50)
    void(auction, 1, cast)
    here = f"/auctions/{auction.slug}/"
    assert "Somebody bid more" not in client.get(f"{here}lots/1/").text
    assert client.get(f"{here}live.json").get_json()["mine"]["lots"] == {}
    assert "keeps you in" not in client.get(f"{here}mine/").text.split("<h2")[-1].replace("Outbid: {} keeps you in", "")
    assert "Outbid" not in client.get("/account/").text


def test_of_a_bidders_bids_the_voided_and_the_later_ones_are_gone(cast: Cast, client_for: Browserlike) -> None:
    auction, client = make_auction(), client_for(cast.parent)
    for person, francs in ((cast.parent, 20), (cast.staff, 50), (cast.parent, 60)):
        bid(lot_of(auction), person, francs)
    void(auction, 3, cast)
    lives = f"/auctions/{auction.slug}/live.json"
    assert client.get(lives).get_json()["mine"]["lots"]["1"]["standing"] == "outbid"
    void(auction, 1, cast)
    assert client.get(lives).get_json()["mine"]["lots"] == {}
    bid(lot_of(auction), cast.parent, 60)  # a bid after the void stands
    assert client.get(lives).get_json()["mine"]["lots"]["1"]["standing"] == "leading"
    assert "Your bid leads." in client.get(f"/auctions/{auction.slug}/lots/1/").text


# ---- a lot that closed without a buyer


def test_nobody_leads_a_lot_that_closed_unsold(cast: Cast, client_for: Browserlike) -> None:
    auction, client = make_auction(), client_for(cast.parent)
    with atomic():
        preparation.update_lot(lot_of(auction).id, actor_id=cast.organiser.id, reserve=90_00)
    bid(lot_of(auction), cast.parent, 50)
    closed(auction)
    with travel(auction.closes_at + 2 * SECOND):
        state = client.get(f"/auctions/{auction.slug}/live.json").get_json()
        assert state["mine"]["lots"]["1"]["standing"] == "none"
        assert state["lots"][0]["paddle"] is None
        for page in ("", "mine/"):
            shown = client.get(f"/auctions/{auction.slug}/{page}").text
            assert 'class="standing none"' in shown
        assert "Paddle 100 leads" not in client.get(f"/auctions/{auction.slug}/screen/").text


def test_the_wall_tells_scripts_what_outbid_means_when_bidding_is_over(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    page = client_for(cast.parent).get(f"/auctions/{auction.slug}/").text
    assert 'data-over="Outbid"' in page


# ---- a second chance


def test_who_took_the_second_chance_has_it_everywhere(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.staff, 90)
    bid(lot_of(auction), cast.parent, 50)
    passed_on(auction, cast)
    assert lot_of(auction).price == 55_00, "the log's last price"
    with travel(auction.closes_at + 2 * SECOND):
        account = client_for(cast.parent).get("/account/").text
        assert "10\u00a0CHF" in account
        assert "55\u00a0CHF" not in account
        assert "Yours" in account
        assert "Yours" not in client_for(cast.staff).get("/account/").text
        screen = client_for().get(f"/auctions/{auction.slug}/screen/").text
        assert "Paddle 101 leads" in screen
        assert "Paddle 100 leads" not in screen
        assert ">101<" in client_for().get(f"/auctions/{auction.slug}/results/").text


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_open_pages_hear_of_a_second_chance(app: Flask, cast: Cast) -> None:
    """An award is no lot: on PostgreSQL no trigger tells of it. SQLite tells every commit."""
    auction = make_auction()
    bid(lot_of(auction), cast.staff, 90)
    bid(lot_of(auction), cast.parent, 50)
    award = closed(auction)
    assert award is not None
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as listening, travel(auction.closes_at + SECOND):
        listening.execute("LISTEN kermesse_news")
        with atomic():
            offer = offers.forfeit(award.id, cast.organiser.id)
            assert offer is not None
            offer_id, taker = offer.id, offer.bidder.person_id
        assert list(listening.notifies(timeout=2, stop_after=1))
        with atomic():
            offers.accept(offer_id, taker)
        assert list(listening.notifies(timeout=2, stop_after=1))


# ---- the account page


def test_a_withdrawn_lot_is_nobodys(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    assert "You lead" in client_for(cast.parent).get("/account/").text
    with atomic():
        services.set_lot_status(lot_of(auction).id, LotStatus.WITHDRAWN, cast.organiser.id)
    account = client_for(cast.parent).get("/account/").text
    assert "You lead" not in account
    assert "Withdrawn" in account


# ---- what is promised


def counted(auction: Auction, client_for: Browserlike) -> list[int]:
    """The sum that each page tells."""
    promised = client_for().get(f"/auctions/{auction.slug}/live.json").get_json()["promised"]["value"]
    return [promised, boards.promised_in(auction.id)]


def test_every_page_counts_the_same_as_promised(cast: Cast, client_for: Browserlike) -> None:
    """A bid that leads, and what is sold; not a withdrawn lot, nor one that closed below its reserve."""
    auction = make_auction(4)
    with atomic():
        preparation.update_lot(lot_of(auction, 2).id, actor_id=cast.organiser.id, reserve=90_00)
    sold: list[tuple[int, Person, int]] = [
        (1, cast.staff, 90),
        (1, cast.parent, 50),
        (2, cast.parent, 50),
        (3, cast.parent, 50),
    ]
    for number, person, francs in sold:
        bid(lot_of(auction, number), person, francs)
    assert counted(auction, client_for) == [75_00, 75_00]
    with atomic():
        services.set_lot_status(lot_of(auction, 3).id, LotStatus.WITHDRAWN, cast.organiser.id)
    assert counted(auction, client_for) == [65_00, 65_00]
    closed(auction, 4)
    with travel(auction.closes_at + 2 * SECOND):
        assert counted(auction, client_for) == [55_00, 55_00]
        page = client_for(cast.organiser).get(f"/manage/auctions/{auction.id}/").text
        assert "55\u00a0CHF" in page.split("Promised so far")[1].split("</dd>")[0]


def test_what_a_void_took_from_the_leaders_own_bids_is_never_opened(cast: Cast) -> None:
    """Nor when the leader promises more than that again: the log that was written is the one that a replay writes."""
    auction = make_auction()
    for francs in (50, 80):
        bid(lot_of(auction), cast.parent, francs)
    void(auction, 2, cast)
    for francs in (70, 90):
        bid(lot_of(auction), cast.parent, francs)
    bid(lot_of(auction), cast.staff, 120)
    lot = lot_of(auction)
    opened = [one["amount"] for one in json.loads(events(lot)[-1].line)["opens"]]
    assert opened == [50_00, 70_00, 90_00]
    assert lots.differences(lot.auction, lot) == []
