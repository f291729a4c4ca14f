"""Several pools of seats an event, parties in part, offers and requests, and what an event may ask for."""

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = app.core.database.UtcDateTime(timezone=True)
WORDS = {
    "event": ("audience", "audience", "'public', 'staff', 'invited'", "'listed'"),
    "registration": (
        "status", "registration_status", "'confirmed', 'waiting', 'withdrawn'", "'requested', 'offered', 'declined'",
    ),
    "mail": ("state", "mail_state", "'queued', 'sent', 'failed'", "'bounced'"),
}  # fmt: skip


def _words(*, new: bool) -> None:
    """Let the lists of words that columns may hold be the new ones, or the old ones."""
    for table, (column, name, old, more) in WORDS.items():
        listed = f"{old}, {more}" if new else old
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_{table}_{name}"), f"{column} IN ({listed})")


def _live_index(where: str) -> None:
    op.drop_index("uq_registration_live", "registration")
    clause = sa.text(where)
    op.create_index(
        "uq_registration_live", "registration", ["event_id", "email"], unique=True,
        sqlite_where=clause, postgresql_where=clause,
    )  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "event_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_series")),
        sa.UniqueConstraint("slug", name=op.f("uq_event_series_slug")),
    )
    with op.batch_alter_table("event") as batch:
        batch.add_column(sa.Column("series_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("was_starts_at", TIME, nullable=True))
        for name in ("approval", "guest_names", "participants_listed"):
            batch.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("offer_hours", sa.Integer(), server_default="24", nullable=False))
        batch.add_column(sa.Column("remind_hours", sa.Integer(), server_default="24", nullable=True))
        batch.add_column(sa.Column("feedback_asked", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.add_column(sa.Column("minutes", sa.Text(), server_default="", nullable=False))
        for name in ("feedback_public", "certificates", "minutes_public", "outcomes_public", "composition_asked"):
            batch.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("minimum_cell", sa.Integer(), server_default="5", nullable=False))
        batch.create_check_constraint(op.f("ck_event_positive_terms"), "offer_hours > 0 AND minimum_cell > 0")
        batch.create_index(op.f("ix_event_series_id"), ["series_id"])
        batch.create_foreign_key(
            op.f("fk_event_series_id_event_series"), "event_series", ["series_id"], ["id"], ondelete="SET NULL"
        )
    with op.batch_alter_table("seat_pool") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=24), server_default="room", nullable=False))
        batch.add_column(sa.Column("name", sa.String(length=120), server_default="", nullable=False))
        batch.add_column(sa.Column("position", sa.Integer(), server_default="0", nullable=False))
        batch.create_check_constraint(op.f("ck_seat_pool_pool_kind"), "kind IN ('room', 'online')")
        batch.drop_constraint(op.f("uq_seat_pool_event_id"), type_="unique")
        batch.create_index(op.f("ix_seat_pool_event_id"), ["event_id"])
    with op.batch_alter_table("registration") as batch:
        batch.add_column(sa.Column("pool_id", sa.Integer(), nullable=True))
        for name in ("seated", "arrived", "calendar_version"):
            batch.add_column(sa.Column(name, sa.Integer(), server_default="0", nullable=False))
        for name in ("in_part", "ask_first", "listed", "feedback_given"):
            batch.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("diet", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("source", sa.String(length=24), server_default="form", nullable=False))
        batch.add_column(sa.Column("reason", sa.String(length=300), server_default="", nullable=False))
        batch.add_column(sa.Column("composed", sa.String(length=60), server_default="", nullable=False))
        batch.add_column(sa.Column("ranked_at", TIME, nullable=True))
        batch.add_column(sa.Column("offered_until", TIME, nullable=True))
    _words(new=True)
    op.execute(
        "UPDATE registration SET ranked_at = queued_at, "
        "seated = CASE status WHEN 'confirmed' THEN party ELSE 0 END, "
        "pool_id = (SELECT seat_pool.id FROM seat_pool WHERE seat_pool.event_id = registration.event_id)"
    )
    with op.batch_alter_table("registration") as batch:
        batch.alter_column("ranked_at", existing_type=TIME, nullable=False)
        batch.create_check_constraint(
            op.f("ck_registration_source"), "source IN ('form', 'organiser', 'invitation', 'import', 'walk_in')"
        )
        batch.create_check_constraint(op.f("ck_registration_seated_within_party"), "seated >= 0 AND seated <= party")
        batch.create_check_constraint(op.f("ck_registration_arrived_within_party"), "arrived >= 0 AND arrived <= party")
        batch.drop_index("ix_registration_queue")
        batch.create_index("ix_registration_queue", ["pool_id", "status", "ranked_at", "id"])
        batch.create_index("ix_registration_event", ["event_id", "status"])
        batch.create_index(op.f("ix_registration_pool_id"), ["pool_id"])
        batch.create_foreign_key(
            op.f("fk_registration_pool_id_seat_pool"), "seat_pool", ["pool_id"], ["id"], ondelete="SET NULL"
        )
    _live_index("status NOT IN ('withdrawn', 'declined')")
    op.create_table(
        "mail_suppressed",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_mail_suppressed")),
    )


