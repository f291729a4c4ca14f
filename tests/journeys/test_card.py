"""An auction that asks for a card, at a phone's width: from the label to an accepted bid with two more screens at most."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.auctions.models import Auction
from app.core.database import db
from app.core.transactions import atomic
from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.scenes import hang, sell, sign_in
from tests.journeys.test_thread import bid, confirm
from tests.serving import Server

PIA = "pia.new@family.example"
MOST_SCREENS = 5 + 2


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_label_to_a_bid_with_a_card(server: Server, visitor: Callable[..., Visitor], scripts: bool) -> None:
    slug, codes = sell(hang(Cast.assemble(), ("Birds do not queue",)), closes_in_s=3600)
    with atomic():
        auction = db.session.query(Auction).one()
        auction.card_required, auction.card_charge_days = True, 14
    pia = visitor(server, java_script_enabled=scripts)
    page, screens = pia.page, list[str]()
    page.on("framenavigated", lambda frame: screens.append(frame.url) if frame == page.main_frame else None)
    pia.go(f"/q/{codes[0]}")
    bid(pia, 30, first=True)
    sign_in(server, page, PIA)
    page.wait_for_url(f"**/auctions/{slug}/lots/1/")
    assert "Bidders leave a card first" in page.inner_text("main")
    assert "unpaid for 14 days" in page.inner_text("main")
    confirm(pia, "Pia Lund")
    page.wait_for_url("**/account/cards/**/test/")
    assert not pia.overflows()
    if scripts:
        assert pia.axe() == []
    page.click("button[value='4242']")
    page.wait_for_url(f"**/auctions/{slug}/lots/1/")
    assert "Your card ending 4242 is kept" in page.inner_text("main, .flashes") + page.inner_text("body")
    assert page.input_value("details.bid-more input[name=amount]") == "30"
    assert page.input_value("input[name=name]") == "Pia Lund"
    assert page.is_checked("input[name=terms]")
    if scripts:
        assert pia.axe() == []
    assert not pia.overflows()
    page.click(".bid-actions form:has(input[name=terms]) button[type=submit]")
    page.wait_for_selector(".bid-bar.leading")
    assert "Your bid leads" in page.inner_text("main")
    assert len(screens) <= MOST_SCREENS, screens
    # The second bid asks for nothing more.
    bid(pia, 60, first=False)
    page.wait_for_selector("text=Your maximum is 60")
    page = pia.go("/account/card/")
    assert not pia.overflows()
    if scripts:
        assert pia.axe() == []
