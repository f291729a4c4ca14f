"""Buttons that bid, the page of my bids, and lots that somebody keeps an eye on."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import given

from app.auctions import rules, watching
from app.auctions.models import Watch
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from tests.auctions.helpers import bid, events, lot_of, mails, make_auction
from tests.auctions.test_rules_properties import END, TERMS, moves, play, terms_with_reserve, thorough
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.races.test_seats import at_once


@thorough
@given(terms_with_reserve, moves())
def test_every_amount_on_a_button_is_accepted(terms: rules.LotTerms, plan: Any) -> None:
    state = rules.fold(terms, play(terms, plan)[1])
    for bidder in ("A", "E"):
        offered = rules.steps(terms, state, bidder)
        assert offered[0] == rules.next_minimum(terms, state, bidder)
        assert all(low < high for low, high in pairwise(offered))
        for amount in offered:
            offer = rules.Offer(bidder=bidder, amount=amount, at=END - timedelta(hours=1))
            assert isinstance(rules.decide_bid(terms, state, offer), rules.Accepted)


def test_steps_by_the_table() -> None:
    first = rules.Bid(seq=1, bidder="A", amount=5000, at=END - timedelta(hours=2))
    second = rules.Bid(seq=2, bidder="B", amount=3000, at=END - timedelta(hours=1))
    assert rules.steps(TERMS, rules.empty(TERMS)) == [1000, 1100, 1200]
    assert rules.steps(TERMS, rules.fold(TERMS, [first, second]), "C") == [3400, 3600, 3800]
    assert rules.steps(TERMS, rules.fold(TERMS, [first, second]), "A")[0] == 5100


def test_the_page_offers_three_amounts_and_each_works_without_scripts(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.staff, 50)
    page = client_for(cast.parent).get(f"/auctions/{auction.slug}/lots/1/").text
    for amount in (24, 26, 28):
        assert f'name="amount" value="{amount}"' in page
    answer = client_for(cast.parent).post(
        f"/auctions/{auction.slug}/lots/1/bids", data={"amount": "26", "operation": "by-a-button"}
    )
    assert answer.status_code == 303
    assert [event.amount for event in events(lot_of(auction))] == [2000, 5000, 2600]


def test_my_bids_say_how_i_stand(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(4)
    path = f"/auctions/{auction.slug}/mine/"
    assert client_for(None).get(path).status_code in (302, 303)
    bid(lot_of(auction, 1), cast.parent, 50)
    bid(lot_of(auction, 2), cast.parent, 20)
    bid(lot_of(auction, 2), cast.staff, 90)
    client = client_for(cast.parent)
    assert client.post(f"/auctions/{auction.slug}/lots/3/watch").status_code == 303
    page = client.get(path).text
    assert [f"Lot {number}<" in page for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert "You lead" in page
    assert "keeps you in" in page
    assert "You keep an eye on it" in page
    assert page.index("Lot 2<") < page.index("Lot 1<") < page.index("Lot 3<")
    assert "50\u00a0CHF" not in client_for(cast.staff).get(path).text
    assert "Choose a picture" in client_for(cast.stranger).get(path).text


def test_watching_is_ones_own_and_twice_is_once(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    path = f"/auctions/{auction.slug}/lots/1/"
    assert client_for(None).post(f"{path}watch").status_code in (302, 303)
    client = client_for(cast.parent)
    for _ in range(2):
        assert client.post(f"{path}watch").status_code == 303
    assert "Keep an eye on it" not in client.get(path).text
    assert "Keep an eye on it" in client_for(cast.staff).get(path).text
    assert client.post(f"{path}watch/removal", data={"next": "//evil.example/"}).headers["Location"] == path
    assert "Keep an eye on it" in client.get(path).text
    assert client.post(f"/auctions/{auction.slug}/lots/99/watch").status_code == 404


def test_watchers_are_told_an_hour_before_and_once(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    for person in (cast.parent, cast.staff):
        client_for(person).post(f"/auctions/{auction.slug}/lots/1/watch")
    bid(lot_of(auction), cast.staff, 20)
    with travel(auction.closes_at - timedelta(hours=2)):
        watching.remind()
    assert mails("closing:") == []
    for minutes in (50, 40):
        with travel(auction.closes_at - timedelta(minutes=minutes)):
            watching.remind()
    (mail,) = mails("closing:")
    assert mail.recipient == cast.parent.email  # the other leads and need not be told
    assert "closes soon" in mail.subject
    db.session.rollback()


def test_two_touches_at_once_are_one(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    lot_id, person_id, both = lot_of(make_auction()).id, cast.parent.id, threading.Barrier(2)

    def slowly() -> Any:
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)
        return now()

    def touch(_number: int) -> str:
        with atomic():
            watching.watch(lot_id, person_id)
        return "done"

    with monkeypatch.context() as patch:
        patch.setattr(watching, "now", slowly)
        assert at_once(app, touch, 2) == ["done", "done"]
    assert db.session.query(Watch).count() == 1
