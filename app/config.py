"""Every setting: its name, default, parser and help. Read once at start; a bad value stops the start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"en": "English", "fr": "Français", "es": "Español"}
SHORTEST_SECRET = 32
OIDC_NEEDED = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
GOOGLE = "https://accounts.google.com"
WEAK_SECRETS = ("secret", "change", "default", "example", "kermesse", "password", "development")


class ConfigError(Exception):
    """A setting that cannot be used; the message names it and says what it should be."""


@dataclass(frozen=True)
class Setting:
    """One environment variable. `parse` takes its text and returns the value or raises ValueError with a reason."""

    name: str
    default: str
    parse: Callable[[str], Any]
    help: str
    secret: bool = False


def text(value: str) -> str:
    return value.strip()


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.strip().isascii() or not value.strip().isdigit():
            raise ValueError(f"should be a whole number from {low} to {high}")
        number = int(value)
        if not low <= number <= high:
            raise ValueError(f"should be a whole number from {low} to {high}")
        return number

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"should be one of: {', '.join(choices)}")
        return value

    return parse


def url(*schemes: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        value = value.strip().rstrip("/")
        if value and (urlsplit(value).scheme not in schemes or not urlsplit(value).hostname):
            raise ValueError(f"should be an address that starts with {' or '.join(s + '://' for s in schemes)}")
        return value

    return parse


def issuer(value: str) -> str:
    """Kept to the letter: what the provider writes into its tokens is compared with it."""
    value = value.strip()
    parts = urlsplit(value)
    good = (
        parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment or parts.username)
    )
    if value and not good:
        raise ValueError("should be the address of the provider as its discovery document writes it, https://…")
    return value


def database(value: str) -> str:
    value = value.strip()
    if value.startswith("postgres://"):
        value = "postgresql://" + value.removeprefix("postgres://")
    if value.startswith("postgresql://"):
        value = "postgresql+psycopg://" + value.removeprefix("postgresql://")
    if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("should start with sqlite:/// or postgresql://")
    return value


def zone(value: str) -> str:
    if value.strip() not in available_timezones():
        raise ValueError("should be a time zone such as Europe/Zurich")
    return value.strip()


def words(value: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in value.split(",") if word.strip())


def mailbox(value: str) -> str:
    value = value.strip().lower()
    local, _at, domain = value.partition("@")
    good = value.isascii() and local and domain and "@" not in domain and not set(value) & set("+<>,; \t\r\n")
    if value and (not good or len(local) > 30):  # with what is added the part before @ stays below its 64 characters
        raise ValueError("should be one plain address without +, such as events@example.org")
    return value


SETTINGS = (
    Setting("KERMESSE_ENV", "development", one_of("development", "production"), "How strict to be."),
    Setting("PORT", "8000", whole(1, 65535), "Port that the web process listens on."),
    Setting("HOST", "127.0.0.1", text, "Address that the web process listens on."),
    Setting("BASE_URL", "", url("http", "https"), "Public address; links in mails begin with it."),
    Setting("ALLOWED_HOSTS", "", words, "Host names answered, comma separated. Empty: the one of BASE_URL."),
    Setting("DATA_DIR", "instance", text, "Folder for the database, media and backups."),
    Setting("DATABASE_URL", "", database, "Database. Empty: SQLite in DATA_DIR.", secret=True),
    Setting(
        "SECRET_KEY", "", text, "Signs sessions. Empty: generated and kept in DATA_DIR (development).", secret=True
    ),
    Setting("ORGANISATION", "Kermesse", text, "Name of the organisation, shown in pages and mails."),
    Setting(
        "TIMEZONE", "Europe/Zurich", zone, "Time zone of payments and books, and the first one offered for what is new."
    ),
    Setting("STAFF_DOMAINS", "", words, "E-mail domains whose verified addresses are staff, comma separated."),
    Setting("OIDC_ISSUER", "", issuer, "OpenID Connect provider of the organisation, as it names itself. Empty: none."),
    Setting("OIDC_CLIENT_ID", "", text, "Our name at that provider."),
    Setting("OIDC_CLIENT_SECRET", "", text, "Our secret at that provider.", secret=True),
    Setting("OIDC_NAME", "", text, "What the button of that sign-in says, such as UNOG. Empty: ORGANISATION."),
    Setting(
        "OIDC_DOMAINS",
        "",
        words,
        "E-mail domains whose addresses that provider may vouch for; * lets others in as well. Empty: STAFF_DOMAINS.",
    ),
    Setting(
        "OIDC_ASSIGNS_ADDRESSES",
        "no",
        one_of("no", "yes"),
        "yes: the provider says of no address that it is verified, but the organisation itself assigns all of them.",
    ),
    Setting("STRIPE_SECRET_KEY", "", text, "Stripe's secret key. Empty: the built-in test checkout.", secret=True),
    Setting("STRIPE_WEBHOOK_SECRET", "", text, "Stripe's signing secret for the webhook.", secret=True),
    Setting("STRIPE_API_BASE", "", url("http", "https"), "Another host in the place of Stripe's, for tests."),
    Setting(
        "CARD_FEE_BASIS_POINTS",
        "290",
        whole(0, 2000),
        "The card's fee, in hundredths of a percent, for buyers who cover it.",
    ),
    Setting("CARD_FEE_FIXED", "30", whole(0, 1000), "The fixed part of the card's fee, in minor units."),
    Setting("SMTP_URL", "", url("smtp", "smtps"), "Mail server, smtp://user:password@host:port.", secret=True),
    Setting("MAIL_FROM", "kermesse@localhost", text, "Sender of every mail."),
    Setting(
        "MAIL_IN",
        "",
        mailbox,
        "Address whose mail `flask mail-in` reads, with plus addressing. Empty: answers are not read.",
    ),
    Setting("MAX_UPLOAD_MB", "40", whole(1, 500), "Largest upload, in megabytes."),
    Setting(
        "KEEP_NAMES_YEARS",
        "3",
        whole(1, 30),
        "Years after an event until who registered or was invited is forgotten; the counts stay.",
    ),
    Setting(
        "KEEP_ACCOUNTS_YEARS",
        "10",
        whole(1, 30),
        "Years after somebody last signed in, bid, paid or came until they are erased; amounts stay.",
    ),
    Setting("TRUSTED_PROXIES", "0", whole(0, 5), "Proxies in front whose X-Forwarded-* headers are believed."),
    Setting("WEB_WORKERS", "0", whole(0, 64), "Web processes. 0: one on SQLite, two on PostgreSQL."),
    Setting("WEB_THREADS", "16", whole(1, 200), "Threads that make pages, in each web process."),
    Setting("LOG_LEVEL", "info", one_of("debug", "info", "warning", "error"), "Least level that is logged."),
)


@dataclass(frozen=True)
class Config:
    """The parsed settings, and what follows from them."""

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def production(self) -> bool:
        return bool(self.values["KERMESSE_ENV"] == "production")

    @property
    def data_dir(self) -> Path:
        return ROOT / str(self.values["DATA_DIR"])

    @property
    def base_url(self) -> str:
        return str(self.values["BASE_URL"]) or f"http://127.0.0.1:{self.values['PORT']}"

    @property
    def database_url(self) -> str:
        return str(self.values["DATABASE_URL"]) or f"sqlite:///{self.data_dir / 'kermesse.sqlite3'}"

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def test_checkout(self) -> bool:
        return not self.values["STRIPE_SECRET_KEY"]

    @property
    def names_kept(self) -> timedelta:
        """How long names are kept after an event: years of 366 days, never a day too few."""
        return timedelta(days=366 * int(self.values["KEEP_NAMES_YEARS"]))

    @property
    def accounts_kept(self) -> timedelta:
        """How long an account is kept that nobody uses."""
        return timedelta(days=366 * int(self.values["KEEP_ACCOUNTS_YEARS"]))

    @property
    def sign_in_through(self) -> str:
        """What the organisation's own sign-in is called; empty when there is none."""
        return str(self.values["OIDC_NAME"] or self.values["ORGANISATION"]) if self.values["OIDC_ISSUER"] else ""

    @property
    def trusted_hosts(self) -> list[str]:
        named = list(self.values["ALLOWED_HOSTS"]) or [str(urlsplit(self.base_url).hostname)]
        return named if self.production else [*named, "localhost", "127.0.0.1", "[::1]"]


