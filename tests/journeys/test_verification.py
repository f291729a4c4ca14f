"""The check of the public log in the reader's own browser, and that it finds what somebody changed."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Route

from app.auctions.models import Auction
from app.core.database import db
from tests.auctions.helpers import bid, lot_of
from tests.cast import Cast
from tests.journeys.browser import Visitor
from tests.journeys.scenes import hang, sell
from tests.journeys.test_war import enter
from tests.serving import Server


def test_anybody_checks_the_log_and_finds_an_edited_line(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    slug, _codes = sell(hang(cast, ("Birds do not queue", "A boat of houses")), closes_in_s=3600)
    auction = db.session.query(Auction).filter_by(slug=slug).one()
    for person, francs in (
        (cast.parent, 50),
        (cast.staff, 30),
        (cast.stranger, 60),
        (cast.stranger, 90),
        (cast.staff, 80),
    ):
        assert bid(lot_of(auction), person, francs).reason is None
    parent = visitor(server)
    enter(parent, server, cast.parent)
    page = parent.go(f"/auctions/{slug}/verification/")
    assert parent.axe() == []

    def verdict() -> tuple[str, str]:
        page.click("[data-verify]")
        page.wait_for_selector("[data-verify-answer][data-kind=joy], [data-verify-answer][data-kind=refused]")
        kind = page.get_attribute("[data-verify-answer]", "data-kind") or ""
        return kind, page.inner_text("[data-verify-answer]")

    assert verdict() == ("joy", "All is right: 6 lines of 1 lots, and every price follows from the bids.")

    def tampered(change: Callable[[list[str]], list[str]]) -> Callable[[Route], None]:
        def answer(route: Route) -> None:
            lines = route.fetch().text().splitlines()
            route.fulfill(body="\n".join(change(lines)) + "\n", content_type="application/jsonl")

        return answer

    def raised(lines: list[str]) -> list[str]:
        return [line.replace('"price":3200', '"price":4200') for line in lines]

    for change, expected in (
        (raised, "Lot 1, line 2: This line was changed after it was written."),
        (lambda lines: [*lines[:2], *lines[3:]], "Lot 1, line 3: A line before this one is missing, or was changed."),
        (lambda lines: lines[:1], "One of your own bids is not in the log."),
    ):
        page.unroute("**/bids.jsonl")
        page.route("**/bids.jsonl", tampered(change))
        kind, words = verdict()
        assert kind == "refused"
        assert words.startswith(expected)
    told = json.loads(
        page.evaluate("fetch(location.href.replace('verification/', 'bids.jsonl')).then((a) => a.text())").split("\n")[
            0
        ]
    )
    assert told["kind"] == "terms"
    assert parent.faults == []
