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
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import structlog
from flask import Flask
from flask_babel import force_locale
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from app.auctions import needs, queries
from app.auctions.models import Auction
from app.config import LANGUAGES
from app.core.clock import now
from app.core.database import db
from app.core.news import news
from app.web.formats import iso

ADDRESS = re.compile(r"/auctions/([a-z0-9-]{1,80})/live")
MOST_STREAMS = 5000
KEPT_MESSAGES = 32
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
    """What followers of one auction in one language hear: of all lots, or of one with its history."""

    followers: int = 0
    turn: int = 0  # grows by one with each message
    newest: str = ""  # the digest of the whole state: the id that a page brings back
    whole: str = ""
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_MESSAGES))
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def since(self, turn: int) -> str:
        """What somebody lacks who has heard everything up to `turn`."""
        lacking = self.turn - turn
        return "".join(list(self.messages)[-lacking:]) if lacking <= len(self.messages) else self.whole

    def publish(self, message: str) -> None:
        self.turn += 1
        self.messages.append(message)
        self.heard.set()
        self.heard = asyncio.Event()


@dataclass
class Board:
    """The newest state of one auction in one language, and the channels that tell it."""

    slug: str
    language: str
    lots: dict[int, dict[str, Any]] = field(default_factory=dict)
    promised: str = ""  # what the leading bids come to, in words
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
        for board in self.boards.values():
            for channel in board.channels.values():
                channel.heard.set()

    def wants(self, scope: Any) -> bool:
        return ADDRESS.fullmatch(scope.path) is not None

    async def serve(self, scope: Any, protocol: Any) -> None:
        """One open page. `?lang=` and `?lot=` choose the channel; Last-Event-ID is the state that it has already."""
        found = ADDRESS.fullmatch(scope.path)
        if found is None or self.open >= MOST_STREAMS or self.stopping:
            protocol.response_empty(503, [("retry-after", "5")])
            return
        asked = {name: values[0] for name, values in parse_qs(scope.query_string).items()}
        language, number = asked.get("lang", ""), asked.get("lot", "")
        lot = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
        self.open += 1
        self._awake()
        try:
            channel = await self._join(found[1], language if language in LANGUAGES else "en", lot)
            if channel is None:
                protocol.response_empty(404, [])
                return
            try:
                with suppress(ProtocolClosed):
                    await self._follow(
                        channel, protocol.response_stream(200, HEADERS), scope.headers.get("last-event-id")
                    )
            finally:
                channel.followers -= 1
        finally:
            self.open -= 1
            if not self.open:
                self._asleep()

    async def _follow(self, channel: Channel, transport: Any, has: str | None) -> None:
        turn, heard = channel.turn, channel.heard
        await transport.send_str("retry: 1000\n\n" + (_beat() if has == channel.newest else channel.whole))
        while not self.stopping:
            if channel.turn == turn:
                await heard.wait()
            heard = channel.heard
            if channel.turn != turn:
                lacking, turn = channel.since(turn), channel.turn
                await transport.send_str(lacking)

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
        """The channel, one follower more; None for an auction or a lot that is not public.

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
            board.channels[lot].followers += 1
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
                for board in self.boards.values():
                    for channel in board.channels.values():
                        channel.publish(_beat())

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
            everything.publish(_event_of_all(board, changed)[1])
        for row in changed:
            channel = board.channels.get(row["number"])
            if channel is not None:
                known = before[row["number"]]["seq"] if row["number"] in before else 0
                steps = await self._in_thread(self._steps, board, row["number"])
                channel.newest, channel.whole = _event(board, [row], [row], steps)
                channel.publish(_event(board, [row], [row], [step for step in steps if step["seq"] > known])[1])

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
    ) -> tuple[dict[int, dict[str, Any]], str, dict[str, Any] | None, datetime | None] | None:
        found = db.session.query(Auction).filter_by(slug=board.slug, published=True).one_or_none()
        if found is None:
            return None
        at = now()
        with force_locale(board.language):
            lots = queries.board(found, at)
            return lots, queries.promised_text(found, lots), needs.public(found), queries.turns_at(found, at)

    def _steps(self, board: Board, lot: int) -> list[dict[str, Any]]:
        found = db.session.query(Auction).filter_by(slug=board.slug).one()
        with force_locale(board.language):
            return queries.steps(found, lot)


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
    content = {"now": iso(now()), "lots": told, "steps": steps, "promised_text": board.promised, **more}
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return digest, f"id: {digest}\nevent: lots\ndata: {data}\n\n"
