"""Pages travel compressed: on a poor network a fifth of the bytes is most of the wait. Files have their twins on the disk.

What a page says of its reader could be guessed by its length, if a foreign site chose what else stands in it (BREACH). So what
a foreign site asked for, or may have, is not compressed when it could hold anything of its reader's. See
docs/decisions/0017-compressed-pages.md.
"""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, request

from app.web.headers import private

LEAST = 1024  # below, headers weigh more than what is spared
KINDS = {"text/html", "application/json", "text/calendar", "application/x-ndjson", "text/csv"}


def install(app: Flask) -> None:
    """Compress what is worth it, in the way that the reader prefers."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in KINDS:
            return response
        response.headers.add("Vary", "Accept-Encoding")
        if response.is_streamed or response.direct_passthrough or "Content-Encoding" in response.headers:
            return response
        way = request.accept_encodings.best_match(("br", "gzip"))
        content = response.get_data() if way and response.status_code != 304 else b""
        if len(content) < LEAST or (_of_somebody(app) and not _from_here()):
            return response
        # Quality 4: a millisecond for the largest page; the next steps cost more than they spare.
        response.set_data(brotli.compress(content, quality=4) if way == "br" else gzip.compress(content, 5, mtime=0))
        response.headers["Content-Encoding"] = str(way)
        if etag := response.get_etag()[0]:  # another representation, another name
            response.set_etag(etag, weak=True)
        return response


def _of_somebody(app: Flask) -> bool:
    """Whether the answer may hold what not everybody knows."""
    return private(app) or app.config["SESSION_COOKIE_NAME"] in request.cookies


def _from_here() -> bool:
    """Whether the reader asked for it themself or by a page of ours. A browser too old to say so may name the page."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    try:
        named = urlsplit(request.headers.get("Referer", "")).netloc
    except ValueError:
        return False
    return bool(named) and named == request.headers.get("Host")  # not request.host, which refuses a forged one
