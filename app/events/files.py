"""What people send with their registration: told by its content, never by its name, and kept where only organisers look."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from enum import StrEnum

from app.core import images, storage

LARGEST = 10 * 1024 * 1024
WORD, OPEN_TEXT = "word/document.xml", b"application/vnd.oasis.opendocument.text"


class Fault(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    LARGE = "large"
    KIND = "kind"


class FileRefused(Exception):
    """`fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def kind_of(content: bytes) -> str:
    """The extension that the content deserves: pdf, docx, odt, or a picture's. Raises FileRefused."""
    if not content:
        raise FileRefused(Fault.EMPTY)
    if len(content) > LARGEST:
        raise FileRefused(Fault.LARGE)
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _document(content)
    try:
        return images.inspect(content).format.lower()
    except images.PictureRefused:
        raise FileRefused(Fault.KIND) from None


def _document(content: bytes) -> str:
    """A text document without macros. Nothing is unpacked but one short entry."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = {entry.filename for entry in packed.infolist()}
            if WORD in names and not any(name.endswith("vbaProject.bin") for name in names):
                return "docx"
            short = "mimetype" in names and packed.getinfo("mimetype").file_size == len(OPEN_TEXT)
            if short and packed.read("mimetype") == OPEN_TEXT:
                return "odt"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        pass
    raise FileRefused(Fault.KIND)


def keep(content: bytes) -> str:
    """Store a file, privately; returns its key. Call it before the transaction, and delete the key if that fails.
    Raises FileRefused, OSError."""
    return storage.save("private", content, kind_of(content))


def plain_name(name: str) -> str:
    """A file's name as its owner gave it, without folders, invisible characters and more than 100 characters."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    return shown.strip(" .")[-100:] or "file"
