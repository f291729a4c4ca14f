"""When somebody last signed in."""

import sqlalchemy as sa
from alembic import op

from app.core.database import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("seen_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "seen_at")
