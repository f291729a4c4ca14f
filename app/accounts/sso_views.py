"""The way to the organisation's own sign-in and back."""

from __future__ import annotations

import time
from typing import Any

import structlog
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from app.accounts import openid, sso
from app.accounts.forms import EmailForm
from app.accounts.openid import Attempt, Provider
from app.accounts.sso_rules import Told
from app.accounts.views import begin_session
from app.core.clock import now
from app.core.database import db
from app.core.transactions import Busy, atomic
from app.web.access import public, roles
from app.web.formats import locale
from app.web.limits import limiter
from app.web.redirects import safe_path

blueprint = Blueprint("sso", __name__)
log = structlog.get_logger()
UNDER_WAY = "sso"  # in the session: [state, nonce, verifier, when, path to go on to] of each attempt
ATTEMPTS = 2  # a session is a cookie of 4 kB: the two newest windows
LIFE_S = 1800
LONGEST_PATH = 400
TRIES = 3
STATUSES = {"down": 503, "stale": 400}
NO_CODE = ("taken", "disabled")  # where a code by mail would not help, or open what must stay closed


@blueprint.get("/account/sso/")
@public
@limiter.limit("400/hour")
def start() -> Any:
    """Off to the provider. A link leads here, not a form: browsers hold a form's whole way to the page's policy, and providers
    send people on to hosts that nobody can name beforehand."""
    provider = _provider()
    path = safe_path(request.args.get("next"), "/account/")
    path = path if len(path) <= LONGEST_PATH else "/account/"
    language = locale()  # may load who is signed in
    db.session.rollback()
    try:
        address, attempt = provider.begin(language, choose="again" in request.args)
    except openid.Failed as fault:
        return _refused(fault.reason, str(fault), path)
    kept = [attempt.state, attempt.nonce, attempt.verifier, int(now().timestamp()), path]
    session[UNDER_WAY] = [kept, *session.get(UNDER_WAY, [])][:ATTEMPTS]
    return _unkept(redirect(address, 303))


@blueprint.get("/account/sso/return")
@public
@limiter.limit("600/hour")
def come_back() -> Any:
    """Back from the provider, with a code or a reason."""
    provider = _provider()
    attempt, path = _attempt(request.args.get("state", ""))
    if attempt is None:
        return _refused("stale", "no such attempt in this browser", path)
    here_id = current_user.id if current_user.is_authenticated else None
    db.session.rollback()  # nothing waits for the network inside a transaction
    try:
        told = sso.told_by(provider.finish(request.args, attempt))
        entered = _enter(told, here_id)
    except openid.Failed as fault:
        return _refused(fault.reason, str(fault), path)
    except sso.SsoRefused as refusal:
        return _refused(refusal.reason, "", path)
    answer = begin_session(entered.person, path)
    if entered.moved:
        words = {"name": _name(), "theirs": told.email, "ours": entered.person.email}
        flash(
            _("%(name)s now gives %(theirs)s as your address. Here it stays %(ours)s: mails go there.", **words), "info"
        )
    return _unkept(answer)


def _provider() -> Provider:
    return openid.provider() or abort(404)


def _name() -> str:
    return str(current_app.config["KERMESSE"].sign_in_through)


def _attempt(state: str) -> tuple[Attempt | None, str]:
    """The attempt of a state, which is good once, and where it was to lead; None if it was not begun in this browser lately."""
    under_way = session.get(UNDER_WAY, [])
    for kept in under_way:
        if kept[0] == state:
            session[UNDER_WAY] = [other for other in under_way if other is not kept]
            fresh = now().timestamp() - kept[3] <= LIFE_S
            return (Attempt(*kept[:3]) if fresh else None), str(kept[4])
    return None, "/account/"


def _enter(told: Told, here_id: int | None) -> sso.Entered:
    """Tries again by itself when somebody did the same at the same moment: the view cannot, for the code is good once."""
    believed = sso.trust()
    for _again in range(TRIES):
        try:
            with atomic():
                return sso.enter(told, believed, locale(), here_id)
        except (Busy, IntegrityError):
            time.sleep(0.05)
    return abort(503)


def _refused(reason: str, detail: str, path: str) -> Any:
    """The sign-in page, with what happened above it: both ways in stand there."""
    log.warning("no sign-in through the organisation", reason=reason, detail=detail)
    page = render_template(
        "accounts/sign_in.html",
        form=EmailForm(formdata=None, next=url_for("sso.start", next=path) if reason == "unproved" else path),
        path=path,
        typed="typed" in session,
        through=_name(),
        refusal=_words(reason),
        again=reason not in ("down", "stale"),
        only_refusal=reason in NO_CODE,
    )
    return _unkept(make_response(page, STATUSES.get(reason, 403)))


def _words(reason: str) -> tuple[str, str]:
    """What happened, and what now."""
    name = _name()
    known = {
        "down": (
            _("%(name)s does not answer just now", name=name),
            _("Nothing is lost. Try again in a minute, or let us send you a code by e-mail."),
        ),
        "declined": (
            _("You did not come in through %(name)s", name=name),
            _("You stopped on the way, or you may not use it for this site. Try again, or take a code by e-mail."),
        ),
        "stale": (
            _("This sign-in was begun too long ago, or in another window"),
            _("Begin it again here."),
        ),
        "untrusted": (
            _("What %(name)s sent could not be relied on", name=name),
            _("Nobody was signed in. Try again; if it stays so, tell whoever runs this site."),
        ),
        "no_address": (
            _("%(name)s did not tell your e-mail address", name=name),
            _("Without it we do not know who you are here. A code by e-mail works."),
        ),
        "unverified": (
            _("%(name)s does not say that your e-mail address is really yours", name=name),
            _("A code by e-mail shows that it is."),
        ),
        "foreign": (
            _("Your address at %(name)s is outside the organisation", name=name),
            _("Choose another account there, or take a code by e-mail."),
        ),
        "unproved": (
            _("Somebody with your address has an account here already"),
            _("If it is yours, sign in once by a code: from then on both ways lead in."),
        ),
        "taken": (
            _("Your address belongs to an account of somebody else here"),
            _("%(name)s knew another person by it before. Ask an administrator of this site to sort it out.", name=name),
        ),
        "disabled": (
            _("Your account here is closed"),
            _("If that is a mistake, ask an administrator of this site."),
        ),
    }  # fmt: skip
    return known[reason]


def _unkept(answer: Any) -> Any:
    """The addresses of this way hold what is good once: nothing keeps a copy."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/manage/people/<int(max=2147483647):person_id>/sso/removal")
@roles("admin")
def forget(person_id: int) -> Any:
    """Let another account of the organisation's sign-in join a person's: the directory has entered them anew."""
    with atomic():
        sso.forget(person_id, current_user.id)
    return redirect(url_for("accounts.people"), 303)
