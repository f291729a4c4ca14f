"""Outcomes: recorded, followed up, reminded of, shown; and what a stranger, a former owner and another event do not get."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.clock import now, travel
from app.core.database import db
from app.core.mail import Suppressed
from app.core.transactions import atomic
from app.events import outcome_notices, outcomes, remains
from app.events.models import Event, Outcome, OutcomeNote, OutcomeStatus
from app.web.workbooks import read_workbook
from tests.cast import Cast
from tests.events.helpers import mails, make_event

OWNER = "ola@ngo.example"


@pytest.fixture
def meeting(cast: Cast) -> Event:
    """An expert meeting that was held, with its outcomes on show."""
    event = make_event(title="Bridging the gaps", kind="expert_meeting", days=-5, status="held")
    with atomic():
        remains.decide_after(event.id, actor_id=None, outcomes_public=True)
    return event


def record(event: Event, text: str = "Count them by sex.", **facts: Any) -> Outcome:
    """Write down a recommendation."""
    with atomic():
        made = outcomes.record_outcome(event.id, kind="recommendation", text=text, **facts)
    return made


def owned(event: Event, in_days: int = 30, **facts: Any) -> Outcome:
    """One that Ola sees to."""
    due_on = now().date() + timedelta(days=in_days)
    return record(event, owner="Ola Berg", owner_email=OWNER, due_on=due_on, **facts)


def fresh(outcome: Outcome) -> Outcome:
    """The outcome as it stands now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Outcome, outcome.id)


# Who may not


