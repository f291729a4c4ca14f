"""Backup and restore, rehearsed: what comes back is what was there, and a damaged file changes nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import stat
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select

from app.accounts.models import Person
from app.auctions import lots
from app.auctions.models import Lot, LotEvent
from app.core import storage
from app.core.database import db
from app.core.mail import Mail, words_of
from app.events.models import Event, Registration, SeatPool
from app.site.queries import readiness
from tests.auctions.helpers import bid, lot_of, make_auction, people
from tests.cast import Cast
from tests.cli.house import command, empty_house, furnish, rows, stored
from tests.engines import ENGINES
from tests.events.helpers import make_event, seat


def contents(file: Path) -> dict[str, bytes]:
    """What an archive holds."""
    with tarfile.open(file) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def packed(file: Path, members: dict[str, bytes]) -> None:
    """Write an archive."""
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def kept(app: Flask, cast: Cast, tmp_path: Path) -> Path:
    """A backup of a furnished house."""
    furnish(cast)
    file = tmp_path / "house.tar.gz"
    said = command(app, "backup", str(file))
    assert said.exit_code == 0, said.output
    assert f"in {file}" in said.output
    return file


def test_a_backup_holds_every_row_and_file_with_its_hash(kept: Path) -> None:
    held = contents(kept)
    manifest = json.loads(held.pop("manifest.json"))
    assert {name: hashlib.sha256(content).hexdigest() for name, content in held.items()} == manifest["files"]
    assert {name.removeprefix("media/"): held[name] for name in held if name.startswith("media/")} == stored()
    for name, found in rows().items():
        assert manifest["rows"][name] == len(found) == held[f"rows/{name}.jsonl"].count(b"\n"), name
    assert stored()
    assert all(manifest["rows"][name] for name in ("lot_event", "invoice", "ledger_transfer", "artwork_image", "mail"))


def test_a_backup_is_for_its_owner_alone(kept: Path) -> None:
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.glob("*.partial")] == []


@pytest.mark.parametrize("into", ENGINES)
def test_what_is_restored_is_what_was_there(app: Flask, kept: Path, into: str, tmp_path: Path) -> None:
    before, files = rows(), stored()
    with empty_house(into, tmp_path) as other:
        said = command(other, "restore", str(kept))
        assert said.exit_code == 0, said.output
        assert f"restored {sum(map(len, before.values()))} rows" in said.output
        assert rows() == before
        assert stored() == files
        assert {path.stat().st_mode & 0o077 for path in storage.root().rglob("*.*")} == {0}
        assert readiness() == {}
        assert command(other, "auctions", "verify").exit_code == 0
        # Life goes on: new rows get numbers of their own, and the log is closed again.
        bid(lot_of(make_auction(1)), db.session.scalars(select(Person)).first() or Person(), 30)
        seat(make_event(capacity=3), "Newcomer")


def test_only_an_empty_house_is_filled(app: Flask, kept: Path) -> None:
    before, files = rows(), stored()
    said = command(app, "restore", str(kept))
    assert said.exit_code == 1
    assert "holds rows already" in said.output
    assert (rows(), stored()) == (before, files)


Damage = Callable[[dict[str, bytes]], dict[str, bytes]]


def relabelled(members: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
    """The archive with another manifest."""
    return members | {"manifest.json": json.dumps(json.loads(members["manifest.json"]) | changes).encode()}


def media(members: dict[str, bytes]) -> str:
    return next(name for name in members if name.startswith("media/"))


def smuggled(members: dict[str, bytes], name: str, real: str) -> dict[str, bytes]:
    """The archive with a file whose name leads elsewhere, and a manifest that agrees."""
    content = b"* * * * * evil"
    files = json.loads(members["manifest.json"])["files"] | {name: hashlib.sha256(content).hexdigest()}
    return relabelled(members, files=files) | {real: content}


def without(members: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {other: content for other, content in members.items() if other != name}


def broken_rows(members: dict[str, bytes]) -> dict[str, bytes]:
    """Rows that do not fit, with a hash that does."""
    content = b'["not", "a", "person"]\n'
    files = json.loads(members["manifest.json"])["files"]
    return relabelled(members, files=files | {"rows/person.jsonl": hashlib.sha256(content).hexdigest()}) | {
        "rows/person.jsonl": content
    }


DAMAGED: dict[str, tuple[Damage, str]] = {
    "an edited file": (lambda held: held | {media(held): b"\0" + held[media(held)][1:]}, "missing or damaged"),
    "an edited row": (lambda held: held | {"rows/lot_event.jsonl": b"[]\n"}, "rows/lot_event.jsonl is missing or"),
    "a missing file": (lambda held: without(held, media(held)), "missing or damaged"),
    "a missing table": (lambda held: without(held, "rows/invoice.jsonl"), "rows/invoice.jsonl is missing or damaged"),
    "no manifest": (lambda held: without(held, "manifest.json"), "no manifest"),
    "a manifest of nonsense": (lambda held: held | {"manifest.json": b"[1, 2]"}, "no manifest"),
    "a manifest without rows": (lambda held: held | {"manifest.json": b'{"format": 1}'}, "no manifest"),
    "another format": (lambda held: relabelled(held, format=99), "format 99"),
    "a later migration": (lambda held: relabelled(held, revision="9999"), "does not know migration 9999"),
    "rows that do not fit": (broken_rows, "rows do not fit"),
    "a name that leads out": (lambda held: smuggled(held, "media/../../evil", "evil"), "no name of a file"),
    "a name beside": (lambda held: smuggled(held, "media/../evil", "evil"), "no name of a file"),
    "an absolute name": (lambda held: smuggled(held, "media//tmp/evil", "media/tmp/evil"), "no name of a file"),
    "a member that leads out": (lambda held: held | {"../evil": b"evil"}, "no whole backup"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_backup_changes_nothing(engine: str, kept: Path, tmp_path: Path, kind: str) -> None:
    damage, words = DAMAGED[kind]
    bad = tmp_path / "bad.tar.gz"
    packed(bad, damage(contents(kept)))
    refused(engine, bad, tmp_path, words)


@pytest.mark.parametrize("kind", ["no archive", "nothing", "cut off", "plain gzip"])
def test_what_is_no_backup_is_refused(engine: str, kept: Path, tmp_path: Path, kind: str) -> None:
    whole, bad = kept.read_bytes(), tmp_path / "bad.tar.gz"
    content = {
        "no archive": b"a letter",
        "nothing": b"",
        "cut off": whole[: len(whole) // 2],
        "plain gzip": gzip.compress(b"a letter"),
    }[kind]
    bad.write_bytes(content)
    refused(engine, bad, tmp_path, "no whole backup")


def refused(engine: str, bad: Path, folder: Path, words: str) -> None:
    with empty_house(engine, folder) as other:
        said = command(other, "restore", str(bad))
        assert said.exit_code == 1, said.output
        assert words in said.output
        assert not said.output.count("Traceback")
        assert stored() == {}
        if inspect(db.engine).has_table("person"):
            assert not any(rows().values())
    assert not list(folder.rglob("evil"))


def test_a_backup_taken_while_people_write_is_of_one_moment(
    app: Flask, cast: Cast, engine: str, tmp_path: Path
) -> None:
    """Every lot's log in it replays, seats add up, and each bid stands with the mail that it caused."""
    auction, event = make_auction(2), make_event(capacity=500)
    bidders = people(6)
    lot_ids, event_id = [lot.id for lot in auction.lots], event.id  # rows belong to the session that read them
    stop, begun, faults = threading.Event(), threading.Event(), list[BaseException]()

    def write(number: int) -> None:
        with app.app_context():
            try:
                for step in range(400):
                    if stop.is_set():
                        break
                    person = db.session.get_one(Person, bidders[(step + number) % 6])
                    bid(db.session.get_one(Lot, lot_ids[number - 1]), person, 30 + 10 * step)
                    seat(db.session.get_one(Event, event_id), f"Guest{number}x{step}")
                    begun.set()
            except BaseException as fault:
                faults.append(fault)
            finally:
                db.session.remove()

    writers = [threading.Thread(target=write, args=(number,)) for number in (1, 2)]
    for writer in writers:
        writer.start()
    try:
        assert begun.wait(30)
        files = [tmp_path / f"{number}.tar.gz" for number in range(3)]
        for file in files:
            assert command(app, "backup", str(file)).exit_code == 0
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert faults == []
    assert rows_of(files[0], "lot_event") < rows_of(files[-1], "lot_event") <= db.session.scalar(count(LotEvent))
    with empty_house(engine, tmp_path) as other:
        assert command(other, "restore", str(files[1])).exit_code == 0
        for lot in db.session.scalars(select(Lot)):
            assert lots.differences(lot.auction, lot) == []
        pool = db.session.scalars(select(SeatPool)).one()
        registered = list(db.session.scalars(select(Registration)))
        assert pool.confirmed == len(registered) == rows_of(files[1], "registration")
        mails = list(db.session.scalars(select(Mail)))
        assert {mail.recipient for mail in mails} >= {row.email for row in registered}
        assert all(words_of(mail)[part] for mail in mails for part in ("html", "text", "subject"))


def count(model: Any) -> Any:
    return select(func.count()).select_from(model)


def rows_of(file: Path, table: str) -> int:
    return int(json.loads(contents(file)["manifest.json"])["rows"][table])
