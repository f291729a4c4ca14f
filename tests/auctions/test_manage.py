"""Preparing and running an auction from the managing pages; the stranger's refusal first."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from app.auctions import control, offers, pledges, preparation, settlement
from app.auctions.models import Auction, Award, AwardStatus, Lot, LotEvent
from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic, locked
from app.galleries.models import Scope
from app.partners.models import Partner
from app.partners.services import create_partner
from tests.auctions.helpers import bid, events, hang, lot_of, mails, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS, encodable
from tests.races.test_seats import at_once
from tests.web.controls import Page

PAGES = ("/manage/auctions/", "/manage/auctions/new/", "{auction}", "{auction}edit/", "{auction}labels/", "{lot}")
ACTIONS = (
    "/manage/auctions/new/",
    "{auction}edit/",
    "{auction}lots",
    "{auction}things",
    "{lot}",
    "{lot}voids",
    "{lot}pause",
    "{lot}withdrawal",
)


def address(pattern: str, auction: Auction) -> str:
    return pattern.format(auction=f"/manage/auctions/{auction.id}/", lot=f"/manage/lots/{lot_of(auction).id}/")


def facts(**changes: Any) -> dict[str, Any]:
    partner = db.session.scalars(select(Partner.id)).first()
    if partner is None:
        with atomic():
            partner = create_partner(name="Passerelle", kind="ngo").id
    good = {
        "title": "The spring auction", "campaign_id": "0", "beneficiary_id": str(partner), "currency": "CHF",
        "timezone": "Europe/Zurich", "opens_at": "2027-03-01T09:00", "closes_at": "2027-03-08T20:00",
        "eligibility": "signed_in", "summary": "Pictures", "terms": "A bid is a promise.", "published": "y",
        "steps": "0: 1", "late_minutes": "2", "latest_minutes": "30",
    }  # fmt: skip
    return {name: value for name, value in (good | changes).items() if value is not None}


def as_it_stands(client: Any, path: str) -> dict[str, Any]:
    """What the form at this address sends when nobody types anything."""
    return Page(client.get(path).text).form(path).values


def verified(app: Flask, auction: Auction) -> str:
    said: str = app.test_cli_runner().invoke(args=["auctions", "verify", auction.slug]).output
    return said


def count(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("pattern", PAGES)
def test_pages_are_not_for_strangers(cast: Cast, client_for: Browserlike, pattern: str) -> None:
    auction = make_auction()
    path = address(pattern, auction)
    assert client_for().get(path).status_code == 303
    for person in (cast.stranger, cast.parent, cast.curator):
        assert client_for(person).get(path).status_code == 403
    answer = client_for(cast.organiser).get(path)
    assert answer.status_code == 200
    assert answer.text.count("<title>") == answer.text.count("<h1") == 1


@pytest.mark.parametrize("pattern", ACTIONS)
def test_actions_are_not_for_strangers(cast: Cast, client_for: Browserlike, pattern: str) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    path = address(pattern, auction)
    data = facts() | {
        "start": "99",
        "artwork": "1",
        "seq": "1",
        "reason": "Because",
        "thing_title": "Dinner",
        "thing_start": "9",
    }
    for person in (cast.stranger, cast.parent, cast.curator, cast.helper):
        assert client_for(person).post(path, data=data).status_code == 403
    assert client_for().post(path, data=data).status_code == 303
    assert (count(Auction), count(Lot), count(LotEvent)) == (1, 1, 1)
    assert lot_of(auction).status == "open"


@pytest.mark.parametrize("pattern", ["/manage/auctions/999/", "/manage/lots/999/", "/manage/auctions/999/labels/"])
def test_what_is_not_there(cast: Cast, client_for: Browserlike, pattern: str) -> None:
    assert client_for(cast.organiser).get(pattern).status_code == 404


def test_an_auction_is_made_in_its_own_zone(cast: Cast, client_for: Browserlike) -> None:
    answer = client_for(cast.organiser).post("/manage/auctions/new/", data=facts())
    assert answer.status_code == 303
    auction = db.session.scalars(select(Auction)).one()
    assert (auction.slug, auction.published) == ("the-spring-auction", True)
    assert auction.closes_at.isoformat() == "2027-03-08T19:00:00+00:00"
    assert client_for(cast.organiser).get(answer.headers["Location"]).status_code == 200


def test_the_beneficiary_is_most_likely_an_ngo(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    organiser = client_for(cast.organiser)
    assert "No partner is known yet." in organiser.get("/manage/auctions/new/").text
    with atomic():
        for name, kind in (("A company", "company"), ("Well", "ngo"), ("Bridge", "ngo")):
            create_partner(name=name, kind=kind)
    page = organiser.get("/manage/auctions/new/").text
    found = re.search(r'<select[^>]*name="beneficiary_id".*?</select>', page, re.DOTALL)
    assert found is not None and re.findall(r">([^<]+)</option>", found[0]) == ["Bridge", "Well", "A company"]
    assert "No partner is known yet." not in page


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""}, {"opens_at": ""}, {"closes_at": "2027-02-30T10:00"}, {"closes_at": "2027-03-01T09:00"},
        {"closes_at": "9999-12-31T23:59"}, {"opens_at": "2027-03-28T02:30", "closes_at": "2027-04-01T10:00"},
        {"currency": "XXX"}, {"currency": None}, {"timezone": "Mars/Olympus"}, {"beneficiary_id": "999"},
        {"beneficiary_id": "x"}, {"beneficiary_id": None}, {"campaign_id": "999"}, {"eligibility": "everybody"},
        {"steps": ""}, {"steps": "1: 1"}, {"steps": "0: 1\n20"}, {"late_minutes": ""}, {"late_minutes": "-1"},
        {"late_minutes": "61"}, {"late_minutes": "5", "latest_minutes": "4"}, {"latest_minutes": "601"},
    ],
)  # fmt: skip
def test_what_makes_no_auction_is_said_beside_the_field(
    cast: Cast, client_for: Browserlike, changes: dict[str, Any]
) -> None:
    answer = client_for(cast.organiser).post("/manage/auctions/new/", data=facts(**changes))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert count(Auction) == 0


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_bad_input_into_every_field(cast: Cast, client_for: Browserlike, text: str) -> None:
    auction = make_auction()
    client = client_for(cast.organiser)
    for name in facts():
        answer = client.post("/manage/auctions/new/", data=facts(**{name: encodable(text)}))
        assert answer.status_code in (303, 413, 422), name
    for name in ("title", "start", "reserve", "sanity_cap"):
        good = {"title": "Picture 1", "start": "10", "reserve": "", "sanity_cap": ""}
        answer = client.post(address("{lot}", auction), data=good | {name: encodable(text)})
        assert answer.status_code in (303, 413, 422), name
    for name in ("seq", "reason"):
        answer = client.post(address("{lot}voids", auction), data={"seq": "1", "reason": "x", name: encodable(text)})
        assert answer.status_code in (413, 422), name
    for name in ("start", "artwork", "together"):
        answer = client.post(address("{auction}lots", auction), data={"start": "10", name: encodable(text)})
        assert answer.status_code in (303, 413, 422), name
    for name in ("thing_title", "thing_description", "thing_given_by", "thing_start"):
        good = {"thing_title": "Dinner", "thing_start": "10"}
        answer = client.post(address("{auction}things", auction), data=good | {name: encodable(text)})
        assert answer.status_code in (303, 413, 422), name
        assert client.get(f"/auctions/{auction.slug}/").status_code == 200
    assert client.post(address("{lot}", auction), json=[]).status_code == 422
    assert lot_of(auction).start > 0


def test_after_the_first_bid_only_words_may_change(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    client = client_for(cast.organiser)
    answer = client.post(address("{auction}edit/", auction), data=facts())
    assert answer.status_code == 422
    assert "Bids stand already" in answer.text
    answer = client.post(address("{lot}", auction), data={"title": "Picture 1", "start": "5"})
    assert answer.status_code == 422
    answer = client.post(address("{lot}", auction), data={"title": "My mother", "start": "10"})
    assert answer.status_code == 303
    assert lot_of(auction).title == "My mother"


def test_increments_and_soft_close_are_the_organisers_until_the_first_bid(
    app: Flask, cast: Cast, client_for: Browserlike
) -> None:
    organiser, parent = client_for(cast.organiser), client_for(cast.parent)
    auction = make_auction(published=True)
    path = address("{auction}edit/", auction)
    page = organiser.get(path).text
    assert "0: 1\n20: 2\n50: 5\n100: 10\n250: 25\n500: 50\n1000: 100</textarea>" in page
    good = as_it_stands(organiser, path)
    wanted = good | {"steps": "0: 5\r\n\r\n 100:20 ", "late_minutes": "10", "latest_minutes": "45"}
    assert organiser.post(path, data=wanted).status_code == 303
    lot = lot_of(auction)
    assert lot.auction.increments == "[[0, 500], [10000, 2000]]"
    page = parent.get(f"/auctions/{auction.slug}/lots/1/").text
    assert (
        "A bid less than 10 minutes before the end keeps the lot open for 10 minutes more, for 45 minutes at most."
        in page
    )
    bid(lot, cast.parent, 50)
    bid(lot_of(auction), cast.stranger, 30)
    assert lot_of(auction).price == 3500
    assert organiser.post(path, data=as_it_stands(organiser, path)).status_code == 303  # nothing but what stands
    for change in ({"steps": "0: 1"}, {"late_minutes": "9"}, {"latest_minutes": "46"}):
        answer = organiser.post(path, data=wanted | change)
        assert answer.status_code == 422 and "Bids stand already" in answer.text
    assert lot_of(auction).auction.increments == "[[0, 500], [10000, 2000]]"
    assert verified(app, auction) == "1 lots replayed, 0 differences\n"


def test_lots_that_close_on_the_second_say_nothing_of_late_bids(
    app: Flask, cast: Cast, client_for: Browserlike
) -> None:
    auction = make_auction(minutes=1)
    path, organiser = address("{auction}edit/", auction), client_for(cast.organiser)
    assert organiser.post(path, data=as_it_stands(organiser, path) | {"late_minutes": "0"}).status_code == 303
    end = lot_of(auction).closes_at
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.stranger, 30)
    assert lot_of(auction).closes_at == end
    assert "before the end" not in client_for().get(f"/auctions/{auction.slug}/lots/1/").text
    (mail,) = mails("outbid:")
    assert "near the end" not in mail.text and "Bidding closes on" in mail.text


def test_terms_may_change_after_more_time_while_nobody_has_bid(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(minutes=30)
    path, organiser = address("{auction}edit/", auction), client_for(cast.organiser)
    with atomic():
        control.extend(auction.id, 5, "Five minutes more.", "operation-1", cast.organiser.id)
    assert organiser.post(path, data=as_it_stands(organiser, path) | {"steps": "0: 3"}).status_code == 303
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.stranger, 15)
    assert lot_of(auction).price == 1800
    assert verified(app, auction) == "1 lots replayed, 0 differences\n"


def test_lots_are_added_in_bulk_at_one_price(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(0)
    artworks = hang(["One", "Two", "Three"])
    client, lots = client_for(cast.organiser), f"/manage/auctions/{auction.id}/lots"
    assert "Two" in client.get(f"/manage/auctions/{auction.id}/").text
    assert client.post(lots, data={"artwork": artworks, "start": "12"}).status_code == 303
    found = list(db.session.scalars(select(Lot).order_by(Lot.number)))
    assert [(lot.number, lot.title, lot.start) for lot in found] == [
        (1, "One", 1200),
        (2, "Two", 1200),
        (3, "Three", 1200),
    ]
    assert len({lot.code for lot in found}) == 3
    assert client.post(lots, data={"artwork": artworks[:1], "start": "12"}).status_code == 303  # a lot already
    assert count(Lot) == 3


def test_no_lot_without_the_consent_to_an_auction(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(0)
    (artwork,) = hang(["Only for the web"], [Scope.WEB, Scope.EXHIBITION])
    client = client_for(cast.organiser)
    assert "Only for the web" not in client.get(f"/manage/auctions/{auction.id}/").text
    data = {"artwork": str(artwork), "start": "12"}
    answer = client.post(f"/manage/auctions/{auction.id}/lots", data=data, follow_redirects=True)
    assert "no consent for an auction" in answer.text
    assert count(Lot) == 0


def test_a_starting_price_is_a_whole_amount_above_nothing(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    client = client_for(cast.organiser)
    for start in ("0", "10.50", "-5"):
        assert client.post(address("{auction}lots", auction), data={"start": start}).status_code == 422
        data = {"title": "Picture 1", "start": start}
        assert client.post(address("{lot}", auction), data=data).status_code == 422


def test_pause_open_withdraw(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    client = client_for(cast.organiser)
    for action, status in (("pause", "paused"), ("opening", "open"), ("withdrawal", "withdrawn")):
        assert client.post(address("{lot}", auction) + action).status_code == 303
        assert lot_of(auction).status == status
    assert lot_of(auction).title in client.get(address("{auction}", auction)).text


def test_a_void_by_the_form_with_its_reason_for_everybody(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    bid(lot_of(auction), cast.stranger, 60)
    client = client_for(cast.organiser)
    voids = address("{lot}voids", auction)
    assert client.post(voids, data={"seq": "2", "reason": ""}).status_code == 422
    assert client.post(voids, data={"seq": "7", "reason": "A slip"}).status_code == 422
    assert client.post(voids, data={"seq": "2", "reason": "A slip of the finger"}).status_code == 303
    assert len(events(lot_of(auction))) == 3
    page = client_for().get(f"/auctions/{auction.slug}/lots/1/").text
    assert "Bid 2 of paddle 101 was voided: A slip of the finger" in page
    assert "Paddle 101 (voided)" in page and "Paddle 100 (voided)" not in page
    assert len(mails("voided")) == 2


def test_a_bid_is_chosen_in_the_log(cast: Cast, client_for: Browserlike) -> None:
    auction, organiser = make_auction(), client_for(cast.organiser)
    for person, francs in ((cast.parent, 50), (cast.stranger, 60), (cast.parent, 80), (cast.stranger, 99)):
        bid(lot_of(auction), person, francs)
    path = address("{lot}", auction)
    assert re.findall(r"[?]void=(\d)#void", organiser.get(path).text) == ["1", "2", "3", "4"]
    chosen = Page(organiser.get(f"{path}?void=2").text).form(f"{path}voids").values
    assert organiser.post(f"{path}voids", data=chosen | {"reason": "A slip"}).status_code == 303
    page = organiser.get(path).text
    assert re.findall(r"[?]void=(\d)#void", page) == ["1", "3"], "the later bids of the same paddle went along"
    assert page.count("(voided)") == 2
    assert organiser.get(f"{path}?void=x").status_code == 200


def test_awards_are_listed_and_handed_over(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50)
    with travel(auction.closes_at + timedelta(seconds=1)), atomic():
        settlement.close_lot(lot.id)
    award = db.session.scalars(select(Award)).one()
    assert cast.parent.name in client_for(cast.helper).get(address("{auction}", auction)).text
    handing = f"/manage/awards/{award.id}/hand-over"
    assert client_for(cast.parent).post(handing).status_code == 403
    answer = client_for(cast.helper).post(handing, data={"next": "//evil.example/"})
    assert (answer.status_code, "evil" in answer.headers["Location"]) == (303, False)
    assert db.session.get_one(Award, award.id, populate_existing=True).handed_over_at is not None
    assert client_for(cast.helper).post("/manage/awards/999/hand-over").status_code == 404


def test_labels_carry_the_code_of_each_lot(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(2)
    page = client_for(cast.helper).get(address("{auction}labels/", auction)).text
    for number in (1, 2):
        assert f"/q/{lot_of(auction, number).code}.svg" in page


def test_each_role_finds_the_pages_that_are_theirs(cast: Cast, client_for: Browserlike) -> None:
    """Every address of this auction on the page opens for whom the page shows it to."""
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    with atomic():
        locked(Auction, auction.id).need_title = "A school bus"
    lot_id = lot_of(auction).id
    with travel(auction.closes_at + timedelta(seconds=1)), atomic():
        settlement.close_lot(lot_id)
    here = f"/manage/auctions/{auction.id}/"
    shown = {}
    for person in (cast.organiser, cast.helper, cast.treasurer):
        client = client_for(person)
        links = set(re.findall(rf'href="({here}[^"]+)"', client.get(here).text))
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
        shown[person.id] = {link.removeprefix(here) for link in links}
    assert {"hand-over/", "pledges/", "labels/", "desk/", "floor/"} <= shown[cast.helper.id]
    assert {"hand-over/", "auctioneer/", "control/", "edit/"} <= shown[cast.organiser.id]
    assert shown[cast.treasurer.id] == set()


def test_a_picture_let_go_by_its_buyer_is_not_handed_to_them(cast: Cast, client_for: Browserlike) -> None:
    """A helper's list is older than what the organiser decided."""
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    lot_id = lot_of(auction).id
    with travel(auction.closes_at + timedelta(seconds=1)):
        with atomic():
            settlement.close_lot(lot_id)
        award_id = db.session.scalars(select(Award.id)).one()
        with atomic():
            offers.forfeit(award_id, cast.organiser.id)
    answer = client_for(cast.helper).post(f"/manage/awards/{award_id}/hand-over", follow_redirects=True)
    assert "Somebody has changed this meanwhile." in answer.text
    assert db.session.get_one(Award, award_id, populate_existing=True).handed_over_at is None


