"""Public pages: what everybody sees, what only a bidder sees, and how a bid goes in by the form."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import Person
from app.auctions import preparation, services, settlement
from app.auctions.models import Bidder, BidRefusal, Lot, LotEvent, LotStatus
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.galleries.models import Consent
from tests.auctions.helpers import amounts_in, bid, events, lot_of, mails, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS, encodable

CANARY = 7777


def bids_of(lot: Lot) -> str:
    return f"/auctions/{lot.auction.slug}/lots/{lot.number}/bids"


def page_of(lot: Lot) -> str:
    return f"/auctions/{lot.auction.slug}/lots/{lot.number}/"


def known(person: Person, lot: Lot) -> None:
    """Give somebody a paddle in the auction, without a bid on the lot."""
    with atomic():
        db.session.add(
            Bidder(auction_id=lot.auction_id, person_id=person.id, paddle=100 + person.id, terms_accepted_at=now())
        )


@pytest.mark.parametrize("address", ["/auctions/", "/auctions/{slug}/", "/auctions/{slug}/lots/1/"])
def test_pages_name_the_lots_and_the_beneficiary(cast: Cast, client_for: Browserlike, address: str) -> None:
    auction = make_auction()
    answer = client_for().get(address.format(slug=auction.slug))
    assert answer.status_code == 200
    assert "Passerelle" in answer.text
    assert answer.text.count("<title>") == answer.text.count("<h1") == 1


@pytest.mark.parametrize(
    "address",
    ["", "lots/1/", "live.json", "proceeds/", "bids.jsonl", "screen/"],
)
def test_a_draft_is_nobodys_but_the_organisers(cast: Cast, client_for: Browserlike, address: str) -> None:
    auction = make_auction(published=False)
    path = f"/auctions/{auction.slug}/{address}"
    assert client_for().get(path).status_code == 404
    assert client_for(cast.parent).get(path).status_code == 404
    assert client_for(cast.organiser).get(path).status_code == 200
    assert auction.title not in client_for().get("/auctions/").text


@pytest.mark.parametrize("address", ["nothing/", "{slug}/lots/99/", "{slug}/lots/99999999999/", "{slug}/lots/-1/"])
def test_what_is_not_there(cast: Cast, client_for: Browserlike, address: str) -> None:
    auction = make_auction()
    assert client_for().get("/auctions/" + address.format(slug=auction.slug)).status_code == 404


def test_a_bid_by_the_form(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    client = client_for(cast.parent)
    answer = client.post(bids_of(lot), data={"amount": "35", "operation": "operation-1", "terms": "y"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page_of(lot)}?bid=1")
    page = client.get(answer.headers["Location"]).text
    assert "Your bid leads." in page
    assert "Your bid leads at 10\u00a0CHF." in page
    assert "35\u00a0CHF" in page  # one's own maximum
    assert [event.amount for event in events(lot)] == [3500]


def test_a_first_bid_asks_for_the_terms_and_a_missing_name(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    with atomic():
        cast.parent.name = ""
        db.session.add(cast.parent)
    client = client_for(cast.parent)
    answer = client.post(bids_of(lot), data={"amount": "35", "operation": "operation-1"})
    assert answer.status_code == 422
    assert 'name="name"' in answer.text
    assert 'name="terms"' in answer.text
    assert 'value="35"' in answer.text
    assert events(lot) == []
    data = {"amount": "35", "operation": "operation-1", "terms": "y", "name": "Pia Parent"}
    assert client.post(bids_of(lot), data=data).status_code == 303
    assert db.session.get_one(Person, cast.parent.id, populate_existing=True).name == "Pia Parent"


def test_the_same_form_twice_is_one_bid(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    client, data = client_for(cast.parent), {"amount": "35", "operation": "the-same-form", "terms": "y"}
    answers = [client.post(bids_of(lot), data=data) for _ in range(2)]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(303, f"{page_of(lot)}?bid=1")}
    assert len(events(lot)) == 1
    answer = client.post(bids_of(lot), data=data | {"amount": "36"}, follow_redirects=True)
    assert "sent before with another amount" in answer.text
    assert len(events(lot)) == 1


def test_too_low_says_what_it_takes_and_keeps_what_was_typed(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    known(cast.staff, lot)
    bid(lot, cast.parent, 50)
    bid(lot, cast.stranger, 40)
    answer = client_for(cast.staff).post(bids_of(lot), data={"amount": "41", "operation": "operation-1"})
    assert answer.status_code == 422
    assert "it takes 44\u00a0CHF now" in answer.text
    assert 'value="41"' in answer.text
    assert db.session.scalars(select(BidRefusal.reason)).all() == ["below_minimum"]


def test_an_unusual_amount_is_asked_again(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    known(cast.parent, lot)
    with atomic():
        preparation.update_lot(lot.id, actor_id=cast.organiser.id, sanity_cap=50_000)
    client, data = client_for(cast.parent), {"amount": "5000", "operation": "operation-1"}
    answer = client.post(bids_of(lot), data=data)
    assert answer.status_code == 422
    assert 'name="confirmed"' in answer.text
    assert client.post(bids_of(lot), data=data | {"confirmed": "y"}).status_code == 303


def test_a_closed_lot_answers_kindly(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    known(cast.parent, lot)
    with travel(lot.closes_at):
        page = client_for(cast.parent).get(page_of(lot)).text
        answer = client_for(cast.parent).post(bids_of(lot), data={"amount": "35", "operation": "operation-1"})
    assert "Bidding is over." in page
    assert 'name="amount"' not in page
    assert answer.status_code == 422
    assert "Your amount was not taken." in answer.text


def test_through_a_pause_the_amount_stays(cast: Cast, client_for: Browserlike) -> None:
    lot, client = lot_of(make_auction()), client_for(cast.parent)
    known(cast.parent, lot)
    with atomic():
        services.set_lot_status(lot.id, LotStatus.PAUSED, cast.organiser.id)
    answer = client.post(bids_of(lot), data={"amount": "35", "operation": "operation-1"})
    assert answer.status_code == 422
    assert "your amount stays here" in answer.text
    assert 'value="35"' in answer.text
    assert 'name="amount"' not in client.get(page_of(lot)).text


def test_a_withdrawn_lot_says_so_to_who_bids(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    known(cast.parent, lot)
    with atomic():
        services.set_lot_status(lot.id, LotStatus.WITHDRAWN, cast.organiser.id)
    answer = client_for(cast.parent).post(bids_of(lot), data={"amount": "35", "operation": "operation-1"})
    assert answer.status_code == 422
    assert re.search(r'role="alert">This lot was withdrawn\.', answer.text)


@pytest.mark.parametrize("text", NASTY_TEXTS)
@pytest.mark.parametrize("field", ["amount", "operation", "name", "confirmed"])
def test_bad_input_is_refused_and_nothing_is_written(
    cast: Cast, client_for: Browserlike, field: str, text: str
) -> None:
    lot = lot_of(make_auction())
    if field != "name":
        known(cast.parent, lot)
    with atomic():
        cast.parent.name = ""
        db.session.add(cast.parent)
    good = {"amount": "35", "operation": "operation-1", "name": "Pia"}
    answer = client_for(cast.parent).post(bids_of(lot), data=good | {field: encodable(text)})
    if field in ("operation", "confirmed"):
        assert answer.status_code in (303, 413)
        assert len(events(lot)) == (answer.status_code == 303)
    else:
        assert answer.status_code in (413, 422)
        assert events(lot) == []


def test_the_bid_form_only_takes_forms(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    client = client_for(cast.parent)
    assert client.get(bids_of(lot)).status_code == 405
    for body in ({"amount": 35}, [], ["x"], "text", None):
        assert client.post(bids_of(lot), json=body).status_code == 422
    assert client.post(bids_of(lot), data="amount=35", content_type="text/plain").status_code == 415


def test_from_the_label_to_an_accepted_bid_in_five_screens(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    client = client_for()
    answer = client.get(f"/q/{lot.code.lower()}")
    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(lot))
    screens = [client.get(page_of(lot))]
    answer = client.post(bids_of(lot), data={"amount": "44", "operation": "operation-1"})
    assert answer.status_code == 303
    screens.append(client.get(answer.headers["Location"]))
    answer = client.post(answer.headers["Location"], data={"email": "new@home.example", "next": page_of(lot)})
    screens.append(client.get(answer.headers["Location"]))
    code = re.search(r"\d{6}", mails("sign-in")[0].subject)
    assert code is not None
    answer = client.post(answer.headers["Location"], data={"code": code.group()})
    assert answer.headers["Location"] == page_of(lot)
    screens.append(client.get(page_of(lot)))
    assert 'value="44"' in screens[-1].text
    assert "Confirm your bid" in screens[-1].text
    operation = re.search(r'name="operation" value="([^"]+)"', screens[-1].text)
    assert operation is not None
    data = {"amount": "44", "operation": operation.group(1), "name": "Noor New", "terms": "y"}
    screens.append(client.post(bids_of(lot), data=data, follow_redirects=True))
    assert [screen.status_code for screen in screens] == [200] * 5
    assert "Your bid leads" in screens[-1].text
    assert [event.amount for event in events(lot)] == [4400]
    assert "Confirm your bid" not in client.get(page_of(lot)).text


def test_an_unknown_label_and_a_labels_code(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    assert client_for().get("/q/ZZZZZZ").status_code == 404
    assert client_for().get(f"/q/{'Z' * 500}").status_code == 404
    svg = client_for().get(f"/q/{lot.code}.svg")
    assert (svg.status_code, svg.mimetype) == (200, "image/svg+xml")
    assert "style" not in svg.text


def test_a_leaders_maximum_is_shown_to_nobody_else(
    cast: Cast, client_for: Browserlike, capfd: pytest.CaptureFixture[str]
) -> None:
    """B5: 7777 is the canary. The rivals' bids are exceeded, so they may show; the leader's own page may tell it."""
    auction = make_auction()
    lot = lot_of(auction)
    client = client_for(cast.parent)
    client.post(bids_of(lot), data={"amount": str(CANARY), "operation": "operation-1", "terms": "y", "confirmed": "y"})
    bid(lot, cast.stranger, 90)
    bid(lot, cast.guardian, 300)
    with atomic():
        services.void_bid(lot.id, 2, "A slip", cast.organiser.id)
    addresses = [
        "/", "/auctions/", f"/auctions/{auction.slug}/", page_of(lot), f"/auctions/{auction.slug}/live.json",
        f"/auctions/{auction.slug}/bids.jsonl", f"/auctions/{auction.slug}/proceeds/", "/account/",
        f"/auctions/{auction.slug}/screen/", "/manage/auctions/", f"/manage/auctions/{auction.id}/",
        f"/manage/lots/{lot.id}/", f"/manage/auctions/{auction.id}/labels/",
    ]  # fmt: skip
    told = [
        (person.email if person else "nobody", address)
        for person in (None, cast.stranger, cast.organiser, cast.admin)
        for address in addresses
        if re.search(f"{CANARY}|{CANARY + 1}", amounts_in(client_for(person).get(address).text))
    ]
    assert told == []
    assert all(str(CANARY) not in amounts_in(mail.text + mail.html + mail.subject) for mail in mails())
    refused = client_for(cast.stranger).post(bids_of(lot), data={"amount": "300", "operation": "operation-2"})
    assert str(CANARY) not in amounts_in(refused.text)
    assert "7,777" in client.get(page_of(lot)).text
    with travel(lot.closes_at), atomic():
        settlement.close_lot(lot.id)
    with travel(lot.closes_at):
        assert all(str(CANARY) not in amounts_in(client_for().get(address).text) for address in addresses[:7])
    assert all(str(CANARY) not in amounts_in(mail.text + mail.html) for mail in mails())
    captured = capfd.readouterr()
    assert str(CANARY) not in amounts_in(captured.out + captured.err)


def live(client: Any, auction: Any, **headers: str) -> Any:
    return client.get(f"/auctions/{auction.slug}/live.json", headers=headers)


def test_live_tells_everybody_the_price_and_each_how_they_stand(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(2)
    bid(lot_of(auction), cast.parent, 50)
    bid(lot_of(auction), cast.staff, 30)
    standing = {}
    for name, person in (("nobody", None), ("leader", cast.parent), ("rival", cast.staff)):
        answer = live(client_for(person), auction)
        assert answer.headers["Cache-Control"] == "no-store"
        (first, second) = answer.get_json()["lots"]
        assert (first["price"], first["price_text"], first["bids"], first["seq"]) == (3200, "32\u00a0CHF", 2, 2)
        assert (first["needed"], second["bids"]) == (3400, 0)
        mine = answer.get_json()["mine"]["lots"]
        assert set(mine) <= {"1"}
        standing[name] = (mine["1"]["standing"], mine["1"]["needed"]) if mine else None
    assert standing == {"nobody": None, "leader": ("leading", 5100), "rival": ("outbid", 3400)}


def test_live_says_304_until_something_changes(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    client = client_for()
    tag = live(client, auction).headers["ETag"]
    assert live(client, auction, **{"If-None-Match": tag}).status_code == 304
    bid(lot_of(auction), cast.parent, 50)
    changed = live(client, auction, **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_the_public_log_can_be_followed_without_any_maximum(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    for person, francs in ((cast.parent, 50), (cast.staff, 30), (cast.stranger, 60)):
        bid(lot_of(auction), person, francs)
    answer = client_for().get(f"/auctions/{auction.slug}/bids.jsonl")
    terms, *lines = [json.loads(line) for line in answer.text.splitlines()]
    assert (terms["kind"], terms["start"], terms["currency"]) == ("terms", 1000, "CHF")
    assert [(line["seq"], line["paddle"], line["leader"], line["price"]) for line in lines] == [
        (1, 100, 100, 1000), (2, 101, 100, 3200), (3, 102, 102, 5500),
    ]  # fmt: skip
    assert set(lines[0]) == {
        "lot", "seq", "kind", "at", "paddle", "leader", "price", "closes_at", "why", "seal", "prev", "hash",
    }  # fmt: skip


def test_the_log_of_a_withdrawn_lot_stays(cast: Cast, client_for: Browserlike) -> None:
    """Who holds a receipt finds the bid in it: a line that is gone looks like fraud, and the page that checks says so."""
    auction = make_auction(2)
    for number in (1, 2):
        bid(lot_of(auction, number), cast.parent, 50)
    with atomic():
        services.set_lot_status(lot_of(auction, 2).id, LotStatus.WITHDRAWN, cast.organiser.id)
    client = client_for(cast.parent)
    lines = client.get(f"/auctions/{auction.slug}/bids.jsonl").text.splitlines()
    assert [(json.loads(line)["lot"], json.loads(line)["seq"]) for line in lines] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    receipts = re.findall('data-fingerprint="([0-9a-f]+)"', client.get(f"/auctions/{auction.slug}/verification/").text)
    assert len(receipts) == 2
    assert set(receipts) <= {json.loads(line)["hash"] for line in lines}


def test_the_proceeds_name_what_was_sold(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(2)
    bid(lot_of(auction), cast.parent, 50)
    with travel(auction.closes_at + timedelta(minutes=1)):
        page = client_for().get(f"/auctions/{auction.slug}/proceeds/").text
    assert "Picture 1" in page
    assert "Picture 2" not in page
    assert cast.parent.name not in page


def test_a_winner_pays_now(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50)
    invoice = f"/auctions/{auction.slug}/lots/1/invoice"
    with travel(auction.closes_at):
        with atomic():
            settlement.close_lot(lot.id)
        assert client_for().post(invoice).status_code == 303  # to sign in
        assert client_for(cast.stranger).post(invoice).status_code == 404
        page = client_for(cast.parent).get(page_of(lot)).text
        answers = [client_for(cast.parent).post(invoice) for _ in range(2)]
    assert "Pay 10\u00a0CHF" in page
    assert "Pay 10\u00a0CHF" not in client_for(cast.stranger).get(page_of(lot)).text
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert answers[0].headers["Location"].startswith("/invoices/")


def test_withdrawn_consent_takes_picture_title_and_words_off_the_lot(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    assert "Words on Picture 1" in client_for().get(page_of(lot)).text
    with atomic():
        db.session.execute(db.update(Consent).values(withdrawn_at=now()))
    for address in (page_of(lot), f"/auctions/{auction.slug}/", f"/auctions/{auction.slug}/screen/", "/auctions/"):
        text = client_for().get(address).text
        assert "Picture 1" not in text
        assert not re.search(r"\bLia\b", text)
        assert "/media/" not in text


def test_a_withdrawn_lot_leaves_the_wall(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(2)
    with atomic():
        services.set_lot_status(lot_of(auction, 2).id, LotStatus.WITHDRAWN, cast.organiser.id)
    assert "Picture 2" not in client_for().get(f"/auctions/{auction.slug}/").text
    assert "This lot was withdrawn." in client_for().get(f"/auctions/{auction.slug}/lots/2/").text


def test_the_account_page_lists_ones_lots(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    assert page_of(lot_of(auction)) in client_for(cast.parent).get("/account/").text
    assert page_of(lot_of(auction)) not in client_for(cast.staff).get("/account/").text


def test_an_artworks_page_leads_to_its_lot(cast: Cast, client_for: Browserlike) -> None:
    lot = lot_of(make_auction())
    artwork = lot.artworks[0]
    page = client_for().get(f"/galleries/{artwork.gallery.slug}/artworks/{artwork.number}/")
    assert page_of(lot) in page.text


def test_a_wall_costs_the_same_with_one_lot_and_with_thirty(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    from sqlalchemy import event

    counts = []
    for lots_wanted in (1, 30):
        auction = make_auction(lots_wanted)
        for address in ("", "live.json", "screen/", "bids.jsonl"):
            said: list[str] = []

            def note(
                _connection: object, _cursor: object, statement: str, *_rest: object, said: list[str] = said
            ) -> None:
                said.append(statement)

            event.listen(db.engine, "before_cursor_execute", note)
            client_for().get(f"/auctions/{auction.slug}/{address}")
            event.remove(db.engine, "before_cursor_execute", note)
            counts.append(len(said))
    assert counts[:4] == counts[4:]
    assert db.session.scalar(select(func.count()).select_from(LotEvent)) == 0
