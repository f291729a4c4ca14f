"""Second chances and voids after the closing: who has the lot then, at what price, and who decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Person
from app.accounts.services import find_or_create, grant
from app.auctions import control, control_queries, lot_pages, offers, preparation, queries, settlement, voids
from app.auctions.models import Auction, Award, Lot, VoidRequest
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import run_due
from app.core.transactions import atomic
from app.payments import checkout
from app.payments.models import Invoice, InvoiceStatus, Method
from app.payments.services import begin_payment, keep_session, record_cash
from tests.auctions.helpers import bid, events, lot_of, mails, make_auction
from tests.auctions.test_control import agrees
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS, encodable
from tests.payments.test_races import meet_after, transactions_unguarded
from tests.races.test_seats import at_once

HOURS_48 = timedelta(hours=48)


@pytest.fixture
def other(cast: Cast) -> Person:
    """A second organiser."""
    with atomic():
        found = find_or_create("otto@agency.example", "Otto Organiser")
        found.verified_at = now()
        grant(found.email, "organiser", None)
    return found


def awards(auction: Auction | None = None) -> list[tuple[str, int, int]]:
    """(status, person, francs) of every award, oldest first."""
    db.session.rollback()
    db.session.expire_all()
    rows = db.session.scalars(select(Award).order_by(Award.id))
    return [(row.status.value, row.bidder.person_id, row.amount // 100) for row in rows]


def newest() -> Award:
    db.session.rollback()
    return db.session.scalars(select(Award).order_by(Award.id.desc()).limit(1)).one()


def sold(cast: Cast, *bids: tuple[Person, int], lots: int = 1, reserve: int | None = None) -> Auction:
    """An auction whose first lot got these bids (francs), closed and invoiced."""
    auction = make_auction(lots)
    if reserve:
        with atomic():
            preparation.update_lot(lot_of(auction).id, actor_id=cast.organiser.id, reserve=reserve * 100)
    for person, francs in bids:
        bid(lot_of(auction), person, francs)
    for minutes in (0, 1):
        with travel(auction.closes_at + timedelta(minutes=minutes)):
            run_due()
    db.session.expire_all()
    return auction


@contextmanager
def refused(kind: type[Exception], reason: str) -> Iterator[None]:
    with pytest.raises(kind) as fault, atomic():
        yield
    assert getattr(fault.value, "reason", "") == reason


def forfeit(award: Award, cast: Cast) -> Award | None:
    with atomic():
        return offers.forfeit(award.id, cast.organiser.id)


# ---- second chances -------------------------------------------------------------------------------------------------


def test_the_next_one_is_offered_the_lot_at_the_replayed_price(cast: Cast) -> None:
    auction = sold(cast, (cast.stranger, 30), (cast.staff, 50), (cast.parent, 90))
    assert awards() == [("active", cast.parent.id, 55)]
    forfeit(newest(), cast)
    assert awards() == [("forfeited", cast.parent.id, 55), ("offered", cast.staff.id, 32)]
    offer = newest()
    assert offer.expires_at is not None
    assert offer.expires_at - offer.created_at <= HOURS_48
    assert [invoice.status for invoice in db.session.scalars(select(Invoice))] == [InvoiceStatus.VOID]
    (mail,) = mails("offer:")
    assert mail.recipient == cast.staff.email
    assert f"/auctions/{auction.slug}/lots/1/offer/" in mail.text
    assert "32\u00a0CHF" in mail.text
    assert [mail.recipient for mail in mails("forfeited:")] == [cast.parent.email]
    assert agrees(auction)


def test_who_accepts_has_the_lot_and_an_invoice_at_that_price(cast: Cast, client_for: Browserlike) -> None:
    auction = sold(cast, (cast.stranger, 30), (cast.staff, 50), (cast.parent, 90))
    offer = forfeit(newest(), cast)
    assert offer is not None
    with atomic():
        token = offers.accept(offer.id, cast.staff.id)
    invoice = db.session.scalars(select(Invoice).where(Invoice.token == token)).one()
    assert (invoice.person_id, invoice.total) == (cast.staff.id, 3200)
    assert awards()[-1] == ("active", cast.staff.id, 32)
    view = lot_pages.lot_views(auction)[0]
    assert (view.sold, view.price) == (True, 3200)
    (shown,) = client_for(cast.staff).get(f"/auctions/{auction.slug}/live.json").json["lots"]
    assert (shown["price"], shown["paddle"]) == (3200, newest().bidder.paddle)
    with refused(offers.OfferRefused, "gone"):
        offers.accept(offer.id, cast.staff.id)
    with atomic():
        record_cash(invoice.id, 3200, "cash-1", cast.helper.id)
    assert newest().paid_at is not None
    assert agrees(auction)


def test_decline_and_silence_pass_it_on_until_nobody_is_left(cast: Cast) -> None:
    auction = sold(cast, (cast.stranger, 30), (cast.staff, 50), (cast.parent, 90))
    first = forfeit(newest(), cast)
    assert first is not None
    with pytest.raises(LookupError), atomic():
        offers.accept(first.id, cast.stranger.id)
    with atomic():
        offers.decline(first.id, cast.staff.id)
    assert awards()[-2:] == [("declined", cast.staff.id, 32), ("offered", cast.stranger.id, 10)]
    last = newest()
    assert last.expires_at is not None
    with travel(last.expires_at - timedelta(seconds=1)), atomic():
        assert offers.expire(last.id) is None
    with travel(last.expires_at):
        with refused(offers.OfferRefused, "gone"):
            offers.accept(last.id, cast.stranger.id)
        run_due()
    assert awards()[-1] == ("declined", cast.stranger.id, 10)
    assert [lot.number for lot in control_queries.unsold(auction.id)] == [1]
    assert not lot_pages.lot_views(auction)[0].sold
    assert agrees(auction)


def test_an_expiry_whose_job_was_lost_is_found(cast: Cast) -> None:
    sold(cast, (cast.parent, 90), (cast.staff, 50))
    offer = forfeit(newest(), cast)
    assert offer is not None
    with travel(offer.created_at + 2 * HOURS_48):
        offers.overdue()
        run_due()
    assert awards()[-1][0] == "declined"


def test_nobody_is_offered_a_lot_below_its_reserve(cast: Cast) -> None:
    auction = sold(cast, (cast.staff, 40), (cast.parent, 90), reserve=60)
    assert forfeit(newest(), cast) is None
    assert awards() == [("forfeited", cast.parent.id, 60)]
    assert agrees(auction)


def test_other_lots_on_the_invoice_are_invoiced_anew(cast: Cast) -> None:
    auction = make_auction(2)
    bid(lot_of(auction, 1), cast.parent, 20)
    bid(lot_of(auction, 2), cast.parent, 20)
    for minutes in (0, 1):
        with travel(auction.closes_at + timedelta(minutes=minutes)):
            run_due()
    first = db.session.scalars(select(Award).order_by(Award.id)).first()
    assert first is not None
    with travel(auction.closes_at + timedelta(minutes=2)):
        forfeit(first, cast)
        run_due()
    invoices = db.session.scalars(select(Invoice).order_by(Invoice.id)).all()
    assert [(row.status.value, len(row.lines)) for row in invoices] == [("void", 2), ("open", 1)]
    assert queries.proceeds_of(auction).invoiced == 1000


def test_what_is_paid_or_handed_over_or_being_paid_is_not_taken_back(cast: Cast) -> None:
    sold(cast, (cast.parent, 90), (cast.staff, 50))
    award = newest()
    invoice = db.session.scalars(select(Invoice)).one()
    with atomic():
        keep_session(begin_payment(invoice.id, Method.CARD, "card-1").id, "cs_1", "https://pay.example/")
    with refused(offers.OfferRefused, "pending"):
        offers.forfeit(award.id, cast.organiser.id)
    with atomic():
        settlement.hand_over(award.id, cast.helper.id)
    with refused(offers.OfferRefused, "handed_over"):
        offers.forfeit(award.id, cast.organiser.id)
    with atomic():
        db.session.get_one(Award, award.id).handed_over_at = None
        record_cash(invoice.id, 1000, "cash-1", cast.helper.id)
    with refused(offers.OfferRefused, "paid"):
        offers.forfeit(award.id, cast.organiser.id)
    assert awards() == [("active", cast.parent.id, 55)]


def test_a_lot_opened_again_forgets_who_let_it_go(cast: Cast) -> None:
    auction = sold(cast, (cast.parent, 90), (cast.staff, 50))
    offer = forfeit(newest(), cast)
    assert offer is not None
    with atomic():
        offers.decline(offer.id, cast.staff.id)
    lot, until = lot_of(auction), auction.closes_at + timedelta(days=1)
    with travel(auction.closes_at + timedelta(hours=1)):
        with atomic():
            control.reopen(auction.id, [lot.id], until, "Gone.", cast.organiser.id)
        assert lot_of(auction).price is None
        assert [row.kind for row in events(lot)] == ["bid", "bid", "void", "void", "extend"]
        assert bid(lot_of(auction), cast.stranger, 20).leads
        assert bid(lot_of(auction), cast.staff, 15).reason is None
    with travel(until):
        run_due()
        assert awards()[-1] == ("active", cast.stranger.id, 16)
        forfeit(newest(), cast)  # who declined before may be offered it now
    assert awards()[-1] == ("offered", cast.staff.id, 10)
    assert agrees(auction)


def test_two_organisers_take_it_back_at_once(app: Flask, cast: Cast) -> None:
    auction = sold(cast, (cast.stranger, 30), (cast.staff, 50), (cast.parent, 90))
    award_id, olga = newest().id, cast.organiser.id

    def hand(_number: int) -> Any:
        with atomic():
            made = offers.forfeit(award_id, olga)
            return made.id if made else None

    answers = at_once(app, hand, 8)
    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert all(isinstance(answer, int | offers.OfferRefused) for answer in answers)
    assert [status for status, _person, _amount in awards()] == ["forfeited", "offered"]
    assert agrees(auction)


def test_accepted_declined_and_expired_at_once_is_one_of_them(app: Flask, cast: Cast) -> None:
    sold(cast, (cast.stranger, 30), (cast.staff, 50), (cast.parent, 90))
    offer = forfeit(newest(), cast)
    assert offer is not None
    offer_id, staff, late = offer.id, cast.staff.id, offer.created_at + 2 * HOURS_48

    def hand(number: int) -> Any:
        if number % 3 == 2:
            with travel(late), atomic():
                return offers.expire(offer_id)
        with atomic():
            return (offers.accept if number % 3 else offers.decline)(offer_id, staff)

    at_once(app, hand, 9)
    standing = [status for status, _person, _amount in awards() if status in ("active", "offered")]
    assert len(standing) == 1
    assert len(db.session.scalars(select(Invoice).where(Invoice.status == InvoiceStatus.OPEN)).all()) == (
        1 if standing == ["active"] else 0
    )


# ---- voids after the closing ----------------------------------------------------------------------------------------


def ask(auction: Auction, cast: Cast, seq: int) -> VoidRequest:
    with atomic():
        return voids.ask(lot_of(auction).id, seq, "A typing slip.", cast.organiser.id)


def approve(request: VoidRequest, who: Person) -> Award | None:
    with atomic():
        return voids.decide(request.id, who.id, approved=True)


def test_a_second_person_voids_the_winning_bid_and_the_next_one_is_offered_the_lot(cast: Cast, other: Person) -> None:
    auction = sold(cast, (cast.parent, 30), (cast.staff, 50), (cast.parent, 90))
    request = ask(auction, cast, 3)
    assert awards() == [("active", cast.parent.id, 55)]
    with refused(voids.AskRefused, "own"):
        voids.decide(request.id, cast.organiser.id, approved=True)
    approve(request, other)
    assert awards() == [("forfeited", cast.parent.id, 55), ("offered", cast.staff.id, 32)]
    assert [row.kind for row in events(lot_of(auction))][-1] == "void"
    assert lot_of(auction).price == 3200
    (told,) = mails("settled-anew:")
    assert told.recipient == cast.parent.email
    assert "A typing slip." in told.text
    assert [mail.recipient for mail in mails("offer:")] == [cast.staff.email]
    assert all(row.status is InvoiceStatus.VOID for row in db.session.scalars(select(Invoice)))
    with refused(voids.AskRefused, "decided"):
        voids.decide(request.id, other.id, approved=True)
    assert agrees(auction)


def test_a_voided_rival_makes_the_price_fall_for_who_has_the_lot(cast: Cast, other: Person) -> None:
    auction = sold(cast, (cast.stranger, 30), (cast.staff, 50), (cast.parent, 90))
    approve(ask(auction, cast, 2), other)
    assert awards() == [("active", cast.parent.id, 32)]
    with travel(auction.closes_at + timedelta(minutes=2)):
        run_due()
    invoices = db.session.scalars(select(Invoice).order_by(Invoice.id)).all()
    assert [(row.status.value, row.total) for row in invoices] == [("void", 5500), ("open", 3200)]
    assert {mail.recipient for mail in mails("settled-anew:")} == {cast.parent.email, cast.staff.email}
    assert agrees(auction)


def test_a_void_below_the_reserve_leaves_the_lot_unsold(cast: Cast, other: Person) -> None:
    auction = sold(cast, (cast.staff, 40), (cast.parent, 90), reserve=60)
    assert approve(ask(auction, cast, 2), other) is None
    assert awards() == [("forfeited", cast.parent.id, 60)]
    assert [lot.number for lot in control_queries.unsold(auction.id)] == [1]
    assert agrees(auction)


def test_the_bid_of_somebody_who_is_offered_the_lot_may_be_voided(cast: Cast, other: Person) -> None:
    auction = sold(cast, (cast.stranger, 30), (cast.staff, 50), (cast.parent, 90))
    forfeit(newest(), cast)
    approve(ask(auction, cast, 2), other)
    assert [row[:2] for row in awards()] == [
        ("forfeited", cast.parent.id), ("forfeited", cast.staff.id), ("offered", cast.stranger.id),
    ]  # fmt: skip
    assert agrees(auction)


def test_an_offer_that_changes_is_not_called_a_purchase(cast: Cast, other: Person) -> None:
    auction = sold(cast, (cast.stranger, 30), (cast.guardian, 40), (cast.staff, 50), (cast.parent, 90))
    forfeit(newest(), cast)
    assert awards()[-1] == ("offered", cast.staff.id, 42)
    approve(ask(auction, cast, 2), other)
    (told,) = mails("settled-anew:", cast.staff.email)
    assert "still offered to you, for less now: 32\u00a0CHF" in told.text
    approve(ask(auction, cast, 3), other)
    told = mails("settled-anew:", cast.staff.email)[-1]
    assert "no longer offered to you" in told.text
    assert "no longer yours" not in told.text + told.html
    assert awards()[-1] == ("offered", cast.stranger.id, 10)


def test_declining_changes_nothing_and_lets_somebody_ask_again(cast: Cast, other: Person) -> None:
    auction = sold(cast, (cast.parent, 90), (cast.staff, 50))
    request = ask(auction, cast, 1)
    with refused(voids.AskRefused, "asked"):
        voids.ask(lot_of(auction).id, 2, "Again.", other.id)
    with atomic():
        voids.decide(request.id, other.id, approved=False)
    assert awards() == [("active", cast.parent.id, 55)]
    assert control_queries.requests(auction.id) == []
    ask(auction, cast, 1)


def test_what_cannot_be_asked(cast: Cast, other: Person) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 20)
    with refused(voids.AskRefused, "not_closed"):
        voids.ask(lot_of(auction).id, 1, "A slip.", cast.organiser.id)
    for minutes in (0, 1):
        with travel(auction.closes_at + timedelta(minutes=minutes)):
            run_due()
    with refused(voids.AskRefused, "no_such_bid"):
        voids.ask(lot_of(auction).id, 2, "A slip.", cast.organiser.id)
    request = ask(auction, cast, 1)
    invoice = db.session.scalars(select(Invoice)).one()
    with atomic():
        record_cash(invoice.id, 1000, "cash-1", cast.helper.id)
    with refused(voids.AskRefused, "paid"):
        voids.decide(request.id, other.id, approved=True)
    with atomic():
        voids.decide(request.id, other.id, approved=False)
    with refused(voids.AskRefused, "paid"):
        voids.ask(lot_of(auction).id, 1, "A slip.", cast.organiser.id)
    assert awards() == [("active", cast.parent.id, 10)]


def test_two_organisers_approve_at_once(app: Flask, cast: Cast, other: Person) -> None:
    auction = sold(cast, (cast.parent, 30), (cast.staff, 50), (cast.parent, 90))
    request_id, people = ask(auction, cast, 3).id, (other.id, cast.admin.id)

    def hand(number: int) -> Any:
        with atomic():
            made = voids.decide(request_id, people[number % 2], approved=True)
            return made.id if made else None

    answers = at_once(app, hand, 8)
    assert sum(isinstance(answer, int) for answer in answers) == 1
    refusals = [answer for answer in answers if not isinstance(answer, int)]
    assert {getattr(answer, "reason", answer) for answer in refusals} == {"decided"}
    assert [status for status, _person, _amount in awards()] == ["forfeited", "offered"]
    assert sum(row.kind == "void" for row in events(lot_of(auction))) == 1
    assert agrees(auction)


def test_without_the_lock_both_approvals_would_go_through(
    app: Flask, cast: Cast, other: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: two who read at once both find the request undecided, or a writer is turned away."""
    auction = sold(cast, (cast.parent, 30), (cast.staff, 50), (cast.parent, 90))
    request_id, people = ask(auction, cast, 3).id, (other.id, cast.admin.id)

    def hand(number: int) -> Any:
        with atomic():
            made = voids.decide(request_id, people[number], approved=True)
            return made.id if made else None

    with monkeypatch.context() as patch:
        transactions_unguarded(patch)
        patch.setattr(voids, "locked", meet_after(voids.db.session.get, 2))
        answers = at_once(app, hand, 2)
    assert not any(isinstance(answer, voids.AskRefused) and answer.reason == "decided" for answer in answers)


