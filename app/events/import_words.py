"""What is said about lists that are read in: why one cannot be read, and why a line of it is refused."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.events.columns import Field, Misnamed
from app.events.import_rules import Change, Verdict, Why
from app.web.lists import MOST_LINES, Fault, Unreadable

VERDICTS = {
    Verdict.NEW: _l("New"),
    Verdict.CHANGED: _l("Changed"),
    Verdict.KNOWN: _l("Known already"),
    Verdict.REFUSED: _l("Not taken"),
}
FIELDS = {
    Field.EMAIL: _l("E-mail address"),
    Field.NAME: _l("Name"),
    Field.FIRST: _l("First name"),
    Field.LAST: _l("Last name"),
    Field.PARTY: _l("Party"),
    Field.NEEDS: _l("Needs"),
    Field.DIET: _l("Diet"),
    Field.LOCALE: _l("Language"),
    Field.POOL: _l("Room"),
    Field.STATE: _l("State"),
    Field.GROUP: _l("List"),
}


def unreadable(refusal: Unreadable) -> str:
    """Why a list cannot be read, and what now."""
    words = {
        Fault.EMPTY: _("There is nothing in it. Is it the right file?"),
        Fault.TOO_LARGE: _("The file is too large. Keep the columns with names and addresses, and send that."),
        Fault.TOO_LONG: _("It has more than %(count)s lines. Send it in parts.", count=f"{MOST_LINES:,}"),
        Fault.TOO_WIDE: _("Line %(line)s has more than a hundred columns. Is it the right file?", line=refusal.line),
        Fault.OLD_WORKBOOK: _("This is a workbook of the old kind. Save it as XLSX or CSV and send that."),
        Fault.NO_LIST: _("This is no list. Send a file saved as CSV or XLSX, or paste the lines."),
        Fault.QUOTE: _(
            "A quotation mark in line %(line)s is never closed. Close it or take it out.", line=refusal.line
        ),
        Fault.WORKBOOK: _("This workbook cannot be opened. Save it again as XLSX or CSV and send that."),
    }
    return words[refusal.fault]


def misnamed(fault: Misnamed) -> str:
    """Which column is missing, or stands twice."""
    if fault.names:
        names = ", ".join(f"“{name}”" for name in fault.names)
        return _("Two columns tell the same: %(names)s. Keep one of them.", names=names)
    return _("No e-mail address stands in it. Name the columns in the first line: Name, E-mail, Party.")


def why(change: Change) -> str:
    """Why a line is refused, or what is known of it."""
    told = change.detail
    words = {
        Why.NO_ADDRESS: _("“%(text)s” is no e-mail address.", text=told)
        if told
        else _("No e-mail address stands here."),
        Why.NO_NAME: _("No name stands here."),
        Why.TWICE: _("This address stands in line %(line)s already.", line=told),
        Why.FORMULA: _("A formula stands here: %(text)s", text=told),
        Why.TOO_LONG: _("A name or a remark is too long."),
        Why.UNSTORABLE: _("An invisible character stands here that cannot be kept."),
        Why.NO_NUMBER: _("“%(text)s” is no number of people.", text=told),
        Why.TOO_LARGE: _("That is more than %(count)s, the most there can be.", count=told),
        Why.NO_POOL: _("There is no room “%(text)s”.", text=told),
        Why.GONE: _("The list itself says that they do not come."),
        Why.WITHDREW: _("They withdrew, and are not brought back by a list. Add them by hand if they asked you to."),
        Why.INVITED: _("Invited already."),
        Why.REGISTERED: _("Registered already."),
        Why.AGAIN: _("Their invitation was taken back; they are invited anew."),
    }
    return words[change.why] if change.why else ""


def changed(change: Change) -> list[tuple[str, str, str]]:
    """(what, before, after) of a changed line."""
    shown = []
    for key, value in change.values.items():
        name = str(FIELDS[Field(key)]) if key in set(Field) else _("Room")
        if key != "pool_id":
            shown.append((name, str(change.before[key]), str(value)))
        else:
            shown.append((name, "", ""))
    return shown
