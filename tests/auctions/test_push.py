"""Notices to phones: who is told what, and what a phone is never told. A push service of the tests opens what arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from app.accounts.models import Person
from app.auctions import push, services, settlement, watching
from app.auctions.models import Lot, PushSubscription
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import Job, run_due
from app.core.mail import Mail, send_due
from app.core.transactions import atomic
from app.galleries.models import Artwork
from tests.auctions.helpers import bid, lot_of, mails, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.pushing import Phone, PushService, push_service

PAGE, ON, OFF = "/account/notices/", "/account/push-subscriptions", "/account/push-subscriptions/removal"


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


def phone_of(person: Person, service: PushService) -> Phone:
    """A phone that this person asked to be told on."""
    phone = service.phone()
    with atomic():
        push.subscribe(person.id, phone.target)
    return phone


def form_of(phone: Phone) -> dict[str, str]:
    return {"endpoint": phone.endpoint, "p256dh": phone.target.p256dh, "auth": phone.target.auth}


def work() -> None:
    """What the worker does now: mails are taken up, and their twins sent."""
    send_due()
    run_due()
    db.session.rollback()


def subscribed() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(PushSubscription.endpoint).order_by(PushSubscription.id)))


# On and off


def test_a_stranger_is_asked_to_sign_in(app: Flask, cast: Cast, client_for: Browserlike, service: PushService) -> None:
    phone = phone_of(cast.parent, service)
    client = client_for()
    assert [client.get(path).status_code for path in (PAGE, "/account/push.json")] == [303, 303]
    number = db.session.scalars(select(PushSubscription.id)).one()
    for path in (ON, OFF, f"{ON}/{number}/removal"):
        assert client.post(path, data=form_of(phone)).status_code == 303
    assert subscribed() == [phone.endpoint]


def test_on_and_off_again(app: Flask, cast: Cast, client_for: Browserlike, service: PushService) -> None:
    client, phone = client_for(cast.parent), service.phone()
    script = {"Accept": "application/json"}
    for _ in range(2):  # again changes nothing
        assert client.post(ON, data=form_of(phone), headers=script).status_code == 204
    assert client.get("/account/push.json").json["known"] == subscribed() == [phone.endpoint]
    assert "A browser, since" in client.get(PAGE).text
    assert "1 browser is told" in client.get("/account/").text
    assert client.post(OFF, data={"endpoint": phone.endpoint}, headers=script).status_code == 204
    assert subscribed() == []
    assert client.post(ON, data=form_of(phone)).headers["Location"] == PAGE
    number = db.session.scalars(select(PushSubscription.id)).one()
    assert client.post(f"{ON}/{number}/removal").headers["Location"] == PAGE
    assert subscribed() == []


def test_nobody_switches_off_or_sees_anothers(
    app: Flask, cast: Cast, client_for: Browserlike, service: PushService
) -> None:
    phone = phone_of(cast.parent, service)
    number = db.session.scalars(select(PushSubscription.id)).one()
    client = client_for(cast.stranger)
    client.post(f"{ON}/{number}/removal")
    client.post(OFF, data={"endpoint": phone.endpoint})
    assert subscribed() == [phone.endpoint]
    assert client.get("/account/push.json").json["known"] == []
    assert "A browser, since" not in client.get(PAGE).text


def test_who_signs_in_later_on_a_browser_takes_it_over(app: Flask, cast: Cast, service: PushService) -> None:
    phone = phone_of(cast.parent, service)
    with atomic():
        push.subscribe(cast.staff.id, phone.target)
    db.session.rollback()
    assert db.session.scalars(select(PushSubscription.person_id)).all() == [cast.staff.id]


def test_five_browsers_are_enough(app: Flask, cast: Cast, service: PushService) -> None:
    phones = [phone_of(cast.parent, service) for _ in range(push.MOST + 2)]
    assert subscribed() == [phone.endpoint for phone in phones[2:]]


@pytest.mark.parametrize(
    "changes",
    [{"endpoint": ""}, {"endpoint": "https://10.0.0.1/a"}, {"endpoint": "http://push.example/a"}, {"endpoint": "a\x00b"},
     {"endpoint": "https://push.example/" + "a" * 1000}, {"p256dh": ""}, {"p256dh": "A" * 87}, {"auth": "\ud800"}, {"auth": "AAAA"}],
)  # fmt: skip
def test_what_is_no_browser_is_refused(
    app: Flask, cast: Cast, client_for: Browserlike, changes: dict[str, str]
) -> None:
    sent = form_of(Phone("https://push.example/a")) | changes
    sent = {name: value.encode("utf-8", "surrogatepass").decode("latin-1") for name, value in sent.items()}
    answer = client_for(cast.parent).post(ON, data=sent)
    assert answer.status_code == 422
    assert 'id="endpoint-error"' in answer.text
    assert subscribed() == []


def test_the_worker_script_serves_the_whole_site(client_for: Browserlike) -> None:
    answer = client_for().get("/push-worker.js")
    assert answer.status_code == 200 and answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"


# What is told


def test_who_is_outbid_is_told_at_once(app: Flask, cast: Cast, service: PushService) -> None:
    auction = make_auction()
    phones = [phone_of(cast.parent, service), phone_of(cast.parent, service)]
    other = phone_of(cast.staff, service)
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.staff, 500)
    work()
    assert [service.told(phone) for phone in phones] == [
        [
            {
                "title": "Somebody bid more", "body": "“Picture 1” is at 22\u00a0CHF. 24\u00a0CHF keeps you in.",
                "url": f"/auctions/{auction.slug}/lots/1/", "tag": f"lot-{lot_of(auction).id}", "lang": "en",
            }
        ]
    ] * 2  # fmt: skip
    assert service.told(other) == []
    assert service.faults() == []
    work()
    assert len(service.arrived) == 2  # once
    assert len(mails("outbid:")) == 1  # and the mail as before


def test_a_bid_costs_no_statement_more(app: Flask, cast: Cast, service: PushService) -> None:
    auction = make_auction(2)
    counts = []
    for number in (1, 2):
        bid(lot_of(auction, number), cast.parent, 20)
        bid(lot_of(auction, number), cast.staff, 30)
        lot, said = lot_of(auction, number), []

        def note(*_: Any, said: list[int] = said) -> None:
            said.append(1)

        db.session.rollback()
        event.listen(db.engine, "before_cursor_execute", note)
        bid(lot, cast.parent, 50)
        event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len(said))
        phone_of(cast.staff, service)
        work()
    assert counts[0] == counts[1]


def test_in_the_readers_language_and_never_a_maximum_or_a_child(app: Flask, cast: Cast, service: PushService) -> None:
    auction = make_auction()
    phone, other = phone_of(cast.parent, service), phone_of(cast.staff, service)
    with atomic():
        db.session.execute(update(Person).where(Person.id == cast.parent.id).values(locale="fr"))
        db.session.execute(update(Artwork).values(artist="Lia"))
        db.session.execute(update(Lot).values(title="LIA et sa mère"))
    bid(lot_of(auction), cast.parent, 37)
    bid(lot_of(auction), cast.staff, 873)
    work()
    bid(lot_of(auction), cast.parent, 991)
    work()
    told = service.told(phone) + service.told(other)
    assert [one["lang"] for one in told] == ["fr", "en"]
    assert "Lot 1" in told[0]["body"] and "39" in told[0]["body"]
    words = json.dumps(told)
    assert [secret for secret in ("Lia", "LIA", "991", "Pia", "Sami", "@") if secret in words] == []
    assert "873" not in json.dumps(told[0])  # while it led


def test_what_no_longer_holds_is_not_told(app: Flask, cast: Cast, service: PushService) -> None:
    auction = make_auction(2)
    phone = phone_of(cast.parent, service)
    for number in (1, 2):
        bid(lot_of(auction, number), cast.parent, 20)
        bid(lot_of(auction, number), cast.staff, 30)
    bid(lot_of(auction, 1), cast.parent, 50)  # leads again, before the worker came by
    with travel(auction.closes_at + timedelta(seconds=1)):
        send_due()
        run_due()
    assert service.told(phone) == []


def test_winners_and_watchers_are_told(app: Flask, cast: Cast, client_for: Browserlike, service: PushService) -> None:
    auction = make_auction()
    winner, watcher = phone_of(cast.parent, service), phone_of(cast.guardian, service)
    for person in (cast.parent, cast.guardian):
        client_for(person).post(f"/auctions/{auction.slug}/lots/1/watch")
    bid(lot_of(auction), cast.parent, 20)
    with travel(auction.closes_at - timedelta(minutes=30)):
        watching.remind()
        work()
    (closing,) = service.told(watcher)
    assert closing["title"] == "“Picture 1” closes soon" and "10\u00a0CHF" in closing["body"]
    assert service.told(winner) == []
    with travel(auction.closes_at):
        with atomic():
            settlement.close_lot(lot_of(auction).id)
        work()
    (won,) = service.told(winner)
    assert won["title"] == "“Picture 1” is yours" and "20" not in won["body"]
    assert len(service.told(watcher)) == 1


def test_a_picture_without_consent_is_not_named(app: Flask, cast: Cast, service: PushService) -> None:
    auction = make_auction()
    phone = phone_of(cast.parent, service)
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.staff, 30)
    with atomic():
        for artwork in db.session.scalars(select(Artwork)):
            for consent in artwork.consents:
                consent.withdrawn_at = now()
    work()
    (told,) = service.told(phone)
    assert "“Lot 1”" in told["body"] and "Picture" not in json.dumps(told)


def test_somebody_disabled_is_told_nothing(app: Flask, cast: Cast, service: PushService) -> None:
    auction = make_auction()
    phone = phone_of(cast.parent, service)
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.staff, 30)
    send_due()
    with atomic():
        db.session.execute(update(Person).where(Person.id == cast.parent.id).values(active=False))
    db.session.expire_all()
    run_due()
    assert service.told(phone) == []


# When it does not go through


@pytest.fixture
def outbid(app: Flask, cast: Cast, service: PushService) -> list[Phone]:
    """Two phones of somebody who was just outbid; nothing is sent yet."""
    auction = make_auction()
    phones = [phone_of(cast.parent, service), phone_of(cast.parent, service)]
    bid(lot_of(auction), cast.parent, 20)
    bid(lot_of(auction), cast.staff, 30)
    return phones


def path_of(phone: Phone, service: PushService) -> str:
    return phone.endpoint.removeprefix(service.url)


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(service: PushService, outbid: list[Phone], status: int) -> None:
    service.by_path = {path_of(outbid[0], service): status}
    work()
    assert subscribed() == [outbid[1].endpoint]
    assert len(service.told(outbid[1])) == 1


@pytest.mark.parametrize(("status", "left"), [(503, 2), (403, 1)])
def test_others_are_tried_again_for_a_while(service: PushService, outbid: list[Phone], status: int, left: int) -> None:
    service.by_path = {path_of(outbid[0], service): status}
    at = now()
    for minute in range(20):
        with travel(at + timedelta(minutes=minute)):
            work()
    assert len(service.told(outbid[0])) == push.TRIES
    assert len(service.told(outbid[1])) == 1  # nobody is told twice for another's sake
    assert len(subscribed()) == left  # down is not gone; refusing us to the last is
    (job,) = db.session.scalars(select(Job).where(Job.kind == push.SEND))
    assert (job.done_at is not None, job.reason) == (True, None)


def test_a_service_that_comes_back_is_told_then(service: PushService, outbid: list[Phone]) -> None:
    service.status = 500
    work()
    service.status = 201
    with travel(now() + timedelta(minutes=1)):
        work()
    assert [len(service.told(phone)) for phone in outbid] == [2, 2]
    assert len(subscribed()) == 2


def test_nothing_is_queued_that_was_rolled_back(app: Flask, cast: Cast, service: PushService) -> None:
    phone = phone_of(cast.parent, service)
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 20)
    lot = lot_of(auction)
    with pytest.raises(ZeroDivisionError), atomic():
        services.place_bid(lot.id, cast.staff.id, 3000, "rolled-back", terms_accepted=True)
        1 / 0
    work()
    assert service.told(phone) == []


def test_the_network_is_never_used_inside_a_transaction(
    app: Flask, service: PushService, outbid: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = push.webpush.send, []

    def watched(*args: Any, **kwargs: Any) -> Any:
        seen.append(db.session().in_transaction())
        return real(*args, **kwargs)

    monkeypatch.setattr(push.webpush, "send", watched)
    work()
    assert seen == [False]


# Keeping


def test_a_year_later_it_is_forgotten(app: Flask, cast: Cast, service: PushService) -> None:
    phone_of(cast.parent, service)
    push.forget_old()
    assert len(subscribed()) == 1
    with travel(now() + timedelta(days=366)):
        push.forget_old()
    assert subscribed() == []


def test_no_log_names_a_browser(service: PushService, outbid: list[Phone], capsys: pytest.CaptureFixture[str]) -> None:
    service.status = 500
    work()
    said = capsys.readouterr()
    assert "/push/" not in said.err + said.out
    assert db.session.scalars(select(Mail.reason).where(Mail.reason.is_not(None))).all() == []
