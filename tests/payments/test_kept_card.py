"""A card that is kept: left on Stripe's page, known by whatever is heard first, removed here and there."""

from __future__ import annotations

import itertools
import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.cli import privacy
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import Job, run_due
from app.core.registry import registry
from app.core.transactions import atomic
from app.payments import card_checkout, cards, jobs
from app.payments.card_models import CardFact, CardStatus, KeptCard
from app.payments.card_queries import card_of
from app.payments.card_rules import CardFactKind, CardState, CardTold, chargeable_from, fold
from app.payments.models import WebhookReceipt
from app.web import headers
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.payments.helpers import post, receipts, stripe_for
from tests.stripe_params import Params
from tests.stripe_server import Stripe

LATER = timedelta(hours=1)


def ask(client: Any, stripe: Stripe) -> str:
    """Press "Leave a card"; returns the session."""
    answer = client.post("/account/cards")
    assert answer.status_code == 303
    assert answer.location.startswith(f"{stripe.url}/pay/"), answer.location
    return str(answer.location.rsplit("/", 1)[1])


def kept(person: Any) -> KeptCard | None:
    """The card of a person, as it stands in the database now."""
    db.session.rollback()
    db.session.expire_all()
    return card_of(person.id)


def standing(person: Any) -> list[tuple[str, str]]:
    """(status, last four figures) of all that a person was asked for, oldest first."""
    db.session.rollback()
    db.session.expire_all()
    query = select(KeptCard).where(KeptCard.person_id == person.id).order_by(KeptCard.id)
    return [(card.status.value, card.last4) for card in db.session.scalars(query)]


# ---- who may


@pytest.mark.parametrize("path", ["/account/card/", "/account/cards", "/account/card/removal", "/account/cards/x/"])
def test_a_stranger_is_asked_to_sign_in(client_for: Browserlike, path: str) -> None:
    client = client_for()
    answer = client.post(path) if path in ("/account/cards", "/account/card/removal") else client.get(path)
    assert answer.status_code in (302, 303)
    assert "/account/sign-in/" in answer.location


