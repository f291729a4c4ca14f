"""Invitations: written to several at once, opened, answered by link, changed, taken back; and their seats."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import now, travel
from app.core.database import db
from app.core.mail import Mail, send_due
from app.core.transactions import atomic
from app.events import holds, invitation_queries, inviting, pools, queries, services
from app.events.changes import change_party, change_pool
from app.events.inviting import AnswerClosed, Wanted
from app.events.models import Event, Guest, Hold, Invitation, InvitationState, PoolKind, Registration, SeatPool
from app.events.seats import RegistrationRefused
from tests.cast import Cast
from tests.events.helpers import attached, mails, make_event, seat

HOUR = timedelta(hours=1)
MINISTER = "minister@state.example"


def invite(event: Event, *people: str, seats: int = 3, **values: Any) -> list[Invitation]:
    """Invite by address; the invitations as they are kept."""
    with atomic():
        wanted = [Wanted(email, email.split("@")[0].title(), seats) for email in people or (MINISTER,)]
        return inviting.invite(event.id, wanted, **values)


def kept(event: Event, *people: str, seats: int = 3) -> list[Invitation]:
    """Invite and keep the seats for an hour."""
    return invite(event, *people, seats=seats, keep_seats=True, answer_by=now() + HOUR)


def pool(event: Event) -> tuple[int, int]:
    """(confirmed, held) of its seats, and the books agree."""
    db.session.rollback()
    assert queries.seat_faults(event.id) == []
    found = db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id)).one()
    return found.confirmed, found.held


def state(invitation: Invitation) -> str:
    db.session.rollback()
    row = db.session.get_one(Invitation, invitation.id, populate_existing=True)
    return invitation_queries.state_of(row).value


def accept(invitation: Invitation, party: int = 1, **values: Any) -> Registration:
    with atomic():
        return inviting.accept(invitation.id, name="Ann", party=party, **values)


# The page of a link


def test_a_strangers_guess_is_not_found(app: Flask, client_for: Any) -> None:
    client = client_for()
    assert client.get("/invitations/nothing/").status_code == 404
    for doing in ("acceptance", "refusal", "opening"):
        assert client.post(f"/invitations/nothing/{doing}").status_code == 404


def test_the_office_of_a_minister_answers_without_an_account(app: Flask, client_for: Any) -> None:
    event = make_event(audience="invited", capacity=9, body="All of **it**.", materials="[Paper](https://x.example/)")
    (invitation,) = invite(event, message="We count on you.\n\nOlga")
    client, path = client_for(), f"/invitations/{invitation.token}/"
    page = client.get(path)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert 'content="noindex' in page.text
    for words in (
        event.title,
        "<strong>it</strong>",
        "https://x.example/",
        "We count on you.",
        "Will you come?",
        "Room A",
    ):
        assert words in page.text
    typed = {
        "name": "Dr A. Minister",
        "party": "3",
        "guests": "Bo Aide\n\n Cy  Aide",
        "needs": "A ramp",
        "diet": "No pork",
    }
    sent = client.post(path + "acceptance", data=typed)
    assert (sent.status_code, sent.location) == (303, path)
    page = client.get(path).text
    for words in (
        "You have accepted",
        "3 seats are yours",
        "Dr A. Minister",
        "Bo Aide",
        "Cy Aide",
        "A ramp",
        "No pork",
    ):
        assert words in page
    assert state(invitation) == "accepted"
    registration = db.session.scalars(select(Registration)).one()
    assert (registration.email, registration.party, registration.source.value) == (MINISTER, 3, "invitation")
    (mail,) = mails("event_confirmed")
    method, entry = attached(mail)
    assert (method, str(entry["ATTENDEE"])) == ("REQUEST", f"mailto:{MINISTER}")
    assert client.get(f"/registrations/{registration.token}/").status_code == 200


def test_the_registration_of_somebody_without_an_account_leads_to_the_invitation(app: Flask, client_for: Any) -> None:
    event = make_event(audience="invited", capacity=9)
    (invitation,) = invite(event)
    invited, other = accept(invitation), seat(event, "Other")
    client = client_for()
    page = client.get(f"/registrations/{invited.token}/").text
    assert f"/invitations/{invitation.token}/" in page
    assert f"/events/{event.slug}/" not in page
    page = client.get(f"/registrations/{other.token}/").text
    assert event.title in page
    assert f"/events/{event.slug}/" not in page
    with atomic():
        services.withdraw(invited.id)
    (mail,) = mails("event_withdrawn")
    assert f"/events/{event.slug}/" not in mail.text
    assert f"/registrations/{invited.token}/" in mail.text


def test_reading_the_page_is_not_opening_it(app: Flask, client_for: Any) -> None:
    (invitation,) = invite(make_event(capacity=9))
    path = f"/invitations/{invitation.token}/"
    for agent in ("Slackbot-LinkExpanding 1.0", "Mozilla/5.0 (X11) Firefox/140.0"):
        client_for().get(path, headers={"User-Agent": agent})
        client_for().head(path)
    assert state(invitation) == "written"
    for _ in range(2):
        assert client_for().post(path + "opening").status_code == 204
        assert state(invitation) == "opened"
    first = db.session.get_one(Invitation, invitation.id).opened_at
    accept(invitation)
    client_for().post(path + "opening")
    assert state(invitation) == "accepted"
    assert db.session.get_one(Invitation, invitation.id).opened_at == first


def test_a_form_that_cannot_be_taken_keeps_what_was_typed_and_counts_as_opened(app: Flask, client_for: Any) -> None:
    (invitation,) = invite(make_event(capacity=9))
    path = f"/invitations/{invitation.token}/"
    for wrong, words in (
        ({"party": "4"}, "from 1 to 3"),
        ({"party": "2", "guests": "Bo\nCy"}, "more names here"),
        ({"name": ""}, "Write the name"),
        ({"guests": "x" * 121, "party": "3"}, "120 characters"),
    ):
        answer = client_for().post(path + "acceptance", data={"name": "Ann", "party": "1", "needs": "A ramp"} | wrong)
        assert answer.status_code == 422
        assert words in answer.text
        assert "A ramp" in answer.text
    assert state(invitation) == "opened"
    assert client_for().post(path + "refusal", data={"reason": "x" * 501}).status_code == 422
    assert db.session.scalars(select(Registration)).all() == []


def test_declining_with_a_word_and_thinking_again(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=9)
    (invitation,) = kept(event)
    client, path = client_for(), f"/invitations/{invitation.token}/"
    assert pool(event) == (0, 3)
    assert client.post(path + "refusal", data={"reason": "In New York that day"}).location == path
    assert (state(invitation), pool(event)) == ("declined", (0, 0))
    assert "In New York that day" in client.get(path).text
    assert client.post(path + "acceptance", data={"name": "Ann", "party": "2"}).status_code == 303
    assert (state(invitation), pool(event)) == ("accepted", (2, 0))
    assert db.session.get_one(Invitation, invitation.id).reason == ""
    client.post(path + "refusal", data={"reason": ""})
    assert (state(invitation), pool(event)) == ("declined", (0, 0))
    assert [attached(mail)[0] for mail in mails("event_withdrawn")] == ["CANCEL"]
    accept(invitation, 3)
    assert pool(event) == (3, 0)


def test_an_invitation_for_one_asks_for_no_number(app: Flask, client_for: Any) -> None:
    (invitation,) = invite(make_event(capacity=9), seats=1)
    path = f"/invitations/{invitation.token}/"
    assert 'name="party"' not in client_for().get(path).text
    client_for().post(path + "acceptance", data={"name": "Ann", "party": "5", "guests": "Bo"})
    assert db.session.scalars(select(Registration.party)).one() == 1


@pytest.mark.parametrize("late", ["the answer is due", "the event begins"])
def test_after_the_term_nothing_is_answered(app: Flask, client_for: Any, late: str) -> None:
    event = make_event(capacity=9)
    (invitation,) = invite(event, answer_by=now() + HOUR if late == "the answer is due" else None)
    path = f"/invitations/{invitation.token}/"
    with travel(now() + 2 * HOUR if late == "the answer is due" else event.starts_at):
        with pytest.raises(AnswerClosed):
            accept(invitation)
        with pytest.raises(AnswerClosed), atomic():
            inviting.decline(invitation.id)
    with atomic():
        db.session.get_one(Event, event.id).starts_at = now() - HOUR
    page = client_for().get(path).text
    assert "time to answer was over" in page
    assert "acceptance" not in page
    for doing_there in ("acceptance", "refusal"):
        assert client_for().post(path + doing_there, data={"name": "Ann", "party": "1"}).status_code == 303
    assert state(invitation) == "written"


def test_an_event_that_is_postponed_lets_the_invitation_stand(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=9, audience="invited")
    (invitation,) = invite(event)
    with atomic():
        services.set_status(event.id, "postponed")
    path = f"/invitations/{invitation.token}/"
    assert "when there is a new date" in client_for().get(path).text
    client_for().post(path + "acceptance", data={"name": "Ann", "party": "1"})
    assert state(invitation) == "written"


def test_who_is_in_the_house_already_has_not_declined(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=9)
    (invitation,) = invite(event)
    registration = accept(invitation, 2)
    with atomic():
        db.session.get_one(Registration, registration.id).arrived = 1
    client, path = client_for(), f"/invitations/{invitation.token}/"
    answer = client.post(path + "refusal", data={"reason": ""}, follow_redirects=True)
    assert answer.status_code == 200
    assert "in the house already" in answer.text
    assert state(invitation) == "accepted"
    with atomic():
        db.session.get_one(Registration, registration.id).arrived = 2
    answer = client.post(path + "acceptance", data={"name": "Ann", "party": "1", "needs": "A ramp"})
    assert (answer.status_code, "More of you are in the house" in answer.text) == (422, True)


def test_more_than_there_are_seats_for_is_told_beside_the_number(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=3)
    (invitation,) = invite(event)
    accept(invitation, 1)
    seat(event, "Other", 2)
    path = f"/invitations/{invitation.token}/acceptance"
    answer = client_for().post(path, data={"name": "Ann", "party": "3", "needs": "A ramp"})
    assert answer.status_code == 422
    for words in ("free seats for 1 of you", "A ramp", 'value="3"'):
        assert words in answer.text
    assert pool(event) == (3, 0)


def test_a_no_that_cannot_be_taken_leaves_the_form_of_a_yes_as_it_is(app: Flask, client_for: Any) -> None:
    (invitation,) = invite(make_event(capacity=9))
    answer = client_for().post(f"/invitations/{invitation.token}/refusal", data={"reason": "x" * 501})
    assert answer.status_code == 422
    assert 'value="Minister"' in answer.text


def test_the_link_to_join_is_for_who_sits_online(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=5, online_url="https://meet.example/secret")
    (invitation,) = invite(event)
    path = f"/invitations/{invitation.token}/"
    accept(invitation, 1)
    assert "meet.example" in client_for().get(path).text
    with atomic():
        pools.add_pool(event.id, name="", kind=PoolKind.ONLINE, capacity=5, largest_party=5, actor_id=None)
    assert "meet.example" not in client_for().get(path).text  # a seat in the room


# Seats


def test_who_waits_and_becomes_more_by_the_link_goes_to_the_end(app: Flask) -> None:
    event = make_event(capacity=3)
    (invitation,) = invite(event)
    seat(event, "First", 3)
    invited, later = accept(invitation, 1), seat(event, "Later")
    accept(invitation, 3)
    db.session.rollback()
    assert queries.position(later) == 1
    assert queries.position(invited) == 2


def test_seats_that_an_organiser_releases_are_promised_no_more(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    (invitation,) = kept(event)
    path, seats_page = f"/invitations/{invitation.token}/", f"/manage/events/{event.id}/seats/"
    assert "3 seats are kept for you" in client_for().get(path).text
    assert "Invitation: Minister" in client_for(cast.organiser).get(seats_page).text
    with atomic():
        holds.release(db.session.scalars(select(Hold.id)).one())
    assert "kept for you" not in client_for().get(path).text
    send_due()
    (mail,) = mails("event_invitation")
    assert "seats are kept" not in mail.text
    assert pool(event) == (0, 0)


def move(event: Event, **values: Any) -> int:
    """Change an event as its form does."""
    with atomic():
        return services.update_event(
            event.id, actor_id=None, capacity=event.pools[0].capacity, largest_party=5, partner_ids=[], **values
        )


def test_seats_kept_end_when_an_event_that_was_moved_begins(app: Flask) -> None:
    event = make_event(capacity=3)
    (invitation,) = invite(event, keep_seats=True, answer_by=event.starts_at - HOUR)
    waiting = seat(event, "Waits", 2)
    soon = now() + HOUR
    move(event, starts_at=soon)
    with travel(soon):
        holds.overdue()
        assert pool(event) == (2, 0)
    db.session.rollback()
    assert waiting.status.value == "confirmed"
    assert invitation.hold_id is None


def test_who_could_not_answer_while_it_was_postponed_can_when_it_takes_place(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=9)
    (invitation,) = invite(event, answer_by=now() + HOUR)
    with atomic():
        services.set_status(event.id, "postponed")
    with travel(now() + 2 * HOUR), atomic():
        services.set_status(event.id, "published")
    db.session.rollback()
    with travel(now() + 3 * HOUR):
        send_due()
        assert accept(invitation, 2).status.value == "confirmed"
    anew = mails("event_invitation:")[-1]
    assert anew.text and "Answer by" not in anew.text


def test_a_letter_that_says_what_is_true_no_more_does_not_leave(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    accepted, _silent = invite(event, "a@state.example", "b@state.example")
    accept(accepted)
    with atomic():
        services.set_status(event.id, "cancelled")
    send_due()
    sent = [mail.subject for mail in mails("event_invitation") if mail.state == "sent"]
    assert sent == [f"Cancelled: {event.title}"]
    assert "did not arrive" not in client_for(cast.organiser).get(f"/manage/events/{event.id}/invitations/").text


def test_seats_kept_are_the_inviteds_own_though_others_wait(app: Flask) -> None:
    event = make_event(capacity=4)
    (invitation,) = kept(event)
    seat(event, "First")
    seat(event, "Waits")
    assert pool(event) == (1, 3)
    assert accept(invitation, 3).status.value == "confirmed"
    assert pool(event) == (4, 0)


def test_seats_that_an_acceptance_leaves_go_to_the_queue_at_once(app: Flask) -> None:
    event = make_event(capacity=3)
    (invitation,) = kept(event)
    waiting = [seat(event, name, party) for name, party in (("Two", 2), ("One", 1))]
    accept(invitation, 1)
    db.session.rollback()
    assert [row.status.value for row in waiting] == ["confirmed", "waiting"]
    assert pool(event) == (3, 0)
    assert [mail.recipient for mail in mails("event_promoted")] == ["two@home.example"]


def test_seats_kept_outlast_a_smaller_room(app: Flask) -> None:
    event = make_event(capacity=6)
    (invitation,) = kept(event)
    for name in ("A", "B", "C"):
        seat(event, name)
    with atomic():
        services.update_event(event.id, actor_id=None, capacity=2, largest_party=5, partner_ids=[])
    assert accept(invitation, 3).status.value == "confirmed"
    assert pool(event) == (6, 0)


def test_without_kept_seats_the_invited_is_the_last_of_the_queue(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=1)
    (invitation,) = invite(event)
    seat(event, "First")
    client_for().post(f"/invitations/{invitation.token}/acceptance", data={"name": "Ann", "party": "1"})
    assert "waiting list" in client_for().get(f"/invitations/{invitation.token}/").text
    assert state(invitation) == "accepted"


def test_when_the_term_ends_the_seats_go_to_the_queue(app: Flask) -> None:
    event = make_event(capacity=3)
    (invitation,) = kept(event)
    waiting = seat(event, "Waits", 2)
    with travel(now() + 2 * HOUR):
        holds.overdue()
    assert pool(event) == (2, 0)
    db.session.rollback()
    assert waiting.status.value == "confirmed"
    with atomic():
        db.session.get_one(Invitation, invitation.id).answer_by = None
    assert accept(invitation, 2).status.value == "waiting"  # the hold is over, and is not counted twice
    assert pool(event) == (2, 0)


def test_more_seats_than_are_free_are_not_kept_and_nothing_is_sent(app: Flask) -> None:
    event = make_event(capacity=8)
    with pytest.raises(holds.TooMany) as fault:
        kept(event, "a@state.example", "b@state.example", "c@state.example")
    assert fault.value.free == 8
    assert pool(event) == (0, 0)
    assert mails("event_invitation") == []
    assert db.session.scalars(select(Invitation)).all() == []


def test_changing_who_comes(app: Flask) -> None:
    event = make_event(capacity=5)
    (invitation,) = kept(event)
    accept(invitation, 3, guests=["Bo", "Cy"])
    seat(event, "Other", 2)
    accept(invitation, 1, needs="A ramp")
    assert pool(event) == (3, 0)
    assert db.session.scalars(select(Guest.name)).all() == []
    accept(invitation, 2, guests=["Bo"])
    assert pool(event) == (4, 0)
    seat(event, "Last")
    with pytest.raises(RegistrationRefused) as refusal:
        accept(invitation, 3)
    assert refusal.value.largest == 2
    assert pool(event) == (5, 0)
    assert len(db.session.scalars(select(Registration)).all()) == 3


def test_a_party_does_not_outgrow_its_invitation_on_its_own_page(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=9)
    (invitation,) = invite(event, seats=3)
    registration = accept(invitation, party=2)
    with pytest.raises(RegistrationRefused) as refused, atomic():
        change_party(registration.id, 4)
    assert refused.value.largest == 3
    path = f"/registrations/{registration.token}/details/"
    answer = client_for().post(path, data={"name": "Ann", "party": "4"})
    assert (answer.status_code, "from 1 to 3" in answer.text) == (422, True)
    with atomic():
        change_party(registration.id, 4, by_organiser=True)
    assert pool(event) == (4, 0)


def test_the_same_answer_twice_is_one(app: Flask) -> None:
    event = make_event(capacity=5)
    (invitation,) = kept(event)
    assert accept(invitation, 2).id == accept(invitation, 2).id
    assert pool(event) == (2, 0)
    assert len(mails("event_")) == 1 + 1  # the invitation and one confirmation


def test_who_withdraws_after_a_yes_counts_as_a_no(app: Flask) -> None:
    event = make_event(capacity=5)
    (invitation,) = kept(event)
    registration = accept(invitation, 2)
    assert invitation_queries.counts_of(event.id).people == 2
    with atomic():
        services.withdraw(registration.id)
    assert state(invitation) == "declined"
    counts = invitation_queries.counts_of(event.id)
    assert (counts.people, counts.states["declined"], counts.states["accepted"]) == (0, 1, 0)
    found = db.session.scalars(invitation_queries.invitations_of(event.id, state="declined")).all()
    assert [row.id for row in found] == [invitation.id]
    accept(invitation, 1)
    assert state(invitation) == "accepted"


def test_somebody_registered_meanwhile_keeps_one_registration(app: Flask) -> None:
    event = make_event(capacity=5)
    (invitation,) = kept(event, "ann@home.example")
    seat(event, "Ann")
    accept(invitation, 3)
    assert pool(event) == (3, 0)
    assert len(db.session.scalars(select(Registration)).all()) == 1


@pytest.mark.parametrize("waits", [False, True])
def test_seats_kept_are_theirs_also_when_they_were_registered_meanwhile(app: Flask, waits: bool) -> None:
    event = make_event(capacity=4)
    (invitation,) = kept(event, "ann@home.example")
    if waits:
        seat(event, "Early")
    ann = seat(event, "Ann")
    other = seat(event, "Waits", 2)
    accept(invitation, 3)
    db.session.rollback()
    assert (ann.status.value, ann.seated) == ("confirmed", 3)
    assert pool(event) == (4 if waits else 3, 0)
    assert other.status.value == "waiting"
    assert len(mails("event_party")) == 1
    accept(invitation, 1)
    db.session.rollback()
    assert other.status.value == "confirmed"
    assert pool(event) == (4 if waits else 3, 0)


# Where they sit


def hall_and_online(hall: int = 5, online: int = 4) -> tuple[Event, int, int]:
    """An event with a hall and places online, and the ids of the two."""
    event = make_event(capacity=hall)
    with atomic():
        made = pools.add_pool(
            event.id, name="Online", kind=PoolKind.ONLINE, capacity=online, largest_party=5, actor_id=None
        )
        first = db.session.get_one(Event, event.id).pools[0]
        first.name = "Hall"
    return event, first.id, made.id


def invite_to(event: Event, pool_id: int | None, email: str = MINISTER, **values: Any) -> Invitation:
    with atomic():
        (made,) = inviting.invite(event.id, [Wanted(email, "Minister", 3, pool_id=pool_id)], **values)
    return made


def books(event: Event) -> list[tuple[int, int]]:
    """(confirmed, held) of each pool, and the books agree."""
    db.session.rollback()
    assert queries.seat_faults(event.id) == []
    found = db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id).order_by(SeatPool.id))
    return [(row.confirmed, row.held) for row in found]


def test_an_invitation_names_where_it_seats_people(app: Flask, client_for: Any) -> None:
    event, _hall, online = hall_and_online()
    invitation = invite_to(event, online, keep_seats=True, answer_by=now() + HOUR)
    assert books(event) == [(0, 0), (0, 3)]
    client, path = client_for(), f"/invitations/{invitation.token}/"
    page = client.get(path).text
    assert "Where: Online" in page
    assert 'name="pool_id"' not in page
    send_due()
    (mail,) = mails("event_invitation")
    assert "Where: Online" in mail.text
    assert client.post(path + "acceptance", data={"name": "Ann", "party": "2", "pool_id": "1"}).status_code == 303
    assert books(event) == [(0, 0), (2, 0)]


def test_an_invitation_that_leaves_it_open_lets_them_choose(app: Flask, client_for: Any) -> None:
    event, hall, online = hall_and_online(hall=2)
    seat(event, "Other", 2)
    invitation = invite_to(event, None)
    client, path = client_for(), f"/invitations/{invitation.token}/"
    page = client.get(path).text
    assert "Hall: full, nobody waits yet" in page
    assert "Online: 4 seats are free" in page
    for wrong in ("999", "x", ""):
        answer = client.post(path + "acceptance", data={"name": "Ann", "party": "1", "pool_id": wrong})
        assert answer.status_code == 422, wrong
    client.post(path + "acceptance", data={"name": "Ann", "party": "2", "pool_id": str(online)})
    assert books(event) == [(2, 0), (2, 0)]
    answer = client.post(path + "acceptance", data={"name": "Ann", "party": "2", "pool_id": str(hall)})
    assert answer.status_code == 422
    assert "free seats for 0 of you" in answer.text
    assert books(event) == [(2, 0), (2, 0)]


def test_who_is_seated_by_an_invitation_does_not_move_on_their_own_page(app: Flask, client_for: Any) -> None:
    event, hall, online = hall_and_online()
    registration = accept(invite_to(event, online), 2)
    path = f"/registrations/{registration.token}/details/"
    assert 'name="pool_id"' not in client_for().get(path).text
    client_for().post(path, data={"name": "Ann", "party": "2", "pool_id": str(hall)})
    assert books(event) == [(0, 0), (2, 0)]
    with pytest.raises(RegistrationRefused), atomic():
        change_pool(registration.id, hall)
    with atomic():
        change_pool(registration.id, hall, by_organiser=True)
    assert books(event) == [(2, 0), (0, 0)]
    open_one = accept(invite_to(event, None, "b@state.example"), 1, pool_id=hall)
    path = f"/registrations/{open_one.token}/details/"
    assert 'name="pool_id"' in client_for().get(path).text


def test_a_room_that_goes_leaves_it_open(app: Flask) -> None:
    event, _hall, online = hall_and_online()
    invitation = invite_to(event, online)
    with atomic():
        pools.remove_pool(online, None)
    assert accept(invitation, 1).pool_id == _hall
    with pytest.raises(inviting.NoPool):
        invite_to(event, online, "b@state.example")


def test_the_organiser_names_the_room_for_all_or_by_line(app: Flask, cast: Cast, client_for: Any) -> None:
    event, hall, online = hall_and_online(hall=2)
    client, path = client_for(cast.organiser), f"/manage/events/{event.id}/"
    typed = {"people": "Ann,a@x.example\nBo,b@x.example", "seats": "1", "locale": "en", "keep_seats": "y"}
    typed |= {"answer_by": (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")}
    answer = client.post(path + "invitations/new/", data=typed | {"pool_id": "0"})
    assert (answer.status_code, "Say where the seats are kept" in answer.text) == (422, True)
    assert client.post(path + "invitations/new/", data=typed | {"pool_id": "999"}).status_code == 422
    lines = "Name,E-mail,Seats,Room\nAnn,a@x.example,1,Online\nBo,b@x.example,1,\nCy,c@x.example,3,Hall\nDi,d@x.example,1,Cellar"
    draft = client.post(path + "invitations/new/", data=typed | {"people": lines, "pool_id": str(hall)}).location
    page = client.get(draft).text
    for words in (
        "That is more than 2, the most there can be.", "There is no room “Cellar”.", "Hall: 1 seat would be kept.",
        "Online: 1 seat would be kept.", "Where: Online",
    ):  # fmt: skip
        assert words in page
    client.post(draft + "confirmation")
    assert books(event) == [(0, 1), (0, 1)]
    rows = {row.email: row.pool_id for row in db.session.scalars(select(Invitation))}
    assert rows == {"a@x.example": online, "b@x.example": hall}
    shown = client.get(path + "invitations/").text
    assert "Hall" in shown and "Online" in shown
    missing = "Name,E-mail,Room\nEd,e@x.example,Online\nFy,f@x.example,"
    answer = client.post(path + "invitations/new/", data=typed | {"people": missing, "pool_id": "0"})
    assert answer.status_code == 422


def test_seats_whose_room_has_gone_since_the_list_was_read_are_not_kept_elsewhere(
    app: Flask, cast: Cast, client_for: Any
) -> None:
    event, _hall, online = hall_and_online()
    client, path = client_for(cast.organiser), f"/manage/events/{event.id}/"
    typed = {"people": "a@x.example", "seats": "1", "locale": "en", "pool_id": str(online)}
    draft = client.post(path + "invitations/new/", data=typed).location
    with atomic():
        pools.remove_pool(online, None)
    answer = client.post(draft + "confirmation")
    assert (answer.status_code, "does not say where" in answer.text) == (409, True)
    assert db.session.scalars(select(Invitation)).all() == []


# Letters


def test_each_is_written_to_once_in_their_language(app: Flask) -> None:
    event = make_event(capacity=9, title="Petit-déjeuner")
    with atomic():
        wanted = [Wanted("a@state.example", "Ann", 2, "fr"), Wanted("b@state.example")]
        inviting.invite(event.id, wanted, message="Venez, {name} {{ 7*7 }} <b>")
    with atomic():
        assert inviting.invite(event.id, wanted) == []
    send_due()
    french, english = mails("event_invitation")
    assert english.subject == "You are invited: Petit-déjeuner"
    assert "{{ 7*7 }} <b>" in english.text
    assert "<b>" not in english.html.split("Venez")[1].split("</p>")[0]
    links = [re.search(r"http://localhost/invitations/\S+/", mail.text) for mail in (french, english)]
    assert links[0] and links[1] and links[0].group() != links[1].group()


def test_reminders_go_to_those_who_have_not_answered_once_a_day(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=20)
    silent, opened, accepted, declined, gone, due = invite(event, *(f"{letter}@state.example" for letter in "abcdef"))
    with atomic():
        inviting.opened(opened.id)
        inviting.accept(accepted.id, name="C", party=1)
        inviting.decline(declined.id)
        inviting.take_back(event.id, gone.id, None)
        db.session.get_one(Invitation, due.id).answer_by = now() + HOUR
    written = len(mails("event_invitation"))
    client, path = client_for(cast.organiser), f"/manage/events/{event.id}/invitations/reminders"
    assert client.post(path).status_code == 303
    assert len(mails("event_invitation")) == written  # all were written to today
    with travel(now() + timedelta(days=1, hours=1)):
        for expected in (2, 0):
            with atomic():
                assert inviting.remind(event.id, None) == expected
    send_due(100)
    reminders = [mail for mail in mails("event_invitation") if mail.facts.endswith('"reminder": true}')]
    assert [mail.recipient for mail in reminders] == [silent.email, opened.email]


def test_an_invitation_taken_back_before_it_left_does_not_leave(app: Flask) -> None:
    event = make_event(capacity=9)
    first, second = kept(event, "a@state.example", "b@state.example")
    with atomic():
        inviting.take_back(event.id, first.id, None)
    assert [mail.recipient for mail in mails("event_invitation")] == [second.email]
    assert (state(first), pool(event)) == ("taken_back", (0, 3))
    token = first.token
    (anew,) = kept(event, "a@state.example")
    assert (anew.id, state(anew), pool(event)) == (first.id, "written", (0, 6))
    assert anew.token != token
    assert invitation_queries.by_token(token) is None
    assert len(mails("event_invitation", "a@state")) == 1


def test_who_has_accepted_is_not_uninvited_by_a_slip(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    (invitation,) = invite(event)
    accept(invitation)
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/invitations/{invitation.id}/withdrawal")
    assert answer.status_code == 303
    assert state(invitation) == "accepted"


def test_who_has_not_answered_is_told_that_the_event_is_off(app: Flask) -> None:
    event = make_event(capacity=20, title="Breakfast")
    silent, accepted, declined = invite(event, *(f"{letter}@state.example" for letter in "abc"))
    with atomic():
        inviting.accept(accepted.id, name="B", party=1)
        inviting.decline(declined.id)
    send_due()
    with atomic():
        services.set_status(event.id, "postponed", message="The hall is flooded.")
    send_due()
    (off,) = mails("event_invitation_off")
    assert (off.recipient, off.subject) == (silent.email, "Postponed: Breakfast")
    assert "The hall is flooded." in off.text
    assert "/invitations/" not in off.text
    with travel(now() + timedelta(days=1)), atomic():
        services.set_status(event.id, "published")
    assert [mail.recipient for mail in mails("event_invitation:")][3:] == [silent.email]
    with atomic():
        services.set_status(event.id, "cancelled", message="Snow.")
    send_due()
    assert [(mail.recipient, mail.subject) for mail in mails("event_invitation_off")][1:] == [
        (silent.email, "Cancelled: Breakfast")
    ]
    assert [mail.recipient for mail in mails("event_cancelled")] == [accepted.email]


def test_who_has_not_answered_is_told_of_a_new_time_or_place_once(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=20, title="Breakfast")
    silent, opened, accepted, declined, gone = invite(event, *(f"{letter}@state.example" for letter in "abcde"))
    with atomic():
        inviting.opened(opened.id)
        inviting.accept(accepted.id, name="C", party=1)
        inviting.decline(declined.id)
        inviting.take_back(event.id, gone.id, None)
    send_due()
    assert move(event, place="Room B") == 3
    assert move(event, place="Room B") == 0
    move(event, summary="Other words")
    move(event, online_url="https://meet.example/x")  # nothing to the invited, who have no link to join yet
    send_due()
    told = mails("event_invitation_changed")
    assert [(mail.recipient, mail.subject, mail.state) for mail in told] == [
        (one.email, "New time or place: Breakfast", "sent") for one in (silent, opened)
    ]
    for words in ("Where: Room B", f"/invitations/{silent.token}/", "something has changed"):
        assert words in told[0].text
    assert len(mails("event_changed", accepted.email)) == 2
    move(event, starts_at=event.starts_at + HOUR, ends_at=event.ends_at + HOUR)
    assert len(mails("event_invitation_changed")) == 4


def test_a_draft_and_a_postponed_event_are_moved_without_a_word(app: Flask) -> None:
    event = make_event(capacity=9)
    invite(event)
    with atomic():
        services.set_status(event.id, "postponed")
    move(event, starts_at=event.starts_at + HOUR, ends_at=event.ends_at + HOUR)
    assert mails("event_invitation_changed") == []


# Managing


PATHS = ("invitations/", "invitations/new/")
ACTIONS = ("invitations/reminders", "invitations/{}/letters", "invitations/{}/withdrawal")


def test_managing_is_for_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    (invitation,) = invite(event)
    for who, expected in (("nobody", 303), ("stranger", 403), ("helper", 403), ("organiser", 200)):
        client = client_for(None if who == "nobody" else getattr(cast, who))
        for path in PATHS:
            assert client.get(f"/manage/events/{event.id}/{path}").status_code == expected
        if who != "organiser":
            for action in ACTIONS:
                path = action.format(invitation.id)
                assert client.post(f"/manage/events/{event.id}/{path}").status_code == expected
    assert state(invitation) == "written"


def test_an_invitation_of_another_event_is_not_found(app: Flask, cast: Cast, client_for: Any) -> None:
    (invitation,), other = invite(make_event(capacity=9)), make_event(capacity=9)
    for action in ACTIONS[1:]:
        path = f"/manage/events/{other.id}/{action.format(invitation.id)}"
        assert client_for(cast.organiser).post(path).status_code == 404
        assert client_for(cast.organiser).post(path.replace(f"/{invitation.id}/", "/999/")).status_code == 404
    assert state(invitation) == "written"


def test_the_organiser_sees_states_counts_and_what_did_not_arrive(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=20)
    first, second, third = invite(event, "a@state.example", "b@state.example", "c@state.example")
    accept(first, 3, guests=["Bo Guest"])
    with atomic():
        inviting.decline(second.id, "In New York")
        lost = db.session.scalars(select(Mail).where(Mail.recipient == third.email)).one()
        lost.state = "failed"
    client, path = client_for(cast.organiser), f"/manage/events/{event.id}/invitations/"
    page = client.get(path).text
    for words in ("Bo Guest", "In New York", "The mail did not arrive", "Remind the one", "Accepted 1", "Declined 1"):
        assert words in page
    shown = client.get(path + "?state=declined").text
    assert "b@state.example" in shown and "a@state.example" not in shown
    assert "c@state.example" in client.get(path + "?q=c@state").text
    assert "Nobody fits that" in client.get(path + "?q=zzz").text
    for odd in ("?state=x&page=-1", "?q=%F0%28", "?state=%22"):
        assert client.get(path + odd).status_code == 200


def test_twelve_are_pasted_looked_over_and_sent_once(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=40)
    invite(event, "old@state.example")
    seat(event, "Ann")
    lines = [f"Guest {number} <guest{number}@state.example>" for number in range(12)]
    lines += ["Old <old@state.example>", "ann@home.example", "not an address", "guest3@state.example"]
    client, path = client_for(cast.organiser), f"/manage/events/{event.id}/"
    typed = {"people": "\n".join(lines), "seats": "2", "message": "Dear all", "locale": "fr"}
    before = len(mails("event_invitation"))
    draft = client.post(path + "invitations/new/", data=typed).location
    page = client.get(draft).text
    for words in (
        "Send 12 invitations", "“not an address” is no e-mail address.", "stands in line 4 already", "Invited already.",
        "Registered already.", "Dear all", "guest11@state.example",
    ):  # fmt: skip
        assert words in page
    assert len(mails("event_invitation")) == before
    for _ in range(2):
        assert client.post(draft + "confirmation").location == path + "invitations/"
    assert len(mails("event_invitation")) == before + 12
    assert client.get(draft).location == path + "invitations/"
    found = db.session.scalars(select(Invitation).where(Invitation.email.startswith("guest"))).all()
    assert {(row.seats, row.message, row.locale, row.state) for row in found} == {
        (2, "Dear all", "fr", InvitationState.WRITTEN)
    }
    assert db.session.scalars(select(Hold)).all() == []


def test_too_few_seats_to_keep_are_refused_with_words(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=3)
    client = client_for(cast.organiser)
    by = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    typed = {
        "people": "a@state.example\nb@state.example",
        "seats": "2",
        "locale": "en",
        "keep_seats": "y",
        "answer_by": by,
    }
    draft = client.post(f"/manage/events/{event.id}/invitations/new/", data=typed).location
    assert "4 seats would be kept" in client.get(draft).text
    answer = client.post(draft + "confirmation")
    assert answer.status_code == 409
    assert "3 are left" in answer.text
    assert mails("event_invitation") == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"people": ""}, "Paste some lines"),
        ({"people": "nobody here"}, "No e-mail address stands in it"),
        ({"people": 'a@b.example\n"open'}, "line 2 is never closed"),
        ({"keep_seats": "y"}, "Say until when"),
        ({"answer_by": "2020-01-01T10:00"}, "That is over"),
        ({"answer_by": "2100-01-01T10:00"}, "has begun by then"),
        ({"seats": "0"}, "from 1 to 100"),
        ({"locale": "xx"}, "Not a valid choice"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_cannot_be_sent_is_told_beside_its_field(
    app: Flask, cast: Cast, client_for: Any, engine: str, changes: dict[str, str], words: str
) -> None:
    event = make_event(capacity=9)
    typed = {"people": "a@b.example", "seats": "1", "locale": "en", "message": "Kept words"} | changes
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/invitations/new/", data=typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Kept words" in answer.text


@pytest.mark.parametrize("values", [{"status": "draft"}, {"status": "cancelled"}, {"capacity": None}])
def test_nobody_is_invited_to_what_takes_nobody(
    app: Flask, cast: Cast, client_for: Any, values: dict[str, Any]
) -> None:
    event = make_event(**({"capacity": 5} | values))
    client = client_for(cast.organiser)
    assert "Nobody can be invited now" in client.get(f"/manage/events/{event.id}/invitations/").text
    typed = {"people": "a@b.example", "seats": "1", "locale": "en"}
    draft = client.post(f"/manage/events/{event.id}/invitations/new/", data=typed).location
    assert client.post(draft + "confirmation").status_code == 409
    assert mails("event_invitation") == []
