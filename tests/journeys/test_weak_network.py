"""Bids through a network that drops and delays: each gets a definite answer on the page, none is lost, none counts twice."""

from __future__ import annotations

from collections.abc import Callable

from app.auctions import lots
from app.auctions.models import Auction
from app.core.database import db
from tests.auctions.helpers import bid, events, lot_of
from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.network import Network
from tests.journeys.scenes import hang, sell
from tests.journeys.test_war import enter
from tests.serving import Server

BIDS = 12
MOST = 30_000
DEFINITE = ("joy", "warning", "refused")


def test_bids_on_a_weak_network(server: Server, browser_only: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    slug, _codes = sell(hang(cast, ("Birds do not queue",)), closes_in_s=3600)
    auction = db.session.query(Auction).filter_by(slug=slug).one()
    bid(lot_of(auction), cast.staff, 12)
    bid(lot_of(auction), cast.parent, 14)
    with Network(server.url, loss=0.2, delay_s=0.8, seed=4) as network:
        phone = browser_only(server)
        phone.base_url = network.url
        try:
            phone.context.set_default_timeout(60_000)
            enter(phone, server, cast.parent)
            page = phone.page
            while not page.locator("form.bid-now[data-bid], details.bid-more form[data-bid]").count():
                page.goto(f"{network.url}/auctions/{slug}/lots/1/")
            page.wait_for_function("document.querySelector('[data-stream]') && document.readyState === 'complete'")
            accepted = []
            for francs in range(20, 20 + 10 * BIDS, 10):
                page.evaluate("document.querySelector('[data-bid-answer]').dataset.kind = ''")
                if page.locator("details.bid-more:not([open]) > summary").count():
                    page.click("details.bid-more > summary")
                page.fill("details.bid-more input[name=amount]", str(francs))
                page.click("details.bid-more form button[type=submit]")
                page.wait_for_function(
                    "kinds => kinds.includes(document.querySelector('[data-bid-answer]').dataset.kind)",
                    arg=list(DEFINITE),
                )
                if page.get_attribute("[data-bid-answer]", "data-kind") != "refused":
                    accepted.append(francs * 100)
            assert network.dropped > 0, "the network was too good: the test shows nothing"
        finally:
            phone.close()
    lot = lot_of(auction)
    mine = [row.amount for row in events(lot) if row.bidder_id == lot.leader_id]
    assert mine[1:] == accepted
    assert len(accepted) == BIDS
    assert lots.differences(lot.auction, lot) == []


def test_the_first_page_on_a_slow_line_is_light(server: Server, browser_only: Callable[..., Visitor]) -> None:
    """All that a phone fetches for a lot, its picture aside. The house's faces come only where they do not keep anybody."""
    cast = Cast.assemble()
    slug, _codes = sell(hang(cast, ("Birds do not queue",)), closes_in_s=3600)
    with Network(server.url, delay_s=0.8) as network:
        fetched = [
            _fetched(browser_only(server), f"{url}/auctions/{slug}/lots/1/") for url in (network.url, server.url)
        ]
    slow, quick = fetched
    assert not any("/fonts/" in url for url in slow)
    assert sum(size for url, size in slow.items()) < MOST, slow
    assert any("/fonts/" in url for url in quick)


def _fetched(phone: Visitor, url: str) -> dict[str, int]:
    """Bytes by address, headers too, of what a page has fetched when it is quiet; without pictures and what stays open."""
    phone.base_url = url
    answers = []
    phone.page.on(
        "requestfinished", lambda request: answers.append((request.url, request.sizes(), request.resource_type))
    )
    phone.page.goto(url, wait_until="load")
    phone.page.wait_for_timeout(1500)
    phone.close()
    return {
        address: sizes["responseBodySize"] + sizes["responseHeadersSize"]
        for address, sizes, kind in answers
        if kind not in ("image", "eventsource")
    }
