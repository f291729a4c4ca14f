"""Reads about galleries: what may be seen, and the data of each page.

`visible_artworks` is the one place that decides in SQL what the public sees; `rules.missing` says the same in words,
and a test holds them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import current_app, url_for
from sqlalchemy import Select, and_, bindparam, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.database import db
from app.galleries import rules
from app.galleries.models import Artwork, ArtworkImage, Assent, Consent, Gallery, Scope, Theme
from app.web.access import has_role

MIME = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}
CURATING = ("curator", "organiser")
MEDIA = "/media/"


def _consented(scope: Scope) -> Any:
    live = Consent.withdrawn_at.is_(None)
    return exists().where(Consent.artwork_id == Artwork.id, Consent.scope == scope, live)


def _public(scope: Scope = Scope.WEB) -> tuple[Any, ...]:
    return (
        Artwork.gallery.has(Gallery.published),
        Artwork.alt != "",
        Artwork.reviewed_at.is_not(None),
        exists().where(Assent.artwork_id == Artwork.id, Assent.withdrawn_at.is_(None)),
        exists().where(ArtworkImage.artwork_id == Artwork.id).correlate(Artwork),
        _consented(scope),
    )


def visible_artworks() -> Select[Any]:
    """The artworks that anybody may see on the web."""
    return select(Artwork).where(*_public())


def auctionable() -> Select[Any]:
    """The visible artworks whose consent also covers an auction."""
    return visible_artworks().where(_consented(Scope.AUCTION))


def auctionable_ids(artwork_ids: Sequence[int]) -> list[int]:
    """Which of these artworks may be auctioned."""
    return list(db.session.scalars(auctionable().with_only_columns(Artwork.id).where(Artwork.id.in_(artwork_ids))))


@dataclass(frozen=True)
class Picture:
    """What the `picture` macro needs; `thumb` is its smallest JPEG, for tables."""

    sources: tuple[tuple[str, str], ...]
    src: str
    alt: str
    width: int
    height: int
    thumb: str = ""


def media_url(key: str) -> str:
    """The address of a derivative: its random name, without the folders of the store. Also where no request is."""
    return MEDIA + key.rsplit("/", 1)[-1]


def pictures_for(artwork_ids: Sequence[int], *, hidden: bool = False) -> dict[int, Picture]:
    """The picture of each visible artwork, in one statement; of any artwork with `hidden` (managing pages)."""
    if not artwork_ids:
        return {}
    found: dict[int, list[Any]] = {}
    for row in db.session.execute(_images(hidden=hidden), {"ids": list(artwork_ids)}):
        found.setdefault(row.artwork_id, []).append(row)
    return {artwork_id: _picture(rows, rows[0].alt or rows[0].title) for artwork_id, rows in found.items()}


@cache
def _images(*, hidden: bool) -> Select[*tuple[Any, ...]]:
    """Built once: putting the statement together takes longer than running it."""
    image = ArtworkImage
    columns = (image.artwork_id, image.format, image.key, image.width, image.height, Artwork.alt, Artwork.title)
    query = select(*columns).join(Artwork, Artwork.id == image.artwork_id).order_by(image.width)
    query = query.where(Artwork.id.in_(bindparam("ids", expanding=True)))
    return query if hidden else query.where(*_public())


def _picture(images: Sequence[Any], alt: str) -> Picture:
    """`images` are rows of one artwork's derivatives, the smallest first."""
    sources = []
    for name in ("avif", "webp"):
        sizes = [f"{media_url(image.key)} {image.width}w" for image in images if image.format == name]
        if sizes:
            sources.append((MIME[name], ", ".join(sizes)))
    fallback = [image for image in images if image.format == "jpeg"] or images
    largest = images[-1]
    first, last = media_url(fallback[0].key), media_url(fallback[-1].key)
    return Picture(tuple(sources), last, alt, largest.width, largest.height, first)


def mail_image_url(artwork_id: int) -> str | None:
    """The absolute address of a picture for a mail, whose readers know no WebP; None while it may not be seen."""
    query = (
        select(ArtworkImage.key).join(Artwork, Artwork.id == ArtworkImage.artwork_id)
        .where(Artwork.id == artwork_id, ArtworkImage.format == "jpeg", *_public())
        .order_by(ArtworkImage.width).limit(1)
    )  # fmt: skip
    key = db.session.scalar(query)
    return str(current_app.config["KERMESSE"].base_url) + media_url(key) if key else None


@dataclass(frozen=True)
class GalleryCard:
    """A gallery with its first picture and how many hang in it."""

    gallery: Gallery
    cover: Picture | None
    count: int

    @property
    def href(self) -> str:
        return url_for("galleries.page", slug=self.gallery.slug)


def gallery_cards(limit: int | None = None, campaign_id: int | None = None) -> list[GalleryCard]:
    """Published galleries, the newest first."""
    query = select(Gallery).where(Gallery.published).order_by(Gallery.created_at.desc(), Gallery.id.desc()).limit(limit)
    if campaign_id is not None:
        query = query.where(Gallery.campaign_id == campaign_id)
    rows = list(db.session.scalars(query))
    firsts = (
        select(Artwork.gallery_id, func.min(Artwork.id), func.count())
        .where(Artwork.gallery_id.in_([row.id for row in rows]), *_public()).group_by(Artwork.gallery_id)
    )  # fmt: skip
    facts = {row[0]: (row[1], row[2]) for row in db.session.execute(firsts)}
    pictures = pictures_for([first for first, _count in facts.values()])
    return [GalleryCard(row, pictures.get(facts.get(row.id, (0, 0))[0]), facts.get(row.id, (0, 0))[1]) for row in rows]


