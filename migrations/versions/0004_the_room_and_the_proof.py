"""The room (desk, floor, absentee, pledges), the proof (hash chain of the log), watch list, push, offers, extensions."""

import json
import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

import app.core.database
from app.auctions import rules
from app.auctions.chain import Chain, lines

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORDS = {
    "auction": ("eligibility", "eligibility", "'signed_in', 'staff'", "'listed', 'code'"),
    "lot_event": ("kind", "lot_event_kind", "'bid', 'void'", "'extend'"),
    "award": ("status", "award_status", "'active', 'offered', 'forfeited'", "'declined'"),
}


def _words(*, new: bool) -> None:
    """Let the lists of words that columns may hold be the new ones, or the old ones."""
    for table, (column, name, old, more) in WORDS.items():
        listed = f"{old}, {more}" if new else old
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_{table}_{name}"), f"{column} IN ({listed})")


def _triggers(*, there: bool) -> None:
    """The log's triggers go with its table when SQLite rebuilds it, and what is written here they would refuse."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE lot_event {'ENABLE' if there else 'DISABLE'} TRIGGER USER")
        return
    for action in ("UPDATE", "DELETE"):
        name = f"lot_event_no_{action.lower()}"
        if there:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {action} ON lot_event "
                "BEGIN SELECT RAISE(ABORT, 'lot_event is append-only'); END"
            )
        else:
            op.execute(f"DROP TRIGGER {name}")


def _write_public_lines(connection: sa.Connection) -> None:
    """Give each lot its secret, and what was bid before this migration its lines in the public log."""
    tables = sa.MetaData()
    tables.reflect(connection, only=("auction", "lot", "lot_event", "bidder"))
    auction, lot, log, bidder = (tables.tables[name] for name in ("auction", "lot", "lot_event", "bidder"))
    paddles = {row[0]: row[1] for row in connection.execute(sa.select(bidder.c.id, bidder.c.paddle))}
    of_lots = sa.select(auction, lot, lot.c.id.label("lot_id")).join(lot, lot.c.auction_id == auction.c.id)
    for row in connection.execute(of_lots).mappings().all():
        terms = rules.LotTerms(
            start=row[lot.c.start], unit=row[auction.c.unit], reserve=row[lot.c.reserve], opens=utc(row[auction.c.opens_at]),
            increments=tuple((low, step) for low, step in json.loads(row[auction.c.increments])),
            scheduled_end=utc(row[lot.c.scheduled_end]), soft_close_s=row[auction.c.soft_close_s],
            cap_s=row[auction.c.soft_close_cap_s], sanity_cap=row[lot.c.sanity_cap], buy_now=row[lot.c.buy_now],
        )  # fmt: skip
        chain = Chain(
            number=row[lot.c.number], currency=row[auction.c.currency], terms=terms, secret=secrets.token_hex(32)
        )
        of_lot = log.c.lot_id == row["lot_id"]
        events: list[rules.Event] = []
        for event in connection.execute(sa.select(log).where(of_lot).order_by(log.c.seq)).mappings():
            at = utc(event["at"])
            if event["kind"] == "void":
                events.append(rules.Void(seq=event["seq"], target=event["voids_seq"], at=at))
            else:
                facts = {"bidder": event["bidder_id"], "amount": event["amount"], "exact": event["exact"]}
                events.append(rules.Bid(seq=event["seq"], at=at, **facts))
        for written, _state, line in lines(chain, events, paddles):
            values = {"line": line.text, "hash": line.hash}
            connection.execute(sa.update(log).where(of_lot, log.c.seq == written.seq).values(**values))
        values = {"secret": chain.secret, "head": chain.head, "sealed_from": chain.sealed_from}
        connection.execute(sa.update(lot).where(lot.c.id == row["lot_id"]).values(**values))


def utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def upgrade() -> None:
    op.create_table('push_subscription',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('endpoint', sa.String(length=1000), nullable=False),
    sa.Column('p256dh', sa.String(length=120), nullable=False),
    sa.Column('auth', sa.String(length=60), nullable=False),
    sa.Column('created_at', app.core.database.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_push_subscription_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_subscription')),
    sa.UniqueConstraint('endpoint', name=op.f('uq_push_subscription_endpoint'))
    )
    with op.batch_alter_table('push_subscription', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_push_subscription_person_id'), ['person_id'], unique=False)

    op.create_table('pledge',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('auction_id', sa.Integer(), nullable=False),
    sa.Column('bidder_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('operation', sa.String(length=64), nullable=False),
    sa.Column('entered_by', sa.Integer(), nullable=True),
    sa.Column('created_at', app.core.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', app.core.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('invoiced_at', app.core.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('paid_at', app.core.database.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('amount > 0', name=op.f('ck_pledge_pledge_positive')),
    sa.ForeignKeyConstraint(['auction_id'], ['auction.id'], name=op.f('fk_pledge_auction_id_auction'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['bidder_id'], ['bidder.id'], name=op.f('fk_pledge_bidder_id_bidder'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['entered_by'], ['person.id'], name=op.f('fk_pledge_entered_by_person'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pledge')),
    sa.UniqueConstraint('bidder_id', 'operation', name=op.f('uq_pledge_bidder_id_operation'))
    )
    with op.batch_alter_table('pledge', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pledge_auction_id'), ['auction_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_pledge_bidder_id'), ['bidder_id'], unique=False)

    op.create_table('absentee_bid',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('bidder_id', sa.Integer(), nullable=False),
    sa.Column('maximum', sa.BigInteger(), nullable=False),
    sa.Column('entered_by', sa.Integer(), nullable=True),
    sa.Column('entered_at', app.core.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('counted_at', app.core.database.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['bidder_id'], ['bidder.id'], name=op.f('fk_absentee_bid_bidder_id_bidder'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['entered_by'], ['person.id'], name=op.f('fk_absentee_bid_entered_by_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_absentee_bid_lot_id_lot'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absentee_bid'))
    )
    with op.batch_alter_table('absentee_bid', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_absentee_bid_bidder_id'), ['bidder_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_absentee_bid_lot_id'), ['lot_id'], unique=False)

    op.create_table('void_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('asked_by', sa.Integer(), nullable=True),
    sa.Column('asked_at', app.core.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.Integer(), nullable=True),
    sa.Column('decided_at', app.core.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('approved', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by'], ['person.id'], name=op.f('fk_void_request_asked_by_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['decided_by'], ['person.id'], name=op.f('fk_void_request_decided_by_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_void_request_lot_id_lot'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_void_request'))
    )
    with op.batch_alter_table('void_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_void_request_lot_id'), ['lot_id'], unique=False)

    op.create_table('watch',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('created_at', app.core.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('told_at', app.core.database.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_watch_lot_id_lot'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_watch_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'lot_id', name=op.f('pk_watch'))
    )
    with op.batch_alter_table('watch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_watch_lot_id'), ['lot_id'], unique=False)

    with op.batch_alter_table('auction', schema=None) as batch_op:
        batch_op.add_column(sa.Column('admitted', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('invitation_code', sa.String(length=40), server_default='', nullable=False))
        batch_op.add_column(sa.Column('card_required', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('paused_at', app.core.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('notice', sa.String(length=300), server_default='', nullable=False))
        batch_op.add_column(sa.Column('called_number', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('need_title', sa.String(length=200), server_default='', nullable=False))
        batch_op.add_column(sa.Column('need_text', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('need_goal', sa.BigInteger(), nullable=True))

    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.add_column(sa.Column('handed_over_by', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('expires_at', app.core.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_award_handed_over_by_person'), 'person', ['handed_over_by'], ['id'], ondelete='SET NULL')

    with op.batch_alter_table('bidder', schema=None) as batch_op:
        batch_op.add_column(sa.Column('entered_by', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('card_ref', sa.String(length=120), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_bidder_entered_by_person'), 'person', ['entered_by'], ['id'], ondelete='SET NULL')

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.add_column(sa.Column('first_end', app.core.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('room_only', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('secret', sa.String(length=64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('head', sa.String(length=64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('sealed_from', sa.Integer(), nullable=True))

    with op.batch_alter_table('lot_event', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scheduled_end', app.core.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('late_s', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('line', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('hash', sa.String(length=64), server_default='', nullable=False))

    with op.batch_alter_table('mail') as batch_op:
        batch_op.add_column(sa.Column('letter', sa.String(length=40), server_default='', nullable=False))
        batch_op.add_column(sa.Column('facts', sa.Text(), server_default='{}', nullable=False))
        batch_op.add_column(sa.Column('locale', sa.String(length=8), server_default='en', nullable=False))

    _triggers(there=False)
    _words(new=True)
    _write_public_lines(op.get_bind())
    _triggers(there=True)


def downgrade() -> None:
    _triggers(there=False)
    op.execute("UPDATE auction SET eligibility = 'staff' WHERE eligibility IN ('listed', 'code')")
    op.execute("UPDATE award SET status = 'forfeited' WHERE status = 'declined'")
    _words(new=False)
    with op.batch_alter_table('mail') as batch_op:
        batch_op.drop_column('locale')
        batch_op.drop_column('facts')
        batch_op.drop_column('letter')
    with op.batch_alter_table('lot_event', schema=None) as batch_op:
        batch_op.drop_column('hash')
        batch_op.drop_column('line')
        batch_op.drop_column('late_s')
        batch_op.drop_column('scheduled_end')

    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_column('sealed_from')
        batch_op.drop_column('head')
        batch_op.drop_column('secret')
        batch_op.drop_column('room_only')
        batch_op.drop_column('first_end')

    with op.batch_alter_table('bidder', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_bidder_entered_by_person'), type_='foreignkey')
        batch_op.drop_column('card_ref')
        batch_op.drop_column('entered_by')

    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_award_handed_over_by_person'), type_='foreignkey')
        batch_op.drop_column('expires_at')
        batch_op.drop_column('handed_over_by')

    with op.batch_alter_table('auction', schema=None) as batch_op:
        batch_op.drop_column('need_goal')
        batch_op.drop_column('need_text')
        batch_op.drop_column('need_title')
        batch_op.drop_column('called_number')
        batch_op.drop_column('notice')
        batch_op.drop_column('paused_at')
        batch_op.drop_column('card_required')
        batch_op.drop_column('invitation_code')
        batch_op.drop_column('admitted')

    with op.batch_alter_table('watch', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_watch_lot_id'))

    op.drop_table('watch')
    with op.batch_alter_table('void_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_void_request_lot_id'))

    op.drop_table('void_request')
    with op.batch_alter_table('absentee_bid', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_absentee_bid_lot_id'))
        batch_op.drop_index(batch_op.f('ix_absentee_bid_bidder_id'))

    op.drop_table('absentee_bid')
    with op.batch_alter_table('pledge', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_pledge_bidder_id'))
        batch_op.drop_index(batch_op.f('ix_pledge_auction_id'))

    op.drop_table('pledge')
    with op.batch_alter_table('push_subscription', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_push_subscription_person_id'))

    op.drop_table('push_subscription')
    _triggers(there=True)
