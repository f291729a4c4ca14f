"""One person's data: all of it in the export, none of it after erasure, and nothing of anybody else touched."""

from __future__ import annotations

import html
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import Enum, String, select

from app.accounts import services as accounts
from app.accounts.models import Person
from app.auctions import push, settlement
from app.auctions import services as auctions
from app.auctions.models import Bidder, LotEvent, PushSubscription
from app.cli import traces
from app.core import audit
from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import enqueue
from app.core.mail import Mail, Suppressed, suppress
from app.core.transactions import atomic
from app.events import closed_list, feeds, imports, invitation_queries, inviting, messages, programme, queries
from app.events import services as events
from app.events.columns import understood
from app.events.models import EventMessage, Invitation, Registration, RegistrationStatus, SeatPool
from app.events.programme_queries import programme_of
from app.galleries.models import Consent
from app.partners.services import create_partner
from app.payments.models import Invoice, WebhookReceipt
from app.web.lists import read_text
from app.web.typed import TypedForm
from tests.auctions.helpers import lot_of, make_auction
from tests.cast import Cast
from tests.cli.house import command, empty_house, furnish, rows, stored
from tests.events.door_helpers import scan
from tests.events.helpers import make_event, seat
from tests.pushing import Phone

EMAIL, NAME = "pia@family.example", "Zoë O'Parent"


@pytest.fixture
def known(app: Flask, cast: Cast) -> Cast:
    """Somebody whose name and address stand wherever somebody could have written them."""
    with atomic():
        person = db.session.get_one(Person, cast.parent.id)
        person.name = NAME
    cast.parent.name = NAME
    furnish(cast)
    scatter(cast)
    return cast


def scatter(cast: Cast) -> None:
    """What organisers, forms and the payment provider wrote about a person."""
    with atomic():
        words = f"{NAME} <{EMAIL.upper()}> called"
        audit.record("void", "invoice", 1, cast.admin.id, reason=words)
        enqueue("galleries.derive", "x", artwork_id=0, note=words)
        db.session.add(
            TypedForm(token="t", path="/", fields=json.dumps([["name", NAME], ["x", "y"]]), created_at=now())
        )
        db.session.add(
            WebhookReceipt(
                event_id="evt_1", kind="x", payload=json.dumps({"email": EMAIL, "phone": "+41"}), received_at=now()
            )
        )
        db.session.add(
            Mail(
                key=f"note:{EMAIL}", recipient=cast.organiser.email, subject=f"About {NAME}", text=f"Ask {NAME}.\n-{NAME}",
                html=f"<p>Ask {html.escape(NAME)}, <a href='?to={quote(EMAIL)}'>{EMAIL}</a></p>",
                files=json.dumps([{"name": "a.txt", "content": f"One\n{NAME}\n{EMAIL}"}]),
                message_id="<1>", due_at=now(), created_at=now(), reason=f"{EMAIL}: refused",
            )
        )  # fmt: skip
        create_partner(name="The choir", kind="ngo", email=EMAIL, summary=f"Ask {NAME} or {EMAIL}.")
        db.session.scalars(select(Consent).limit(1)).one().guardian = NAME
    lot = lot_of(make_auction(1))
    with atomic():
        auctions.place_bid(lot.id, cast.parent.id, 9000, "a-slip", terms_accepted=True)
    with atomic():
        auctions.void_bid(lot.id, 1, f"{NAME} mistyped", cast.organiser.id)


def texts() -> dict[str, str]:
    """Every text of the database, by where it stands."""
    db.session.rollback()
    found = {}
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, String) and not isinstance(column.type, Enum):
                for number, value in enumerate(db.session.scalars(select(column))):
                    found[f"{column} {number}"] = value or ""
    return found


SPELLINGS = ("pia@family", "pia%40family", "O'Parent", "O&#x27;Parent", "O&#39;Parent", "Zoë", "Zo\\u00eb")


def traces_in(places: dict[str, str]) -> dict[str, str]:
    """Where a person is still named."""
    return {at: text for at, text in places.items() if any(form.lower() in text.lower() for form in SPELLINGS)}


# Export


