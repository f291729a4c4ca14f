"""Words on a lot, and who gave what is no pupil's picture."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lot", sa.Column("description", sa.Text(), server_default="", nullable=False))
    op.add_column("lot", sa.Column("given_by", sa.String(length=200), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("lot", "given_by")
    op.drop_column("lot", "description")
