"""Pages by token after an event: feedback, the certificate; and on which speakers and others describe themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel.numbers import format_decimal
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import after_rules, certificates, composition, feedback, outcome_queries, queries
from app.events.after_forms import CATEGORIES, COUNTED, STAGES, DeclarationForm, FeedbackForm
from app.events.models import Event, EventStatus, Invitation, Registration, Speaker, Stage
from app.events.programme_queries import sessions_spoken
from app.web.access import bearer
from app.web.formats import locale
from app.web.redirects import safe_path

blueprint = Blueprint("after", __name__)


@blueprint.app_template_filter("decimal")
def decimal(value: float) -> str:
    """`4.4`, or `4,4` where one writes it so."""
    return str(format_decimal(value, "0.0", locale=locale()))


@dataclass(frozen=True)
class After:
    """What an event's page shows of the time after it. `outcomes` counts those that the public may read."""

    minutes: str
    outcomes: int
    ratings: after_rules.Ratings | None
    composition: dict[Stage, after_rules.Table]

    def __bool__(self) -> bool:
        return bool(self.minutes or self.outcomes or self.ratings or self.composition)


def after_event(event: Event) -> After | None:
    """What came of an event, for its page; None while it lies ahead: then nothing is looked up."""
    if now() < event.starts_at or event.status not in (EventStatus.PUBLISHED, EventStatus.HELD):
        return None
    return After(
        event.minutes if event.minutes_public else "",
        outcome_queries.public_count(event.id) if event.outcomes_public else 0,
        feedback.ratings_of(event) if event.feedback_public and now() >= event.ends_at else None,
        composition.public_tables(event),
    )


@blueprint.app_template_global("composition_words")
def composition_words() -> tuple[dict[Stage, str], dict[str, str]]:
    """(what the stages are called, what the categories are called), for the table that other pages include."""
    return {stage: str(words) for stage, words in STAGES.items()}, {name: str(words) for name, words in COUNTED.items()}


@dataclass(frozen=True)
class Own:
    """What a registration's page offers. `declare`: asks how its holder describes themselves."""

    declare: bool
    feedback: bool
    certificate: bool
    minutes: str
    outcomes: bool

    def __bool__(self) -> bool:
        return self.declare or self.feedback or self.certificate or bool(self.minutes) or self.outcomes


@blueprint.app_template_global("after_registration")
def after_registration(registration: Registration) -> Own:
    """What somebody registered finds on their page besides their seat."""
    event = registration.event
    had_a_seat = registration.seated > 0
    past = had_a_seat and now() >= event.starts_at and event.status in (EventStatus.PUBLISHED, EventStatus.HELD)
    return Own(
        composition.may_declare(registration, Stage.REGISTERED),
        past and feedback.may_answer(registration),
        had_a_seat and certificates.has_certificate(registration),
        event.minutes if past else "",
        past and event.outcomes_public and outcome_queries.public_count(event.id) > 0,
    )


blueprint.add_app_template_global(composition.invited_may_declare, "invited_may_declare")


@blueprint.app_template_global("declaration_choices")
def declaration_choices() -> list[tuple[str, str]]:
    """(value, words) of how one may describe oneself, for the partial that other pages include."""
    return [(value, str(words)) for value, words in CATEGORIES.items()]


@blueprint.route("/registrations/<token>/feedback/", methods=["GET", "POST"])
@bearer
def give_feedback(token: str) -> Any:
    """Say what one thought, without a name."""
    found = _registration(token)
    open_now = feedback.may_answer(found)
    asked = composition.may_declare(found, Stage.ATTENDED)
    form = FeedbackForm(composition=asked)
    if request.method == "POST" and open_now and form.validate():
        category = form.category.data or "" if asked else ""
        try:
            with atomic():
                feedback.give_feedback(
                    found.id, int(form.rating.data), liked=form.liked.data, improve=form.improve.data, category=category
                )
        except feedback.FeedbackRefused:
            flash(_("You have answered already. Thank you!"), "info")
        else:
            flash(_("Thank you! Nobody can tell which answer is yours."), "success")
        return redirect(url_for("events.registration", token=token), 303)
    if request.method == "POST" and not open_now:
        flash(_("We take no more answers from you for this event. Thank you!"), "info")
        return redirect(url_for("events.registration", token=token), 303)
    page = render_template(
        "events/feedback.html", registration=found, event=found.event, form=form, open_now=open_now, asked=asked
    )
    return page, 422 if form.errors else 200


@blueprint.get("/registrations/<token>/certificate.pdf")
@bearer
def certificate(token: str) -> Response:
    """The certificate of somebody who came."""
    found = _registration(token)
    if not certificates.has_certificate(found):
        abort(404)
    response = Response(certificates.certificate(found), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{found.event.slug}.pdf"'
    return response


@blueprint.route("/registrations/<token>/declaration/", methods=["GET", "POST"])
@bearer
def declare(token: str) -> Any:
    """Somebody registered says how they describe themselves."""
    found, form = _registration(token), DeclarationForm()
    if form.validate_on_submit():
        with atomic():
            counted = composition.declare_registration(found.id, Stage.REGISTERED, form.category.data)
        return _thank(counted, url_for("events.registration", token=token))
    return _declaration_page(found.event, form, composition.may_declare(found, Stage.REGISTERED))


@blueprint.route("/invitations/<token>/declaration/", methods=["GET", "POST"])
@bearer
def declare_invited(token: str) -> Any:
    """Somebody invited says how they describe themselves. `back` is the page to return to, on this site."""
    query = select(Invitation).where(Invitation.token == token).options(joinedload(Invitation.event))
    found: Invitation = db.session.scalar(query) or abort(404)
    form, back = DeclarationForm(), url_for("events.page", slug=found.event.slug)
    if form.validate_on_submit():
        with atomic():
            counted = composition.declare_invitation(found.id, form.category.data)
        return _thank(counted, safe_path(request.form.get("back"), back))
    return _declaration_page(found.event, form, composition.invited_may_declare(found))


@blueprint.route("/speakers/<token>/", methods=["GET", "POST"])
@bearer
def speaker(token: str) -> Any:
    """A speaker's own page: where and when, and how they describe themselves if they want to say."""
    found: Speaker = db.session.scalar(
        select(Speaker).where(Speaker.token == token).options(joinedload(Speaker.event))
    ) or abort(404)
    form = DeclarationForm()
    if form.validate_on_submit():
        with atomic():
            counted = composition.declare_speaker(found.id, form.category.data)
        return _thank(counted, url_for("after.speaker", token=token))
    page = render_template(
        "events/speaker.html", speaker=found, event=found.event, form=form, sessions=sessions_spoken(found.id),
        asked=composition.speaker_may_declare(found),
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _declaration_page(event: Event, form: DeclarationForm, asked: bool) -> Any:
    page = render_template("events/declaration.html", event=event, form=form, asked=asked)
    return page, 422 if form.errors else 200


def _thank(counted: bool, back: str) -> Any:
    if counted:
        flash(_("Thank you. You are counted, and nobody can tell what you said."), "success")
    else:
        flash(_("You were counted before, or nothing is asked here any more."), "info")
    return redirect(back, 303)


def _registration(token: str) -> Registration:
    return queries.registration_by_token(token) or abort(404)
