"""Errors in the page's own look: what happened, and what now. Never a stack trace."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, g, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.core.transactions import Busy

log = structlog.get_logger()


def _words(code: int) -> tuple[str, str]:
    known = {
        400: (_("That request could not be read"), _("Go back, look at the address or the form, and try again.")),
        403: (_("This page is not open to you"), _("If it should be, ask an organiser for the role that opens it.")),
        404: (_("Nothing hangs here"), _("The page may have moved, or the address has a slip in it.")),
        405: (_("That address does not do this"), _("Go back and use the button on the page.")),
        409: (_("That has changed meanwhile"), _("Go back, look at it as it is now, and try again.")),
        410: (_("This link has had its day"), _("Ask for a new one where you asked for this.")),
        413: (_("That is too large"), _("Send a smaller file or a shorter text.")),
        415: (_("That form came in a shape we do not read"), _("Go back and use the button on the page.")),
        429: (_("That was a lot at once"), _("Wait a minute, then try again.")),
        503: (_("A lot is happening right now"), _("Nothing was lost or changed. Try again in a moment.")),
    }
    fallback = (
        _("Something broke on our side"),
        _("Nothing you typed was half saved. We have noted it; try again soon."),
    )
    return known.get(code, known[400] if 400 <= code < 500 else fallback)


def page(
    code: int, title: str | None = None, text: str | None = None, way: tuple[str, str] | None = None
) -> tuple[str, int]:
    """The error page of a status. `way`: the words and the address of the button that helps."""
    words = _words(code)
    told = {"code": code, "title": title or words[0], "text": text or words[1], "way": way}
    return render_template("errors/error.html", **told), code


def wants_json() -> bool:
    """Whether the client asked for JSON rather than a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def install(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(HTTPException)
    def refused(fault: HTTPException) -> Any:
        code = fault.code or 500
        if code < 400 or fault.response is not None:
            return fault
        answer = ({"error": _words(code)[0]}, code) if wants_json() else page(code)
        response = app.make_response(answer)
        if code == 405 and getattr(fault, "valid_methods", None):
            response.headers["Allow"] = ", ".join(fault.valid_methods)  # type: ignore[attr-defined]
        return response

    @app.errorhandler(CSRFError)
    def stale_form(fault: CSRFError) -> Any:
        return page(400, _("This form has been open for too long"), _("Go back, reload the page and send it again."))

    @app.errorhandler(Busy)
    def busy(fault: Busy) -> Any:
        return page(503)

    @app.errorhandler(Exception)
    def broken(fault: Exception) -> Any:
        # The rule and not the path, which may hold a token.
        rule = request.url_rule.rule if request.url_rule else None
        log.exception("unexpected error", route=rule, method=request.method)
        g.pop("_flask_babel", None)
        return page(500)
