"""The figures, a function each. Every one returns what `bench.measure.compare` made of it."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.globals import _cv_app
from PIL import Image
from sqlalchemy import event as sql_event

from app.core import images
from app.core.database import db
from app.core.transactions import atomic
from app.events import queries as events
from app.galleries.models import Artwork
from bench import load, scale
from bench.measure import Sample, compare, rounded
from bench.scenes import Pair, pair, people, resident_kib, running, sessions
from tests.auctions.helpers import bid, hang, lot_of, make_auction
from tests.events.helpers import make_event
from tests.payments.helpers import make_invoice
from tests.serving import free_port
from tests.stripe_server import SECRET

Figure = dict[str, Any]
SECONDS = 4.0
JSON = "application/json"
BIDDERS, READERS, FOLLOWERS = 32, 8, 1000
_numbers = count(1)


def statements(app: Flask, path: str, forms: Sequence[tuple[str, dict[str, object]]] = ()) -> int:
    """How many times a page asks the database, or the last of some forms (cookie, fields), counted in this process; the
    beginning of a transaction does not count."""
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        asked.append(text)

    def ask() -> None:
        _cv_app.set(None)  # type: ignore[arg-type]
        client, base = app.test_client(use_cookies=False), app.config["KERMESSE"].base_url
        answer = client.get(path, base_url=base) if not forms else None
        for cookie, fields in forms:
            asked.clear()
            answer = client.post(path, base_url=base, data=fields, headers={"Cookie": cookie, "Accept": JSON})
        if answer is None or answer.status_code >= 400:
            raise RuntimeError(f"{path} answers {answer and answer.status}")

    db.session.rollback()
    sql_event.listen(db.engine, "before_cursor_execute", note)
    try:
        copy_context().run(ask)
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", note)
        db.session.rollback()
    return len([text for text in asked if not text.startswith("BEGIN")])


def bids_hot_lot(engine: str) -> Figure:
    """Bids a second on one lot; each answer is a full, durable transaction."""
    with pair(engine) as both:
        auction = make_auction(2, minutes=600)
        path, persons = f"/auctions/{auction.slug}/lots/1/", people(BIDDERS)
        for index, person in enumerate(persons):
            if bid(lot_of(auction, 2), person, 1000 * (index + 1)).reason:  # everybody comes with a paddle
                raise RuntimeError("no paddle")
        francs = count(20 + scale.past(lot_of(auction)))
        kept = sessions(both.ours, persons, path)

        def fields(token: str, number: int) -> dict[str, object]:
            return {
                "csrf_token": token, "amount": 20 + next(francs) * scale.STEP, "operation": f"bench-{next(_numbers)}-{number}",
                "confirmed": 1,
            }  # fmt: skip

        ours = [load.post(both.ours.url, f"{path}bids", partial(fields, token), cookie, JSON) for cookie, token in kept]
        theirs = [load.post(both.reference, "/bids", lambda _n: {"amount": next(francs)}) for _ in persons]
        asked = statements(both.ours.app, f"{path}bids", [(cookie, fields(token, 0)) for cookie, token in kept[:2]])
        return compare(
            "bids_hot_lot", engine, "bids/s", "minimal Flask and ORM application, same server",
            lambda: load.rate(both.ours.url, ours, SECONDS, (200, load.REFUSED)),
            lambda: load.rate(both.reference, theirs, SECONDS, (200, load.REFUSED)), statements=asked,
        )  # fmt: skip


def _page(name: str, engine: str, path: Callable[[Pair], str]) -> Figure:
    with pair(engine) as both:
        shown = path(both)
        ours = [load.get(both.ours.url, shown)] * READERS
        theirs = [load.get(both.reference, "/")] * READERS
        return compare(
            name, engine, "pages/s", "bare Flask page with one query, same server",
            lambda: load.rate(both.ours.url, ours, SECONDS, (200,)),
            lambda: load.rate(both.reference, theirs, SECONDS, (200,)),
            statements=statements(both.ours.app, shown),
        )  # fmt: skip


def lot_page(engine: str) -> Figure:
    """A lot with 40 bids, or with the past of a large database."""

    def prepare(_both: Pair) -> str:
        auction = make_auction(1, minutes=600)
        for turn, person in enumerate([] if scale.past(lot_of(auction)) else people(8) * 5):
            if bid(lot_of(auction), person, 100 * (turn + 1)).reason:
                raise RuntimeError("a bid was refused")
        return f"/auctions/{auction.slug}/lots/1/"

    return _page("lot_page", engine, prepare)


def event_page(engine: str) -> Figure:
    """A talk with seats."""
    return _page("event_page", engine, lambda _both: f"/events/{make_event(capacity=50).slug}/")


def gallery_page(engine: str) -> Figure:
    """A gallery of 40 pictures."""

    def prepare(_both: Pair) -> str:
        shown = db.session.get_one(Artwork, hang([f"Picture {number}" for number in range(40)])[0])
        return f"/galleries/{shown.gallery.slug}/"

    return _page("gallery_page", engine, prepare)


def registrations(engine: str) -> Figure:
    """Whole registrations a second; the mail is queued."""
    with pair(engine) as both:
        talks = [make_event(title=f"Talk {number}", capacity=100_000).slug for number in range(300)]
        persons = people(READERS)
        kept = sessions(both.ours, persons, f"/events/{talks[0]}/")
        turns = [count() for _ in kept]

        def register(index: int, cookie: str, token: str) -> load.Request:
            def make(_number: int) -> bytes:  # each person once in each talk: everybody comes to the next one
                path = f"/events/{talks[next(turns[index]) % len(talks)]}/registrations"
                fields = {"csrf_token": token, "name": "Guest", "party": 1, "operation": f"bench-{next(_numbers):08}"}
                return load.post(both.ours.url, path, lambda _n: fields, cookie)(0)

            return make

        ours = [register(index, cookie, token) for index, (cookie, token) in enumerate(kept)]
        theirs = [load.post(both.reference, "/registrations", lambda _n: {"item": 1, "name": "Guest"})] * READERS
        guest = people(READERS + 1)[-1]
        (cookie, token), *_rest = sessions(both.ours, [guest], f"/events/{talks[0]}/")
        form = {"csrf_token": token, "name": "Guest", "party": 1, "operation": "bench-statements"}
        asked = statements(both.ours.app, f"/events/{talks[0]}/registrations", [(cookie, form)])
        return compare(
            "registrations", engine, "registrations/s", "minimal Flask and ORM application, same server",
            lambda: load.rate(both.ours.url, ours, SECONDS, (303,)),
            lambda: load.rate(both.reference, theirs, SECONDS, (303,)), statements=asked,
        )  # fmt: skip


def seats_race(engine: str) -> Figure:
    """300 people send the form for 50 seats to four processes at once; the seconds until the last has an answer."""
    with pair(engine, processes=4) as both:
        persons, given = people(300), []

        def ours() -> Sample:
            event = make_event(title=f"Talk {next(_numbers)}", capacity=50)
            path = f"/events/{event.slug}/"
            ((cookie, token),) = sessions(both.ours, persons[:1], path)
            form = {"csrf_token": token, "name": "Guest", "party": 1}

            def fields(_number: int) -> dict[str, object]:
                return form | {"operation": f"race-{next(_numbers):08}"}

            cookies = [load_session(both, person, cookie) for person in persons]
            asked = [load.post(both.ours.url, f"{path}registrations", fields, one) for one in cookies]
            sample = load.rush(both.ours.url, asked, (303,))
            db.session.rollback()
            counts = events.counts_of(event.id)
            given.append(counts.get("confirmed", (0, 0))[1])
            sample.errors += abs(given[-1] - 50)
            return sample

        items = count(2)

        def theirs() -> Sample:
            fields = {"item": next(items), "name": "Guest"}
            return load.rush(
                both.reference, [load.post(both.reference, "/registrations", lambda _n: fields)] * 300, (303,)
            )

        figure = compare(
            "seats_race", engine, "s for 300 people", "minimal Flask and ORM application, same server",
            ours, theirs, more_is_better=False,
        )  # fmt: skip
        return figure | {"seats_given": given}


def load_session(both: Pair, person: Any, like: str) -> str:
    """A session of that person with the form token of another's page: all are signed by the same house."""
    app = both.ours.app
    name = app.config["SESSION_COOKIE_NAME"]
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    content = signer.loads(like.split(f"{name}=", 1)[1].split(";")[0])
    return f"{name}={signer.dumps(content | {'_user_id': person.fs_uniquifier})}"


