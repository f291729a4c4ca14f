"""An invitation may say in which room, or online, it seats people."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("event_invitation") as batch:
        batch.add_column(sa.Column("pool_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_event_invitation_pool_id_seat_pool"), "seat_pool", ["pool_id"], ["id"], ondelete="SET NULL"
        )
    # Seats are kept where they are kept.
    op.execute(
        "UPDATE event_invitation SET pool_id = "
        "(SELECT seat_hold.pool_id FROM seat_hold WHERE seat_hold.id = event_invitation.hold_id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("event_invitation") as batch:
        batch.drop_constraint(op.f("fk_event_invitation_pool_id_seat_pool"), type_="foreignkey")
        batch.drop_column("pool_id")
