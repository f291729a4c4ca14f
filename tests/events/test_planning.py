"""The course of an event with what is said about it, previews, copies, and taking back a slip."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import changes, cloning, closed_list, programme, services
from app.events.models import (
    Event,
    EventStatus,
    Outcome,
    PoolKind,
    Question,
    QuestionKind,
    Registration,
    SeatPool,
    Series,
    Session,
    Speaker,
)
from app.events.timing import Rhythm
from app.partners.services import create_partner
from app.web.formats import when
from tests.cast import Cast
from tests.events.helpers import mails, make_event, seat

PAGES = ("preview/", "copies/")
ACTIONS = ("copies/", "return", "removal")


def fresh(event: Event) -> Event:
    db.session.rollback()
    return db.session.get_one(Event, event.id, populate_existing=True)


def test_planning_is_for_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(status="draft")
    for who, expected in (("nobody", 303), ("stranger", 403), ("helper", 403), ("curator", 403)):
        client = client_for(None if who == "nobody" else getattr(cast, who))
        for path in PAGES:
            assert client.get(f"/manage/events/{event.id}/{path}").status_code == expected
        for path in ACTIONS:
            assert client.post(f"/manage/events/{event.id}/{path}").status_code == expected
    for path in PAGES:
        assert client_for(cast.organiser).get(f"/manage/events/999/{path}").status_code == 404


def moved(event: Event, **values: Any) -> None:
    """Change an event by the service."""
    pool = event.pool
    facts = {"capacity": pool.capacity if pool else None, "largest_party": 5, "partner_ids": []}
    with atomic():
        services.update_event(event.id, actor_id=None, **facts, **values)


def test_a_moved_event_says_what_it_was(app: Flask, client_for: Any) -> None:
    event = make_event(capacity=3)
    was, hour = event.starts_at, timedelta(hours=1)
    moved(event, starts_at=was + hour, ends_at=event.ends_at + hour)
    with app.test_request_context("/"):
        words = when(was, "Europe/Zurich")
    page = client_for().get(f"/events/{event.slug}/").text
    assert f"was {words}" in page
    assert "New time" in page
    assert f"was {words}" in client_for().get("/events/").text
    moved(event, starts_at=was, ends_at=was + hour)
    assert fresh(event).was_starts_at is None
    assert "New time" not in client_for().get(f"/events/{event.slug}/").text


def test_postponed_then_found_another_day(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=3, days=5)
    seat(event, "Ann")
    was = event.starts_at
    with atomic():
        services.set_status(event.id, "postponed", message="The hall is flooded.")
    page = client_for().get(f"/events/{event.slug}/").text
    assert "A new date will be found." in page
    assert "It was announced for" in page
    assert "flooded" in page
    with travel(was + timedelta(days=9)):  # the day goes by: it is still among what comes
        listed = client_for().get("/events/").text
        assert "A new date will be found" in listed
        assert event.title in listed
    moved(event, starts_at=was + timedelta(days=30), ends_at=was + timedelta(days=30, hours=1))
    assert fresh(event).was_starts_at == was
    assert mails("event_changed") == []  # nobody is told before it takes place again
    with atomic():
        services.set_status(event.id, "published")
    assert fresh(event).was_starts_at == was
    assert len(mails("event_resumed")) == 1
    assert "New time" in client_for().get(f"/events/{event.slug}/").text


def test_what_is_postponed_is_not_over_when_its_old_day_has_gone_by(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9, title="Voices")
    with atomic():
        claim = services.register(event.id, name="Pia", email=cast.parent.email, person_id=cast.parent.id, party=2)
        speaker = programme.save_speaker(event.id, actor_id=None, name="Amina", email="amina@x.example")
    bea = seat(event, "Bea")
    with atomic():
        services.set_status(event.id, "postponed", message="Snow.")
    with atomic():  # time goes by
        row = db.session.get_one(Event, event.id)
        row.starts_at, row.ends_at = now() - timedelta(days=3), now() - timedelta(days=3) + timedelta(hours=2)
    parent, own = client_for(cast.parent), f"/registrations/{claim.registration.token}/"
    assert "Voices" in parent.get("/account/").text
    page = parent.get(own).text
    assert "Thank you for coming" not in page and "Withdraw my registration" in page
    with atomic():
        changes.change_party(claim.registration.id, 1)
    parent.post(f"{own}withdrawal")
    assert db.session.get_one(Registration, claim.registration.id, populate_existing=True).status == "withdrawn"
    with atomic():
        assert services.set_status(event.id, "cancelled", message="No date was found.") == 1
    assert [mail.recipient for mail in mails("event_cancelled")] == [bea.email]
    assert "No date was found." in mails("event_cancelled")[0].text
    assert [mail.recipient for mail in mails("speaker_news")] == [speaker.email] * 2


def test_postponed_and_held_after_all_on_its_day(app: Flask) -> None:
    event = make_event()
    for status in ("postponed", "published"):
        with atomic():
            services.set_status(event.id, status)
    assert fresh(event).was_starts_at is None


def test_sessions_go_along_with_their_event(app: Flask) -> None:
    event = make_event(status="draft", days=30)
    start = event.starts_at
    with atomic():
        programme.save_session(
            event.id, actor_id=None, title="One", starts_at=start, ends_at=start + timedelta(minutes=30)
        )
    moved(event, starts_at=start + timedelta(days=1), ends_at=event.ends_at + timedelta(days=1))
    session = db.session.scalars(select(Session)).one()
    assert session.starts_at == start + timedelta(days=1)
    assert session.ends_at - session.starts_at == timedelta(minutes=30)


def test_a_publication_by_a_slip_is_taken_back(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=2)
    client = client_for(cast.organiser)
    assert "Make it a draft again" in client.get(f"/manage/events/{event.id}/").text
    client.post(f"/manage/events/{event.id}/return")
    assert fresh(event).status is EventStatus.DRAFT
    assert client_for().get(f"/events/{event.slug}/").status_code == 404
    client.post(f"/manage/events/{event.id}/publication")
    seat(event, "Ann")
    answer = client.post(f"/manage/events/{event.id}/return", follow_redirects=True)
    assert "registered or invited already" in answer.text
    assert fresh(event).status is EventStatus.PUBLISHED


def test_held_is_taken_back_and_nobody_is_written_to(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=2, days=0, hours=2)
    seat(event, "Ann", source="organiser")
    with atomic():
        services.set_status(event.id, "held")
    before = len(mails())
    client_for(cast.organiser).post(f"/manage/events/{event.id}/return")
    assert fresh(event).status is EventStatus.PUBLISHED
    assert len(mails()) == before


def test_only_a_draft_is_thrown_away(app: Flask, cast: Cast, client_for: Any) -> None:
    draft, event = make_event(status="draft", capacity=2), make_event()
    client = client_for(cast.organiser)
    assert client.post(f"/manage/events/{draft.id}/removal").location == "/manage/events/"
    assert client.get(f"/manage/events/{draft.id}/").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(SeatPool)) == 0
    assert "Only a draft" in client.post(f"/manage/events/{event.id}/removal", follow_redirects=True).text
    assert fresh(event).title


# Preview


def test_the_preview_is_what_a_stranger_sees_later(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(status="draft", capacity=7, body="## All of it", audience_note="Bring a cup")
    client = client_for(cast.organiser)
    page = client.get(f"/manage/events/{event.id}/preview/")
    assert page.headers["Cache-Control"] == "no-store"
    for words in (
        "A preview",
        "7 seats are free",
        "<h2>All of it</h2>",
        "Bring a cup",
        "noindex",
        "Your e-mail address",
    ):
        assert words in page.text
    for words in ("ld+json", "Manage this event", "Only organisers see", ">Draft<"):
        assert words not in page.text
    client.post(f"/manage/events/{event.id}/publication")
    public = client_for().get(f"/events/{event.slug}/").text
    assert "7 seats are free" in public
    assert "A preview" not in public


# Copies


def furnished() -> Event:
    """An event with all that a copy takes along, and all that it leaves."""
    with atomic():
        partner = create_partner(name="The choir", kind="ngo")
    event = make_event(capacity=2, title="Monthly talk", body="Text", online_url="https://meet.example/x", days=20,
                       partner_ids=[partner.id], registration_closes_at=now() + timedelta(days=19))  # fmt: skip
    seat(event, "Ann", 2)
    seat(event, "Bea")
    with atomic():
        event = db.session.get_one(Event, event.id)
        event.pools.append(SeatPool(kind=PoolKind.ONLINE, name="Online", position=1, capacity=9, ceiling=9))
        event.approval, event.guest_names, event.remind_hours, event.minutes = True, True, None, "Said."
        first = Question(event_id=event.id, kind=QuestionKind.YES_NO, label="Eat?", position=1)
        db.session.add(first)
        db.session.flush()
        gone = Question(event_id=event.id, kind=QuestionKind.TEXT, label="Old?", position=3, retired_at=now())
        db.session.add_all([
            gone,
            Question(event_id=event.id, kind=QuestionKind.TEXT, label="What?", position=2, condition_id=first.id,
                     condition_value="yes"),
        ])  # fmt: skip
        db.session.flush()
        db.session.add(
            Question(event_id=event.id, kind=QuestionKind.TEXT, label="Asked of nobody", condition_id=gone.id)
        )
        db.session.add(
            Outcome(event_id=event.id, number=1, token="t", kind="decision", text="Do.", created_at=now(), updated_at=now())
        )  # fmt: skip
        speaker = programme.save_speaker(event.id, actor_id=None, name="Amina", email="amina@x.example", moderates=True)
        facts = {"title": "One", "starts_at": event.starts_at, "ends_at": event.starts_at + timedelta(minutes=20)}
        programme.save_session(event.id, speaker_ids=[speaker.id], actor_id=None, **facts)
    return event


def test_a_copy_takes_the_text_and_leaves_the_people(app: Flask, cast: Cast, client_for: Any) -> None:
    event = furnished()
    start = event.local_start + timedelta(days=28)
    answer = client_for(cast.organiser).post(
        f"/manage/events/{event.id}/copies/",
        data={"starts_at": start.strftime("%Y-%m-%dT%H:%M"), "times": "1", "rhythm": "week", "series_id": "0"},
    )
    db.session.expire_all()
    copy = db.session.scalars(select(Event).where(Event.id != event.id)).one()
    assert answer.location == f"/manage/events/{copy.id}/"
    assert (copy.status, copy.seen_version, copy.notice, copy.minutes) == (EventStatus.DRAFT, 0, "", "")
    assert (copy.title, copy.body, copy.approval, copy.remind_hours) == ("Monthly talk", "Text", True, None)
    assert [partner.name for partner in copy.co_organisers] == ["The choir"]
    pools = [(pool.kind.value, pool.capacity, pool.ceiling, pool.confirmed, pool.held) for pool in copy.pools]
    assert pools == [("room", 2, 2, 0, 0), ("online", 9, 9, 0, 0)]
    assert copy.starts_at.astimezone(ZoneInfo("Europe/Zurich")).strftime("%H:%M") == start.strftime("%H:%M")
    assert copy.registration_closes_at is not None
    assert copy.registration_closes_at < copy.starts_at
    questions = {row.label: row for row in db.session.scalars(select(Question).where(Question.event_id == copy.id))}
    assert set(questions) == {"Eat?", "What?"}
    assert questions["What?"].condition_id == questions["Eat?"].id
    session = db.session.scalars(select(Session).where(Session.event_id == copy.id)).one()
    assert session.starts_at == copy.starts_at
    speaker = db.session.scalars(select(Speaker).where(Speaker.event_id == copy.id)).one()
    assert session.speakers == [speaker]
    assert (speaker.name, speaker.moderates, speaker.composed) == ("Amina", True, False)
    for model in (Registration, Outcome):
        assert db.session.scalar(select(func.count()).where(model.event_id == copy.id)) == 0
    assert fresh(event).pools[0].confirmed == 2


def test_a_copy_for_a_closed_list_is_for_the_same_list(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(audience="listed", title="For the school", days=-5)
    with atomic():
        closed_list.put(event.id, {cast.stranger.email: "Parents", "@school.example": "Staff of the school"}, None)
    with atomic():
        copy = cloning.clone(event.id, now() + timedelta(days=9), actor_id=None)
    with atomic():
        services.set_status(copy.id, "published")
    assert client_for(cast.stranger).get(f"/events/{copy.slug}/").status_code == 200
    assert client_for(cast.parent).get(f"/events/{copy.slug}/").status_code == 404
    assert closed_list.names_of(copy.id) == closed_list.names_of(event.id)


def test_every_column_is_copied_or_left_on_purpose() -> None:
    assert {column.key for column in Event.__table__.columns} == {*cloning.COPIED, *cloning.LEFT}
    assert {column.key for column in SeatPool.__table__.columns} == {
        *cloning.POOL, "id", "event_id", "ceiling", "confirmed", "held",
    }  # fmt: skip


def test_a_monthly_talk_becomes_a_series_by_the_clock_on_the_wall(app: Flask, cast: Cast, client_for: Any) -> None:
    zone = ZoneInfo("Europe/Zurich")
    event = make_event(status="draft", title="Monthly talk")
    year = now().year + 1
    data = {"starts_at": f"{year}-01-14T12:30", "times": "8", "rhythm": Rhythm.MONTH_WEEK.value, "series_id": "0"}
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/copies/", data=data)
    series = db.session.scalars(select(Series)).one()
    assert answer.location == f"/manage/series/{series.id}/"
    assert series.title == "Monthly talk"
    made = db.session.scalars(select(Event).where(Event.id != event.id).order_by(Event.starts_at)).all()
    assert [row.starts_at.astimezone(zone).strftime("%H:%M") for row in made] == ["12:30"] * 8
    assert {(row.starts_at.hour, row.starts_at.minute) for row in made} == {(11, 30), (10, 30)}  # winter, then summer
    assert {row.status for row in made} == {EventStatus.DRAFT}
    assert {row.series_id for row in [*made, fresh(event)]} == {series.id}
    assert len({row.slug for row in made}) == 8


def test_a_copy_lands_on_the_hour_that_is_skipped(app: Flask) -> None:
    """A weekly night watch at half past two: on the night without that hour it begins at half past three."""
    zone = ZoneInfo("Europe/Zurich")
    start = datetime(2027, 3, 21, 2, 30, tzinfo=zone).astimezone(UTC)
    with atomic():
        event = services.create_event(title="Watch", kind="talk", starts_at=start, ends_at=start + timedelta(hours=1))
    with atomic():
        made = cloning.repeat(event.id, start, Rhythm.WEEK, 3, series_id=None, actor_id=None)
    assert [row.local_start.strftime("%d %H:%M") for row in made] == ["21 02:30", "28 03:30", "04 02:30"]
    assert all(row.ends_at > row.starts_at for row in made)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("starts_at", "", "Say when it starts."),
        ("starts_at", "2027-03-28T02:30", "The clocks skip this hour"),
        ("starts_at", "2027-02-30T02:30", "a day and time that exist"),
        ("times", "0", "from 1 to 53"),
        ("times", "54", "from 1 to 53"),
        ("rhythm", "daily", "Not a valid choice"),
        ("series_id", "7", "Not a valid choice"),
    ],
)
def test_a_copy_that_cannot_be(app: Flask, cast: Cast, client_for: Any, field: str, value: str, words: str) -> None:
    event = make_event(status="draft")
    good = {"starts_at": "2027-03-28T12:30", "times": "2", "rhythm": "week", "series_id": "0"}
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/copies/", data=good | {field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Event)) == 1


def test_an_hour_that_comes_twice_stays_the_second(app: Flask, cast: Cast, client_for: Any) -> None:
    """Changing only the title of an event in the second of two hours must not move it into the first."""
    second = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)  # 02:30 for the second time in Zurich
    event = make_event(status="draft", starts_at=second, ends_at=second + timedelta(hours=2))
    form = {
        "title": "New", "kind": "talk", "campaign_id": "0", "series_id": "0", "timezone": "Europe/Zurich",
        "starts_at": "2027-10-31T02:30", "ends_at": "2027-10-31T04:30", "audience": "public", "largest_party": "5",
    }  # fmt: skip
    assert client_for(cast.organiser).post(f"/manage/events/{event.id}/", data=form).status_code == 303
    assert fresh(event).title == "New"
    assert fresh(event).starts_at == second


# The organisers' list


def test_what_needs_an_organiser_stands_first(app: Flask, cast: Cast, client_for: Any) -> None:
    make_event(title="Far draft", status="draft", days=90)
    make_event(title="Near draft", status="draft", days=3)
    make_event(title="Nothing to do", capacity=9)
    make_event(title="Lost its day", status="postponed")
    make_event(title="Just over", days=-1)
    full = make_event(title="Full house", capacity=1)
    seat(full, "Ann"), seat(full, "Bea")
    asked = make_event(title="By request", capacity=5)
    with atomic():
        db.session.get_one(Event, asked.id).approval = True
    seat(asked, "Cleo")
    client = client_for(cast.organiser)
    page = client.get("/manage/events/").text
    first = page[page.index("What needs you") : page.index("All events")]
    titles = ("By request", "Near draft", "Lost its day", "Just over", "Full house")
    assert [title for title in titles if title in first] == list(titles)
    assert sorted(titles, key=first.index) == list(titles)
    assert "1 request waits for your yes" in first
    assert "Far draft" not in first
    assert "Nothing to do" not in first
    assert "What needs you" not in client.get("/manage/events/?status=draft").text


def test_the_list_sorts_and_filters(app: Flask, cast: Cast, client_for: Any) -> None:
    make_event(title="banana", days=9, capacity=5)
    make_event(title="Apple", days=20)
    past = make_event(title="cherry", days=-5, capacity=5)
    with atomic():
        services.set_status(past.id, "held")
    client = client_for(cast.organiser)

    def order(query: str) -> list[str]:
        page = client.get(f"/manage/events/?{query}").text
        table = page[page.index("<table>") :]
        return sorted((title for title in ("banana", "Apple", "cherry") if title in table), key=table.index)

    assert order("sort=title") == ["Apple", "banana", "cherry"]
    assert order("sort=-title") == ["cherry", "banana", "Apple"]
    assert order("sort=when") == ["cherry", "banana", "Apple"]
    assert order("sort=nonsense&status=") == ["banana", "Apple", "cherry"]
    assert order("when=ahead") == ["banana", "Apple"]
    assert order("when=past&sort=seats") == ["cherry"]
    assert order("sort=-seats")[-1] == "Apple"
    assert order("sort=status")[-1] == "banana" or order("sort=-status")[0] == "banana"
    assert 'aria-sort="ascending"' in client.get("/manage/events/?sort=when").text