def webhooks(engine: str) -> Figure:
    """Signed events a second, each of which changes the books: refunds of a centime."""
    import hashlib
    import hmac

    keys = {
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": "http://127.0.0.1:9",
    }
    with pair(engine, **keys) as both:
        for _ in range(20):
            make_invoice(100_000)

        def told(_number: int) -> bytes:
            number = next(_numbers)
            refund = {
                "id": f"re_bench_{number}", "object": "refund", "amount": 1, "currency": "chf", "status": "succeeded",
                "payment_intent": f"pi_bench_{number % 20}", "charge": f"ch_bench_{number % 20}", "metadata": {},
            }  # fmt: skip
            event = {
                "id": f"evt_bench_{number}", "object": "event", "type": "refund.created", "livemode": False,
                "created": int(time.time()), "data": {"object": refund},
            }  # fmt: skip
            body, moment = json.dumps(event), int(time.time())
            mac = hmac.new(SECRET.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
            return (
                f"POST /stripe/webhook HTTP/1.1\r\nHost: {urlsplit(both.ours.url).netloc}\r\n"
                f"Content-Type: application/json\r\nStripe-Signature: t={moment},v1={mac}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode()

        theirs = [load.post(both.reference, "/webhook", lambda _n: {"event": next(_numbers)})] * READERS
        return compare(
            "webhooks", engine, "events/s", "minimal Flask and ORM application without a signature, same server",
            lambda: load.rate(both.ours.url, [told] * READERS, SECONDS, (200,)),
            lambda: load.rate(both.reference, theirs, SECONDS, (200,)),
        )  # fmt: skip


def derivatives(_engine: str) -> Figure:
    """Photographs of 12 megapixels made ready for the web, a second."""
    noise = Image.effect_noise((2000, 1500), 60).resize((4000, 3000)).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=88)
    photo = buffer.getvalue()
    vips = shutil.which("vipsthumbnail")

    def ours() -> Sample:
        began = time.perf_counter()
        for _ in range(2):
            images.derivatives(photo)
        return Sample(2 / (time.perf_counter() - began))

    def by_vips() -> Sample:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "photo.jpg").write_bytes(photo)
            began = time.perf_counter()
            for width in images.WIDTHS:
                for kind in ("avif", "webp", "jpg"):
                    subprocess.run(
                        ["vipsthumbnail", "photo.jpg", "-s", str(width), "-o", f"{width}.{kind}"],
                        cwd=folder,
                        check=True,
                    )
            return Sample(1 / (time.perf_counter() - began))

    def by_pillow() -> Sample:
        began = time.perf_counter()
        for width in images.WIDTHS:
            for kind in ("AVIF", "WEBP", "JPEG"):
                with Image.open(io.BytesIO(photo)) as picture:
                    picture.thumbnail((width, width))
                    picture.save(io.BytesIO(), kind)
        return Sample(1 / (time.perf_counter() - began))

    name = "vipsthumbnail" if vips else "Pillow's thumbnail for each size and format (vipsthumbnail is not installed)"
    return compare("derivatives", "", "photographs/s", name, ours, by_vips if vips else by_pillow)