# ---- the pages ------------------------------------------------------------------------------------------------------


def test_an_offer_is_for_one_person_alone(cast: Cast, client_for: Browserlike) -> None:
    auction = sold(cast, (cast.stranger, 30), (cast.staff, 50), (cast.parent, 90))
    forfeit(newest(), cast)
    address = f"/auctions/{auction.slug}/lots/1/offer/"
    assert client_for().get(address).status_code == 303
    for person in (cast.parent, cast.stranger, cast.organiser):
        assert client_for(person).get(address).status_code == 404
        for answer in ("acceptance", "refusal"):
            assert client_for(person).post(address + answer).status_code == 404
    page = client_for(cast.staff).get(address)
    assert "32\u00a0CHF" in page.text
    assert "/offer/" in client_for(cast.staff).get(f"/auctions/{auction.slug}/lots/1/").text
    assert "/offer/" not in client_for(cast.parent).get(f"/auctions/{auction.slug}/lots/1/").text
    answer = client_for(cast.staff).post(address + "acceptance")
    assert "/invoices/" in answer.headers["Location"]
    again = client_for(cast.staff).post(address + "refusal", follow_redirects=True)
    assert (again.status_code, awards()[-1][0]) == (200, "active")


def test_letting_it_go_on_the_page(cast: Cast, client_for: Browserlike) -> None:
    auction = sold(cast, (cast.parent, 90), (cast.staff, 50))
    forfeit(newest(), cast)
    address = f"/auctions/{auction.slug}/lots/1/offer/"
    answer = client_for(cast.staff).post(address + "refusal", follow_redirects=True)
    assert "This offer is over" in answer.text
    assert awards()[-1] == ("declined", cast.staff.id, 10)


