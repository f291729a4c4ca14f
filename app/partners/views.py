"""Managing pages of partners."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core.transactions import atomic
from app.partners import queries, services
from app.partners.forms import KINDS, PartnerForm
from app.partners.models import Partner
from app.web.access import roles
from app.web.paging import paged

blueprint = Blueprint("partners", __name__)


@blueprint.get("/manage/partners/")
@roles("organiser")
def index() -> str:
    """All partners, by name."""
    search, kind = request.args.get("q", "")[:100], request.args.get("kind", "")
    page = paged(queries.partners(search, kind))
    return render_template("partners/index.html", page=page, kinds=KINDS, search=search, kind=kind)


@blueprint.route("/manage/partners/new/", methods=["GET", "POST"])
@roles("organiser")
def add() -> Any:
    """Add a partner."""
    form = PartnerForm()
    if form.validate_on_submit():
        actor_id = current_user.id
        with atomic():
            services.create_partner(actor_id=actor_id, **_values(form))
        flash(_("%(name)s is added.", name=form.name.data), "success")
        return redirect(url_for("partners.index"), 303)
    return render_template("partners/edit.html", form=form, partner=None), 422 if form.errors else 200


@blueprint.route("/manage/partners/<int(max=2147483647):partner_id>/", methods=["GET", "POST"])
@roles("organiser")
def edit(partner_id: int) -> Any:
    """Change a partner."""
    partner: Partner = queries.partner(partner_id) or abort(404)
    form = PartnerForm(obj=partner)
    if form.validate_on_submit():
        actor_id = current_user.id
        with atomic():
            services.update_partner(partner_id, actor_id=actor_id, **_values(form))
        flash(_("Kept."), "success")
        return redirect(url_for("partners.index"), 303)
    return render_template("partners/edit.html", form=form, partner=partner), 422 if form.errors else 200


def _values(form: PartnerForm) -> dict[str, Any]:
    return {name: value for name, value in form.data.items() if name != "csrf_token"}
