"""Texts that have broken other applications. Each form of the thread is tried with all of them."""

NASTY_TEXTS = (
    "",
    "   ",
    "x" * 1_000_000,
    "a\x00b",
    "\ud800",
    "\u202egnp.exe",
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %} %(x)s ${x}",
    "Bcc: a@b.example\r\nSubject: x",
    "=HYPERLINK(1)",
    "-1",
    "0",
    "NaN",
    "Infinity",
    "1e309",
    "9" * 400,
    "٣٥",
    "1,234,5",
    "35.999",
    "2026-02-30T10:00",
    "9999-12-31T23:59",
    "//evil.example",
    "javascript:alert(1)",
    "../../etc/passwd",
    "🎨" * 300,
)


def encodable(text: str) -> str:
    """The text as a client could send it: a lone surrogate has no encoding and arrives as a replacement."""
    return text.encode("utf-8", "replace").decode()
