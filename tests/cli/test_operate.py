"""Commands of daily running: settings, people and roles, the doctor, the demonstration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app.accounts.models import Person
from app.accounts.services import grant
from app.auctions.models import Auction, Lot
from app.cli import demo
from app.cli.demo.texts import GALLERY_NOW
from app.cli.operate import sweep
from app.config import SETTINGS
from app.core import storage
from app.core.clock import now
from app.core.database import db
from app.core.jobs import Job, enqueue
from app.core.mail import Mail
from app.core.registry import registry
from app.core.transactions import atomic
from app.events.models import SeatPool
from app.galleries.models import Artwork, ArtworkImage
from app.ledger.models import Account, Entry
from app.ledger.services import TransferDraft, book
from app.payments.models import Payment
from app.payments.services import record_cash, refund_cash, void_invoice
from app.web.access import ROLES
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.auctions.helpers import hang as hang_free
from tests.cast import Cast
from tests.cli.house import command, rows, stored
from tests.events.helpers import make_event, seat
from tests.galleries.helpers import derive, hang, make_gallery
from tests.payments.helpers import make_invoice

# Settings


def test_settings_lists_every_setting_and_no_secret(app: Flask) -> None:
    said = command(app, "settings")
    assert said.exit_code == 0
    listed = [line.split()[0] for line in said.output.splitlines()]
    assert listed == [setting.name for setting in SETTINGS]
    assert all(setting.help in said.output for setting in SETTINGS)
    config = app.config["KERMESSE"]
    secrets = [str(config[setting.name]) for setting in SETTINGS if setting.secret and config[setting.name]]
    assert secrets and [secret for secret in secrets if secret in said.output] == []


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.secret])
def test_no_secret_is_printed(app: Flask, name: str) -> None:
    before = app.config["KERMESSE"]
    app.config["KERMESSE"] = replace(before, values={**before.values, name: "hunter2-hunter2"})
    try:
        said = command(app, "settings").output
    finally:
        app.config["KERMESSE"] = before
    assert "hunter2" not in said
    assert f"{name:22} (set)" in said


def test_what_may_hold_a_password_counts_as_secret() -> None:
    words = ("SECRET", "KEY", "PASSWORD", "DATABASE_URL", "SMTP_URL")
    assert [each.name for each in SETTINGS if any(word in each.name for word in words) and not each.secret] == []


# People


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_given_to_a_new_or_known_person(app: Flask, role: str) -> None:
    said = command(app, "user", "create", "New.Person@Agency.Example", "--role", role)
    assert (said.exit_code, said.output) == (0, f"new.person@agency.example is {role}\n")
    person = db.session.scalars(select(Person)).one()
    assert (person.email, [held.name for held in person.roles]) == ("new.person@agency.example", [role])


def test_creating_somebody_twice_is_creating_once(app: Flask) -> None:
    words = ("user", "create", "tom@agency.example", "--role", "treasurer")
    assert command(app, *words).exit_code == 0
    before = rows()
    assert command(app, *words).exit_code == 0
    assert rows() == before
    command(app, "user", "create", "tom@agency.example", "--role", "helper")
    assert {role.name for role in db.session.scalars(select(Person)).one().roles} == {"treasurer", "helper"}


@pytest.mark.parametrize(
    "address", ["", "tom", "tom@", "@agency.example", "a b@agency.example", "tom@x\x00", "x" * 999]
)
@pytest.mark.parametrize("doing", ["create", "admin-link"])
def test_what_is_no_address_is_refused(app: Flask, doing: str, address: str) -> None:
    said = command(app, "user", doing, address)
    assert said.exit_code == 1
    assert said.output.startswith("Error: ")
    assert not any(rows().values())


def test_an_unknown_role_is_refused_with_the_known_ones(app: Flask) -> None:
    said = command(app, "user", "create", "tom@agency.example", "--role", "emperor")
    assert said.exit_code == 2
    assert all(role in said.output for role in ROLES)
    assert not any(rows().values())
    with pytest.raises(ValueError, match="unknown role"), atomic():
        grant("tom@agency.example", "emperor", None)


def test_an_administrators_link_works_once(app: Flask, client_for: Callable[..., object]) -> None:
    said = command(app, "user", "admin-link", "Ada@Agency.Example")
    assert said.exit_code == 0
    path = said.output.strip().removeprefix(app.config["KERMESSE"].base_url)
    first, second = app.test_client(), app.test_client()
    first.post(path)
    assert first.get("/manage/").status_code == 200
    second.post(path)
    assert second.get("/manage/").status_code != 200
    assert db.session.scalars(select(Person.email)).one() == "ada@agency.example"


def test_a_newer_link_replaces_the_older(app: Flask) -> None:
    older, newer = (command(app, "user", "admin-link", address).output for address in ("Ada@Agency.Example",) * 2)
    assert older != newer
    client = app.test_client()
    client.post(older.strip().removeprefix(app.config["KERMESSE"].base_url))
    assert client.get("/manage/").status_code != 200


# The doctor


@pytest.fixture
def healthy(app: Flask, cast: Cast) -> Flask:
    """A house with something of everything that the doctor looks at."""
    hang(make_gallery(), cast, 7)
    lot = lot_of(make_auction())
    with atomic():  # hung without files: only the gallery's picture has them
        for row in (*db.session.scalars(select(Artwork)), *db.session.scalars(select(ArtworkImage))):
            name = "original" if isinstance(row, Artwork) else "key"
            if not storage.path(getattr(row, name)).exists():
                setattr(row, name, storage.save("public", b"x", "png"))
    bid(lot, cast.parent, 30)
    bid(lot, cast.other_parent, 50)
    seat(make_event(capacity=3), "Guest", 2)
    invoice = make_invoice(3500, 1200)
    with atomic():
        record_cash(invoice.id, 4700, "cash", cast.helper.id)
    return app


def test_a_healthy_house_is_well(healthy: Flask) -> None:
    said = command(healthy, "doctor")
    assert said.exit_code == 0, said.output
    assert said.output.endswith("\nwell\n")
    assert "!" not in said.output


def lose_a_picture(cast: Cast) -> str:
    key = db.session.scalars(select(ArtworkImage.key)).first() or ""
    storage.delete(key)
    return f"! files: {key} is missing"


def lose_an_original(cast: Cast) -> str:
    key = db.session.scalars(select(Artwork.original)).first() or ""
    storage.delete(key)
    return f"! files: {key} is missing"


def edit_a_lot(cast: Cast) -> str:
    with atomic():
        db.session.execute(update(Lot).values(price=Lot.price + 100))
    return "lot 1: the columns differ from the replay"


def edit_a_payment(cast: Cast) -> str:
    with atomic():
        db.session.execute(update(Payment).values(amount=4800))
    return "! ledger: payment 1: -4700 booked as receivable, -4800 in its own rows"


def book_too_much(cast: Cast) -> str:
    with atomic():
        draft = TransferDraft(Account.HELD, Account.RECEIVABLE, "CHF", 1, None, "", None)
        book("stray", "invoice", [draft], subject_kind="invoice", subject_id=1)
    return "! ledger: invoice 1: 4701 booked as receivable, 4700 in its own rows"


def lose_an_entry(cast: Cast) -> str:
    with atomic():
        payment = db.session.scalars(select(Payment)).one()
        db.session.add(
            Payment(
                invoice_id=payment.invoice_id, method=payment.method, status=payment.status, amount=5, fee=0,
                currency="CHF", operation="unbooked", created_at=now(), captured_at=now(),
            )
        )  # fmt: skip
    return "! ledger: payment 2: 0 booked as receivable, -5 in its own rows"


def miscount_seats(cast: Cast) -> str:
    with atomic():
        db.session.execute(update(SeatPool).values(confirmed=1))
    return "2 people are seated, 1 are counted"


def leave_a_job(cast: Cast) -> str:
    with atomic():
        enqueue("galleries.derive", "late", now() - timedelta(minutes=11), artwork_id=0)
    return "! jobs: 1 of galleries.derive are overdue: is the worker running?"


def give_a_job_up(cast: Cast) -> str:
    with atomic():
        enqueue("galleries.derive", "bad", artwork_id=0)
        db.session.flush()
        db.session.execute(update(Job).where(Job.key == "bad").values(failed_at=now(), reason="OSError: full"))
    return "! jobs: galleries.derive was given up: OSError: full"


def leave_a_mail(cast: Cast) -> str:
    with atomic():
        db.session.execute(update(Mail).values(created_at=now() - timedelta(hours=1)))
    return "mails wait for longer than ten minutes"


def forget_a_migration(cast: Cast) -> str:
    with atomic():
        db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    return "! migrations: not at head"


BROKEN = (
    lose_a_picture, lose_an_original, edit_a_lot, edit_a_payment, book_too_much, lose_an_entry, miscount_seats,
    leave_a_job, give_a_job_up, leave_a_mail, forget_a_migration,
)  # fmt: skip


@pytest.mark.parametrize("damage", BROKEN)
def test_what_is_not_well_is_named(healthy: Flask, cast: Cast, damage: Callable[[Cast], str]) -> None:
    head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    words = damage(cast)
    try:
        said = command(healthy, "doctor")
    finally:
        with atomic():
            db.session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
    assert said.exit_code == 1
    assert words in said.output, said.output
    assert said.output.endswith("\nnot well\n")


def test_a_job_in_its_time_is_no_fault(healthy: Flask) -> None:
    with atomic():
        enqueue("galleries.derive", "soon", now() + timedelta(days=3), artwork_id=0)
        enqueue("galleries.derive", "just now", now() - timedelta(minutes=2), artwork_id=0)
    assert command(healthy, "doctor").exit_code == 0


def test_refunds_and_void_invoices_agree_with_the_book(healthy: Flask, cast: Cast) -> None:
    payment = db.session.scalars(select(Payment)).one()
    other = make_invoice(900, partner=1, purposes=(9,))
    with atomic():
        refund_cash(payment.id, 700, "one too many", "refund-1", cast.treasurer.id)
    with atomic():
        void_invoice(other.id, "twice", cast.treasurer.id)
    said = command(healthy, "doctor")
    assert said.exit_code == 0, said.output


# The demonstration


def test_a_second_demonstration_adds_nothing(app: Flask) -> None:
    first = command(app, "demo", "--works", "4")
    assert first.exit_code == 0
    before, files = rows(), stored()
    assert db.session.scalars(select(Entry)).first() is not None and files
    second = command(app, "demo", "--works", "4")
    assert (second.exit_code, second.output) == (0, "")
    assert (rows(), stored()) == (before, files)
    derive()  # the worker does at once what the past left to do
    said = command(app, "doctor")
    assert said.exit_code == 0, said.output
    assert command(app, "auctions", "verify").exit_code == 0


def test_a_demonstration_half_made_is_finished(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between two stages: the next start makes what is missing, and nothing twice."""
    with monkeypatch.context() as patched:
        patched.setattr(demo.auctions, "seed", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            demo.seed(lambda _text: None, works=4)
    before = {table: len(found) for table, found in rows().items()}
    assert command(app, "demo", "--works", "4").exit_code == 0
    after = {table: len(found) for table, found in rows().items()}
    assert [table for table in ("person", "partner", "event", "artwork") if after[table] != before[table]] == []
    assert after["auction"] == 2


def test_the_demonstration_lets_a_visitor_try_a_kept_card(app: Flask) -> None:
    demo.people.seed()
    works = hang_free([f"Work {number}" for number in range(7)])
    with atomic():
        db.session.get_one(Artwork, works[0]).gallery.title = GALLERY_NOW["title"]
    for _ in range(2):
        demo.auctions._with_card()
    (made,) = db.session.scalars(select(Auction))
    assert (made.title, made.card_required, made.card_charge_days) == (demo.auctions.TITLE_CARD, True, 14)
    assert made.opens_at < now() < made.closes_at
    assert [lot.title for lot in made.lots] == ["Work 5", "Work 6"]


def test_the_demonstration_stays_out_of_production(app: Flask) -> None:
    before = app.config["KERMESSE"]
    app.config["KERMESSE"] = replace(before, values={**before.values, "KERMESSE_ENV": "production"})
    try:
        said = command(app, "demo")
    finally:
        app.config["KERMESSE"] = before
    assert said.exit_code == 1
    assert "production" in said.output
    assert not any(rows().values())


# Money


def test_reconciling_nothing_says_so(app: Flask) -> None:
    assert command(app, "reconcile").output == "0 payments were heard of\n"


def test_a_sweep_that_fails_stops_no_other(app: Flask) -> None:
    ran: list[str] = []

    def fails() -> None:
        ran.append("fails")
        raise OSError("full")

    before = dict(registry().sweeps)
    registry().sweeps.clear()
    registry().sweeps.update({"fails": fails, "then": lambda: ran.append("then")})
    try:
        sweep()
    finally:
        registry().sweeps.clear()
        registry().sweeps.update(before)
    assert ran == ["fails", "then"]
