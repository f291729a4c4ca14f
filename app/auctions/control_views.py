"""The control page of an auction, and the page where somebody answers an offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.auctions import control, control_queries, lot_pages, offers, voids
from app.auctions.control_forms import (
    AskVoidForm,
    ExtendForm,
    NoticeForm,
    PauseForm,
    ReopenForm,
    ResumeForm,
    StaggerForm,
)
from app.auctions.models import Auction, AwardStatus, Lot
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.payments import checkout
from app.payments.queries import invoice_of
from app.web.access import roles, signed_in
from app.web.forms import Form, choices

blueprint = Blueprint("auction_control", __name__)
CONTROL = "/manage/auctions/<int(max=2147483647):auction_id>/control"
OFFER = "/auctions/<slug>/lots/<int(max=2147483647):number>/offer"
FORMS: dict[str, type[Form]] = {
    "stagger": StaggerForm, "extend": ExtendForm, "pause": PauseForm, "resume": ResumeForm, "say": NoticeForm,
    "ask": AskVoidForm, "reopen": ReopenForm,
}  # fmt: skip


@blueprint.get(f"{CONTROL}/")
@roles("organiser")
def page(auction_id: int) -> Any:
    """What waits for a decision, and what may be done with the whole auction."""
    return _page(_auction(auction_id))


def _page(auction: Auction, name: str = "", sent: Form | None = None) -> Any:
    """The page, with the form that was sent and could not be taken."""
    facts = _facts(auction)
    forms = {key: sent if key == name and sent else _form(key, auction, facts, fresh=True) for key in FORMS}
    html = render_template("auctions/manage/control.html", auction=auction, forms=forms, me=current_user.id, **facts)
    return html, 422 if sent is not None and sent.errors else 200


def _facts(auction: Auction) -> dict[str, Any]:
    return {
        "requests": control_queries.requests(auction.id),
        "offered": control_queries.offered(auction.id),
        "running": control_queries.running(auction.id, now()),
        "unpaid": control_queries.unpaid(auction.id),
        "closed": control_queries.closed_with_bids(auction.id),
        "unsold": control_queries.unsold(auction.id),
    }


def _form(name: str, auction: Auction, facts: dict[str, Any] | None = None, *, fresh: bool = False) -> Any:
    form: Any = FORMS[name](formdata=None) if fresh else FORMS[name]()
    found = facts or _facts(auction)
    if name == "extend":
        form.extend_lots.choices = _lots(found["running"])
    elif name == "ask":
        form.void_lot.choices = _lots(found["closed"])
    elif name == "reopen":
        form.reopen_lots.choices, form.until.zone = _lots(found["unsold"]), auction.timezone
    elif name == "say" and fresh:
        form.notice.data = auction.notice
    return form


def _lots(found: Sequence[Lot]) -> Any:
    return choices((lot.id, _("Lot %(number)s: %(title)s", number=lot.number, title=lot.title)) for lot in found)


def _done(auction_id: int, words: str, kind: str = "success") -> Any:
    flash(words, kind)
    return redirect(url_for("auction_control.page", auction_id=auction_id), 303)


def _act(auction_id: int, name: str, field: str, act: Callable[[Any], Any], words: Callable[[Any], str]) -> Any:
    """Read a form, do what it asks in one transaction, and tell what came of it; a refusal stands beside `field`."""
    auction = _auction(auction_id)
    form = _form(name, auction)
    if form.validate():
        try:
            with atomic():
                result = act(form)
        except (control.ControlRefused, voids.AskRefused) as refusal:
            form[field].errors = [_why(refusal.reason)]
        else:
            return _done(auction_id, words(result))
    return _page(_auction(auction_id), name, form)


@blueprint.post(f"{CONTROL}/stagger")
@roles("organiser")
def stagger(auction_id: int) -> Any:
    """Close lots in groups, one after another."""
    actor = current_user.id

    def said(stayed: list[Lot]) -> str:
        numbers = ", ".join(str(lot.number) for lot in stayed)
        if stayed:
            return _("The lots close in groups. Bids stand on these, so they keep their time: %(lots)s.", lots=numbers)
        return _("The lots close in groups.")

    return _act(
        auction_id,
        "stagger",
        "group",
        lambda form: control.stagger(auction_id, form.group.data, form.step_s.data, actor),
        said,
    )


@blueprint.post(f"{CONTROL}/extension")
@roles("organiser")
def extend(auction_id: int) -> Any:
    """Give open lots more time."""
    actor = current_user.id
    return _act(
        auction_id,
        "extend",
        "minutes",
        lambda form: control.extend(
            auction_id, form.minutes.data, form.extend_notice.data, form.operation.data, actor, form.extend_lots.data
        ),
        lambda given: ngettext("%(num)s lot closes later.", "%(num)s lots close later.", len(given)),
    )


@blueprint.post(f"{CONTROL}/pause")
@roles("organiser")
def pause(auction_id: int) -> Any:
    """Stop the bidding on all lots."""
    actor = current_user.id
    return _act(
        auction_id,
        "pause",
        "pause_notice",
        lambda form: control.pause(auction_id, form.pause_notice.data, actor),
        lambda _stopped: _("Bidding pauses, and no lot closes meanwhile."),
    )


@blueprint.post(f"{CONTROL}/resumption")
@roles("organiser")
def resume(auction_id: int) -> Any:
    """Let the bidding go on."""
    actor = current_user.id
    return _act(
        auction_id,
        "resume",
        "resume_notice",
        lambda form: control.resume(auction_id, form.resume_notice.data, actor),
        lambda _length: _("Bidding goes on, and every lot got the time of the pause back."),
    )


@blueprint.post(f"{CONTROL}/notice")
@roles("organiser")
def say(auction_id: int) -> Any:
    """Put up a public notice, or take it down."""
    actor = current_user.id
    return _act(
        auction_id,
        "say",
        "notice",
        lambda form: control.say(auction_id, form.notice.data, actor),
        lambda _nothing: _("Kept."),
    )


@blueprint.post(f"{CONTROL}/reopening")
@roles("organiser")
def reopen(auction_id: int) -> Any:
    """Open unsold lots again."""
    actor, gone = current_user.id, _("The bidder did not take the lot.")
    return _act(
        auction_id,
        "reopen",
        "until",
        lambda form: control.reopen(auction_id, form.reopen_lots.data, form.until.data, gone, actor),
        lambda opened: ngettext("%(num)s lot is open again.", "%(num)s lots are open again.", len(opened)),
    )


@blueprint.post(f"{CONTROL}/void-requests")
@roles("organiser")
def ask(auction_id: int) -> Any:
    """Ask to void a bid of a closed lot."""
    actor = current_user.id
    return _act(
        auction_id,
        "ask",
        "seq",
        lambda form: voids.ask(form.void_lot.data, form.seq.data, form.reason.data, actor),
        lambda _request: _("Asked. Another organiser has to approve it."),
    )


@blueprint.post("/manage/void-requests/<int(max=2147483647):request_id>/<any(approval,refusal):verdict>")
@roles("organiser")
def decide(request_id: int, verdict: str) -> Any:
    """Approve a request to void, or decline it."""
    request, lot = control_queries.request(request_id) or abort(404)
    auction_id, actor, approved = lot.auction_id, current_user.id, verdict == "approval"
    if approved and request.decided_at is None and request.asked_by != actor:  # else it is refused, and nobody's matter
        _end_checkouts(lot.id)
    try:
        with atomic():
            made = voids.decide(request_id, actor, approved=approved)
    except voids.AskRefused as refusal:
        return _done(auction_id, _why(refusal.reason), "warning")
    if not approved:
        return _done(auction_id, _("The bid stands."))
    if made is not None:
        return _done(auction_id, _("The bid is voided. Who leads now is offered the lot for 48 hours."))
    return _done(auction_id, _("The bid is voided, and everybody concerned is told."))


@blueprint.post("/manage/awards/<int(max=2147483647):award_id>/default")
@roles("organiser")
def forfeit(award_id: int) -> Any:
    """The winner does not pay: offer the lot to the next one."""
    lot = control_queries.lot_of_award(award_id) or abort(404)
    auction_id, actor = lot.auction_id, current_user.id
    _end_checkouts(lot.id)
    try:
        with atomic():
            made = offers.forfeit(award_id, actor)
    except offers.OfferRefused as refusal:
        return _done(auction_id, _why(refusal.reason), "warning")
    if made is None:
        return _done(auction_id, _("Taken back. Nobody else bid enough: you can open the lot again."))
    return _done(auction_id, _("Taken back. The next one is offered the lot for 48 hours."))


def _end_checkouts(lot_id: int) -> None:
    """No card payment may come in for what is about to be taken back. Asks the provider, so outside a transaction."""
    for award in control_queries.awards_of_lot(lot_id):
        invoice = invoice_of("lot", award.id) if award.status is AwardStatus.ACTIVE else None
        if invoice is not None:
            checkout.end_open(invoice.id)


@blueprint.get(f"{OFFER}/")
@signed_in
def offer(slug: str, number: int) -> Any:
    """An offer, for whom it is made: the picture, the price, until when."""
    award = control_queries.offer_for(slug, number, current_user.id) or abort(404)
    view = lot_pages.lot_view(slug, number) or abort(404)
    invoice = invoice_of("lot", award.id)
    stands = award.status is AwardStatus.OFFERED and award.expires_at is not None and award.expires_at > now()
    return render_template("auctions/offer.html", award=award, view=view, stands=stands, invoice=invoice)


@blueprint.post(f"{OFFER}/<any(acceptance,refusal):answer>")
@signed_in
def answer_offer(slug: str, number: int, answer: str) -> Any:
    """Take the lot at the price offered, or let it go."""
    award = control_queries.offer_for(slug, number, current_user.id) or abort(404)
    award_id, person_id, token = award.id, current_user.id, None
    try:
        with atomic():
            if answer == "acceptance":
                token = offers.accept(award_id, person_id)
            else:
                offers.decline(award_id, person_id)
    except offers.OfferRefused:
        flash(_("This offer is answered already, or its time is over."), "warning")
    if token is not None:
        flash(_("It is yours. Thank you!"), "joy")
        return redirect(url_for("payments.invoice", token=token), 303)
    return redirect(url_for("auction_control.offer", slug=slug, number=number), 303)


def _why(reason: str) -> str:
    """Why something was not done, and what to do now."""
    said = {
        "over": _("The auction is over. Give it a later closing time first."),
        "paused": _("The whole auction is paused. Let the bidding go on first."),
        "not_paused": _("The auction is not paused."),
        "not_open": _("Bidding has not opened yet."),
        "nothing_open": _("No lot is open now."),
        "not_later": _("Choose a time that is still to come."),
        "not_unsold": _("One of these lots is sold, or offered to somebody, meanwhile. Look at the list again."),
        "repeated": _(
            "This form was sent before with other minutes. Look at the closing times, and give more if you like."
        ),
        "not_closed": _("This lot is not closed. Void the bid on the lot’s own page."),
        "no_such_bid": _("No bid stands under this number."),
        "asked": _("A request for this lot waits already. Decide it first."),
        "own": _("You asked for this yourself. Another organiser has to approve it."),
        "decided": _("Somebody has decided this meanwhile."),
        "paid": _("The lot is paid: its bids cannot be voided any more."),
        "handed_over": _("The picture has left with its buyer. Settle it with them."),
        "pending": _("A card payment is open and cannot be ended just now. Try again in a minute."),
        "gone": _("Somebody has changed this meanwhile. Look at the list again."),
    }
    return said[reason]


def _auction(auction_id: int) -> Auction:
    return db.session.get(Auction, auction_id) or abort(404)
