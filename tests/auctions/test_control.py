"""Steering a whole auction: closing in groups, more time, a pause, opening again; and the page that does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.auctions import control, lots, offers, phases, preparation, services
from app.auctions.models import Auction, Award, Lot, LotStatus
from app.auctions.phases import Phase
from app.core.audit import AuditEntry
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import Job, run_due
from app.core.transactions import atomic
from app.payments.models import Invoice
from tests.auctions.helpers import bid, events, hang, lot_of, mails, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS, encodable
from tests.races.test_seats import at_once

MINUTE = timedelta(minutes=1)
ACTIONS = {
    "stagger": {"group": "2", "step_s": "60"},
    "extension": {"minutes": "5", "extend_notice": "The network was lost."},
    "pause": {"pause_notice": "A fire alarm."},
    "resumption": {"resume_notice": ""},
    "notice": {"notice": "Soup at seven."},
    "reopening": {"until": "2031-01-01T10:00"},
    "void-requests": {"void_lot": "1", "seq": "1", "reason": "A slip."},
}


def agrees(auction: Auction) -> bool:
    """Whether what is kept is what the replay of each log gives."""
    db.session.rollback()
    found = db.session.scalars(select(Lot).where(Lot.auction_id == auction.id)).all()
    return all(lots.differences(lot.auction, lot) == [] for lot in found)


def ends(auction: Auction) -> list[datetime]:
    """When each lot closes, by number."""
    db.session.rollback()
    return list(db.session.scalars(select(Lot.closes_at).where(Lot.auction_id == auction.id).order_by(Lot.number)))


def fresh(auction: Auction) -> Auction:
    db.session.rollback()
    return db.session.get_one(Auction, auction.id, populate_existing=True)


def due(lot: Lot) -> datetime:
    """When the lot's closing job is due."""
    return db.session.scalars(select(Job.due_at).where(Job.key == str(lot.id), Job.done_at.is_(None))).one()


def withdrawn(auction: Auction, number: int, cast: Cast) -> None:
    with atomic():
        services.set_lot_status(lot_of(auction, number).id, LotStatus.WITHDRAWN, cast.organiser.id)


@contextmanager
def refused(reason: str) -> Iterator[None]:
    with pytest.raises(control.ControlRefused) as fault, atomic():
        yield
    assert fault.value.reason == reason


# ---- closing in groups ----------------------------------------------------------------------------------------------


def test_lots_close_in_groups_a_step_apart_and_those_with_bids_stay(cast: Cast) -> None:
    auction = make_auction(5)
    end = auction.closes_at
    bid(lot_of(auction, 4), cast.parent, 20)
    with atomic():
        stayed = [lot.number for lot in control.stagger(auction.id, 2, 90, cast.organiser.id)]
    step = timedelta(seconds=90)
    assert stayed == [4]
    assert ends(auction) == [end, end, end + step, end, end + 2 * step]
    assert due(lot_of(auction, 5)) == end + 2 * step
    assert agrees(auction)


def test_groups_keep_their_step_when_the_auction_closes_later(cast: Cast) -> None:
    auction = make_auction(3)
    with atomic():
        control.stagger(auction.id, 1, 60, cast.organiser.id)
    later = auction.closes_at + timedelta(hours=2)
    with atomic():
        preparation.update_auction(auction.id, actor_id=None, closes_at=later)
    assert ends(auction) == [later, later + MINUTE, later + 2 * MINUTE]
    assert due(lot_of(auction, 3)) == later + 2 * MINUTE


def test_no_groups_when_the_auction_is_over(cast: Cast) -> None:
    auction = make_auction(2)
    with travel(auction.closes_at), refused("over"):
        control.stagger(auction.id, 1, 60, cast.organiser.id)


# ---- more time ------------------------------------------------------------------------------------------------------


