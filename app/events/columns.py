"""What the columns of a list mean, by their names in English, French and Spanish, or by the questions of an event; and lists of
addresses without any names.

Pure: lines in, entries out, each with the line that it stood on. Whether a value is any good is decided by `import_rules`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.web.lists import Line


class Field(StrEnum):
    """What a column tells."""

    EMAIL = "email"
    NAME = "name"
    FIRST = "first"
    LAST = "last"
    PARTY = "party"
    GUESTS = "guests"
    NEEDS = "needs"
    DIET = "diet"
    LOCALE = "locale"
    POOL = "pool"
    STATE = "state"
    GROUP = "group"


NAMES = {
    Field.EMAIL: (
        "email, e-mail, mail, e-mail address, mail address, address, addresses, e-mail addresses, contact, courriel, adresse, "
        "adresses, adresse électronique, adresse e-mail, adresse mail, adresse de courriel, correo, correo electrónico, "
        "dirección, dirección de correo, dirección electrónica, dirección de correo electrónico, domain, domaine, dominio"
    ),
    Field.NAME: "name, full name, guest, invited, participant, nom complet, nom et prénom, prénom et nom, invité, nombre completo, "
    "nombre y apellidos, invitado, participante, display name",
    Field.FIRST: "first name, given name, forename, prénom, prénoms, nombre de pila, nombres",
    Field.LAST: "last name, surname, family name, nom de famille, apellido, apellidos",
    Field.PARTY: "party, people, persons, number of people, number, seats, how many, places, personnes, nombre de personnes, "
    "combien, personas, número de personas, plazas, asientos, cuántos",
    Field.GUESTS: "guests, guest names, names of guests, accompanied by, invités, noms des invités, accompagné de, acompañantes, "
    "nombres de los acompañantes, acompañado de",
    Field.NEEDS: "needs, special needs, accessibility, anything we should know, remarks, besoins, accessibilité, remarques, "
    "necesidades, accesibilidad, observaciones",
    Field.DIET: "diet, dietary needs, food, meal, régime, régime alimentaire, repas, dieta, alimentación, comida",
    Field.LOCALE: "language, lang, locale, langue, idioma, lengua",
    Field.POOL: "room, seats in, salle, lieu, sala, lugar",
    Field.STATE: "state, status, état, statut, estado",
    Field.GROUP: "list, group, list name, liste, groupe, nom de la liste, lista, grupo, nombre de la lista",
}
# What our own lists call columns that are not read: no question stands under such a name.
_UNREAD = (
    "seated, placés, con plaza, in the participant list, dans la liste des participants, "
    "en la lista de participantes, came by, venu par, vino por, registered, inscrit, inscrito"
)
# In a list of people these are a party; in a list of addresses, the name of their list.
PEOPLE = {"groupe": Field.PARTY, "grupo": Field.PARTY}
# These yield to a column that says the same more clearly; in our own lists “Placés” counts who has a seat.
VAGUE = {
    "places",
    "address",
    "addresses",
    "adresse",
    "adresses",
    "direccion",
    "contact",
    "domain",
    "domaine",
    "dominio",
}
SHARED = {
    "nom": (Field.LAST, Field.FIRST),
    "nombre": (Field.FIRST, Field.LAST),
}  # a part of the name beside the other part


def plain(text: str) -> str:
    """A name as it is compared: `E-mail address` and `émail adDress` are the same."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


_FIELDS = {plain(name): field for field, names in NAMES.items() for name in names.split(", ")}
_TAKEN = {*_FIELDS, *SHARED, *(plain(name) for name in _UNREAD.split(", ")), ""}


def headings(labels: Mapping[int, str]) -> dict[int, str]:
    """The name of the column of each question, by its id: its label or, where that could mean something else, its label and
    its number. The same in every language, so that a list handed out can be read in."""
    count = Counter(plain(label) for label in labels.values())
    clear = {number: plain(label) not in _TAKEN and count[plain(label)] == 1 for number, label in labels.items()}
    return {number: label if clear[number] else numbered(number, label) for number, label in labels.items()}


def numbered(number: int, label: str) -> str:
    """A name of a question's column that means no other one."""
    return f"{label} [{number}]"


