"""Build the web fonts at set-up: instanced, subset, WOFF2. Does nothing when they are up to date.

Run as `python -m app.cli.fonts`. Fraunces keeps its weight axis alone; the other axes are pinned, soft and of display
size. It has no tabular figures, so `fraunces-figures` is cut from it: digits of one width, for prices and clocks.
Licences (SIL OFL 1.1) are copied beside the fonts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import shutil
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[2] / "static" / "fonts"
STAMP = "built.sha256"

# English, French, Spanish, and the names of children from the rest of Europe.
CHARACTERS = [
    *range(0x0020, 0x007F), *range(0x00A0, 0x0180), *range(0x0218, 0x021C), 0x02C6, 0x02DA, 0x02DC,
    *range(0x0300, 0x0305), 0x0306, 0x0308, 0x030A, 0x030C, 0x0327, 0x1E9E, 0x2009, 0x200A, 0x2010, 0x2011,
    *range(0x2012, 0x2016), *range(0x2018, 0x201F), 0x2020, 0x2022, 0x2026, 0x202F, 0x2030, 0x2032, 0x2033, 0x2039,
    0x203A, 0x2044, 0x20AC, 0x2116, 0x2122, *range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265,
]  # fmt: skip
FEATURES = ["ccmp", "locl", "kern", "mark", "mkmk", "liga", "lnum", "onum", "tnum", "pnum", "sups", "case", "rvrn"]

FIGURES = [ord(character) for character in "0123456789.,:'+%\u2019\u2013\u2212\u00a0\u202f "]

# Output name: (package, file, axes to pin or limit).
_DISPLAY = {"opsz": 72.0, "SOFT": 100.0, "WONK": 0.0}
FONTS: dict[str, tuple[str, str, dict[str, float | tuple[float, float]]]] = {
    "fraunces": ("fontpkg_fraunces", "Fraunces[SOFT,WONK,opsz,wght].ttf", {**_DISPLAY, "wght": (300.0, 800.0)}),
    "fraunces-italic": (
        "fontpkg_fraunces",
        "Fraunces-Italic[SOFT,WONK,opsz,wght].ttf",
        {"opsz": 40.0, "SOFT": 100.0, "WONK": 0.0, "wght": 420.0},
    ),
    "fraunces-figures": (
        "fontpkg_fraunces",
        "Fraunces[SOFT,WONK,opsz,wght].ttf",
        {**_DISPLAY, "wght": 600.0},
    ),
    "fraunces-figures-regular": (
        "fontpkg_fraunces",
        "Fraunces[SOFT,WONK,opsz,wght].ttf",
        {"opsz": 24.0, "SOFT": 100.0, "WONK": 0.0, "wght": 420.0},
    ),
    "atkinson-regular": ("fontpkg_atkinson_hyperlegible", "AtkinsonHyperlegible-Regular.ttf", {}),
    "atkinson-bold": ("fontpkg_atkinson_hyperlegible", "AtkinsonHyperlegible-Bold.ttf", {}),
    "atkinson-italic": ("fontpkg_atkinson_hyperlegible", "AtkinsonHyperlegible-Italic.ttf", {}),
}


def package_folder(package: str) -> Path:
    """Where an installed font package keeps its files."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"the package {package.replace('_', '-')} is not installed")
    return Path(spec.origin).parent


def build(target: Path = TARGET) -> list[Path]:
    """Make the fonts in `target` and return their paths."""
    made = [target / f"{name}.woff2" for name in FONTS]
    stamp = target / STAMP
    wanted = _fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted and all(path.is_file() for path in made):
        return made
    target.mkdir(parents=True, exist_ok=True)
    for path, (package, file, axes) in zip(made, FONTS.values(), strict=True):
        _make(package_folder(package) / "files" / file, axes, path)
    for package in sorted({package for package, _, _ in FONTS.values()}):
        shutil.copyfile(package_folder(package) / "LICENSE", target / f"{package.removeprefix('fontpkg_')}-OFL.txt")
    stamp.write_text(wanted)
    return made


def _make(source: Path, axes: dict[str, float | tuple[float, float]], path: Path) -> None:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    logging.getLogger("fontTools").setLevel(logging.ERROR)
    options = Options(layout_features=FEATURES, hinting=False, desubroutinize=True, notdef_outline=True)
    with TTFont(source) as font:
        subsetter = Subsetter(options)
        figures = "-figures" in path.stem
        subsetter.populate(unicodes=FIGURES if figures else CHARACTERS)
        subsetter.subset(font)
        if axes:
            font = instancer.instantiateVariableFont(font, axes, inplace=True)
        if figures:
            _even(font)
        font.flavor = "woff2"
        part = path.with_suffix(".part")
        font.save(part)
    part.replace(path)


def _even(font: Any) -> None:
    """Give every digit the width of the widest, its drawing in the middle, and leave kerning out."""
    names = [font.getBestCmap()[ord(digit)] for digit in "0123456789"]
    widest = max(font["hmtx"][name][0] for name in names)
    for name in names:
        advance, bearing = font["hmtx"][name]
        shift = (widest - advance) // 2
        font["glyf"][name].coordinates.translate((shift, 0))
        font["glyf"][name].recalcBounds(font["glyf"])
        font["hmtx"][name] = (widest, bearing + shift)
    for table in ("GPOS", "GSUB"):
        if table in font:
            del font[table]


def _fingerprint() -> str:
    """Changes when a font, or anything that this file says about it, changes."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for package, file, _ in FONTS.values():
        digest.update((package_folder(package) / "files" / file).read_bytes())
    return digest.hexdigest()


def main() -> int:
    """Returns the exit code."""
    try:
        made = build()
    except FileNotFoundError as fault:
        print(f"kermesse: the fonts could not be built: {fault}")
        return 1
    total = sum(path.stat().st_size for path in made)
    print(f"kermesse: {len(made)} fonts stand ready, {total // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
