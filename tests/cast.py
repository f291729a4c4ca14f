"""The fixed cast of the tests. Everybody is invented; every address is in a reserved domain."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import services
from app.accounts.models import Person
from app.core.clock import now
from app.core.transactions import atomic

PEOPLE = {
    "admin": ("admin@agency.example", "Ada Admin", "admin"),
    "organiser": ("olga@agency.example", "Olga Organiser", "organiser"),
    "curator": ("carla@agency.example", "Carla Curator", "curator"),
    "second_curator": ("celia@agency.example", "Celia Curator", "curator"),
    "treasurer": ("tom@agency.example", "Tom Treasurer", "treasurer"),
    "helper": ("hana@agency.example", "Hana Helper", "helper"),
    "staff": ("sami@agency.example", "Sami Staff", None),
    "parent": ("pia@family.example", "Pia Parent", None),
    "other_parent": ("omar@home.example", "Omar Parent", None),
    "guardian": ("gwen@guardian.example", "Gwen Guardian", None),
    "stranger": ("sven@elsewhere.example", "Sven Stranger", None),
}


@dataclass
class Cast:
    """Each member is a saved, verified Person."""

    admin: Person
    organiser: Person
    curator: Person
    second_curator: Person
    treasurer: Person
    helper: Person
    staff: Person
    parent: Person
    other_parent: Person
    guardian: Person
    stranger: Person

    @classmethod
    def assemble(cls) -> Cast:
        """Save everybody."""
        saved: dict[str, Person] = {}
        with atomic():
            for key, (email, name, role) in PEOPLE.items():
                person = services.find_or_create(email, name)
                person.verified_at = now()
                if role:
                    services.grant(email, role, None)
                saved[key] = person
        return cls(**saved)