class Misnamed(Exception):
    """A list whose columns cannot be told: `field` is missing, or stands twice under `names`."""

    def __init__(self, field: str, names: Sequence[str] = ()) -> None:
        super().__init__(field, names)
        self.field, self.names = field, tuple(names)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list, by Field or by the key of a question. A field is absent when the list has no column for it."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Understood:
    """The entries, and the names of columns that are not used."""

    entries: list[Entry]
    unused: list[str]


def understood(lines: Sequence[Line], more: Mapping[str, str] | None = None) -> Understood:
    """The entries of a list with names over its columns, or of plain addresses. `more`: what columns mean by their `plain`
    names, before all others. Raises Misnamed."""
    head = _head(lines[0].cells, more or {})
    told = [field for field in head if field is not None]
    others = [cell for cell, field in zip(lines[0].cells, head, strict=True) if field is None]
    if not any("@" in cell for cell in others) and (Field.EMAIL in told or len(told) > 1):
        for field in told:
            if told.count(field) > 1:
                raise Misnamed(field, [cell for cell, of in zip(lines[0].cells, head, strict=True) if of == field])
        if Field.EMAIL not in told:
            raise Misnamed(Field.EMAIL)
        unused = [cell for cell, field in zip(lines[0].cells, head, strict=True) if field is None and cell]
        return Understood([_entry(line, head) for line in lines[1:]], unused)
    if not any("@" in cell for line in lines for cell in line.cells):
        raise Misnamed(Field.EMAIL)
    return Understood([entry for line in lines for entry in _addresses(line)], [])


def _head(cells: Sequence[str], more: Mapping[str, str]) -> list[str | None]:
    """What each column tells. Beside a column for e-mail, one for the address is where somebody lives."""
    head = [more.get(plain(cell)) or _field(cell, cells) for cell in cells]
    sure = {field for field, cell in zip(head, cells, strict=True) if plain(cell) not in VAGUE}
    return [None if plain(cell) in VAGUE and field in sure else field for field, cell in zip(head, cells, strict=True)]


def _field(cell: str, cells: Sequence[str]) -> Field | None:
    word = plain(cell)
    if word in SHARED:
        mine, beside = SHARED[word]
        return mine if any(_FIELDS.get(plain(other)) is beside for other in cells) else Field.NAME
    return _FIELDS.get(word)


def _entry(line: Line, head: Sequence[str | None]) -> Entry:
    cells = [*line.cells, *[""] * (len(head) - len(line.cells))]
    values = {str(field): unmarked(cell) for field, cell in zip(head, cells, strict=False) if field is not None}
    first, last = values.pop(Field.FIRST, ""), values.pop(Field.LAST, "")
    if first or last:
        values[Field.NAME] = values.get(Field.NAME) or f"{first} {last}".strip()
    return Entry(line.number, values)


def unmarked(cell: str) -> str:
    """A cell without the mark by which our own exports make a formula a text."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell


def _addresses(line: Line) -> list[Entry]:
    """Whoever a line without named columns tells of: `Anna Keller <a@b.example>`, `a@b.example, Anna`, several at once."""
    text = ", ".join(cell for cell in line.cells if cell)
    framed = list(re.finditer(r"([^<>]*)<([^<>]*)>", text))
    if framed:
        return [_person(line, found[2], found[1]) for found in framed]
    cells = [cell for cell in line.cells if cell]
    addresses = [token for cell in cells for token in cell.split() if "@" in token]
    if not addresses:
        return [_person(line, text)]
    if len(addresses) > 1:
        return [_person(line, address) for address in addresses]
    words = [" ".join(token for token in cell.split() if "@" not in token) for cell in cells]
    number = next((word for word in words if word.isascii() and word.isdigit()), "")
    name = " ".join(word for word in words if word and word != number)
    return [_person(line, addresses[0], name, number)]


def _person(line: Line, email: str, name: str = "", party: str = "") -> Entry:
    values: dict[str, str] = {
        Field.EMAIL: email.strip().removeprefix("mailto:").strip(",;"),
        Field.NAME: name.strip(" ,;\"'"),
    }
    return Entry(line.number, values | ({str(Field.PARTY): party} if party else {}))
