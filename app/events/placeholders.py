"""Words that stand for others in an organiser's message: a closed list, put in by looking them up. Pure.

Never `str.format`, which would let a text reach into what it is given. In HTML the values are put in after the Markdown has
become HTML, so that nobody's name is read as markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

NAMES = ("name", "event", "when", "place", "seats", "link")
LINK = "link"
_BRACES = re.compile(r"\{([^{}\n]{0,60})\}")
_MARK = re.compile(r"qzq([a-z]+)qzq")  # survives Markdown as one word


def unknown(text: str) -> list[str]:
    """What stands in braces and is none of NAMES, in order, each once."""
    return list(dict.fromkeys(found for found in _BRACES.findall(text) if found not in NAMES))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Plain text with the values; what they hold is not looked at again."""
    return _BRACES.sub(lambda found: values[found[1]] if found[1] in NAMES else found[0], text)


def marked(text: str) -> str:
    """Markdown whose placeholders are marks, to be made into HTML."""
    return _BRACES.sub(lambda found: f"qzq{found[1]}qzq" if found[1] in NAMES else found[0], text)


def fill_html(marked_html: str, values: Mapping[str, str]) -> str:
    """The HTML of a marked text with the values, escaped. A link that stands in a text becomes one."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in NAMES:
            return found[0]
        text = html.escape(values[name])
        within = marked_html[: found.start()].rfind("<") > marked_html[: found.start()].rfind(">")
        if name != LINK or within or _in_link(marked_html[: found.start()]):
            return text
        return f'<a href="{text}">{text}</a>'

    return _MARK.sub(value, marked_html)


def _in_link(before: str) -> bool:
    return before.rfind("<a ") > before.rfind("</a>")