def test_the_export_is_all_of_one_person_and_nothing_of_another(app: Flask, known: Cast) -> None:
    said = command(app, "export-person", EMAIL.upper())
    assert said.exit_code == 0
    found = json.loads(said.output)
    assert found["person"][0]["email"] == EMAIL
    assert [row["amount"] for row in found["bids"]] == [3000, 6000, 9000]
    assert len(found["paddles"]) == 2
    assert {row["needs"] for row in found["registrations"]} == {"A ramp"} and len(found["registrations"]) == 2
    assert (
        [row["amount"] for row in found["payments"]]
        == [row["amount"] for row in found["invoice_lines"]]
        == [award["amount"] for award in found["lots_won"]]
    )
    assert len(found["payments"]) == 1
    assert found["sign_in_codes"] and found["invoices"] and found["mails"]
    assert found["contact_of"][0]["name"] == "The choir"
    assert {row["recipient"] for row in found["mails"]} == {EMAIL}
    others = [person for person in vars(known).values() if person.id != known.parent.id]
    assert [person.email for person in others if person.email in said.output or person.name in said.output] == []


def test_the_export_holds_no_secret(app: Flask, known: Cast) -> None:
    with atomic():
        accounts.set_password(db.session.get_one(Person, known.parent.id), "a long enough password")
    said = command(app, "export-person", EMAIL).output
    person = db.session.get_one(Person, known.parent.id)
    held = [person.password, person.fs_uniquifier, *db.session.scalars(select(Invoice.token))]
    assert [secret for secret in held if secret and f'"{secret}"' in said] == []
    assert "argon2" not in said


def test_a_guest_without_an_account_is_exported(app: Flask) -> None:
    seat(make_event(capacity=3), "Guest")
    found = json.loads(command(app, "export-person", "guest@home.example").output)
    assert found["registrations"][0]["name"] == "Guest" and found["person"] == []


def test_the_browsers_that_are_told_are_exported_and_erased(app: Flask, known: Cast) -> None:
    theirs, other = Phone("https://push.example/theirs").target, Phone("https://push.example/other").target
    with atomic():
        push.subscribe(known.parent.id, theirs)
        push.subscribe(known.other_parent.id, other)
    said = command(app, "export-person", EMAIL).output
    assert [row["endpoint"] for row in json.loads(said)["browsers"]] == [theirs.endpoint]
    assert [secret for secret in (theirs.auth, theirs.p256dh, other.endpoint) if secret in said] == []
    command(app, "erase-person", EMAIL)
    assert list(db.session.scalars(select(PushSubscription.endpoint))) == [other.endpoint]


def test_messages_and_addresses_that_gave_mail_back_are_exported_and_erased(app: Flask, known: Cast) -> None:
    event = make_event(capacity=9)
    with atomic():
        events.register(event.id, name=NAME, email=EMAIL)
        theirs = messages.draft(
            event.id, "seated", f"From {NAME}", f"Dear {{name}}, ask {EMAIL}.", "op", known.parent.id
        )
        messages.send(theirs.id, known.parent.id)
        messages.send_test(theirs.id, known.organiser.email, NAME, "en")
        suppress(EMAIL, f"5.1.1 {EMAIL} is unknown")
        suppress("other@home.example", "5.1.1")
    found = json.loads(command(app, "export-person", EMAIL).output)
    assert [row["subject"] for row in found["messages_written"]] == [f"From {NAME}"]
    assert [row["address"] for row in found["addresses_not_written_to"]] == [EMAIL]
    assert [row["key"] for row in found["mails"] if row["letter"] == messages.LETTER]
    command(app, "erase-person", EMAIL)
    assert traces_in(texts()) == {}
    assert list(db.session.scalars(select(Suppressed.address))) == ["other@home.example"]
    kept = db.session.scalars(select(EventMessage)).one()
    assert (kept.written_by, kept.subject) == (None, "From –")


def test_who_came_in_when_is_exported_and_names_nobody_after_erasure(app: Flask, known: Cast) -> None:
    event = make_event(capacity=9)
    scan(event, seat(event, NAME, person_id=known.parent.id), id="a-scan-at-the-door")
    scan(event, seat(event, "Other"))
    found = json.loads(command(app, "export-person", EMAIL).output)
    assert [row["scan"] for row in found["admissions"]] == ["a-scan-at-the-door"]
    command(app, "erase-person", EMAIL)
    assert traces_in(texts()) == {}


