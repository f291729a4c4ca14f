"""An amount far above the price is asked about once, from everybody who enters one, though nobody set a cap."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.auctions import desk, lots, rules
from app.auctions.rules import Reason
from app.core.clock import now
from app.core.transactions import atomic
from tests.auctions.helpers import bid, events, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike

SCRIPT = {"Accept": "application/json"}


def test_ten_times_what_it_takes(cast: Cast) -> None:
    lot = lot_of(make_auction())
    assert bid(lot, cast.parent, 101, confirmed=False).reason is Reason.ABOVE_CAP
    assert bid(lot, cast.parent, 100, confirmed=False).leads
    # It takes 11 now, be it from the leader: ten times a secret maximum would tell it.
    assert bid(lot_of(lot.auction), cast.parent, 111, confirmed=False).reason is Reason.ABOVE_CAP
    assert bid(lot_of(lot.auction), cast.staff, 111, confirmed=False).reason is Reason.ABOVE_CAP
    assert bid(lot_of(lot.auction), cast.staff, 110, confirmed=False).leads
    # The price is 105 by now.
    assert bid(lot_of(lot.auction), cast.parent, 1150, confirmed=False).leads
    assert len(events(lot)) == 3


def test_the_organisers_cap_comes_before(cast: Cast) -> None:
    lot = lot_of(make_auction())
    terms, state = lots.terms_of(lot.auction, lot), lots.state_of(lot)
    assert rules.sanity_cap(terms, state) == 10_000
    assert rules.sanity_cap(replace(terms, sanity_cap=99_000), state) == 99_000
    assert rules.sanity_cap(replace(terms, sanity_times=None), state) is None


@pytest.mark.parametrize("scripts", [True, False])
def test_a_phone_asks_once(cast: Cast, client_for: Browserlike, scripts: bool) -> None:
    lot = lot_of(make_auction())
    bid(lot, cast.parent, 12)
    client, data = client_for(cast.parent), {"amount": "4000", "operation": "operation-1"}
    path = f"/auctions/{lot.auction.slug}/lots/1/bids"
    if scripts:
        assert client.post(path, data=data, headers=SCRIPT).get_json() == {"outcome": "page"}
    answer = client.post(path, data=data)
    assert answer.status_code == 422
    assert 'name="confirmed"' in answer.text and 'value="4000"' in answer.text
    assert client.post(path, data=data | {"confirmed": "y"}).status_code == 303


def test_the_room_and_the_desk_are_asked_once(cast: Cast, client_for: Browserlike) -> None:
    opens = now().replace(microsecond=0) + timedelta(hours=1)
    for auction in (make_auction(), make_auction(opens_at=opens, minutes=180)):
        helper = client_for(cast.helper)
        with atomic():
            paddle = desk.give_paddle(auction.id, cast.parent.id, entered_by=cast.helper.id).paddle
        form = {"lot": "1", "paddle": str(paddle), "amount": "101", "maximum": "101", "operation": "operation-1"}
        page = "desk/maxima" if auction.opens_at == opens else "floor/bids"
        path = f"/manage/auctions/{auction.id}/{page}"
        answer = helper.post(path, data=form)
        assert answer.status_code == 422
        assert "a lot more than the price" in answer.text and 'name="confirmed"' in answer.text
        assert helper.post(path, data=form | {"confirmed": "y"}).status_code == 303
