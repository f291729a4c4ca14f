"""The programme of an event: sessions, who speaks, and how the public reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import programme, services
from app.events.models import Campaign, Event, PoolKind, SeatPool, Series, Session, Speaker
from app.events.programme_queries import _gathered, programme_of
from app.events.series import create_series
from app.partners.models import Partner
from app.partners.services import create_partner
from tests.cast import Cast
from tests.events.helpers import make_event, seat, statements

YEAR = datetime.now(UTC).year + 1
START = datetime(YEAR, 3, 8, 8, 0, tzinfo=UTC)  # 09:00 in Zurich


def meeting(**values: Any) -> Event:
    """A meeting of two days, the second with a change of clocks in another part of the world."""
    return make_event(
        title="The meeting",
        kind="expert_meeting",
        starts_at=START,
        ends_at=START + timedelta(days=1, hours=8),
        **values,
    )


def speak(event: Event, *names: str, **values: Any) -> list[int]:
    """Announce some people; returns their ids."""
    with atomic():
        return [programme.save_speaker(event.id, actor_id=None, name=name, **values).id for name in names]


def part(event: Event, title: str, hours: float, who: list[int] | None = None, **values: Any) -> int:
    """A session of an hour, so many hours after the start; returns its id."""
    start = event.starts_at + timedelta(hours=hours)
    facts = {"title": title, "starts_at": start, "ends_at": start + timedelta(hours=1), **values}
    with atomic():
        return programme.save_session(event.id, speaker_ids=who or [], actor_id=None, **facts).id


PAGES = ("programme/", "sessions/new/", "sessions/{session}/", "speakers/new/", "speakers/{speaker}/")
ACTIONS = ("sessions/{session}/removal", "speakers/{speaker}/removal", "speakers/{speaker}/rank")


def test_the_programme_is_managed_by_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    event, other = meeting(), make_event()
    (speaker,) = speak(event, "Amina")
    names = {"session": part(event, "One", 0), "speaker": speaker}
    for who, expected in (("nobody", 303), ("stranger", 403), ("helper", 403), ("curator", 403), ("organiser", 200)):
        client = client_for(None if who == "nobody" else getattr(cast, who))
        for path in PAGES:
            assert client.get(f"/manage/events/{event.id}/{path.format(**names)}").status_code == expected
        for path in (*PAGES[1:], *ACTIONS):
            if expected != 200:
                assert client.post(f"/manage/events/{event.id}/{path.format(**names)}").status_code == expected
    client = client_for(cast.organiser)
    for path in (*PAGES[2::2], *ACTIONS):  # through another event, its rows are not there
        answer = (client.post if path in ACTIONS else client.get)(f"/manage/events/{other.id}/{path.format(**names)}")
        assert answer.status_code == 404, path
    assert db.session.scalar(select(func.count()).select_from(Speaker)) == 1


def test_a_programme_from_empty_to_public(app: Flask, cast: Cast, client_for: Any) -> None:
    event = meeting()
    client = client_for(cast.organiser)
    path = f"/manage/events/{event.id}"
    assert "No session yet" in client.get(f"{path}/programme/").text
    amina = {
        "name": "Amina Dahl",
        "affiliation": "Bergen",
        "biography": "Drives **at night**.",
        "email": "A@x.example",
        "locale": "es",
    }
    assert client.post(f"{path}/speakers/new/", data=amina | {"moderates": "y"}).location == f"{path}/programme/"
    client.post(f"{path}/speakers/new/", data={"name": "Kofi Mensah", "locale": "en"})
    kofi = db.session.scalars(select(Speaker).where(Speaker.name == "Kofi Mensah")).one()
    form = client.get(f"{path}/sessions/new/").text
    assert f'value="{YEAR}-03-08T09:00"' in form  # it begins with the event
    data = {"title": "Who is counted", "starts_at": f"{YEAR}-03-08T09:00", "ends_at": f"{YEAR}-03-08T10:30",
            "place": "Room 7", "summary": "First line\nsecond line", "speaker_ids": [str(kofi.id)]}  # fmt: skip
    client.post(f"{path}/sessions/new/", data=data)
    assert f'value="{YEAR}-03-08T10:30"' in client.get(f"{path}/sessions/new/").text  # then where the last one ended
    client.post(f"{path}/sessions/new/", data={
        "title": "The second day", "starts_at": f"{YEAR}-03-09T09:00", "ends_at": f"{YEAR}-03-09T10:00"})  # fmt: skip
    page = client_for().get(f"/events/{event.slug}/").text.partition('id="programme"')[2]
    for words in ("Who is counted", "10:30", "Room 7", "<strong>at night</strong>", "Moderates", "Bergen"):
        assert words in page, words
    assert page.index("8 March") < page.index("Who is counted") < page.index("9 March") < page.index("The second day")
    assert page.index("Who speaks") < page.index("Amina Dahl</h3>") < page.index("Kofi Mensah</h3>")
    assert "a@x.example" not in page.lower()
    client.post(f"{path}/speakers/{kofi.id}/rank")
    page = client_for().get(f"/events/{event.slug}/").text
    assert page.index("Kofi Mensah</h3>") < page.index("Amina Dahl</h3>")
    client.post(f"{path}/speakers/{kofi.id}/removal")
    page = client_for().get(f"/events/{event.slug}/").text
    assert "Kofi" not in page
    assert "Who is counted" in page
    number = db.session.scalars(select(Session.id).where(Session.title == "Who is counted")).one()
    client.post(f"{path}/sessions/{number}/removal")
    assert "Who is counted" not in client_for().get(f"/events/{event.slug}/").text
    assert client.post(f"{path}/sessions/{number}/removal").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"title": " "}, "title", "Give the session a title."),
        ({"starts_at": ""}, "starts_at", "Say when it begins."),
        ({"ends_at": ""}, "ends_at", "Say when it ends."),
        ({"ends_at": "08T09:00"}, "ends_at", "ends before it begins"),
        ({"starts_at": "08T11:00"}, "ends_at", "ends before it begins"),
        ({"starts_at": "08T08:59"}, "starts_at", "outside the event, which goes on"),
        ({"ends_at": "09T17:01"}, "ends_at", "outside the event, which goes on"),
        ({"starts_at": "32T09:00"}, "starts_at", "a day and time that exist"),
        ({"speaker_ids": ["999"]}, "speaker_ids", "valid choice"),
        ({"place": "x" * 301}, "place", "300 characters"),
    ],
)
def test_a_session_that_cannot_be(
    app: Flask, cast: Cast, client_for: Any, changes: dict[str, Any], field: str, words: str
) -> None:
    event = meeting()
    good = {"title": "One", "starts_at": "08T09:00", "ends_at": "08T10:00", "summary": "Typed with care"}
    data = good | changes
    for name in ("starts_at", "ends_at"):
        data[name] = f"{YEAR}-03-{data[name]}" if data[name] else ""
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/sessions/new/", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "Typed with care" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Session)) == 0


def test_a_session_in_the_hour_that_is_skipped(app: Flask, cast: Cast, client_for: Any) -> None:
    night = make_event(starts_at=datetime(2027, 3, 27, 20, tzinfo=UTC), ends_at=datetime(2027, 3, 28, 6, tzinfo=UTC))
    data = {"title": "Watch", "starts_at": "2027-03-28T02:30", "ends_at": "2027-03-28T04:00"}
    answer = client_for(cast.organiser).post(f"/manage/events/{night.id}/sessions/new/", data=data)
    assert answer.status_code == 422
    assert "The clocks skip this hour" in answer.text
    assert 'id="starts_at-error"' in answer.text


def test_a_speaker_of_another_event_speaks_in_no_session_of_this(app: Flask) -> None:
    event, other = meeting(), make_event()
    theirs = speak(other, "Elsewhere")
    number = part(event, "One", 0, theirs)
    assert db.session.get_one(Session, number).speakers == []


def test_an_event_that_becomes_shorter_says_what_lies_outside(app: Flask, cast: Cast, client_for: Any) -> None:
    event = meeting()
    part(event, "The late one", 30)
    facts = {"actor_id": None, "capacity": None, "largest_party": 5, "partner_ids": []}
    with atomic():
        services.update_event(event.id, ends_at=START + timedelta(hours=3), **facts)
    page = client_for(cast.organiser).get(f"/manage/events/{event.id}/programme/").text
    assert "1 session lies outside the time of the event" in page
    assert "outside the event" in page


def test_markup_of_a_programme_is_harmless(app: Flask, client_for: Any) -> None:
    event = meeting()
    who = speak(
        event, "<script>x</script>", affiliation="<u>", biography="<script>x</script> [a](javascript:x) ![i](//e/i)"
    )
    part(event, "<script>x</script>{{ 7*7 }}", 0, who, summary="<img src=x>", place="<u>")
    page = client_for().get(f"/events/{event.slug}/").text
    for fault in ("<script>x", 'href="javascript:', "<img src", "<u>", ">49<"):
        assert fault not in page


# In few statements


def test_a_full_page_asks_the_database_three_times(app: Flask, client_for: Any) -> None:
    """With campaign, series, pools, partners, sessions and speakers; a queue, as there is here, is the third."""
    today = START.date()
    with atomic():
        campaign = services.create_campaign(title="Day", starts_on=today, ends_on=today, published=True)
        series = create_series(title="Meetings", actor_id=None)
        partners = [create_partner(name=name, kind="ngo").id for name in ("Choir", "Bakers")]
    event = meeting(campaign_id=campaign.id, series_id=series.id, partner_ids=partners, capacity=0)
    with atomic():
        pool = SeatPool(kind=PoolKind.ONLINE, name="Online", capacity=9, ceiling=9, position=1, event_id=event.id)
        db.session.add(pool)
    who = speak(event, "Amina", "Kofi", "Teresa")
    for number in range(6):
        part(event, f"Part {number}", number, who[: number % 3])
    client = client_for()
    page = client.get(f"/events/{event.slug}/").text
    for words in ("Day", "Meetings", "Choir", "Bakers", "Part 5", "Teresa", "Online: 9 seats"):
        assert words in page, words
    asked = statements(client, f"/events/{event.slug}/")
    assert len(asked) == 3, "\n\n".join(asked)
    for number in range(6, 20):
        part(event, f"Part {number}", number, who)
    assert len(statements(client, f"/events/{event.slug}/")) == 3


def test_a_page_worded_once_is_never_an_old_one(app: Flask, client_for: Any) -> None:
    """Strangers read a page from memory: whatever is changed behind it, the next of them reads the new one."""
    with atomic():
        partner = create_partner(name="The choir", kind="ngo")
        series = create_series(title="Meetings", actor_id=None)
        campaign = services.create_campaign(
            title="Old day", starts_on=START.date(), ends_on=START.date(), published=True, actor_id=None
        )
    event = meeting(capacity=1, partner_ids=[partner.id], series_id=series.id, campaign_id=campaign.id)
    (speaker,), number = speak(event, "Amina"), part(event, "Part one", 0)

    def read() -> str:
        return str(client_for().get(f"/events/{event.slug}/").text)

    def later(model: Any, row_id: int, **values: Any) -> None:
        with atomic():
            for name, value in values.items():
                setattr(db.session.get_one(model, row_id), name, value)

    assert "1 seat is free" in read()
    changes: list[tuple[Any, str]] = [
        (lambda: seat(event, "Ann"), "Nobody waits yet"),
        (lambda: seat(event, "Bea"), "1 registration waits already"),
        (lambda: part(event, "Part two", 2), "Part two"),
        (lambda: later(Session, number, title="Part 1"), "Part 1"),
        (lambda: later(Speaker, speaker, biography="Drives."), "Drives."),
        (lambda: later(Speaker, speaker, moderates=True), "Moderates"),
        (lambda: later(Partner, partner.id, name="The bakers"), "The bakers"),
        (lambda: later(Series, series.id, title="Mornings"), "Mornings"),
        (lambda: later(Campaign, campaign.id, title="New day"), "New day"),
        (lambda: later(Event, event.id, materials="A reading list"), "A reading list"),
        (lambda: later(SeatPool, event.pools[0].id, capacity=5, ceiling=5), "Come along"),
    ]
    for change, words in changes:
        assert words not in read()
        change()
        assert words in read(), words
        assert words in read(), words
    for moment, words in ((event.starts_at, "Registration has closed"), (event.ends_at, "This event is over")):
        assert words not in read()
        with travel(moment):
            assert words in read()


ROWS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4)), max_size=12, unique=True)


@given(ROWS, st.sets(st.integers(1, 4)), st.sets(st.integers(1, 5)), st.permutations(range(30)))
def test_rows_in_any_order_make_one_programme(
    links: list[tuple[int, int]], parts: set[int], voices: set[int], order: list[int]
) -> None:
    """The statement gives a row for each pair, in no order: every voice once, each part with its own."""
    spoken, given_to = {voice for voice, _part in links} | voices, {one for _voice, one in links} | parts

    def voice(number: int | None) -> tuple[Any, ...]:
        return (None,) * 6 if number is None else (number, 9 - number, f"V{number}", "", "", False)

    def session(number: int | None) -> tuple[Any, ...]:
        at = START + timedelta(hours=number or 0)
        return (None,) * 6 if number is None else (number, f"P{number}", "", "", at, at + timedelta(hours=1))

    rows = [voice(one) + session(other) for one, other in links]
    rows += [voice(one) + session(None) for one in spoken - {one for one, _part in links}]
    rows += [voice(None) + session(one) for one in given_to - {one for _voice, one in links}]
    rows = [row for _place, row in sorted(zip(order, rows, strict=False), key=lambda pair: pair[0])]
    found = _gathered(rows)
    assert [one.name for one in found.speakers] == [f"V{number}" for number in sorted(spoken, reverse=True)]
    assert [one.title for one in found.parts] == [f"P{number}" for number in sorted(given_to)]
    for one in found.parts:
        expected = {f"V{voice}" for voice, number in links if one.title == f"P{number}"}
        assert {who.name for who in one.speakers} == expected


def test_who_speaks_in_nothing_and_what_nobody_speaks_in(app: Flask) -> None:
    event = meeting()
    speak(event, "Alone")
    part(event, "Coffee", 1)
    found = programme_of(event.id)
    assert [voice.name for voice in found.speakers] == ["Alone"]
    assert [(one.title, one.speakers) for one in found.parts] == [("Coffee", ())]
    assert found.parts[0].starts_at == event.starts_at + timedelta(hours=1)
    assert programme_of(event.id + 1) == programme_of(0)
