"""Tables for what surrounds an event: programme, questions, invitations, queue, door, outcomes, feedback, counts."""

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = app.core.database.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "event_allowed_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("list_name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_allowed_address_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_allowed_address")),
        sa.UniqueConstraint("event_id", "address", name=op.f("uq_event_allowed_address_event_id_address")),
    )
    with op.batch_alter_table("event_allowed_address") as batch:
        batch.create_index(batch.f("ix_event_allowed_address_address"), ["address"], unique=False)
    op.create_table(
        "event_composition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "invited",
                "registered",
                "attended",
                "spoke",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_event_composition_never_negative")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_composition_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_composition")),
        sa.UniqueConstraint("event_id", "stage", "category", name=op.f("uq_event_composition_event_id_stage_category")),
    )
    op.create_table(
        "event_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("liked", sa.Text(), nullable=False),
        sa.Column("improve", sa.Text(), nullable=False),
        sa.CheckConstraint("rating >= 1 AND rating <= 5", name=op.f("ck_event_feedback_one_to_five")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_feedback_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_feedback")),
    )
    with op.batch_alter_table("event_feedback") as batch:
        batch.create_index(batch.f("ix_event_feedback_event_id"), ["event_id"], unique=False)
    op.create_table(
        "event_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("applied_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name=op.f("fk_event_import_created_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_import_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_import")),
    )
    with op.batch_alter_table("event_import") as batch:
        batch.create_index("ix_event_import_event", ["event_id", "created_at"], unique=False)
    op.create_table(
        "event_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_message_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["person.id"], name=op.f("fk_event_message_written_by_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_message")),
        sa.UniqueConstraint("operation", name=op.f("uq_event_message_operation")),
    )
    with op.batch_alter_table("event_message") as batch:
        batch.create_index(batch.f("ix_event_message_event_id"), ["event_id"], unique=False)
    op.create_table(
        "event_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "recommendation",
                "decision",
                "action",
                name="outcome_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("addressee", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("owner_email", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminded_for", sa.Date(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "in_progress",
                "done",
                "dropped",
                name="outcome_status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_outcome_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_outcome")),
        sa.UniqueConstraint("event_id", "number", name=op.f("uq_event_outcome_event_id_number")),
        sa.UniqueConstraint("token", name=op.f("uq_event_outcome_token")),
    )
    with op.batch_alter_table("event_outcome") as batch:
        batch.create_index("ix_event_outcome_due", ["status", "due_on"], unique=False)
        batch.create_index(batch.f("ix_event_outcome_owner_email"), ["owner_email"], unique=False)
    op.create_table(
        "event_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "text",
                "choice",
                "several",
                "number",
                "date",
                "yes_no",
                "file",
                "consent",
                name="question_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("help", sa.String(length=500), nullable=False),
        sa.Column("required", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("condition_id", sa.Integer(), nullable=True),
        sa.Column("condition_value", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["condition_id"],
            ["event_question.id"],
            name=op.f("fk_event_question_condition_id_event_question"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_question_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_question")),
    )
    with op.batch_alter_table("event_question") as batch:
        batch.create_index(batch.f("ix_event_question_event_id"), ["event_id"], unique=False)
    op.create_table(
        "event_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_event_session_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_session_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_session")),
    )
    with op.batch_alter_table("event_session") as batch:
        batch.create_index(batch.f("ix_event_session_event_id"), ["event_id"], unique=False)
    op.create_table(
        "event_speaker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("affiliation", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("biography", sa.Text(), nullable=False),
        sa.Column("moderates", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("composed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_speaker_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_speaker")),
        sa.UniqueConstraint("token", name=op.f("uq_event_speaker_token")),
    )
    with op.batch_alter_table("event_speaker") as batch:
        batch.create_index(batch.f("ix_event_speaker_event_id"), ["event_id"], unique=False)
    op.create_table(
        "event_door",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("allotment", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("heard_at", TIME, nullable=True),
        sa.Column("closed_at", TIME, nullable=True),
        sa.CheckConstraint(
            "allotment >= 0 AND used >= 0 AND used <= allotment", name=op.f("ck_event_door_used_within_allotment")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_door_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["person.id"], name=op.f("fk_event_door_opened_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["seat_pool.id"], name=op.f("fk_event_door_pool_id_seat_pool"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_door")),
        sa.UniqueConstraint("token", name=op.f("uq_event_door_token")),
    )
    with op.batch_alter_table("event_door") as batch:
        batch.create_index(batch.f("ix_event_door_event_id"), ["event_id"], unique=False)
    op.create_table(
        "event_outcome_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "in_progress",
                "done",
                "dropped",
                name="outcome_status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("by_owner", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["person.id"], name=op.f("fk_event_outcome_note_actor_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["outcome_id"],
            ["event_outcome.id"],
            name=op.f("fk_event_outcome_note_outcome_id_event_outcome"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_outcome_note")),
    )
    with op.batch_alter_table("event_outcome_note") as batch:
        batch.create_index(batch.f("ix_event_outcome_note_outcome_id"), ["outcome_id"], unique=False)
    op.create_table(
        "event_session_speaker",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["event_session.id"],
            name=op.f("fk_event_session_speaker_session_id_event_session"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["speaker_id"],
            ["event_speaker.id"],
            name=op.f("fk_event_session_speaker_speaker_id_event_speaker"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "speaker_id", name=op.f("pk_event_session_speaker")),
    )
    op.create_table(
        "seat_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("released_at", TIME, nullable=True),
        sa.CheckConstraint("seats > 0", name=op.f("ck_seat_hold_positive")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name=op.f("fk_seat_hold_created_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["seat_pool.id"], name=op.f("fk_seat_hold_pool_id_seat_pool"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_hold")),
    )
    with op.batch_alter_table("seat_hold") as batch:
        batch.create_index(batch.f("ix_seat_hold_pool_id"), ["pool_id"], unique=False)
    op.create_table(
        "event_admission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scan", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("door_id", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "admitted",
                "again",
                "beyond",
                "not_valid",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("offline", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("conflict", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("scanned_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.CheckConstraint("people >= 0", name=op.f("ck_event_admission_never_negative")),
        sa.ForeignKeyConstraint(
            ["door_id"], ["event_door.id"], name=op.f("fk_event_admission_door_id_event_door"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["person.id"], name=op.f("fk_event_admission_entered_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_admission_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_event_admission_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_admission")),
        sa.UniqueConstraint("scan", name=op.f("uq_event_admission_scan")),
    )
    with op.batch_alter_table("event_admission") as batch:
        batch.create_index("ix_event_admission_event", ["event_id", "verdict"], unique=False)
        batch.create_index(batch.f("ix_event_admission_registration_id"), ["registration_id"], unique=False)
    op.create_table(
        "event_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("file_key", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["event_question.id"],
            name=op.f("fk_event_answer_question_id_event_question"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_event_answer_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_answer")),
        sa.UniqueConstraint("registration_id", "question_id", name=op.f("uq_event_answer_registration_id_question_id")),
    )
    with op.batch_alter_table("event_answer") as batch:
        batch.create_index(batch.f("ix_event_answer_question_id"), ["question_id"], unique=False)
        batch.create_index(batch.f("ix_event_answer_registration_id"), ["registration_id"], unique=False)
    op.create_table(
        "event_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Integer(), nullable=True),
        sa.Column("answer_by", TIME, nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "written",
                "opened",
                "accepted",
                "declined",
                "taken_back",
                name="invitation_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("invited_by", sa.Integer(), nullable=True),
        sa.Column("composed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("opened_at", TIME, nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.CheckConstraint("seats > 0", name=op.f("ck_event_invitation_positive")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_invitation_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["seat_hold.id"], name=op.f("fk_event_invitation_hold_id_seat_hold"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["person.id"], name=op.f("fk_event_invitation_invited_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_event_invitation_registration_id_registration"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_invitation")),
        sa.UniqueConstraint("event_id", "email", name=op.f("uq_event_invitation_event_id_email")),
        sa.UniqueConstraint("token", name=op.f("uq_event_invitation_token")),
    )
    op.create_table(
        "queue_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["person.id"], name=op.f("fk_queue_move_actor_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["seat_pool.id"], name=op.f("fk_queue_move_pool_id_seat_pool"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_queue_move_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_move")),
    )
    with op.batch_alter_table("queue_move") as batch:
        batch.create_index(batch.f("ix_queue_move_pool_id"), ["pool_id"], unique=False)
        batch.create_index(batch.f("ix_queue_move_registration_id"), ["registration_id"], unique=False)
    op.create_table(
        "registration_guest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.CheckConstraint("number >= 2", name=op.f("ck_registration_guest_after_the_first")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_registration_guest_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_guest")),
        sa.UniqueConstraint("registration_id", "number", name=op.f("uq_registration_guest_registration_id_number")),
    )
    with op.batch_alter_table("registration_guest") as batch:
        batch.create_index(batch.f("ix_registration_guest_registration_id"), ["registration_id"], unique=False)


def downgrade() -> None:
    op.drop_table("registration_guest")
    op.drop_table("queue_move")
    op.drop_table("event_invitation")
    op.drop_table("event_answer")
    op.drop_table("event_admission")
    op.drop_table("seat_hold")
    op.drop_table("event_session_speaker")
    op.drop_table("event_outcome_note")
    op.drop_table("event_door")
    op.drop_table("event_speaker")
    op.drop_table("event_session")
    op.drop_table("event_question")
    op.drop_table("event_outcome")
    op.drop_table("event_message")
    op.drop_table("event_import")
    op.drop_table("event_feedback")
    op.drop_table("event_composition")
    op.drop_table("event_allowed_address")
