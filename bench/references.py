"""The bare programs that Kermesse is measured against: Flask with SQLAlchemy's ORM, one durable transaction, no more.

They do what Kermesse does to the database and nothing else: a refused bid is kept too, and who comes late waits.
`BENCH_DATABASE_URL` names the database. Run by the same server, with as many threads.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, redirect, render_template_string, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Tables of the references."""


db = SQLAlchemy(model_class=Base)
PAGE = """<!doctype html><html lang=en><title>{{ title }}</title><main><h1>{{ title }}</h1>
{% for row in rows %}<p>{{ row.title }}: {{ row.price }}</p>{% endfor %}</main></html>"""


class Item(db.Model):  # type: ignore[name-defined, misc]
    """A lot, or an event with seats."""

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[int] = mapped_column(default=0)
    seats: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)


class Act(db.Model):  # type: ignore[name-defined, misc]
    """A bid, a registration, or an event that was told."""

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int]
    amount: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="accepted")


def prepare_sqlite(connection: Any, _record: Any) -> None:
    """As durable as Kermesse."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")


def make() -> Flask:
    """The references in one application."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BENCH_DATABASE_URL"]
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", prepare_sqlite)
            writing = lambda connection: connection.exec_driver_sql(  # noqa: E731
                "BEGIN IMMEDIATE" if request and request.method == "POST" else "BEGIN"
            )
            event.listen(db.engine, "begin", writing)
        if os.environ.get("BENCH_FILL"):
            db.create_all()
            if db.session.get(Item, 1) is None:
                db.session.add(Item(id=1, title="An item", seats=1_000_000))
                db.session.add_all(Item(id=number, title="A race", seats=50) for number in range(2, 12))
                db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return app


app = make()


@app.get("/")
def page() -> str:
    """A bare page with one query."""
    return render_template_string(PAGE, title="A page", rows=db.session.scalars(select(Item).limit(20)).all())


@app.post("/bids")
def bid() -> Any:
    """A bid: lock, read the price, insert, update, commit."""
    item = db.session.get_one(Item, 1, with_for_update=True)
    amount, state = int(request.form["amount"]), "accepted"
    if amount > item.price:
        item.price = amount
    else:
        state = "refused"
    db.session.add(Act(item_id=1, amount=amount, state=state))
    db.session.commit()
    return {"outcome": state}, 200 if state == "accepted" else 422


@app.post("/registrations")
def register() -> Any:
    """A registration: lock, count, insert, commit."""
    item = db.session.get_one(Item, int(request.form["item"]), with_for_update=True)
    seated = item.taken < item.seats
    item.taken += seated
    db.session.add(Act(item_id=item.id, name=request.form["name"], state="confirmed" if seated else "waiting"))
    db.session.commit()
    return redirect("/", 303)


@app.post("/webhook")
def webhook() -> str:
    """An event: insert, commit."""
    db.session.add(Act(item_id=1, name=request.get_data().decode()[:60]))
    db.session.commit()
    return "ok"
