"""Commands on galleries and artworks. Nothing here makes an artwork public: that follows from what is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, update

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


class SecondPersonNeeded(Exception):
    """Whoever uploaded an artwork cannot review it."""


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
    """Make the themes be these, in this order; a theme that stays keeps its artworks."""
    kept = {theme.slug: theme for theme in gallery.themes}
    wanted = []
    for position, (slug, title, description) in enumerate(themes):
        slug = slug or slug_of(title, f"theme-{position + 1}")
        theme = kept.pop(slug, None) or Theme(slug=slug, gallery=gallery)
        theme.title, theme.description, theme.position = title, description, position
        wanted.append(theme)
    for gone in kept.values():
        db.session.execute(update(Artwork).where(Artwork.theme_id == gone.id).values(theme_id=None))
        db.session.delete(gone)
    gallery.themes = wanted


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
    content: bytes,
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

    Raises PictureRefused, AlreadyThere, FullName, LookupError. Derivatives are made by a job.
    """
    facts = inspect(content)
    if not rules.publishable_name(artist):
        raise FullName(artist)
    gallery = _gallery(gallery_id)
    digest = hashlib.sha256(content).hexdigest()
    there = db.session.scalar(select(Artwork.number).where(Artwork.gallery_id == gallery_id, Artwork.digest == digest))
    if there is not None:
        raise AlreadyThere(there)
    number = (db.session.scalar(select(func.max(Artwork.number)).where(Artwork.gallery_id == gallery_id)) or 0) + 1
    theme = next((theme for theme in gallery.themes if theme.slug == theme_slug), None)
    artwork = Artwork(
        gallery=gallery, number=number, title=title or filename.rsplit(".", 1)[0][:200], artist=artist, age_band=age_band,
        medium=medium, size=size, caption=caption, alt=alt, theme=theme, school_id=school_id, uploaded_by=uploaded_by,
        original=storage.save("private", content, facts.format), digest=digest, width=facts.width, height=facts.height,
        created_at=now(),
    )  # fmt: skip
    db.session.add(artwork)
    db.session.flush()
    enqueue(DERIVE, str(artwork.id), artwork_id=artwork.id)
    audit.record("add artwork", "artwork", artwork.id, uploaded_by)
    return artwork


def update_artwork(artwork_id: int, *, actor_id: int, **values: Any) -> Artwork:
    """Change what the label says. What a reviewer saw has changed, so the review is asked for anew.

    Raises FullName, LookupError.
    """
    artwork = _artwork(artwork_id)
    if not rules.publishable_name(values.get("artist", artwork.artist)):
        raise FullName(values["artist"])
    changed = [name for name, value in values.items() if getattr(artwork, name) != value]
    for name in changed:
        setattr(artwork, name, values[name])
    if set(changed) & {"title", "artist", "age_band", "caption", "alt", "school_id"}:
        artwork.reviewed_at = artwork.reviewed_by = None
        artwork.uploaded_by = actor_id
    audit.record("edit artwork", "artwork", artwork_id, actor_id, fields=changed)
    return artwork


def give_consent(
    artwork_id: int, scopes: Iterable[Scope | str], guardian: str, text_version: str, recorded_by: int | None
) -> None:
    """Record a guardian's consent for each scope that has none live."""
    artwork = _artwork(artwork_id)
    live = {consent.scope for consent in artwork.consents if consent.withdrawn_at is None}
    for scope in map(Scope, scopes):
        if scope not in live:
            artwork.consents.append(
                Consent(
                    scope=scope, guardian=guardian, text_version=text_version, given_at=now(), recorded_by=recorded_by
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


def _artwork(artwork_id: int) -> Artwork:
    artwork: Artwork | None = locked(Artwork, artwork_id)
    if artwork is None:
        raise LookupError(artwork_id)
    return artwork