def stream_fanout(engine: str) -> Figure:
    """From the commit of a bid to 1,000 open streams; the milliseconds until the last has heard."""
    with pair(engine) as both:
        auction = make_auction(1, minutes=600)
        persons = people(2)
        turns = count()

        async def commit() -> float:
            def one() -> float:
                with both.ours.app.app_context():
                    from app.auctions import services

                    turn = next(turns)
                    with atomic():
                        outcome = services.place_bid(
                            lot_id,
                            persons[turn % 2].id,
                            20_00 + turn * 200_00,
                            f"bench-fan-{turn}",
                            terms_accepted=True,
                            confirmed=True,
                        )
                    committed = time.perf_counter()
                    if outcome.reason is not None:
                        raise RuntimeError(f"nothing to tell: {outcome.reason}")
                    db.session.remove()
                    return committed

            return await asyncio.to_thread(one)

        lot_id = lot_of(auction).id
        port = free_port()
        bare = f"http://127.0.0.1:{port}"
        message = b"event: lots\ndata: " + b"x" * 700 + b"\n\n"

        async def broadcast() -> float:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            sent = time.perf_counter()
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(message), message))
            await reader.read()
            writer.close()
            return sent

        with running([sys.executable, "-m", "bench.fanout", str(port)]) as server:
            time.sleep(1)
            path = f"/auctions/{auction.slug}/live?lot=1"
            web = both.ours.processes[0].pid
            grown: dict[int, list[float]] = {web: [], server.pid: []}
            load.alone(
                fan_out(both.ours.url, path, commit, web, [], 20, 2)
            )  # what the first reader loads is not a stream's
            figure = compare(
                "stream_fanout", engine, f"ms to the last of {FOLLOWERS}", "bare asyncio server, trigger to last",
                lambda: load.alone(fan_out(both.ours.url, path, commit, web, grown[web])),
                lambda: load.alone(fan_out(bare, "/live", broadcast, server.pid, grown[server.pid])),
                more_is_better=False, followers=FOLLOWERS,
            )  # fmt: skip
            # The first round opens the streams in fresh memory; later ones find again what the first gave back.
            return figure | {
                "kib_a_stream": rounded(max(grown[web])),
                "reference_kib_a_stream": rounded(max(grown[server.pid])),
            }


