"""A load client: keep-alive connections on one event loop, each sending the next request when its answer is whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench.measure import Sample

REFUSED = 422  # a whole, kept answer for a bid; an error anywhere else
Request = Callable[[int], bytes]  # the n-th request of a connection, whole


def get(url: str, path: str, cookie: str = "") -> Request:
    """Always the same page."""
    text = (
        f"GET {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n".encode()
    )
    return lambda _number: text


def post(
    url: str, path: str, fields: Callable[[int], dict[str, object]], cookie: str = "", accept: str = "text/html"
) -> Request:
    """A form."""

    def make(number: int) -> bytes:
        body = urlencode(fields(number))
        return (
            f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nCookie: {cookie}\r\nAccept: {accept}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return make


def alone(work: Coroutine[Any, Any, Sample]) -> Sample:
    """Run to the end on a loop in a thread of its own: the caller's may run one already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def answer(reader: asyncio.StreamReader) -> int:
    """Read one whole answer; returns its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    if length:
        await reader.readexactly(length)
    return int(head[9:12])


def rate(
    url: str, requests: list[Request], seconds: float, good: tuple[int, ...] = (200, 303), warm_s: float = 1.0
) -> Sample:
    """Good answers a second with one connection for each request maker; any other answer counts as an error."""

    async def one(make: Request, stop: float, kept: list[tuple[float, float, int]]) -> None:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        number = 0
        while (began := time.perf_counter()) < stop:
            writer.write(make(number))
            status = await answer(reader)
            kept.append((began, (time.perf_counter() - began) * 1000, status))
            number += 1
        writer.close()

    async def everybody() -> Sample:
        begin = time.perf_counter() + warm_s
        kept: list[tuple[float, float, int]] = []
        await asyncio.gather(*(one(make, begin + seconds, kept) for make in requests))
        counted = [(wait, status) for began, wait, status in kept if began >= begin]
        waits = [wait for wait, status in counted if status in good]
        refused = sum(status == REFUSED for _wait, status in counted) if REFUSED in good else 0
        return Sample(len(waits) / seconds, waits, len(counted) - len(waits), refused)

    return alone(everybody())


def rush(url: str, requests: list[Request], good: tuple[int, ...] = (200, 303)) -> Sample:
    """Everybody sends one request at the same time; `value` is the seconds until the last answer."""

    async def one(make: Request, waits: list[float]) -> int:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        began = time.perf_counter()
        writer.write(make(0))
        status = await answer(reader)
        waits.append((time.perf_counter() - began) * 1000)
        writer.close()
        return status

    async def everybody() -> Sample:
        waits: list[float] = []
        began = time.perf_counter()
        found = await asyncio.gather(*(one(make, waits) for make in requests), return_exceptions=True)
        return Sample(time.perf_counter() - began, waits, sum(status not in good for status in found))

    return alone(everybody())
