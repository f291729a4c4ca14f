"""One index finds a bidder's bids and a bid that comes again."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("uq_lot_event_operation", table_name="lot_event")
    op.drop_index("ix_lot_event_bidder_id", table_name="lot_event")
    op.create_index("uq_lot_event_operation", "lot_event", ["bidder_id", "lot_id", "operation"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_lot_event_operation", table_name="lot_event")
    op.create_index("ix_lot_event_bidder_id", "lot_event", ["bidder_id"])
    op.create_index("uq_lot_event_operation", "lot_event", ["lot_id", "bidder_id", "operation"], unique=True)
