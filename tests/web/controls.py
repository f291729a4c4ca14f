"""What a browser makes of a page's forms: their controls, what they hold, and which fields have a message beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_plus

PLAIN = ("hidden", "submit", "button", "reset", "file")


@dataclass
class Control:
    """One name of a form. `kind` is the input's type, or textarea or select; `several` if it may be sent repeatedly,
    `required` if the browser would not send it empty."""

    name: str
    kind: str
    ids: set[str]
    held: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    several: bool = False
    required: bool = False


@dataclass
class WebForm:
    """A form with its controls by name."""

    actions: set[str]
    method: str
    controls: dict[str, Control] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, list[str]]:
        """What a browser would send if nobody typed anything."""
        return {name: list(item.held) for name, item in self.controls.items() if item.kind not in PLAIN[1:]}


class Page(HTMLParser):
    """A parsed page: `forms`, and `beside`, the ids of what has a message beside it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[WebForm] = []
        self.beside: set[str] = set()
        self._form: WebForm | None = None
        self._open: Control | None = None
        self._option: str | None = None
        self._text: list[str] | None = None
        self.feed(html)
        self.close()

    def form(self, action: str) -> WebForm:
        """The fullest form that posts to `action`; a form without an action posts to its own page."""
        posting = [form for form in self.forms if form.method == "post"]
        mine = [form for form in posting if action in form.actions] or [form for form in posting if "" in form.actions]
        if not mine:
            raise LookupError(f"no form on the page posts to {action}")
        return max(mine, key=lambda form: len(form.controls))

    def message_beside(self, control: Control) -> bool:
        """Whether the page says something about this control next to it."""
        return bool({control.name, *control.ids} & self.beside)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms, controls and messages."""
        facts = {name: value or "" for name, value in attrs}
        if "error" in facts.get("class", "").split() and facts.get("id", "").endswith("-error"):
            self.beside.add(facts["id"].removesuffix("-error"))
        if tag == "form":
            self._form = WebForm({facts.get("action", "")}, facts.get("method", "get").lower())
            self.forms.append(self._form)
        if self._form is not None and "formaction" in facts:
            self._form.actions.add(facts["formaction"])
        if tag == "option" and self._open is not None:
            self._option = facts.get("value", "")
            self._open.offered.append(self._option)
            if "selected" in facts:
                self._open.held.append(self._option)
        elif self._form is not None and facts.get("name"):
            self._control(self._form, tag, facts)

    def _control(self, form: WebForm, tag: str, facts: dict[str, str]) -> None:
        kind = facts.get("type", "text" if tag == "input" else tag)
        item = form.controls.setdefault(facts["name"], Control(facts["name"], kind, set()))
        item.ids.add(facts.get("id", ""))
        item.required |= "required" in facts
        if kind in ("checkbox", "radio"):
            item.offered.append(facts.get("value", "on"))
            item.several = len(item.offered) > 1 and kind == "checkbox"
            if "checked" in facts:
                item.held.append(item.offered[-1])
        elif tag == "input":
            item.held.append(facts.get("value", ""))
        elif tag == "select":
            self._open = item
            item.several = "multiple" in facts
        elif tag == "textarea":
            self._open, self._text = item, []

    def handle_endtag(self, tag: str) -> None:
        """A select without a choice holds its first; a textarea drops its first line break."""
        if tag == "form":
            self._form = None
        elif tag == "select" and self._open is not None:
            if not self._open.held and self._open.offered and not self._open.several:
                self._open.held.append(self._open.offered[0])
            self._open = None
        elif tag == "textarea" and self._open is not None and self._text is not None:
            text = "".join(self._text).replace("\r\n", "\n").removeprefix("\n")
            self._open.held.append(text)
            self._open = self._text = None

    def handle_data(self, data: str) -> None:
        """Text counts only inside a textarea."""
        if self._text is not None:
            self._text.append(data)


def encoded(values: dict[str, Any]) -> bytes:
    """A form's body, also of texts that have no encoding: a lone surrogate goes out as three wrong bytes."""
    pairs = [(name, text) for name, texts in values.items() for text in ([texts] if isinstance(texts, str) else texts)]
    return "&".join(f"{_quoted(name)}={_quoted(text)}" for name, text in pairs).encode()


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


def arrived(text: str) -> str:
    """The text as the application reads it: bytes that are no text stay percent-encoded."""
    return re.sub("[\ud800-\udfff]", lambda match: _quoted(match[0]), text)
