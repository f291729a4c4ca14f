"""B5 over the whole house: a leader's maximum of 7,777 is looked for in everything that leaves a running server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.accounts.models import Person
from app.auctions.models import Auction
from app.cli.privacy import export
from app.core.database import db
from app.core.mail import send_due
from tests.auctions.helpers import amounts_in, bid, lot_of, mails, make_auction
from tests.auctions.test_live import Follower, stream_of
from tests.cast import Cast
from tests.conftest import WORKER
from tests.races.guests import Guest
from tests.serving import Server, served

CANARY = 7777
SECRET = re.compile(rf"{CANARY}|{CANARY + 1}(?!\d)")  # the leader's own next minimum tells the maximum too


@pytest.fixture
def server(engine: str, tmp_path: Path) -> Iterator[Server]:
    with served(engine, tmp_path, name=f"canary_{WORKER}", LOG_LEVEL="debug") as made:
        yield made


def public(auction: Auction) -> list[str]:
    base = f"/auctions/{auction.slug}/"
    return [
        "/", "/auctions/", base, *(f"{base}lots/{number}/" for number in (1, 2)), f"{base}live.json", f"{base}bids.jsonl",
        f"{base}proceeds/", f"{base}results/", f"{base}screen/", f"{base}verification/", f"{base}mine/", "/account/",
    ]  # fmt: skip


def managing(auction: Auction) -> list[str]:
    base = f"/manage/auctions/{auction.id}/"
    lots = [f"/manage/lots/{lot_of(auction, number).id}/" for number in (1, 2)]
    pages = ("", "labels/", "desk/", "floor/", "auctioneer/", "control/", "hand-over/", "pledges/", "edit/")
    return ["/manage/", "/manage/auctions/", *(base + page for page in pages), *lots]


def test_nothing_tells_a_leaders_maximum(server: Server, tmp_path: Path) -> None:
    cast, auction = Cast.assemble(), make_auction(2, minutes=600)
    bid(lot_of(auction, 2), cast.parent, 20)
    path = f"/auctions/{auction.slug}/lots/1/"
    people = {name: getattr(cast, name) for name in ("parent", "staff", "stranger", "organiser", "helper", "admin")}
    guests = {name: Guest.signed_in(server, person) for name, person in people.items()} | {"nobody": Guest(server)}
    followers = {query: Follower(server, stream_of(auction, query)) for query in ("", "?lot=1&lang=fr")}
    owner, heard = guests["parent"], {}
    owner.get(path)
    assert owner.post(f"{path}bids", amount=400, operation="by-the-form", confirmed=1)[0] == 303
    owner.accept = "application/json"  # through the quick lane
    assert owner.post(f"{path}bids", amount=CANARY, operation="by-the-script", confirmed=1)[0] == 200
    owner.accept = "text/html"
    for name, amount in (("staff", 90), ("stranger", 300), ("staff", 21)):  # the last is refused
        guests[name].get(path)
        answer = guests[name].post(f"{path}bids", amount=amount, operation=f"by-{name}-{amount:05}", terms="y")
        heard[f"{name} bids {amount}"] = answer[2]
    for name, guest in guests.items():
        for address in [*public(auction), *managing(auction)] if name != "parent" else []:
            heard[f"{name} at {address}"] = guest.get(address)[2]
    send_due()
    heard |= {f"mail {mail.key}": mail.subject + mail.text + mail.html for mail in mails()}
    for name, person in people.items():
        if name != "parent":
            heard[f"export of {name}"] = str(export(db.session.get_one(Person, person.id).email))
    for query, follower in followers.items():
        follower.price(1, 32500)
        heard[f"stream {query}"] = "\n".join(event.get("data", "") for event in follower.events)
        follower.close()
    heard["log"] = (tmp_path / "server.log").read_text()
    assert [place for place, text in heard.items() if SECRET.search(amounts_in(text))] == []
    assert SECRET.search(amounts_in(owner.get(path)[2])), "the canary is dead: its owner does not see it either"
    for guest in guests.values():
        guest.hang_up()
