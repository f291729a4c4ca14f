"""Sign in and out, one's own account, and who has which role."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.utils import login_user, logout_user

from app.accounts import queries, services
from app.accounts.forms import (
    ROLE_NAMES,
    CodeForm,
    EmailForm,
    NewPasswordForm,
    PasswordSignInForm,
    ProfileForm,
    RoleForm,
)
from app.accounts.models import Person
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic, locked
from app.web.access import ROLES, public, roles, signed_in
from app.web.formats import locale
from app.web.forms import normal_email
from app.web.limits import limiter
from app.web.paging import paged
from app.web.redirects import safe_path
from app.web.typed import keep_typed, typed_field

blueprint = Blueprint("accounts", __name__)
JUST_S = 15 * 60


def ask_to_sign_in(back_to: str, *, keep: bool = True, email: str | None = None) -> Any:
    """Send a visitor to sign in and bring them back to `back_to`, with what they typed in this request.

    With the `email` of a form that was found valid the code is on its way at once, unless the organisation's own sign-in
    offers itself first."""
    if keep and request.method == "POST":
        keep_typed(back_to)
    if email and not current_app.config["KERMESSE"].sign_in_through:
        with suppress(services.TooManyCodes):
            return _send_code(email, safe_path(back_to))
    return redirect(url_for("accounts.sign_in", next=safe_path(back_to)), 303)


def _send_code(email: str, next_path: str) -> Any:
    with atomic():
        session["code"] = services.send_code(email, next_path, locale())
    session["code_to"], session["code_next"] = email, next_path
    return redirect(url_for("accounts.code"), 303)


@blueprint.route("/account/sign-in/", methods=["GET", "POST"])
@public
@limiter.limit("400/hour", methods=["POST"])
def sign_in() -> Any:
    """Ask for the address and send a code."""
    form = EmailForm(next=safe_path(request.args.get("next"), "/account/"), email=typed_field("email"))
    if form.validate_on_submit():
        try:
            return _send_code(form.email.data, safe_path(form.next.data))
        except services.TooManyCodes:
            form.email.errors = [_("Enough codes were sent to this address for now. Use the last one, or wait.")]
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        path=safe_path(form.next.data, "/account/"),
        typed="typed" in session,
        through=current_app.config["KERMESSE"].sign_in_through,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/account/code/", methods=["GET", "POST"])
@public
@limiter.limit("600/hour", methods=["POST"])
def code() -> Any:
    """Type the code that was mailed."""
    if "code" not in session:
        return redirect(url_for("accounts.sign_in"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        with atomic():  # commits the attempt also when the code is wrong
            try:
                person, next_path = services.redeem_code(session["code"], form.code.data, locale())
            except services.CodeRefused as refusal:
                form.code.errors = [_code_words(refusal.reason)]
        if not form.errors:
            return begin_session(person, next_path)
    to, back = session.get("code_to", ""), session.get("code_next", "/account/")
    page = render_template("accounts/code.html", form=form, email=to, back=back, typed="typed" in session)
    return page, 422 if form.errors else 200


def _code_words(reason: str) -> str:
    if reason == "wrong":
        return _("That is not the code in the newest mail. Look again, or ask for a new one.")
    if reason == "spent":
        return _("That was tried too often. Ask for a new code.")
    return _("This code has had its day. Ask for a new one.")


def begin_session(person: Person, next_path: str) -> Any:
    """Whoever has shown who they are is signed in from here on. Every way in ends here."""
    kept = {key: session[key] for key in ("typed", "language") if key in session}
    session.clear()
    login_user(person, remember=False)
    with atomic():
        services.see(person.id)
    session.update(kept)
    session.permanent = True
    session["since"] = int(now().timestamp())
    return redirect(safe_path(next_path), 303)


def just_signed_in() -> bool:
    """Whether this visitor showed who they are a moment ago; a phone that lies about unlocked did not."""
    return now().timestamp() - session.get("since", 0) < JUST_S


@blueprint.route("/account/link/<secret>", methods=["GET", "POST"])
@public
@limiter.limit("400/hour")
def link(secret: str) -> Any:
    """The link in the mail. Opening it shows a button: mail scanners open links too."""
    if request.method == "GET":
        return render_template("accounts/link.html")
    try:
        with atomic():
            person, next_path = services.redeem_link(secret, locale())
    except services.CodeRefused:
        abort(410)
    return begin_session(person, next_path)


def _tried(typed: str) -> str:
    """Whose password is tried, from however many places and in whatever spelling: known or not, they are counted alike."""
    try:
        return normal_email(typed)
    except ValueError:
        return "none"


@blueprint.route("/account/password-sign-in/", methods=["GET", "POST"])
@public
@limiter.limit("60/hour", methods=["POST"])
@limiter.limit(
    "20/hour",
    key_func=lambda: _tried(request.form.get("email", "")),
    methods=["POST"],
    deduct_when=lambda answer: answer.status_code == 422,
)
def password_sign_in() -> Any:
    """Sign in by the optional password."""
    form = PasswordSignInForm(next=safe_path(request.args.get("next"), "/account/"))
    if form.validate_on_submit():
        person = services.check_password(form.email.data, form.password.data)
        if person is not None:
            return begin_session(person, form.next.data)
        form.password.errors = [_("Address and password do not belong together. A code by e-mail always works.")]
    return render_template("accounts/password_sign_in.html", form=form), 422 if form.errors else 200


@blueprint.post("/account/sign-out")
@signed_in
def sign_out() -> Any:
    """Leave on this device."""
    logout_user()
    session.clear()
    return redirect("/", 303)


@blueprint.post("/account/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> Any:
    """Leave on all devices."""
    with atomic():
        services.sign_out_everywhere(locked(Person, current_user.id))
    session.clear()
    flash(_("You are signed out on every device."), "success")
    return redirect("/", 303)


@blueprint.route("/account/", methods=["GET", "POST"])
@signed_in
def account() -> Any:
    """Name, language, and what one has here."""
    form = ProfileForm(obj=current_user)
    if form.validate_on_submit():
        with atomic():
            services.rename(locked(Person, current_user.id), form.name.data, form.locale.data)
        session["language"] = form.locale.data
        flash(_("Kept."), "success")
        return redirect(url_for("accounts.account"), 303)
    sections = [part() for part in current_app.extensions["kermesse_account_sections"]]
    page = render_template(
        "accounts/account.html", form=form, sections=sections, is_staff=queries.is_staff(current_user)
    )
    return page, 422 if form.errors else 200


@blueprint.route("/account/password/", methods=["GET", "POST"])
@signed_in
def password() -> Any:
    """Set or change the optional password, for who has just signed in; others show first that it is them."""
    form = NewPasswordForm()
    if not just_signed_in():
        if request.method == "POST":
            return ask_to_sign_in(url_for("accounts.password"), keep=False, email=current_user.email)
        return render_template("accounts/password.html", form=None)
    if form.validate_on_submit():
        with atomic():
            person = locked(Person, current_user.id)
            services.set_password(person, form.password.data)
        login_user(person)
        flash(_("Your password is set, and other devices are signed out."), "success")
        return redirect(url_for("accounts.account"), 303)
    return render_template("accounts/password.html", form=form), 422 if form.errors else 200


@blueprint.route("/manage/people/", methods=["GET", "POST"])
@roles("admin")
def people() -> Any:
    """Who has which role."""
    form = RoleForm()
    if form.validate_on_submit():
        with atomic():
            services.grant(form.email.data, form.role.data, current_user.id)
        flash(_("Role given."), "success")
        return redirect(url_for("accounts.people"), 303)
    page = paged(queries.people(request.args.get("q", "")[:100]))
    through = current_app.config["KERMESSE"].sign_in_through
    joined = queries.joined(person.id for person in page.items) if through else ()
    shown = render_template(
        "accounts/people.html", form=form, page=page, through=through, joined=joined, role_names=ROLE_NAMES
    )
    return shown, 422 if form.errors else 200


@blueprint.post("/manage/people/<int(max=2147483647):person_id>/roles/<role>/removal")
@roles("admin")
def remove_role(person_id: int, role: str) -> Any:
    """Take a role away."""
    if person_id == current_user.id and role == "admin":
        flash(_("You cannot take your own administrator role: ask another administrator."), "warning")
        return redirect(url_for("accounts.people"), 303)
    if role not in ROLES or db.session.get(Person, person_id) is None:
        abort(404)
    with atomic():
        services.revoke(person_id, role, current_user.id)
    return redirect(url_for("accounts.people"), 303)