def downgrade() -> None:
    """What the older house has no word for becomes what it knows: who was offered or asked waits, a no is a withdrawal."""
    op.drop_table("mail_suppressed")
    op.execute("UPDATE registration SET status = 'waiting' WHERE status IN ('requested', 'offered')")
    op.execute("UPDATE registration SET status = 'withdrawn' WHERE status = 'declined'")
    op.execute("UPDATE mail SET state = 'failed' WHERE state = 'bounced'")
    op.execute("UPDATE event SET audience = 'invited' WHERE audience = 'listed'")
    op.execute(
        "DELETE FROM seat_pool WHERE id NOT IN (SELECT MIN(other.id) FROM seat_pool AS other GROUP BY other.event_id)"
    )
    _words(new=False)
    _live_index("status != 'withdrawn'")
    with op.batch_alter_table("registration") as batch:
        batch.drop_constraint(op.f("fk_registration_pool_id_seat_pool"), type_="foreignkey")
        for index in ("ix_registration_pool_id", "ix_registration_event", "ix_registration_queue"):
            batch.drop_index(index)
        for name in ("source", "seated_within_party", "arrived_within_party"):
            batch.drop_constraint(op.f(f"ck_registration_{name}"), type_="check")
        for name in (
            "feedback_given", "composed", "calendar_version", "offered_until", "ranked_at", "reason", "source", "listed",
            "diet", "ask_first", "in_part", "arrived", "seated", "pool_id",
        ):  # fmt: skip
            batch.drop_column(name)
        batch.create_index("ix_registration_queue", ["event_id", "status", "queued_at", "id"])
    with op.batch_alter_table("seat_pool") as batch:
        batch.drop_index(op.f("ix_seat_pool_event_id"))
        batch.drop_constraint(op.f("ck_seat_pool_pool_kind"), type_="check")
        for name in ("position", "name", "kind"):
            batch.drop_column(name)
        batch.create_unique_constraint(op.f("uq_seat_pool_event_id"), ["event_id"])
    with op.batch_alter_table("event") as batch:
        batch.drop_constraint(op.f("fk_event_series_id_event_series"), type_="foreignkey")
        batch.drop_index(op.f("ix_event_series_id"))
        batch.drop_constraint(op.f("ck_event_positive_terms"), type_="check")
        for name in (
            "minimum_cell", "composition_asked", "outcomes_public", "minutes_public", "minutes", "certificates",
            "feedback_public", "feedback_asked", "remind_hours", "offer_hours", "participants_listed", "guest_names",
            "approval", "was_starts_at", "series_id",
        ):  # fmt: skip
            batch.drop_column(name)
    op.drop_table("event_series")
