"""The winner pays by card: through Stripe's protocol, on a Stripe-like server, with signed webhooks."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from app.auctions import services
from app.auctions.models import Lot
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.ledger.models import Entry
from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.scenes import hang, newest_mail, sell
from tests.serving import Server, served
from tests.stripe_api import KEY
from tests.stripe_server import SECRET, Stripe


def entries() -> int:
    db.session.rollback()
    return db.session.query(Entry).count()


def test_paid_by_card(browser_only: Callable[..., Visitor], tmp_path: Path) -> None:
    with (
        Stripe() as stripe,
        served(
            "sqlite", tmp_path, STRIPE_SECRET_KEY=KEY, STRIPE_WEBHOOK_SECRET=SECRET, STRIPE_API_BASE=stripe.url
        ) as server,
    ):
        cast = Cast.assemble()
        slug, _codes = sell(hang(cast, ("Birds do not queue",)), closes_in_s=6, soft_close_s=1)
        lot = db.session.query(Lot).one()
        with atomic():
            services.place_bid(lot.id, cast.parent.id, 4200, "operation-of-pia", terms_accepted=True)
        assert lot.closes_at - now() < timedelta(seconds=10)
        link = re.search(r"/invoices/\S+/", newest_mail(server, cast.parent.email, "/invoices/")["text"])
        assert link is not None
        pia = browser_only(server)
        try:
            pia.elsewhere.add(urlsplit(stripe.url).netloc)
            before = pia.go(f"/auctions/{slug}/proceeds/").inner_text(".statement")
            pay_and_return(pia, link.group(), stripe)
            books_change_once(server, stripe, pia)
            after = pia.go(f"/auctions/{slug}/proceeds/").inner_text(".statement")
            assert before != after
            assert after.count("10.00") >= 2  # received, and passed on but for the fee
            assert "0.59" in after
            assert pia.faults == []
        finally:
            pia.close()


def pay_and_return(pia: Visitor, link: str, stripe: Stripe) -> None:
    """To the card page and back: the page waits honestly, for nothing was told yet."""
    stripe.fee = 59
    pia.go(link)
    pia.page.click("main form button[type=submit]")
    pia.page.wait_for_url(f"{stripe.url}/pay/**")
    assert "10.00 CHF" in pia.page.inner_text("h1")
    pia.page.click("button")
    pia.page.wait_for_url("**/invoices/**")
    assert "Receipt" not in pia.page.inner_text("h1")


def books_change_once(server: Server, stripe: Stripe, pia: Visitor) -> None:
    """Every event five times, in no order: the receipt stands, and the book has one entry for the money."""
    earlier = entries()
    (session,) = stripe.sessions
    events = [*stripe.told, *stripe.charge_updated(session)] * 5
    random.Random(5).shuffle(events)
    assert set(stripe.deliver(f"{server.url}/stripe/webhook", events)) == {200}
    assert entries() - earlier == 2  # what was paid, and its fee
    pia.page.reload()
    pia.page.wait_for_selector("text=Receipt")
    assert pia.axe() == []
