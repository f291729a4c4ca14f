"""Who did what to what, and when. Append-only."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.database import Base, UtcDateTime, db


class AuditEntry(Base):
    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(80))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    detail: Mapped[str] = mapped_column(Text, default="{}")
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id"),)


def record(action: str, subject_kind: str, subject_id: int | None, actor_id: int | None, **detail: Any) -> None:
    """Note an action in the current transaction. `detail` must hold no secret and no pupil's name."""
    entry = AuditEntry(
        at=now(),
        actor_id=actor_id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        detail=json.dumps(detail, default=str),
    )
    db.session.add(entry)
