"""The main job, walked in a real browser at a phone's width by people without an account."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.scenes import hang, newest_mail, sell, sign_in, talk
from tests.serving import Server

PIA, OMAR = "pia.new@family.example", "omar.new@home.example"


def bid(visitor: Visitor, francs: int, *, first: bool) -> None:
    """On a lot's page: bid a maximum."""
    page = visitor.page
    if page.locator("details.bid-more:not([open]) > summary").count():
        page.click("details.bid-more > summary")
    page.fill("details.bid-more input[name=amount]", str(francs))
    page.click("details.bid-more form button[type=submit]")
    if first:
        page.wait_for_url("**/account/sign-in/**")


def confirm(visitor: Visitor, name: str) -> None:
    """Back on the lot's page after signing in: name, terms, one button."""
    page = visitor.page
    page.fill("input[name=name]", name)
    page.check("input[name=terms]")
    page.click(".bid-actions form:has(input[name=terms]) button[type=submit]")


def test_from_the_label_to_the_statement(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    slug, codes = sell(hang(cast, ("Birds do not queue",)), closes_in_s=50, soft_close_s=2)
    pia, omar = visitor(server), visitor(server)

    # Screen 1: the label's short link opens the lot. 2: e-mail. 3: code. 4: confirm. 5: accepted.
    pia.go(f"/q/{codes[0]}")
    assert pia.page.url.endswith(f"/auctions/{slug}/lots/1/")
    assert pia.axe() == []
    assert not pia.overflows()
    bid(pia, 30, first=True)
    sign_in(server, pia.page, PIA)
    pia.page.wait_for_url(f"**/auctions/{slug}/lots/1/")
    pia.page.wait_for_timeout(2500)  # the freshening page must leave alone what she typed
    assert pia.page.input_value("details.bid-more input[name=amount]") == "30"
    confirm(pia, "Pia Lund")
    pia.page.wait_for_selector(".bid-bar.leading")
    assert "Your bid leads" in pia.page.inner_text("main")

    # Somebody else bids more: told on the open page without a reload, and by mail.
    omar.go(f"/q/{codes[0]}")
    bid(omar, 45, first=True)
    sign_in(server, omar.page, OMAR)
    confirm(omar, "Omar Haddad")
    omar.page.wait_for_selector(".bid-bar.leading")
    pia.page.wait_for_selector(".bid-bar.outbid", timeout=4000)
    assert "Somebody bid more" in pia.page.inner_text(".bid-bar")
    assert "keeps you in" in newest_mail(server, PIA, "Somebody bid more")["text"]
    assert "45" not in newest_mail(server, PIA, "Somebody bid more")["subject"]

    # She bids again, leads, and the hammer falls.
    bid(pia, 60, first=False)
    pia.page.wait_for_selector(".bid-bar.leading")
    pia.page.wait_for_selector(".bid-bar.won", timeout=75_000)
    newest_mail(server, PIA, "is yours")
    link = re.search(r"/invoices/\S+/", newest_mail(server, PIA, "/invoices/")["text"])
    assert link is not None
    price = pia.page.inner_text(".bid-bar [data-price]")

    # Paid by the test checkout; the receipt is shown, the public statement raised by the same amount.
    before = pia.go(f"/auctions/{slug}/proceeds/").inner_text(".statement")
    pia.go(link.group())
    assert price.split()[0] in pia.page.inner_text("main")
    pia.page.click("main form button[type=submit]")
    pia.page.click("button[value=pay]")
    pia.page.wait_for_selector("text=Receipt")
    assert pia.axe() == []
    after = pia.go(f"/auctions/{slug}/proceeds/").inner_text(".statement")
    assert before != after
    newest_mail(server, PIA, "receipt")
    assert after.count(f"{price.split()[0]}.00") >= 2


def test_staff_register_without_an_account_and_withdraw_by_mail(
    server: Server, visitor: Callable[..., Visitor]
) -> None:
    slug = talk(capacity=1)
    sami, late = visitor(server), visitor(server)
    for guest, email, name in ((sami, "sami.new@agency.example", "Sami"), (late, "late@agency.example", "Lata")):
        guest.go(f"/events/{slug}/")
        assert guest.axe() == []
        guest.page.fill("input[name=name]", name)
        if guest.page.locator("input[name=email]").count():
            guest.page.fill("input[name=email]", email)
        guest.page.click("form[action$=registrations] button[type=submit]")
        sign_in(server, guest.page, email)
        guest.page.click("button[form=registration]")  # at the head of the page; the form below is filled
        guest.page.wait_for_url("**/registrations/**")
    assert "You have a seat" in sami.page.inner_text("main")
    assert "waiting list" in late.page.inner_text("main")
    link = re.search(
        r"/registrations/[^/\s]+/", newest_mail(server, "sami.new@agency.example", "You have a seat")["text"]
    )
    assert link is not None
    sami.go(link.group())
    sami.page.click("details:has(form[action$=withdrawal]) > summary")
    sami.page.click("form[action$=withdrawal] button[type=submit]")
    newest_mail(server, "late@agency.example", "A seat became free")
    assert "You have a seat" in late.go(late.page.url).inner_text("main")


def test_a_bid_without_scripts(server: Server, visitor: Callable[..., Visitor]) -> None:
    slug, _codes = sell(hang(Cast.assemble(), ("A boat of houses",)), closes_in_s=3600)
    pia = visitor(server, java_script_enabled=False)
    pia.go(f"/auctions/{slug}/lots/1/")
    bid(pia, 30, first=True)
    sign_in(server, pia.page, PIA)
    confirm(pia, "Pia Lund")
    assert "Your bid leads" in pia.page.inner_text("main")
