"""The house keeps its own rules: marks, documents, catalogues, templates, floors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from app.cli import messages
from app.config import LANGUAGES, ROOT, SETTINGS
from app.web import access

DOCS = "\n".join(path.read_text() for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    access.require_marks(app)
    kinds = {access.mark_of(app, rule.endpoint).kind for rule in app.url_map.iter_rules()}
    assert kinds <= {"public", "signed_in", "roles", "bearer", "signed", "development"}


def test_managing_routes_need_a_role(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/manage/"):
            assert access.mark_of(app, rule.endpoint).kind == "roles", rule.rule


@pytest.mark.parametrize("setting", [setting.name for setting in SETTINGS])
def test_every_setting_is_documented(setting: str) -> None:
    assert f"`{setting}`" in DOCS


def test_every_command_is_documented(app: Flask) -> None:
    theirs = {"run", "shell", "routes", "db"}
    for name, command in app.cli.commands.items():
        if name in theirs:
            continue
        names = [f"{name} {sub}" for sub in getattr(command, "commands", {})] or [name]
        for full in names:
            assert f"flask {full}" in DOCS, full


def test_every_make_target_is_documented() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE)
    assert targets
    for target in targets:
        assert re.search(rf"make {target}\b", DOCS), target
        assert re.search(rf"^{target}:.*## \w", makefile, re.MULTILINE), f"make help does not explain {target}"


def test_texts_of_every_template_are_collected() -> None:
    """Babel passes over a template that it cannot read, unless told not to."""
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in messages.extract()}
    called = re.compile(r"""\b_\('((?:[^'\\]|\\.)+)'""")
    for path in (ROOT / "templates").rglob("*.*"):
        missing = {text.replace("\\'", "'") for text in called.findall(path.read_text())} - known
        assert not missing, path


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_catalogues_are_complete(code: str) -> None:
    assert messages.faults(code, messages.extract()) == []


def test_templates_compile_and_pages_have_one_title(app: Flask) -> None:
    for path in TEMPLATES:
        name = str(path.relative_to(ROOT / "templates"))
        app.jinja_env.get_template(name)
        source = path.read_text()
        if "{% extends" in source and not name.startswith(("mail/", "manage/base")):
            assert source.count("{% block title %}") == 1, name


def test_templates_hold_no_inline_style_or_handler() -> None:
    for path in TEMPLATES:
        if path.parent.name != "mail":
            assert not re.search(r"\s(style|on[a-z]+)=[\"']", path.read_text()), path.name


def test_layout_uses_logical_properties() -> None:
    physical = re.compile(r"(?<![\w-])((margin|padding|border)-(left|right)|text-align:\s*(left|right))")
    for path in sorted((ROOT / "static" / "css").glob("*.css")):
        assert not physical.search(path.read_text()), path.name


def test_the_time_is_read_in_one_place() -> None:
    for path in sorted((ROOT / "app").rglob("*.py")):
        if path != ROOT / "app" / "core" / "clock.py":
            assert not re.search(r"datetime\.(now|utcnow)\(|time\.time\(\)", path.read_text()), path


def test_the_floors_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_nothing_is_fetched_from_a_third_party() -> None:
    outside = re.compile(r"(src|href)=[\"']https?://|@import|url\([\"']?https?:")
    for path in [*TEMPLATES, *sorted((ROOT / "static").rglob("*.css"))]:
        assert not outside.search(path.read_text()), path


def test_nothing_is_kept_that_is_made_on_each_machine() -> None:
    """What .gitignore names is not in the repository, and no link in it points out of it."""
    if not (ROOT / ".git").exists():  # from an archive: made of what is kept
        return
    kept = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not re.findall(r"^120000 .*", kept, re.MULTILINE)
    ignored = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    assert subprocess.run(ignored, cwd=ROOT, capture_output=True, text=True, check=True).stdout == ""
