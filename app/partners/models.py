"""Organisations we work with: NGOs, schools, agencies, donors."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcDateTime, choice


class PartnerKind(StrEnum):
    NGO = "ngo"
    SCHOOL = "school"
    AGENCY = "agency"
    COMPANY = "company"
    DONOR = "donor"


class Partner(Base):
    """An organisation. `summary` is what the public reads about it."""

    __tablename__ = "partner"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[PartnerKind] = mapped_column(choice(PartnerKind, "partner_kind"))
    name: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(120), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    website: Mapped[str] = mapped_column(String(300), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
