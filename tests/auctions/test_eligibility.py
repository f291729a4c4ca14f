"""Who may bid: by list, by domain, by invitation code."""

from __future__ import annotations

import pytest

from app.auctions import services
from app.auctions.eligibility import admits, right_code, wrong_entry
from app.auctions.models import Auction, Eligibility
from app.auctions.rules import Reason
from app.core.database import db
from app.core.transactions import atomic, locked
from tests.auctions.helpers import bid, events, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS, encodable

LIST = "Ana@Home.example\n\n  @school.example \n"


@pytest.mark.parametrize(
    ("email", "admitted"),
    [
        ("ana@home.example", True),
        ("ANA@HOME.EXAMPLE", True),
        ("anyone@school.example", True),
        ("bob@home.example", False),
        ("eve@evil.school.example", False),
        ("eve@notschool.example", False),
        ("school.example@evil.example", False),
        ("ana@home.example.evil.example", False),
        ('"@school.example"@evil.example', False),
        ("", False),
    ],
)
def test_a_list_admits_its_addresses_and_domains(email: str, admitted: bool) -> None:
    assert admits(Eligibility.LISTED, LIST, email, staff=True) is admitted


def test_the_other_kinds() -> None:
    for kind, staff, expected in (
        (Eligibility.SIGNED_IN, False, True),
        (Eligibility.STAFF, False, False),
        (Eligibility.STAFF, True, True),
        (Eligibility.CODE, False, True),
    ):
        assert admits(kind, "", "ana@home.example", staff=staff) is expected


@pytest.mark.parametrize(
    "line", ["ana", "ana@home", "@", "ana@@home.example", "<ana@home.example>", "a b@home.example"]
)
def test_a_line_that_is_no_address_is_named(line: str) -> None:
    assert wrong_entry(f"@school.example\n{line}\n") == line.casefold()
    assert wrong_entry(LIST) is None


@pytest.mark.parametrize(
    ("given", "right"), [("TULIP-2026", True), ("tulip 2026", True), ("tulip", False), ("", False)]
)
def test_a_code_is_read_kindly(given: str, right: bool) -> None:
    assert right_code("Tulip-2026", given) is right


def open_to(auction: Auction, **values: object) -> None:
    with atomic():
        row = locked(Auction, auction.id)
        for name, value in values.items():
            setattr(row, name, value)


def test_a_bid_from_outside_the_list_is_refused_with_words(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    open_to(auction, eligibility=Eligibility.LISTED, admitted=cast.parent.email)
    assert bid(lot_of(auction), cast.stranger, 20).reason is Reason.NOT_ELIGIBLE
    assert bid(lot_of(auction), cast.parent, 20).reason is None
    answer = client_for(cast.stranger).post(
        f"/auctions/{auction.slug}/lots/1/bids", data={"amount": 40, "operation": "from-outside", "terms": "y"}
    )
    assert answer.status_code == 422
    assert "invited addresses" in answer.text


def test_an_invitation_code_is_asked_once(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(2)
    open_to(auction, eligibility=Eligibility.CODE, invitation_code="Tulip-2026")
    client, path = client_for(cast.parent), f"/auctions/{auction.slug}/lots/1/"
    form = {"amount": 20, "operation": "with-a-code", "terms": "y"}
    for code in ("", "daffodil"):
        answer = client.post(f"{path}bids", data=form | {"code": code})
        assert answer.status_code == 422
        assert 'name="code"' in answer.text
        assert 'value="20"' in answer.text
        assert "Tulip" not in answer.text
    assert events(lot_of(auction)) == []
    assert client.post(f"{path}bids", data=form | {"code": " tulip 2026 "}).status_code == 303
    assert 'name="code"' not in client.get(path).text
    assert client.post(f"/auctions/{auction.slug}/lots/2/bids", data=form).status_code == 303
    db.session.rollback()
    assert [len(events(lot_of(auction, number))) for number in (1, 2)] == [1, 1]
    with pytest.raises(services.WrongCode), atomic():
        services.place_bid(lot_of(auction).id, cast.stranger.id, 9000, "no-code-at-all", terms_accepted=True)


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_nasty_codes_are_refused_politely(cast: Cast, client_for: Browserlike, text: str) -> None:
    auction = make_auction()
    open_to(auction, eligibility=Eligibility.CODE, invitation_code="Tulip-2026")
    data = {"amount": 20, "operation": "nasty-code", "terms": "y", "code": encodable(text)}
    assert client_for(cast.parent).post(f"/auctions/{auction.slug}/lots/1/bids", data=data).status_code in (
        400,
        413,
        422,
    )
    assert events(lot_of(auction)) == []