def test_more_time_for_all_is_an_event_where_somebody_has_bid(cast: Cast) -> None:
    auction = make_auction(3)
    end = auction.closes_at
    bid(lot_of(auction, 1), cast.parent, 20)
    withdrawn(auction, 3, cast)
    with atomic():
        control.extend(auction.id, 5, "The network was lost.", "operation-1", cast.organiser.id)
    assert ends(auction) == [end + 5 * MINUTE, end + 5 * MINUTE, end]
    assert [row.kind for row in events(lot_of(auction, 1))] == ["bid", "extend"]
    assert events(lot_of(auction, 2)) == []
    assert (fresh(auction).closes_at, fresh(auction).notice) == (end + 5 * MINUTE, "The network was lost.")
    assert due(lot_of(auction, 1)) == end + 5 * MINUTE
    assert agrees(auction)


def test_more_time_counts_from_where_the_soft_close_has_brought_a_lot(cast: Cast) -> None:
    auction = make_auction()
    end = auction.closes_at
    with travel(end - timedelta(seconds=10)):
        bid(lot_of(auction), cast.parent, 20)
        (before,) = ends(auction)
        with atomic():
            control.extend(auction.id, 5, "More time.", "operation-1", cast.organiser.id)
    assert before == end + timedelta(seconds=110)
    assert ends(auction) == [before + 5 * MINUTE]
    assert agrees(auction)


def test_more_time_for_chosen_lots_leaves_the_others_and_the_auction(cast: Cast) -> None:
    auction = make_auction(2)
    end = auction.closes_at
    with atomic():
        control.extend(auction.id, 5, "A guest is late.", "operation-1", cast.organiser.id, [lot_of(auction, 2).id])
    assert ends(auction) == [end, end + 5 * MINUTE]
    assert fresh(auction).closes_at == end


def test_an_auction_is_open_until_its_last_lot_closes(cast: Cast, client_for: Browserlike) -> None:
    auction, guest = make_auction(2), client_for()
    with atomic():
        control.extend(auction.id, 5, "A guest is late.", "operation-1", cast.organiser.id, [lot_of(auction, 2).id])
    with travel(auction.closes_at + MINUTE):
        assert "Bidding is open" in guest.get("/auctions/").text
        assert "Under the hammer" in guest.get("/").text
        assert "Bidding is open" in client_for(cast.organiser).get("/manage/auctions/").text
    with travel(auction.closes_at + 6 * MINUTE):
        assert "Bidding is open" not in guest.get("/auctions/").text
        assert "Under the hammer" not in guest.get("/").text


def test_the_same_form_gives_its_minutes_once(cast: Cast) -> None:
    auction, olga = make_auction(), cast.organiser.id
    end = auction.closes_at
    for _ in range(2):
        with atomic():
            assert len(control.extend(auction.id, 5, "More time.", "operation_%", olga)) == 1
    with refused("repeated"):
        control.extend(auction.id, 6, "More time.", "operation_%", olga)
    assert ends(auction) == [end + 5 * MINUTE]
    with atomic():
        control.extend(auction.id, 5, "More time.", "operationX%", olga)
    assert ends(auction) == [end + 10 * MINUTE]


def test_a_closed_lot_gets_no_more_time(cast: Cast) -> None:
    auction = make_auction()
    with travel(auction.closes_at), refused("nothing_open"):
        control.extend(auction.id, 5, "More time.", "operation-1", cast.organiser.id)


# ---- a pause --------------------------------------------------------------------------------------------------------


def test_a_pause_gives_its_length_back_and_spares_lots_paused_before(cast: Cast) -> None:
    auction = make_auction(4)
    start, end = now().replace(microsecond=0), auction.closes_at
    bid(lot_of(auction, 1), cast.parent, 20)
    with atomic():
        services.set_lot_status(lot_of(auction, 2).id, LotStatus.PAUSED, cast.organiser.id)
    withdrawn(auction, 4, cast)
    with travel(start + MINUTE):
        with atomic():
            control.pause(auction.id, "A fire alarm.", cast.organiser.id)
        assert bid(lot_of(auction, 1), cast.staff, 30).reason == "paused"
        with refused("paused"):
            control.pause(auction.id, "Again.", cast.organiser.id)
        with atomic():  # a lot does not open alone meanwhile
            services.set_lot_status(lot_of(auction, 1).id, LotStatus.OPEN, cast.organiser.id)
        assert lot_of(auction, 1).status == "paused"
    with travel(start + 4 * MINUTE), atomic():
        control.resume(auction.id, "", cast.organiser.id)
    assert ends(auction) == [end + 3 * MINUTE, end + 3 * MINUTE, end + 3 * MINUTE, end]
    assert [lot_of(auction, number).status.value for number in (1, 2, 3, 4)] == ["open", "paused", "open", "withdrawn"]
    found = fresh(auction)
    assert (found.closes_at, found.paused_at, found.notice) == (end + 3 * MINUTE, None, "")
    assert agrees(auction)


