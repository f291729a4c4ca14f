"""A message is a draft until it is sent; a mail that comes back is found by its Message-ID."""

import sqlalchemy as sa
from alembic import op

import app.core.database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("event_message") as batch:
        batch.add_column(sa.Column("sent_at", app.core.database.UtcDateTime(timezone=True), nullable=True))
    op.execute("UPDATE event_message SET sent_at = created_at")
    with op.batch_alter_table("mail") as batch:
        batch.create_index("ix_mail_message_id", ["message_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("mail") as batch:
        batch.drop_index("ix_mail_message_id")
    op.execute("DELETE FROM event_message WHERE sent_at IS NULL")
    with op.batch_alter_table("event_message") as batch:
        batch.drop_column("sent_at")
