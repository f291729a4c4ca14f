"""Make `.venv` and all that is built once: dependencies, fonts, catalogues. Standard library only; safe to run again.

Run by the Makefile as `python3 app/cli/bootstrap.py [--dev]`. Uses uv when it is on PATH, else pip. Every package is
checked against the hashes of requirements.txt (and requirements-dev.txt with --dev).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    if sys.version_info < OLDEST:
        print(f"Kermesse needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")
        return 1
    requirements = ROOT / ("requirements-dev.txt" if "--dev" in arguments else "requirements.txt")
    try:
        make_environment()
        install(requirements)
        build()
    except subprocess.CalledProcessError as fault:
        print(f"The set-up stopped: {' '.join(map(str, fault.cmd))} ended with {fault.returncode}.")
        return 1
    return 0


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT)


def make_environment() -> None:
    if PYTHON.exists():
        return
    say("making the environment .venv")
    if shutil.which("uv"):
        run("uv", "venv", "--quiet", "--python", sys.executable, VENV)
    else:
        try:
            run(sys.executable, "-m", "venv", VENV)
        except subprocess.CalledProcessError:
            print("Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv")
            raise


def install(requirements: Path) -> None:
    stamp = VENV / f".{requirements.stem}.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    larger = VENV / ".requirements-dev.sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if requirements.stem == "requirements" and larger.exists() and larger.read_text() == digest("requirements-dev.txt"):
        return
    say("installing the pinned packages; the first time takes a minute")
    if shutil.which("uv"):
        run("uv", "pip", "install", "--quiet", "--python", PYTHON, "--require-hashes", "-r", requirements)
    else:
        run(
            PYTHON,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            requirements,
        )
    stamp.write_text(wanted)


def digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def build() -> None:
    """Fonts, compressed twins of the style sheets and scripts, and message catalogues."""
    run(PYTHON, "-m", "app.cli.fonts")
    for folder in ("css", "js", "img"):
        run(PYTHON, "-m", "whitenoise.compress", "--quiet", ROOT / "static" / folder)
    catalogues = sorted((ROOT / "app" / "translations").glob("*/LC_MESSAGES/messages.po"))
    if any(stale(path) for path in catalogues):
        say("compiling the catalogues")
        run(VENV / "bin" / "pybabel", "-q", "compile", "-d", ROOT / "app" / "translations")


def stale(catalogue: Path) -> bool:
    compiled = catalogue.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < catalogue.stat().st_mtime


def say(text: str) -> None:
    print(f"kermesse: {text}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "")
    sys.exit(main(sys.argv[1:]))
