"""Public pages of auctions, bidding, and what open pages ask for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from app.accounts.models import Person
from app.accounts.services import rename
from app.accounts.views import ask_to_sign_in
from app.auctions import (
    answers,
    boards,
    cards,
    histories,
    lot_pages,
    needs,
    phases,
    proof,
    queries,
    services,
    settlement,
    standings,
    watching,
)
from app.auctions.forms import BidForm
from app.auctions.lane import NOTES, Notes, Visitor
from app.auctions.lot_pages import LotView
from app.auctions.models import Eligibility, Lot
from app.auctions.phases import Phase, Standing
from app.auctions.rules import Reason
from app.config import ROOT
from app.core.database import db
from app.core.money import milestone
from app.core.transactions import atomic, locked
from app.payments.card_views import way
from app.web.access import public, signed_in
from app.web.formats import amount, locale
from app.web.limits import limiter
from app.web.typed import forget_typed, keep_typed, typed_for
from app.web.worded import minute, worded

blueprint = Blueprint("auctions", __name__)


@blueprint.get("/auctions/")
@public
def index() -> str:
    """Every auction: running, coming, past."""
    return render_template("auctions/index.html", auctions=queries.visible_auctions())


@blueprint.get("/auctions/<slug>/")
@public
def page(slug: str) -> str:
    """The wall of an auction's lots."""
    found = queries.auction(slug) or abort(404)
    return render_template(
        "auctions/page.html",
        auction=found,
        lots=lot_pages.lot_views(found),
        standings=standings.standings(found),
        need=needs.need_of(found),
        accent=_accent(found),
    )


def _accent(found: Any) -> str:
    return found.campaign.accent if found.campaign else ""


@blueprint.get("/q/<code>")
@public
def short_link(code: str) -> Any:
    """Behind a label's QR code: the lot."""
    slug, number = queries.lot_by_code(code[:12]) or abort(404)
    return redirect(url_for("auctions.lot", slug=slug, number=number), 302)


@blueprint.get("/auctions/<slug>/lots/<int(max=2147483647):number>/")
@public
def lot(slug: str, number: int) -> Any:
    """One lot: the picture, its price, how one stands, and the form to bid."""
    view = _lot(slug, number)
    typed = typed_for(request.path)
    if typed:
        return _page(view, BidForm(typed), confirming=True)
    return worded(lambda: _page(view, BidForm(formdata=None))[0], *view.facts)


@blueprint.post("/auctions/<slug>/lots/<int(max=2147483647):number>/bids")
@public
def bid(slug: str, number: int) -> Any:
    """Bid. Somebody without a session proves their address first and comes back to the amount they typed.

    A script that asks for JSON gets a definite answer in a few bytes, or `page`: then the form itself must be sent.
    """
    lot_id, currency = queries.lot_to_bid_on(slug, number) or abort(404)
    form = BidForm()
    form.amount.currency = currency
    good = form.validate()
    if _by_script() and not (good and current_user.is_authenticated):
        return {"outcome": "page"}, 409
    if not good:
        return _page(_lot(slug, number), form, 422)
    if not current_user.is_authenticated:
        return ask_to_sign_in(url_for("auctions.lot", slug=slug, number=number))
    notes = request.environ.get(NOTES) or Notes()
    try:
        outcome = notes.outcome or _place(lot_id, form)
    except (services.TermsNotAccepted, services.WrongCode) as missing:
        if _by_script():
            return {"outcome": "page"}, 409
        if isinstance(missing, services.WrongCode) and form.code.data:
            with limiter.limit("120 per hour"):  # a hall shares one address; guessing takes longer
                form.code.errors = [_("This is not the code of this auction. It stands on your invitation.")]
        return _introduce(_lot(slug, number), form, not current_user.name)
    except services.CardMissing:
        return ({"outcome": "page"}, 409) if _by_script() else _ask_for_card(slug, number)
    except services.OperationReused:
        flash(
            _("This form was sent before with another amount. Look at how you stand, and bid again if you like."),
            "warning",
        )
        return redirect(url_for("auctions.lot", slug=slug, number=number), 303)
    if outcome.reason is None:
        notes.visitor = Visitor(current_user.fs_uniquifier, locale())
    if _by_script():
        return answers.for_script(currency, form.amount.data or 0, outcome)
    if outcome.reason is None:
        return redirect(url_for("auctions.lot", slug=slug, number=number, bid=outcome.seq), 303)
    form.amount.errors = [answers.refused(currency, outcome)]
    return _page(_lot(slug, number), form, 422, ask_again=outcome.reason is Reason.ABOVE_CAP)


