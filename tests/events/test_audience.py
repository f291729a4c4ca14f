"""An event that one may not know of is not there: not in lists, feeds, pages, answers, or by sending a form to its address."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_login import AnonymousUserMixin
from sqlalchemy import event as sql_event
from sqlalchemy import func, select

from app.accounts.services import find_or_create
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import closed_list, inviting, listing, queries, services
from app.events.models import AllowedAddress, Event, Invitation, Registration
from app.galleries.models import Gallery
from tests.cast import Cast
from tests.events.helpers import make_event, seat
from tests.galleries.helpers import make_gallery

SLUG = "a-breakfast-that-nobody-guesses"
OUTSIDE = ("nobody", "stranger", "staff", "treasurer")


def hidden(audience: str, **values: Any) -> Event:
    return make_event(title="A breakfast that nobody guesses", audience=audience, capacity=9, **values)


def allow(event: Event, *addresses: str) -> None:
    with atomic():
        closed_list.put(event.id, dict.fromkeys(addresses, "Parents"), None)


def invite(event: Event, *people: str, **values: Any) -> list[Invitation]:
    """Invite by address; the invitations as they are kept."""
    with atomic():
        return inviting.invite(
            event.id, [inviting.Wanted(email, email.split("@")[0].title(), 3) for email in people], **values
        )


def who(cast: Cast, name: str) -> Any:
    return None if name == "nobody" else getattr(cast, name)


def bare(text: str, slug: str) -> str:
    """An answer without what differs between any two answers: tokens, and the address that was asked for."""
    return re.sub(r'(nonce|value)="[^"]*"', "", text).replace(slug, "*")


@pytest.mark.parametrize("audience", ["invited", "listed"])
def test_for_an_outsider_it_is_as_if_it_were_not_there(app: Flask, cast: Cast, client_for: Any, audience: str) -> None:
    start = now().date()
    with atomic():
        campaign = services.create_campaign(
            title="Day", starts_on=start, ends_on=start + timedelta(days=20), published=True
        )
        campaign_id = campaign.id
    event = hidden(audience, campaign_id=campaign_id, kind="breakfast")
    allow(event, "somebody@else.example", "@school.example")
    invite(event, "minister@state.example")
    gallery = make_gallery()
    with atomic():
        hung: Gallery = db.session.get_one(Gallery, gallery.id)
        hung.event_id, hung.published = event.id, True
    form = {"name": "X", "email": "minister@state.example", "party": "1", "operation": "an-operation-1"}
    for name in OUTSIDE:
        client = client_for(who(cast, name))
        client.get("/events/no-such-event/")  # the first answer brings a cookie
        for path in ("", "event.ics"):
            there = client.get(f"/events/{event.slug}/{path}")
            nowhere = client.get(f"/events/no-such-event/{path}")
            assert there.status_code == nowhere.status_code == 404
            assert bare(there.text, event.slug) == bare(nowhere.text, "no-such-event")
            assert dict(there.headers).keys() == dict(nowhere.headers).keys()
            as_json = client.get(f"/events/{event.slug}/{path}", headers={"Accept": "application/json"})
            assert as_json.status_code == 404
            assert event.title not in as_json.text
        for data in (form, {}):
            answers = [
                client.post(f"/events/{slug}/registrations", data=data) for slug in (event.slug, "no-such-event")
            ]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert bare(answers[0].text, event.slug) == bare(answers[1].text, "no-such-event")
        for path in (
            "/", "/events/", "/events/?q=breakfast", "/events/?q=nobody", "/events/?kind=breakfast", "/events/?campaign=day",
            "/events/calendar.ics", "/campaigns/day/", "/galleries/", f"/galleries/{gallery.slug}/", "/auctions/", "/account/",
        ):  # fmt: skip
            text = client.get(path).text
            assert event.title not in text, (name, path)
            assert event.slug not in text, (name, path)
        assert "breakfast" not in client.get("/events/").text  # not even its kind, among the filters
        for path in ("", "registrations/", "invitations/", "lists/", "addresses/", "lists/registrations.csv"):
            assert client.get(f"/manage/events/{event.id}/{path}").status_code in (303, 403)
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_no_address_of_the_house_tells_of_it(app: Flask, cast: Cast, client_for: Any, engine: str) -> None:
    """Every route there is, also those that are added later: the same status and the same words as for nothing."""
    event = hidden("invited", campaign_id=None)
    invite(event, "minister@state.example")
    seat(event, "Ann")
    there = {"slug": event.slug, "event_id": str(event.id)}
    nowhere = {"slug": "no-such-event", "event_id": "99999"}
    for person in (None, cast.stranger, cast.treasurer):
        client = client_for(person)
        for rule in app.url_map.iter_rules():
            if not {"slug", "event_id"} & set(rule.arguments):
                continue
            for method in {"GET", "POST"} & set(rule.methods or ()):
                answers = []
                for values in (there, nowhere):
                    path = re.sub(
                        r"<(?:any\((\w+)[^>]*\):|[^<>]*:)?(\w+)>",
                        lambda m, v=values: v.get(m[2], m[1] or "1"),
                        rule.rule,
                    )
                    answers.append(
                        client.open(path, method=method, data={"name": "X", "party": "1"} if method == "POST" else None)
                    )
                assert answers[0].status_code == answers[1].status_code, (rule.endpoint, method)
                assert event.title not in answers[0].text, (rule.endpoint, method)
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_same_questions_are_asked_of_the_database(app: Flask, cast: Cast, client_for: Any, engine: str) -> None:
    """So the time that an answer takes tells nothing either."""
    event = hidden("invited")
    asked: list[str] = []

    def listen(*arguments: Any) -> None:
        asked.append(arguments[2])

    for person in (None, cast.stranger):
        client = client_for(person)
        client.get("/events/no-such-event/")
        counts = []
        for slug in (event.slug, "no-such-event"):
            asked.clear()
            sql_event.listen(db.engine, "before_cursor_execute", listen)
            client.get(f"/events/{slug}/")
            sql_event.remove(db.engine, "before_cursor_execute", listen)
            counts.append(list(asked))
        assert counts[0] == counts[1] != []


@pytest.mark.parametrize(
    ("listed", "opens"),
    [
        ("pia@family.example", {"parent"}),
        ("@family.example", {"parent"}),
        ("@home.example", {"other_parent"}),
        ("@example", set()),
        ("amily.example", set()),
        ("@elsewhere.example", {"stranger"}),
    ],
)
def test_a_closed_list_opens_it_to_its_addresses_and_domains(
    app: Flask, cast: Cast, client_for: Any, listed: str, opens: set[str]
) -> None:
    event = hidden("listed")
    with atomic():
        db.session.add(AllowedAddress(event_id=event.id, address=listed))
    for name in ("nobody", "parent", "other_parent", "stranger", "staff"):
        client = client_for(who(cast, name))
        seen = name in opens
        assert client.get(f"/events/{event.slug}/").status_code == (200 if seen else 404), name
        assert (event.title in client.get("/events/").text) is seen
        assert (event.title in client.get("/events/calendar.ics").text) is seen
        sent = client.post(f"/events/{event.slug}/registrations", data={"name": "Me", "party": "1"})
        assert sent.status_code == (303 if seen else 404)


def test_a_list_opens_nothing_while_the_event_is_not_for_one(app: Flask, cast: Cast, client_for: Any) -> None:
    event = hidden("invited")
    allow(event, "@family.example")
    assert client_for(cast.parent).get(f"/events/{event.slug}/").status_code == 404


def test_an_address_that_nobody_verified_opens_nothing(app: Flask, cast: Cast, client_for: Any) -> None:
    listed, by_invitation = hidden("listed"), hidden("invited")
    allow(listed, "new@family.example")
    invite(by_invitation, "new@family.example")
    with atomic():
        person = find_or_create("new@family.example", "New")
        person.verified_at = None
    client = client_for(person)
    for event in (listed, by_invitation):
        assert client.get(f"/events/{event.slug}/").status_code == 404
    with atomic():
        find_or_create("new@family.example", "New").verified_at = now()
    for event in (listed, by_invitation):
        assert client.get(f"/events/{event.slug}/").status_code == 200


def test_a_part_of_staff_by_invitation(app: Flask, cast: Cast, client_for: Any) -> None:
    """The talk of 2006 was for the men among the staff: who is not invited does not hear of it."""
    event = hidden("invited")
    invite(event, cast.staff.email)
    assert client_for(cast.staff).get(f"/events/{event.slug}/").status_code == 200
    assert event.title in client_for(cast.staff).get("/").text
    for colleague in (cast.helper, cast.curator):
        assert client_for(colleague).get(f"/events/{event.slug}/").status_code == 404
        assert event.title not in client_for(colleague).get("/events/").text


def test_an_invitation_taken_back_closes_every_door(app: Flask, cast: Cast, client_for: Any) -> None:
    event = hidden("invited")
    (invitation,) = invite(event, cast.parent.email)
    client = client_for(cast.parent)
    assert client.get(f"/events/{event.slug}/").status_code == 200
    with atomic():
        inviting.take_back(event.id, invitation.id, None)
    assert client.get(f"/events/{event.slug}/").status_code == 404
    assert event.title not in client.get("/events/").text
    answer = client_for().get(f"/invitations/{invitation.token}/")
    assert answer.status_code == 410
    assert event.title not in answer.text


def test_the_invited_answer_on_their_own_page_and_not_by_the_form_for_everybody(
    app: Flask, cast: Cast, client_for: Any
) -> None:
    event = hidden("invited", largest_party=5)
    (invitation,) = invite(event, cast.parent.email, answer_by=now() + timedelta(hours=1))
    client = client_for(cast.parent)
    page = client.get(f"/events/{event.slug}/").text
    assert f"/invitations/{invitation.token}/" in page
    assert f"/events/{event.slug}/registrations" not in page
    for moment in (0, 2):
        with atomic():
            db.session.get_one(Invitation, invitation.id).answer_by = now() + timedelta(hours=1 - moment)
        sent = client.post(f"/events/{event.slug}/registrations", data={"name": "Me", "party": "5"})
        assert (sent.status_code, sent.location) == (303, f"/invitations/{invitation.token}/")
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 0


def test_who_let_an_invitation_to_a_public_event_pass_registers_as_everybody(
    app: Flask, cast: Cast, client_for: Any
) -> None:
    event = make_event(capacity=9)
    (invitation,) = invite(event, cast.parent.email, answer_by=now() + timedelta(hours=1))
    client, form = client_for(cast.parent), {"name": "Me", "party": "1"}
    assert "/invitations/" in client.post(f"/events/{event.slug}/registrations", data=form).location
    with atomic():
        db.session.get_one(Invitation, invitation.id).answer_by = now()
    assert "/registrations/" in client.post(f"/events/{event.slug}/registrations", data=form).location


def test_a_draft_is_hidden_from_the_listed_and_the_invited_too(app: Flask, cast: Cast, client_for: Any) -> None:
    event = hidden("listed", status="draft")
    allow(event, cast.parent.email)
    with atomic():
        db.session.add(
            Invitation(event_id=event.id, email=cast.parent.email, token="t" * 20, state="written", created_at=now())
        )
    assert client_for(cast.parent).get(f"/events/{event.slug}/").status_code == 404


def test_the_access_functions_say_the_same(app: Flask, cast: Cast) -> None:
    event = hidden("listed")
    allow(event, "@family.example")
    for viewer, seen in (
        (AnonymousUserMixin(), False),
        (cast.stranger, False),
        (cast.parent, True),
        (cast.admin, True),
    ):
        assert (queries.event_for(viewer, event.slug) is not None) is seen
        assert bool(db.session.scalars(queries.listed(viewer)).all()) is seen
        assert bool(listing.ahead(viewer, listing.Filters())) is seen
        assert bool(queries.upcoming(viewer=viewer)) is seen
        assert (event.kind in queries.kinds_used(viewer)) is seen
