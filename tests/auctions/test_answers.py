"""A bid sent by a script: a definite answer in a few bytes, or the word that a page is needed."""

from __future__ import annotations

from typing import Any

from app.auctions.models import Auction
from tests.auctions.helpers import amounts_in, bid, events, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike

JSON = {"Accept": "application/json"}


def send(client: Any, auction: Auction, amount: object, operation: str = "one-operation", **more: object) -> Any:
    data = {"amount": amount, "operation": operation, **more}
    return client.post(f"/auctions/{auction.slug}/lots/1/bids", data=data, headers=JSON)


def test_accepted_refused_and_the_same_again(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.staff, 20)
    bid(lot_of(auction), cast.parent, 30)
    client = client_for(cast.staff)
    low = send(client, auction, 21)
    assert (low.status_code, low.get_json()["outcome"]) == (422, "refused")
    assert "32\u00a0CHF" in low.get_json()["words"] or "24\u00a0CHF" in low.get_json()["words"]
    for _ in range(3):
        leads = send(client, auction, 70, "another-operation")
        assert leads.get_json()["outcome"] == "accepted"
        assert leads.get_json()["kind"] == "joy"
        assert "70" in leads.get_json()["maximum_words"]
    assert len(events(lot_of(auction))) == 3
    beaten = send(client_for(cast.parent), auction, 50)
    assert (beaten.status_code, beaten.get_json()["kind"]) == (200, "warning")
    assert "70" not in amounts_in(beaten.text)
    assert beaten.get_json()["maximum_words"] == ""


def test_what_needs_a_page_says_so_and_writes_nothing(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    for person, fields in (
        (None, {"amount": 30}),  # nobody is signed in
        (cast.parent, {"amount": 30}),  # the terms were never accepted
        (cast.parent, {"amount": "thirty"}),
        (cast.parent, {"amount": ""}),
    ):
        answer = send(client_for(person), auction, **fields)
        assert (answer.status_code, answer.get_json()) == (409, {"outcome": "page"})
    assert events(lot_of(auction)) == []


def test_another_amount_under_the_same_operation_goes_to_the_page(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 20)
    client = client_for(cast.parent)
    assert send(client, auction, 40).get_json()["outcome"] == "accepted"
    answer = send(client, auction, 50)
    assert answer.status_code == 303
    assert len(events(lot_of(auction))) == 2
