"""A phone is told that somebody bid more: permission, service worker, the real worker process, and a push service of ours.

No browser reaches its maker's push service from here, so what the browser asks of it is stood in for by a subscription to
ours, with real keys; what arrives there is handed to the real service worker as Chromium would.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from playwright.sync_api import expect

from app.auctions.models import Auction, PushSubscription
from app.core.database import db
from tests.auctions.helpers import bid, lot_of
from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.scenes import hang, sell
from tests.journeys.test_war import enter
from tests.pushing import Phone, PushService, push_service
from tests.serving import Server

STAND_IN = """
({ endpoint, p256dh, auth }) => {
  const raw = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;
  const held = () => JSON.parse(localStorage.getItem("subscription"));
  const made = (key) => ({
    endpoint, options: { applicationServerKey: raw(key) },
    toJSON: () => ({ endpoint, keys: { p256dh, auth } }),
    unsubscribe: async () => localStorage.removeItem("subscription") ?? true,
  });
  PushManager.prototype.getSubscription = async () => held() && made(held());
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly || raw(applicationServerKey).byteLength !== 65) throw new Error("not what browsers take");
    localStorage.setItem("subscription", JSON.stringify(applicationServerKey));
    return made(applicationServerKey);
  };
}
"""
BUTTON, WORDS, NOTE = "[data-push] button", "[data-push-words]", "[data-push-note]"
SHOWN = (
    "navigator.serviceWorker.ready.then(r => r.getNotifications()).then(all => all.map(n => [n.title, n.body, n.tag]))"
)


def stand_in(visitor: Visitor, phone: Phone) -> None:
    target = phone.target
    keys = {"endpoint": target.endpoint, "p256dh": target.p256dh, "auth": target.auth}
    visitor.context.add_init_script(f"({STAND_IN})({json.dumps(keys)})")


def subscriptions() -> int:
    db.session.rollback()
    return db.session.query(PushSubscription).count()


def told(service: PushService, phone: Phone, count: int) -> list[dict[str, str]]:
    """What arrived, once the worker process has sent so many."""
    deadline = time.monotonic() + 20
    while len(service.arrived) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    return service.told(phone)


def test_a_phone_is_told_and_is_left_in_peace_again(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    slug, _codes = sell(hang(cast, ("Birds do not queue",)), closes_in_s=3600)
    path = f"/auctions/{slug}/lots/1/"
    auction = db.session.query(Auction).filter_by(slug=slug).one()
    bid(lot_of(auction), cast.parent, 12)
    with push_service() as service:
        phone = service.phone()
        parent = visitor(server)
        stand_in(parent, phone)
        parent.context.grant_permissions(["notifications"], origin=server.url)
        enter(parent, server, cast.parent)
        page = parent.go(path)
        assert "Tell this phone" in page.inner_text(WORDS)
        assert parent.axe() == [] and not parent.overflows()
        page.click(BUTTON)
        expect(page.locator(WORDS)).to_contain_text("stop")
        assert "Done." in page.inner_text(NOTE)
        assert subscriptions() == 1
        page = parent.go(path)  # remembered by the browser and for this person
        expect(page.locator(WORDS)).to_contain_text("stop")
        bid(lot_of(auction), cast.staff, 500)
        (notice,) = told(service, phone, 1)
        assert notice["title"] == "Somebody bid more" and service.faults() == []

        cdp = parent.context.new_cdp_session(page)
        versions: list[dict[str, str]] = []
        cdp.on("ServiceWorker.workerRegistrationUpdated", lambda event: versions.extend(event["registrations"]))
        cdp.send("ServiceWorker.enable")
        page.wait_for_timeout(300)
        (registration,) = {one["registrationId"]: one for one in versions}.values()
        assert registration["scopeURL"] == f"{server.url}/"
        about = {"origin": server.url, "registrationId": registration["registrationId"], "data": json.dumps(notice)}
        cdp.send("ServiceWorker.deliverPushMessage", about)
        shown: list[list[str]] = []
        for _ in range(50):
            shown = shown or page.evaluate(SHOWN) or page.wait_for_timeout(100) or []
        assert shown == [[notice["title"], notice["body"], notice["tag"]]]

        page.click(BUTTON)
        expect(page.locator(WORDS)).to_contain_text("Tell")
        assert subscriptions() == 0


def test_who_says_no_is_told_where_to_say_yes(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    slug, _codes = sell(hang(cast, ("Birds do not queue",)), closes_in_s=3600)
    parent = visitor(server)
    parent.context.add_init_script("Notification.requestPermission = async () => 'denied'")
    enter(parent, server, cast.parent)
    page = parent.go(f"/auctions/{slug}/lots/1/")
    page.click(BUTTON)
    page.wait_for_selector(f"{NOTE}:not([hidden])")
    assert "settings" in page.inner_text(NOTE)
    assert parent.axe() == [] and not parent.overflows()
    assert subscriptions() == 0


def test_signing_out_leaves_nothing_behind(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    with push_service() as service:
        parent = visitor(server)
        stand_in(parent, service.phone())
        parent.context.grant_permissions(["notifications"], origin=server.url)
        enter(parent, server, cast.parent)
        page = parent.go("/account/notices/")
        page.click(BUTTON)
        expect(page.locator(WORDS)).to_contain_text("stop")
        assert subscriptions() == 1
        page = parent.go("/account/")
        page.click("form[action='/account/sign-out'] button")
        page.wait_for_url(f"{server.url}/")
        assert page.evaluate("localStorage.getItem('subscription')") is None
        assert subscriptions() == 0
