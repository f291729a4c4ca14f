"""Galleries, artworks, and the consents without which nothing is public."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime, choice
from app.events.models import Campaign, Event
from app.partners.models import Partner


class Scope(StrEnum):
    """What a guardian may consent to, each by itself."""

    WEB = "web"
    EXHIBITION = "exhibition"
    AUCTION = "auction"
    PRINT = "print"
    REPORT = "report"


class Gallery(Base):
    """A hung exhibition. Public when `published`; each artwork has still to earn its place."""

    __tablename__ = "gallery"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", ondelete="SET NULL"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    published: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    campaign: Mapped[Campaign | None] = relationship()
    event: Mapped[Event | None] = relationship()
    themes: Mapped[list[Theme]] = relationship(back_populates="gallery", order_by="Theme.position")


class Theme(Base):
    """One of the questions that the pupils were asked."""

    __tablename__ = "theme"
    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey("gallery.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    gallery: Mapped[Gallery] = relationship(back_populates="themes")
    __table_args__ = (UniqueConstraint("gallery_id", "slug"),)


class Artwork(Base):
    """A pupil's work. `artist` is the name as published (first name or pseudonym), never a full name.

    There is no column that says "public": that follows from gallery, review, consent and assent, each time it is asked.
    """

    __tablename__ = "artwork"
    id: Mapped[int] = mapped_column(primary_key=True)
    gallery_id: Mapped[int] = mapped_column(ForeignKey("gallery.id", ondelete="RESTRICT"))
    number: Mapped[int]
    theme_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id", ondelete="SET NULL"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id", ondelete="RESTRICT"))
    title: Mapped[str] = mapped_column(String(200))
    artist: Mapped[str] = mapped_column(String(60), default="")
    age_band: Mapped[str] = mapped_column(String(10), default="")
    medium: Mapped[str] = mapped_column(String(120), default="")
    size: Mapped[str] = mapped_column(String(60), default="")
    caption: Mapped[str] = mapped_column(Text, default="")
    alt: Mapped[str] = mapped_column(String(400), default="")
    original: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gallery: Mapped[Gallery] = relationship()
    theme: Mapped[Theme | None] = relationship()
    school: Mapped[Partner | None] = relationship()
    derivatives: Mapped[list[ArtworkImage]] = relationship(order_by="ArtworkImage.width", cascade="all, delete-orphan")
    consents: Mapped[list[Consent]] = relationship(order_by="Consent.id", cascade="all, delete-orphan")
    assents: Mapped[list[Assent]] = relationship(order_by="Assent.id", cascade="all, delete-orphan")
    __table_args__ = (
        UniqueConstraint("gallery_id", "number"),
        UniqueConstraint("gallery_id", "digest"),
        # Whatever door is used, nobody passes their own upload.
        CheckConstraint("reviewed_by <> uploaded_by", name="second_person"),
        CheckConstraint("reviewed_by IS NULL OR reviewed_at IS NOT NULL", name="review_is_dated"),
        Index("ix_artwork_theme", "theme_id"),
    )


class ArtworkImage(Base):
    """A derivative that may be served while its artwork may be seen. `key` is its name in the store."""

    __tablename__ = "artwork_image"
    id: Mapped[int] = mapped_column(primary_key=True)
    artwork_id: Mapped[int] = mapped_column(ForeignKey("artwork.id", ondelete="CASCADE"), index=True)
    format: Mapped[str] = mapped_column(String(8))
    width: Mapped[int]
    height: Mapped[int]
    key: Mapped[str] = mapped_column(String(80), unique=True)


class Consent(Base):
    """A guardian's consent to one scope. Withdrawn is dated, never deleted."""

    __tablename__ = "consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    artwork_id: Mapped[int] = mapped_column(ForeignKey("artwork.id", ondelete="CASCADE"), index=True)
    scope: Mapped[Scope] = mapped_column(choice(Scope, "consent_scope"))
    text_version: Mapped[str] = mapped_column(String(40))
    guardian: Mapped[str] = mapped_column(String(120))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))


class Assent(Base):
    """The pupil's own yes."""

    __tablename__ = "assent"
    id: Mapped[int] = mapped_column(primary_key=True)
    artwork_id: Mapped[int] = mapped_column(ForeignKey("artwork.id", ondelete="CASCADE"), index=True)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