def read(environ: Mapping[str, str] | None = None) -> Config:
    """Parse the environment. Raises ConfigError with every fault found, so that one start shows them all."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    faults: list[str] = []
    for setting in SETTINGS:
        try:
            values[setting.name] = setting.parse(environ.get(setting.name) or setting.default)
        except ValueError as fault:
            faults.append(f"{setting.name} {fault}")
    if faults:
        raise ConfigError("; ".join(faults))
    config = Config(values)
    if config.production:
        faults = list(_production_faults(config, environ))
    elif not values["SECRET_KEY"]:
        values["SECRET_KEY"] = _kept_secret(config.data_dir)
    if values["STRIPE_SECRET_KEY"] and not values["STRIPE_WEBHOOK_SECRET"]:
        faults.append("STRIPE_WEBHOOK_SECRET is needed with STRIPE_SECRET_KEY, else anybody could report a payment")
    faults += _oidc_faults(config)
    if faults:
        raise ConfigError("; ".join(faults))
    return config


def _production_faults(config: Config, environ: Mapping[str, str]) -> list[str]:
    secret = str(config["SECRET_KEY"])
    faults = []
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 8:
        faults.append(f"SECRET_KEY should be {SHORTEST_SECRET} random characters or more")
    elif any(weak in secret.lower() for weak in WEAK_SECRETS):
        faults.append("SECRET_KEY looks like a default; generate one")
    if not config["BASE_URL"]:
        faults.append("BASE_URL is needed: links in mails begin with it")
    if any("*" in host or host.startswith(".") for host in config.trusted_hosts):  # .example.org: whatever ends so
        faults.append("ALLOWED_HOSTS should name hosts, never a wildcard")
    if environ.get("FLASK_DEBUG", "0") not in ("", "0"):
        faults.append("FLASK_DEBUG must be off in production")
    if not config["SMTP_URL"]:
        faults.append("SMTP_URL is needed: without mail nobody can sign in")
    return faults


def _oidc_faults(config: Config) -> list[str]:
    """What keeps the organisation's sign-in from being complete, or safe."""
    needed = [name for name in OIDC_NEEDED if not config[name]]
    given = [name for name in (*OIDC_NEEDED, "OIDC_NAME", "OIDC_DOMAINS") if config[name]]
    given += ["OIDC_ASSIGNS_ADDRESSES"] if config["OIDC_ASSIGNS_ADDRESSES"] == "yes" else []
    if not given:
        return []
    faults = [f"{name} is needed with {given[0]}" for name in needed]
    if not (config["OIDC_DOMAINS"] or config["STAFF_DOMAINS"]):
        faults.append("OIDC_DOMAINS (or STAFF_DOMAINS) is needed: whose addresses may the provider vouch for?")
    if config.production and config["OIDC_ISSUER"] and urlsplit(config["OIDC_ISSUER"]).scheme != "https":
        faults.append("OIDC_ISSUER must be https:// in production")
    if config["OIDC_ISSUER"].rstrip("/") == GOOGLE and "*" in config["OIDC_DOMAINS"]:
        faults.append("OIDC_DOMAINS must not hold * with Google: everybody who has an account there would be staff")
    return faults


def _kept_secret(data_dir: Path) -> str:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / "secret_key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
