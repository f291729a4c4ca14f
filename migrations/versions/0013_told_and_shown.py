"""The language of letters to those who speak; whether the public reads who took part."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event_speaker", sa.Column("locale", sa.String(length=8), server_default="en", nullable=False))
    op.add_column("event", sa.Column("composition_public", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("event", "composition_public")
    op.drop_column("event_speaker", "locale")