async def fan_out(
    url: str,
    path: str,
    trigger: Callable[[], Any],
    process: int,
    grown: list[float],
    followers: int = FOLLOWERS,
    broadcasts: int = 8,
) -> Sample:
    """Open the streams, trigger some broadcasts, and note when each stream has heard each, and by how many KiB a stream the
    process has grown."""
    address = urlsplit(url)
    heard: list[float] = []
    left, everybody = 0, asyncio.Event()

    async def follow() -> asyncio.StreamWriter:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAccept: text/event-stream\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b"text/event-stream" not in head.lower():
            raise RuntimeError(f"{path} is no stream: {head.splitlines()[0].decode()}")
        tasks.append(asyncio.create_task(listen(reader)))
        return writer

    async def listen(reader: asyncio.StreamReader) -> None:
        nonlocal left
        while line := await reader.readline():
            if line.startswith(b"event: lots") and armed:
                heard.append(time.perf_counter())
                left -= 1
                if not left:
                    everybody.set()

    tasks: list[asyncio.Task[None]] = []
    armed = False
    before = resident_kib(process)
    writers = [await follow() for _ in range(followers)]
    await asyncio.sleep(1)
    waits, lasts, errors = [], [], 0
    for _ in range(broadcasts):
        armed, left = True, followers
        heard.clear()
        everybody.clear()
        done = await trigger()
        try:
            await asyncio.wait_for(everybody.wait(), 10)
        except TimeoutError:
            errors += left
        waits += [max(0.0, (moment - done) * 1000) for moment in heard]
        lasts.append(max(0.01, (max(heard, default=done) - done) * 1000))
        armed = False
        await asyncio.sleep(0.3)
    grown.append((resident_kib(process) - before) / followers)
    for task in tasks:
        task.cancel()
    for writer in writers:
        writer.close()
    return Sample(sorted(lasts)[len(lasts) // 2], waits, errors)


BOTH = ("sqlite", "postgresql")
FIGURES: dict[str, tuple[Callable[[str], Figure], tuple[str, ...]]] = {
    "bids_hot_lot": (bids_hot_lot, BOTH),
    "stream_fanout": (stream_fanout, ("sqlite",)),
    "lot_page": (lot_page, ("sqlite",)),
    "event_page": (event_page, ("sqlite",)),
    "registrations": (registrations, BOTH),
    "seats_race": (seats_race, BOTH),
    "derivatives": (derivatives, ("",)),
    "gallery_page": (gallery_page, ("sqlite",)),
    "webhooks": (webhooks, ("sqlite",)),
}
