"""The fonts are built from what is installed, once, and hold what the pages need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from app.cli import fonts

ROOT = Path(__file__).resolve().parents[2]
WORDS = "Élève, cœur, niño, ¿sí?, Ångström, Łódź, « ça » “so” – — … · × € → −"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {path.name: path for path in fonts.build(tmp_path_factory.mktemp("fonts"))}


def test_every_font_of_the_page_frame_is_built(built: dict[str, Path]) -> None:
    """base.html names the files; each of them must come out of set-up."""
    frame = (ROOT / "templates" / "base.html").read_text()
    named = set(re.findall(r"'((?:fraunces|atkinson)[a-z-]*)'", frame)) - {"fraunces", "atkinson"} | {"fraunces"}
    assert {f"{name}.woff2" for name in named} <= set(built)


def test_fraunces_keeps_its_weights_and_nothing_else(built: dict[str, Path]) -> None:
    with TTFont(built["fraunces.woff2"]) as font:
        assert [(axis.axisTag, axis.minValue, axis.maxValue) for axis in font["fvar"].axes] == [("wght", 300, 800)]


@pytest.mark.parametrize("name", ["fraunces.woff2", "atkinson-regular.woff2", "atkinson-bold.woff2"])
def test_our_languages_can_be_written(built: dict[str, Path], name: str) -> None:
    with TTFont(built[name]) as font:
        known = font.getBestCmap()
        missing = {letter for letter in WORDS if ord(letter) not in known}
    # Atkinson has no arrow of its own; the system's stands in.
    assert missing <= {"→"}


def test_figures_of_prices_have_one_width(built: dict[str, Path]) -> None:
    for name, path in built.items():
        if "figures" in name:
            with TTFont(path) as font:
                widths = {font["hmtx"][font.getBestCmap()[ord(digit)]][0] for digit in "0123456789"}
            assert len(widths) == 1, name


def test_fonts_stay_light(built: dict[str, Path]) -> None:
    """What is preloaded must not hold up the first picture."""
    assert built["fraunces.woff2"].stat().st_size < 50_000
    assert built["atkinson-regular.woff2"].stat().st_size < 20_000


def test_a_second_run_builds_nothing(built: dict[str, Path]) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.values()}
    fonts.build(next(iter(built.values())).parent)
    assert {path: path.stat().st_mtime_ns for path in built.values()} == before


def test_a_lost_font_is_built_again(tmp_path: Path) -> None:
    first = fonts.build(tmp_path)
    first[0].unlink()
    fonts.build(tmp_path)
    assert first[0].is_file()


def test_licences_travel_with_the_fonts(built: dict[str, Path]) -> None:
    folder = next(iter(built.values())).parent
    assert "SIL OPEN FONT LICENSE" in (folder / "fraunces-OFL.txt").read_text().upper()


def test_a_missing_package_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(package: str) -> Path:
        raise FileNotFoundError(f"the package {package} is not installed")

    monkeypatch.setattr(fonts, "package_folder", lost)
    assert fonts.main() == 1
    assert "could not be built" in capsys.readouterr().out
