"""Security headers on every answer, and the nonce of the Content-Security-Policy."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request, session

from app.config import Config
from app.web.access import mark_of

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), interest-cohort=()",
}


def csp_nonce() -> str:
    """The nonce of this answer, for `<style nonce>` and `<script nonce>`."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def show_own_frames() -> None:
    """Let this answer's page hold frames of our own, such as the mail that it is about."""
    g.own_frames = True


def _policy(config: Config) -> str:
    nonce = f"'nonce-{csp_nonce()}'"
    # A browser holds the redirect after a form to this list too: the way to the card page must be open.
    paying = "" if config.test_checkout else f" {config['STRIPE_API_BASE'] or 'https://checkout.stripe.com'}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {nonce}",
            f"style-src 'self' {nonce}",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            *(["frame-src 'self'"] if g.get("own_frames") else []),
            f"form-action 'self'{paying}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def install(app: Flask) -> None:
    """Set the headers after every request."""
    config = app.config["KERMESSE"]

    @app.after_request
    def set_headers(response: Response) -> Response:
        headers = response.headers
        if response.mimetype == "text/html":
            headers.setdefault("Content-Security-Policy", _policy(config))
            headers.add("Vary", "Cookie, Accept-Language")
        headers.update(COMMON)
        if config.production:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store" if private(app) else "no-cache"
        return response


def private(app: Flask) -> bool:
    """Whether the answer is for its reader alone. Asks the session, not the user: their row may have to be loaded for that."""
    mark = mark_of(app, request.endpoint) if request.endpoint else None
    return mark is None or mark.kind != "public" or "_user_id" in session
