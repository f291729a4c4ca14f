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
from app.core.mail import Mail, MailState
from app.core.registry import registry
from app.core.transactions import atomic, locked
from app.events import asking, closed_list, feeds, holds, imports, inviting, messages, pools, programme
from app.events.columns import understood
from app.events.models import (
    Event,
    EventStatus,
    PoolKind,
    Question,
    QuestionKind,
    Registration,
    RegistrationStatus,
    SeatPool,
)
from app.events.series import create_series, put_in
from app.events.services import create_campaign, withdraw
from app.galleries.models import Artwork
from app.galleries.queries import auctionable
from app.payments import cards, checkout
from app.payments.models import Invoice, InvoiceStatus, Method, Payment
from app.payments.services import begin_payment, keep_session, record_cash
from app.payments.test_checkout import card_verdict
from app.web.lists import read_text
from tests.auctions.helpers import bid, hang, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.events.door_helpers import a_door, a_ticket
from tests.events.helpers import mails, make_event, seat
from tests.galleries.helpers import make_gallery
from tests.payments.helpers import make_invoice, make_partner
from tests.web import after_world

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
    queue = build_queue(event)
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
    with atomic():
        ids = [
            programme.save_speaker(
                event.id, actor_id=None, name=f"Voice {letter}", email=f"{letter}@home.example".lower()
            ).id
            for letter in "ABC"
        ]
        facts = {"title": "Part one", "starts_at": event.starts_at, "ends_at": event.ends_at}
        session = programme.save_session(event.id, speaker_ids=ids[:1], actor_id=None, **facts)
        series = create_series(title="Midday", actor_id=None)
        put_in(series.id, past.id, None)
        wanted = [inviting.Wanted(f"{name}@state.example", name, 3) for name in ("invited", "asked")]
        invited, asked = inviting.invite(event.id, wanted)
        closed_list.put(event.id, {"@school.example": "Parents"}, None)
        people = understood(read_text("Lea, lea@home.example"))
        lists = [
            imports.keep(event.id, imports.Kind.REGISTRATIONS, "a.csv", people, cast.organiser.id) for _ in range(2)
        ]
        feeds.renew(cast.parent.id)
    slip = make_event(title="By a slip")
    token_of, registration_id = seat(event, "Gil", 2).token, seat(event, "Nora").id
    own, chargeable = (make_invoice(francs * 100, partner=partner, person_id=cast.parent.id) for francs in (40, 50))
    registry().card_terms["thing"] = lambda ref: 0
    for holder in (cast.parent, cast.other_parent):
        leave_card(holder)
    with atomic():
        locked(Auction, soon.id).card_required = True
        card_token = cards.begin(cast.staff.id, "/").token
    return build_messages(cast, event) | {
        "speaker_id": ids[1], "session_id": session.id, "series_id": series.id, "series": series.slug, "slip_id": slip.id,
        "put_id": draft.id, "in_id": past.id,
        "minister": invited.token, "asked_invitation": asked.id, "list_id": lists[0].id, "other_list_id": lists[1].id,
        "closed": closed.slug, "closed_id": closed.id, "request_id": request_id, "owed_id": owed_id,
        "partner_id": partner, "campaign_id": campaign.id, "event_id": event.id, "draft_id": draft.id, "past_id": past.id,
        "event": event.slug, "registration": token_of, "registration_id": registration_id,
        "gallery_id": gallery.id, "gallery": gallery.slug, "artwork_id": plain, "purpose": "auction", "auction_id": auction.id,
        "auction": auction.slug, "over": over.slug, "over_id": over.id, "lot_id": lot.id, "empty_lot": lot_of(auction, 2).id,
        "award_id": award.id if award else 0, "sold_id": sold.id, "invoice_id": invoice.id, "invoice": unpaid.token, "owed_token": gift.token,
        "mistaken_id": mistaken.id, "payment_id": paid.id, "card_id": card.id, "person_id": cast.helper.id,
        "soon_id": soon.id, "entry_id": entry.id, **queue, **after_world.build_after(cast), **a_door(event),
        "own_invoice": own.token, "chargeable_id": chargeable.id,
        "card_token": card_token,
    }  # fmt: skip