def test_managing_is_for_organisers(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    made = record(meeting)
    pages = (
        "/manage/outcomes/", "/manage/outcomes.csv", f"/manage/outcomes/{made.id}/",
        f"/manage/events/{meeting.id}/outcomes/", f"/manage/events/{meeting.id}/outcomes.csv",
    )  # fmt: skip
    for path in pages:
        assert client_for().get(path).status_code == 303, path
        assert client_for(cast.helper).get(path).status_code == 403, path
        assert client_for(cast.organiser).get(path).status_code == 200, path


@pytest.mark.parametrize("engine", ["sqlite"])
def test_another_outcomes_note_is_not_there(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    one, other = record(meeting), record(meeting, "Another.")
    with atomic():
        note_id = outcomes.follow_up(one.id, "in_progress", "Begun.").id  # type: ignore[union-attr]
    organiser = client_for(cast.organiser)
    assert organiser.post(f"/manage/outcomes/{other.id}/notes/{note_id}/publication").status_code == 404
    assert organiser.post(f"/manage/outcomes/{one.id}/notes/{note_id}/publication").status_code == 303
    assert organiser.get("/manage/outcomes/999/").status_code == 404
    assert organiser.get("/manage/events/999/outcomes/").status_code == 404


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_owners_page_is_for_whoever_holds_its_address(app: Flask, meeting: Event, client_for: Any) -> None:
    made = owned(meeting)
    answer = client_for().get(f"/outcomes/{made.token}/")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in answer.text
    assert OWNER not in answer.text
    assert client_for().get("/outcomes/guessed/").status_code == 404
    assert client_for().get(f"/outcomes/{record(meeting, 'Without an owner.').token}/").status_code == 404


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_public_page_is_the_organisers_decision(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    made = owned(meeting, addressee="Governments")
    record(meeting, "Between ourselves.", public=False)
    with atomic():
        outcomes.follow_up(made.id, "in_progress", "Said in public.", public=True)
        outcomes.follow_up(made.id, "in_progress", "Said in the corridor.")
    path = f"/events/{meeting.slug}/outcomes/"
    page = client_for().get(path).text
    assert "Count them by sex." in page and "To: Governments" in page and "Said in public." in page
    for hidden in ("Between ourselves", "corridor", OWNER, "Ola Berg", made.token):
        assert hidden not in page, hidden
    assert path in client_for().get(f"/events/{meeting.slug}/").text
    with atomic():
        remains.decide_after(meeting.id, actor_id=None, outcomes_public=False)
    assert client_for(cast.organiser).get(path).status_code == 404
    assert path not in client_for().get(f"/events/{meeting.slug}/").text


@pytest.mark.parametrize("engine", ["sqlite"])
def test_outcomes_of_a_staff_event_ask_to_sign_in(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(audience="staff", days=-5, status="held")
    record(event)
    with atomic():
        remains.decide_after(event.id, actor_id=None, outcomes_public=True)
    path = f"/events/{event.slug}/outcomes/"
    assert "/account/sign-in/" in client_for().get(path).headers["Location"]
    assert client_for(cast.stranger).get(path).status_code == 404
    assert client_for(cast.staff).get(path).status_code == 200


# Recording and following up


def test_an_organiser_records_and_changes(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    organiser = client_for(cast.organiser)
    path = f"/manage/events/{meeting.id}/outcomes/"
    facts = {"kind": "action", "text": "Print it.", "locale": "fr", "owner": "Ola", "owner_email": "OLA@ngo.example"}
    for _twice in range(2):
        answer = organiser.post(path, data=facts | {"due_on": "2031-03-08", "addressee": "Partners", "public": "y"})
        assert answer.status_code == 303
    made = db.session.scalars(select(Outcome)).one()
    assert (made.number, made.owner_email, made.locale, made.due_on) == (1, OWNER, "fr", date(2031, 3, 8))
    assert [note.status for note in made.notes] == [OutcomeStatus.OPEN]
    token = made.token
    answer = organiser.post(
        f"/manage/outcomes/{made.id}/", data=facts | {"text": "Print it twice.", "owner_email": "ida@ngo.example"}
    )
    assert answer.status_code == 303
    changed = fresh(made)
    assert (changed.text, changed.owner_email, changed.public) == ("Print it twice.", "ida@ngo.example", False)
    assert changed.token != token, "the former owner's link still opens the page"
    assert "Nothing is recorded yet" in organiser.get(f"/manage/events/{make_event().id}/outcomes/").text


def test_numbers_of_an_event_follow_each_other(app: Flask, meeting: Event) -> None:
    other = make_event(title="Another")
    numbers = [
        record(event, text).number for event, text in ((meeting, "a"), (meeting, "b"), (other, "a"), (meeting, "c"))
    ]
    assert numbers == [1, 2, 1, 3]


def test_every_change_of_state_is_a_note_kept_for_good(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    made = owned(meeting)
    organiser, owner = client_for(cast.organiser), client_for()
    steps = f"/manage/outcomes/{made.id}/notes"
    assert organiser.post(steps, data={"step-status": "open", "step-text": " "}).status_code == 422
    assert organiser.post(steps, data={"step-status": "in_progress", "step-text": "Begun."}).status_code == 303
    assert owner.post(f"/outcomes/{made.token}/notes", data={"status": "done", "text": "It is out."}).status_code == 303
    assert owner.post(f"/outcomes/{made.token}/notes", data={"status": "done", "text": "It is out."}).status_code == 303
    assert owner.post(f"/outcomes/{made.token}/notes", data={"status": "dropped", "text": "No."}).status_code == 422
    notes = [(note.status.value, note.text, note.by_owner, note.public) for note in fresh(made).notes]
    assert notes == [
        ("open", "", False, False), ("in_progress", "Begun.", False, False), ("done", "It is out.", True, False),
    ]  # fmt: skip
    assert fresh(made).status is OutcomeStatus.DONE
    # The public sees the state at once, and the owner's words once an organiser says so.
    public = f"/events/{meeting.slug}/outcomes/"
    assert "1 of 1 is done" in client_for().get(public).text and "It is out." not in client_for().get(public).text
    note_id = fresh(made).notes[-1].id
    organiser.post(f"{steps}/{note_id}/publication")
    assert "It is out." in client_for().get(public).text
    organiser.post(f"{steps}/{note_id}/concealment")
    assert "It is out." not in client_for().get(public).text


def test_what_was_dropped_is_the_organisers(app: Flask, meeting: Event, client_for: Any) -> None:
    made = owned(meeting)
    with atomic():
        outcomes.follow_up(made.id, "dropped", "No money.")
    assert "The organisers have closed this one" in client_for().get(f"/outcomes/{made.token}/").text
    assert client_for().post(f"/outcomes/{made.token}/notes", data={"status": "done"}).status_code == 303
    assert fresh(made).status is OutcomeStatus.DROPPED
    with atomic(), pytest.raises(outcomes.ProgressRefused):
        outcomes.progress(made.id, "done")


def test_an_owner_lets_it_go(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    made = owned(meeting, in_days=2)
    address = f"/outcomes/{made.token}/"
    assert client_for().post(f"{address}resignation", data={"word": "Ask Ida."}).status_code == 303
    left = fresh(made)
    assert (left.owner, left.owner_email, left.notes[-1].text) == ("", "", "Ask Ida.")
    assert client_for().get(address).status_code == 404
    outcome_notices.remind()
    assert mails("outcome_") == []
    assert "Ask Ida." in client_for(cast.organiser).get(f"/manage/outcomes/{made.id}/").text


# The list over all events


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_list_shows_overdue_first_and_filters(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    other = make_event(title="The breakfast", days=-9, status="held")
    owned(meeting, in_days=3, text="Soon due.")
    owned(other, in_days=-3, text="Long late.")
    record(meeting, "No day.")
    done = owned(meeting, in_days=-9, text="All done.")
    with atomic():
        outcomes.follow_up(done.id, "done")
    organiser = client_for(cast.organiser)

    def shown(query: str) -> list[str]:
        page = organiser.get(f"/manage/outcomes/?{query}").text
        places = {words: page.find(words) for words in ("Soon due.", "Long late.", "No day.", "All done.")}
        return sorted((words for words in places if places[words] >= 0), key=lambda words: places[words])

    assert shown("") == ["Long late.", "Soon due.", "No day."]
    assert shown("status=all") == ["Long late.", "Soon due.", "No day.", "All done."]
    assert shown("status=overdue") == ["Long late."]
    assert shown("status=done") == ["All done."]
    assert shown(f"event={other.id}") == ["Long late."]
    assert shown("q=OLA") == ["Long late.", "Soon due."]
    assert shown("q=zzz") == [] and "Nothing fits that" in organiser.get("/manage/outcomes/?q=zzz").text
    assert shown("status=<b>&event=x&page=0") == ["Long late.", "Soon due.", "No day."]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_desk_says_what_is_overdue(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    assert "is overdue" not in client_for(cast.organiser).get("/manage/").text
    owned(meeting, in_days=-3)
    make_event(title="Nobody said that it was held", days=-2)
    page = client_for(cast.organiser).get("/manage/").text
    assert "is overdue" in page and "was it held?" in page
    assert "overdue" not in client_for(cast.helper).get("/manage/").text


def test_spreadsheets_hold_no_formula(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    made = record(meeting, "=1+1")
    with atomic():
        outcomes.follow_up(made.id, "done", "-@x")
    for path in ("/manage/outcomes.csv?status=all", f"/manage/events/{meeting.id}/outcomes.csv"):
        answer = client_for(cast.organiser).get(path)
        (row,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
        assert (row["What is to be done"], row["Last word"], row["State"]) == ("'=1+1", "'-@x", "Done")


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_workbook_holds_the_same_as_text(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    record(meeting, "=1+1", due_on=date(2031, 3, 8))
    answer = client_for(cast.organiser).get(f"/manage/events/{meeting.id}/outcomes.xlsx")
    head, row = (line.cells for line in read_workbook(answer.data))
    found = dict(zip(head, row, strict=False))
    assert (found["What is to be done"], found["Due on"]) == ("=1+1", "2031-03-08")


# Reminders, with the clock moved


def letters(kind: str) -> int:
    """How many letters of a kind were written to the owner."""
    return len(mails(f"outcome_{kind}:", OWNER))


def test_once_before_then_weekly_and_never_after_it_is_done(app: Flask, meeting: Event) -> None:
    due_on = now().date() + timedelta(days=30)
    made = owned(meeting, locale="fr")
    start = datetime.combine(due_on, datetime.min.time(), UTC) + timedelta(hours=12)
    seen = []
    for day in range(-9, 17):
        for hour in (0, 3):  # the sweep runs often
            with travel(start + timedelta(days=day, hours=hour)):
                outcome_notices.remind()
        seen.append((letters("soon"), letters("late")))
    assert seen[:2] == [(0, 0)] * 2 and seen[2] == (1, 0) and seen[9] == (1, 0)
    assert [late for _soon, late in seen[10:]] == [1] * 7 + [2] * 7 + [3] * 2
    with atomic():
        outcomes.progress(made.id, "done", "It is out.")
    with travel(start + timedelta(days=60)):
        outcome_notices.remind()
    assert letters("late") == 3
    letter = mails("outcome_soon:")[0]
    assert f"/outcomes/{made.token}/" in letter.text and meeting.title in letter.subject
    assert letter.locale == "fr"


def test_nobody_is_woken(app: Flask, meeting: Event) -> None:
    made = owned(meeting, in_days=-1)
    night = datetime.combine(now().date(), datetime.min.time(), UTC) + timedelta(hours=2)
    assert made.due_on is not None
    with travel(night):
        outcome_notices.remind()
        assert letters("late") == 0
    with travel(night + timedelta(hours=8)):
        outcome_notices.remind()
    assert letters("late") == 1


def test_a_new_day_or_owner_is_reminded_anew(app: Flask, meeting: Event) -> None:
    made = owned(meeting, in_days=-2)
    outcome_notices.remind()
    with atomic():
        outcomes.change_outcome(made.id, actor_id=None, due_on=now().date() + timedelta(days=3))
    outcome_notices.remind()
    assert (letters("soon"), letters("late")) == (1, 1)
    with atomic():
        outcomes.change_outcome(made.id, actor_id=None, owner_email="ida@ngo.example")
    with travel(now() + timedelta(days=1)):
        outcome_notices.remind()
    assert (letters("soon"), len(mails("outcome_soon:", "ida@"))) == (1, 1)


def test_who_wants_no_mail_or_was_erased_gets_none(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    made = owned(meeting, in_days=-2)
    record(meeting, "Nobody's.", due_on=now().date())
    record(meeting, "Erased.", due_on=now().date(), owner="–", owner_email="x@erased.invalid")
    with atomic():
        db.session.add(Suppressed(address=OWNER, reason="asked", at=now()))
    outcome_notices.remind()
    client_for(cast.organiser).post(f"/manage/outcomes/{made.id}/letter")
    assert mails("outcome_") == []
    assert fresh(made).reminded_for is None


def test_the_link_is_sent_on_request_once_a_day(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    made = owned(meeting)
    for _twice in range(2):
        assert client_for(cast.organiser).post(f"/manage/outcomes/{made.id}/letter").status_code == 303
    (letter,) = mails("outcome_given:", OWNER)
    assert "To get no more" in letter.text and "To get no more" in letter.html


def test_a_slip_in_an_address_is_mended_the_same_day(app: Flask, meeting: Event, cast: Cast, client_for: Any) -> None:
    made, organiser = owned(meeting, in_days=3), client_for(cast.organiser)
    organiser.post(f"/manage/outcomes/{made.id}/letter")
    outcome_notices.remind()
    with atomic():
        outcomes.change_outcome(made.id, actor_id=None, owner_email="ida@ngo.example")
    organiser.post(f"/manage/outcomes/{made.id}/letter")
    outcome_notices.remind()
    assert [mail.recipient for mail in mails("outcome_given:")] == [OWNER, "ida@ngo.example"]
    assert [mail.recipient for mail in mails("outcome_soon:")] == [OWNER, "ida@ngo.example"]


def test_notes_are_only_ever_added(app: Flask, meeting: Event) -> None:
    """Nothing in the commands takes a note away: what was said stays said."""
    made = owned(meeting)
    for status in ("in_progress", "done", "in_progress", "dropped", "open"):
        with atomic():
            outcomes.follow_up(made.id, status)
    with atomic():
        outcomes.resign(made.id)
    count = db.session.scalar(select(func.count()).select_from(OutcomeNote).where(OutcomeNote.outcome_id == made.id))
    assert count == 7