def test_a_lot_added_during_a_pause_opens_with_the_others(cast: Cast) -> None:
    auction = make_auction()
    with atomic():
        control.pause(auction.id, "A fire alarm.", cast.organiser.id)
    (artwork,) = hang(["Found behind the piano"])
    with atomic():
        preparation.add_lots(auction.id, [artwork], 1000)
    assert bid(lot_of(auction, 2), cast.parent, 20).reason == "paused"
    with atomic():
        control.resume(auction.id, "", cast.organiser.id)
    assert bid(lot_of(auction, 2), cast.parent, 20).leads


def test_a_bid_is_voided_during_a_pause_though_its_lot_would_have_closed(cast: Cast) -> None:
    """The pause came for this: no lot closes meanwhile, so its log is still the organiser's."""
    auction = make_auction()
    end = auction.closes_at
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.staff, 50)
    with travel(end - MINUTE), atomic():
        control.pause(auction.id, "We look into a bid.", cast.organiser.id)
    with travel(end + MINUTE), atomic():
        services.void_bid(lot_of(auction).id, 2, "A slip of the finger.", cast.organiser.id)
    with travel(end + 2 * MINUTE), atomic():
        control.resume(auction.id, "", cast.organiser.id)
    lot = lot_of(auction)
    assert (lot.price, lot.closes_at) == (1000, end + 3 * MINUTE)
    assert agrees(auction)


def test_no_lot_closes_during_a_pause(cast: Cast) -> None:
    auction = make_auction(2)
    end = auction.closes_at
    bid(lot_of(auction, 1), cast.parent, 20)
    with travel(end - MINUTE), atomic():
        control.pause(auction.id, "A fire alarm.", cast.organiser.id)
    with travel(end + 9 * MINUTE):
        run_due()
        lot = lot_of(auction, 1)
        assert lot.settled_at is None
        assert phases.phase(lot.auction, lot, now()) is Phase.PAUSED
        with atomic():
            control.resume(auction.id, "On we go.", cast.organiser.id)
        assert bid(lot_of(auction, 1), cast.staff, 30).leads
    assert ends(auction)[1] == end + 10 * MINUTE
    with travel(end + 20 * MINUTE):
        run_due()
    assert lot_of(auction, 1).settled_at is not None
    assert agrees(auction)


def test_what_was_closed_when_the_pause_began_is_settled(cast: Cast) -> None:
    auction = make_auction(2)
    end = auction.closes_at
    with atomic():
        control.stagger(auction.id, 1, 600, cast.organiser.id)
    with travel(end + MINUTE):
        with atomic():
            control.pause(auction.id, "A fire alarm.", cast.organiser.id)
        run_due()
        assert lot_of(auction, 1).settled_at is not None
        assert lot_of(auction, 2).settled_at is None
    with travel(end + 3 * MINUTE), atomic():
        control.resume(auction.id, "", cast.organiser.id)
    assert ends(auction) == [end, end + 12 * MINUTE]


def test_no_pause_before_the_opening_or_after_the_end_and_no_end_without_a_pause(cast: Cast) -> None:
    auction = make_auction()
    with refused("not_paused"):
        control.resume(auction.id, "", cast.organiser.id)
    with travel(auction.opens_at - MINUTE), refused("not_open"):
        control.pause(auction.id, "Wait.", cast.organiser.id)
    with travel(auction.closes_at), refused("nothing_open"):
        control.pause(auction.id, "Wait.", cast.organiser.id)


