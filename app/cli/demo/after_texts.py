"""What the demo tells about the time after its events, in our own words. People and addresses are invented."""

from __future__ import annotations

from datetime import date
from typing import Any

MINUTES_2006 = """Two days, five sessions, one wall of paper on which a woman’s life ran from left to right. The participants \
marked on it every place where nobody is responsible for her.

- **Girlhood.** Those who travel without papers are counted with the adults, or not at all.
- **Work.** Most contracts of women end at the door of a private home.
- **Health.** Care stops where a residence permit ends, also for a pregnancy that has begun.
- **Violence.** Whoever calls for help risks being sent away.
- **Old age.** Pensions that were earned in three countries are paid by none.

The recommendations were read out and agreed to at the end of the second day. They stand on the page *What came of it*."""

OUTCOMES_2006: tuple[dict[str, Any], ...] = (
    {
        "kind": "recommendation", "addressee": "Governments", "due_on": date(2007, 5, 31),
        "text": "Publish what is counted about migration by sex and by age, from the next census on.",
        "steps": (
            (date(2006, 11, 14), "in_progress", "Nine statistical offices say that their next tables will be split by sex."),
            (date(2007, 6, 4), "done", "The first tables are out. What is missing now is age."),
        ),
    },
    {
        "kind": "recommendation", "addressee": "Governments", "due_on": date(2007, 12, 31),
        "text": "Let a woman who reports violence keep her permit while the case is heard, also when it depends on her husband’s.",
        "steps": (
            (date(2007, 2, 20), "in_progress", "Three countries have put a draft before their parliaments."),
            (date(2008, 1, 15), "in_progress", "One law is in force. We go on asking the others."),
        ),
    },
    {
        "kind": "recommendation", "addressee": "Agencies", "due_on": date(2006, 12, 15),
        "text": "Write one short guide to health on the road, pregnancy included, and give it out where buses and boats leave.",
        "steps": (
            (date(2006, 9, 5), "in_progress", "Midwives of two agencies have agreed on eleven pages."),
            (date(2006, 12, 11), "done", "Printed in four languages; the first boxes are at the borders."),
        ),
    },
    {
        "kind": "recommendation", "addressee": "Agencies and partners", "due_on": date(2006, 10, 31),
        "text": "Name one person in every country office whom a woman can ask for, and print the number on everything.",
        "steps": ((date(2006, 10, 24), "done", "Every office has its focal point. The list goes round each quarter."),),
    },
    {
        "kind": "recommendation", "addressee": "Partners", "due_on": date(2007, 3, 8),
        "text": "Collect the stories of women who went, in their own words, and let schools have them.",
        "steps": ((date(2007, 3, 7), "done", "A pamphlet of fourteen stories, ready for International Women’s Day."),),
    },
    {
        "kind": "decision", "addressee": "The organisers", "due_on": date(2006, 9, 14),
        "text": "Bring these recommendations to the High-Level Dialogue of the United Nations in September.",
        "steps": ((date(2006, 9, 18), "done", "They were handed in, and quoted twice from the floor."),),
    },
    {
        "kind": "action", "addressee": "Researchers", "due_on": date(2007, 6, 30),
        "text": "Find out what becomes of the money that women send home, and who decides about it.",
        "steps": (
            (date(2006, 12, 1), "in_progress", "A study of one country is in print."),
            (date(2007, 9, 3), "dropped", "No money for a second country. The first study can be had from us."),
        ),
    },
)  # fmt: skip

TALK: dict[str, Any] = {
    "kind": "talk",
    "title": "The first job in a new country",
    "summary": "Two women who arrived as trained nurses tell how long it took until somebody let them nurse.",
    "body": "A lunch talk with an employment adviser, and with many questions about diplomas.",
    "place": "Headquarters, room 3, Geneva",
    "audience_note": "Everybody is welcome",
}
MINUTES_LATELY = """It took one of the guests four years and the other eleven until their diplomas counted. Asked what would \
have helped, both said the same: *somebody who reads the form with you*.

What was agreed stands under *What came of it*."""

# Name, party, and how they describe themselves.
GUESTS = (
    ("Amina Said", 1, "woman"), ("Beatriz Pinto", 2, "woman"), ("Chloe Rochat", 1, "woman"), ("Dario Conti", 1, "man"),
    ("Esther Mensah", 1, "woman"), ("Farid Nasser", 3, "man"), ("Greta Holm", 1, "woman"), ("Hugo Favre", 2, "man"),
    ("Ines Moreau", 1, "woman"), ("Jonas Weber", 1, "man"), ("Kadija Ba", 2, "woman"), ("Luc Perrin", 1, "man"),
    ("Mei Tanaka", 1, "woman"), ("Nils Berg", 1, "man"), ("Olena Koval", 1, "unsaid"), ("Pablo Ruiz", 1, "man"),
)  # fmt: skip
CAME = {name for name, _party, _said in GUESTS} - {"Jonas Weber", "Nils Berg", "Hugo Favre"}
ANSWERS = {
    "Amina Said": (5, "That nobody talked about us, only we ourselves.", "", "woman"),
    "Beatriz Pinto": (5, "The adviser stayed until the last question.", "A list of the offices, on paper.", "woman"),
    "Chloe Rochat": (4, "", "More time. An hour and a quarter is a lunch, not a talk.", "woman"),
    "Dario Conti": (4, "The form on the screen, line by line.", "", "man"),
    "Esther Mensah": (5, "To hear that eleven years were not my fault.", "", "woman"),
    "Farid Nasser": (3, "", "I could not hear the questions from the back.", "man"),
    "Greta Holm": (5, "The laughter.", "", "woman"),
    "Ines Moreau": (4, "Two stories, and no slides.", "Say beforehand that children may come.", ""),
}  # fmt: skip

# `in_days` from today.
OUTCOMES_LATELY: tuple[dict[str, Any], ...] = (
    {
        "kind": "action", "addressee": "Partners", "owner": "Sofia Marin", "owner_email": "s.marin@ngo.example",
        "text": "Open a table on Tuesdays at which somebody reads the forms of recognition with whoever brings one.",
        "in_days": 4, "steps": (("in_progress", "Two volunteers have said yes. We look for a third, and for a table."),),
    },
    {
        "kind": "recommendation", "addressee": "The canton", "owner": "Reto Amsler", "owner_email": "r.amsler@canton.example",
        "text": "Say on the first page of the form how long an answer takes, and who can be asked meanwhile.",
        "in_days": -3, "steps": (),
    },
    {
        "kind": "decision", "addressee": "The organisers", "text": "Ask both guests back in a year.", "in_days": None, "steps": (),
    },
)  # fmt: skip