def build_queue(event: Event) -> dict[str, Any]:
    """A question of every kind, seats kept back, an event that is full with a queue and an offer, and one that is asked
    for first."""
    condition: dict[str, Any] = {}
    with atomic():
        for kind in QuestionKind:
            options = "Bus\nTram" if kind in ("choice", "several") else ""
            made = asking.add_question(event.id, kind=kind, label=f"About {kind}", options=options, **condition)
            condition = {"condition_id": made.id, "condition_value": "Bus"} if kind == "choice" else {}
        spare = pools.add_pool(event.id, name="", kind=PoolKind.ROOM, capacity=0, largest_party=5, actor_id=None)
        pools.remove_pool(spare.id, None)
    full = make_event(title="Full", capacity=1, participants_listed=True, guest_names=True)
    seated = seat(full, "Sue")
    offered = seat(full, "Olaf", ask_first=True)
    waiting = [seat(full, name) for name in ("Willa", "Wim", "Wolf")]
    asked = make_event(title="Asked", capacity=100, approval=True)
    requests = [seat(asked, name) for name in ("Rita", "Rolf")]
    with atomic():
        withdraw(seated.id)
        spare = pools.add_pool(full.id, name="Loft", kind=PoolKind.ROOM, capacity=9, largest_party=5, actor_id=None)
        empty = pools.add_pool(full.id, name="Attic", kind=PoolKind.ROOM, capacity=9, largest_party=5, actor_id=None)
        kept = holds.hold(spare, 1, "The choir", now() + 24 * HOUR)
        (chooser,) = inviting.invite(full.id, [inviting.Wanted("chooser@state.example", "Chooser", 3)])
    return {
        "chooser": chooser.token,
        "full_id": full.id, "offered": offered.token, "waiting_id": waiting[1].id, "pool_id": spare.id, "empty_pool": empty.id,
        "hold_id": kept.id, "asked_id": asked.id, "request_id_of_event": requests[0].id, "waiting": waiting[0].token,
        "question_id": 1, "second_question": 2, "last_question": 7,
    }  # fmt: skip


def ask_anew() -> None:
    """Let everybody wait for a yes again whom a form answered."""
    with atomic():
        db.session.execute(
            update(Registration)
            .where(Registration.email.in_(("rita@home.example", "rolf@home.example")))
            .values(status=RegistrationStatus.REQUESTED, seated=0)
        )


def ask_few() -> None:
    """Forget the questions that a form added."""
    with atomic():
        db.session.execute(delete(Question).where(Question.id > 8))


def build_messages(cast: Cast, event: Event) -> dict[str, Any]:
    """A draft to change, one to send, one to throw away, and one that was sent and came back."""
    with atomic():
        made = [
            messages.draft(event.id, "seated", "Soup", "At {when}.", token(), cast.organiser.id).id for _ in range(4)
        ]
        messages.send(made[3], cast.organiser.id)
        lost = db.session.scalars(select(Mail).where(Mail.key.startswith(f"event_message:{made[3]}:")).limit(1)).one()
        lost.state, lost.reason = MailState.BOUNCED, "5.1.1 no such user"
    return {"message_id": made[0], "to_send": made[1], "to_go": made[2], "sent_id": made[3], "lost_id": lost.id}


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


def _retire_first(world: dict[str, Any], client: FlaskClient) -> dict[str, Any]:
    with atomic():
        asking.retire_question(world["question_id"])
    return {}


def _asking() -> list[str]:
    query = select(Registration.id).where(Registration.status == RegistrationStatus.REQUESTED)
    return [str(db.session.scalars(query.order_by(Registration.id)).first())]


def _pool_of_full() -> str:
    query = select(Registration.pool_id).where(Registration.email.startswith("willa@"))
    return str(db.session.scalars(query).one())


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


