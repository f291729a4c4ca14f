"""Jobs: rows written in the transaction that needs them, run by the worker when due. May run more than once.

A worker leases a due row, runs its handler outside any transaction (the handler opens its own) and marks it done. A
killed worker's lease ends and the job runs again, so handlers are idempotent. See docs/decisions/0003-jobs.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Index, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.database import Base, UtcDateTime, db
from app.core.registry import registry
from app.core.transactions import atomic

LEASE = timedelta(seconds=60)
ATTEMPTS = 8
KEPT = timedelta(days=14)
log = structlog.get_logger()


class Job(Base):
    """One thing to do at or after `due_at`. `key` makes enqueuing idempotent: one live row a kind and key."""

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(120))
    payload: Mapped[str] = mapped_column(Text, default="{}")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index(
            "uq_job_live",
            "kind",
            "key",
            unique=True,
            sqlite_where=done_at.is_(None),
            postgresql_where=done_at.is_(None),
        ),
        Index("ix_job_due", "due_at", sqlite_where=done_at.is_(None), postgresql_where=done_at.is_(None)),
    )


def enqueue(kind: str, key: str, due_at: datetime | None = None, **payload: Any) -> None:
    """Ask for a job in the current transaction. A live job of the same kind and key is moved to the new time."""
    due_at = due_at or now()
    live = db.session.scalar(select(Job).where(Job.kind == kind, Job.key == key, Job.done_at.is_(None)))
    if live is None:
        db.session.add(Job(kind=kind, key=key, due_at=due_at, payload=json.dumps(payload)))
    else:  # one that had given up gets a new chance
        live.due_at, live.payload, live.attempts = due_at, json.dumps(payload), 0
        live.leased_until = live.failed_at = live.reason = None


def run_due(limit: int = 50) -> int:
    """Run the jobs that are due, one after another; returns how many ran. A failing one is tried again later."""
    ran = 0
    while ran < limit and (job := _lease()) is not None:
        ran += 1
        job_id, kind, payload, attempts = job
        try:
            registry().jobs[kind](payload)
        except Exception as fault:  # a job must not take the worker down
            log.exception("job failed", kind=kind, job=job_id)
            _put_back(job_id, attempts, f"{type(fault).__name__}: {fault}")
        else:
            with atomic():
                # Only while it is still ours: the handler may have moved the same key to a later time.
                db.session.execute(
                    update(Job)
                    .where(Job.id == job_id, Job.leased_until.is_not(None))
                    .values(done_at=now(), leased_until=None)
                )
    return ran


def _lease() -> tuple[int, str, Mapping[str, Any], int] | None:
    due = (
        Job.done_at.is_(None),
        Job.failed_at.is_(None),
        Job.due_at <= now(),
        (Job.leased_until.is_(None)) | (Job.leased_until < now()),
    )
    if db.session.scalar(select(Job.id).where(*due).limit(1)) is None:
        db.session.rollback()
        return None
    with atomic():
        job = db.session.scalar(
            select(Job).where(*due).order_by(Job.due_at, Job.id).limit(1).with_for_update(skip_locked=True)
        )
        if job is None:
            return None
        job.leased_until = now() + LEASE
        job.attempts += 1
        return job.id, job.kind, json.loads(job.payload), job.attempts


def _put_back(job_id: int, attempts: int, reason: str) -> None:
    with atomic():
        values: dict[str, Any] = {"leased_until": None, "reason": reason[:2000]}
        if attempts >= ATTEMPTS:
            values["failed_at"] = now()
        else:
            values["due_at"] = now() + timedelta(seconds=2**attempts)
        db.session.execute(update(Job).where(Job.id == job_id).values(**values))


def sweep() -> None:
    """Forget jobs done long ago."""
    with atomic():
        db.session.execute(delete(Job).where(Job.done_at < now() - KEPT))
