"""Lots that are not one picture: several pictures sold together, and things that somebody gave."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.auctions.models import Lot
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import run_due
from app.core.transactions import atomic
from app.galleries.models import Artwork, Consent, Scope
from app.payments.models import InvoiceLine
from tests.auctions.helpers import bid, hang, lot_of, mails, make_auction
from tests.cast import Cast
from tests.cli.house import command
from tests.conftest import Browserlike

DINNER = {
    "thing_title": "Dinner for two",
    "thing_description": "Three courses, **not** on Mondays. <script>x</script>",
    "thing_given_by": "the café by the lake",
    "thing_start": "30",
}


def test_a_thing_is_a_lot_like_any_other(cast: Cast, client_for: Browserlike) -> None:
    auction, organiser, parent = make_auction(), client_for(cast.organiser), client_for(cast.parent)
    assert organiser.post(f"/manage/auctions/{auction.id}/things", data=DINNER).status_code == 303
    lot = lot_of(auction, 2)
    assert (lot.title, lot.start, lot.artworks, lot.closes_at) == ("Dinner for two", 3000, [], auction.closes_at)
    page = client_for().get(page_of(lot)).text
    assert "Dinner for two</h1>" in page and "Given by the café by the lake" in page
    assert "<strong>not</strong> on Mondays" in page and "<script>x" not in page
    for path in ("", "screen/?number=2"):
        shown = client_for().get(f"/auctions/{auction.slug}/{path}").text
        assert "Three courses, not on Mondays." in shown and "Given by the café by the lake" in shown, path
    assert "Given by the café by the lake" in organiser.get(f"/manage/auctions/{auction.id}/labels/").text
    parent.post(f"{page_of(lot)}bids", data={"amount": "40", "operation": "operation-1", "terms": "y"})
    for minutes in (0, 1):
        with travel(auction.closes_at + timedelta(minutes=minutes)):
            run_due()
    assert "Lot 2: Dinner for two" in db.session.scalars(select(InvoiceLine.description)).all()
    (mail,) = mails("won")
    assert "Dinner for two" in mail.subject and mail.recipient == cast.parent.email


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("thing_title", "", "Give it a title."),
        ("thing_start", "", "Write an amount."),
        ("thing_start", "0", "The starting price has to be more than nothing."),
        ("thing_start", "10.50", "Choose a whole amount."),
        ("thing_description", "x" * 3001, "3000"),
    ],
)
def test_what_is_no_thing(cast: Cast, client_for: Browserlike, name: str, typed: str, message: str) -> None:
    auction = make_auction(0)
    answer = client_for(cast.organiser).post(f"/manage/auctions/{auction.id}/things", data=DINNER | {name: typed})
    assert answer.status_code == 422 and message in answer.text and "<details open>" in answer.text
    assert 'value="the café by the lake"' in answer.text, "what was typed stays"
    assert "Tick one picture or more." not in answer.text
    assert db.session.scalars(select(Lot)).all() == []


def test_what_it_is_stands_from_the_first_bid_on(cast: Cast, client_for: Browserlike) -> None:
    auction, organiser = make_auction(0), client_for(cast.organiser)
    organiser.post(f"/manage/auctions/{auction.id}/things", data=DINNER)
    lot = lot_of(auction)
    form = {"title": "Dinner", "description": "Two courses.", "given_by": "a friend", "start": "30"}
    assert organiser.post(f"/manage/lots/{lot.id}/", data=form).status_code == 303
    assert "Two courses." in client_for().get(page_of(lot)).text, "a page that was kept does not stay"
    bid(lot, cast.parent, 40)
    answer = organiser.post(f"/manage/lots/{lot.id}/", data=form | {"description": "One course."})
    assert answer.status_code == 422 and "what this lot is and its amounts stay" in answer.text
    answer = organiser.post(f"/manage/lots/{lot.id}/", data=form | {"title": "Supper", "given_by": ""})
    assert answer.status_code == 303
    page = client_for().get(page_of(lot)).text
    assert "Supper</h1>" in page and "Two courses." in page and "Given by" not in page


def page_of(lot: Lot) -> str:
    return f"/auctions/{lot.auction.slug}/lots/{lot.number}/"


def together(client: Any, names: list[str], title: str = "The four seasons") -> tuple[Any, list[int]]:
    auction, works = make_auction(0), hang(names)
    with atomic():
        for number, artwork in enumerate(works):
            db.session.get_one(Artwork, artwork).artist = ("Lia", "Omi", "Lia")[number % 3]
    data = {"artwork": works, "start": "25", "together": title}
    assert client.post(f"/manage/auctions/{auction.id}/lots", data=data).status_code == 303
    return auction, works


def test_several_pictures_are_one_lot_in_their_order(cast: Cast, client_for: Browserlike) -> None:
    organiser = client_for(cast.organiser)
    auction, works = together(organiser, ["Spring", "Summer", "Autumn"])
    lot = db.session.scalars(select(Lot)).one()
    assert (lot.number, lot.title, lot.start) == (1, "The four seasons", 2500)
    assert [artwork.id for artwork in lot.artworks] == works
    page = client_for().get(page_of(lot)).text
    assert [page.index(f"{title}</h2>") for title in ("Spring", "Summer", "Autumn")] == sorted(
        page.index(f"{title}</h2>") for title in ("Spring", "Summer", "Autumn")
    )
    assert (
        page.count("<picture") == 3
        and "The four seasons</h1>" in page
        and "Lia · Omi" in re.sub(r", \d+–\d+", "", page)
    )
    again = {"artwork": works[1:2], "start": "25", "together": ""}
    organiser.post(f"/manage/auctions/{auction.id}/lots", data=again)
    assert len(db.session.scalars(select(Lot)).all()) == 1, "a picture is sold once"
    for artwork in works:
        number = db.session.get_one(Artwork, artwork).number
        gallery = db.session.get_one(Artwork, artwork).gallery.slug
        assert page_of(lot) in client_for().get(f"/galleries/{gallery}/artworks/{number}/").text


def test_without_the_consent_of_one_nothing_is_added(cast: Cast, client_for: Browserlike) -> None:
    auction, works = make_auction(0), hang(["One"]) + hang(["Two"], [Scope.WEB])
    data = {"artwork": works, "start": "25", "together": "Both"}
    client_for(cast.organiser).post(f"/manage/auctions/{auction.id}/lots", data=data)
    assert db.session.scalars(select(Lot)).all() == []


def test_a_withdrawn_picture_takes_title_and_words_along(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    """Children's consent 2: what was written about all of them was also written about the one that went."""
    organiser = client_for(cast.organiser)
    auction, works = together(organiser, ["Spring", "Summer"], "Lia’s spring and summer")
    lot = lot_of(auction)
    form = {"title": lot.title, "description": "Painted by Lia at home.", "start": "25"}
    assert organiser.post(f"/manage/lots/{lot.id}/", data=form).status_code == 303
    bid(lot, cast.parent, 30)
    bid(lot_of(auction), cast.stranger, 50)
    assert "Painted by Lia" in client_for().get(page_of(lot)).text
    with atomic():
        db.session.execute(update(Consent).where(Consent.artwork_id == works[0]).values(withdrawn_at=now()))
    paths = (page_of(lot), f"/auctions/{auction.slug}/", f"/auctions/{auction.slug}/screen/", "/")
    for path in paths:
        text = client_for().get(path).text
        assert not re.search(r"\bLia\b|\bSpring\b|Painted", text), path
    page = client_for().get(page_of(lot)).text
    assert page.count("<picture") == 1 and "Summer</h2>" in page and "Omi" in page
    (mail,) = mails("outbid:")
    assert "Lot 1" in mail.subject and "Lia" not in mail.text + mail.html


def test_an_erasure_takes_the_giver_out(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction, organiser = make_auction(0), client_for(cast.organiser)
    name = cast.stranger.name
    data = DINNER | {"thing_given_by": f"{name} and friends"}
    organiser.post(f"/manage/auctions/{auction.id}/things", data=data)
    assert command(app, "erase-person", cast.stranger.email).exit_code == 0
    assert lot_of(auction).given_by == "– and friends"
