"""Who takes part, in counts: nobody counts twice, nobody is tied to what they said, nothing small is shown."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, render_template
from sqlalchemy import select, text

from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import composition, feedback, remains, services
from app.events.models import CompositionCount, Event, Invitation, InvitationState, Registration, Speaker, Stage
from tests.cast import Cast
from tests.events.helpers import make_event, seat


@pytest.fixture
def talk(cast: Cast) -> Event:
    """A talk at which people are asked."""
    event = make_event(capacity=40, days=1)
    with atomic():
        remains.decide_after(event.id, actor_id=None, composition_asked=True)
    return event


def counts(event: Event, stage: Stage = Stage.REGISTERED) -> dict[str, int]:
    """What is counted, as it is."""
    db.session.rollback()
    query = select(CompositionCount.category, CompositionCount.count.label("people")).where(
        CompositionCount.event_id == event.id, CompositionCount.stage == stage
    )
    return {row.category: row.people for row in db.session.execute(query) if row.people}


def declare(event: Event, **said: int) -> None:
    """So many of each register and say so."""
    for category, people in said.items():
        for number in range(people):
            row = seat(event, f"{category}{number}of{event.id}")
            with atomic():
                assert composition.declare_registration(row.id, Stage.REGISTERED, category)


def speak(event: Event, name: str) -> Speaker:
    """Somebody on the panel."""
    with atomic():
        speaker = Speaker(event_id=event.id, token=f"token-of-{name}", name=name, position=0)
        db.session.add(speaker)
    return speaker


def end(event: Event) -> None:
    """The event is over: for requests, whose clock does not travel."""
    with atomic():
        row = db.session.get_one(Event, event.id)
        row.starts_at, row.ends_at = now() - timedelta(hours=3), now() - timedelta(hours=1)


def test_somebody_counts_once_and_only_that_is_known_of_them(app: Flask, talk: Event, client_for: Any) -> None:
    guest = seat(talk, "Gina", 3)
    own, asked = f"/registrations/{guest.token}/", f"/registrations/{guest.token}/declaration/"
    assert "A question you need not answer" in client_for().get(own).text
    assert client_for().post(asked, data={}).status_code == 422
    assert client_for().post(asked, data={"category": "neither"}).status_code == 422
    for said in ("woman", "man"):
        assert client_for().post(asked, data={"category": said}).status_code == 303
    assert counts(talk) == {"woman": 1}
    db.session.expire_all()
    assert db.session.get_one(Registration, guest.id).composed == "registered"
    assert "A question you need not answer" not in client_for().get(own).text
    assert "Nothing is asked of you here" in client_for().get(asked).text
    assert client_for().get("/registrations/guessed/declaration/").status_code == 404


def test_nothing_is_asked_where_the_organiser_does_not_want_it(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=4, days=1)
    guest, speaker = seat(event, "Gina"), speak(event, "Sara")
    assert "A question you need not answer" not in client_for().get(f"/registrations/{guest.token}/").text
    for path in (f"/registrations/{guest.token}/declaration/", f"/speakers/{speaker.token}/"):
        client_for().post(path, data={"category": "woman"})
    assert counts(event) == {} == counts(event, Stage.SPOKE)


def test_what_was_said_at_registering_is_counted_until_the_end(app: Flask, talk: Event) -> None:
    guest, gone = seat(talk, "Gina"), seat(talk, "Greta")
    with atomic():
        services.withdraw(gone.id)
        assert not composition.declare_registration(gone.id, Stage.REGISTERED, "woman")
        with pytest.raises(ValueError, match="queen"):
            composition.declare_registration(guest.id, Stage.REGISTERED, "queen")
        db.session.rollback()
    speaker = speak(talk, "Sara")
    with travel(talk.ends_at), atomic():
        assert not composition.declare_registration(guest.id, Stage.REGISTERED, "woman")
        assert not composition.declare_speaker(speaker.id, "woman")
    assert counts(talk) == {} == counts(talk, Stage.SPOKE)


def test_who_came_says_it_again_with_the_feedback(app: Flask, talk: Event, client_for: Any) -> None:
    guest = seat(talk, "Gina")
    with atomic():
        composition.declare_registration(guest.id, Stage.REGISTERED, "woman")
    end(talk)
    path = f"/registrations/{guest.token}/feedback/"
    assert "How do you describe yourself" in client_for().get(path).text
    assert client_for().post(path, data={"rating": "5", "category": "woman"}).status_code == 303
    assert counts(talk) == counts(talk, Stage.ATTENDED) == {"woman": 1}
    db.session.expire_all()
    assert db.session.get_one(Registration, guest.id).composed == "registered attended"


def test_a_feedback_that_is_refused_counts_nobody(app: Flask, talk: Event) -> None:
    guest = seat(talk, "Gina")
    with travel(talk.ends_at):
        with atomic():
            feedback.give_feedback(guest.id, 5, category="woman")
        with atomic(), pytest.raises(feedback.FeedbackRefused):
            feedback.give_feedback(guest.id, 5, category="woman")
    assert counts(talk, Stage.ATTENDED) == {"woman": 1}


def test_speakers_and_the_invited_count_by_their_own_links(app: Flask, talk: Event, client_for: Any) -> None:
    speaker = speak(talk, "Sara")
    with atomic():
        invited = Invitation(
            event_id=talk.id, token="of-ivo", email="ivo@agency.example", created_at=now(), state=InvitationState.OPENED
        )
        db.session.add(invited)
    page = client_for().get(f"/speakers/{speaker.token}/")
    assert talk.title in page.text and "noindex" in page.text and page.headers["Cache-Control"] == "no-store"
    for _twice in range(2):
        client_for().post(f"/speakers/{speaker.token}/", data={"category": "other"})
        answer = client_for().post(
            "/invitations/of-ivo/declaration/", data={"category": "man", "back": "//evil.example"}
        )
        assert answer.headers["Location"] == f"/events/{talk.slug}/"
    assert counts(talk, Stage.SPOKE) == {"other": 1}
    assert counts(talk, Stage.INVITED) == {"man": 1}
    with app.test_request_context("/invitations/of-iva/"), atomic():
        invited = Invitation(
            event_id=talk.id, token="of-iva", email="iva@agency.example", created_at=now(), state=InvitationState.OPENED
        )
        db.session.add(invited)
        db.session.flush()
        part = render_template("events/_invitation_after.html", invitation=invited, event=invited.event)
        assert 'action="/invitations/of-iva/declaration/"' in part and 'value="/invitations/of-iva/"' in part
    assert client_for().get("/speakers/guessed/").status_code == 404
    assert client_for().get("/invitations/guessed/declaration/").status_code == 404


@pytest.mark.parametrize("engine", ["postgresql"])
def test_postgresql_notes_nothing_that_ties_a_count_to_somebody(app: Flask, talk: Event) -> None:
    """Each row carries the transaction that wrote it last: all counts of a stage carry the same."""
    declare(talk, woman=2, man=1)
    with atomic():
        written = db.session.execute(
            text("SELECT count(*) AS rows, count(DISTINCT xmin::text) AS by FROM event_composition")
        )
        assert tuple(written.one()) == (4, 1)


def test_counts_show_after_the_event_and_above_the_minimum(
    app: Flask, talk: Event, cast: Cast, client_for: Any
) -> None:
    declare(talk, woman=7, man=4, unsaid=1)
    organiser = client_for(cast.organiser)
    path = f"/manage/events/{talk.id}/composition"
    assert "The counts stand here once the event is over" in organiser.get(f"{path}/").text
    assert composition.tables(talk) == {}
    assert list(csv.DictReader(io.StringIO(organiser.get(f"{path}.csv").text.removeprefix("\ufeff")))) == []
    assert composition.composition_for_year(talk.starts_at.year).figures == {}
    end(talk)
    rows = list(csv.DictReader(io.StringIO(organiser.get(f"{path}.csv").text.removeprefix("\ufeff"))))
    (row,) = [row for row in rows if row["Stage"] == "Were registered"]
    assert (row["Women"], row["Men"], row["All who answered"]) == ("7", "not shown", "not shown")
    assert ">7<" in organiser.get(f"{path}/").text and ">12<" in organiser.get(f"{path}/").text  # people in all


def test_a_year_adds_up_without_telling_what_an_event_hides(app: Flask, cast: Cast, client_for: Any) -> None:
    at = datetime(2025, 3, 8, 12, tzinfo=UTC)
    times = {"starts_at": at, "ends_at": at + timedelta(hours=1)}
    events = [make_event(title=f"Talk {number}", capacity=40, status="draft", **times) for number in range(3)]
    said = ({"woman": 9, "man": 3}, {"woman": 6, "man": 4}, {"woman": 2, "man": 5})
    for event, of_event in zip(events, said, strict=True):
        with atomic():
            remains.decide_after(event.id, actor_id=None, composition_asked=True)
        with travel(event.starts_at - timedelta(days=2)):
            with atomic():
                services.set_status(event.id, "published")
            declare(event, **of_event)
    year = 2025
    found = composition.composition_for_year(year)
    registered = found.figures[Stage.REGISTERED]
    assert (registered["woman"].count, registered["woman"].complete) == (15, False)
    assert (registered["man"].count, registered["man"].complete) == (12, True)
    assert registered["other"].count is None
    assert found.events == 3
    answer = client_for(cast.organiser).get(f"/manage/composition/{year}.csv")
    lines = {row["How described"]: row for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))}
    assert (lines["Women"]["Count"], lines["Women"]["Complete"]) == ("15", "at least")
    assert client_for(cast.staff).get(f"/manage/composition/{year}.csv").status_code == 403


def test_the_public_reads_it_when_the_organiser_decides_so(
    app: Flask, talk: Event, cast: Cast, client_for: Any
) -> None:
    with atomic():
        campaign = services.create_campaign(
            title="Women's Day", starts_on=now().date(), ends_on=now().date(), published=True
        )
        db.session.get_one(Event, talk.id).campaign_id = campaign.id
    other, quiet = (make_event(title=title, capacity=40, days=1, campaign_id=campaign.id) for title in ("Two", "Three"))
    for event, public in ((other, True), (quiet, False)):
        with atomic():
            remains.decide_after(event.id, actor_id=None, composition_asked=True, composition_public=public)
    declare(talk, woman=7, man=4)
    declare(other, woman=6, man=5)
    declare(quiet, woman=9)
    page, campaigns, words = f"/events/{talk.slug}/", f"/campaigns/{campaign.slug}/", "Who took part"
    for event in (talk, other, quiet):
        end(event)
    assert words not in client_for().get(page).text
    kept = {"composition_asked": "y", "composition_public": "y", "minimum_cell": "5"}
    assert client_for(cast.organiser).post(f"/manage/events/{talk.id}/after/", data=kept).status_code == 303
    text = client_for().get(page).text.partition(words)[2]
    assert 'data-label="Women">7</td>' in text and 'data-label="Men">4</td>' not in text
    assert "Counts below 5 are not shown" in text
    text = client_for().get(campaigns).text.partition(words)[2]
    assert 'data-label="Women">13</td>' in text and 'data-label="Men">5</td>' in text and "at 2 events" in text
    with atomic():
        remains.decide_after(talk.id, actor_id=None, composition_public=False)
    assert words not in client_for().get(page).text
    assert 'data-label="Women">6</td>' in client_for().get(campaigns).text


def test_a_number_that_can_still_grow_is_not_public(app: Flask, talk: Event) -> None:
    rows = [seat(talk, f"guest{number}") for number in range(5)]
    with travel(talk.ends_at):
        for row in rows:
            with atomic():
                assert composition.declare_registration(row.id, Stage.ATTENDED, "woman")
    with atomic():
        remains.decide_after(talk.id, actor_id=None, composition_public=True)
    event = db.session.get_one(Event, talk.id)
    with travel(talk.ends_at + timedelta(days=59)):
        assert composition.tables(event)[Stage.ATTENDED].cells["woman"] == 5
        assert composition.public_tables(event) == {}
    with travel(talk.ends_at + timedelta(days=61)):
        assert composition.public_tables(event)[Stage.ATTENDED].cells["woman"] == 5


def test_the_minimum_is_a_promise(app: Flask, talk: Event, cast: Cast, client_for: Any) -> None:
    organiser, path = client_for(cast.organiser), f"/manage/events/{talk.id}/after/"
    kept = {"composition_asked": "y", "feedback_asked": "y"}
    assert organiser.post(path, data=kept | {"minimum_cell": "4"}).status_code == 303
    assert organiser.post(path, data=kept | {"minimum_cell": "2"}).status_code == 422
    declare(talk, woman=1)
    refused = organiser.post(path, data=kept | {"minimum_cell": "3"})
    assert refused.status_code == 422 and "It can only rise" in refused.text
    assert organiser.post(path, data=kept | {"minimum_cell": "6"}).status_code == 303


def test_an_organiser_is_asked_before_a_panel_of_one_sex_is_published(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(status="draft", capacity=10)
    with atomic():
        remains.decide_after(event.id, actor_id=None, composition_asked=True)
    organiser, path = client_for(cast.organiser), f"/manage/events/{event.id}/"
    words = "Is somebody missing from the panel?"
    speakers = [speak(event, name) for name in ("Sam", "Saul", "Sara")]
    assert words not in organiser.get(path).text
    for speaker in speakers[:2]:
        with atomic():
            composition.declare_speaker(speaker.id, "man")
    assert words in organiser.get(path).text
    with atomic():
        composition.declare_speaker(speakers[2].id, "woman")
    assert words not in organiser.get(path).text
    # The organiser's own count goes before; it is never among the declarations.
    assert organiser.post(f"{path}composition/", data={"woman": "0", "man": "3", "other": "0"}).status_code == 303
    assert words in organiser.get(path).text
    assert counts(event, Stage.SPOKE) == {"man": 2, "woman": 1, "panel_man": 3}
    end(event)
    with atomic():
        services.set_status(event.id, "published")
    assert set(composition.tables(event)[Stage.SPOKE].cells) == {"woman", "man", "other", "unsaid"}
