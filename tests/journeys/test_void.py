"""A bid that is voided is crossed out on the pages that are open, and the price falls there."""

from __future__ import annotations

from collections.abc import Callable

from app.auctions.models import Auction
from app.auctions.services import void_bid
from app.core.database import db
from app.core.transactions import atomic
from tests.auctions.helpers import bid, lot_of
from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.scenes import hang, sell
from tests.serving import Server


def test_an_open_page_tells_of_a_void(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    slug, _codes = sell(hang(cast, ("Birds do not queue",)), closes_in_s=3600)
    auction = db.session.query(Auction).filter_by(slug=slug).one()
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.stranger, 60)
    reader = visitor(server)
    reader.go(f"/auctions/{slug}/lots/1/")
    lines = reader.page.locator("[data-history] li")
    assert lines.count() == 2 and reader.page.locator(".voided").count() == 0
    with atomic():
        void_bid(lot_of(auction).id, 2, "A slip of the finger", cast.organiser.id)
    reader.page.wait_for_selector("[data-history] [data-seq='3']")
    assert lines.first.inner_text().startswith("Bid 2 of paddle 101 was voided: A slip of the finger")
    assert "(voided)" in reader.page.inner_text("[data-seq='2'].voided")
    assert reader.page.locator(".voided").count() == 1 and lines.count() == 3
    assert "10" in reader.page.inner_text("[data-price]")
    assert reader.axe() == []
