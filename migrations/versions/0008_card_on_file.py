"""Cards that people keep with us, and what an auction and its paddles say about them."""

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = app.core.database.UtcDateTime(timezone=True)


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        "kept_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("method", _words("card_method", "card", "test", "cash", "transfer"), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("status", _words("card_status", "pending", "kept", "ended", "removed"), nullable=False),
        sa.Column("session_ref", sa.String(length=120), nullable=True),
        sa.Column("customer_ref", sa.String(length=120), nullable=True),
        sa.Column("card_ref", sa.String(length=120), nullable=True),
        sa.Column("checkout_url", sa.Text(), nullable=True),
        sa.Column("brand", sa.String(length=40), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("back", sa.String(length=500), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("kept_at", TIME, nullable=True),
        sa.Column("removed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_kept_card_person_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_card")),
        sa.UniqueConstraint("session_ref", name=op.f("uq_kept_card_session_ref")),
        sa.UniqueConstraint("token", name=op.f("uq_kept_card_token")),
    )
    kept = sa.text("status = 'kept'")
    with op.batch_alter_table("kept_card") as batch:
        batch.create_index(batch.f("ix_kept_card_person_id"), ["person_id"], unique=False)
        batch.create_index(batch.f("ix_kept_card_card_ref"), ["card_ref"], unique=False)
        batch.create_index(
            "uq_kept_card_of_person", ["person_id", "method", "live"], unique=True, sqlite_where=kept, postgresql_where=kept
        )
    op.create_table(
        "card_fact",
        sa.Column("about", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("about", "kind", "ref", name=op.f("pk_card_fact")),
    )
    with op.batch_alter_table("auction") as batch:
        batch.add_column(sa.Column("card_charge_days", sa.Integer(), nullable=True))
    with op.batch_alter_table("bidder") as batch:
        batch.drop_column("card_ref")
        batch.add_column(sa.Column("card_charge_days", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("card_waived_by", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_bidder_card_waived_by_person"), "person", ["card_waived_by"], ["id"], ondelete="RESTRICT"
        )


def downgrade() -> None:
    with op.batch_alter_table("bidder") as batch:
        batch.drop_constraint(batch.f("fk_bidder_card_waived_by_person"), type_="foreignkey")
        batch.drop_column("card_waived_by")
        batch.drop_column("card_charge_days")
        batch.add_column(sa.Column("card_ref", sa.String(length=120), nullable=True))
    with op.batch_alter_table("auction") as batch:
        batch.drop_column("card_charge_days")
    op.drop_table("card_fact")
    op.drop_table("kept_card")
