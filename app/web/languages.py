"""Which language a visitor reads: their choice, then their browser's wish."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations
from urllib.parse import urlencode

from babel.support import Translations
from flask import Blueprint, Flask, Response, redirect, request, session
from flask_login import current_user

from app.config import LANGUAGES, ROOT
from app.web.access import public
from app.web.formats import locale
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


@lru_cache
def _catalogue(code: str) -> NullTranslations:
    return Translations.load(str(ROOT / "app" / "translations"), [code])


def install(app: Flask) -> None:
    """Give templates a shorter way to the catalogues than Flask-Babel's: a page looks up a hundred texts."""

    def gettext(text: str) -> str:
        return _catalogue(locale()).gettext(text)

    def ngettext(one: str, many: str, number: int) -> str:
        return _catalogue(locale()).ngettext(one, many, number)

    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]


def language_url(code: str) -> str:
    """The address that switches to a language and comes back here."""
    here = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/"
    return f"/language/{code}?{urlencode({'next': here})}"


@blueprint.get("/language/<any(en,fr,es):code>")
@public
def switch(code: str) -> Response:
    """Keep the choice in the session and go back."""
    session["language"] = code
    return redirect(safe_path(request.args.get("next")), 303)  # type: ignore[return-value]