def _ask_for_card(slug: str, number: int) -> Any:
    """To the page where a card is left, and back to exactly what was typed."""
    here = url_for("auctions.lot", slug=slug, number=number)
    keep_typed(here)
    return redirect(way(here) or here, 303)


def _place(lot_id: int, form: BidForm) -> services.BidOutcome:
    # Read before `atomic`, which would have to load them again.
    person_id, nameless, language = current_user.id, not current_user.name, current_user.locale
    with atomic():
        outcome = services.place_bid(
            lot_id, person_id, form.amount.data or 0, form.operation.data,
            terms_accepted=form.terms.data and bool(form.name.data or not nameless), confirmed=form.confirmed.data,
            code=form.code.data or "",
        )  # fmt: skip
        if outcome.reason is None:
            forget_typed()
            if nameless and form.name.data:
                rename(locked(Person, person_id), form.name.data, language)
    return outcome


def _by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _introduce(view: LotView, form: BidForm, nameless: bool) -> Any:
    """A first-time bidder tells their name and accepts the terms; what is missing is said beside its field. Who has a paddle
    already comes here when the terms say more of their card than those that they accepted."""
    if not form.terms.data:
        form.terms.errors = [_("Accept the terms to bid.")]
    if queries.bidder_of(view.auction.id, current_user.id) is not None:
        return _page(view, form, 422, confirming=True)
    if view.auction.eligibility is Eligibility.CODE and not form.code.data:
        form.code.errors = [_("Write the code that stands on your invitation.")]
    if nameless and not form.name.data:
        form.name.errors = [_("Write your name as it should stand on the receipt.")]
    return _page(view, form, 422, confirming=True)


def _page(
    view: LotView, form: BidForm, status: int = 200, *, confirming: bool = False, ask_again: bool = False
) -> tuple[str, int]:
    form.amount.currency = view.auction.currency
    mine = standings.mine(view)
    needed = mine.needed or view.needed
    if form.amount.data is None and not getattr(form.amount, "typed", None):
        form.amount.data = needed
    known = current_user.is_authenticated and mine.paddle is not None
    card = cards.asked(view.auction, current_user.id if current_user.is_authenticated else None)
    agree = card is not None and card.agree
    history, why = _history(view.lot.code, view.lot.last_seq, locale(), view.auction.timezone, view.lot.id, minute())
    html = render_template(
        "auctions/lot.html",
        view=view,
        lot=view.lot,
        auction=view.auction,
        named=lot_pages.named,
        form=form,
        mine=mine,
        needed=needed,
        words=view.waits or phases.words(mine.standing, view.phase, amount(needed, view.auction.currency)),
        history=history,
        why=why,
        watched=watching.watches(view.lot.id),
        confirming=confirming,
        ask_again=ask_again,
        receipt=_receipt(view, mine),
        introduce=current_user.is_authenticated and (not known or agree),
        card=card,
        # What was typed stays through a pause; for other phases the words alone say what became of it.
        biddable=view.phase is Phase.OPEN or (view.phase is Phase.PAUSED and bool(form.errors)),
        leading=mine.standing is Standing.LEADING,
        accent=_accent(view.auction),
    )
    return html, status


def _receipt(view: LotView, mine: standings.Mine) -> tuple[proof.Receipt, tuple[str, str]] | None:
    """After a bid the address names it: the receipt, and how the bid stands now."""
    seq = _index(request.args.get("bid", ""))
    found = proof.receipts(view.auction, view.lot.number, seq) if seq and mine.paddle is not None else []
    if not found:
        return None
    leads = mine.standing in (Standing.LEADING, Standing.WON)
    price = view.price if leads else found[0].price
    told = replace(found[0], price=price).words(view.auction.currency, leads=leads, needed=mine.needed or view.needed)
    return found[0], told


