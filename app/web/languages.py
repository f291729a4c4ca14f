"""Which language a visitor reads: their choice, then their browser's wish."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, session
from flask_login import current_user

from app.config import LANGUAGES
from app.web.access import public
from app.web.redirects import safe_path

blueprint = Blueprint("languages", __name__)


def select_locale() -> str:
    """The language of this request."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    if current_user and current_user.is_authenticated and current_user.locale in LANGUAGES:
        return str(current_user.locale)
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def language_url(code: str) -> str:
    """The address that switches to a language and comes back here."""
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return f"/language/{code}?{urlencode({'next': here})}"


@blueprint.get("/language/<any(en,fr,es):code>")
@public
def switch(code: str) -> Response:
    """Keep the choice in the session and go back."""
    session["language"] = code
    return redirect(safe_path(request.args.get("next")), 303)  # type: ignore[return-value]
