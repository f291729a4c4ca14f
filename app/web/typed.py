"""What somebody typed before they were asked to sign in, kept for an hour so that the form comes back filled."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from flask import request, session
from sqlalchemy import String, Text, delete
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.datastructures import MultiDict

from app.core.clock import now
from app.core.database import Base, UtcDateTime, db
from app.core.ids import token
from app.core.transactions import atomic

KEPT = timedelta(hours=1)
LARGEST = 100_000
NOT_KEPT = ("csrf_token", "password")


class TypedForm(Base):
    """The fields of one form, on their way through sign-in."""

    __tablename__ = "typed_form"
    token: Mapped[str] = mapped_column(String(40), primary_key=True)
    path: Mapped[str] = mapped_column(String(500))
    fields: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def keep_typed(path: str) -> None:
    """Keep this request's form until the page at `path` is shown to the same visitor."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]
    text = json.dumps(fields)
    if not fields or len(text) > LARGEST:
        return
    with atomic():
        row = TypedForm(token=token(), path=path, fields=text, created_at=now())
        db.session.add(row)
    session["typed"] = row.token


def typed_for(path: str) -> MultiDict[str, str] | None:
    """What the visitor typed into the form of the page at `path` before signing in, else None."""
    key = session.get("typed")
    row = db.session.get(TypedForm, key) if key else None
    if row is None or row.path != path or row.created_at < now() - KEPT:
        return None
    return MultiDict([(name, value) for name, value in json.loads(row.fields)])


def typed_field(name: str) -> str:
    """One field of the form that waits for the visitor to sign in; empty when there is none."""
    row = db.session.get(TypedForm, session.get("typed", ""))
    return dict(json.loads(row.fields)).get(name, "") if row is not None else ""


def forget_typed() -> None:
    """The form went through: its copy is no longer needed. Call inside `atomic()`."""
    key = session.pop("typed", None)
    if key:
        db.session.execute(delete(TypedForm).where(TypedForm.token == key))


def sweep() -> None:
    """Delete what nobody came back for."""
    with atomic():
        db.session.execute(delete(TypedForm).where(TypedForm.created_at < now() - KEPT))
