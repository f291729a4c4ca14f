"""Message catalogues: `update` collects new texts, `check` fails unless French and Spanish are complete and current.

Run as `python -m app.cli.messages update|check`. A translation with other placeholders than its text is a fault, too.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from app.config import LANGUAGES, ROOT

FOLDER = ROOT / "app" / "translations"
OPTIONS = "extensions = jinja2.ext.do\nsilent = false\n"  # a template that cannot be read must not be passed over
MAPPING = f"[python: app/**.py]\n[jinja2: templates/**.html]\n{OPTIONS}[jinja2: templates/**.txt]\n{OPTIONS}"
KEYWORDS = ("_", "_l", "gettext", "ngettext:1,2", "lazy_gettext", "_n:1,2")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def extract() -> Catalog:
    """Every text in the code and the templates."""
    with tempfile.TemporaryDirectory() as folder:
        mapping, target = Path(folder) / "mapping.ini", Path(folder) / "messages.pot"
        mapping.write_text(MAPPING)
        keywords = [argument for keyword in KEYWORDS for argument in ("-k", keyword)]
        command = ["pybabel", "-q", "extract", "-F", str(mapping), "--no-location", "--sort-output", *keywords]
        command[0] = str(Path(sys.executable).parent / "pybabel")
        subprocess.run([*command, "-o", str(target), "."], check=True, cwd=ROOT)
        return read_po(io.BytesIO(target.read_bytes()))


def path(code: str) -> Path:
    return FOLDER / code / "LC_MESSAGES" / "messages.po"


def load(code: str) -> Catalog:
    """The catalogue of a language; empty if there is none yet."""
    if not path(code).exists():
        return Catalog(locale=code)
    return read_po(io.BytesIO(path(code).read_bytes()), locale=code)


def faults(code: str, wanted: Catalog) -> list[str]:
    """What keeps a catalogue from being complete: missing, fuzzy, or with other placeholders. `update` drops unused ones."""
    have = load(code)
    found = []
    for message in wanted:
        if not message.id:
            continue
        entry = have.get(message.id)
        texts = (
            entry.string if entry is not None and isinstance(entry.string, tuple | list) else [entry and entry.string]
        )
        if entry is None or entry.fuzzy or not all(texts):
            found.append(f"{code}: missing: {message.id!r}")
            continue
        source = message.id if isinstance(message.id, str) else message.id[1]
        for text in texts:
            if not set(PLACEHOLDER.findall(str(text))) <= set(PLACEHOLDER.findall(source)):
                found.append(f"{code}: other placeholders: {message.id!r}")
    return found


def check() -> int:
    """Exit code 1 and a line for each fault."""
    wanted = extract()
    found = [fault for code in LANGUAGES if code != "en" for fault in faults(code, wanted)]
    print("\n".join(found[:200]) or f"catalogues complete: {len(wanted)} texts in {len(LANGUAGES)} languages")
    return 1 if found else 0


def update() -> int:
    """Bring the catalogues up to date with the texts; new ones are left empty for a translator."""
    from babel.messages.pofile import write_po

    wanted = extract()
    for code in LANGUAGES:
        if code == "en":
            continue
        have = load(code)
        fresh = Catalog(locale=code, project="Kermesse", header_comment="# Kermesse: messages", fuzzy=False)
        for message in wanted:
            if message.id:
                old = have.get(message.id)
                keep = old.string if old is not None and not old.fuzzy else None
                fresh.add(message.id, keep, flags=message.flags)
        path(code).parent.mkdir(parents=True, exist_ok=True)
        with path(code).open("wb") as file:
            write_po(file, fresh, width=120, sort_output=True, omit_header=False, no_location=True)
    return 0


if __name__ == "__main__":
    sys.exit({"check": check, "update": update}[sys.argv[1]]())