def test_deciding_is_for_organisers_and_asking_for_two(cast: Cast, other: Person, client_for: Browserlike) -> None:
    auction = sold(cast, (cast.parent, 90), (cast.staff, 50))
    lot: Lot = lot_of(auction)
    page = f"/manage/auctions/{auction.id}/control/"
    data = {"void_lot": str(lot.id), "seq": "1", "reason": "A slip."}
    assert client_for(cast.organiser).post(f"{page}void-requests", data=data).status_code == 303
    request = db.session.scalars(select(VoidRequest)).one()
    address, default = f"/manage/void-requests/{request.id}/", f"/manage/awards/{newest().id}/default"
    for person in (cast.stranger, cast.parent, cast.helper, cast.treasurer):
        for path in (f"{address}approval", f"{address}refusal", default):
            assert client_for(person).post(path).status_code == 403
    mine = client_for(cast.organiser)
    assert f"{address}approval" not in mine.get(page).text
    assert "You asked for this" in mine.post(f"{address}approval", follow_redirects=True).text
    assert awards() == [("active", cast.parent.id, 55)]
    theirs = client_for(other)
    assert f"{address}approval" in theirs.get(page).text
    theirs.post(f"{address}approval")
    assert awards()[-1][0] == "offered"
    assert "Sami" in theirs.get(page).text
    assert client_for(other).post("/manage/void-requests/999/approval").status_code == 404
    assert client_for(other).post("/manage/awards/999/default").status_code == 404


