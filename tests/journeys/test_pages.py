"""Every main page, on a phone and on a laptop: no fault, nothing for axe, nothing off the edge, light enough."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.accounts import services as accounts
from app.auctions.models import Auction
from app.core.database import db
from app.core.transactions import atomic
from app.events.models import Event
from tests.journeys.browser import LAPTOP, PHONE, Visitor
from tests.journeys.pages import EVENTS, MANAGING, PUBLIC
from tests.serving import Server

LARGEST = 150_000
SIZES = {"390": PHONE, "1280": LAPTOP}


def address(path: str) -> str:
    """The running auction's address is made in the year in which the demo is filled; events go by their names."""
    slug = db.session.scalar(select(Auction.slug).where(Auction.title.startswith("Pictures on the move")))
    events = db.session.execute(select(Event.slug, Event.id)).all()
    numbers = {name: next(id for slug, id in events if slug.startswith(start)) for name, start in EVENTS.items()}
    return path.format_map({"auction": f"/auctions/{slug}/", **numbers})


@pytest.mark.parametrize("size", SIZES)
def test_public_pages(visitor: Callable[..., Visitor], demo_server: Server, size: str) -> None:
    somebody = visitor(demo_server, size=SIZES[size])
    weights: dict[str, int] = {}
    somebody.page.on("response", lambda answer: _weigh(weights, answer))
    found = []
    for name, path in PUBLIC.items():
        weights.clear()
        found += faults(somebody, name, address(path))
        if sum(weights.values()) >= LARGEST:
            found.append((name, f"weighs {weights}"))
    assert found == []


def faults(somebody: Visitor, name: str, path: str) -> list[tuple[str, str]]:
    """All that is wrong with one page, so that one run tells everything."""
    answer = somebody.page.goto(path, wait_until="load")
    assert answer is not None
    found = [] if answer.status == 200 else [(name, f"answered {answer.status}")]
    found += [(name, violation) for violation in somebody.axe()]
    return found + ([(name, "scrolls sideways")] if somebody.overflows() else [])


def _weigh(weights: dict[str, int], answer: object) -> None:
    kind = answer.request.resource_type  # type: ignore[attr-defined]
    if kind in ("document", "stylesheet", "script", "font"):
        size = answer.headers.get("content-length")  # type: ignore[attr-defined]
        weights[answer.url] = int(size) if size else len(answer.text())  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
def test_managing_pages(visitor: Callable[..., Visitor], demo_server: Server, size: str) -> None:
    with atomic():
        accounts.grant("organiser@kermesse.example", "admin", None)
    somebody = visitor(demo_server, size=SIZES[size])
    somebody.go("/dev/")
    somebody.page.click("form[action$='/dev/enter/organiser'] button")
    assert [fault for name, path in MANAGING.items() for fault in faults(somebody, name, address(path))] == []


@pytest.mark.parametrize(("code", "words"), [("fr", "Enchères"), ("es", "Subastas")])
def test_pages_in_other_languages(visitor: Callable[..., Visitor], demo_server: Server, code: str, words: str) -> None:
    somebody = visitor(demo_server)
    somebody.go(f"/language/{code}?next=/auctions/")
    assert somebody.page.get_attribute("html", "lang") == code
    assert words in somebody.page.inner_text("h1")
    for path in PUBLIC.values():
        somebody.go(address(path))
        assert not somebody.overflows(), path


def test_the_keyboard_alone_reaches_the_bid(visitor: Callable[..., Visitor], demo_server: Server) -> None:
    page = visitor(demo_server, size=LAPTOP).go(address("{auction}lots/2/"))
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.closest('.bid-bar') ? 'bid' : document.activeElement.className")
        )
        if reached[-1] == "bid":
            break
    assert reached[0] == "skip-link"
    assert reached[-1] == "bid"
