"""An auction that asks bidders for a card first: no bid gets in without one, whichever way it comes."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.auctions import absentee, cards, desk, preparation, room, services, settlement
from app.auctions.lane import Order, _place
from app.auctions.models import Auction, Award, Bidder, BidRefusal, LotEvent, LotStatus
from app.auctions.outcomes import BidOutcome, BidRequest, CardMissing, TermsNotAccepted
from app.core.audit import AuditEntry
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import run_due
from app.core.transactions import atomic
from app.payments import cards as kept_cards
from app.payments import checkout
from app.payments.card_models import KeptCard
from app.payments.models import Invoice, InvoiceStatus
from app.payments.test_checkout import card_verdict
from tests.auctions.helpers import amounts_in, bid, events, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.payments.helpers import stripe_for
from tests.races.test_seats import at_once
from tests.web.controls import Page

DAYS = 14
_numbers = itertools.count(1)


def asking(lots_wanted: int = 1, days: int | None = DAYS, **values: Any) -> Auction:
    """An auction that asks for a card."""
    return make_auction(lots_wanted, card_required=True, card_charge_days=days, **values)


def leave(person: Any, last4: str = "4242") -> None:
    """Let somebody leave a made-up card."""
    with atomic():
        card_id = kept_cards.begin(person.id, "/").id
    checkout.apply(card_verdict(card_id, last4))


def set_card(auction: Auction, *, required: bool, days: int | None = DAYS) -> None:
    """What the organiser's form does."""
    with atomic():
        preparation.update_auction(auction.id, actor_id=None, card_required=required, card_charge_days=days)


def send(client: Any, auction: Auction, francs: int, number: int = 1, **more: Any) -> Any:
    """The form of a lot's page."""
    form = {"amount": str(francs), "operation": f"operation-of-form-{next(_numbers)}", **more}
    return client.post(f"/auctions/{auction.slug}/lots/{number}/bids", data=form)


def by_lane(auction: Any, person: Any, francs: int) -> Any:
    """What the quick lane's writer decides."""
    order = Order(auction.slug, 1, person.fs_uniquifier, str(francs), f"operation-of-lane-{next(_numbers)}", True)
    (decided,) = _place([order]).values()
    db.session.rollback()
    return decided


# ---- the page


