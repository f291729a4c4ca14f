"""Managing pages of the questions that an event asks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core.transactions import atomic
from app.events import asking, asking_queries
from app.events.asking_forms import words_of
from app.events.models import Event, Question
from app.events.question_forms import QUESTION_KINDS, QuestionForm
from app.events.seat_views import EVENT, event_or_404
from app.web.access import roles

blueprint = Blueprint("manage_questions", __name__)
ONE = f"{EVENT}/questions/<int(max=2147483647):question_id>"


@blueprint.route(f"{EVENT}/questions/", methods=["GET", "POST"])
@roles("organiser")
def page(event_id: int) -> Any:
    """What is asked, in order; and ask one more."""
    event = event_or_404(event_id)
    rows = asking_queries.questions_of(event_id)
    live = [row for row in rows if row.retired_at is None]
    form = QuestionForm(earlier=live)
    if form.validate_on_submit():
        try:
            with atomic():
                asking.add_question(event_id, actor_id=current_user.id, **form.values)
        except asking.QuestionRefused:
            form.label.errors = [_("There are forty questions already. Take one out first.")]
        else:
            flash(_("It is asked from now on."), "success")
            return redirect(url_for("manage_questions.page", event_id=event_id), 303)
        event = event_or_404(event_id)
        rows = asking_queries.questions_of(event_id)
    return _page(event, rows, form)


def _page(event: Event, rows: list[Question], form: QuestionForm) -> Any:
    by_id = {row.id: row for row in rows}
    page = render_template(
        "events/manage/questions.html",
        event=event,
        live=[row for row in rows if row.retired_at is None],
        retired=[row for row in rows if row.retired_at is not None],
        answered=asking_queries.answered(by_id),
        conditions={
            row.id: (by_id[row.condition_id], words_of(by_id[row.condition_id], row.condition_value))
            for row in rows
            if row.condition_id in by_id
        },
        kinds=QUESTION_KINDS,
        form=form,
    )
    return page, 422 if form.errors else 200


@blueprint.route(f"{ONE}/", methods=["GET", "POST"])
@roles("organiser")
def question(event_id: int, question_id: int) -> Any:
    """Change a question."""
    event, found = event_or_404(event_id), _question(event_id, question_id)
    rows = asking_queries.questions_of(event_id)
    earlier = [row for row in rows if row.retired_at is None and row.position < found.position and row.id != found.id]
    form = QuestionForm.of(found, earlier)
    if form.validate_on_submit():
        try:
            with atomic():
                asking.update_question(question_id, actor_id=current_user.id, **form.values)
        except asking.QuestionRefused as refusal:
            other = refusal.other.label if refusal.other else ""
            form.options.errors = [
                _("“%(question)s” is asked after one of these options. Change that one first.", question=other)
            ]
        else:
            flash(_("Kept."), "success")
            return redirect(url_for("manage_questions.page", event_id=event_id), 303)
    count = asking_queries.answered([found.id]).get(found.id, 0)
    page = render_template(
        "events/manage/question.html", event=event, question=found, form=form, answered=count, kinds=QUESTION_KINDS
    )
    return page, 422 if form.errors else 200


@blueprint.post(f"{ONE}/position")
@roles("organiser")
def position(event_id: int, question_id: int) -> Any:
    """One place up or down."""
    _question(event_id, question_id)
    try:
        with atomic():
            asking.move_question(question_id, up=request.form.get("step") != "down", actor_id=current_user.id)
    except asking.QuestionRefused:
        flash(_("One of the two is asked only after the other, so they stay in this order."), "warning")
    return redirect(url_for("manage_questions.page", event_id=event_id), 303)


@blueprint.post(f"{ONE}/retirement")
@roles("organiser")
def retirement(event_id: int, question_id: int) -> Any:
    """Ask it no more; its answers stay."""
    return _retire(event_id, question_id, back=False)


@blueprint.post(f"{ONE}/return")
@roles("organiser")
def bring_back(event_id: int, question_id: int) -> Any:
    """Ask it again."""
    return _retire(event_id, question_id, back=True)


def _retire(event_id: int, question_id: int, *, back: bool) -> Any:
    _question(event_id, question_id)
    try:
        with atomic():
            asking.retire_question(question_id, back=back, actor_id=current_user.id)
        flash(
            _("It is asked again, as the last.") if back else _("It is not asked any more. Its answers stay."),
            "success",
        )
    except asking.QuestionRefused as refusal:
        if refusal.other is None:
            flash(_("There are forty questions already. Take one out first."), "warning")
        else:
            words = _(
                "“%(question)s” is asked after an answer to it. Change that one first.", question=refusal.other.label
            )
            flash(words, "warning")
    return redirect(url_for("manage_questions.page", event_id=event_id), 303)


def _question(event_id: int, question_id: int) -> Question:
    return asking_queries.question_of(event_id, question_id) or abort(404)
