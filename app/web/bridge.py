"""Between the server and the house: pages go to Flask in a pool of threads, streams stay on the event loop.

Granian's RSGI is the interface: one process and one port serve both. A thread for each viewer of a stream would be far too
dear in a full hall. See docs/decisions/0008-live.md.
"""

from __future__ import annotations

import asyncio
import io
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from flask import Flask

NO_BODY = (204, 304)
PATIENCE = 32_000_000  # bytes beyond the largest form that are read to be polite


class Streams(Protocol):
    """What answers on the loop: asked for each GET, before the pages."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None: ...

    def stop(self) -> None: ...

    def wants(self, scope: Any) -> bool: ...

    async def serve(self, scope: Any, protocol: Any) -> None: ...


Answer = tuple[int, list[tuple[str, str]], bytes]


class Quick(Protocol):
    """What may answer some forms without a page. `page` asks Flask, with more in the environ."""

    def wants(self, scope: Any) -> bool: ...

    async def serve(self, scope: Any, body: bytes, page: Callable[[dict[str, Any]], Awaitable[Answer]]) -> Answer: ...


class Bridge:
    """The RSGI application."""

    def __init__(self, app: Flask, streams: Streams, quick: Quick, threads: int) -> None:
        self.app, self.streams, self.quick = app, streams, quick
        self.largest = int(app.config["MAX_CONTENT_LENGTH"])
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="page")
        self.loop: asyncio.AbstractEventLoop

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.streams.start(loop)
        # The server waits for open answers before it ends, and a stream never ends by itself. Python runs this beside the
        # server's own handler, which listens through the loop's wake-up file.
        signal.signal(signal.SIGTERM, self._end)

    def _end(self, *_: object) -> None:
        with suppress(RuntimeError):  # asked a second time, when the loop is closed already
            self.loop.call_soon_threadsafe(self.streams.stop)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.method == "GET" and self.streams.wants(scope):
            await self.streams.serve(scope, protocol)
            return
        body, length = (b"", 0) if scope.method in ("GET", "HEAD") else await self._body(scope, protocol)

        async def page(more: dict[str, Any] | None = None) -> Answer:
            return await self.loop.run_in_executor(self.pool, self._page, scope, body, length, more or {})

        if self.quick.wants(scope):
            status, headers, content = await self.quick.serve(scope, body, page)
        else:
            status, headers, content = await page()
        if status in NO_BODY or not content:
            protocol.response_empty(status, headers)
        else:
            protocol.response_bytes(status, headers, content)

    async def _body(self, scope: Any, protocol: Any) -> tuple[bytes, int]:
        """What was sent, and its true length. What is larger than any form may be is read and thrown away for a while, so
        that the refusal reaches who sends it; Flask refuses it by its length."""
        declared = scope.headers.get("content-length") or "0"
        too_large = declared.isdigit() and int(declared) > self.largest
        parts, size = [], 0
        async for part in protocol:
            size += len(part)
            if size > self.largest + PATIENCE:
                break
            if not too_large and size <= self.largest:
                parts.append(bytes(part))
        return (b"".join(parts) if size <= self.largest else b""), size

    def _page(self, scope: Any, body: bytes, length: int, more: dict[str, Any]) -> Answer:
        """Ask Flask, in a thread of the pool."""
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _fault: Any = None) -> Callable[[bytes], Any]:
            answer[:] = [int(status.split(" ", 1)[0]), headers]
            return lambda _part: None

        parts: Iterable[bytes] = self.app.wsgi_app(environ(scope, body, length) | more, start_response)
        try:
            content = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        return answer[0], answer[1], content


def environ(scope: Any, body: bytes, length: int = 0) -> dict[str, Any]:
    """The request as PEP 3333 describes it. `length` stands for a length that was not declared."""
    host, _, port = scope.server.rpartition(":")
    found = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name in set(scope.headers.keys()) - {"transfer-encoding"}:  # the body stands here whole
        if "_" in name:  # would pass for a header that a proxy has written, such as X-Forwarded-For
            continue
        key = name.upper().replace("-", "_")
        values = scope.headers.get_all(name)
        joined = ("; " if name == "cookie" else ",").join(values)
        found[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = joined
    if length:
        found.setdefault("CONTENT_LENGTH", str(length))
    return found
