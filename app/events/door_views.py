"""The door: the page that a helper stands there with, what its device asks for, and who is in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from app.config import ROOT
from app.core.clock import now
from app.core.transactions import atomic
from app.events import door, door_keeping, seats, snapshots
from app.events import door_queries as queries
from app.events.door_forms import MOST_SCANS, ArrivalForm, DoorForm, WalkInForm, read_scan
from app.events.door_words import facts, said
from app.events.models import Door, Event
from app.events.tickets import read_code
from app.web.access import roles

blueprint = Blueprint("door", __name__)
EVENT = "/manage/events/<int(max=2147483647):event_id>"
NUMBER = "<int(max=2147483647):{}>".format


def found_event(event_id: int) -> Event:
    """An event that has doors."""
    return queries.door_event(event_id) or abort(404)


@blueprint.get("/manage/doors/")
@roles("organiser", "helper")
def index() -> str:
    """The events at whose doors one may have to stand soon."""
    events = queries.events_with_doors()
    return render_template(
        "events/manage/doors_index.html", events=events, counts={one.id: queries.count_of(one.id) for one in events}
    )


# ---- at the door ---------------------------------------------------------------------------------------------------


@blueprint.get(f"{EVENT}/door/")
@roles("organiser", "helper")
def page(event_id: int) -> Any:
    """The door itself. Nothing on it names a person unless one was looked for: a device keeps it to work without network."""
    event = found_event(event_id)
    return _page(event, ArrivalForm(formdata=None), search=_searched())


def _searched() -> str:
    return "".join(letter for letter in request.args.get("q", "")[:120] if letter.isprintable()).strip()


def _page(
    event: Event, arrival: ArrivalForm, *, walk_in: WalkInForm | None = None, opening: DoorForm | None = None,
    search: str = "", status: int = 200,
) -> Any:  # fmt: skip
    html = render_template(
        "events/manage/door.html", event=event, arrival=arrival, walk_in=walk_in or WalkInForm(formdata=None),
        opening=opening or DoorForm(formdata=None, pools=event.rooms), search=search,
        found=queries.found_by_name(event.id, search) if search else [], count=queries.count_of(event.id),
    )  # fmt: skip
    return html, status


@blueprint.post(f"{EVENT}/arrivals")
@roles("organiser", "helper")
def arrive(event_id: int) -> Any:
    """Without scripts: one ticket by its code, somebody found by name, or a search for the name that was typed."""
    event, form = found_event(event_id), ArrivalForm()
    if not form.validate():
        return _page(event, form, status=422)
    chosen, typed = form.registration_id, form.code.data or ""
    if chosen is None and read_code(typed) is None:
        return redirect(url_for("door.page", event_id=event_id, q=typed, _anchor="found"), 303)
    scan = door.Scan(
        form.operation.data, code="" if chosen else typed, registration_id=chosen, people=form.people.data or 1
    )
    with atomic():
        told = door.take_in(event_id, scan, None, current_user.id)
    return _say(told, event)


@blueprint.post(f"{EVENT}/walk-ins")
@roles("organiser", "helper")
def let_walk_in(event_id: int) -> Any:
    """Without scripts: somebody without a registration."""
    event, form = found_event(event_id), WalkInForm()
    if not form.validate():
        return _page(event, ArrivalForm(formdata=None), walk_in=form, status=422)
    scan = door.Scan(form.operation.data, door.Kind.WALK_IN, people=form.people.data or 1, name=form.shown_name)
    with atomic():
        told = door.take_in(event_id, scan, None, current_user.id)
    return _say(told, event)


def _say(told: door.Told, event: Event) -> Any:
    """The verdict, at an address that no device keeps: it names somebody."""
    flash(*said(told, event))
    return redirect(url_for("door.page", event_id=event.id, said=1), 303)


@blueprint.get(f"{EVENT}/door-worker.js")
@roles("organiser", "helper")
def worker(event_id: int) -> Response:
    """The service worker that keeps the page for when there is no network. It stands beside the page that it serves."""
    found_event(event_id)
    text = (ROOT / "static" / "js" / "door-worker.js").read_text(encoding="utf-8")
    response = Response(text, mimetype="text/javascript")
    response.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
    response.headers["Cache-Control"] = "no-cache"
    return response


# ---- doors ---------------------------------------------------------------------------------------------------------


@blueprint.get(f"{EVENT}/doors/")
@roles("organiser", "helper")
def doors(event_id: int) -> str:
    """All doors of an event, who is in, and what has to be looked at."""
    event = found_event(event_id)
    return render_template(
        "events/manage/doors.html", event=event, doors=queries.doors_of(event_id), count=queries.count_of(event_id),
        by_door=queries.counts_by_door(event_id), conflicts=queries.conflicts_of(event_id),
        recent=queries.recent_admissions(event_id), posts={post.id: post for post in door_keeping.posts(door_keeping.open_doors(event_id))},
        at=now(),
    )  # fmt: skip


@blueprint.post(f"{EVENT}/doors")
@roles("organiser", "helper")
def open_door(event_id: int) -> Any:
    """Open a door. A script gets what its device has to keep."""
    event = found_event(event_id)
    form = DoorForm(pools=event.rooms)
    if form.validate():
        try:
            with atomic():
                opened = door_keeping.open_door(
                    event_id, name=form.name.data or "", pool_id=form.pool_id.data, allotment=form.allotment.data or 0,
                    actor_id=current_user.id,
                )  # fmt: skip
        except door_keeping.DoorRefused as refused:
            _refuse(form, refused)
        else:
            if _by_script():
                return {"door": opened.id, "token": opened.token, "name": opened.name, "key": snapshots.public_key()}
            return redirect(url_for("door.doors", event_id=event_id), 303)
    if _by_script():
        return {"errors": [[name, message] for name, message in form.errors_list()]}, 422
    return _page(event, ArrivalForm(formdata=None), opening=form, status=422)


def _refuse(form: DoorForm, refused: door_keeping.DoorRefused) -> None:
    if refused.reason == "seats":
        words = _("Only %(free)s seats are free. Keep that many or fewer for this door.", free=refused.free)
        form.allotment.errors = [words]
    elif refused.reason == "name":
        form.name.errors = [_("Another door has this name. Choose another one, or close that door first.")]
    else:
        form.name.errors = [_("The event takes nobody in now.")]


@blueprint.post(f"{EVENT}/doors/{NUMBER('door_id')}/closure")
@roles("organiser", "helper")
def close_door(event_id: int, door_id: int) -> Any:
    """Close a door."""
    found_event(event_id)
    if queries.door_of(event_id, door_id) is None:
        abort(404)
    with atomic():
        closed = door_keeping.close_door(door_id, current_user.id)
    if _by_script():
        return {"closed": True}
    flash(_("The door %(name)s is closed. Seats that it did not need are free again.", name=closed.name), "success")
    return redirect(url_for("door.doors", event_id=event_id), 303)


@blueprint.post(f"{EVENT}/admissions/{NUMBER('admission_id')}/reversal")
@roles("organiser", "helper")
def reverse(event_id: int, admission_id: int) -> Any:
    """Take an admission back."""
    found_event(event_id)
    if queries.admission_of(event_id, admission_id) is None:
        abort(404)
    with atomic():
        door.undo(admission_id, current_user.id)
    flash(_("Taken back."), "success")
    return redirect(url_for("door.doors", event_id=event_id), 303)


# ---- what a device asks --------------------------------------------------------------------------------------------


@blueprint.post(f"{EVENT}/admissions")
@roles("organiser", "helper")
def admissions(event_id: int) -> Any:
    """Scans of a device, in their order. Each is answered by itself; each counts once, however often it is sent."""
    found_event(event_id)
    sent = request.get_json(silent=True)
    scans = sent.get("scans") if isinstance(sent, dict) else None
    if not isinstance(sent, dict) or not isinstance(scans, list) or len(scans) > MOST_SCANS:
        return {"error": "scans"}, 422
    at = _device(event_id, sent.get("door"))
    if at is None:
        return {"error": "door"}, 422
    door_id, actor_id, answers = at.id, current_user.id, []
    for value in scans:
        scan = read_scan(value)
        if scan is None:
            answers.append({"id": value.get("id") if isinstance(value, dict) else None, "word": "unreadable"})
            continue
        with atomic():
            told = facts(door.take_in(event_id, scan, door_id, actor_id))
        answers.append(told)
    return {"answers": answers, "counts": _counts(event_id)}


@blueprint.post(f"{EVENT}/lists")
@roles("organiser", "helper")
def give_list(event_id: int) -> Any:
    """The list for a door's device, sealed; or the news alone, when what it holds says the same but for who is in.

    `held`: of when its list or news are; `listed`: of when its list is; `digest`: what that says apart from who is in.
    """
    event = found_event(event_id)
    sent = request.get_json(silent=True)
    at = _device(event_id, sent.get("door") if isinstance(sent, dict) else None)
    if not isinstance(sent, dict) or at is None:
        return {"error": "door"}, 422
    told: dict[str, Any] = {"counts": _counts(event_id), "csrf": generate_csrf()}
    if at.closed_at is not None:
        return told | {"closed": True}
    held = snapshots.read_made(str(sent.get("held") or ""))
    # Under the lock, so that a door is either on this list or opened after it was made.
    with atomic():
        seats.lock_pools(event_id)
        if held is not None:
            door_keeping.hear(at.id, held)
        made, standing = now(), door_keeping.open_doors(event_id)
    me = next((one for one in standing if one.id == at.id), None)
    if me is None:
        return told | {"closed": True}
    content = queries.device_list(event, me, standing)
    digest, listed = snapshots.digest(queries.lasting(content)), snapshots.read_made(str(sent.get("listed") or ""))
    news = queries.news(content, listed) if listed is not None and sent.get("digest") == digest else None
    return told | snapshots.sealed(news or content, made) | {
        "made": made.isoformat(), "digest": digest, "only_news": news is not None,
    }  # fmt: skip


@blueprint.get(f"{EVENT}/arrived.json")
@roles("organiser", "helper")
def arrived(event_id: int) -> Any:
    """Who is in, live."""
    found_event(event_id)
    return {"counts": _counts(event_id), "csrf": generate_csrf()}


def _counts(event_id: int) -> dict[str, Any]:
    count, by_door = queries.count_of(event_id), queries.counts_by_door(event_id)
    return {
        "arrived": count.arrived, "expected": count.expected, "doors": {str(key or 0): people for key, people in by_door.items()},
        "conflicts": len(queries.conflicts_of(event_id)),
    }  # fmt: skip


def _device(event_id: int, token: Any) -> Door | None:
    good = isinstance(token, str) and token.isascii() and token.isprintable() and len(token) <= 40
    return queries.door_by_token(event_id, token) if good else None


def _by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"