def test_invitations_closed_lists_and_who_came_along_are_exported_and_erased(app: Flask, known: Cast) -> None:
    event, late = make_event(capacity=9), make_event(capacity=9)
    with atomic():
        wanted = [inviting.Wanted(address, name, 2) for address, name in ((EMAIL, NAME), ("omar@home.example", "Omar"))]
        made = inviting.invite(event.id, wanted, keep_seats=True, answer_by=now() + timedelta(days=1))
        tokens = [one.token for one in made]
        inviting.invite(late.id, wanted[:1])
        closed_list.put(event.id, {EMAIL: "Parents", "@home.example": "Parents"}, None)
        found = understood(read_text(f"{NAME} <{EMAIL}>\nOmar <omar@home.example>"))
        imports.keep(event.id, imports.Kind.REGISTRATIONS, "x.csv", found, None)
    with atomic():
        inviting.accept(
            made[0].id, name=NAME, party=2, guests=["Rosa Whocamealong"], needs="A ramp", diet=f"As {NAME} said"
        )
    exported = json.loads(command(app, "export-person", EMAIL).output)
    assert sorted(row["state"] for row in exported["invitations"]) == ["accepted", "written"]
    assert [row["list_name"] for row in exported["closed_lists"]] == ["Parents"]
    assert [row["name"] for row in exported["guests"]] == ["Rosa Whocamealong"]
    command(app, "erase-person", EMAIL)
    assert traces_in(texts()) == {}
    assert "Whocamealong" not in " ".join(texts().values())
    assert invitation_queries.by_token(tokens[0]) is None
    rows = db.session.scalars(select(Invitation).order_by(Invitation.id)).all()
    assert [(row.name, row.state.value) for row in rows] == [
        ("–", "accepted"),
        ("Omar", "written"),
        ("–", "taken_back"),
    ]
    assert closed_list.names_of(event.id) == {"@home.example": "Parents"}
    assert queries.seat_faults(event.id) == []
    pool = db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id)).one()
    assert (pool.confirmed, pool.held) == (0, 2)


# Erasure


def test_erasure_leaves_no_trace(app: Flask, known: Cast) -> None:
    assert {at.split()[0] for at in traces_in(texts())} >= {
        "person.email", "person.name", "registration.name", "invoice.buyer", "mail.text", "mail.html", "mail.files",
        "mail.key", "mail.subject", "mail.reason", "job.payload", "audit_entry.detail", "typed_form.fields",
        "webhook_receipt.payload", "partner.email", "partner.summary", "consent.guardian", "lot_event.reason",
        "sign_in_code.email",
    }  # fmt: skip
    said = command(app, "erase-person", f" {EMAIL.title()} ")
    assert (said.exit_code, said.output) == (0, "erased\n")
    assert traces_in(texts()) == {}
    assert db.session.scalars(select(WebhookReceipt.payload)).one() == "{}"
    audited = select(audit.AuditEntry.subject_id).where(audit.AuditEntry.action == "erase")
    assert db.session.scalars(audited).all() == [known.parent.id]


def test_erasure_leaves_no_trace_in_any_file(app: Flask, engine: str, known: Cast) -> None:
    command(app, "erase-person", EMAIL)
    folder = Path(app.config["KERMESSE"].data_dir)
    places = [path for path in folder.rglob("*") if path.is_file()]
    if engine == "sqlite":
        database = app.config["KERMESSE"].database_url.removeprefix("sqlite:///")
        places += [Path(database + suffix) for suffix in ("", "-wal", "-shm") if os.path.exists(database + suffix)]
    held = {str(path): path.read_bytes().decode("utf-8", "replace") for path in places}
    assert stored()
    assert traces_in(held) == {}


def test_amounts_bids_and_everybody_else_stay(app: Flask, known: Cast) -> None:
    before = rows()
    command(app, "erase-person", EMAIL)
    after = rows()
    for table in ("ledger_entry", "ledger_transfer", "payment", "invoice_line", "award", "lot", "bidder"):
        assert after[table] == before[table], table
    assert [row[:9] for row in after["lot_event"]] == [row[:9] for row in before["lot_event"]]
    assert len(after["invoice"]) == len(before["invoice"])
    assert command(app, "auctions", "verify").exit_code == 0
    others = [person.id for person in vars(known).values() if person.id != known.parent.id]
    theirs = [row for row in before["person"] if row[0] in others]
    assert [row for row in after["person"] if row[0] in others] == theirs
    mails = [row for row in before["mail"] if row[2] == known.other_parent.email]
    assert mails and [row for row in after["mail"] if row in mails] == mails
    names = set(db.session.scalars(select(Registration.name)))
    assert names == {"–", known.other_parent.name}


