"""Development only, this computer only: the mail viewer, and entering as one of the demo's people."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_security.utils import login_user
from sqlalchemy import select

from app.accounts.models import Person
from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail, MailState
from app.core.transactions import atomic
from app.web.access import development, from_this_computer
from app.web.redirects import safe_path

blueprint = Blueprint("dev", __name__)
SHOWN = 200
MAIL_POLICY = "sandbox allow-top-navigation; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"
CAST = {
    "organiser": ("organiser@kermesse.example", "/manage/"),
    "curator": ("curator@kermesse.example", "/manage/galleries/"),
    "treasurer": ("treasurer@kermesse.example", "/manage/ledger/"),
    "helper": ("helper@kermesse.example", "/manage/payments/"),
    "parent": ("parent@family.example", "/auctions/"),
}


@blueprint.before_request
def this_computer_only() -> None:
    """A development server reached from elsewhere must not hand out identities."""
    if not from_this_computer():
        abort(404)


def _mails() -> list[Mail]:
    return list(
        db.session.scalars(
            select(Mail).where(Mail.state == MailState.SENT).order_by(Mail.sent_at.desc(), Mail.id.desc()).limit(SHOWN)
        )
    )


@blueprint.get("/dev/mail/")
@development
def mail() -> str:
    """What was sent, newest first."""
    return render_template("site/dev_mail.html", mails=_mails())


@blueprint.get("/dev/mail/<int(max=2147483647):mail_id>/")
@development
def mail_page(mail_id: int) -> Response:
    """One mail's HTML as its reader sees it. Mails style themselves inline, so this answer alone allows that; its
    sandbox runs nothing."""
    found = db.session.get(Mail, mail_id) or abort(404)
    response = Response(found.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.get("/dev/mail.json")
@development
def mail_json() -> Any:
    """The same for programs."""
    return jsonify(
        [
            {"to": m.recipient, "subject": m.subject, "text": m.text, "html": m.html, "sent_at": m.sent_at.isoformat()}
            for m in _mails()
            if m.sent_at
        ]
    )


@blueprint.get("/dev/")
@development
def cast() -> str:
    """Who one may enter as."""
    return render_template("site/dev.html", cast=CAST)


@blueprint.post("/dev/enter/<role>")
@development
def enter(role: str) -> Any:
    """Sign in as one of the demo's people."""
    email, first_page = CAST.get(role) or abort(404)
    with atomic():
        person = db.session.scalar(select(Person).where(Person.email == email)) or abort(404)
        person.verified_at = person.verified_at or now()
        person.fs_uniquifier = person.fs_uniquifier or secrets.token_hex(24)
    language = session.get("language")
    session.clear()
    login_user(person)
    if language:
        session["language"] = language
    flash(_("You are in as %(name)s.", name=person.greeting), "success")
    return redirect(safe_path(request.form.get("next"), first_page), 303)