def publish_anew() -> None:
    """Publish again what a form took back."""
    with atomic():
        db.session.execute(update(Event).where(Event.title == "By a slip").values(status=EventStatus.PUBLISHED))


def take_out_again() -> None:
    """Take what a form put into a series out of it."""
    with atomic():
        db.session.execute(update(Event).where(Event.title == "A draft").values(series_id=None))


def forget_copies() -> None:
    """Throw the copies of the event away, and let it be in no series."""
    with atomic():
        event = db.session.get_one(Event, 1)
        event.series_id = None
        db.session.execute(delete(Event).where(Event.title == event.title, Event.id != 1))


def loft() -> str:
    """The room of the full event that has seats."""
    return str(db.session.scalars(select(SeatPool.id).where(SeatPool.name == "Loft")).one())


def draft_outside() -> str:
    """The event that may be put into the series."""
    return str(db.session.scalars(select(Event.id).where(Event.title == "A draft")).one())


def within(hours: int) -> Callable[[], str]:
    """A time of the event's first hours, as its clock shows it."""
    return lambda: f"{db.session.get_one(Event, 1).local_start + timedelta(hours=hours, minutes=1):%Y-%m-%dT%H:%M}"


def rising() -> str:
    """An amount above all others so far."""
    return str(100 + next(_numbers) * 25)


QUESTION = {"kind": "choice", "label": "Which bus?", "help": "From the station.", "options": "12\n13"}


def tomorrow() -> str:
    """A time in a day, as a form writes it."""
    return (now() + 24 * HOUR).strftime("%Y-%m-%dT%H:%M")


