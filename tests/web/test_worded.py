"""A stranger's page of a lot comes from memory only while nothing that it shows has changed."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import quote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.auctions import views
from app.auctions.models import Auction
from app.auctions.services import void_bid
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic, locked
from app.galleries.models import Artwork, Consent
from app.partners.models import Partner
from app.web import worded
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.cast import Cast
from tests.cli.house import command
from tests.conftest import Browserlike


@pytest.fixture
def auction(app: Flask) -> Auction:
    worded._kept.clear()
    return make_auction(1, minutes=60)


def shown(client: FlaskClient, auction: Auction, language: str = "en") -> tuple[str, bool]:
    """The page of its lot, and whether it was worded for this request."""
    with patch.object(views, "render_template", wraps=views.render_template) as render:
        answer = client.get(f"/auctions/{auction.slug}/lots/1/", headers={"Accept-Language": language})
    assert answer.status_code == 200
    nonce = re.search("nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert nonce and f'nonce="{nonce[1]}"' in answer.text
    assert "place-of" not in answer.text
    return answer.text, any(call.args[0] == "auctions/lot.html" for call in render.call_args_list)


def test_strangers_share_the_words_and_no_token(auction: Auction, client_for: Browserlike) -> None:
    first, worded_first = shown(client_for(), auction)
    second, worded_second = shown(client_for(), auction)
    assert (worded_first, worded_second) == (True, False)
    for pattern in (r'name="csrf_token"[^>]*value="([^"]+)"', r'name="operation" value="([^"]+)"', r'nonce="([^"]+)"'):
        ones, others = (set(re.findall(pattern, page)) for page in (first, second))
        assert ones and others and not ones & others, pattern
    operations = re.findall(r'name="operation" value="([^"]+)"', second)
    assert len(operations) == len(set(operations)) > 1


def test_what_is_handed_out_from_memory_can_be_sent(auction: Auction, client_for: Browserlike) -> None:
    shown(client_for(), auction)
    client = client_for()
    page, _ = shown(client, auction)
    fields = dict(re.findall(r'name="(csrf_token|operation)"[^>]*value="([^"]+)"', page))
    answer = client.post(f"/auctions/{auction.slug}/lots/1/bids", data=fields | {"amount": "20"})
    assert answer.status_code == 303 and "sign-in" in answer.location


def test_every_change_is_worded_anew(auction: Auction, cast: Cast, client_for: Browserlike) -> None:
    client = client_for()
    shown(client, auction)
    bid(lot_of(auction), cast.parent, 770)
    page, fresh = shown(client, auction)
    assert fresh and "Now at" in page
    lot = lot_of(auction)
    artwork_id, school_id = lot.artworks[0].id, lot.artworks[0].school_id
    changes = [
        (Auction, auction.id, {"notice": "The lift is broken."}),
        (Auction, auction.id, {"title": "Another evening"}),
        (Artwork, artwork_id, {"caption": "I drew my aunt."}),
        (Partner, auction.beneficiary_id, {"name": "A new name of theirs"}),
        *([(Partner, school_id, {"name": "School by the lake"})] if school_id else []),
    ]
    for model, key, values in changes:
        with atomic():
            row = locked(model, key)
            for name, value in values.items():
                setattr(row, name, value)
        page, fresh = shown(client, auction)
        assert fresh and all(value in page for value in values.values()), values
    assert not shown(client, auction)[1]
    assert shown(client_for(), auction, "fr")[1]
    with travel(now() + timedelta(hours=2)):
        assert shown(client, auction)[1], "it closed meanwhile"


def test_a_withdrawn_consent_takes_the_picture_away_at_once(auction: Auction, client_for: Browserlike) -> None:
    page, _ = shown(client_for(), auction)
    assert "<picture" in page
    artwork_id = lot_of(auction).artworks[0].id
    with atomic():
        for consent in db.session.query(Consent).filter_by(artwork_id=artwork_id):
            consent.withdrawn_at = now()
    page, fresh = shown(client_for(), auction)
    assert fresh and "<picture" not in page


def test_who_has_an_account_has_a_page_of_their_own(auction: Auction, cast: Cast, client_for: Browserlike) -> None:
    shown(client_for(), auction)
    for person in (cast.parent, cast.organiser):
        assert shown(client_for(person), auction)[1]
        assert shown(client_for(person), auction)[1]
    assert cast.parent.greeting not in shown(client_for(), auction)[0]


def test_a_look_at_the_headers_alone_leaves_the_page_as_it_is(auction: Auction, client_for: Browserlike) -> None:
    address = f"/auctions/{auction.slug}/lots/1/"
    assert client_for().head(address).status_code == 200
    assert f"/language/fr?next={quote_plus(address)}" in client_for().get(address).text.replace("&amp;", "&")


def test_nobody_writes_a_place_of_a_token_into_a_page(auction: Auction, client_for: Browserlike) -> None:
    """Else a text of an organiser's, or a link somewhere, would carry each reader's own token away."""
    with atomic():
        row = locked(Auction, auction.id)
        row.notice = "place-of-the-csrf-token place-of-an-operation place-of-the-nonce"
    for _ in range(2):
        page = client_for().get(f"/auctions/{auction.slug}/lots/1/").text
        assert "place-of-the-csrf-token" in page
        assert "place-of-an-operation" in page


def test_what_is_asked_for_besides_is_not_kept(auction: Auction, client_for: Browserlike) -> None:
    for number in range(3):
        assert client_for().get(f"/auctions/{auction.slug}/lots/1/?x={number}").status_code == 200
    assert len(worded._kept) == 0


def test_a_name_that_was_taken_out_is_gone_after_a_minute(
    app: Flask, auction: Auction, cast: Cast, client_for: Browserlike
) -> None:
    """An erasure changes a reason in the log, and nothing that the page is kept under."""
    name, email = cast.parent.name, cast.parent.email
    bid(lot_of(auction), cast.parent, 30)
    with atomic():
        void_bid(lot_of(auction).id, 1, f"{name} mistyped", cast.organiser.id)
    assert name in shown(client_for(), auction)[0]
    assert command(app, "erase-person", email).exit_code == 0
    with travel(now() + timedelta(seconds=worded.KEPT_S)):
        assert name not in shown(client_for(), auction)[0]
