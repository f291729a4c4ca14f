"""Who sees which event, whichever door is used."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.cast import Cast
from tests.events.helpers import make_event, seat

# (audience, status): who may open the page; everybody else gets the answer of REFUSALS
OPEN = {
    ("public", "published"): {"nobody", "stranger", "staff", "organiser"},
    ("public", "postponed"): {"nobody", "stranger", "staff", "organiser"},
    ("public", "cancelled"): {"nobody", "stranger", "staff", "organiser"},
    ("public", "draft"): {"organiser"},
    ("staff", "published"): {"staff", "organiser"},
    ("staff", "draft"): {"organiser"},
    ("invited", "published"): {"organiser"},
    ("invited", "cancelled"): {"organiser"},
}


def refusal(audience: str, status: str, who: str) -> int:
    if audience == "staff" and status != "draft":
        return 303 if who == "nobody" else 403
    return 404


@pytest.mark.parametrize(("audience", "status"), list(OPEN))
def test_page_calendar_and_lists_agree(app: Flask, cast: Cast, client_for: Any, audience: str, status: str) -> None:
    event = make_event(audience=audience, status=status, capacity=3)
    for who in ("nobody", "stranger", "staff", "organiser"):
        client = client_for(None if who == "nobody" else getattr(cast, who))
        allowed = who in OPEN[(audience, status)]
        expected = 200 if allowed else refusal(audience, status, who)
        for path in ("", "event.ics"):
            assert client.get(f"/events/{event.slug}/{path}").status_code == expected, (who, path)
        listed = allowed and status != "draft"
        assert (event.title in client.get("/events/").text) is listed
        assert (event.title in client.get("/events/calendar.ics").text) is listed
        if not allowed:
            sent = client.post(
                f"/events/{event.slug}/registrations", data={"name": "X", "email": "x@x.example", "party": "1"}
            )
            assert sent.status_code == expected


def test_a_stranger_is_asked_to_sign_in_for_a_staff_event(app: Flask, client_for: Any) -> None:
    event = make_event(audience="staff")
    client = client_for()
    answer = client.get(f"/events/{event.slug}/")
    assert answer.location == f"/account/sign-in/?next=/events/{event.slug}/"
    assert "for staff" in client.get(answer.location).text
    assert event.title not in client.get(answer.location).text


def test_a_registration_opens_an_event_by_invitation_to_its_holder(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(audience="invited", capacity=3)
    with app.app_context():
        from app.core.transactions import atomic
        from app.events import services

        with atomic():
            services.register(event.id, name="Pia", email=cast.parent.email, by_organiser=True)
    assert client_for(cast.parent).get(f"/events/{event.slug}/").status_code == 200
    assert event.title in client_for(cast.parent).get("/events/").text
    assert client_for(cast.other_parent).get(f"/events/{event.slug}/").status_code == 404


def test_a_registration_page_needs_its_token(app: Flask, client_for: Any) -> None:
    registration = seat(make_event(capacity=1), "Ann")
    client = client_for()
    assert client.get("/registrations/nothing/").status_code == 404
    assert client.get("/registrations/nothing/event.ics").status_code == 404
    assert client.post("/registrations/nothing/withdrawal").status_code == 404
    answer = client.get(f"/registrations/{registration.token}/")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'content="noindex"' in answer.text


MANAGING = (
    "/manage/events/", "/manage/events/new/", "/manage/events/{id}/", "/manage/events/{id}/registrations/",
    "/manage/campaigns/", "/manage/campaigns/new/", "/manage/partners/",
    "/manage/partners/new/",
)  # fmt: skip
ACTIONS = ("publication", "postponement", "cancellation", "completion", "registrations/{registration}/withdrawal")


def test_managing_is_for_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=3)
    guest = seat(event, "Ann")
    for who, expected in (("nobody", 303), ("stranger", 403), ("helper", 403), ("curator", 403), ("organiser", 200)):
        client = client_for(None if who == "nobody" else getattr(cast, who))
        for path in MANAGING:
            assert client.get(path.format(id=event.id)).status_code == expected, (who, path)
        if expected != 200:
            for action in ACTIONS:
                path = f"/manage/events/{event.id}/{action.format(registration=guest.id)}"
                assert client.post(path).status_code == expected


@pytest.mark.parametrize("number", ["0", "999", "99999999999999999999", "-1", "x"])
def test_what_does_not_exist_is_not_found(app: Flask, cast: Cast, client_for: Any, number: str) -> None:
    client = client_for(cast.organiser)
    for path in (
        "events/{}/",
        "events/{}/registrations/",
        "campaigns/{}/",
        "partners/{}/",
    ):
        assert client.get("/manage/" + path.format(number)).status_code == 404
    for action in ("publication", "registrations/1/withdrawal"):
        assert client.post(f"/manage/events/{number}/{action}").status_code == 404


def test_a_guest_of_another_event_is_not_withdrawn_through_this_one(app: Flask, cast: Cast, client_for: Any) -> None:
    event, other = make_event(capacity=3), make_event(capacity=3)
    guest = seat(other, "Ann")
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/registrations/{guest.id}/withdrawal")
    assert answer.status_code == 404
