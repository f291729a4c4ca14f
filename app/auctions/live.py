"""The live stream of an auction: server-sent events, all on one event loop, for any number of open pages.

What is sent is public and the same for all who read a language: it is made once and written to everybody. A page that
must know how its own reader stands asks `live.json`. Events are states, not steps: whoever missed some gets the newest,
and with it the lines of the history that they lack. See docs/decisions/0008-live.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import structlog
from flask import Flask
from flask_babel import force_locale
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from app.auctions import boards, histories, needs
from app.auctions.models import Auction
from app.config import LANGUAGES
from app.core.clock import now
from app.core.database import db
from app.core.news import news
from app.web.formats import iso

ADDRESS = re.compile(r"/auctions/([a-z0-9-]{1,80})/live")
MOST_STREAMS = 5000
STREAM_S = 900  # then a page comes back by itself: what a reader who stalls can pile up is bounded
BEAT_S = 5.0
BREATH_S = 0.05
HEADERS = [
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),
    ("x-content-type-options", "nosniff"),
]
log = structlog.get_logger()


@dataclass
class Channel:
    """What followers of one auction in one language hear: of all lots, or of one with its history.

    `followers` are the open answers, each with the time until which it stays open. Sending never waits: the server's own
    loop carries the bytes, so that a hundred slow phones hold nobody up.
    """

    newest: str = ""  # the digest of the whole state: the id that a page brings back
    whole: str = ""
    followers: dict[Any, datetime] = field(default_factory=dict)

    def publish(self, message: str) -> int:
        """Tell everybody; returns how many turned out to have gone."""
        gone = []
        for transport in self.followers:
            try:
                transport.send_str(message)
            except ProtocolClosed:
                gone.append(transport)
        return self.forget(gone)

    def forget(self, gone: list[Any]) -> int:
        """End these answers."""
        for transport in gone:
            del self.followers[transport]
        return len(gone)


@dataclass
class Board:
    """The newest state of one auction in one language, and the channels that tell it."""

    slug: str
    language: str
    lots: dict[int, dict[str, Any]] = field(default_factory=dict)
    promised: dict[str, Any] = field(default_factory=dict)  # what the leading bids come to
    need: dict[str, Any] | None = None  # how far it came: for followers of all lots
    channels: dict[int | None, Channel] = field(default_factory=dict)
    turns_at: datetime | None = None  # when time alone changes a lot's phase
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class Hub:
    """All streams of this process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.boards: dict[tuple[str, str], Board] = {}
        self.open = 0
        self.stopping = False
        self.loop: asyncio.AbstractEventLoop
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def stop(self) -> None:
        """End every stream; pages come back to the next process."""
        self.stopping = True
        for channel in self._channels():
            channel.followers.clear()

    def wants(self, scope: Any) -> bool:
        return ADDRESS.fullmatch(scope.path) is not None

    async def serve(self, scope: Any, protocol: Any) -> None:
        """One open page. `?lang=` and `?lot=` choose the channel; Last-Event-ID is the state that it has already.

        The answer stays open when this returns: nothing but its transport is kept for each page.
        """
        found = ADDRESS.fullmatch(scope.path)
        if found is None or self.open >= MOST_STREAMS or self.stopping:
            protocol.response_empty(503, [("retry-after", "5")])
            return
        asked = {name: values[0] for name, values in parse_qs(scope.query_string).items()}
        language, number = asked.get("lang", ""), asked.get("lot", "")
        lot = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
        has = scope.headers.get("last-event-id")
        self.open += 1
        self._awake()
        channel = None
        try:
            channel = await self._join(found[1], language if language in LANGUAGES else "en", lot)
        finally:
            if channel is None:
                self._less(1)
        if channel is None:
            protocol.response_empty(404, [])
            return
        # From the channel to here nothing waits, so no message can be missed or told twice.
        transport = protocol.response_stream(200, HEADERS)
        channel.followers[transport] = now() + timedelta(seconds=STREAM_S)
        with suppress(ProtocolClosed):
            transport.send_str("retry: 1000\n\n" + (_beat() if has == channel.newest else channel.whole))

    def _channels(self) -> list[Channel]:
        return [channel for board in self.boards.values() for channel in board.channels.values()]

    def _less(self, streams: int) -> None:
        self.open -= streams
        if not self.open:
            self._asleep()

    # ---- keeping the boards -----------------------------------------------------------------------------------------

    def _awake(self) -> None:
        """Listen for news while anybody follows."""
        if not self._tasks:
            for work in (self._listen(), self._beats()):
                task = self.loop.create_task(work)
                self._tasks.add(task)

    def _asleep(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self.boards.clear()

    async def _join(self, slug: str, language: str, lot: int | None) -> Channel | None:
        """The channel; None for an auction or a lot that is not public. Who asks must follow before they wait for anything:
        a channel without followers goes.

        The board is listed before it is read, so that news which comes meanwhile waits for the lock and is told.
        """
        board = self.boards.setdefault((slug, language), Board(slug, language))
        async with board.reading:
            if not board.channels and not await self._read(board):
                self.boards.pop((slug, language), None)
                return None
            if lot is not None and lot not in board.lots:
                return None
            if lot not in board.channels:
                steps = await self._in_thread(self._steps, board, lot) if lot is not None else []
                board.channels[lot] = channel = Channel()
                if lot is None:
                    channel.newest, channel.whole = _event_of_all(board, list(board.lots.values()))
                else:
                    channel.newest, channel.whole = _event(board, [board.lots[lot]], [board.lots[lot]], steps)
            return board.channels[lot]

    async def _listen(self) -> None:
        """At each commit by anybody, bring every board up to date; many commits at once are told as one."""
        async for _ in news(self.app.config["KERMESSE"].database_url):
            await self._refresh(list(self.boards.values()))
            await asyncio.sleep(BREATH_S)

    async def _beats(self) -> None:
        """Now and then the server's clock, so that silence means a fault; and what time alone changes."""
        turn = 0
        while True:
            await asyncio.sleep(0.25)
            turn, at = turn + 1, now()
            await self._refresh([board for board in self.boards.values() if board.turns_at and board.turns_at <= at])
            if turn % int(BEAT_S / 0.25) == 0:
                message, at = _beat(), now()
                for channel in self._channels():
                    old = [transport for transport, until in channel.followers.items() if until <= at]
                    self._less(channel.forget(old) + channel.publish(message))

    async def _refresh(self, boards: list[Board]) -> None:
        for board in boards:
            try:
                async with board.reading:
                    board.channels = {lot: channel for lot, channel in board.channels.items() if channel.followers}
                    if board.channels:
                        before, need = board.lots, board.need
                        await self._read(board)
                        await self._tell(board, before, need)
            except Exception:  # the stream outlives a fault of the database; pages ask by themselves meanwhile
                log.exception("the live stream could not read", auction=board.slug)

    async def _tell(self, board: Board, before: dict[int, dict[str, Any]], need: dict[str, Any] | None) -> None:
        changed = [lot for number, lot in board.lots.items() if before.get(number) != lot]
        everything = board.channels.get(None)
        if everything is not None and (changed or board.need != need):
            everything.newest, everything.whole = _event_of_all(board, list(board.lots.values()))
            self._less(everything.publish(_event_of_all(board, changed)[1]))
        for row in changed:
            channel = board.channels.get(row["number"])
            if channel is not None:
                known = before[row["number"]]["seq"] if row["number"] in before else 0
                steps = await self._in_thread(self._steps, board, row["number"])
                channel.newest, channel.whole = _event(board, [row], [row], steps)
                message = _event(
                    board, [row], [row], [step for step in steps if step["seq"] > known or step["voided"]]
                )[1]
                self._less(channel.publish(message))

    async def _read(self, board: Board) -> bool:
        """Fetch the newest state; whether there is one."""
        found = await self._in_thread(self._fetch, board)
        if found is not None:
            board.lots, board.promised, board.need, board.turns_at = found
        return found is not None

    async def _in_thread(self, work: Any, *facts: Any) -> Any:
        def inside() -> Any:
            with self.app.app_context():
                try:
                    return work(*facts)
                finally:
                    db.session.remove()

        return await self.loop.run_in_executor(None, inside)

    def _fetch(
        self, board: Board
    ) -> tuple[dict[int, dict[str, Any]], dict[str, Any], dict[str, Any] | None, datetime | None] | None:
        found = db.session.query(Auction).filter_by(slug=board.slug, published=True).one_or_none()
        if found is None:
            return None
        at = now()
        with force_locale(board.language):
            lots = boards.board(found, at)
            return lots, boards.promised(found, lots), needs.public(found), boards.turns_at(found, at)

    def _steps(self, board: Board, lot: int) -> list[dict[str, Any]]:
        found = db.session.query(Auction).filter_by(slug=board.slug).one()
        with force_locale(board.language):
            return histories.steps(found, lot)


def _beat() -> str:
    return f'event: beat\ndata: {{"now": "{iso(now())}"}}\n\n'


def _event_of_all(board: Board, told: list[dict[str, Any]]) -> tuple[str, str]:
    """As `_event`, for followers of all lots, who hear of the need as well."""
    return _event(board, list(board.lots.values()), told, [], need=board.need)


def _event(
    board: Board, whole: list[dict[str, Any]], told: list[dict[str, Any]], steps: list[dict[str, Any]], **more: Any
) -> tuple[str, str]:
    """(digest of the whole state, the event that tells some of it)."""
    digest = hashlib.sha256(json.dumps([whole, more]).encode()).hexdigest()[:16]
    content = {"now": iso(now()), "lots": told, "steps": steps, "promised": board.promised, **more}
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return digest, f"id: {digest}\nevent: lots\ndata: {data}\n\n"
