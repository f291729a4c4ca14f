"""Pages travel compressed: on a poor network a fifth of the bytes is most of the wait. Files have their twins on the disk.

What a page says of its reader beside a form token cannot be guessed by its length (BREACH): the token differs in each answer,
and a foreign site's requests come without the session's cookie (SameSite).
"""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, request

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
        if len(content) < LEAST:
            return response
        # Quality 4: a millisecond for the largest page; the next steps cost more than they spare.
        response.set_data(brotli.compress(content, quality=4) if way == "br" else gzip.compress(content, 5, mtime=0))
        response.headers["Content-Encoding"] = str(way)
        if etag := response.get_etag()[0]:  # another representation, another name
            response.set_etag(etag, weak=True)
        return response
