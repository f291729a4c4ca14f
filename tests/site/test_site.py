"""Home, campaign, desk, the development pages, and what machines ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.config import read
from app.core import jobs
from app.core.clock import now
from app.core.database import db
from app.core.jobs import Job
from app.core.mail import Mail, queue_mail
from app.core.transactions import atomic
from app.galleries.models import Artwork
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike, settings
from tests.events.helpers import make_event


def test_the_home_page_of_an_empty_house(app: Flask, client_for: Browserlike) -> None:
    answer = client_for().get("/")
    assert answer.status_code == 200
    assert "http" not in answer.text.split("</head>")[1].replace("http://localhost", "").replace(
        "http://www.w3.org", ""
    )


def test_the_home_page_shows_what_runs(app: Flask, client_for: Browserlike) -> None:
    make_event(title="A suitcase for two")
    make_event(title="Not yet told", status="draft")
    make_auction(2, title="A hammer for Passerelle")
    page = client_for().get("/").text
    assert "A suitcase for two" in page
    assert "/auctions/a-hammer-for-passerelle/lots/2/" in page
    assert "Not yet told" not in page


def test_a_draft_campaign_is_the_organisers(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    from app.events.models import Campaign

    with atomic():
        at = now()
        db.session.add(Campaign(slug="spring", title="Spring", starts_on=at.date(), ends_on=at.date(), published=False))
    assert client_for().get("/campaigns/spring/").status_code == 404
    assert client_for(cast.stranger).get("/campaigns/spring/").status_code == 404
    assert client_for(cast.organiser).get("/campaigns/spring/").status_code == 200
    assert client_for().get("/campaigns/nothing/").status_code == 404


def attention(client: Any) -> str:
    page: str = client.get("/manage/").text
    return page.split('id="attention"')[1].split('id="tasks"')[0]


def test_the_desk_is_for_the_team(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    assert client_for().get("/manage/").status_code in (302, 303)
    assert client_for(cast.stranger).get("/manage/").status_code == 403
    assert "All is well" in attention(client_for(cast.organiser))


def test_the_desk_tells_what_waits(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    make_event(status="draft")
    auction = make_auction(2, minutes=1)
    bid(lot_of(auction), cast.parent, 20)
    from app.auctions import settlement
    from app.core.clock import travel

    with travel(lot_of(auction).closes_at + timedelta(seconds=1)):
        with atomic():
            settlement.close_lot(lot_of(auction).id)
        with atomic():
            first, second = db.session.query(Artwork).order_by(Artwork.id)
            first.reviewed_at = None
            for consent in second.consents:
                consent.withdrawn_at = now()
        said = attention(client_for(cast.organiser))
        for words in ("1 event waits to be", "second pair of eyes", "1 picture waits for a consent", "not paid yet"):
            assert words in said
        assert "waits for a consent" not in attention(client_for(cast.helper))


def test_live_and_ready(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    assert client.get("/livez").text == "ok\n"
    assert client.get("/readyz").get_json() == {"ready": True, "faults": {}}
    with atomic():
        queue_mail("late", "ann@home.example", "sign_in_code", "Late", code="1", link="/", minutes=1)
        db.session.flush()
        db.session.query(Mail).update({"created_at": now() - timedelta(hours=1)})
    answer = client.get("/readyz")
    assert (answer.status_code, list(answer.get_json()["faults"])) == (503, ["outbox"])


def test_metrics_are_for_this_computer_and_administrators(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    outside = {"REMOTE_ADDR": "192.0.2.7"}
    assert "kermesse_mails_queued 0.0" in client_for().get("/metrics").text
    assert client_for().get("/metrics", environ_base=outside).status_code == 404
    assert client_for(cast.organiser).get("/metrics", environ_base=outside).status_code == 404
    assert client_for(cast.admin).get("/metrics", environ_base=outside).status_code == 200


@pytest.mark.parametrize("path", ["/dev/", "/dev/mail/", "/dev/mail.json"])
def test_development_pages_stay_in_development(app: Flask, client_for: Browserlike, path: str, tmp_path: Any) -> None:
    assert client_for().get(path).status_code == 200
    assert client_for().get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    production = create_app(
        read(
            settings(
                KERMESSE_ENV="production",
                BASE_URL="https://fair.example",
                DATA_DIR=str(tmp_path),
                SMTP_URL="smtp://localhost:25",
                DATABASE_URL=app.config["KERMESSE"].database_url,
            )
        )
    )
    assert production.test_client().get(path, base_url="https://fair.example").status_code == 404
    with production.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
@pytest.mark.parametrize("path", ["/dev/", "/dev/mail/", "/metrics"])
def test_a_proxy_that_nobody_told_us_of_makes_nobody_sit_here(
    app: Flask, client_for: Browserlike, path: str, header: str
) -> None:
    """Behind a tunnel to this computer everybody comes from 127.0.0.1: they must not choose who to be."""
    assert client_for().get(path).status_code == 200
    assert client_for().get(path, headers={header: "192.0.2.7"}).status_code == 404
    assert client_for().get(path, environ_base={"REMOTE_ADDR": "unknown"}).status_code == 404


def test_entering_by_the_cast_is_development_too(app: Flask, client_for: Browserlike) -> None:
    outside = {"REMOTE_ADDR": "192.0.2.7"}
    assert client_for().post("/dev/enter/organiser", environ_base=outside).status_code == 404


def test_a_job_asked_for_again_gets_a_new_chance(app: Flask) -> None:
    with atomic():
        jobs.enqueue("demo", "1")
        db.session.flush()
        db.session.query(Job).update({"failed_at": now(), "attempts": 8, "reason": "gave up"})
    with atomic():
        jobs.enqueue("demo", "1")
    job = db.session.query(Job).one()
    db.session.refresh(job)
    assert (job.failed_at, job.attempts, job.reason) == (None, 0, None)
