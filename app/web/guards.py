"""Refuse early what no page can use (NUL bytes, a shape of request that forms never send), and run a request again
when the database was busy: nothing was written by then, so the view starts from its form."""

from __future__ import annotations

from flask import Flask, abort, request

from app.core.transactions import retried

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def install(app: Flask) -> None:
    """Check each request before its view, and retry the view on `Busy`."""
    dispatch = app.dispatch_request
    app.dispatch_request = lambda: retried(dispatch)  # type: ignore[method-assign]

    @app.before_request
    def check() -> None:
        if "\x00" in request.path or any("\x00" in value for _, value in request.args.items(multi=True)):
            abort(400)
        if any("\x00" in name for name in request.args):
            abort(400)
        posted = request.method in ("POST", "PUT", "PATCH") and request.content_length
        if posted and request.mimetype not in (*FORM_TYPES, "application/json"):
            abort(415)
