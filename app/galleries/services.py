"""Commands on galleries and artworks. Nothing here makes an artwork public: that follows from what is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.core import audit, storage
from app.core.clock import now
from app.core.database import db
from app.core.images import inspect
from app.core.jobs import enqueue
from app.core.transactions import locked
from app.galleries import rules
from app.galleries.models import Artwork, Assent, Consent, Gallery, Scope, Theme
from app.partners.services import add_with_slug, slug_of

DERIVE = "galleries.derive"


class AlreadyThere(Exception):
    """The same file hangs in this gallery already, under `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class FullName(ValueError):
    """The artist's name is more than a first name or pseudonym."""


class NotABand(ValueError):
    """An age must be told as one of `rules.AGE_BANDS`."""


class SecondPersonNeeded(Exception):
    """Whoever uploaded or last changed an artwork cannot review it."""


class StillSold(Exception):
    """The artwork is or was in an auction: its record must stay."""


@dataclass(frozen=True)
class Original:
    """An upload that was found to be a picture and is kept, before any row names it. `key` is its place in the store."""

    key: str
    digest: str
    width: int
    height: int


def keep_original(content: bytes) -> Original:
    """Inspect and store an upload. Call it before the transaction, for it takes long; delete the key if that fails.

    Raises PictureRefused.
    """
    facts = inspect(content)
    key = storage.save("private", content, facts.format)
    return Original(key, hashlib.sha256(content).hexdigest(), facts.width, facts.height)


def create_gallery(
    *,
    title: str,
    summary: str = "",
    campaign_id: int | None = None,
    themes: Sequence[tuple[str, str, str]] = (),
    actor_id: int | None = None,
) -> Gallery:
    """A gallery, not public yet. `themes` are (slug, title, description)."""
    gallery = Gallery(title=title, summary=summary, campaign_id=campaign_id, created_at=now())
    add_with_slug(gallery, title, "gallery")
    set_themes(gallery, themes)
    audit.record("create gallery", "gallery", gallery.id, actor_id)
    return gallery


def set_themes(gallery: Gallery, themes: Sequence[tuple[str, str, str]]) -> None:
    """Make the themes be these, in this order; a theme that stays, also under a corrected title, keeps its artworks
    and its address. A blank slug is made from the title.
    """
    known = list(gallery.themes)
    used = {theme.slug for theme in known}
    wanted = []
    same = rules.same_themes([theme.title for theme in known], [title for _slug, title, _description in themes])
    for position, ((slug, title, description), index) in enumerate(zip(themes, same, strict=True)):
        theme = known[index] if index is not None else Theme(slug=_free(slug or slug_of(title, "theme"), used))
        used.add(theme.slug)
        theme.title, theme.description, theme.position = title, description, position
        wanted.append(theme)
    for gone in known:
        if gone not in wanted:
            db.session.execute(update(Artwork).where(Artwork.theme_id == gone.id).values(theme_id=None))
            db.session.delete(gone)
    gallery.themes = wanted


def _free(slug: str, used: set[str]) -> str:
    candidates = (slug, *(f"{slug}-{number}" for number in range(2, len(used) + 3)))
    return next(candidate for candidate in candidates if candidate not in used)


def update_gallery(gallery_id: int, *, actor_id: int, themes: Sequence[tuple[str, str, str]], **values: Any) -> Gallery:
    """Change a gallery's words, campaign and themes. Raises LookupError."""
    gallery = _gallery(gallery_id)
    for name, value in values.items():
        setattr(gallery, name, value)
    set_themes(gallery, themes)
    audit.record("edit gallery", "gallery", gallery_id, actor_id)
    return gallery


def publish(gallery_id: int, *, published: bool, actor_id: int | None) -> None:
    """Open a gallery to the public, or close it. Raises LookupError."""
    _gallery(gallery_id).published = published
    audit.record("publish gallery" if published else "hide gallery", "gallery", gallery_id, actor_id)


def _gallery(gallery_id: int) -> Gallery:
    gallery: Gallery | None = locked(Gallery, gallery_id)
    if gallery is None:
        raise LookupError(gallery_id)
    return gallery


def add_artwork(
    gallery_id: int,
    content: bytes | Original,
    filename: str,
    *,
    title: str,
    artist: str = "",
    age_band: str = "",
    medium: str = "",
    size: str = "",
    caption: str = "",
    alt: str = "",
    theme_slug: str | None = None,
    school_id: int | None = None,
    uploaded_by: int | None = None,
) -> Artwork:
    """Keep an upload as the next artwork of a gallery, private. `filename` is only a title of last resort.

    `content` is the file's bytes, or what `keep_original` made of them before the transaction. Derivatives are made
    by a job. Raises PictureRefused, AlreadyThere, FullName, NotABand, LookupError.
    """
    _check_label(artist, age_band)
    gallery = _gallery(gallery_id)
    kept = content if isinstance(content, Original) else keep_original(content)
    same = select(Artwork.number).where(Artwork.gallery_id == gallery_id, Artwork.digest == kept.digest)
    there = db.session.scalar(same)
    if there is not None:
        storage.delete(kept.key)
        raise AlreadyThere(there)
    number = (db.session.scalar(select(func.max(Artwork.number)).where(Artwork.gallery_id == gallery_id)) or 0) + 1
    theme = next((theme for theme in gallery.themes if theme.slug == theme_slug), None)
    artwork = Artwork(
        gallery=gallery, number=number, title=title or filename.rsplit(".", 1)[0][:200], artist=artist, age_band=age_band,
        medium=medium, size=size, caption=caption, alt=alt, theme=theme, school_id=school_id, uploaded_by=uploaded_by,
        original=kept.key, digest=kept.digest, width=kept.width, height=kept.height, created_at=now(),
    )  # fmt: skip
    db.session.add(artwork)
    db.session.flush()
    enqueue(DERIVE, str(artwork.id), artwork_id=artwork.id)
    audit.record("add artwork", "artwork", artwork.id, uploaded_by)
    return artwork


def update_artwork(artwork_id: int, *, actor_id: int, **values: Any) -> Artwork:
    """Change what the label says. What a reviewer saw has changed, so the review is asked for anew.

    Raises FullName, NotABand, LookupError.
    """
    artwork = _artwork(artwork_id)
    _check_label(values.get("artist", ""), values.get("age_band", ""))
    changed = [name for name, value in values.items() if getattr(artwork, name) != value]
    for name in changed:
        setattr(artwork, name, values[name])
    if set(changed) & {"title", "artist", "age_band", "caption", "alt", "school_id"}:
        artwork.reviewed_at = artwork.reviewed_by = None
        artwork.uploaded_by = actor_id
    audit.record("edit artwork", "artwork", artwork_id, actor_id, fields=changed)
    return artwork


def _check_label(artist: str, age_band: str) -> None:
    if not rules.publishable_name(artist):
        raise FullName
    if age_band and age_band not in rules.AGE_BANDS:
        raise NotABand


def give_consent(
    artwork_id: int,
    scopes: Iterable[Scope | str],
    guardian: str,
    text_version: str,
    recorded_by: int | None,
    given_at: datetime | None = None,
) -> None:
    """Record a guardian's consent for each scope that has none live; given now unless told when."""
    artwork = _artwork(artwork_id)
    live = {consent.scope for consent in artwork.consents if consent.withdrawn_at is None}
    for scope in map(Scope, scopes):
        if scope not in live:
            artwork.consents.append(
                Consent(
                    scope=scope,
                    guardian=guardian,
                    text_version=text_version,
                    given_at=given_at or now(),
                    recorded_by=recorded_by,
                )
            )
    audit.record("record consent", "artwork", artwork_id, recorded_by)


def withdraw_consent(artwork_id: int, scopes: Iterable[Scope | str] | None, actor_id: int | None) -> None:
    """End the consents of these scopes, or of all: what depended on them is hidden from this commit on."""
    wanted = set(map(Scope, scopes)) if scopes is not None else set(Scope)
    for consent in _artwork(artwork_id).consents:
        if consent.withdrawn_at is None and consent.scope in wanted:
            consent.withdrawn_at = now()
    audit.record("withdraw consent", "artwork", artwork_id, actor_id)


def give_assent(artwork_id: int, recorded_by: int | None) -> None:
    """Record the pupil's own yes."""
    artwork = _artwork(artwork_id)
    if all(assent.withdrawn_at is not None for assent in artwork.assents):
        artwork.assents.append(Assent(given_at=now(), recorded_by=recorded_by))
        audit.record("record assent", "artwork", artwork_id, recorded_by)


def withdraw_assent(artwork_id: int, actor_id: int | None) -> None:
    """The pupil changed their mind."""
    for assent in _artwork(artwork_id).assents:
        if assent.withdrawn_at is None:
            assent.withdrawn_at = now()
    audit.record("withdraw assent", "artwork", artwork_id, actor_id)


def review(artwork_id: int, reviewer_id: int) -> None:
    """A second person looked at picture, label and consents. Raises SecondPersonNeeded."""
    artwork = _artwork(artwork_id)
    if artwork.uploaded_by == reviewer_id:
        raise SecondPersonNeeded
    if artwork.reviewed_at is None:
        artwork.reviewed_at, artwork.reviewed_by = now(), reviewer_id
        audit.record("review artwork", "artwork", artwork_id, reviewer_id)


def delete_artwork(artwork_id: int, actor_id: int | None) -> list[str]:
    """Forget an artwork with its consents; returns the keys of its files, to be deleted once this is committed.

    Raises StillSold, LookupError.
    """
    artwork = _artwork(artwork_id)
    keys = [artwork.original, *(image.key for image in artwork.derivatives)]
    try:
        with db.session.begin_nested():
            db.session.delete(artwork)
    except IntegrityError as fault:
        raise StillSold from fault
    audit.record("delete artwork", "artwork", artwork_id, actor_id)
    return keys


def _artwork(artwork_id: int) -> Artwork:
    artwork: Artwork | None = locked(Artwork, artwork_id)
    if artwork is None:
        raise LookupError(artwork_id)
    return artwork
