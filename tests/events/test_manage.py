"""Managing events, registrations and campaigns, through the pages."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import inviting, pools, queries
from app.events.models import Campaign, Event, PoolKind, Registration
from app.partners.models import Partner
from app.partners.services import create_partner
from tests.cast import Cast
from tests.events.helpers import attached, mails, make_event, seat

NEXT_YEAR = now().year + 1


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "title": "L’école d’été: une idée?", "kind": "talk", "campaign_id": "0", "summary": "One.", "body": "## Two",
        "materials": "", "timezone": "Europe/Zurich", "starts_at": f"{NEXT_YEAR}-03-08T18:30",
        "ends_at": f"{NEXT_YEAR}-03-08T20:00", "place": "Room A", "online_url": "", "audience": "public",
        "audience_note": "", "capacity": "40", "largest_party": "4", "registration_closes_at": "",
    } | changes  # fmt: skip


def the_event() -> Event:
    db.session.rollback()
    return db.session.scalar(select(Event).order_by(Event.id.desc()))


def test_from_draft_to_published(app: Flask, cast: Cast, client_for: Any) -> None:
    with atomic():
        partner = create_partner(name="École du Lac", kind="school")
    client = client_for(cast.organiser)
    answer = client.post("/manage/events/new/", data=typed(partner_ids=[str(partner.id)]))
    event = the_event()
    assert answer.location == f"/manage/events/{event.id}/"
    assert event.slug == "lecole-dete-une-idee"
    assert event.starts_at == datetime(NEXT_YEAR, 3, 8, 17, 30, tzinfo=UTC)  # read in the zone chosen
    assert event.status.value == "draft"
    assert client_for().get(f"/events/{event.slug}/").status_code == 404
    page = client.get(answer.location).text
    assert f'value="{NEXT_YEAR}-03-08T18:30"' in page
    client.post(f"/manage/events/{event.id}/publication")
    public = client_for().get(f"/events/{event.slug}/").text
    for words in ("École du Lac", "18:30", "Zurich time", "40 seats are free", "<h2>Two</h2>"):
        assert words in public


def test_the_same_title_twice_gets_two_addresses(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.organiser)
    for _ in range(3):
        client.post("/manage/events/new/", data=typed(title="Talk"))
    client.post("/manage/events/new/", data=typed(title="會議"))
    assert set(db.session.scalars(select(Event.slug))) == {"talk", "talk-2", "talk-3", "event"}


BAD = [
    ("title", ["", "   ", "x" * 201, "a\x00b", "a\u202eb"]),
    ("kind", ["", "party", "x" * 10_000]),
    ("campaign_id", ["7", "-1", "x", "9" * 40, "١"]),
    ("timezone", ["", "Mars/Olympus", "../../etc/passwd", "Europe/Zürich"]),
    ("starts_at", ["", "2026-02-30T10:00", "tomorrow", "9999-12-31T23:59", "0001-01-01T00:00", "2027-03-28T02:30", "NaN"]),
    ("ends_at", ["", f"{NEXT_YEAR}-03-08T18:30", f"{NEXT_YEAR}-03-07T18:30", "x" * 1000]),
    ("online_url", ["javascript:alert(1)", "//evil.example", "ftp://x.example", "https://", "https://a b.example"]),
    ("online_url", ["http://u@x.example", "https://x.example:99999/", "http://[::1", "https://x.example/\nX"]),
    ("capacity", ["-1", "1.5", "NaN", "1e9", "9" * 30, "100001", "--5"]),
    ("largest_party", ["", "0", "-3", "101"]),
    ("registration_closes_at", ["soon", f"{NEXT_YEAR}-03-09T18:30"]),
    ("audience", ["", "aliens"]),
    ("partner_ids", ["999", "x", "-1"]),
    ("summary", ["x" * 1001, "a\x00b"]),
    ("body", ["x" * 20_001]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "values"), BAD, ids=[f"{number}-{field}" for number, (field, _values) in enumerate(BAD)]
)
def test_bad_input_is_refused_and_what_was_typed_is_kept(
    app: Flask, cast: Cast, client_for: Any, field: str, values: list[str]
) -> None:
    client = client_for(cast.organiser)
    for value in values:
        answer = client.post("/manage/events/new/", data=typed(place="A place typed") | {field: value})
        assert answer.status_code in (400, 413, 422), (field, value[:30])
        if answer.status_code == 422:
            assert "A place typed" in answer.text
            assert 'role="alert"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Event)) == 0


def test_a_million_characters_and_a_thousand_fields(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.organiser)
    assert client.post("/manage/events/new/", data=typed(body="x" * 1_000_000)).status_code in (413, 422)
    many = {f"field{number}": "x" for number in range(1000)}
    assert client.post("/manage/events/new/", data=typed() | many).status_code < 500


def test_a_new_time_is_told_to_everybody_with_a_higher_sequence(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.organiser)
    client.post("/manage/events/new/", data=typed(capacity="1"))
    event = the_event()
    client.post(f"/manage/events/{event.id}/publication")
    seat(event, "Ann", locale="fr")
    seat(event, "Bea")
    first = attached(mails("event_confirmed")[0])[1]
    client.post(f"/manage/events/{event.id}/", data=typed(capacity="1", body="Only the text"))
    assert mails("event_changed") == []
    answer = client.post(f"/manage/events/{event.id}/", data=typed(capacity="1", place="Room B"), follow_redirects=True)
    assert "2 mails tell of it" in answer.text
    ann, bea = mails("event_changed")
    method, second = attached(ann)
    assert (method, second["UID"], str(second["LOCATION"])) == ("REQUEST", first["UID"], "Room B")
    assert int(second["SEQUENCE"]) > int(first["SEQUENCE"])
    assert bea.files == "[]"  # whoever waits has no entry to move


def test_cancelling_tells_everybody_why_and_is_final(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=1)
    seat(event, "Ann")
    seat(event, "Bea")
    client = client_for(cast.organiser)
    client.post(f"/manage/events/{event.id}/cancellation", data={"message": "The <speaker> is ill."})
    told = mails("event_cancelled")
    assert len(told) == 2
    assert all("The <speaker> is ill." in mail.text and "The <speaker>" not in mail.html for mail in told)
    assert attached(told[0])[0] == "CANCEL"
    assert "&lt;speaker&gt; is ill" in client_for().get(f"/events/{event.slug}/").text
    again = client.post(f"/manage/events/{event.id}/publication", follow_redirects=True)
    assert "cannot be done" in again.text
    client.post(f"/manage/events/{event.id}/cancellation", data={"message": "Twice."})
    assert len(mails("event_cancelled")) == 2
    assert queries.counts_of(event.id)["confirmed"] == (1, 1)


def test_a_message_that_is_too_long_changes_nothing(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=1)
    seat(event, "Ann")
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/postponement", data={"message": "x" * 1001})
    assert answer.status_code == 422
    assert the_event().status.value == "published"
    assert mails("event_postponed") == []


def test_seats_cannot_be_taken_off_while_somebody_is_registered(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.organiser)
    client.post("/manage/events/new/", data=typed())
    event = the_event()
    client.post(f"/manage/events/{event.id}/publication")
    guest = seat(event, "Ann")
    answer = client.post(f"/manage/events/{event.id}/", data=typed(capacity="", place="Elsewhere"))
    assert answer.status_code == 422
    assert "seats must stay" in answer.text
    assert the_event().place == "Room A"
    assert mails("event_changed") == []
    client_for().post(f"/registrations/{guest.token}/withdrawal")
    assert client.post(f"/manage/events/{event.id}/", data=typed(capacity="")).status_code == 303
    db.session.expire_all()
    assert the_event().pool is None
    assert client_for().get(f"/registrations/{guest.token}/").status_code == 200


def test_the_list_filters_and_pages(app: Flask, cast: Cast, client_for: Any) -> None:
    for number in range(52):
        make_event(title=f"Talk number {number:02}", status="draft")
    make_event(title="The 100% breakfast", kind="breakfast")
    client = client_for(cast.organiser)
    assert "Page 1 of 2" in client.get("/manage/events/").text
    for page in ("2", "99", "-1", "x", "9" * 30):
        assert client.get(f"/manage/events/?page={page}").status_code == 200
    found = client.get("/manage/events/?q=100%25&kind=breakfast&status=published").text
    assert "The 100% breakfast" in found
    assert "Talk number" not in found
    assert "No event fits" in client.get("/manage/events/?q=nothing+of+the+kind").text
    assert client.get("/manage/events/?status=nonsense&kind=nonsense").status_code == 200


def test_an_organiser_adds_and_withdraws_somebody(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=1)
    client = client_for(cast.organiser)
    path = f"/manage/events/{event.id}/registrations/"
    guest = {"name": "Pia", "email": "PIA@family.example", "party": "1", "needs": ""}
    assert client.post(path, data=guest).status_code == 303
    assert client.post(path, data=guest | {"name": "Omar", "email": "omar@home.example"}).status_code == 303
    page = client.get(path).text
    assert "pia@family.example" in page
    assert event.title in client_for(cast.parent).get("/account/").text
    rows = {row.name: row for row in db.session.scalars(queries.registrations_of(event.id))}
    assert (rows["Pia"].status.value, rows["Omar"].status.value) == ("confirmed", "waiting")
    client.post(f"{path}{rows['Pia'].id}/withdrawal")
    db.session.rollback()
    assert queries.seat_faults(event.id) == []
    assert mails("event_promoted", to="omar")
    for status in ("confirmed", "waiting", "withdrawn", "nonsense"):
        assert client.get(f"{path}?status={status}&q=o").status_code == 200
    assert client.post(path, data=guest | {"party": "2", "email": "x@x.example"}).status_code == 422
    assert client.post(path, data=guest | {"email": "nobody"}).status_code == 422
    closed = make_event(status="cancelled", capacity=3)
    refused = client.post(f"/manage/events/{closed.id}/registrations/", data=guest)
    assert refused.status_code == 422
    assert "cancelled" in refused.text


def test_the_spreadsheet_neutralises_formulas_and_keeps_phone_numbers(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    for name, needs in (
        ("=HYPERLINK(1)", "+41 22 555 01 02"),
        ("@SUM(A1)", "-1+cmd|' /C calc'!A0"),
        ('Ann, "A"', "two\nlines"),
    ):
        with atomic():
            from app.events import services

            services.register(event.id, name=name, email=f"g{len(needs)}@x.example", needs=needs)
    answer = client_for(cast.organiser).get(f"/manage/events/{event.id}/lists/registrations.csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{event.slug}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["Name"] for row in rows] == ["'=HYPERLINK(1)", "'@SUM(A1)", 'Ann, "A"']
    assert [row["Needs"] for row in rows] == ["+41 22 555 01 02", "'-1+cmd|' /C calc'!A0", "two\nlines"]


def campaign(**changes: str) -> dict[str, str]:
    return {
        "title": "Women’s Day", "summary": "", "accent": "#5B2A86", "starts_on": f"{NEXT_YEAR}-03-01",
        "ends_on": f"{NEXT_YEAR}-06-01", "beneficiary_id": "0", "published": "y",
    } | changes  # fmt: skip


def test_a_campaign_from_start_to_change(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.organiser)
    assert client.post("/manage/campaigns/new/", data=campaign()).status_code == 303
    row = db.session.scalar(select(Campaign))
    assert (row.slug, row.published) == ("womens-day", True)
    assert client.get(f"/manage/campaigns/{row.id}/").status_code == 200
    assert client.post(f"/manage/campaigns/{row.id}/", data=campaign(title="Renamed", accent="")).status_code == 303
    db.session.rollback()
    assert (row.slug, row.title, row.accent) == ("womens-day", "Renamed", "")
    assert "Renamed" in client.get("/manage/campaigns/").text
    assert "Renamed" in client_for().get("/events/").text


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("title", ["", " ", "x" * 201, "a\x00"]),
        ("accent", ["#F2B134", "#FFFFFF", "violet", "#12345", "#GGGGGG", "#5B2A86;}", "#5b2a86\n"]),
        ("starts_on", ["", "2026-02-30", "9999-01-01", "x"]),
        ("ends_on", ["", f"{NEXT_YEAR}-02-01", "0001-01-01"]),
        ("beneficiary_id", ["99", "x"]),
    ],
)
def test_a_bad_campaign_is_refused(app: Flask, cast: Cast, client_for: Any, field: str, values: list[str]) -> None:
    client = client_for(cast.organiser)
    for value in values:
        answer = client.post("/manage/campaigns/new/", data=campaign(**{field: value}))
        if value.strip() == "#5b2a86":
            assert answer.status_code == 303  # a stray line end is trimmed
            continue
        assert answer.status_code in (400, 422), (field, value)
        assert answer.status_code == 400 or f'id="{field}-error"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(Partner)) == 0


def test_who_is_in_already_cannot_be_withdrawn_and_the_words_say_so(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=3)
    ann = seat(event, "Ann", 2)
    with atomic():
        db.session.get_one(Registration, ann.id).arrived = 1
    for client, path in (
        (client_for(cast.organiser), f"/manage/events/{event.id}/registrations/{ann.id}/withdrawal"),
        (client_for(), f"/registrations/{ann.token}/withdrawal"),
    ):
        assert "is in the house already" in client.post(path, follow_redirects=True).text


def test_the_page_counts_everybody_who_would_be_told(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=3, approval=True)
    seat(event, "Ann")
    with atomic():
        inviting.invite(event.id, [inviting.Wanted("m@state.example")])
    page = client_for(cast.organiser).get(f"/manage/events/{event.id}/").text
    assert "2 mails tell of it at once. A cancellation is final." in page


def test_a_guest_added_by_hand_sits_where_the_organiser_says(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=1)
    with atomic():
        online = pools.add_pool(event.id, name="", kind=PoolKind.ONLINE, capacity=9, largest_party=5, actor_id=None).id
    client, path = client_for(cast.organiser), f"/manage/events/{event.id}/registrations/"
    guest = {"name": "Nadia", "email": "nadia@home.example", "party": "4"}
    assert client.post(path, data=guest | {"pool_id": "999"}).status_code == 422
    assert client.post(path, data=guest | {"pool_id": str(online)}).status_code == 303
    db.session.rollback()
    (nadia,) = db.session.scalars(select(Registration))
    assert (nadia.pool_id, nadia.seated) == (online, 4)
