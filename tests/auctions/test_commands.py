"""The commands that let anybody check an auction."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask

from app.auctions.models import Lot
from app.core.database import db
from app.core.transactions import atomic
from tests.auctions.helpers import bid, document, lot_of, make_auction
from tests.auctions.test_replay import EXAMPLES
from tests.cast import Cast


def test_replay_prints_a_line_an_event(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "lot.json"
    file.write_text(json.dumps(EXAMPLES["1"][0]))
    result = app.test_cli_runner().invoke(args=["auctions", "replay", str(file)])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert [(line["leader"], line["price"]) for line in lines] == [("A", 1000), ("A", 3200), ("C", 5500)]


def test_replay_says_what_is_wrong_with_a_file(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "lot.json"
    for content in (b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"currency": "CHF"}'):
        file.write_bytes(content)
        result = app.test_cli_runner().invoke(args=["auctions", "replay", str(file)])
        assert result.exit_code == 1, content[:20]
        assert "Error: lot.json" in result.output


def test_what_the_database_holds_replays_by_the_command_too(app: Flask, cast: Cast, tmp_path: Path) -> None:
    auction = make_auction()
    for person, francs in ((cast.parent, 50), (cast.staff, 30), (cast.stranger, 60)):
        bid(lot_of(auction), person, francs)
    file = tmp_path / "lot.json"
    file.write_text(json.dumps(document(lot_of(auction))))
    result = app.test_cli_runner().invoke(args=["auctions", "replay", str(file)])
    last = json.loads(result.output.splitlines()[-1])
    assert (last["price"], last["leader"]) == (5500, str(lot_of(auction).leader.paddle))


def test_verify_agrees_and_names_each_difference(app: Flask, cast: Cast) -> None:
    auction = make_auction(2)
    bid(lot_of(auction), cast.parent, 50)
    run = app.test_cli_runner().invoke
    result = run(args=["auctions", "verify"])
    assert (result.exit_code, result.output) == (0, "2 lots replayed, 0 differences\n")
    with atomic():
        db.session.execute(db.update(Lot).where(Lot.number == 2).values(bids=3))
    result = run(args=["auctions", "verify", auction.slug])
    assert result.exit_code == 1
    assert f"{auction.slug} lot 2: the columns differ" in result.output
    assert run(args=["auctions", "verify", "nothing"]).exit_code == 1