def test_nobody_comes_back_to_the_card_of_another(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client_for(cast.parent).post("/account/cards")
    token = db.session.scalars(select(KeptCard.token)).one()
    other = client_for(cast.other_parent)
    for path in (f"/account/cards/{token}/", f"/account/cards/{token}/test/"):
        assert other.get(path).status_code == 404
    assert other.post(f"/account/cards/{token}/test/", data={"card": "4242"}).status_code == 404
    assert standing(cast.parent) == [("pending", "")]


# ---- the way there and back


def test_the_whole_way(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        session = ask(client, stripe)
        asked = stripe.sessions[session].params
        assert (asked["mode"], asked["customer_creation"], asked["customer_email"]) == (
            "setup",
            "always",
            cast.parent.email,
        )
        stripe.leave_card(session)  # and no event comes
        back = client.get(asked["success_url"])
        assert back.location.endswith("/account/card/")
        page = client.get("/account/card/").text
        assert "ending 4242 is kept" in page
        assert "Nothing was charged" in page
        assert standing(cast.parent) == [("kept", "4242")]
        assert client.post("/account/cards").location.endswith("/account/card/"), "one is enough"


def test_a_second_click_comes_to_the_same_page_and_a_lost_answer_too(
    app: Flask, cast: Cast, client_for: Browserlike
) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        stripe.lose_answers = 3
        assert client.post("/account/cards").location.endswith("/account/card/")
        assert "does not answer" in client.get("/account/card/").text
        assert ask(client, stripe) == ask(client, stripe)
        assert len(stripe.sessions) == len(standing(cast.parent)) == 1


def test_not_now_leads_back_and_the_page_stays(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        session = ask(client, stripe)
        assert client.get(stripe.sessions[session].params["cancel_url"]).location.endswith("/account/card/")
        assert ask(client, stripe) == session


def test_a_page_whose_time_is_over_is_replaced(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        session = ask(client, stripe)
        stripe.expire(session)
        assert ask(client, stripe) != session
    assert standing(cast.parent) == [("ended", ""), ("pending", "")]


def test_one_that_nobody_heard_of_is_found_by_asking(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    with stripe_for(app) as stripe:
        session = ask(client_for(cast.parent), stripe)
        stripe.leave_card(session)
        assert jobs.reconcile() == 0, "a young one is left alone"
        with travel(now() + LATER):
            stripe.down = True
            assert jobs.reconcile() == 0
            stripe.down = False
            assert jobs.reconcile() == 1
            assert jobs.reconcile() == 0
    assert standing(cast.parent) == [("kept", "4242")]


def test_the_webhook_alone_is_enough(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    with stripe_for(app) as stripe:
        session = ask(client_for(cast.parent), stripe)
        completed, succeeded = stripe.leave_card(session)
        assert post(client_for(), stripe, completed).status_code == 200
        assert standing(cast.parent) == [("pending", "")], "by which name is not known yet"
        assert post(client_for(), stripe, succeeded).status_code == 200
        assert standing(cast.parent) == [("kept", "")]
        run_due()
        assert standing(cast.parent) == [("kept", "4242")]


def test_the_test_card_page(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    address = client.post("/account/cards").location.removeprefix("http://localhost")
    assert "made-up" in client.get(address).text
    back = client.post(address, data={"card": ""}).location
    assert client.get(back).location.endswith("/account/card/")
    assert standing(cast.parent) == [("ended", "")]
    assert client.post(address, data={"card": "4242"}).status_code == 409
    address = client.post("/account/cards").location.removeprefix("http://localhost")
    assert client.post(address, data={"card": "4000"}).status_code == 303, "a card that is none is left by nobody"
    address = client.post("/account/cards").location.removeprefix("http://localhost")
    client.post(address, data={"card": "4242"})
    assert standing(cast.parent)[-1] == ("kept", "4242")
    with stripe_for(app):
        assert kept(cast.parent) is None, "a made-up card stands for nothing once cards are real"
        assert client.get(address).status_code == 404


# ---- one state, in every order


def test_every_order_and_any_duplicates_give_one_state(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    """Both events, the look-up, and the time-out that another server of Stripe's told late, each twice."""
    with stripe_for(app) as stripe:
        for number, order in enumerate(list(itertools.permutations(range(4)))[::3]):
            person = (cast.parent, cast.other_parent, cast.staff, cast.guardian)[number % 4]
            client = client_for(person)
            with atomic():
                cards.remove(person.id)
            session = ask(client, stripe)
            told = stripe.leave_card(session)
            told.append(stripe.event("checkout.session.expired", stripe.session(stripe.sessions[session])))
            for index in [*order, *reversed(order)]:
                if index == 3:
                    card_checkout.look_up(max(card.id for card in all_of(person)))
                else:
                    assert post(client_for(), stripe, told[index]).status_code == 200
            run_due()
            assert standing(person)[-1] == ("kept", "4242"), order
    assert set(receipts().values()) <= {"applied"}


def all_of(person: Any) -> list[KeptCard]:
    db.session.rollback()
    return list(db.session.scalars(select(KeptCard).where(KeptCard.person_id == person.id)))


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_of_two_cards_the_one_asked_for_last_is_kept(
    app: Flask, cast: Cast, client_for: Browserlike, order: tuple[int, ...]
) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        first = ask(client, stripe)
        stripe.expire(first)
        second = ask(client, stripe)
        stripe.sessions[first].status = "open"  # on another phone, before its time was over
        told = [stripe.leave_card(first, "9995"), stripe.leave_card(second)]
        for index in order:
            for event in told[index]:
                post(client_for(), stripe, event)
        run_due()
        assert standing(cast.parent) == [("removed", ""), ("kept", "4242")]
        assert stripe.cards[str(stripe.sessions[first].card)][1] is None, "the other is detached"
        assert stripe.cards[str(stripe.sessions[second].card)][1] is not None


TOLD = st.lists(
    st.sampled_from(
        [
            CardTold(CardFactKind.COMPLETED, "cs_1"), CardTold(CardFactKind.CUSTOMER, "cus_1"),
            CardTold(CardFactKind.CARD, "pm_1"), CardTold(CardFactKind.SHOWN, "visa 4242"),
            CardTold(CardFactKind.ENDED, "cs_1"), CardTold(CardFactKind.DETACHED, "pm_1"),
            CardTold(CardFactKind.DETACHED, "pm_of_another"),
        ]
    ),
    max_size=12,
)  # fmt: skip


def oracle(told: list[CardTold]) -> str:
    """Said anew, one question after another."""
    heard = {(fact.kind.value, fact.ref) for fact in told}
    if ("card", "pm_1") in heard and ("customer", "cus_1") in heard:
        return "gone" if ("detached", "pm_1") in heard else "kept"
    if ("card", "pm_1") in heard or ("completed", "cs_1") in heard:
        return "completed"
    return "ended" if ("ended", "cs_1") in heard else "pending"


@given(TOLD, st.randoms())
@settings(max_examples=300, deadline=None)
def test_the_state_is_of_a_set(told: list[CardTold], random: Any) -> None:
    shuffled = [*told, *told]
    random.shuffle(shuffled)
    state = fold(told)
    assert fold(shuffled) == state
    assert state.status == oracle(told)
    shown = CardTold(CardFactKind.SHOWN, "visa 4242") in told
    if state.status == "kept":
        assert state == CardState("kept", "cus_1", "pm_1", "visa" if shown else "", "4242" if shown else "")


@given(st.lists(st.none() | st.integers(1, 90), max_size=5))
@settings(max_examples=100, deadline=None)
def test_the_longest_term_of_all_lines_counts(days: list[int | None]) -> None:
    at = now()
    found = chargeable_from(at, days)
    if not days or None in days:
        assert found is None
    else:
        assert found == at + timedelta(days=max(day for day in days if day is not None))


# ---- what is not ours


@pytest.mark.parametrize(
    ("on_event", "on_thing"),
    [
        ({"account": "acct_other"}, {}),
        ({"livemode": True}, {}),
        ({}, {"client_reference_id": "card-999"}),
        ({}, {"client_reference_id": "card-999", "id": "cs_of_somebody_else"}),
        ({}, {"client_reference_id": None, "id": "cs_of_somebody_else"}),
        ({}, {"id": "cs_of_somebody_else"}),
    ],
)
def test_a_mismatch_is_put_aside(
    app: Flask, cast: Cast, client_for: Browserlike, on_event: Params, on_thing: Params
) -> None:
    with stripe_for(app) as stripe:
        session = ask(client_for(cast.parent), stripe)
        completed, succeeded = stripe.leave_card(session)
        forged = completed | on_event | {"data": {"object": completed["data"]["object"] | on_thing}, "id": "evt_forged"}
        assert post(client_for(), stripe, forged).status_code == 200
        assert receipts() == {"evt_forged": "aside"}
        assert db.session.scalars(select(CardFact)).all() == []
        page = client_for(cast.treasurer).get("/manage/ledger/").text
        assert "did not match" in page
        for event in (completed, succeeded):
            post(client_for(), stripe, event)
        assert standing(cast.parent) == [("kept", "")]


def test_the_card_of_another_house_is_none_of_our_business(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    with stripe_for(app) as stripe:
        session = ask(client_for(cast.parent), stripe)
        _completed, succeeded = stripe.leave_card(session)
        theirs = succeeded["data"]["object"] | {"metadata": {}}
        detached = stripe.detach(str(stripe.sessions[session].card))[0]
        for event in (stripe.event("setup_intent.succeeded", theirs), detached):
            post(client_for(), stripe, event)
    assert set(receipts().values()) == {"ignored"}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("checkout.session.completed", {"mode": "setup"}),
        ("checkout.session.completed", {"mode": "setup", "id": "c" * 5000}),
        ("checkout.session.completed", {"mode": "setup", "id": "cs_1", "customer": {"id": 7}}),
        ("setup_intent.succeeded", {"metadata": {"kept_card": "1"}}),
        ("setup_intent.succeeded", {"id": "seti_1", "metadata": "x"}),
        ("payment_method.detached", {"id": None}),
        ("payment_intent.succeeded", {"metadata": {"kept_card": "1"}, "id": "pi_1", "amount_received": "12"}),
    ],
)
def test_signed_nonsense_is_refused(app: Flask, client_for: Browserlike, kind: str, thing: Params) -> None:
    with stripe_for(app) as stripe:
        assert post(client_for(), stripe, stripe.event(kind, thing)).status_code == 400
    assert receipts() == {}


# ---- removing


def test_removed_here_and_there(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        session = ask(client, stripe)
        told = stripe.leave_card(session)
        for event in told:
            post(client_for(), stripe, event)
        run_due()
        names = [str(stripe.sessions[session].card), str(stripe.sessions[session].customer)]
        assert client.post("/account/card/removal").status_code == 303
        assert kept(cast.parent) is None
        stripe.down = True
        run_due()  # in vain: asked again later
        stripe.down = False
        with travel(now() + LATER):
            run_due()
        assert stripe.cards[names[0]][1] is None
        assert stripe.customers == set()
        post(client_for(), stripe, told[1] | {"id": "evt_late"})  # told again, long after
        with travel(now() + 2 * LATER):
            run_due()
        assert standing(cast.parent) == [("removed", "")]
        assert [name for name in names if name in everything()] == []
        assert "You keep no card" in client.get("/account/card/").text
        assert client.post("/account/card/removal").status_code == 303, "once more does nothing"


def everything() -> str:
    """All rows of tables that could hold a provider's name of a card, but for jobs that hold only our number."""
    db.session.rollback()
    db.session.expire_all()
    rows = [
        vars(row) for model in (KeptCard, CardFact, WebhookReceipt, Job) for row in db.session.scalars(select(model))
    ]
    return json.dumps(rows, default=str)


def test_removed_at_stripe(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    """Told by an event, and found by the look-up when the event came too early."""
    with stripe_for(app) as stripe:
        for early in (False, True):
            session = ask(client_for(cast.parent), stripe)
            told = stripe.leave_card(session)
            gone = stripe.detach(str(stripe.sessions[session].card))
            for event in [*gone, *told] if early else [*told, *gone]:
                post(client_for(), stripe, event)
            assert (kept(cast.parent) is not None) is early
            run_due()
            assert kept(cast.parent) is None


def test_a_card_that_stands_behind_something_stays(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        stripe.leave_card(ask(client, stripe))
        jobs_later(app)
        registry().card_claims.append(lambda person_id: ["You lead on lot 7."] if person_id == cast.parent.id else [])
        try:
            answer = client.post("/account/card/removal")
            assert answer.status_code == 409
            assert "You lead on lot 7." in answer.text
            assert kept(cast.parent) is not None
        finally:
            registry().card_claims.pop()


def jobs_later(app: Flask) -> None:
    with travel(now() + LATER):
        jobs.reconcile()
        run_due()


def test_an_erased_person_leaves_no_card(
    app: Flask, cast: Cast, client_for: Browserlike, caplog: pytest.LogCaptureFixture
) -> None:
    """Detached by a job, after the transaction; also one that is left on a page that was still open."""
    with stripe_for(app) as stripe:
        session = ask(client_for(cast.parent), stripe)
        told = stripe.leave_card(session)
        for event in told:
            post(client_for(), stripe, event)
        run_due()
        open_page = ask_beside(app, cast, stripe)
        exported = json.dumps(privacy.export(cast.parent.email))
        names = [str(stripe.sessions[session].card), str(stripe.sessions[session].customer)]
        assert "a card ending 4242" in exported
        assert [name for name in names if name in exported] == []
        db.session.rollback()
        calls = len(stripe.calls)
        with caplog.at_level(logging.DEBUG):
            privacy.erase(cast.parent.email)
        assert len(stripe.calls) == calls, "nothing is asked of Stripe inside the erasure"
        late = stripe.leave_card(open_page)
        run_due()
        assert stripe.customers == set()
        assert {has for _last4, has in stripe.cards.values()} == {None}
        for event in late:
            post(client_for(), stripe, event)
        with travel(now() + LATER):
            run_due()
        names += [session, open_page, str(stripe.sessions[open_page].card), str(stripe.sessions[open_page].customer)]
        assert [name for name in names if name in everything() + caplog.text] == []
        assert db.session.scalars(select(KeptCard.status)).all() == [CardStatus.REMOVED] * 2
        assert db.session.scalars(select(KeptCard.person_id)).all() == [None] * 2


def ask_beside(app: Flask, cast: Cast, stripe: Stripe) -> str:
    """Another page, asked for before the card was known."""
    with atomic():
        card = cards.begin(cast.parent.id, "/")
    address = card_checkout.gateway()[0].ask_for_card(
        card_checkout.CardRequest(
            f"x-{card.id}", card.id, cast.parent.email, "en", "http://localhost/", "http://localhost/"
        )
    )
    with atomic():
        cards.keep_page(card.id, address.ref, address.url)
    return address.ref


def test_the_names_of_a_card_are_on_no_page(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        session = ask(client, stripe)
        stripe.leave_card(session)
        client.get(stripe.sessions[session].params["success_url"])
        pages = [client.get(path).text for path in ("/account/", "/account/card/")]
        pages += [
            client_for(cast.admin).get(path).text
            for path in ("/manage/ledger/", "/manage/payments/", "/manage/people/")
        ]
        names = [str(stripe.sessions[session].card), str(stripe.sessions[session].customer), session]
        assert [name for name in names if name in "".join(pages)] == []
        assert "4242" in pages[0]
        assert "4242" not in "".join(pages[2:])


def test_only_with_stripe_may_a_form_lead_elsewhere(app: Flask) -> None:
    with app.test_request_context("/"):
        assert "form-action 'self';" in headers._policy(app.config["KERMESSE"])
        with stripe_for(app) as stripe:
            assert f"form-action 'self' {stripe.url};" in headers._policy(app.config["KERMESSE"])
