"""Home, campaigns, the managing desk, and what machines ask: liveness, readiness, metrics."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select

from app.core.clock import now
from app.core.database import db
from app.core.jobs import Job
from app.core.mail import Mail, MailState
from app.events.forms import KINDS
from app.site import queries
from app.web.access import MANAGING, from_this_computer, has_role, public, roles

blueprint = Blueprint("site", __name__)


@blueprint.get("/")
@public
def home() -> str:
    """The season at a glance: what to see, where to go, what to bid on."""
    from app.auctions import boards, lot_pages
    from app.events import queries as events
    from app.galleries import queries as galleries

    auction = queries.running_auction()
    at = now()
    shown = queries.campaigns()
    return render_template(
        "site/home.html",
        campaign=shown[0] if shown else None,
        accent=shown[0].accent if shown else "",
        earlier=shown[1:],
        raised=queries.raised(shown[1:]),
        running=auction is not None and auction.opens_at <= at < auction.ends_at,
        kinds=KINDS,
        auction=auction,
        promised=boards.promised_in(auction.id) if auction else 0,
        lots=lot_pages.lot_views(auction, limit=7) if auction else [],
        events=events.upcoming(limit=3),
        galleries=galleries.gallery_cards(limit=2),
    )


@blueprint.get("/campaigns/<slug>/")
@public
def campaign(slug: str) -> str:
    """Everything of one campaign."""
    from app.auctions import queries as auctions
    from app.events import composition
    from app.events import queries as events
    from app.galleries import queries as galleries

    found = queries.campaign(slug) or abort(404)
    shown = events.of_campaign(found.id)
    counted_events, took_part = composition.of_events(shown)
    return render_template(
        "site/campaign.html",
        campaign=found,
        accent=found.accent,
        events=shown,
        counted_events=counted_events,
        took_part=took_part,
        kinds=KINDS,
        galleries=galleries.gallery_cards(campaign_id=found.id),
        auctions=[(auction, auctions.proceeds_of(auction)) for auction in queries.auctions_of(found.id)],
    )


@blueprint.get("/manage/")
@roles(*MANAGING)
def desk() -> str:
    """What needs attention first, then the tasks."""
    return render_template("site/desk.html", attention=queries.attention())


@blueprint.get("/manage/style/")
@roles(*MANAGING)
def style() -> str:
    """Every component on one page."""
    return render_template("manage/style.html")


@blueprint.get("/livez")
@public
def livez() -> Response:
    """The process answers. Touches nothing."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public
def readyz() -> tuple[dict[str, Any], int]:
    """Whether work can be done: a write, the migration head, the outbox, the disk."""
    try:
        faults = queries.readiness()
    except Exception as fault:  # whatever the database says, this page answers
        faults = {"database": type(fault).__name__}
    return {"ready": not faults, "faults": faults}, 503 if faults else 200


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Gauges for Prometheus; for this computer and for administrators."""
    if not from_this_computer() and not has_role("admin"):
        abort(404)
    registry = CollectorRegistry()
    gauges = {
        "kermesse_mails_queued": select(func.count()).select_from(Mail).where(Mail.state == MailState.QUEUED),
        "kermesse_mails_failed": select(func.count()).select_from(Mail).where(Mail.state == MailState.FAILED),
        "kermesse_jobs_waiting": select(func.count()).select_from(Job).where(Job.done_at.is_(None)),
        "kermesse_jobs_failed": select(func.count()).select_from(Job).where(Job.failed_at.is_not(None)),
    }
    for name, query in gauges.items():
        Gauge(name, name.replace("_", " "), registry=registry).set(db.session.scalar(query) or 0)
    return Response(generate_latest(registry), mimetype="text/plain")
