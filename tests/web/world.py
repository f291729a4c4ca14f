"""A small world with one of everything, and the table of all forms: who sends them, from which page, with what."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from app.accounts.models import Person
from app.accounts.services import set_password
from app.auctions import absentee, desk, offers, room, settlement, voids, watching
from app.auctions.models import Auction, Bidder, Lot, LotEvent, LotStatus, PushSubscription, VoidRequest, lot_artwork
from app.core.clock import now, travel
from app.core.database import db
from app.core.ids import token
from app.core.registry import registry
from app.core.transactions import atomic, locked
from app.events.models import Event, EventStatus, Registration, RegistrationStatus
from app.events.services import create_campaign, withdraw
from app.galleries.models import Artwork
from app.galleries.queries import auctionable
from app.payments import cards, checkout
from app.payments.models import Invoice, InvoiceStatus, Method, Payment
from app.payments.services import begin_payment, keep_session, record_cash
from app.payments.test_checkout import card_verdict
from tests.auctions.helpers import bid, hang, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.events.helpers import mails, make_event, seat
from tests.galleries.helpers import make_gallery
from tests.payments.helpers import make_invoice, make_partner

PASSWORD = "a hammer falls on paper"
HOUR = timedelta(hours=1)
_numbers = itertools.count(1)


def build(cast: Cast) -> dict[str, Any]:
    """Save one of everything; returns what addresses are made of."""
    partner = make_partner("Passerelle")
    with atomic():
        campaign = create_campaign(
            title="Our mothers",
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 12, 1),
            published=True,
            beneficiary_id=partner,
        )
    event = make_event(capacity=500, largest_party=50)
    past = make_event(title="It was", days=-2)
    draft = make_event(title="A draft", status="draft", capacity=10)
    gallery = make_gallery()
    plain, *_candidates = hang([f"For a lot {number}" for number in range(60)])
    at = now().replace(second=0, microsecond=0)
    auction, over = (make_auction(2, opens_at=at - HOUR, closes_at=at + HOUR) for _ in range(2))
    soon = make_auction(1, opens_at=at + HOUR, closes_at=at + 2 * HOUR)
    bid(lot_of(auction), cast.staff, 20)
    bid(lot_of(auction), cast.parent, 22)
    with atomic():
        for person in (cast.parent, cast.guardian):
            desk.give_paddle(soon.id, person.id, entered_by=cast.helper.id)
        auction.called_number = 1
        rising_here = update(Lot).where(Lot.number == 1, Lot.auction_id.in_((auction.id, soon.id)))
        db.session.execute(rising_here.values(sanity_cap=10_000_000_00))  # their bids rise from one trial to the next
    with atomic():
        bidder_id = desk.bidder_id_of(soon.id, 100) or 0
        entry = absentee.enter(lot_of(soon).id, bidder_id, 20_00, entered_by=cast.helper.id)
    for number in (1, 2):
        bid(lot_of(over, number), cast.parent, 20)
    with travel(over.closes_at), atomic():
        award = settlement.close_lot(lot_of(over, 1).id)
    invoice, unpaid, mistaken, gift = (make_invoice(francs * 100, partner=partner) for francs in (5_000, 10, 20, 30))
    with atomic():
        paid = record_cash(invoice.id, 1_000_00, "world-cash", cast.helper.id, Method.CASH)
        card = begin_payment(unpaid.id, Method.TEST, "world-card")
        keep_session(card.id, f"test_{card.id}", "/")
    lot, sold = lot_of(auction, 1), lot_of(over, 1)
    with atomic():
        watching.watch(lot_of(auction, 2).id, cast.parent.id)
        locked(Auction, auction.id).need_title = "A school bus"
    closed, request_id, owed_id = build_closed(cast)
    own, chargeable = (make_invoice(francs * 100, partner=partner, person_id=cast.parent.id) for francs in (40, 50))
    registry().card_terms["thing"] = lambda ref: 0
    for holder in (cast.parent, cast.other_parent):
        leave_card(holder)
    with atomic():
        locked(Auction, soon.id).card_required = True
        card_token = cards.begin(cast.staff.id, "/").token
    return {
        "closed": closed.slug, "closed_id": closed.id, "request_id": request_id, "owed_id": owed_id,
        "partner_id": partner, "campaign_id": campaign.id, "event_id": event.id, "draft_id": draft.id, "past_id": past.id,
        "event": event.slug, "registration": seat(event, "Gil", 2).token, "registration_id": seat(event, "Nora").id,
        "gallery_id": gallery.id, "gallery": gallery.slug, "artwork_id": plain, "purpose": "auction", "auction_id": auction.id,
        "auction": auction.slug, "over": over.slug, "over_id": over.id, "lot_id": lot.id, "empty_lot": lot_of(auction, 2).id,
        "award_id": award.id if award else 0, "sold_id": sold.id, "invoice_id": invoice.id, "invoice": unpaid.token, "owed_token": gift.token,
        "mistaken_id": mistaken.id, "payment_id": paid.id, "card_id": card.id, "person_id": cast.helper.id,
        "soon_id": soon.id, "entry_id": entry.id, "own_invoice": own.token, "chargeable_id": chargeable.id,
        "card_token": card_token,
    }  # fmt: skip


def build_closed(cast: Cast) -> tuple[Auction, int, int]:
    """An auction that is over: lot 1 not paid, lot 2 not sold, lot 3 offered to Sami, on lot 4 a request to void."""
    closed = make_auction(4)
    for number in (1, 3, 4):
        bid(lot_of(closed, number), cast.staff, 20)
        bid(lot_of(closed, number), cast.parent, 50)
    with travel(closed.closes_at), atomic():
        awards = [settlement.close_lot(lot_id) for lot_id in [lot.id for lot in closed.lots]]
    owed, passed_on = (awards[index] for index in (0, 2))
    assert owed is not None
    assert passed_on is not None
    with atomic():
        offers.forfeit(passed_on.id, cast.organiser.id)
        request = voids.ask(lot_of_number(closed, 4), 1, "A slip.", cast.admin.id)
    return closed, request.id, owed.id


def leave_card(person: Person) -> None:
    """Let somebody leave a made-up card."""
    with atomic():
        card_id = cards.begin(person.id, "/").id
    checkout.apply(card_verdict(card_id, "4242"))


def lot_of_number(auction: Auction, number: int) -> int:
    """The id of a lot."""
    return db.session.scalars(select(Lot.id).where(Lot.auction_id == auction.id, Lot.number == number)).one()


def unsold() -> list[str]:
    """The lot that was closed without a bid."""
    query = select(Lot.id).where(Lot.settled_at.is_not(None), Lot.last_seq == 0).order_by(Lot.id)
    return [str(db.session.scalars(query.limit(1)).one())]


def close_again() -> None:
    """Let the lot that was opened again be closed."""
    with atomic():
        db.session.execute(update(Lot).where(Lot.scheduled_end > now() + 24 * HOUR).values(settled_at=now()))


def pause_anew() -> None:
    """Pause what a form let go on."""
    with atomic():
        db.session.execute(update(Auction).where(Auction.id == 1).values(paused_at=now()))


def go_on() -> None:
    """End the pause that a form began."""
    with atomic():
        db.session.execute(update(Auction).values(paused_at=None))
        db.session.execute(update(Lot).values(status=LotStatus.OPEN))


def ask_nothing() -> None:
    """Forget what Olga asked."""
    with atomic():
        db.session.execute(delete(VoidRequest).where(VoidRequest.reason != "A slip."))


def ask_for_cards() -> None:
    """Take back that somebody needs no card."""
    with atomic():
        db.session.execute(update(Bidder).values(card_waived_by=None))


def owe_again() -> None:
    """Let what was charged to a card be owed again; the book, which forgets nothing, is not asked."""
    with atomic():
        charged = select(Payment.invoice_id).where(Payment.provider_ref.startswith("test_charge_"))
        db.session.execute(update(Invoice).where(Invoice.id.in_(charged)).values(status=InvoiceStatus.OPEN))
        db.session.execute(delete(Payment).where(Payment.provider_ref.startswith("test_charge_")))


def _password(world: dict[str, Any], client: FlaskClient) -> dict[str, Any]:
    with atomic():
        set_password(db.session.scalars(select(Person).where(Person.email == "gwen@guardian.example")).one(), PASSWORD)
    return {}


def _code(world: dict[str, Any], client: FlaskClient) -> dict[str, Any]:
    client.post("/account/sign-in/", data={"email": "nina@home.example"})
    found = re.search(r"\b\d{6}\b", mails("", "nina@")[-1].text)
    return {"code": found.group() if found else ""}


def _browser(world: dict[str, Any], client: FlaskClient) -> dict[str, Any]:
    answer = client.post("/account/push-subscriptions", data=BROWSER)
    assert answer.status_code == 303, answer.status
    db.session.rollback()  # what was read before this request is older than its row
    world["browser_id"] = db.session.scalars(select(PushSubscription.id)).one()
    return {}


def _link(world: dict[str, Any], client: FlaskClient) -> dict[str, Any]:
    client.post("/account/sign-in/", data={"email": "lena@home.example"})
    found = re.search(r"/account/link/(\S+)", mails("", "lena@")[-1].text)
    world["secret"] = found.group(1) if found else ""
    return {}


@dataclass(frozen=True)
class Case:
    """A form. `args` fill its address and `page` is where it stands (endpoint and args), both from the world; `fill` is
    what a person types. `beside` names fields whose fault may be told beside another. `may_write` are tables that also
    a refused form writes to; `may_go` are fields asked for only once; `after` undoes what a form did."""

    endpoint: str
    who: str | None
    args: str = ""
    page: tuple[str, str] | None = None
    fill: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    may_write: tuple[str, ...] = ()
    may_go: tuple[str, ...] = ()
    before: Callable[[dict[str, Any], FlaskClient], dict[str, Any]] | None = None
    after: Callable[[], None] | None = None
    thorough: bool = True

    def address(self, app: Flask, world: dict[str, Any]) -> str:
        """Where it is sent."""
        return _address(app, world, self.endpoint, self.args)

    def stands_at(self, app: Flask, world: dict[str, Any]) -> str:
        """The page that shows it."""
        return _address(app, world, *(self.page or (self.endpoint, self.args)))


def _address(app: Flask, world: dict[str, Any], endpoint: str, args: str) -> str:
    values = {}
    for part in args.split():
        name, _, source = part.partition("=")
        values[name] = world.get(source or name, source)
    with app.test_request_context("/"):
        return url_for(endpoint, **values)


def client_of(case: Case, cast: Cast, client_for: Browserlike) -> FlaskClient:
    """A client of whoever sends the form."""
    return client_for(getattr(cast, case.who) if case.who else None)


def called_out() -> str:
    """A paddle that does not lead the running auction's first lot."""
    query = select(Bidder.paddle).join(Lot, Lot.auction_id == Bidder.auction_id)
    query = query.where(Lot.id == 1, (Lot.leader_id.is_(None)) | (Lot.leader_id != Bidder.id))
    return str(db.session.scalars(query.order_by(Bidder.paddle).limit(1)).one())