def test_from_a_first_bid_to_the_card_and_back_to_it(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction, client = asking(), client_for(cast.parent)
    here = f"/auctions/{auction.slug}/lots/1/"
    page = client.get(here).text
    assert "Bidders leave a card first" in page
    assert "unpaid for 14 days" in page
    refused = send(client, auction, 35)
    assert refused.status_code == 422
    assert "Accept the terms" in refused.text
    with stripe_for(app) as stripe:
        answer = send(client, auction, 35, terms="y", operation="operation-of-pia")
        session = answer.location.rsplit("/", 1)[1]
        assert stripe.sessions[session].params["mode"] == "setup"
        assert events(lot_of(auction)) == []
        assert db.session.scalars(select(Bidder)).all() == [], "and no paddle yet"
        stripe.leave_card(session)
        assert client.get(stripe.sessions[session].params["success_url"]).location.endswith(here)
        back = client.get(here).text
        assert "Your card ending 4242 is kept" in back
        assert re.search(r'name="amount"[^>]*value="35"', back)
        assert 'value="operation-of-pia"' in back
        assert re.search(r'<input(?=[^>]*name="terms")[^>]*checked', back)
        answer = send(client, auction, 35, terms="y", operation="operation-of-pia")
        assert answer.location.endswith(f"{here}?bid=1")
    (bidder,) = db.session.scalars(select(Bidder))
    assert (bidder.card_charge_days, bidder.card_waived_by) == (DAYS, None)


def test_when_the_card_service_is_down_the_bid_waits(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction, client = asking(), client_for(cast.parent)
    with stripe_for(app) as stripe:
        stripe.down = True
        answer = send(client, auction, 35, terms="y")
        assert answer.location.endswith(f"/auctions/{auction.slug}/lots/1/")
        page = client.get(answer.location).text
        assert "does not answer" in page
        assert re.search(r'name="amount"[^>]*value="35"', page)


def test_a_card_kept_since_another_auction_is_enough(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    leave(cast.parent)
    auction, client = asking(), client_for(cast.parent)
    assert "Your card ending 4242 is kept for this auction" in client.get(f"/auctions/{auction.slug}/lots/1/").text
    assert send(client, auction, 35, terms="y").location.endswith("?bid=1")


def test_a_script_is_sent_to_the_page(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction, client = asking(), client_for(cast.parent)
    headers = {"Accept": "application/json"}
    form = {"amount": "35", "operation": "operation-of-script", "terms": "y"}
    answer = client.post(f"/auctions/{auction.slug}/lots/1/bids", data=form, headers=headers)
    assert (answer.status_code, answer.json) == (409, {"outcome": "page"})
    assert events(lot_of(auction)) == []


def test_an_auction_that_asks_for_none_says_nothing_of_cards(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    assert "leave a card" not in client_for(cast.parent).get(f"/auctions/{auction.slug}/lots/1/").text
    assert bid(lot_of(auction), cast.parent, 20).reason is None


# ---- no bid gets in

WAYS = ("service", "lane", "floor", "form")
SITUATIONS = {
    # what stands before: (paddle, card, waived, agreed), and whether a bid gets in by (terms not ticked, ticked)
    (False, False, False, False): (False, False),
    (False, True, False, False): (False, True),
    (True, False, False, False): (False, False),
    (True, False, False, True): (False, False),
    (True, True, False, False): (False, True),
    (True, True, False, True): (True, True),
    (True, False, True, False): (True, True),
    (True, True, True, True): (True, True),
}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # what holds when it waits for a lock is below, on both
@pytest.mark.parametrize("terms", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("situation", list(SITUATIONS), ids=lambda facts: "".join("ny"[fact] for fact in facts))
def test_the_table(
    app: Flask, cast: Cast, client_for: Browserlike, situation: tuple[bool, ...], way: str, terms: bool
) -> None:
    """Every way of bidding in every situation."""
    paddle, card, waived, agreed = situation
    auction = make_auction(1)
    if paddle:
        bid(lot_of(auction), cast.parent, 10)
        bid(lot_of(auction), cast.staff, 20)
    set_card(auction, required=True)
    if card:
        leave(cast.parent)
    with atomic():
        for bidder in db.session.scalars(select(Bidder).where(Bidder.person_id == cast.parent.id)):
            bidder.card_waived_by = cast.helper.id if waived else None
            bidder.card_charge_days = DAYS if agreed else None
    before = len(events(lot_of(auction)))
    expected = SITUATIONS[situation][terms]
    lot_id = lot_of(auction).id
    if way == "service":
        request = BidRequest(person_id=cast.parent.id, amount=5000, operation="operation-x", terms_accepted=terms)
        with atomic():
            (outcome,) = services.place_bids(lot_id, [request])
        assert isinstance(outcome, BidOutcome | CardMissing | TermsNotAccepted)
    elif way == "lane":
        expected = SITUATIONS[situation][False]  # it knows no terms: what needs them goes to the page
        by_lane(auction, cast.parent, 50)
    elif way == "floor":
        expected = paddle and (card or waived)  # a helper's hand is on it, and the terms were accepted before
        try:
            with atomic():
                room.floor_bid(lot_id, cast.parent.id, 5000, "operation-f", entered_by=cast.helper.id)
        except (CardMissing, TermsNotAccepted):
            pass
    else:
        send(client_for(cast.parent), auction, 50, **({"terms": "y"} if terms else {}))
    assert (len(events(lot_of(auction))) > before) is expected


def test_bids_in_one_sitting_are_told_apart(app: Flask, cast: Cast) -> None:
    auction = asking()
    leave(cast.parent)
    people = (cast.staff, cast.parent, cast.other_parent)
    asked = [
        BidRequest(person_id=person.id, amount=2000 + 500 * n, operation=f"operation-{n}", terms_accepted=True)
        for n, person in enumerate(people)
    ]
    with atomic():
        outcomes = services.place_bids(lot_of(auction).id, asked)
    assert [type(outcome) for outcome in outcomes] == [CardMissing, BidOutcome, CardMissing]
    assert [event.seq for event in events(lot_of(auction))] == [1]


def test_a_refusal_for_another_reason_asks_for_no_card(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction = asking()
    leave(cast.staff)
    bid(lot_of(auction), cast.staff, 50)
    answer = send(client_for(cast.parent), auction, 10, terms="y")
    assert answer.status_code == 422
    assert "Somebody bid more" in answer.text


# ---- in the middle of an auction


def test_the_option_is_set_and_lifted_while_bids_stand(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction, client = make_auction(), client_for(cast.parent)
    bid(lot_of(auction), cast.parent, 20)
    organiser, path = client_for(cast.organiser), f"/manage/auctions/{auction.id}/edit/"
    page = organiser.get(path).text
    assert "Test mode" in page
    answer = organiser.post(path, data=Page(page).form(path).values | {"card_required": "y", "card_charge_days": "7"})
    assert answer.status_code == 303, answer.text[:3000]
    assert lot_of(auction).leader_id is not None, "the bid stands"
    answer = send(client, auction, 30)
    assert answer.status_code == 422
    assert "unpaid for 7 days" in answer.text, "the terms have changed, and are asked again"
    answer = send(client, auction, 30, terms="y")
    assert "/account/cards/" in answer.location
    client.post(answer.location.removeprefix("http://localhost"), data={"card": "4242"})
    assert send(client, auction, 30, terms="y").location.endswith("?bid=2")
    assert db.session.scalars(select(Bidder.card_charge_days)).all() == [7]
    set_card(auction, required=False)
    assert bid(lot_of(auction), cast.staff, 60).reason is None
    said = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("ask bidders"))).all()
    assert said == ["ask bidders for a card", "ask bidders for no card"]


def test_a_bid_that_waits_while_the_option_is_set_is_asked(app: Flask, cast: Cast) -> None:
    """PostgreSQL reads the auction before it waits for the lot's lock: what holds is what stands after."""
    auction = make_auction()
    for number, person in enumerate((cast.parent, cast.staff)):
        bid(lot_of(auction), person, 20 + 10 * number)
    results: list[Any] = []

    def go(number: int) -> bool:
        try:
            if number == 0:
                set_card(auction, required=True, days=None)
            else:
                results.append(by_lane(auction, cast.parent, 40 + number))
        finally:
            db.session.remove()
        return True

    at_once(app, go, 4)
    lot = lot_of(auction)
    set_at = db.session.scalars(select(AuditEntry.at).where(AuditEntry.action == "ask bidders for a card")).one()
    assert [event.seq for event in events(lot) if event.at > set_at] == []


# ---- the hall


def test_the_desk_notes_that_no_card_is_needed(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction, helper = asking(), client_for(cast.helper)
    at_desk = f"/manage/auctions/{auction.id}/desk/"
    for number, more in enumerate(({"no_card": "y"}, {}), 1):
        form = {"name": f"Guest {number}", "terms": "y", "operation": f"operation-of-desk-{number}", **more}
        assert helper.post(f"{at_desk}paddles", data=form).status_code == 303
    first, second = db.session.scalars(select(Bidder).order_by(Bidder.paddle))
    assert (first.card_waived_by, second.card_waived_by) == (cast.helper.id, None)
    assert first.card_charge_days == DAYS, "they signed the terms"
    page = helper.get(at_desk).text
    assert "no card needed" in page
    assert "no card yet" in page
    for person in (None, cast.parent, cast.treasurer):
        assert client_for(person).post(f"{at_desk}paddles/{second.paddle}/card-waiver").status_code in (303, 403)
    assert helper.post(f"{at_desk}paddles/999/card-waiver").status_code == 404
    helper.post(f"{at_desk}paddles/{second.paddle}/card-waiver")
    assert db.session.scalars(select(Bidder.card_waived_by)).all() == [cast.helper.id] * 2
    helper.post(f"{at_desk}paddles/{first.paddle}/card-request")
    assert sorted(db.session.scalars(select(Bidder.card_waived_by)), key=str) == [cast.helper.id, None]
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.action.contains("card"))).all()
    assert {entry.actor_id for entry in noted} == {cast.helper.id}


def test_a_floor_bid_without_a_card_asks_the_helper(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction, helper = asking(), client_for(cast.helper)
    with atomic():
        desk.give_paddle(auction.id, cast.parent.id, entered_by=cast.organiser.id)
    form = {"lot": "1", "paddle": "100", "amount": "20", "operation": "operation-of-floor"}
    path = f"/manage/auctions/{auction.id}/floor/bids"
    answer = helper.post(path, data=form)
    assert answer.status_code == 422
    assert "has left no card" in answer.text
    assert 'name="no_card"' in answer.text
    told = helper.post(path, data=form, headers={"Accept": "application/json"})
    assert (told.status_code, told.json["outcome"]) == (422, "card")
    assert events(lot_of(auction)) == []
    assert helper.post(path, data=form | {"no_card": "y"}).status_code == 303
    (event,) = events(lot_of(auction))
    assert event.entered_by == cast.helper.id
    assert db.session.scalars(select(Bidder.card_waived_by)).all() == [cast.helper.id]


def test_a_maximum_at_the_desk_needs_a_card_until_the_opening(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    at = now().replace(microsecond=0)
    auction = asking(opens_at=at + timedelta(hours=1), closes_at=at + timedelta(hours=3))
    lot, helper = lot_of(auction), client_for(cast.helper)
    with atomic():
        for person in (cast.parent, cast.staff):
            desk.give_paddle(auction.id, person.id, entered_by=cast.helper.id)
    form = {"lot": "1", "paddle": "100", "maximum": "40"}
    answer = helper.post(f"/manage/auctions/{auction.id}/desk/maxima", data=form)
    assert answer.status_code == 422
    assert "left no card yet" in answer.text
    leave(cast.parent)
    leave(cast.staff)
    for bidder in db.session.scalars(select(Bidder.id).order_by(Bidder.id)).all():
        with atomic():
            absentee.enter(lot.id, bidder, 4000 + 100 * bidder, entered_by=cast.helper.id, confirmed=True)
    with pytest.raises(kept_cards.CardNeeded) as needed, app.test_request_context("/"), atomic():
        kept_cards.remove(cast.parent.id)
    assert needed.value.reasons == ["A maximum waits for lot 1."]
    with atomic():
        kept_cards.erase(cast.staff.id)  # the strongest removal
    assert "no card yet: will not count" in helper.get(f"/manage/auctions/{auction.id}/desk/").text
    with travel(auction.opens_at), atomic():
        services.count_absentee(lot.id)
    (event,) = events(lot)
    assert event.bidder is not None
    assert event.bidder.person_id == cast.parent.id
    assert db.session.scalars(select(BidRefusal.reason)).all() == [cards.NO_CARD]


def test_a_maximum_for_a_withdrawn_lot_binds_no_card(app: Flask, cast: Cast) -> None:
    at = now().replace(microsecond=0)
    auction = asking(opens_at=at + timedelta(hours=1), closes_at=at + timedelta(hours=3))
    lot_id = lot_of(auction).id
    leave(cast.parent)
    with atomic():
        desk.give_paddle(auction.id, cast.parent.id, entered_by=cast.helper.id)
        absentee.enter(lot_id, desk.bidder_id_of(auction.id, 100) or 0, 4000, entered_by=cast.helper.id)
    with app.test_request_context("/"):
        assert len(cards.claims(cast.parent.id)) == 1
        with atomic():
            services.set_lot_status(lot_id, LotStatus.WITHDRAWN, cast.organiser.id)
        assert cards.claims(cast.parent.id) == []


# ---- removing


def test_a_card_stays_while_it_stands_behind_bids(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction, client = asking(2), client_for(cast.parent)
    leave(cast.parent)
    for number in (1, 2):
        bid(lot_of(auction, number), cast.parent, 20)
    answer = client.post("/account/card/removal")
    assert answer.status_code == 409
    assert "You lead on lot 1." in answer.text
    leave(cast.staff)
    bid(lot_of(auction, 2), cast.staff, 50)
    with travel(auction.closes_at):
        for number in (1, 2):
            with atomic():
                settlement.close_lot(lot_of(auction, number).id)
        assert "Lot 1 is yours and not paid yet." in client.post("/account/card/removal").text
    with travel(auction.closes_at + timedelta(minutes=1)):
        run_due()
        invoice = db.session.scalars(select(Invoice).where(Invoice.person_id == cast.parent.id)).one()
        client.post(f"/invoices/{invoice.token}/card-payments")
    db.session.expire_all()
    assert db.session.get_one(Invoice, invoice.id).status is InvoiceStatus.PAID
    assert client.post("/account/card/removal").status_code == 303
    assert db.session.scalars(select(KeptCard.status).where(KeptCard.person_id == cast.parent.id)).all() == ["removed"]


def test_removal_and_a_bid_at_once(app: Flask, cast: Cast) -> None:
    """Either the card goes and the bid is refused, or the bid stands and the card stays: never a leader without one."""
    for _round in range(4):
        auction = asking(days=None)
        leave(cast.parent)
        bid(lot_of(auction), cast.parent, 20)
        leave(cast.staff)
        bid(lot_of(auction), cast.staff, 30)
        # The threads share no rows: each would load its own again in the other's session.
        parent = SimpleNamespace(id=cast.parent.id, fs_uniquifier=cast.parent.fs_uniquifier)
        sale = SimpleNamespace(slug=auction.slug)

        def go(number: int, parent: Any = parent, sale: Any = sale) -> str:
            try:
                if number:
                    return type(by_lane(sale, parent, 40)).__name__
                with app.test_request_context("/"), atomic():
                    return str(kept_cards.remove(parent.id))
            except kept_cards.CardNeeded:
                return "needed"
            finally:
                db.session.remove()

        answers = at_once(app, go, 2)
        assert answers in (["True", "NotHere"], ["needed", "Decided"]), answers
        with atomic():
            kept_cards.erase(cast.parent.id)


def test_removal_and_a_bid_without_the_lock(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: cards that are looked at without their lock let a leader go without one, on PostgreSQL."""
    import threading

    auction = asking(days=None)
    leave(cast.parent)
    bid(lot_of(auction), cast.parent, 20)
    leave(cast.staff)
    bid(lot_of(auction), cast.staff, 30)
    parent = SimpleNamespace(id=cast.parent.id, fs_uniquifier=cast.parent.fs_uniquifier)
    sale = SimpleNamespace(slug=auction.slug)
    looked, removed = threading.Event(), threading.Event()

    def unlocked(person_ids: Any) -> set[int]:
        found = set(db.session.scalars(select(KeptCard.person_id).where(KeptCard.status == "kept"))) & set(person_ids)
        looked.set()
        removed.wait(2)
        return {row for row in found if row is not None}

    def go(number: int) -> str:
        try:
            if number:
                return type(by_lane(sale, parent, 40)).__name__
            looked.wait(2)
            with app.test_request_context("/"), atomic():
                gone = kept_cards.remove(parent.id)
            removed.set()
            return str(gone)
        except kept_cards.CardNeeded:
            return "needed"
        finally:
            db.session.remove()

    with monkeypatch.context() as patch:
        patch.setattr("app.auctions.sitting.holders", unlocked)
        answers = at_once(app, go, 2)
    without_card = answers == ["True", "Decided"]
    assert without_card is (db.engine.dialect.name == "postgresql"), "SQLite has one writer, whatever is locked"


# ---- after


def test_the_terms_that_were_accepted_count(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    """Who bid before the clause stood agreed to nothing; a later clause changes nothing for who accepted an earlier one."""
    auction = asking(2, days=None)
    for person in (cast.parent, cast.staff):
        leave(person)
    bid(lot_of(auction, 1), cast.parent, 20)
    set_card(auction, required=True, days=10)
    bid(lot_of(auction, 2), cast.staff, 20)
    set_card(auction, required=True, days=30)
    with travel(auction.closes_at):
        for number in (1, 2):
            with atomic():
                settlement.close_lot(lot_of(auction, number).id)
    with travel(auction.closes_at + timedelta(minutes=1)):
        run_due()
    terms = {award.bidder.person_id: cards.lot_terms(award.id) for award in db.session.scalars(select(Award))}
    assert terms == {cast.parent.id: None, cast.staff.id: 10}
    treasurer = client_for(cast.treasurer)
    with travel(auction.closes_at + timedelta(days=11)):
        statuses = {}
        for invoice in db.session.scalars(select(Invoice)).all():
            form = {"sure": "y", "operation": f"operation-{invoice.id}"}
            answer = treasurer.post(f"/manage/payments/{invoice.id}/card-charges", data=form)
            statuses[invoice.person_id] = answer.status_code
    assert statuses == {cast.parent.id: 422, cast.staff.id: 303}


def test_the_log_and_the_public_pages_say_nothing_of_cards(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    auction = asking()
    leave(cast.parent)
    bid(lot_of(auction), cast.parent, 20)
    public = [f"/auctions/{auction.slug}/{page}" for page in ("", "lots/1/", "bids.jsonl", "live.json", "screen/")]
    text = "".join(client_for(cast.other_parent).get(path).text for path in public)
    assert "4242" not in amounts_in(text)
    assert "test_card" not in text
    assert [row.line for row in db.session.scalars(select(LotEvent)) if "card" in row.line] == []
