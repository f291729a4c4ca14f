"""The public log: the script of the documentation accepts what the rules wrote, and finds whatever was changed in it."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from app.auctions import chain, lots, proof, rules, services
from app.auctions.chain import Chain
from app.config import ROOT
from app.core.database import db
from app.core.transactions import atomic
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.auctions.test_rules_properties import END, TERMS, moves, play, terms_with_reserve, thorough
from tests.cast import Cast
from tests.conftest import Browserlike

SECRET = "5" * 64
PADDLES = {"A": 101, "B": 102, "C": 103, "D": 104, "E": 105}
SCRIPT = compile((ROOT / "docs" / "verify.py").read_text(), "verify.py", "exec")


def written(terms: rules.LotTerms, log: Sequence[rules.Event], number: int = 7) -> list[str]:
    public = Chain(number=number, currency="CHF", terms=terms, secret=SECRET)
    return [public.first().text, *(line.text for _event, _state, line in chain.lines(public, log, PADDLES))]


def verdict(lines: Sequence[str], folder: Path, *receipts: str) -> str:
    """What the script says; the fault that it found stands in it."""
    file = folder / "bids.jsonl"
    file.write_text("".join(line + "\n" for line in lines))
    said = io.StringIO()
    with contextlib.redirect_stdout(said), mock.patch.object(sys, "argv", ["verify.py", str(file), *receipts]):
        try:
            exec(SCRIPT, {"__name__": "__main__"})
        except (AssertionError, KeyError, ValueError, TypeError) as fault:
            return f"wrong: {fault}"
    return said.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log")


@thorough
@given(terms_with_reserve, moves())
def test_the_script_accepts_whatever_the_rules_wrote(folder: Path, terms: rules.LotTerms, plan: Any) -> None:
    lines = written(terms, play(terms, plan)[1])
    assert verdict(lines, folder) == f"{len(lines)} lines of 1 lots: every price follows from the bids.\n"


@thorough
@given(terms_with_reserve, moves(), st.data())
def test_the_script_finds_an_edited_line(folder: Path, terms: rules.LotTerms, plan: Any, data: Any) -> None:
    lines = written(terms, play(terms, plan)[1])
    place = data.draw(st.integers(0, len(lines) - 1))
    digits = [found.start() for found in re.finditer(r"\d", lines[place])]
    at = data.draw(st.sampled_from(digits))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != lines[place][at]]))
    lines[place] = lines[place][:at] + other + lines[place][at + 1 :]
    assert verdict(lines, folder).startswith("wrong")


@thorough
@given(moves(kinds=("bid", "bid", "exact")), st.data())
def test_somebody_who_seals_the_log_anew_is_found(folder: Path, plan: Any, data: Any) -> None:
    records = [json.loads(line) for line in written(TERMS, play(TERMS, plan)[1])]
    receipts = [record["hash"] for record in records[1:]]
    assume(len(records) > 2)
    place = data.draw(st.integers(2, len(records) - 1))
    field = data.draw(st.sampled_from(["price", "leader"]))
    records[place][field] += 100 if field == "price" else 1
    lines, head = [], ""
    for record in records:
        record.pop("hash")
        line = chain._line(record | {"prev": head})
        lines.append(line.text)
        head = line.hash
    if field == "leader":
        assert verdict(lines, folder).startswith("wrong")
    # A price within one step of the last leader's secret could be claimed: each of the bidders' receipts finds it.
    assert verdict(lines, folder, *receipts).startswith("wrong")


@thorough
@given(terms_with_reserve, moves(kinds=("bid", "bid", "exact")), st.integers(0, 100), st.integers(1, 500))
def test_the_log_is_the_same_whatever_the_leaders_secret_is(
    terms: rules.LotTerms, plan: Any, extra: int, more: int
) -> None:
    """To the byte, but for the seal itself and the hashes that follow from it: so it cannot tell the secret."""
    log = play(terms, plan)[1]
    state = rules.fold(terms, log)
    clear = max(state.maximum or 0, terms.reserve or 0, rules.next_minimum(terms, state))
    secret, seq = clear + rules.increment(terms, clear) + extra * 100, state.last_seq + 1
    at = max([event.at for event in log], default=END) + (END - END)
    told = []
    for amount in (secret, secret + more * 100):
        raised = [*log, rules.Bid(seq=seq, bidder="E", amount=amount, at=at)]
        rival = rules.Bid(seq=seq + 1, bidder="A", amount=rules.next_minimum(terms, rules.fold(terms, raised)), at=at)
        lines = written(terms, [*raised, rival] if rival.amount + 100_000 < secret else raised)
        told.append([re.sub(r'"(seal|prev|hash)":"[0-9a-f]{64}"', r'"\1":"…"', line) for line in lines])
    assert told[0] == told[1]


def test_an_opened_maximum_fits_its_seal_and_a_leaders_stays_shut() -> None:
    log = play(TERMS, [])[1]
    events = [
        rules.Bid(seq=1, bidder="A", amount=5000, at=END.replace(hour=10)),
        rules.Bid(seq=2, bidder="A", amount=7000, at=END.replace(hour=11)),
        rules.Bid(seq=3, bidder="B", amount=3000, at=END.replace(hour=12)),
        rules.Bid(seq=4, bidder="C", amount=9000, at=END.replace(hour=13)),
    ]
    records = [json.loads(line) for line in written(TERMS, [*log, *events])]
    assert [[one["seq"] for one in record.get("opens", [])] for record in records] == [[], [], [], [3], [1, 2]]
    assert [one["amount"] for one in records[4]["opens"]] == [5000, 7000]
    assert [record["price"] for record in records[1:]] == [1000, 1000, 3200, 7500]
    assert "9000" not in json.dumps(records[4] | {"hash": "", "prev": "", "seal": "", "opens": []})


def test_a_cut_log_is_found_by_a_receipt(folder: Path) -> None:
    lines = written(TERMS, play(TERMS, [])[1])
    events = [rules.Bid(seq=1, bidder="A", amount=5000, at=END.replace(hour=10))]
    lines = written(TERMS, events)
    receipt = json.loads(lines[1])["hash"]
    assert "every price follows" in verdict(lines, folder, receipt)
    assert verdict(lines[:1], folder, receipt) == f"wrong: not in the log: {receipt}"


# ---- through the house ------------------------------------------------------------------------------------------------


def test_bids_through_the_house_give_a_log_that_the_script_accepts(
    app: Flask, cast: Cast, folder: Path, client_for: Browserlike
) -> None:
    auction = make_auction(2)
    for number in (1, 2):
        lot = lot_of(auction, number)
        for person, francs in (
            (cast.parent, 50), (cast.staff, 30), (cast.stranger, 60), (cast.stranger, 80), (cast.staff, 70), (cast.parent, 81),
        ):  # fmt: skip
            assert bid(lot, person, francs).reason is None
    with atomic():
        services.void_bid(lot_of(auction, 2).id, 6, "Ursula Muster bid by mistake", cast.organiser.id)
    with atomic():
        services.place_bid(lot_of(auction, 2).id, cast.staff.id, 9000, "after-the-void")
    text = client_for(None).get(f"/auctions/{auction.slug}/bids.jsonl").text
    lines = text.splitlines()
    assert verdict(lines, folder) == "16 lines of 2 lots: every price follows from the bids.\n"
    assert [lots.differences(auction, lot_of(auction, number)) for number in (1, 2)] == [[], []]
    assert "Ursula Muster" in text
    without = [
        re.sub(r',"reason":"[^"]*"', "", line) for line in lines
    ]  # the words may be taken out: they are not sealed
    assert "every price follows" in verdict(without, folder)


def test_what_is_opened_is_the_same_when_bids_come_together(app: Flask, cast: Cast, folder: Path) -> None:
    auction = make_auction()
    lot_id = lot_of(auction).id
    for person in (cast.parent, cast.staff, cast.stranger):
        bid(lot_of(auction), person, 10 + 10 * person.id % 40)
    amounts = (300, 320, 310, 400, 380, 500, 520, 450, 900)
    people = [person.id for person in (cast.parent, cast.parent, cast.staff) * 3]
    requests = [
        services.BidRequest(person_id=person, amount=amount * 100, operation=f"together-{amount}")
        for person, amount in zip(people, amounts, strict=True)
    ]
    with atomic():
        outcomes = services.place_bids(lot_id, requests)
    assert any(isinstance(outcome, services.BidOutcome) and outcome.reason is None for outcome in outcomes)
    lot = lot_of(auction)
    assert lots.differences(lot.auction, lot) == []
    assert "every price follows" in verdict(list(proof.public_log(auction)), folder)


def test_an_edited_row_is_named_by_verify(app: Flask, cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    with atomic():
        lot = lot_of(auction)
        lot.head = "0" * 64
    assert lots.differences(auction, lot_of(auction)) == ["the head of the public log differs"]
    db.session.rollback()


def test_a_receipt_is_its_owners_alone(cast: Cast, client_for: Browserlike) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    path = f"/auctions/{auction.slug}/verification/"
    line = json.loads(client_for(None).get(f"/auctions/{auction.slug}/bids.jsonl").text.splitlines()[1])
    for person in (None, cast.stranger, cast.organiser):
        assert line["hash"] not in client_for(person).get(path).text
    page = client_for(cast.parent).get(path).text
    assert line["hash"] in page
    lot = lot_of(auction)
    salt = lots.chain_of(auction, lot, lots.terms_of(auction, lot)).salt(1)
    assert salt in page
    assert chain.hashlib.sha256(f"{salt}:5000".encode()).hexdigest() == line["seal"]
    shown = client_for(cast.parent).get(f"/auctions/{auction.slug}/lots/1/?bid=1").text
    assert "Your bid leads at 10" in shown
    assert "Your bid leads at" not in client_for(cast.stranger).get(f"/auctions/{auction.slug}/lots/1/?bid=1").text
