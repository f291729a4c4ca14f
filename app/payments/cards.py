"""Commands on kept cards. What the provider told is a set of facts; a person's removal outweighs them all.

A person's cards are locked in the order of their ids, after everything of auctions and before invoices.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select

from app.accounts.models import Person
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.jobs import enqueue
from app.core.registry import registry
from app.core.transactions import locked
from app.payments import card_rules
from app.payments.card_models import CardFact, CardStatus, KeptCard
from app.payments.card_rules import CardTold
from app.payments.gateways import provider
from app.payments.models import WebhookReceipt

LOOK_UP, FORGET = "payments.look_up_card", "payments.forget_card"


class CardNeeded(Exception):
    """The card stands behind something: `reasons`, in words of the current language."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


def about(card_id: int) -> str:
    """What facts about one of our cards hang on, whatever the provider calls it."""
    return f"card:{card_id}"


def holders(person_ids: Collection[int]) -> set[int]:
    """Which of these people keep a card with us that can be charged, until this transaction ends: a removal waits for it.

    PostgreSQL locks the rows for sharing; on SQLite there is one writer.
    """
    method, live = provider()
    query = select(KeptCard.person_id).where(
        KeptCard.person_id.in_(person_ids), KeptCard.status == CardStatus.KEPT,
        KeptCard.method == method, KeptCard.live == live,
    )  # fmt: skip
    return {row for row in db.session.scalars(query.with_for_update(read=True)) if row is not None}


def begin(person_id: int, back: str) -> KeptCard:
    """The card that is asked for: the asking begun already, or a new one. `back`: the page of ours to come back to."""
    locked(Person, person_id)
    method, live = provider()
    query = select(KeptCard).where(
        KeptCard.person_id == person_id, KeptCard.status == CardStatus.PENDING, KeptCard.method == method,
        KeptCard.live == live,
    )  # fmt: skip
    card = db.session.scalars(query.order_by(KeptCard.id.desc()).limit(1)).first()
    if card is None:
        card = KeptCard(token=token(), person_id=person_id, method=method, live=live, created_at=now())
        db.session.add(card)
    card.back = back[:500]
    db.session.flush()
    return card


def keep_page(card_id: int, session: str, url: str) -> None:
    """Remember the provider's page where a card is left."""
    card: KeptCard = locked(KeptCard, card_id)
    if card.session_ref is None:
        card.session_ref, card.checkout_url = session, url


def learn(card_id: int, facts: Collection[CardTold]) -> None:
    """Add facts to the set of what is known about a card."""
    for fact in facts:
        key = (about(card_id), fact.kind.value, fact.ref)
        if db.session.get(CardFact, key) is None:
            db.session.add(CardFact(about=key[0], kind=key[1], ref=key[2]))
    db.session.flush()


def known(card_id: int) -> list[CardTold]:
    """What the provider told about a card."""
    rows = db.session.scalars(select(CardFact).where(CardFact.about == about(card_id)))
    return [CardTold(card_rules.CardFactKind(row.kind), row.ref) for row in rows]


def settle(card_id: int, session: str = "") -> None:
    """Bring a card to the state that the set of known facts makes. Of a person's cards the one asked for last is kept."""
    cards = lock(card_id)
    card = next(one for one in cards if one.id == card_id)
    card.session_ref = card.session_ref or session or None
    state = card_rules.fold(known(card_id))
    before = card.card_ref
    card.customer_ref, card.card_ref = state.customer or card.customer_ref, state.card or card.card_ref
    if card.status is CardStatus.REMOVED:
        if card.card_ref != before or state.status == "completed":  # left on a page that stayed open: it goes as well
            enqueue(FORGET, str(card_id), card_id=card_id)
        return
    if state.last4:
        card.brand, card.last4 = state.brand, state.last4
    if state.status in ("kept", "gone") and card.kept_at is None:
        card.kept_at = now()
    if state.status == "gone":
        _remove(card)
    elif state.status == "kept" and card.status is not CardStatus.KEPT:
        mine = [one for one in cards if (one.method, one.live) == (card.method, card.live)]
        if any(one.id > card.id and one.kept_at is not None for one in mine):
            _remove(card)
            return
        for older in mine:
            if older.id < card.id and older.status is CardStatus.KEPT:
                _remove(older)
        db.session.flush()
        card.status = CardStatus.KEPT
        enqueue(
            LOOK_UP, str(card_id), card_id=card_id
        )  # once it is known here: a removal at the provider is not missed
    elif state.status == "completed":
        enqueue(LOOK_UP, str(card_id), card_id=card_id)
    elif state.status == "ended" and card.status is CardStatus.PENDING:
        card.status = CardStatus.ENDED


def remove(person_id: int) -> bool:
    """Forget a person's card because they ask for it; False when there is none. Raises CardNeeded."""
    cards = [card for card in _locked_cards(person_id) if card.status is CardStatus.KEPT]
    reasons = [words for claims in registry().card_claims for words in claims(person_id)] if cards else []
    if reasons:
        raise CardNeeded(reasons)
    for card in cards:
        _remove(card)
        audit.record("remove card", "kept card", card.id, person_id)
    return bool(cards)


def erase(person_id: int) -> None:
    """Forget whose cards they were. The provider is told by jobs, after this transaction."""
    for card in _locked_cards(person_id):
        _remove(card)
        card.person_id, card.back = None, ""


def forgotten(card_id: int) -> None:
    """The provider forgot a removed card: so do we, its names and all that was told about it."""
    card: KeptCard | None = locked(KeptCard, card_id)
    if card is None or card.status is not CardStatus.REMOVED:
        return
    if card.session_ref:
        looked_up = WebhookReceipt.event_id.startswith(f"lookup:{card.session_ref}:", autoescape=True)
        db.session.execute(delete(WebhookReceipt).where(looked_up))
    card.session_ref = card.customer_ref = card.card_ref = card.checkout_url = None
    db.session.execute(delete(CardFact).where(CardFact.about == about(card_id)))


def _remove(card: KeptCard) -> None:
    if card.status is not CardStatus.REMOVED:
        card.status, card.removed_at = CardStatus.REMOVED, now()
    card.brand = card.last4 = ""
    enqueue(FORGET, str(card.id), card_id=card.id)


def lock(card_id: int) -> list[KeptCard]:
    """All cards of whoever this one is of, under their locks."""
    found = db.session.get_one(KeptCard, card_id)
    cards = _locked_cards(found.person_id) if found.person_id is not None else []
    return cards if any(card.id == card_id for card in cards) else [locked(KeptCard, card_id)]


def _locked_cards(person_id: int) -> list[KeptCard]:
    query = select(KeptCard).where(KeptCard.person_id == person_id).order_by(KeptCard.id)
    return list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))
