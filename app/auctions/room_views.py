"""Pages for the hall: the desk, bids called in the room, the auctioneer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.models import Person
from app.auctions import absentee, cards, desk, room, services
from app.auctions.models import Auction
from app.auctions.room_forms import AbsenteeForm, DeskForm, FloorForm, looked_for
from app.auctions.rules import Reason
from app.core.clock import now
from app.core.database import db
from app.core.money import amount_input
from app.core.transactions import atomic
from app.web.access import roles
from app.web.formats import amount, locale

blueprint = Blueprint("auction_room", __name__)
AUCTION = "/manage/auctions/<int(max=2147483647):auction_id>"


def found_auction(auction_id: int) -> Auction:
    """The auction of an address."""
    return db.session.get(Auction, auction_id) or abort(404)


# ---- the desk ------------------------------------------------------------------------------------------------------


@blueprint.get(f"{AUCTION}/desk/")
@roles("organiser", "helper")
def desk_page(auction_id: int) -> Any:
    """Who holds which paddle, and the form that gives the next one."""
    auction = found_auction(auction_id)
    search, asked = looked_for(request.args.get("q", "")), looked_for(request.args.get("person", ""))
    form = DeskForm(formdata=None)
    form.q.data, form.person.data = search, asked
    if search and not search.isdigit() and not desk.known(auction_id, search) and not desk.holders(auction_id, search):
        form.name.data = search  # whom nobody finds is mostly somebody new
    return _desk(auction, form)


@blueprint.post(f"{AUCTION}/desk/paddles")
@roles("organiser", "helper")
def give_paddle(auction_id: int) -> Any:
    """Give the next paddle; the same form twice gives one."""
    auction, form = found_auction(auction_id), DeskForm()
    chosen = _chosen(auction, form)
    if form.person.data and chosen is None:
        form.name.errors = [_("Look for them again: they have a paddle by now, or their name was not found.")]
        form.person.data = ""
        return _desk(auction, form, 422)
    if not form.validate():
        return _desk(auction, form, 422)
    person_id = chosen.id if chosen else 0
    try:
        with atomic():
            if person_id:
                given = desk.give_paddle(
                    auction_id, person_id, entered_by=current_user.id, no_card=form.no_card.data
                )  # fmt: skip
            else:
                given = desk.sign_in(
                    auction_id, name=form.name.data or "", email=form.email.data or "", operation=form.operation.data,
                    entered_by=current_user.id, namesake=form.namesake.data, locale=locale(), no_card=form.no_card.data,
                )  # fmt: skip
    except desk.Namesake as same:
        words = _("Paddle %(paddle)s is %(name)s already. Is this somebody else? Then tick the box.",
                  paddle=same.paddle, name=form.name.data)  # fmt: skip
        form.name.errors = [words]
        return _desk(auction, form, 422, namesake=True)
    if given.new:
        flash(_("Paddle %(paddle)s for %(name)s.", paddle=given.paddle, name=given.name), "joy")
    else:
        flash(_("%(name)s has paddle %(paddle)s already.", paddle=given.paddle, name=given.name), "info")
    return redirect(url_for("auction_room.desk_page", auction_id=auction_id), 303)


def _chosen(auction: Auction, form: DeskForm) -> Person | None:
    """The one whom the search found: nobody is looked up by their number alone."""
    asked = str(form.person.data or "")
    people = desk.known(auction.id, str(form.q.data or "")) if asked else []
    return next((person for person in people if str(person.id) == asked), None)


def _desk(
    auction: Auction, form: DeskForm, status: int = 200, *, absent: AbsenteeForm | None = None, namesake: bool = False
) -> Any:
    search = str(form.q.data or "")
    if absent is None:
        absent = AbsenteeForm(formdata=None)
        absent.lot.data = _number("lot")
    absent.maximum.currency = auction.currency
    holders, absentees = desk.holders(auction.id, search), absentee.entries(auction.id)
    owing = cards.without_card(auction, [*holders, *(entry.bidder for entry in absentees)])
    html = render_template(
        "auctions/manage/desk.html", auction=auction, form=form, search=search, namesake=namesake,
        chosen=_chosen(auction, form), known=desk.known(auction.id, search) if search else [],
        holders=holders, masked=desk.masked, absent=absent, absentees=absentees, owing=owing,
        before_opening=now() < auction.opens_at, counted=absentee.counted(auction.id),
    )  # fmt: skip
    return html, status


@blueprint.post(f"{AUCTION}/desk/maxima")
@roles("organiser", "helper")
def leave_maximum(auction_id: int) -> Any:
    """Keep an absentee maximum for the opening."""
    auction, form = found_auction(auction_id), AbsenteeForm()
    form.maximum.currency = auction.currency
    found = room.standing(auction, form.lot.data) if form.validate() and form.lot.data else None
    bidder_id = desk.bidder_id_of(auction_id, form.paddle.data) if found and form.paddle.data else None
    if not form.errors and found is None:
        form.lot.errors = [_("There is no lot of this number.")]
    elif not form.errors and bidder_id is None:
        form.paddle.errors = [_("Nobody has this paddle. Give them one first.")]
    if found is None or bidder_id is None:
        return _desk(auction, DeskForm(formdata=None), 422, absent=form)
    try:
        with atomic():
            absentee.enter(
                found.lot_id, bidder_id, form.maximum.data or 0, entered_by=current_user.id,
                confirmed=form.confirmed.data,
            )  # fmt: skip
    except absentee.EntryRefused as refused:
        if refused.reason is None:
            form.paddle.errors = [_("They have left no card yet. Note in the list of paddles if they need none.")]
        elif refused.reason is Reason.CLOSED:
            form.maximum.errors = [_("Bidding is open: enter it in the room, or let them bid on their phone.")]
        else:
            needed = amount(refused.minimum or 0, auction.currency)
            form.maximum.errors = [room.refused_words(refused.reason, form.paddle.data or 0, needed)]
        return _desk(auction, DeskForm(formdata=None), 422, absent=form)
    flash(_("Kept for paddle %(paddle)s on lot %(number)s.", paddle=form.paddle.data, number=found.number), "success")
    return redirect(url_for("auction_room.desk_page", auction_id=auction_id, _anchor="absentee"), 303)


@blueprint.post(f"{AUCTION}/desk/maxima/<int(max=2147483647):entry_id>/withdrawal")
@roles("organiser", "helper")
def take_back(auction_id: int, entry_id: int) -> Any:
    """Forget an absentee maximum, until bidding opens."""
    found_auction(auction_id)
    try:
        with atomic():
            gone = absentee.take_back(auction_id, entry_id, current_user.id)
    except LookupError:
        gone = True
    if gone:
        flash(_("Taken back."), "success")
    else:
        flash(_("Bidding is open: a bid cannot be taken back any more."), "warning")
    return redirect(url_for("auction_room.desk_page", auction_id=auction_id, _anchor="absentee"), 303)


@blueprint.post(AUCTION + '/desk/paddles/<int(max=2147483647):paddle>/<any("card-waiver", "card-request"):note>')
@roles("organiser", "helper")
def note_card(auction_id: int, paddle: int, note: str) -> Any:
    """Note that the holder of a paddle needs no card, or does after all; who noted it is kept."""
    found_auction(auction_id)
    with atomic():
        found = cards.waive(auction_id, paddle, current_user.id, taken_back=note == "card-request")
    if not found:
        abort(404)
    return redirect(url_for("auction_room.desk_page", auction_id=auction_id, _anchor="paddles"), 303)


# ---- bids called in the room ---------------------------------------------------------------------------------------


@blueprint.get(f"{AUCTION}/floor/")
@roles("organiser", "helper")
def floor(auction_id: int) -> Any:
    """Three fields on a helper's phone."""
    auction = found_auction(auction_id)
    return _floor(auction, filled(auction, _number("lot") or auction.called_number, _number("paddle")))


