"""With scripts off: register for a talk, win a lot, pay for it, see the receipt."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.auctions import services
from app.auctions.models import Lot
from app.core.database import db
from app.core.transactions import atomic
from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.scenes import hang, newest_mail, sell, sign_in, talk
from tests.serving import Server


def test_registering(server: Server, visitor: Callable[..., Visitor]) -> None:
    slug = talk(capacity=1)
    guest = visitor(server, java_script_enabled=False)
    page = guest.go(f"/events/{slug}/")
    page.fill("input[name=name]", "Sami")
    page.fill("input[name=email]", "sami.new@agency.example")
    page.click("form[action$=registrations] button[type=submit]")
    sign_in(server, page, "sami.new@agency.example")
    page.click("form[action$=registrations] button[type=submit]")
    page.wait_for_url("**/registrations/**")
    assert "You have a seat" in page.inner_text("main")


def test_paying(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    sell(hang(cast, ("Birds do not queue",)), closes_in_s=6, soft_close_s=1)
    with atomic():
        lot = db.session.query(Lot).one()
        services.place_bid(lot.id, cast.parent.id, 4200, "operation-of-pia", terms_accepted=True)
    link = re.search(r"/invoices/\S+/", newest_mail(server, cast.parent.email, "/invoices/")["text"])
    assert link is not None
    page = visitor(server, java_script_enabled=False).go(link.group())
    page.click("main form button[type=submit]")
    page.click("button[value=pay]")
    page.wait_for_selector("text=Receipt")
    newest_mail(server, cast.parent.email, "receipt")