def test_a_notice_is_on_every_page_and_in_what_open_pages_hear(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    address = f"/auctions/{auction.slug}/"
    assert "Soup at seven" not in client_for().get(address).text
    with atomic():
        control.say(auction.id, "Soup at seven.", cast.organiser.id)
    for page in (address, f"{address}lots/1/", f"{address}screen/", f"{address}live.json"):
        assert "Soup at seven." in client_for().get(page).text


# ---- opening again --------------------------------------------------------------------------------------------------


def test_unsold_lots_take_bids_again(cast: Cast) -> None:
    auction = make_auction(3)
    with atomic():
        preparation.update_lot(lot_of(auction, 2).id, actor_id=cast.organiser.id, reserve=9000)
    bid(lot_of(auction, 2), cast.parent, 20)
    bid(lot_of(auction, 3), cast.parent, 20)
    until = auction.closes_at + timedelta(hours=2)
    with travel(auction.closes_at + MINUTE):
        run_due()
        chosen = [lot_of(auction, number).id for number in (1, 2)]
        with refused("not_unsold"):
            control.reopen(auction.id, [*chosen, lot_of(auction, 3).id], until, "Gone.", cast.organiser.id)
        with refused("not_later"):
            control.reopen(auction.id, chosen, now(), "Gone.", cast.organiser.id)
        with atomic():
            control.reopen(auction.id, chosen, until, "Gone.", cast.organiser.id)
        assert ends(auction)[:2] == [until, until]
        assert [row.kind for row in events(lot_of(auction, 2))] == ["bid", "extend"]
        assert lot_of(auction, 2).leader is not None
        assert bid(lot_of(auction, 2), cast.staff, 95).leads
        assert bid(lot_of(auction, 1), cast.staff, 20).leads
        assert due(lot_of(auction, 1)) == until
    assert fresh(auction).closes_at == until
    assert agrees(auction)


def test_who_leads_a_lot_that_is_opened_again_is_told(cast: Cast) -> None:
    """Their bid lay below the reserve; without the winner's it leads, and binds them again."""
    auction = make_auction()
    with atomic():
        preparation.update_lot(lot_of(auction).id, actor_id=cast.organiser.id, reserve=6000)
    for person, francs in ((cast.staff, 50), (cast.parent, 90)):
        bid(lot_of(auction), person, francs)
    with travel(auction.closes_at + MINUTE):
        run_due()
        award_id = db.session.scalars(select(Award.id)).one()
        with atomic():
            assert offers.forfeit(award_id, cast.organiser.id) is None
        with atomic():
            control.reopen(
                auction.id, [lot_of(auction).id], now() + 60 * MINUTE, "They did not pay.", cast.organiser.id
            )
        (mail,) = mails("voided:")
    assert mail.recipient == cast.staff.email
    assert "Your bid leads." in mail.text
    assert agrees(auction)


# ---- the page -------------------------------------------------------------------------------------------------------


def test_every_action_is_audited(cast: Cast) -> None:
    auction, olga = make_auction(), cast.organiser.id
    with atomic():
        control.stagger(auction.id, 1, 60, olga)
        control.extend(auction.id, 1, "More.", "operation-1", olga)
        control.pause(auction.id, "Wait.", olga)
        control.resume(auction.id, "", olga)
        control.say(auction.id, "Soup.", olga)
    said = db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.actor_id == olga).order_by(AuditEntry.id)
    ).all()
    assert said == ["stagger lots", "extend", "pause auction", "resume auction", "notice"]


@pytest.mark.parametrize("action", ACTIONS)
def test_control_is_for_organisers(cast: Cast, client_for: Browserlike, action: str) -> None:
    auction = make_auction()
    address = f"/manage/auctions/{auction.id}/control/"
    for person in (cast.stranger, cast.parent, cast.curator, cast.helper, cast.treasurer):
        assert client_for(person).get(address).status_code == 403
        assert client_for(person).post(address + action, data=ACTIONS[action]).status_code == 403
    assert client_for().post(address + action, data=ACTIONS[action]).status_code == 303
    assert (ends(auction), fresh(auction).notice) == ([auction.closes_at], "")
    assert client_for(cast.organiser).post("/manage/auctions/999/control/" + action).status_code == 404


