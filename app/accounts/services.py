"""Signing in by an e-mailed code, roles, and ending sessions."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_security.utils import hash_password, verify_password
from sqlalchemy import delete, func, select, update

from app.accounts.models import Person, Role, SignInCode
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.mail import ASKED_FOR, Mail, MailState, allow, queue_mail
from app.core.transactions import in_turn, locked
from app.web.access import ROLES
from app.web.forms import normal_email

CODE_LIFE = timedelta(minutes=15)
CODE_ATTEMPTS = 6
CODES_AN_HOUR = 8
ADMIN_LINK_LIFE = timedelta(days=7)


class CodeRefused(Exception):
    """`reason`: wrong (with attempts left), expired (also used or unknown), spent (too many attempts)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooManyCodes(Exception):
    """This address was sent enough codes for an hour."""


def _digest(secret: str) -> str:
    key = str(current_app.secret_key).encode()
    return hmac.new(key, b"sign-in:" + secret.encode(), hashlib.sha256).hexdigest()


def send_code(email: str, next_path: str, locale: str) -> str:
    """Mail a code and a link to an address, known or not; returns the token that binds it to the browser.

    Raises TooManyCodes. The same is done and said for every address, so nobody learns who has an account.
    """
    in_turn(f"sign-in:{email}")  # else many who ask at once would all be counted as the first
    sent = db.session.scalar(
        select(func.count()).where(SignInCode.email == email, SignInCode.created_at > now() - timedelta(hours=1))
    )
    if (sent or 0) >= CODES_AN_HOUR:
        raise TooManyCodes
    code = f"{secrets.randbelow(10**6):06d}"
    row, link = _new_code(email, code, next_path, CODE_LIFE)
    queue_mail(
        f"{ASKED_FOR}{row.browser}",
        email,
        "sign_in_code",
        _("%(code)s is your sign-in code", code=code),
        locale=locale,
        code=code,
        link=link,
        minutes=int(CODE_LIFE.total_seconds() // 60),
    )
    return row.browser


def _new_code(email: str, code: str, next_path: str, life: timedelta) -> tuple[SignInCode, str]:
    secret = token()
    row = SignInCode(
        email=email,
        browser=token(),
        code_hash=_digest(code),
        link_hash=_digest(secret),
        next_path=next_path[:500],
        created_at=now(),
        expires_at=now() + life,
    )
    db.session.add(row)
    db.session.flush()
    return row, f"{current_app.config['KERMESSE'].base_url}/account/link/{secret}"


def redeem_code(browser: str, code: str, locale: str) -> tuple[Person, str]:
    """The person of a right code, created if new, and the path to go on to.

    A wrong code counts as an attempt, so the caller must commit also when it is refused: it returns by CodeRefused
    raised after the transaction. See `check_code`.
    """
    row = db.session.scalar(select(SignInCode).where(SignInCode.browser == browser).with_for_update())
    refusal = check_code(row, code)
    if refusal is not None or row is None:
        raise CodeRefused(refusal or "expired")
    row.used_at = now()
    return _welcome(row.email, locale), row.next_path


def check_code(row: SignInCode | None, code: str) -> str | None:
    """None when the code is right, else the reason; counts the attempt."""
    if row is None or row.used_at is not None or row.expires_at <= now():
        return "expired"
    if row.attempts >= CODE_ATTEMPTS:
        return "spent"
    row.attempts += 1
    return None if hmac.compare_digest(row.code_hash, _digest(code)) else "wrong"


def redeem_link(secret: str, locale: str) -> tuple[Person, str]:
    """The person of a link that was mailed, and the path to go on to. Raises CodeRefused."""
    row = db.session.scalar(select(SignInCode).where(SignInCode.link_hash == _digest(secret)).with_for_update())
    if row is None or row.used_at is not None or row.expires_at <= now():
        raise CodeRefused("expired")
    row.used_at = now()
    return _welcome(row.email, locale), row.next_path


def _welcome(email: str, locale: str) -> Person:
    person = find_or_create(email, locale=locale)
    if not person.active:
        raise CodeRefused("expired")
    person.verified_at = person.verified_at or now()
    allow(person.email)  # if mail came back from there before: it arrives now
    return person


def find_or_create(email: str, name: str = "", locale: str = "en") -> Person:
    """The person of an address; made without login rights of any kind if unknown."""
    return _found_or_made(normal_email(email), name, locale)


def without_address(key: str, name: str, locale: str = "en") -> Person:
    """Somebody who has no address, made once for each key. No mail is ever written to the made-up one (RFC 2606)."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:20]
    return _found_or_made(f"paper-{digest}@desk.invalid", name, locale)


def _found_or_made(email: str, name: str, locale: str) -> Person:
    person = db.session.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(email=email, name=name, locale=locale, created_at=now(), fs_uniquifier=secrets.token_hex(24))
        db.session.add(person)
        db.session.flush()
    return person


def check_password(email: str, password: str) -> Person | None:
    """The person when the password is right. Takes as long for an unknown address as for a known one."""
    person = db.session.scalar(select(Person).where(Person.email == email))
    stored = person.password if person is not None else None
    right = verify_password(password, stored or _decoy())
    return person if person is not None and stored and right and person.active else None


def _decoy() -> str:
    kept: str | None = current_app.extensions.get("kermesse_decoy")
    if kept is None:
        kept = current_app.extensions["kermesse_decoy"] = hash_password(token())
    return kept


def set_password(person: Person, password: str) -> None:
    """Set the optional password; every other session ends, and the person is told by mail."""
    person.password = hash_password(password)
    sign_out_everywhere(person)
    with force_locale(person.locale):
        subject = _("Your password was set")
    key = f"password:{person.id}:{token()[:12]}"
    queue_mail(
        key,
        person.email,
        "password_set",
        subject,
        locale=person.locale,
        link=f"{current_app.config['KERMESSE'].base_url}/account/",
    )


def see(person_id: int) -> None:
    """They have just signed in."""
    db.session.execute(update(Person).where(Person.id == person_id).values(seen_at=now()))


def sign_out_everywhere(person: Person) -> None:
    """End all sessions of a person by a new session key."""
    person.fs_uniquifier = secrets.token_hex(24)
    audit.record("sign out everywhere", "person", person.id, person.id)


def rename(person: Person, name: str, locale: str) -> None:
    """Keep the name and language a person gave."""
    person.name, person.locale = name, locale


def grant(email: str, role: str, actor_id: int | None) -> Person:
    """Give a role to the person of an address, made if unknown. Raises ValueError for an unknown role."""
    if role not in ROLES:
        raise ValueError(f"unknown role {role}; one of {', '.join(ROLES)}")
    person = find_or_create(email)
    row = db.session.scalar(select(Role).where(Role.name == role))
    if row is None:
        row = Role(name=role)
        db.session.add(row)
    if row not in person.roles:
        person.roles.append(row)
        audit.record(f"grant {role}", "person", person.id, actor_id)
    return person


def revoke(person_id: int, role: str, actor_id: int | None) -> None:
    """Take a role away; the person's sessions end, so that nothing outlives it."""
    person: Person | None = locked(Person, person_id)
    if person is None:
        return
    person.roles = [held for held in person.roles if held.name != role]
    sign_out_everywhere(person)
    audit.record(f"revoke {role}", "person", person_id, actor_id)


def switch(email: str, *, active: bool, actor_id: int | None) -> Person | None:
    """Shut somebody out, or let them in again; their sessions end. None when nobody has the address."""
    found = db.session.scalar(select(Person.id).where(Person.email == normal_email(email)))
    person: Person | None = locked(Person, found) if found is not None else None
    if person is not None and person.active is not active:
        person.active = active
        sign_out_everywhere(person)
        audit.record("let in again" if active else "shut out", "person", person.id, actor_id)
    return person


def admin_link(email: str) -> str:
    """A one-time link that signs in an administrator, made on first start. Replaces earlier unused ones."""
    email = grant(email, "admin", None).email
    db.session.execute(delete(SignInCode).where(SignInCode.email == email, SignInCode.used_at.is_(None)))
    _row, link = _new_code(email, token(), "/manage/", ADMIN_LINK_LIFE)
    return link


def sweep_codes() -> None:
    """Delete codes that nobody can use any more, and the mails that they were in."""
    db.session.execute(delete(SignInCode).where(SignInCode.expires_at < now() - timedelta(days=1)))
    old = (Mail.key.startswith(ASKED_FOR), Mail.created_at < now() - timedelta(days=1), Mail.state != MailState.QUEUED)
    db.session.execute(delete(Mail).where(*old).execution_options(synchronize_session=False))