def test_a_picture_that_left_is_not_taken_back(cast: Cast) -> None:
    """The hand-over came between the organiser's look and the lock."""
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    lot_id = lot_of(auction).id
    with travel(auction.closes_at + timedelta(seconds=1)):
        with atomic():
            settlement.close_lot(lot_id)
        award = db.session.scalars(select(Award)).one()
        with atomic():
            settlement.hand_over(award.id, cast.helper.id)
        with pytest.raises(offers.OfferRefused, match="handed_over"), atomic():
            offers.take_back(db.session.get_one(Award, award.id), AwardStatus.FORFEITED, cast.organiser.id)


def test_a_picture_is_one_lot_however_often_it_is_ticked(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(0)
    (artwork,) = hang(["One"])
    client, lots = client_for(cast.organiser), f"/manage/auctions/{auction.id}/lots"
    answer = client.post(lots, data={"start": "12"})
    assert answer.status_code == 422
    assert "Tick one picture or more." in answer.text
    assert 'value="12"' in answer.text
    assert client.post(lots, data={"artwork": [artwork, artwork], "start": "12"}).status_code == 303
    assert count(Lot) == 1


def add_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> int:
    """Two auctions want one picture, and look both before either writes, if they may; how many lots it became."""
    auctions = [make_auction(0).id, make_auction(0).id]
    (artwork,) = hang(["Wanted by two"])
    look, both = preparation.galleries.auctionable_ids, threading.Barrier(2)

    def slowly(ids: Any) -> Any:
        found = look(ids)
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)
        return found

    def add(number: int) -> str:
        try:
            with atomic():
                preparation.add_lots(auctions[number], [artwork], 1000)
        except preparation.NotAuctionable:
            return "refused"
        return "added"

    with monkeypatch.context() as patch:
        patch.setattr(preparation.galleries, "auctionable_ids", slowly)
        at_once(app, add, 2)
    return count(Lot)