def test_the_page_shows_each_task_and_does_it(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction(3)
    end = auction.closes_at
    bid(lot_of(auction, 2), cast.parent, 20)
    client, address = client_for(cast.organiser), f"/manage/auctions/{auction.id}/control/"
    page = client.get(address)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    for action in ("stagger", "extension", "pause", "notice"):
        assert client.post(address + action, data=ACTIONS[action], follow_redirects=True).status_code == 200
    assert "Let the bidding go on" in client.get(address).text
    assert client.post(address + "resumption", data={}).status_code == 303
    assert ends(auction)[2] >= end + 6 * MINUTE
    assert agrees(auction)


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        ("stagger", {"group": "0"}), ("stagger", {"step_s": "-1"}), ("stagger", {"group": ""}),
        ("extension", {"minutes": "0"}), ("extension", {"minutes": "1e3"}), ("extension", {"minutes": "99999999999"}),
        ("extension", {"extend_notice": ""}), ("extension", {"extend_lots": "99999"}), ("extension", {"extend_lots": "x"}),
        ("pause", {"pause_notice": " "}), ("pause", {"pause_notice": "x" * 301}), ("resumption", {}),
        ("notice", {"notice": "x" * 301}), ("reopening", {"until": "2031-02-30T10:00"}),
        ("reopening", {"reopen_lots": "99999"}), ("void-requests", {"void_lot": "99999"}), ("void-requests", {}),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_beside_the_field(
    cast: Cast, client_for: Browserlike, action: str, changes: dict[str, Any]
) -> None:
    auction = make_auction()
    address = f"/manage/auctions/{auction.id}/control/{action}"
    answer = client_for(cast.organiser).post(address, data=ACTIONS[action] | changes)
    assert answer.status_code == 422
    found = fresh(auction)
    assert (ends(auction), found.notice, found.paused_at) == ([auction.closes_at], "", None)


def test_what_somebody_else_did_meanwhile_is_said(cast: Cast, client_for: Browserlike) -> None:
    """The form that was sent is not on the page any more; why it was not taken is."""
    auction, client = make_auction(), client_for(cast.organiser)
    address = f"/manage/auctions/{auction.id}/control/"
    assert "The auction is not paused." in client.post(f"{address}resumption", data={}).text
    assert client.post(f"{address}pause", data=ACTIONS["pause"]).status_code == 303
    assert "Let the bidding go on first." in client.post(f"{address}pause", data=ACTIONS["pause"]).text


@pytest.mark.parametrize("text", NASTY_TEXTS)
def test_bad_input_into_every_field(cast: Cast, client_for: Browserlike, text: str) -> None:
    auction = make_auction()
    client = client_for(cast.organiser)
    for action, data in ACTIONS.items():
        for name in data:
            answer = client.post(f"/manage/auctions/{auction.id}/control/{action}", data=data | {name: encodable(text)})
            assert answer.status_code < 500
    assert agrees(auction)


def test_many_pauses_and_bids_at_once_leave_one_pause(app: Flask, cast: Cast) -> None:
    auction = make_auction(2)
    lot_id, olga, pia = lot_of(auction).id, cast.organiser.id, cast.parent.id

    def hand(number: int) -> Any:
        with atomic():
            if number % 2:
                return control.pause(auction_id, "Wait.", olga)
            return services.place_bid(lot_id, pia, 2000 + number * 100, f"operation-{number}", terms_accepted=True)

    auction_id = auction.id
    answers = at_once(app, hand, 8)
    assert sum(isinstance(answer, list) for answer in answers) == 1
    assert all(not isinstance(answer, Exception) or isinstance(answer, control.ControlRefused) for answer in answers)
    with travel(now() + MINUTE), atomic():
        control.resume(auction_id, "", olga)
    assert agrees(auction)
    assert db.session.scalars(select(Invoice)).all() == []
