"""The composition root: which blueprints, payables, jobs, mails and commands exist. The only file that knows all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_babel import Babel, get_locale
from flask_mailman import Mail
from flask_migrate import Migrate
from flask_security.core import Security
from flask_security.datastore import SQLAlchemyUserDatastore
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from app import cli
from app.accounts import sso_views
from app.accounts import views as accounts
from app.accounts.models import Person, Role
from app.accounts.services import sweep_codes
from app.auctions import (
    absentee,
    after_views,
    auctioneer_views,
    cards,
    control_views,
    notices,
    offers,
    pledge_views,
    pledges,
    push,
    push_views,
    room_views,
    settlement,
    watching,
    watching_views,
)
from app.auctions import jobs as auction_jobs
from app.auctions import manage_views as manage_auctions
from app.auctions import views as auctions
from app.auctions.extras import bid_link
from app.auctions.extras import titles as auction_titles
from app.auctions.standings import account_section as bids_section
from app.cli import unused
from app.config import LANGUAGES, ROOT, Config
from app.core import jobs, logs, mail
from app.core.clock import now
from app.core.database import db, prepare_engine
from app.core.registry import Inbound, Registry
from app.core.transactions import atomic
from app.events import (
    after_manage_views,
    calendars,
    door_keeping,
    door_views,
    feed_views,
    feedback,
    forgetting,
    holds,
    imports,
    invitation_notices,
    invitation_views,
    inviting_views,
    list_views,
    message_views,
    messages,
    outcome_manage_views,
    outcome_notices,
    outcome_views,
    own_views,
    paper_views,
    planning_views,
    programme_views,
    question_views,
    queue_views,
    reminders,
    replies,
    seat_views,
    series_views,
    ticket_views,
)
from app.events import after_views as after_event
from app.events import manage_views as manage_events
from app.events import offers as seat_offers
from app.events import views as events
from app.events.queries import account_section as registrations_section
from app.galleries import jobs as gallery_jobs
from app.galleries import manage_views as manage_galleries
from app.galleries import services as gallery_services
from app.galleries import views as galleries
from app.partners import views as partners
from app.payments import card_checkout, card_views, extras
from app.payments import cards as kept_cards
from app.payments import jobs as payment_jobs
from app.payments import manage_views as manage_payments
from app.payments import views as payments
from app.payments.card_queries import account_section as card_section
from app.payments.queries import account_section as invoices_section
from app.site import dev_views
from app.site import views as site
from app.web import access, assets, compression, errors, formats, guards, headers, languages, typed
from app.web.limits import limiter

BLUEPRINTS = (
    site.blueprint,
    dev_views.blueprint,
    languages.blueprint,
    accounts.blueprint,
    sso_views.blueprint,
    partners.blueprint,
    events.blueprint,
    own_views.blueprint,
    manage_events.blueprint,
    seat_views.blueprint,
    queue_views.blueprint,
    question_views.blueprint,
    planning_views.blueprint,
    programme_views.blueprint,
    series_views.blueprint,
    outcome_views.blueprint,
    outcome_manage_views.blueprint,
    after_event.blueprint,
    after_manage_views.blueprint,
    invitation_views.blueprint,
    inviting_views.blueprint,
    list_views.blueprint,
    message_views.blueprint,
    ticket_views.blueprint,
    door_views.blueprint,
    paper_views.blueprint,
    feed_views.blueprint,
    galleries.blueprint,
    manage_galleries.blueprint,
    auctions.blueprint,
    watching_views.blueprint,
    push_views.blueprint,
    manage_auctions.blueprint,
    control_views.blueprint,
    after_views.blueprint,
    pledge_views.blueprint,
    room_views.blueprint,
    auctioneer_views.blueprint,
    payments.blueprint,
    card_views.blueprint,
    manage_payments.blueprint,
)
csrf = CSRFProtect()
babel = Babel()
migrate = Migrate()


def wire(app: Flask, config: Config) -> None:
    """Put the application together."""
    logs.configure(config["LOG_LEVEL"])
    _configure(app, config)
    _data(app, config)
    _web(app, config)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    csrf.exempt(payments.stripe_webhook)
    app.extensions["kermesse"] = _registry()
    app.extensions["kermesse_account_sections"].extend(
        [
            bids_section,
            registrations_section,
            feed_views.account_section,
            invoices_section,
            card_section,
            push_views.account_section,
        ]
    )
    app.extensions["kermesse_artwork_extras"] = [bid_link]
    cli.install(app)
    access.public(app.view_functions["static"])
    access.require_marks(app)


def _registry() -> Registry:
    registry = Registry()
    registry.jobs = {
        gallery_services.DERIVE: gallery_jobs.derive,
        settlement.CLOSE: auction_jobs.close_lot,
        settlement.INVOICE: auction_jobs.invoice,
        push.SEND: push.send,
        offers.EXPIRE: offers.expire_offer,
        absentee.COUNT: auction_jobs.count_absentee,
        imports.TELL: imports.tell_imported,
        reminders.REMIND: reminders.remind,
        kept_cards.LOOK_UP: card_checkout.look_up_job,
        kept_cards.FORGET: card_checkout.forget_job,
    }
    registry.letters = {
        notices.OUTBID: notices.outbid_letter,
        notices.THANKS: notices.thanks_letter,
        watching.CLOSING: watching.closing_letter,
        invitation_notices.INVITATION: invitation_notices.letter,
        messages.LETTER: messages.letter,
        reminders.LETTER: reminders.letter,
        invitation_notices.OFF: invitation_notices.letter_off,
        invitation_notices.CHANGED: invitation_notices.letter_changed,
    }
    registry.payables = {
        settlement.PAYABLE: settlement.LotPayable(),
        settlement.PLEDGE: pledges.PledgePayable(),
        extras.DONATION: extras.Given(),
        extras.FEE_COVER: extras.Given(),
    }
    registry.card_terms = {settlement.PAYABLE: cards.lot_terms, settlement.PLEDGE: cards.pledge_terms}
    registry.card_claims = [cards.claims]
    registry.purposes = {settlement.PURPOSE: auction_titles}
    registry.inbound = {calendars.REPLY: Inbound(replies.read, replies.act)}
    registry.followers = dict.fromkeys(push.WORDS, push.follow)
    registry.sweeps = {
        "lots": auction_jobs.overdue,
        "watchers": watching.remind,
        "browsers": push.forget_old,
        "offers": offers.overdue,
        "reminders": reminders.sweep,
        "absentee": auction_jobs.uncounted,
        "seats offered": seat_offers.overdue,
        "seats held": holds.overdue,
        "thanks": feedback.thank,
        "outcomes": outcome_notices.remind,
        "doors": door_keeping.sweep,
        "events long over": forgetting.sweep,
        "payments": payment_jobs.sweep,
        "jobs": jobs.sweep,
        "mails": mail.sweep,
        "typed": typed.sweep,
        "codes": _sweep_codes,
        "lists": imports.sweep,
        "accounts unused": unused.sweep,
    }
    return registry


def _sweep_codes() -> None:
    with atomic():
        sweep_codes()


def _configure(app: Flask, config: Config) -> None:
    app.config.update(
        KERMESSE=config,
        SECRET_KEY=config["SECRET_KEY"],
        TRUSTED_HOSTS=config.trusted_hosts,
        MAX_CONTENT_LENGTH=config["MAX_UPLOAD_MB"] * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        MAX_FORM_PARTS=500,
        SESSION_COOKIE_SECURE=config.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "hide_parameters": True
        },  # a fault's text goes to logs, and holds no maximum or name
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="en",
        SECURITY_PASSWORD_SALT=config["SECRET_KEY"],
        SECURITY_REGISTER_BLUEPRINT=False,
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_HASHING_SCHEMES=["hex_sha512"],
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
        MAIL_BACKEND="locmem",
        RATELIMIT_ENABLED=True,
    )


def _data(app: Flask, config: Config) -> None:
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # names and addresses: for its owner alone
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    Mail().init_app(app)


def _web(app: Flask, config: Config) -> None:
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.globals["asset"] = assets.asset  # also for macros, which see no context
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    babel.init_app(app, locale_selector=languages.select_locale, default_translation_directories="translations")
    Security().init_app(app, SQLAlchemyUserDatastore(db, Person, Role), register_blueprint=False)
    csrf.init_app(app)
    limiter.init_app(app)
    app.extensions["kermesse_sign_in"] = accounts.ask_to_sign_in
    app.extensions["kermesse_account_sections"] = []
    languages.install(app)
    headers.install(app)
    compression.install(app)
    formats.install(app)
    guards.install(app)
    errors.install(app)
    app.before_request(access.enforce)
    app.context_processor(lambda: _context(config))
    if config["TRUSTED_PROXIES"]:
        hops = config["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    assets.drop_stale_twins()
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=str(ROOT / "static"), prefix="static/", max_age=31536000, autorefresh=not config.production
    )


def _context(config: Config) -> dict[str, Any]:
    """What every template may use. Mails are also rendered by the worker, where there is no visitor."""
    return {
        "csp_nonce": headers.csp_nonce,
        "languages": list(LANGUAGES.items()),
        "language_url": languages.language_url,
        "current_locale": str(get_locale() or "en"),
        "can_manage": access.can_manage,
        "has_role": access.has_role,
        "organisation": config["ORGANISATION"],
        "house_zone": config["TIMEZONE"],
        "base_url": config.base_url,
        "development": not config.production,
        "now": now(),
        "test_checkout": config.test_checkout,
    }