TIMES = {"starts_at": "ends_at", "ends_at": "registration_closes_at"}
EVENT = {
    "title": "Voices", "summary": "Two sentences.", "body": "All of it.", "starts_at": "2031-03-08T18:30",
    "ends_at": "2031-03-08T20:00", "place": "Room A", "online_url": "https://meet.example/a", "capacity": "80",
    "registration_closes_at": "2031-03-08T12:00", "partner_ids": ["1"],
}  # fmt: skip
OUTCOME = {
    "text": "Count them.", "addressee": "Governments", "owner": "Ola", "owner_email": "ola@ngo.example", "due_on": "2031-03-08",
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
ASKED = GUEST | {
    "diet": "No nuts.", "q1": "A word.", "q2": "Bus", "q3": ["Tram"], "q4": "12", "q5": "2031-03-08", "q6": "yes",
}  # fmt: skip
MESSAGE = {"part": "seated", "subject": "What to bring", "body": "Dear {name},\n\nbring bread."}
LABEL = {"title": "A door", "artist": "Mina", "medium": "Ink", "size": "A4", "caption": "Mine.", "alt": "A blue door."}
CONSENT = {"guardian": "Gwen G.", "text_version": "2006-1", "given_on": "2026-01-05", "scopes": ["web", "print"]}
SESSION = {"title": "Part two", "starts_at": within(0), "ends_at": within(1), "place": "Room B", "summary": "About it."}
SPEAKER = {
    "name": "Amina D.", "affiliation": "A night bus, Bergen", "biography": "Drives.", "email": "amina@home.example",
    "locale": "fr",
}  # fmt: skip
AT_PROGRAMME = ("programme.page", "event_id")
INVITED = {"name": "Ann", "party": "2", "guests": "Bo", "needs": "A ramp.", "diet": "No pork."}
AT_INVITATION, AT_INVITATIONS = ("invitations.page", "token=minister"), ("manage_invitations.index", "event_id")
AT_LIST = ("manage_lists.draft", "event_id draft_id=list_id")
AT_DESK = ("auction_room.desk_page", "auction_id")
AT_EVENT, AT_LOT = ("events.page", "slug=event"), ("auctions.lot", "slug=auction number=1")
AT_DOOR = ("door.page", "event_id")
AT_NEED = ("pledges.page", "slug=auction")
AT_WATCHED = ("auctions.lot", "slug=auction number=2")
AT_DRAFT, AT_SIGN_IN = ("manage_events.edit", "event_id=draft_id"), ("accounts.sign_in", "")
AT_MESSAGE = ("event_messages.page", "event_id message_id")
AT_ARTWORK, AT_INVOICE = ("manage_galleries.artwork", "artwork_id"), ("manage_payments.page", "invoice_id")

AT_SEATS, AT_QUESTIONS = ("manage_seats.page", "event_id=full_id"), ("manage_questions.page", "event_id")
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
        Case("events.register", None, "slug=event", AT_EVENT, ASKED),
        Case("events.register", "parent", "slug=event", AT_EVENT, {"name": "Pia", "party": "2", "needs": "A ramp."},
             after=give_back_seats),
        Case("own.details", None, "token=registration", fill={"name": "Gil", "party": "2", "q2": "Bus", "q3": ["Tram"]}),
        Case("own.details", None, "token=waiting", thorough=False,
             fill={"name": "Willa", "party": "1", "pool_id": _pool_of_full, "in_part": "y"}, beside={"pool_id": "party"}),
        Case("own.acceptance", None, "token=offered", ("events.registration", "token=offered")),
        Case("events.withdrawal", None, "token=registration", ("events.registration", "token=registration")),
        Case("manage_events.registrations", "organiser", "event_id", fill=GUEST),
        Case("manage_queue.party", "organiser", "event_id registration_id",
             ("manage_queue.registration", "event_id registration_id"), {"party": "2"}),
        Case("manage_queue.note", "organiser", "event_id registration_id",
             ("manage_queue.registration", "event_id registration_id"), {"note": "Speaks Arabic."}, thorough=False),
        Case("manage_events.withdrawal", "organiser", "event_id registration_id",
             ("manage_events.registrations", "event_id")),
        Case("manage_queue.decide", "organiser", "event_id=asked_id", ("manage_queue.requests", "event_id=asked_id"),
             {"registration_ids": _asking, "decision": "no", "reason": "It is full."}, after=ask_anew),
        Case("manage_queue.place", "organiser", "event_id=full_id registration_id=waiting_id",
             fill={"number": "2", "reason": "They come from far."}),
    ],
    "seats": [
        Case("manage_seats.page", "organiser", "event_id", fill={"offer_hours": "24", "registration_closes_at": ""}),
        Case("manage_seats.add", "organiser", "event_id=full_id", AT_SEATS, {"name": "Room 5", "capacity": "8"}),
        Case("manage_seats.pool", "organiser", "event_id=full_id pool_id", fill={"name": "Room 4", "capacity": "8"}),
        Case("manage_seats.removal", "organiser", "event_id=full_id pool_id=empty_pool",
             ("manage_seats.pool", "event_id=full_id pool_id=empty_pool")),
        Case("manage_seats.keep_back", "organiser", "event_id", ("manage_seats.page", "event_id"),
             {"seats": "1", "reason": "The choir.", "until": "2031-03-08T18:30"}),
        Case("manage_seats.release", "organiser", "event_id=full_id hold_id", AT_SEATS),
        Case("manage_questions.page", "organiser", "event_id", fill=QUESTION, after=ask_few),
        Case("manage_questions.question", "organiser", "event_id question_id=second_question", thorough=False,
             fill={"label": "How do you come?", "options": "Bus\nTram\nOn foot"}),
        Case("manage_questions.position", "organiser", "event_id question_id=last_question", AT_QUESTIONS),
        Case("manage_questions.retirement", "organiser", "event_id question_id", AT_QUESTIONS),
        Case("manage_questions.bring_back", "organiser", "event_id question_id", AT_QUESTIONS, before=_retire_first),
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
    "planning": [
        Case("programme.add_session", "organiser", "event_id", fill=SESSION, beside={"starts_at": "ends_at"}),
        Case("programme.session", "organiser", "event_id session_id", fill=SESSION, beside={"starts_at": "ends_at"},
             thorough=False),
        Case("programme.add_speaker", "organiser", "event_id", fill=SPEAKER),
        Case("programme.speaker", "organiser", "event_id speaker_id", fill=SPEAKER, thorough=False),
        Case("programme.move_up", "organiser", "event_id speaker_id", AT_PROGRAMME),
        Case("programme.letter", "organiser", "event_id speaker_id", AT_PROGRAMME, after=after_world.forget_letters),
        Case("programme.letters", "organiser", "event_id", AT_PROGRAMME, after=after_world.forget_letters),
        Case("planning.copies", "organiser", "event_id", fill={"starts_at": "2031-03-08T18:30", "times": "2"},
             after=forget_copies, thorough=False),
        Case("planning.take_back", "organiser", "event_id=slip_id", ("manage_events.edit", "event_id=slip_id"),
             after=publish_anew),
        Case("series.add", "organiser", fill={"title": "Midday talks", "summary": "At noon."}),
        Case("series.edit", "organiser", "series_id", fill={"title": "Midday talks", "summary": "At noon."}, thorough=False),
        Case("series.put_in", "organiser", "series_id", ("series.edit", "series_id"), {"event_id": draft_outside},
             after=take_out_again),
        Case("feeds.renew", "parent", page=("feeds.page", "")),
        Case("feeds.end", "parent", page=("feeds.page", "")),
        Case("series.take_out", "organiser", "series_id event_id=in_id", ("series.edit", "series_id")),
    ],
    "after": [
        Case("outcomes.tell", None, "token=outcome", ("outcomes.own", "token=outcome"),
             {"status": "in_progress", "text": after_world.something_new}),
        Case("outcomes.resign", None, "token=outcome", ("outcomes.own", "token=outcome"), {"word": "Ask Ida."},
             after=after_world.take_up_again, thorough=False),
        Case("manage_outcomes.of_event", "organiser", "event_id=past_id", fill=OUTCOME, after=after_world.forget_recorded),
        Case("manage_outcomes.edit", "organiser", "outcome_id", fill=OUTCOME, thorough=False),
        Case("manage_outcomes.follow_up", "organiser", "outcome_id", ("manage_outcomes.edit", "outcome_id"),
             {"step-text": after_world.something_new}, thorough=False),
        Case("manage_outcomes.show_note", "organiser", "outcome_id note_id wanted=publication",
             ("manage_outcomes.edit", "outcome_id")),
        Case("manage_outcomes.letter", "organiser", "outcome_id", ("manage_outcomes.edit", "outcome_id")),
        Case("after.give_feedback", None, "token=came", fill={"rating": "4", "liked": "The songs.", "improve": "Chairs."},
             after=after_world.ask_again),
        Case("after.declare", None, "token=asked", fill={"category": "woman"}, after=after_world.ask_again),
        Case("after.declare_invited", None, "token=invited", fill={"category": "man"}, after=after_world.ask_again),
        Case("after.speaker", None, "token=speaker", fill={"category": "other"}, after=after_world.ask_again),
        Case("manage_after.page", "organiser", "event_id=past_id", fill={"minutes": "We met.", "minimum_cell": "6"}, thorough=False),
        Case("manage_after.attended", "organiser", "event_id=held_id", thorough=False),
        Case("manage_after.everybody", "organiser", "event_id=held_id", ("manage_after.attended", "event_id=held_id")),
        Case("manage_after.composed", "organiser", "event_id=past_id", fill={"woman": "3", "man": "2", "other": "0"},
             thorough=False),
    ],
    "invitations": [
        Case("manage_invitations.add", "organiser", "event_id=full_id",
             fill={"people": "Ann <ann@x.example>", "message": "Come.", "answer_by": tomorrow}, thorough=False),
        Case("manage_invitations.remind", "organiser", "event_id", AT_INVITATIONS),
        Case("manage_invitations.send_again", "organiser", "event_id invitation_id=asked_invitation", AT_INVITATIONS),
        Case("manage_invitations.take_back", "organiser", "event_id invitation_id=asked_invitation", AT_INVITATIONS),
        Case("invitations.acceptance", None, "token=minister", AT_INVITATION, INVITED, may_write=("event_invitation",)),
        Case("invitations.acceptance", None, "token=chooser", ("invitations.page", "token=chooser"), INVITED | {"pool_id": loft},
             may_write=("event_invitation",), thorough=False),
        Case("invitations.refusal", None, "token=minister", AT_INVITATION, {"reason": "In New York."}),
    ],
    "lists": [
        Case("manage_lists.index", "organiser", "event_id", fill={"people": "Ann, ann@x.example"}, thorough=False),
        Case("manage_lists.addresses", "organiser", "event_id", fill={"people": "@x.example", "group": "Board"},
             thorough=False),
        Case("manage_lists.take_off", "organiser", "event_id", ("manage_lists.addresses", "event_id")),
        Case("manage_lists.confirm", "organiser", "event_id draft_id=list_id", AT_LIST),
        Case("manage_lists.discard", "organiser", "event_id draft_id=other_list_id",
             ("manage_lists.draft", "event_id draft_id=other_list_id")),
    ],
    "messages": [
        Case("event_messages.add", "organiser", "event_id", fill=MESSAGE),
        Case("event_messages.edit", "organiser", "event_id message_id", fill=MESSAGE, thorough=False),
        Case("event_messages.test", "organiser", "event_id message_id", AT_MESSAGE),
        Case("event_messages.delivery", "organiser", "event_id message_id=to_send", ("event_messages.page", "event_id message_id=to_send")),
        Case("event_messages.removal", "organiser", "event_id message_id=to_go", ("event_messages.page", "event_id message_id=to_go")),
        Case("event_messages.retry", "organiser", "event_id message_id=sent_id mail_id=lost_id",
             ("event_messages.page", "event_id message_id=sent_id")),
        Case("event_messages.reminder", "organiser", "event_id", ("event_messages.index", "event_id"), {"remind_hours": "48"}),
    ],
    "door": [
        Case("door.reverse", "helper", "event_id admission_id", ("door.doors", "event_id")),
        Case("door.arrive", "helper", "event_id", AT_DOOR, {"code": a_ticket, "operation": token}),
        Case("door.let_walk_in", "helper", "event_id", AT_DOOR, {"name": "Lu", "operation": token}),
        Case("door.open_door", "helper", "event_id", AT_DOOR, {"name": other_name, "device": "y"},
             beside={"device": "name", "pool_id": "name"}),
        Case("door.close_door", "helper", "event_id door_id", ("door.doors", "event_id")),
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
        Case("manage_auctions.add_thing", "organiser", "auction_id", ("manage_auctions.page", "auction_id"),
             fill={"thing_title": "A dinner", "thing_description": "For two.", "thing_given_by": "A café", "thing_start": "30"}),
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
    "sso.forget": "no field, and only beside an account of the organisation: tests/accounts/test_sso_people.py",
    "own.file": "a file, not a field: tests/events/test_files.py",
    "door.admissions": "scans that a device sends: tests/events/test_door_pages.py",
    "door.give_list": "a list that a device asks for: tests/events/test_door_pages.py",
    "manage_galleries.upload": "files, not fields: tests/galleries/test_upload.py",
    "pledges.withdraw": "no field: tests/auctions/test_pledges.py",
    "after_auction.take_back": "no field but the way back, as hand_over: tests/auctions/test_after.py",
    "planning.removal": "no field, and only once: tests/events/test_planning.py",
    "programme.remove_session": "no field, and only once: tests/events/test_programme.py",
    "programme.remove_speaker": "no field, and only once: tests/events/test_programme.py",
    "series.remove": "no field, and only once: tests/events/test_series.py",
    "payments.stripe_webhook": "signed, not a form: tests/payments/test_webhook.py",
    "invitations.opening": "sent by a script: tests/events/test_invitations.py",
    "push.unsubscribe": "sent by a script: tests/auctions/test_push.py",
    "dev.enter": "a development page without fields, absent in production",
}