def test_two_auctions_do_not_sell_one_picture(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert add_at_once(app, monkeypatch) == 1


def test_without_the_lock_both_would_sell_it(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "take_turns_for", lambda artwork_ids: None)
    expected = 2 if db.engine.dialect.name == "postgresql" else 1  # SQLite has one writer, whatever is locked
    assert add_at_once(app, monkeypatch) == expected


def test_the_hand_over_list_costs_the_same_for_one_picture_and_for_five(cast: Cast, client_for: Browserlike) -> None:
    costs = []
    for pictures in (1, 5):
        auction = make_auction(pictures)
        ids = [lot_of(auction, number).id for number in range(1, pictures + 1)]
        for number in range(1, pictures + 1):
            bid(lot_of(auction, number), cast.parent, 50)
        with travel(auction.closes_at + timedelta(seconds=1)):
            for lot_id in ids:
                with atomic():
                    settlement.close_lot(lot_id)
        client, said = client_for(cast.helper), list[str]()
        address = f"/manage/auctions/{auction.id}/hand-over/"
        client.get(address)

        def note(_connection: object, _cursor: object, statement: str, *_rest: object, said: list[str] = said) -> None:
            said.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        client.get(address)
        event.remove(db.engine, "before_cursor_execute", note)
        costs.append(len(said))
    assert costs[0] == costs[1]


def test_a_need_that_people_pledged_for_keeps_its_title(cast: Cast, client_for: Browserlike) -> None:
    """Their pledges stand on the page of the need and on invoices by its title."""
    client, typed = client_for(cast.organiser), facts(need_title="A school bus", need_goal="0")
    assert client.post("/manage/auctions/new/", data=typed).status_code == 303
    auction = db.session.scalars(select(Auction)).one()
    assert auction.need_goal is None, "nothing to reach is no goal"
    here = f"/manage/auctions/{auction.id}/edit/"
    assert client.post(here, data=typed | {"need_title": ""}).status_code == 303
    assert client.post(here, data=typed).status_code == 303
    with travel(auction.opens_at), atomic():
        pledges.pledge(auction.id, cast.parent.id, 5000, "one-operation", terms_accepted=True)
    answer = client.post(here, data=typed | {"need_title": "", "summary": "Other words"})
    assert answer.status_code == 422
    assert "it keeps a title" in answer.text
    assert "Other words" in answer.text
    assert client.post(here, data=typed | {"need_title": "A boat"}).status_code == 303
