"""Reads for the home page, a campaign's page and the managing desk."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.orm import selectinload

from app.auctions import queries as auctions
from app.auctions.models import Auction, Award, AwardStatus
from app.core.clock import now
from app.core.database import db
from app.core.jobs import Job
from app.core.mail import OVERTAKEN, Mail, MailState
from app.events.models import Campaign, Event, EventStatus
from app.events.outcome_queries import overdue_outcomes
from app.galleries import queries as galleries
from app.galleries.models import Gallery
from app.web.access import has_role
from app.web.formats import amount

OUTBOX_LATE = timedelta(minutes=10)
LEAST_DISK = 200 * 1024 * 1024


def campaigns() -> list[Campaign]:
    """Published campaigns, the newest first."""
    query = select(Campaign).where(Campaign.published).order_by(Campaign.starts_on.desc())
    return list(db.session.scalars(query))


def campaign(slug: str) -> Campaign | None:
    """A published campaign; organisers see drafts too."""
    found = db.session.scalar(select(Campaign).where(Campaign.slug == slug).options(selectinload(Campaign.beneficiary)))
    return found if found is not None and (found.published or has_role("organiser")) else None


def running_auction() -> Auction | None:
    """The auction that takes bids now or opens next."""
    query = select(Auction).where(Auction.published, auctions.not_over(now())).order_by(Auction.opens_at).limit(1)
    return db.session.scalar(query.options(selectinload(Auction.beneficiary), auctions.with_last_end()))


def auctions_of(campaign_id: int) -> list[Auction]:
    """A campaign's published auctions."""
    query = select(Auction).where(Auction.published, Auction.campaign_id == campaign_id).order_by(Auction.opens_at)
    return list(db.session.scalars(query))


def raised(shown: list[Campaign]) -> dict[int, str]:
    """What the auctions of each campaign brought in, in words; only of campaigns that had any."""
    from app.auctions.queries import proceeds_of

    said: dict[int, str] = {}
    for campaign in shown:
        sums: dict[str, int] = {}
        for auction in auctions_of(campaign.id):
            sums[auction.currency] = sums.get(auction.currency, 0) + proceeds_of(auction).received
        amounts = [amount(value, currency) for currency, value in sums.items() if value]
        if amounts:
            said[campaign.id] = " + ".join(amounts)
    return said


def galleries_of(campaign_id: int | None = None, limit: int = 3) -> list[Gallery]:
    """Published galleries, the newest first; of one campaign if named."""
    query = select(Gallery).where(Gallery.published).order_by(Gallery.created_at.desc(), Gallery.id.desc()).limit(limit)
    if campaign_id is not None:
        query = query.where(Gallery.campaign_id == campaign_id)
    return list(db.session.scalars(query))


def attention() -> list[dict[str, Any]]:
    """Counts of what waits for somebody, for the managing desk: key and number, only where there is something."""
    counts = {
        "draft_events": select(func.count()).select_from(Event).where(Event.status == EventStatus.DRAFT),
        "mail_failed": select(func.count())
        .select_from(Mail)
        .where(Mail.state.in_((MailState.FAILED, MailState.BOUNCED)), Mail.reason != OVERTAKEN),
        "jobs_failed": select(func.count()).select_from(Job).where(Job.failed_at.is_not(None)),
    }
    if has_role("treasurer", "organiser", "helper"):
        unpaid = (
            select(func.count()).select_from(Award).where(Award.status == AwardStatus.ACTIVE, Award.paid_at.is_(None))
        )
        counts["lots_unpaid"] = unpaid
    if has_role("organiser"):
        over = (Event.status == EventStatus.PUBLISHED, Event.ends_at < now())
        counts["events_over"] = select(func.count()).select_from(Event).where(*over)
        counts["outcomes_overdue"] = overdue_outcomes()
    found = {key: db.session.scalar(query) or 0 for key, query in counts.items()}
    if has_role("curator", "organiser"):
        found["consents_missing"], found["reviews_waiting"] = galleries.waiting()
    return [{"key": key, "count": count} for key, count in found.items() if count]


def readiness() -> dict[str, str]:
    """What is wrong, by name; empty when the application can do its work. Opens no lasting write."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    faults: dict[str, str] = {}
    with db.engine.connect() as connection:
        head = ScriptDirectory(str(current_app.extensions["migrate"].directory)).get_current_head()
        if MigrationContext.configure(connection).get_current_revision() != head:
            faults["migrations"] = "not at head"
        try:
            connection.execute(text("DELETE FROM job WHERE id = -1"))
        finally:
            connection.rollback()
    late = db.session.scalar(
        select(func.count())
        .select_from(Mail)
        .where(Mail.state == MailState.QUEUED, Mail.created_at < now() - OUTBOX_LATE)
    )
    if late:
        faults["outbox"] = f"{late} mails wait for longer than ten minutes"
    folder = current_app.config["KERMESSE"].data_dir
    if not os.access(folder, os.W_OK):
        faults["data_dir"] = "cannot be written"
    elif shutil.disk_usage(folder).free < LEAST_DISK:
        faults["disk"] = "nearly full"
    return faults
