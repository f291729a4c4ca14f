"""What is said about lists that are read in: why one cannot be read, and why a line of it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.events import answers
from app.events.asking_forms import words_of
from app.events.columns import Field, Misnamed
from app.events.import_rules import Change, Verdict, Why
from app.events.models import QuestionKind
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
    Field.GUESTS: _l("Guests"),
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


ANSWERS = {
    QuestionKind.TEXT: _l("any text"),
    QuestionKind.CHOICE: _l("one of: %(options)s"),
    QuestionKind.SEVERAL: _l("some of: %(options)s, with semicolons between them"),
    QuestionKind.NUMBER: _l("a whole number"),
    QuestionKind.DATE: _l("a day like 2026-03-08"),
    QuestionKind.YES_NO: _l("yes or no"),
    QuestionKind.CONSENT: _l("yes or no"),
}


def fits(question: answers.Asked) -> str:
    """What may stand in the column of a question."""
    return str(ANSWERS[question.kind]).replace("%(options)s", ", ".join(question.options))


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
        Why.GUESTS: _("More guests are named than a party of %(count)s has.", count=told),
        Why.NO_NUMBER: _("“%(text)s” is no number of people.", text=told),
        Why.TOO_LARGE: _("That is more than %(count)s, the most there can be.", count=told),
        Why.NO_POOL: _("There is no room “%(text)s”.", text=told),
        Why.NOWHERE: _("Seats are to be kept: say in which room."),
        Why.ANSWER: _wrong(change),
        Why.GONE: _("The list itself says that they do not come."),
        Why.WITHDREW: _("They withdrew, and are not brought back by a list. Add them by hand if they asked you to."),
        Why.INVITED: _("Invited already."),
        Why.REGISTERED: _("Registered already."),
        Why.AGAIN: _("Their invitation was taken back; they are invited anew."),
    }
    return words[change.why] if change.why else ""


def _wrong(change: Change) -> str:
    if change.wrong is None:
        return ""
    words = {
        answers.Fault.MISSING: _("An answer is needed here."),
        answers.Fault.NO_CONSENT: _("Nobody can be registered without this consent."),
        answers.Fault.TOO_LONG: _("Keep this to %(count)s characters or fewer.", count=answers.LONGEST_TEXT),
        answers.Fault.UNSTORABLE: _("An invisible character stands here that cannot be kept."),
        answers.Fault.NO_OPTION: _("“%(text)s” is none of the options.", text=change.detail),
        answers.Fault.NO_NUMBER: _(
            "“%(text)s” is no whole number from 0 to %(most)s.", text=change.detail, most=f"{answers.LARGEST_NUMBER:,}"
        ),
        answers.Fault.NO_DAY: _("“%(text)s” is no day. Write it like 2026-03-08.", text=change.detail),
        answers.Fault.NO_YES: _("“%(text)s” is neither yes nor no.", text=change.detail),
    }
    return words[change.wrong]


def column(change: Change, names: Mapping[str, str]) -> str:
    """The name of the column in which a fault stands; `names`: of those of questions."""
    if change.column in names:
        return names[change.column]
    return str(FIELDS[Field(change.column)]) if change.column else ""


def changed(change: Change, questions: Sequence[answers.Asked], rooms: Mapping[int, str]) -> list[tuple[str, str, str]]:
    """(what, before, after) of a changed line. `rooms`: their names by id."""
    shown = []
    for key, value in change.values.items():
        if key == "pool_id":
            shown.append((_("Room"), rooms.get(change.before[key], ""), rooms.get(value, "")))
        else:
            shown.append((str(FIELDS[Field(key)]), _cell(change.before[key]), _cell(value)))
    if change.answers is not None:
        shown += [
            (one.label, _told(one, change.answered), _told(one, change.answers))
            for one in questions
            if change.answered.get(one.id) != change.answers.get(one.id)
        ]
    return shown


def _cell(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def said(change: Change, questions: Sequence[answers.Asked]) -> list[tuple[str, str]]:
    """(question, answer) of what a new line answers."""
    given = change.answers or {}
    return [(one.label, _told(one, given)) for one in questions if one.id in given]


def _told(question: answers.Asked, given: Mapping[int, str]) -> str:
    return words_of(question, given.get(question.id, ""))