def filled(auction: Auction, number: int | None, paddle: int | None) -> FloorForm:
    """The form for the next bid on a lot: what it takes stands there already."""
    form = FloorForm.for_auction(auction, formdata=None)
    now_at = room.standing(auction, number) if number else None
    if now_at is not None:
        form.lot.data, form.amount.data = now_at.number, now_at.needed
    form.paddle.data = paddle
    return form


def _floor(
    auction: Auction, form: FloorForm, status: int = 200, *, ask_again: bool = False, ask_card: bool = False
) -> Any:
    now_at = room.standing(auction, form.lot.data) if form.lot.data and not form.lot.errors else None
    html = render_template(
        "auctions/manage/floor.html", auction=auction, form=form, now_at=now_at, ask_again=ask_again, ask_card=ask_card
    )  # fmt: skip
    return html, status


@blueprint.post(f"{AUCTION}/floor/bids")
@roles("organiser", "helper")
def floor_bid(auction_id: int) -> Any:
    """A bid called in the room. A script gets a definite answer in a few bytes; a form comes back to where it stood."""
    auction = found_auction(auction_id)
    form = FloorForm.for_auction(auction)
    good, person_id, found = form.validate(), None, None
    if good:
        found = room.standing(auction, form.lot.data or 0)
        person_id = room.person_of(auction_id, form.paddle.data or 0)
        if found is None:
            form.lot.errors, good = [_("There is no lot of this number.")], False
        elif person_id is None:
            form.paddle.errors, good = [_("Nobody has this paddle. Give them one at the desk.")], False
    if not good or found is None or person_id is None:
        return _floor_refused(auction, form)
    paddle = form.paddle.data or 0
    try:
        with atomic():
            outcome = room.floor_bid(
                found.lot_id, person_id, form.amount.data or 0, form.operation.data, entered_by=current_user.id,
                waited_s=form.waited_s, confirmed=form.confirmed.data, no_card=form.no_card.data,
            )  # fmt: skip
    except services.CardMissing:
        words = _(
            "Paddle %(paddle)s has left no card. If they need none, tick the box and enter it again.", paddle=paddle
        )
        form.paddle.errors = [words]
        return _floor_refused(auction, form, ask_card=True)
    except services.OperationReused:
        form.amount.errors = [_("This was sent before with another amount. Enter it anew.")]
        return _floor_refused(auction, form)
    auction = found_auction(auction_id)
    now_at = room.standing(auction, found.number) or found
    if outcome.reason is not None:
        needed = amount(outcome.minimum or 0, auction.currency)
        form.amount.errors = [room.refused_words(outcome.reason, paddle, needed)]
        return _floor_refused(auction, form, now_at, ask_again=outcome.reason is Reason.ABOVE_CAP)
    words = room.accepted_words(outcome, now_at, paddle, auction.currency)
    kind = "joy" if outcome.leads else "warning"
    if _by_script():
        return _told("accepted", words, kind, now_at, auction)
    flash(words, kind)
    if request.form.get("from") == "auctioneer":
        return redirect(url_for("auctioneer.page", auction_id=auction_id), 303)
    return redirect(url_for("auction_room.floor", auction_id=auction_id, lot=found.number, paddle=paddle), 303)


def _by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _floor_refused(
    auction: Auction, form: FloorForm, now_at: room.Standing | None = None, *, ask_again: bool = False,
    ask_card: bool = False,
) -> Any:  # fmt: skip
    if not _by_script():
        return _floor(auction, form, 422, ask_again=ask_again, ask_card=ask_card)
    words = " ".join(message for _id, message in form.errors_list())
    asks = "card" if ask_card else "confirm" if ask_again else "refused"
    return _told(asks, words, "refused", now_at, auction), 422


def _told(outcome: str, words: str, kind: str, now_at: room.Standing | None, auction: Auction) -> dict[str, Any]:
    needed = amount(now_at.needed, auction.currency) if now_at else ""
    typed = amount_input(now_at.needed, auction.currency) if now_at else ""
    return {"outcome": outcome, "words": words, "kind": kind, "needed_text": needed, "needed": typed}


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
