"""Notices on one's phone: the script that shows them, the page that lists the browsers, on and off."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.auctions import push
from app.auctions.push_forms import EndpointForm, SubscriptionForm
from app.config import ROOT
from app.core import webpush
from app.core.transactions import atomic
from app.web.access import public, signed_in
from app.web.limits import limiter

blueprint = Blueprint("push", __name__)


@blueprint.get("/push-worker.js")
@public
def worker() -> Response:
    """The service worker. It stands at the root because a worker serves what lies below its own address."""
    text = (ROOT / "static" / "js" / "push-worker.js").read_text(encoding="utf-8")
    response = Response(text, mimetype="text/javascript")
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


@blueprint.get("/account/notices/")
@signed_in
def page() -> Any:
    """Which browsers are told."""
    return _page(SubscriptionForm(formdata=None))


def _page(form: SubscriptionForm, status: int = 200) -> Any:
    rows = push.browsers_of(current_user.id)
    return render_template("auctions/notices.html", form=form, rows=rows, service=_service), status


def _service(endpoint: str) -> str:
    return urlsplit(endpoint).hostname or ""


@blueprint.get("/account/push.json")
@signed_in
def state() -> dict[str, Any]:
    """For the script: our public key, and the person's own browsers."""
    return {"key": webpush.public_key(), "known": [row.endpoint for row in push.browsers_of(current_user.id)]}


@blueprint.post("/account/push-subscriptions")
@signed_in
@limiter.limit("60/hour")
def subscribe() -> Any:
    """Tell this browser."""
    form, person_id = SubscriptionForm(), current_user.id
    if not form.validate_on_submit():
        return _page(form, 422)
    with atomic():
        push.subscribe(person_id, form.target)
    return _done(_("This browser is told from now on."))


@blueprint.post("/account/push-subscriptions/removal")
@signed_in
def unsubscribe() -> Any:
    """Tell this browser nothing any more."""
    form, person_id = EndpointForm(), current_user.id
    if not form.validate_on_submit():
        shown = SubscriptionForm()
        shown.endpoint.errors = form.endpoint.errors
        return _page(shown, 422)
    with atomic():
        push.unsubscribe(person_id, endpoint=form.endpoint.data or "")
    return _done(_("This browser is told nothing any more."))


@blueprint.post("/account/push-subscriptions/<int(max=2147483647):number>/removal")
@signed_in
def remove(number: int) -> Any:
    """Tell one of one's browsers nothing any more, from the list: a phone that was lost."""
    person_id = current_user.id
    with atomic():
        push.unsubscribe(person_id, subscription_id=number)
    return _done(_("This browser is told nothing any more."))


def _done(words: str) -> Any:
    if request.accept_mimetypes.best == "application/json":
        return "", 204
    flash(words, "success")
    return redirect(url_for("push.page"), 303)


def account_section() -> dict[str, Any]:
    """The way to the page of notices, for the account page."""
    count = len(push.browsers_of(current_user.id))
    told = ngettext("%(num)s browser is told", "%(num)s browsers are told", count) if count else _("off")
    item = {
        "title": _("Tell this phone when somebody bids more"),
        "href": url_for("push.page"),
        "meta": told,
        "badge": "",
    }
    return {"title": _("Notices"), "items": [item], "empty": ""}