def asked_for() -> str:
    """What the running auction's first lot takes now, in francs."""
    now_at = room.standing(db.session.get_one(Auction, 1), 1)
    return str(now_at.needed // 100 if now_at else 0)


def other_name() -> str:
    """A name that nobody at the desk has."""
    return f"Rosa Petit {next(_numbers)}"


def newcomer() -> str:
    """An address that no code was sent to yet."""
    return f"newcomer{next(_numbers)}@home.example"


def free_picture() -> str:
    """An artwork that may become a lot and is none."""
    query = auctionable().where(Artwork.id.not_in(select(lot_artwork.c.artwork_id))).order_by(Artwork.id)
    return str(db.session.scalars(query.limit(1)).one().id)


def standing_bid() -> str:
    """The number of the newest bid of the first lot that nobody has voided."""
    voided = select(LotEvent.voids_seq).where(LotEvent.lot_id == 1, LotEvent.voids_seq.is_not(None))
    query = select(LotEvent.seq).where(LotEvent.lot_id == 1, LotEvent.voids_seq.is_(None), LotEvent.seq.not_in(voided))
    return str(db.session.scalars(query.order_by(LotEvent.seq.desc()).limit(1)).one())


def give_back_seats() -> None:
    """Let Pia withdraw, so that the form to register stands again."""
    live = (Registration.status != RegistrationStatus.WITHDRAWN, Registration.email.startswith("pia@"))
    for registration in db.session.scalars(select(Registration).where(*live)).all():
        with atomic():
            withdraw(registration.id)


def reopen() -> None:
    """Take back what cannot be taken back: the event takes place, the invoice is owed."""
    with atomic():
        db.session.execute(update(Event).values(status=EventStatus.PUBLISHED))
        db.session.execute(
            update(Invoice).where(Invoice.status == InvoiceStatus.VOID).values(status=InvoiceStatus.OPEN)
        )


def rising() -> str:
    """An amount above all others so far."""
    return str(100 + next(_numbers) * 25)


TIMES = {"starts_at": "ends_at", "ends_at": "registration_closes_at"}
EVENT = {
    "title": "Voices", "summary": "Two sentences.", "body": "All of it.", "starts_at": "2031-03-08T18:30",
    "ends_at": "2031-03-08T20:00", "place": "Room A", "online_url": "https://meet.example/a", "capacity": "80",
    "registration_closes_at": "2031-03-08T12:00", "partner_ids": ["1"],
}  # fmt: skip
CAMPAIGN = {
    "title": "Our mothers", "summary": "About them.", "accent": "#5B2A86", "starts_on": "2026-03-01",
    "ends_on": "2026-12-31",
}  # fmt: skip
AUCTION = {
    "title": "A hammer", "opens_at": "2031-03-08T18:30", "closes_at": "2031-03-09T18:30", "summary": "Come.",
    "terms": "A bid is a promise.",
}  # fmt: skip
PARTNER = {
    "name": "École des Pâquis", "city": "Genève", "country": "CH", "website": "https://school.example/",
    "email": "office@school.example", "summary": "A school.",
}  # fmt: skip
GALLERY = {"title": "Three words", "summary": "A wall.", "themes": "Migration: Why do people leave?\nOur mothers"}
BROWSER = {
    "endpoint": "https://push.example/a", "auth": "c2l4dGVlbiBieXRlcy4uLg",
    "p256dh": "BAILH5kaTSsvQHB9QxdI2bvqRVprARrdHTG1oCWxkl8laDhSd6Vs42agrEw91Sazqyr7Gpl9PRC8tNfhTlAVp68",
}  # fmt: skip
GUEST = {"name": "Nadia", "email": "nadia@home.example", "party": "2", "needs": "A ramp."}
LABEL = {"title": "A door", "artist": "Mina", "medium": "Ink", "size": "A4", "caption": "Mine.", "alt": "A blue door."}
CONSENT = {"guardian": "Gwen G.", "text_version": "2006-1", "given_on": "2026-01-05", "scopes": ["web", "print"]}
AT_DESK = ("auction_room.desk_page", "auction_id")
AT_EVENT, AT_LOT = ("events.page", "slug=event"), ("auctions.lot", "slug=auction number=1")
AT_NEED = ("pledges.page", "slug=auction")
AT_WATCHED = ("auctions.lot", "slug=auction number=2")
AT_DRAFT, AT_SIGN_IN = ("manage_events.edit", "event_id=draft_id"), ("accounts.sign_in", "")
AT_ARTWORK, AT_INVOICE = ("manage_galleries.artwork", "artwork_id"), ("manage_payments.page", "invoice_id")

AT_CONTROL, AT_CLOSED = ("auction_control.page", "auction_id"), ("auction_control.page", "auction_id=closed_id")

CASES: dict[str, list[Case]] = {
    "accounts": [
        Case("accounts.sign_in", None, fill={"email": newcomer}),
        Case("accounts.password_sign_in", None, fill={"email": "gwen@guardian.example", "password": PASSWORD},
             beside={"email": "password"}, before=_password, thorough=False),
        Case("accounts.code", None, before=_code),
        Case("accounts.link", None, "secret", before=_link),
        Case("accounts.account", "parent", fill={"name": "Pia P."}),
        Case("accounts.password", "other_parent", fill={"password": "another hammer falls"}, thorough=False),
        Case("accounts.sign_out", "stranger", page=("accounts.account", "")),
        Case("accounts.sign_out_everywhere", "stranger", page=("accounts.account", "")),
        Case("accounts.people", "admin", fill={"email": "nico@agency.example", "role": "helper"}),
        Case("accounts.remove_role", "admin", "person_id role=helper", ("accounts.people", "")),
    ],
    "partners": [
        Case("partners.add", "organiser", fill=PARTNER),
        Case("partners.edit", "organiser", "partner_id", fill=PARTNER, thorough=False),
    ],
    "registrations": [
        Case("events.register", None, "slug=event", AT_EVENT, GUEST),
        Case("events.register", "parent", "slug=event", AT_EVENT, {"name": "Pia", "party": "2", "needs": "A ramp."},
             after=give_back_seats),
        Case("events.withdrawal", None, "token=registration", ("events.registration", "token=registration")),
        Case("manage_events.registrations", "organiser", "event_id", fill=GUEST),
        Case("manage_events.withdrawal", "organiser", "event_id registration_id",
             ("manage_events.registrations", "event_id")),
    ],
    "events": [
        Case("manage_events.add", "organiser", fill=EVENT, beside=TIMES),
        Case("manage_events.edit", "organiser", "event_id", fill=EVENT, beside=TIMES, thorough=False),
        Case("manage_events.add_campaign", "organiser", fill=CAMPAIGN, beside={"starts_on": "ends_on"}),
        Case("manage_events.edit_campaign", "organiser", "campaign_id", fill=CAMPAIGN,
             beside={"starts_on": "ends_on"}, thorough=False),
        Case("manage_events.publication", "organiser", "event_id=draft_id", AT_DRAFT),
        Case("manage_events.postponement", "organiser", "event_id=draft_id", AT_DRAFT, {"message": "Snow."}, after=reopen),
        Case("manage_events.completion", "organiser", "event_id=past_id", ("manage_events.edit", "event_id=past_id")),
        Case("manage_events.cancellation", "organiser", "event_id", ("manage_events.edit", "event_id"), after=reopen),
    ],
    "galleries": [
        Case("manage_galleries.add", "curator", fill=GALLERY),
        Case("manage_galleries.edit", "curator", "gallery_id", fill=GALLERY, thorough=False),
        Case("manage_galleries.withdraw", "curator", "gallery_id", ("manage_galleries.page", "gallery_id")),
        Case("manage_galleries.publish", "curator", "gallery_id", ("manage_galleries.page", "gallery_id")),
        Case("manage_galleries.artwork", "curator", "artwork_id", fill=LABEL),
        Case("manage_galleries.give_consent", "curator", "artwork_id", AT_ARTWORK, CONSENT),
        Case("manage_galleries.withdraw_consent", "curator", "artwork_id", AT_ARTWORK, {"scope": "web"}),
        Case("manage_galleries.withdraw_assent", "curator", "artwork_id", AT_ARTWORK),
        Case("manage_galleries.give_assent", "curator", "artwork_id", AT_ARTWORK),
        Case("manage_galleries.review", "second_curator", "artwork_id", AT_ARTWORK),
        Case("manage_galleries.delete", "curator", "artwork_id", AT_ARTWORK),
    ],
    "auctions": [
        Case("auctions.bid", None, "slug=auction number=1", AT_LOT, {"amount": rising}),
        Case("auctions.bid", "guardian", "slug=auction number=1", AT_LOT, {"amount": rising, "terms": "y"},
             beside={"terms": "amount"}, may_go=("terms",), may_write=("bid_refusal",)),
        Case("pledges.add", None, "slug=auction", AT_NEED, {"amount": "20"}),
        Case("pledges.add", "guardian", "slug=auction", AT_NEED, {"amount": "20", "terms": "y"},
             beside={"terms": "amount"}, may_go=("terms",)),
        Case("pledges.enter", "helper", "auction_id", ("pledges.managed", "auction_id"),
             {"paddle": "100", "amount": "5", "operation": token}),
        Case("watching.watch", "parent", "slug=auction number=1", AT_LOT),
        Case("watching.unwatch", "parent", "slug=auction number=2", AT_WATCHED),
        Case("auction_room.floor_bid", "helper", "auction_id", ("auction_room.floor", "auction_id"),
             {"lot": "1", "paddle": called_out, "amount": asked_for, "operation": token}, may_write=("bid_refusal",), may_go=("confirmed",)),
        Case("push.subscribe", "parent", page=("push.page", ""), fill=BROWSER,
             beside={"p256dh": "endpoint", "auth": "endpoint"}),
        Case("push.remove", "parent", "number=browser_id", ("push.page", ""), before=_browser),
        Case("auctions.invoice", "parent", "slug=over number=1", ("auctions.lot", "slug=over number=1")),
        Case("manage_auctions.add", "organiser", fill=AUCTION, beside={"opens_at": "closes_at"}),
        Case("manage_auctions.edit", "organiser", "auction_id", fill={"title": "A hammer"},
             beside={"opens_at": "closes_at", "timezone": "closes_at", "currency": "closes_at",
                     "eligibility": "closes_at", "beneficiary_id": "closes_at"}, thorough=False),
        Case("manage_auctions.add_lots", "organiser", "auction_id", ("manage_auctions.page", "auction_id"),
             {"start": "35", "artwork": free_picture}),
        Case("manage_auctions.lot", "organiser", "lot_id=empty_lot", fill={"reserve": "90", "sanity_cap": "900"}),
        Case("manage_auctions.void", "organiser", "lot_id", ("manage_auctions.lot", "lot_id"),
             {"seq": standing_bid, "reason": "A slip."}, beside={"reason": "seq"}),
        Case("manage_auctions.set_status", "organiser", "lot_id action=pause", ("manage_auctions.lot", "lot_id")),
        Case("auction_room.give_paddle", "helper", "auction_id", AT_DESK,
             {"name": other_name, "email": newcomer, "terms": "y"}, beside={"person": "name"}, may_go=("namesake",)),
        Case("auction_room.leave_maximum", "helper", "auction_id=soon_id", ("auction_room.desk_page", "auction_id=soon_id"),
             {"lot": "1", "paddle": "100", "maximum": rising}),
        Case("auction_room.take_back", "helper", "auction_id=soon_id entry_id",
             ("auction_room.desk_page", "auction_id=soon_id")),
        Case("auction_room.note_card", "helper", "auction_id=soon_id paddle=101 note=card-waiver",
             ("auction_room.desk_page", "auction_id=soon_id"), after=ask_for_cards),
        Case("auctioneer.call", "organiser", "auction_id", ("auctioneer.page", "auction_id"), {"number": "1"}),
        Case("auctioneer.freeze", "organiser", "auction_id", ("auctioneer.page", "auction_id")),
        Case("manage_auctions.hand_over", "helper", "award_id", ("manage_auctions.page", "auction_id=over_id")),
    ],
    "control": [
        Case("auction_control.stagger", "organiser", "auction_id", AT_CONTROL, {"group": "2", "step_s": "60"}),
        Case("auction_control.extend", "organiser", "auction_id", AT_CONTROL,
             {"minutes": "5", "extend_notice": "More time."}),
        Case("auction_control.say", "organiser", "auction_id", AT_CONTROL, {"notice": "Soup at seven."}),
        Case("auction_control.pause", "organiser", "auction_id", AT_CONTROL, {"pause_notice": "Wait."}, after=go_on),
        Case("auction_control.resume", "organiser", "auction_id", AT_CONTROL, {"resume_notice": "On."}, after=pause_anew),
        Case("auction_control.ask", "organiser", "auction_id=closed_id", AT_CLOSED, {"seq": "1", "reason": "A typing slip."},
             beside={"void_lot": "seq"}, after=ask_nothing),
        Case("auction_control.reopen", "organiser", "auction_id=closed_id", AT_CLOSED,
             {"reopen_lots": unsold, "until": "2031-01-01T10:00"}, after=close_again),
        Case("auction_control.decide", "organiser", "request_id verdict=approval", AT_CLOSED),
        Case("auction_control.forfeit", "organiser", "award_id=owed_id", AT_CLOSED),
        Case("auction_control.answer_offer", "staff", "slug=closed number=3 answer=refusal",
             ("auction_control.offer", "slug=closed number=3")),
    ],
    "payments": [
        Case("payments.add_extras", None, "token=owed_token", ("payments.invoice", "token=owed_token"), {"donation": "5"}),
        Case("payments.pay", None, "token=invoice", ("payments.invoice", "token=invoice")),
        Case("payments.test_checkout", None, "token=invoice payment_id=card_id", fill={"verdict": "pay"}),
        Case("cards.leave", "guardian", page=("cards.page", "")),
        Case("cards.test_page", "staff", "token=card_token", fill={"card": "4242"}),
        Case("cards.removal", "other_parent", page=("cards.page", "")),
        Case("cards.pay", "parent", "token=own_invoice", ("payments.invoice", "token=own_invoice")),
        Case("manage_payments.charge_card", "treasurer", "invoice_id=chargeable_id",
             ("manage_payments.page", "invoice_id=chargeable_id"), {"sure": "y"}, after=owe_again),
        Case("manage_payments.take_cash", "helper", "invoice_id", AT_INVOICE, {"amount": "0.05"}),
        Case("manage_payments.give_back", "treasurer", "payment_id", AT_INVOICE, {"amount": "0.05", "reason": "x"}),
        Case("manage_payments.pay_out", "treasurer", "purpose purpose_id=1 partner_id",
             ("manage_payments.books", ""), {"amount": "0.05", "memo": "Transfer 7"}),
        Case("manage_payments.take_back", "treasurer", "invoice_id=mistaken_id", ("manage_payments.page", "invoice_id=mistaken_id"),
             {"reason": "A slip."}, after=reopen),
    ],
}  # fmt: skip
EXCEPTIONS = {
    "manage_galleries.upload": "files, not fields: tests/galleries/test_upload.py",
    "pledges.withdraw": "no field: tests/auctions/test_pledges.py",
    "after_auction.take_back": "no field but the way back, as hand_over: tests/auctions/test_after.py",
    "payments.stripe_webhook": "signed, not a form: tests/payments/test_webhook.py",
    "push.unsubscribe": "sent by a script: tests/auctions/test_push.py",
    "dev.enter": "a development page without fields, absent in production",
}