def test_who_may_not_approve_ends_nobodys_payment(
    cast: Cast, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    auction = sold(cast, (cast.parent, 90), (cast.staff, 50))
    request, ended = ask(auction, cast, 1), list[int]()
    monkeypatch.setattr(checkout, "end_open", ended.append)
    assert client_for(cast.organiser).post(f"/manage/void-requests/{request.id}/approval").status_code == 303
    assert ended == []
    assert client_for(cast.admin).post(f"/manage/void-requests/{request.id}/approval").status_code == 303
    assert len(ended) == 1


def test_taking_it_back_on_the_page(cast: Cast, client_for: Browserlike) -> None:
    auction = sold(cast, (cast.parent, 90), (cast.staff, 50))
    client, default = client_for(cast.organiser), f"/manage/awards/{newest().id}/default"
    assert default in client.get(f"/manage/auctions/{auction.id}/control/").text
    for _ in range(2):
        assert client.post(default).status_code == 303
    assert [status for status, _person, _amount in awards()] == ["forfeited", "offered"]


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_bad_input_into_the_request(cast: Cast, client_for: Browserlike, text: str) -> None:
    auction = sold(cast, (cast.parent, 90))
    client, data = client_for(cast.organiser), {"void_lot": str(lot_of(auction).id), "seq": "1", "reason": "A slip."}
    for name in data:
        answer = client.post(
            f"/manage/auctions/{auction.id}/control/void-requests", data=data | {name: encodable(text)}
        )
        assert answer.status_code < 500
    assert agrees(auction)
