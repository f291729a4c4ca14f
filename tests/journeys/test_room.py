"""An evening in the hall: the desk gives a paddle, a helper enters bids on a phone whose network goes away and comes back."""

from __future__ import annotations

from collections.abc import Callable

from app.auctions import lots
from app.auctions.models import Auction
from app.core.database import db
from tests.auctions.helpers import bid, events, lot_of
from tests.cast import Cast
from tests.journeys.browser import LAPTOP, Visitor
from tests.journeys.scenes import hang, sell
from tests.journeys.test_war import enter
from tests.serving import Server


def enter_bid(visitor: Visitor, lot: int, paddle: int, amount: int) -> None:
    """Type as a helper does: enter goes on to the next field, and sends from the last."""
    page = visitor.page
    page.fill("[data-floor] input[name=lot]", str(lot))
    page.fill("[data-floor] input[name=paddle]", str(paddle))
    page.press("[data-floor] input[name=paddle]", "Enter")
    page.fill("[data-floor] input[name=amount]", str(amount))
    page.press("[data-floor] input[name=amount]", "Enter")


def answered(visitor: Visitor, kind: str, words: str) -> None:
    """Wait for the large answer."""
    visitor.page.wait_for_selector(f"[data-floor-answer][data-kind={kind}]:has-text({words!r})")


def test_an_evening_in_the_hall(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    slug, _codes = sell(hang(cast, ("Birds do not queue", "A door")), closes_in_s=3600)
    auction = db.session.query(Auction).filter_by(slug=slug).one()
    bid(lot_of(auction), cast.staff, 20)
    helper, organiser = visitor(server), visitor(server, size=LAPTOP)
    enter(helper, server, cast.helper)
    enter(organiser, server, cast.organiser)
    projector = visitor(server, size={"width": 1920, "height": 1080})

    # The desk gives a paddle.
    page = helper.go(f"/manage/auctions/{auction.id}/desk/")
    page.fill("input[name=name]", "Rosa Petit")
    page.check("input[name=terms]")
    page.click("text=Give paddle 101")
    page.wait_for_selector("text=Paddle 101 for Rosa Petit")
    assert helper.axe() == []
    assert not helper.overflows()

    # The auctioneer calls a lot; the projector stays with it.
    projector.go(f"/auctions/{slug}/screen/")
    organiser.go(f"/manage/auctions/{auction.id}/auctioneer/")
    organiser.page.click("text=Next: lot 1")
    organiser.page.click("text=Next: lot 2")
    organiser.page.wait_for_selector("[data-called='2']")
    projector.page.wait_for_selector("[data-lot='2'][data-called]")
    organiser.page.click("text=Lot 1")
    projector.page.wait_for_selector("[data-lot='1'][data-called]")

    # A bid called in the room, answered at once and told to the auctioneer.
    page = helper.go(f"/manage/auctions/{auction.id}/floor/")
    enter_bid(helper, 1, 101, 50)
    answered(helper, "joy", "paddle 101 leads")
    assert page.input_value("[data-floor] input[name=amount]") == "55"
    organiser.page.wait_for_function("() => document.querySelector('[data-price]').textContent.includes('50')")
    organiser.page.wait_for_function("() => document.querySelector('[data-next-minimum]').textContent.includes('55')")
    enter_bid(helper, 1, 101, 60)
    answered(helper, "refused", "leads already")
    for somebody in (helper, organiser):
        assert somebody.axe() == []
        assert not somebody.overflows()

    # The network goes: bids wait on the phone, and arrive in order, marked as late.
    helper.context.set_offline(True)
    enter_bid(helper, 1, 100, 70)
    answered(helper, "waiting", "Waiting")
    enter_bid(helper, 1, 101, 80)
    page.wait_for_function("() => document.querySelectorAll('[data-floor-waiting] li').length === 2")
    page.wait_for_selector("[data-floor-waiting] li:nth-child(2):has-text('marked as late')", timeout=20_000)
    assert [row.amount for row in events(lot_of(auction))] == [2000, 5000]
    helper.context.set_offline(False)
    answered(helper, "joy", "80")
    page.wait_for_selector("[data-floor-waiting]", state="hidden")
    rows = events(lot_of(auction))
    assert [row.amount for row in rows] == [2000, 5000, 7000, 8000]
    assert [bool(row.late_s) for row in rows] == [False, False, True, True]
    assert len({row.operation for row in rows}) == 4
    lot = lot_of(auction)
    assert lots.differences(lot.auction, lot) == []
    organiser.go(f"/manage/lots/{lot.id}/")
    assert organiser.page.locator("text=late: waited").count() == 2
    helper.faults = [
        fault for fault in helper.faults if "ERR_INTERNET_DISCONNECTED" not in fault and "422" not in fault
    ]