@lru_cache(maxsize=1024)
def _history(code: str, last_seq: int, language: str, zone: str, lot_id: int, at: int) -> tuple[Markup, str]:
    """The lines of a lot's history, and why the price is what it is. The log only grows, so its length says whether they
    are still the newest; but for a minute at most, because an erasure may take a name out of a reason."""
    steps = histories.history(lot_id)
    auction = db.session.get_one(Lot, lot_id).auction
    why = proof.why(steps[0].line, auction.currency) if steps else ""
    return Markup(render_template("auctions/_history.html", history=steps, auction=auction, why=proof.why)), why  # noqa: S704 - a template


def _lot(slug: str, number: int) -> LotView:
    return lot_pages.lot_view(slug, number) or abort(404)


@blueprint.post("/auctions/<slug>/lots/<int(max=2147483647):number>/invoice")
@signed_in
def invoice(slug: str, number: int) -> Any:
    """A winner who would rather pay now than wait for the last lot."""
    view = _lot(slug, number)
    mine = standings.mine(view)
    token = mine.invoice_token
    if token is None:
        bidder_id = mine.award.bidder_id if mine.award else abort(404)
        with atomic():
            token = settlement.invoice_bidder(bidder_id)
    return redirect(url_for("payments.invoice", token=token) if token else url_for("accounts.account"), 303)


@blueprint.get("/auctions/<slug>/live.json")
@public
def live(slug: str) -> Any:
    """The state of every lot, for open pages that keep themselves fresh; 304 while nothing but the clock moved."""
    found = queries.auction(slug) or abort(404)
    state = standings.live(found)
    response = Response(json.dumps(state), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    unmoved = json.dumps([state["lots"], state["mine"], state["need"]])
    response.set_etag(hashlib.sha256(unmoved.encode()).hexdigest()[:20], weak=True)
    return response.make_conditional(request)


@blueprint.get("/auctions/<slug>/live")
@public
def stream(slug: str) -> tuple[str, int]:
    """The stream of changes, see live.py. A server without an event loop comes here: 204 tells the page to ask instead."""
    return "", 204


@blueprint.get("/auctions/<slug>/proceeds/")
@public
def proceeds(slug: str) -> str:
    """The public statement: what was sold, what came in, what reaches the beneficiary."""
    found = queries.auction(slug) or abort(404)
    return render_template(
        "auctions/proceeds.html",
        auction=found,
        statement=queries.proceeds_of(found),
        lots=[view for view in lot_pages.lot_views(found) if view.sold],
        accent=_accent(found),
    )


@blueprint.get("/auctions/<slug>/bids.jsonl")
@public
def bid_log(slug: str) -> Response:
    """The public, pseudonymous log, every line sealed with the hash of the one before. See docs/verify.md."""
    found = queries.auction(slug) or abort(404)
    return Response("".join(line + "\n" for line in proof.public_log(found)), mimetype="application/jsonl")


@blueprint.get("/auctions/<slug>/verification/")
@public
def verification(slug: str) -> str:
    """How anybody checks the log, with a check in the browser; a bidder finds the receipts of their own bids here."""
    found = queries.auction(slug) or abort(404)
    return render_template(
        "auctions/verification.html", auction=found, receipts=proof.receipts(found), accent=_accent(found)
    )


@blueprint.get("/verify.py")
@public
def verify_script() -> Response:
    """The script of the documentation that checks a log without a browser."""
    return Response((ROOT / "docs" / "verify.py").read_text(encoding="utf-8"), mimetype="text/x-python")


@blueprint.get("/auctions/<slug>/screen/")
@public
def screen(slug: str) -> str:
    """For the projector in the hall: one lot after another, the prices, the total. `?lot=` counts, `?number=` names."""
    found = queries.auction(slug) or abort(404)
    views = lot_pages.lot_views(found)
    index = _index(request.args.get("lot", "")) % max(1, len(views))
    named = _index(request.args.get("number", ""))
    index = next((place for place, view in enumerate(views) if view.lot.number == named), index)
    called = next((place for place, view in enumerate(views) if view.lot.number == found.called_number), None)
    index = called if called is not None else index  # whatever is asked: the hall sees the lot that is called
    view = views[index] if views else None
    promised = boards.promised_in(found.id)
    return render_template(
        "auctions/screen.html",
        auction=found,
        lots=views,
        promised=promised,
        goal=milestone(promised, found.currency),
        index=index,
        called=called is not None,
        view=view,
        need=needs.need_of(found),
        paddle=view.paddle if view else None,
    )


def _index(asked: str) -> int:
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