def test_the_logs_refuse_changes_again_after_an_erasure(app: Flask, known: Cast) -> None:
    command(app, "erase-person", EMAIL)
    for table in ("lot_event", "audit_entry"):
        with pytest.raises(Exception, match="append-only"), atomic():
            db.session.execute(db.metadata.tables[table].delete())


def test_seats_of_the_erased_go_to_the_queue(app: Flask, known: Cast) -> None:
    command(app, "erase-person", EMAIL)
    pool = db.session.scalars(select(SeatPool).where(SeatPool.capacity == 1)).one()
    live = select(Registration).where(
        Registration.event_id == pool.event_id, Registration.status == RegistrationStatus.CONFIRMED
    )
    assert [row.email for row in db.session.scalars(live)] == [known.other_parent.email]
    assert pool.confirmed == 1


def test_who_came_to_a_past_event_can_be_erased(app: Flask, cast: Cast) -> None:
    event = make_event(capacity=3, days=1)
    seat(event, "Early")
    with travel(event.ends_at + timedelta(days=3)):
        assert command(app, "erase-person", "early@home.example").exit_code == 0
    assert "early@" not in " ".join(texts().values())
    assert db.session.scalars(select(SeatPool.confirmed)).one() == 1  # who came is still counted


def test_a_namesake_keeps_what_is_theirs(app: Flask, known: Cast) -> None:
    with atomic():
        accounts.find_or_create("other@home.example", NAME)
        accounts.find_or_create("hippia@family.example", "Hip")
        accounts.find_or_create("pia@family.example.org", "Org")
    event = make_event(capacity=3)
    with atomic():
        events.register(event.id, name=NAME, email="other@home.example")
    command(app, "erase-person", EMAIL)
    assert {"hippia@family.example", "pia@family.example.org"} <= set(db.session.scalars(select(Person.email)))
    assert db.session.scalars(select(Person.name).where(Person.email == "other@home.example")).one() == NAME
    assert db.session.scalars(select(Registration.name).where(Registration.event_id == event.id)).one() == NAME


def test_a_first_name_alone_is_not_looked_for_in_the_words_of_others(app: Flask, cast: Cast) -> None:
    with atomic():
        accounts.find_or_create("ana@home.example", "Ana")
    make_event(title="Ana and the banana", summary="With Ana.")
    assert command(app, "erase-person", "ana@home.example").exit_code == 0
    assert "Ana and the banana" in texts().values()


def test_a_speaker_is_exported_and_announced_no_more(app: Flask, cast: Cast) -> None:
    event = make_event()
    with atomic():
        who = [
            programme.save_speaker(event.id, actor_id=None, name=name, email=email, biography="Drives at night.").id
            for name, email in (("Pia Parent", EMAIL), ("Omar Parent", cast.other_parent.email))
        ]
        facts = {"title": "Pia Parent asks", "starts_at": event.starts_at, "ends_at": event.ends_at}
        programme.save_session(event.id, speaker_ids=who, actor_id=None, **facts)
        feeds.renew(cast.parent.id)
    found = json.loads(command(app, "export-person", EMAIL).output)
    assert [row["biography"] for row in found["spoke"]] == ["Drives at night."]
    assert len(found["calendar"]) == 1 and "token" not in found["calendar"][0]
    assert command(app, "erase-person", EMAIL).exit_code == 0
    shown = programme_of(event.id)
    assert [(part.title, [voice.name for voice in part.speakers]) for part in shown.parts] == [
        ("– asks", ["Omar Parent"])
    ]
    assert feeds.feed_of(cast.parent.id) is None


def test_a_second_erasure_says_so_calmly(app: Flask, known: Cast) -> None:
    command(app, "erase-person", EMAIL)
    before = rows()
    said = command(app, "erase-person", EMAIL)
    assert (said.exit_code, said.output) == (0, "erased before; nothing is left\n")
    assert rows() == before


@pytest.mark.parametrize("doing", ["export-person", "erase-person"])
@pytest.mark.parametrize("address", ["nobody@family.example", "not an address", "", "\x00", "%@family.example"])
def test_an_unknown_address_is_told(app: Flask, known: Cast, doing: str, address: str) -> None:
    before = rows()
    said = command(app, doing, address)
    assert said.exit_code == 1
    assert said.output.startswith("Error: ")
    assert rows() == before