@dataclass(frozen=True)
class Hung:
    """An artwork with its picture."""

    artwork: Artwork
    picture: Picture

    @property
    def href(self) -> str:
        return url_for("galleries.artwork", slug=self.artwork.gallery.slug, number=self.artwork.number)


def gallery(slug: str) -> Gallery | None:
    """A published gallery; curators also see drafts, where only visible artworks hang: none."""
    found = db.session.scalar(select(Gallery).where(Gallery.slug == slug).options(selectinload(Gallery.themes)))
    return found if found is not None and (found.published or has_role(*CURATING)) else None


def hung_in(found: Gallery, theme: Theme | None = None) -> list[Hung]:
    """The visible artworks of a gallery in order, of one theme if given, in a fixed number of statements."""
    query = visible_artworks().where(Artwork.gallery_id == found.id).order_by(Artwork.number)
    if theme is not None:
        query = query.where(Artwork.theme_id == theme.id)
    rows = list(db.session.scalars(query))
    pictures = pictures_for([row.id for row in rows])
    return [Hung(row, pictures[row.id]) for row in rows if row.id in pictures]


@dataclass(frozen=True)
class ArtworkPage:
    """One artwork, and the numbers of its visible neighbours."""

    hung: Hung
    previous: int | None
    following: int | None


def artwork_page(slug: str, number: int) -> ArtworkPage | None:
    """A visible artwork of a published gallery."""
    query = visible_artworks().join(Artwork.gallery).where(Gallery.slug == slug, Artwork.number == number)
    artwork = db.session.scalar(
        query.options(joinedload(Artwork.gallery), joinedload(Artwork.theme), joinedload(Artwork.school))
    )
    if artwork is None:
        return None
    pictures = pictures_for([artwork.id])
    if artwork.id not in pictures:
        return None
    near = visible_artworks().where(Artwork.gallery_id == artwork.gallery_id)
    previous = near.where(Artwork.number < number).with_only_columns(func.max(Artwork.number)).scalar_subquery()
    following = near.where(Artwork.number > number).with_only_columns(func.min(Artwork.number)).scalar_subquery()
    row = db.session.execute(select(previous, following)).one()
    return ArtworkPage(Hung(artwork, pictures[artwork.id]), row[0], row[1])


@dataclass(frozen=True)
class MediaFile:
    """A derivative's place in the store, whether anybody may see it, and who brought its artwork."""

    key: str
    format: str
    public: bool
    uploaded_by: int | None


def media_file(name: str) -> MediaFile | None:
    """A derivative by its random name. One statement."""
    key = f"public/{name[:2]}/{name}"
    query = (
        select(ArtworkImage.key, ArtworkImage.format, and_(*_public()), Artwork.uploaded_by)
        .join(Artwork, Artwork.id == ArtworkImage.artwork_id).where(ArtworkImage.key == key)
    )  # fmt: skip
    row = db.session.execute(query).first()
    return MediaFile(row[0], row[1], bool(row[2]), row[3]) if row else None


def facts_of(artwork: Artwork) -> rules.Facts:
    """What the rules need to know; uses the loaded rows of the artwork."""
    return rules.Facts(
        consents=frozenset(consent.scope.value for consent in artwork.consents if consent.withdrawn_at is None),
        assent=any(assent.withdrawn_at is None for assent in artwork.assents),
        described=artwork.alt != "",
        reviewed=artwork.reviewed_at is not None,
        derived=bool(artwork.derivatives),
        gallery_published=artwork.gallery.published,
    )


def managed_artworks(gallery_id: int) -> list[Artwork]:
    """All artworks of a gallery with what decides about them, in a fixed number of statements."""
    query = select(Artwork).where(Artwork.gallery_id == gallery_id).order_by(Artwork.number)
    loads = (selectinload(Artwork.consents), selectinload(Artwork.assents), selectinload(Artwork.derivatives))
    return list(db.session.scalars(query.options(*loads, joinedload(Artwork.gallery), joinedload(Artwork.theme))))


def waiting() -> tuple[int, int]:
    """(artworks that lack a consent or the assent, artworks that lack only the second person's look)."""
    assented = exists().where(Assent.artwork_id == Artwork.id, Assent.withdrawn_at.is_(None))
    ready = and_(_consented(Scope.WEB), assented)
    unreviewed = select(func.count()).where(Artwork.reviewed_at.is_(None), ready)
    lacking = db.session.scalar(select(func.count()).select_from(Artwork).where(~ready))
    return lacking or 0, db.session.scalar(unreviewed.select_from(Artwork)) or 0


def managed_galleries() -> list[tuple[Gallery, int]]:
    """All galleries with the number of their artworks, the newest first."""
    counts = select(Artwork.gallery_id, func.count().label("n")).group_by(Artwork.gallery_id).subquery()
    query = select(Gallery, func.coalesce(counts.c.n, 0)).outerjoin(counts, counts.c.gallery_id == Gallery.id)
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Gallery.id.desc()))]
