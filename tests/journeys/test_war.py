"""Two phones and a projector follow a bidding war without a reload; one phone's network is cut in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from app.accounts.models import Person
from app.auctions import lots
from app.auctions.models import Auction
from app.core.database import db
from app.core.money import format_amount
from tests.auctions.helpers import bid, lot_of, people
from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.network import Network
from tests.journeys.scenes import hang, sell
from tests.races.guests import Guest
from tests.serving import Server

BIDS = 200
CUT_MS = 10_000
PROJECTOR = {"width": 1920, "height": 1080}


@pytest.fixture
def weak(server: Server) -> Iterator[Network]:
    with Network(server.url) as network:
        yield network


def enter(visitor: Visitor, server: Server, person: Person) -> None:
    """Sign somebody in without the way through the mail."""
    cookies = Guest.signed_in(server, person).cookies
    visitor.context.add_cookies(
        [{"name": name, "value": value, "url": visitor.base_url} for name, value in cookies.items()]
    )


def war(path: str, guests: list[Guest], francs: int) -> None:
    """The two bid against each other over HTTP, one after the other, each a little above."""
    for guest in guests:
        guest.get(path)
    for turn in range(BIDS):
        guest = guests[turn % 2]
        operation = f"war-operation-{turn:04}"
        assert guest.post(f"{path}bids", amount=francs + 200 * (turn + 1), operation=operation, confirmed=1)[0] == 303
    for guest in guests:
        guest.hang_up()


def test_a_war_of_200_bids(server: Server, weak: Network, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    slug, _codes = sell(hang(cast, ("Birds do not queue", "A boat of houses")), closes_in_s=3600)
    lot_auction = db.session.query(Auction).filter_by(slug=slug).one()
    rivals = [db.session.get_one(Person, key) for key in people(2)]
    for francs, person in ((20, rivals[0]), (30, rivals[1]), (40, cast.parent)):
        bid(lot_of(lot_auction), person, francs)
    path = f"/auctions/{slug}/lots/1/"
    leader, phone, projector = visitor(server), visitor(server), visitor(server, size=PROJECTOR)
    phone.base_url = weak.url
    enter(leader, server, rivals[0])
    enter(phone, server, cast.parent)
    leader.go(path)
    phone.page.goto(weak.url + path)
    projector.go(f"/auctions/{slug}/screen/")
    pages = [leader.page, phone.page, projector.page]
    for page in pages:
        page.evaluate("window.unbroken = true")
    hands = [Guest.signed_in(server, rival) for rival in rivals]
    fight = threading.Thread(target=war, args=(path, hands, 200))
    fight.start()
    phone.page.wait_for_timeout(700)
    weak.cut = True
    phone.page.wait_for_timeout(CUT_MS)
    assert phone.page.locator("[data-live-note]").is_visible(), "a page that hears nothing must say so"
    weak.cut = False
    fight.join()
    lot = lot_of(lot_auction)
    price = format_amount(lot.price or 0, "CHF", "en")
    for page in pages:
        page.wait_for_function(
            "price => document.querySelector('[data-price]').textContent.includes(price)", arg=price, timeout=15_000
        )
        assert page.evaluate("window.unbroken") is True, "the page was loaded again"
    phone.page.wait_for_selector(".bid-bar.outbid")
    seqs = phone.page.eval_on_selector_all("[data-history] li", "rows => rows.map(row => Number(row.dataset.seq))")
    assert seqs == list(range(lot.last_seq, lot.last_seq - len(seqs), -1)), "the history has a hole"
    assert len(seqs) <= 50, "a page that stays open for hours grows"
    assert f"Paddle {lot.leader.paddle} leads" in projector.page.inner_text(".projector-words")
    assert projector.axe() == []
    assert [lots.differences(lot.auction, one) for one in lot.auction.lots] == [[], []], "verify finds nothing"
