"""What a lot's page weighs on a poor network, its picture aside, after sixty bids."""

from __future__ import annotations

import re

import brotli
from flask import Flask

from app.config import ROOT
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike

MOST = 30_000


def test_the_page_is_light(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(1)
    for number in range(60):
        bid(lot_of(auction), (cast.parent, cast.staff)[number % 2], 20 + 12 * number)
    for person in (None, cast.parent):
        page = client_for(person).get(f"/auctions/{auction.slug}/lots/1/").data
        assert len(page) < MOST, "as it comes over the line"
        first = re.sub(rb"<style[^>]* data-late-faces>.*?</style>", b"", page, flags=re.DOTALL)
        linked = set(re.findall(rb"/static/((?:css|js|img|fonts)/[\w.-]+)", first))
        drawn = sum(len(brotli.compress((ROOT / "static" / name.decode()).read_bytes())) for name in linked)
        assert len(brotli.compress(page)) + drawn < MOST, "with styles, scripts and icons, compressed, on a first visit"
