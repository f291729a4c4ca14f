"""Somebody has decided about every table, and every link to a person, what an export and an erasure do with it."""

from __future__ import annotations

from flask import Flask

from app.cli import privacy
from app.core.database import db

# Exported and erased in another way than by a query for one person.
OTHERWISE = {
    "person_role": "exported as `roles`",
    "event_import": "its lines: mentions.lines_of",
    "auction": "`admitted` holds addresses: mentions.admitting",
    "typed_form": "an hour old at most; forms that name the erased go whole",
    "webhook_receipt": "what the card service wrote: emptied where it names the erased, or is about their payments",
    "card_fact": "the provider's names of a card, gone with it",
    "job": "numbers of rows; names are taken out like everywhere",
}
# Nobody is looked for here. What somebody typed into a text is taken out all the same (traces.take_out).
OF_NOBODY = {
    "artwork": "a pupil's, who has no address: by consent", "artwork_image": "", "assent": "", "consent": "", "gallery": "",
    "theme": "", "lot_artwork": "",
    "campaign": "", "event": "", "event_series": "", "event_partner": "", "event_session": "", "event_session_speaker": "",
    "event_question": "", "seat_pool": "", "seat_hold": "a reason, and who gave it",
    "event_feedback": "without a name, on purpose", "event_composition": "counts, on purpose",
    "lot": "", "role": "", "invoice_counter": "",
    "ledger_entry": "amounts, under the invoice's number", "ledger_transfer": "", "payment_fact": "the provider's words about a payment",
}  # fmt: skip
# Who did it, at work: it stays, and says no more than a number after an erasure.
ACTS = {
    "absentee_bid.entered_by", "artwork.reviewed_by", "artwork.uploaded_by", "assent.recorded_by", "award.handed_over_by",
    "bidder.card_waived_by", "bidder.entered_by", "consent.recorded_by", "event_admission.entered_by", "event_import.created_by",
    "event_invitation.invited_by", "lot_event.entered_by", "payment.recorded_by", "pledge.entered_by", "queue_move.actor_id",
    "seat_hold.created_by",
}  # fmt: skip
THEIRS = {
    "bid_refusal.person_id", "bidder.person_id", "calendar_feed.person_id", "event_door.opened_by", "event_message.written_by",
    "event_outcome_note.actor_id", "invoice.person_id", "kept_card.person_id", "person_role.person_id",
    "push_subscription.person_id", "registration.person_id", "sso_identity.person_id", "void_request.asked_by", "void_request.decided_by",
    "watch.person_id",
}  # fmt: skip


def test_every_table_is_decided_about(app: Flask) -> None:
    places = privacy._places("nobody@home.example", None).values()
    exported = {str(table.name) for query in places for table in query.get_final_froms()}
    decided = [*exported, *OTHERWISE, *OF_NOBODY]
    assert sorted(decided) == sorted(set(decided)), "decided twice"
    assert set(db.metadata.tables) - set(decided) == set(), (
        "does it hold anything about a person? See app/cli/privacy.py"
    )
    assert set(decided) - set(db.metadata.tables) == set()


def test_every_link_to_a_person_is_decided_about(app: Flask) -> None:
    links = {
        str(column)
        for table in db.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == "person" for key in column.foreign_keys)
    }
    assert links == ACTS | THEIRS, "is it an act at work, or theirs? See app/cli/privacy.py"
