"""Reads about kept cards. The provider's names of them leave here to nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.registry import registry
from app.payments import card_rules, extras
from app.payments.card_models import CardStatus, KeptCard
from app.payments.gateways import provider
from app.payments.models import Invoice, InvoiceStatus
from app.payments.queries import QUIET


def card_of(person_id: int | None) -> KeptCard | None:
    """The card that a person keeps with us and that can be charged now."""
    method, live = provider()
    query = select(KeptCard).where(
        KeptCard.person_id == person_id, KeptCard.status == CardStatus.KEPT, KeptCard.method == method,
        KeptCard.live == live,
    )  # fmt: skip
    return db.session.scalar(query) if person_id is not None else None


def asked(token: str, person_id: int) -> KeptCard | None:
    """A card that this person was asked for, by the token of its page."""
    return db.session.scalar(select(KeptCard).where(KeptCard.token == token, KeptCard.person_id == person_id))


def silent_cards() -> list[tuple[int, str]]:
    """(id, provider's session) of cards asked for some time ago about which nothing was heard."""
    method, live = provider()
    query = select(KeptCard.id, KeptCard.session_ref).where(
        KeptCard.status == CardStatus.PENDING, KeptCard.session_ref.is_not(None), KeptCard.method == method,
        KeptCard.live == live, KeptCard.created_at < now() - QUIET,
    )  # fmt: skip
    return [(row[0], str(row[1])) for row in db.session.execute(query)]


def chargeable_from(invoice: Invoice) -> datetime | None:
    """From when on the treasurer may charge an unpaid invoice to its buyer's kept card, by the terms that they accepted.

    What buyers added of their own will was never agreed, and is taken off before. None: never.
    """
    lines = [line for line in invoice.lines if line.kind not in extras.EXTRAS]
    agreed = registry().card_terms
    days = [agreed[line.kind](line.ref) if line.kind in agreed else None for line in lines]
    return card_rules.chargeable_from(invoice.created_at, days)


def may_be_charged(invoice: Invoice) -> bool:
    """Whether the treasurer may charge it now, if there is a card."""
    begins = chargeable_from(invoice) if invoice.status is InvoiceStatus.OPEN else None
    return begins is not None and begins <= now()


def chargeable(invoice: Invoice) -> bool:
    """Whether a card is kept for it that the treasurer may charge now."""
    return may_be_charged(invoice) and card_of(invoice.person_id) is not None


def account_section() -> dict[str, Any]:
    """The viewer's card, for the account page."""
    card, here = card_of(current_user.id), url_for("cards.page")
    title = _("Leave a card")
    if card is not None:
        title = _("A card ending %(last4)s", last4=card.last4) if card.last4 else _("A card")
    return {"title": _("My card"), "items": [{"title": title, "href": here}], "empty": ""}
