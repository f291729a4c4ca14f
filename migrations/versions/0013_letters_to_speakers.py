"""The language of letters to those who speak."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event_speaker", sa.Column("locale", sa.String(length=8), server_default="en", nullable=False))


def downgrade() -> None:
    op.drop_column("event_speaker", "locale")