def test_sessions_of_the_erased_end_and_a_code_does_not_let_them_in(app: Flask, known: Cast, client_for: Any) -> None:
    client = client_for(known.parent)
    assert client.get("/account/").status_code == 200
    command(app, "erase-person", EMAIL)
    assert client.get("/account/").status_code in (302, 303)


# Erased stays erased


def test_the_erased_stay_erased_after_an_older_backup(app: Flask, engine: str, known: Cast, tmp_path: Path) -> None:
    older = tmp_path / "older.tar.gz"
    assert command(app, "backup", str(older)).exit_code == 0
    assert command(app, "erase-person", EMAIL).exit_code == 0
    list_of_erased = (app.config["KERMESSE"].data_dir / "erased").read_text()
    assert "pia" not in list_of_erased
    someone_else = known.other_parent.email
    with empty_house(engine, tmp_path) as other:
        (other.config["KERMESSE"].data_dir / "erased").write_text(list_of_erased)
        assert command(other, "restore", str(older)).exit_code == 0
        assert traces_in(texts()) == {}
        assert command(other, "auctions", "verify").exit_code == 0
        assert someone_else in texts().values()


def test_a_newer_backup_carries_who_was_erased(app: Flask, engine: str, known: Cast, tmp_path: Path) -> None:
    older, newer = tmp_path / "older.tar.gz", tmp_path / "newer.tar.gz"
    command(app, "backup", str(older))
    command(app, "erase-person", EMAIL)
    command(app, "backup", str(newer))
    with empty_house(engine, tmp_path) as other:
        assert command(other, "restore", str(newer)).exit_code == 0
        kept = (other.config["KERMESSE"].data_dir / "erased").read_text()
        assert kept == (app.config["KERMESSE"].data_dir / "erased").read_text()


def test_who_came_back_after_their_erasure_stays(app: Flask, engine: str, known: Cast, tmp_path: Path) -> None:
    command(app, "erase-person", EMAIL)
    with atomic():
        accounts.find_or_create(EMAIL, "Pia Again")
    newer = tmp_path / "newer.tar.gz"
    command(app, "backup", str(newer))
    with empty_house(engine, tmp_path) as other:
        assert command(other, "restore", str(newer)).exit_code == 0
        assert db.session.scalars(select(Person.name).where(Person.email == EMAIL)).one() == "Pia Again"


# Words


@pytest.mark.parametrize(
    ("word", "text", "left"),
    [
        ("Ana Ng", "Ana Ng, Hana Ng, Ana Ngata and ANA NG.", "–, Hana Ng, Ana Ngata and –."),
        ("Ana Ng", '{"x": "one\\nAna Ng\\n_Ana Ng_"}', '{"x": "one\\n–\\n_–_"}'),
        ("a@b.ch", "a@b.ch ba@b.ch a@b.ch.example x.a@b.ch <a@b.ch>.", "– ba@b.ch a@b.ch.example x.a@b.ch <–>."),
        ("a@b.ch", "?to=a%40b.ch&x", "?to=–&x"),
        ("A & B", "A &amp; B", "–"),
        ("Zoë Ü", "Zo\\u00eb \\u00dc", "–"),
        ("(.*) [x]", "(.*) [x] abc", "– abc"),
    ],
)
def test_words_are_found_in_every_spelling_and_only_alone(word: str, text: str, left: str) -> None:
    assert traces.pattern({word}).sub("–", text) == left


def test_the_rest_of_the_auction_goes_on_when_its_leader_is_erased(app: Flask, known: Cast) -> None:
    lot = lot_of(make_auction(1))
    with atomic():
        auctions.place_bid(lot.id, known.parent.id, 5000, "leads", terms_accepted=True)
    command(app, "erase-person", EMAIL)
    with travel(lot.closes_at), atomic():
        award = settlement.close_lot(lot.id)
    assert award is not None and award.amount == 1000
    with travel(lot.closes_at + timedelta(minutes=1)), atomic():
        settlement.invoice_bidder(award.bidder_id)
    assert traces_in(texts()) == {}
    assert db.session.scalars(select(LotEvent).where(LotEvent.lot_id == lot.id)).all()
    assert db.session.get_one(Bidder, award.bidder_id).person_id == known.parent.id
