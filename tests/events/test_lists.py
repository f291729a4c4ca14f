"""Lists read in, looked over and applied once; and lists handed out."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import delete, func, select

from app.core import jobs
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import (
    asking,
    closed_list,
    exports,
    import_plans,
    imports,
    inviting,
    offers,
    pools,
    queries,
    seats,
    services,
)
from app.events.batch import Party, register_all
from app.events.columns import plain, understood
from app.events.import_rules import GONE
from app.events.models import (
    Answer,
    Event,
    Guest,
    ImportDraft,
    PoolKind,
    Question,
    QuestionKind,
    Registration,
    SeatPool,
)
from app.events.seats import Claim
from app.web.lists import read_text
from app.web.workbooks import read_list, write_workbook
from tests.cast import Cast
from tests.events.helpers import mails, make_event, seat

PEOPLE = "Name,E-mail,Party\nAnn,ann@home.example,2\nBo,bo@home.example,1\nNobody,no address,1\n"


def upload(text: str | bytes, name: str = "people.csv") -> dict[str, Any]:
    return {"file": (io.BytesIO(text if isinstance(text, bytes) else text.encode()), name), "locale": "en", "tell": "y"}


def send(client: Any, event: Event, data: dict[str, Any], where: str = "lists/") -> str:
    """Send a list; the address of its draft."""
    answer = client.post(f"/manage/events/{event.id}/{where}", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Registration)) or 0


def test_lists_are_for_organisers(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    draft = send(client_for(cast.organiser), event, upload(PEOPLE))
    base = f"/manage/events/{event.id}/"
    sheets = [
        f"lists/{name}.{form}" for name in ("registrations", "waiting", "invitations") for form in ("csv", "xlsx")
    ]
    pages = ["lists/", "addresses/", "lists/template.csv", *sheets]
    for who, expected in (("nobody", 303), ("stranger", 403), ("helper", 403), ("treasurer", 403), ("organiser", 200)):
        client = client_for(None if who == "nobody" else getattr(cast, who))
        for path in (*(base + page for page in pages), draft):
            assert client.get(path).status_code == expected, (who, path)
        if who != "organiser":
            for path in (draft + "confirmation", draft + "removal", base + "addresses/removals", base + "lists/"):
                assert client.post(path).status_code == expected
        door = client.get(base + "lists/door.csv").status_code
        assert door == (200 if who == "helper" else expected)
    assert count() == 0


def test_a_draft_of_another_event_is_not_found(app: Flask, cast: Cast, client_for: Any) -> None:
    event, other = make_event(capacity=9), make_event(capacity=9)
    client = client_for(cast.organiser)
    draft = send(client, event, upload(PEOPLE)).replace(f"/{event.id}/", f"/{other.id}/", 1)
    assert client.get(draft).status_code == 404
    for doing in ("confirmation", "removal"):
        assert client.post(draft + doing).status_code == 404
    assert client.get(f"/manage/events/{event.id}/lists/999/").status_code == 404
    assert client.get(f"/manage/events/{event.id}/lists/secrets.csv").status_code == 404
    assert count() == 0


def test_what_a_list_changes_is_shown_then_done_once(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=4)
    seat(event, "Ann")
    seat(event, "Cid")
    client = client_for(cast.organiser)
    text = PEOPLE + "Cid,cid@home.example,1\nDee,dee@home.example,2\nBo Again,BO@home.example,1\n"
    draft = send(client, event, upload(text))
    page = client.get(draft).text
    for words in (
        "3 people would be registered", "There is a seat for 1 of them now", "“no address” is no e-mail address.",
        "stands in line 3 already", "<del>1</del> → <ins>2</ins>",
    ):  # fmt: skip
        assert words in page
    assert count() == 2
    for _ in range(2):
        client.post(draft + "confirmation")
    db.session.rollback()
    rows = {
        row.name: (row.party, row.seated, row.status.value, row.source.value)
        for row in db.session.scalars(select(Registration))
    }
    assert rows == {
        "Ann": (2, 2, "confirmed", "form"), "Cid": (1, 1, "confirmed", "form"), "Bo": (1, 1, "confirmed", "import"),
        "Dee": (2, 0, "waiting", "import"),
    }  # fmt: skip
    assert queries.seat_faults(event.id) == []
    assert db.session.scalars(select(ImportDraft.rows)).one() == "{}"  # whom it named is forgotten
    while jobs.run_due():
        pass
    assert [mail.recipient for mail in mails("event_confirmed", "bo@")] == ["bo@home.example"]
    assert [mail.recipient for mail in mails("event_waiting")] == ["dee@home.example"]
    again = client.get(send(client, event, upload(text))).text
    assert "There is nothing to do" in again


def test_two_thousand_people_twice_are_two_thousand(app: Flask, engine: str, cast: Cast, client_for: Any) -> None:
    kind = "xlsx" if engine == "sqlite" else "csv"
    event = make_event(capacity=1500)
    people = [[f"Person {number}", f"person{number}@home.example", 1] for number in range(2000)]
    header = ["Name", "E-mail", "Party"]
    if kind == "xlsx":
        content = write_workbook("People", header, people)
    else:
        content = "\n".join(";".join(map(str, row)) for row in [header, *people]).encode("utf-16")
    client = client_for(cast.organiser)
    for turn in range(2):
        draft = send(client, event, upload(content, f"people.{kind}"))
        page = client.get(draft).text
        assert ("2000 people would be registered" in page) is (turn == 0)
        client.post(draft + "confirmation")
        assert count() == 2000
    counts = queries.counts_of(event.id)
    assert (counts["confirmed"], counts["waiting"]) == ((1500, 1500), (500, 500))
    assert queries.seat_faults(event.id) == []
    first = db.session.scalars(
        select(Registration.name)
        .where(Registration.status == "waiting")
        .order_by(Registration.ranked_at, Registration.id)
    ).first()
    assert first == "Person 1500"
    assert db.session.scalar(select(func.count()).select_from(jobs.Job).where(jobs.Job.kind == imports.TELL)) == 40


def test_who_withdrew_is_not_brought_back_by_a_list(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    client = client_for(cast.organiser)
    client.post(send(client, event, upload(PEOPLE)) + "confirmation")
    ann = db.session.scalars(select(Registration).where(Registration.name == "Ann")).one()
    with atomic():
        services.withdraw(ann.id)
    while jobs.run_due():
        pass
    assert mails("event_confirmed", "ann@") == []  # and is not told that they have a seat
    page = client.get(send(client, event, upload(PEOPLE))).text
    assert "are not brought back by a list" in page
    with atomic():
        (answer,) = register_all(event.id, [Party("Ann", "ann@home.example", imports.operation_of("ann@home.example"))])
    assert isinstance(answer, Claim)
    assert not answer.made
    assert count() == 2


@pytest.mark.parametrize("batch", [2, 100])
def test_the_batch_answers_as_one_after_another_would(app: Flask, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """The same people through `register` and through `register_all`: the same seats, the same queue."""
    monkeypatch.setattr(seats, "BATCH", batch)
    parties = [(f"p{number}", 1 + number % 4) for number in range(12)]
    found = []
    for whole in (False, True):
        event = make_event(capacity=13)
        seat(event, "early", 3)
        for number in range(4):  # too large for what is free
            seat(event, f"large{number}", 11, by_organiser=True)
        if whole:
            with atomic():
                register_all(event.id, [Party(name, f"{name}@home.example", name, party) for name, party in parties])
        else:
            for name, party in parties:
                seat(event, name, party, by_organiser=True)
        assert queries.seat_faults(event.id) == []
        rows = db.session.scalars(
            select(Registration)
            .where(Registration.event_id == event.id)
            .order_by(Registration.ranked_at, Registration.id)
        )
        found.append([(row.name, row.party, row.seated, row.status.value) for row in rows])
    assert sorted(found[0]) == sorted(found[1])
    waiting = [[row for row in rows if row[3] == "waiting"] for rows in found]
    assert waiting[0] == waiting[1] != []


def test_rooms_languages_and_nobody_told(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=2)
    with atomic():
        db.session.get_one(Event, event.id).pools.append(
            SeatPool(capacity=5, ceiling=5, kind=PoolKind.ONLINE, name="By video", position=1)
        )
    text = "Nombre;Correo;Sala;Idioma\nAna;ana@home.example;by  VIDEO;español\nEva;eva@home.example;;fr\nX;x@home.example;Cellar;"
    data = upload(text) | {"tell": ""}
    del data["tell"]
    client = client_for(cast.organiser)
    draft = send(client, event, data)
    assert "no room “Cellar”" in client.get(draft).text
    client.post(draft + "confirmation")
    while jobs.run_due():
        pass
    rows = {row.name: (row.pool.name, row.locale) for row in db.session.scalars(select(Registration))}
    assert rows == {"Ana": ("By video", "es"), "Eva": ("", "fr")}
    assert mails("event_") == []


def test_a_list_for_an_event_that_takes_nobody_is_refused_whole(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    client = client_for(cast.organiser)
    draft = send(client, event, upload(PEOPLE))
    with atomic():
        services.set_status(event.id, "cancelled")
    answer = client.post(draft + "confirmation")
    assert answer.status_code == 409
    assert "cancelled" in answer.text
    assert count() == 0
    assert db.session.scalars(select(ImportDraft.applied_at)).one() is None


def test_a_party_that_cannot_grow_is_named_and_the_rest_is_done(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=2)
    seat(event, "Ann")
    seat(event, "Bo")
    client = client_for(cast.organiser)
    client.post(
        send(client, event, upload("Name,E-mail,Party\nAnn A,ann@home.example,2\nBo B,bo@home.example,1"))
        + "confirmation"
    )
    assert "too few seats: 2" in client.get(f"/manage/events/{event.id}/registrations/").text
    assert {row.name for row in db.session.scalars(select(Registration))} == {"Ann", "Bo B"}
    assert queries.seat_faults(event.id) == []


def apply(client: Any, event: Event, text: str) -> str:
    """Send a list and apply it; what the page of those registered says then."""
    return str(client.post(send(client, event, upload(text)) + "confirmation", follow_redirects=True).text)


def test_a_party_that_a_list_makes_smaller_keeps_no_names_beyond_it(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    ann = seat(event, "Ann", 3)
    with atomic():
        asking.first_words(ann.id, {}, ["Bo", "Cy"])
    apply(client_for(cast.organiser), event, "Name,E-mail,Party\nAnn,ann@home.example,2")
    assert db.session.scalars(select(Guest.name)).all() == ["Bo"]


def test_lines_that_could_not_be_done_are_not_counted_as_done(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=3)
    ann = seat(event, "Ann", 2)
    seat(event, "Bo")
    with atomic():
        db.session.get_one(Registration, ann.id).arrived = 2
    text = "Name,E-mail,Party\nAnn,ann@home.example,1\nBo,bo@home.example,2\n"
    page = apply(client_for(cast.organiser), event, text)
    for words in ("Done: 0 new, 0 changed.", "too few seats: 3.", "in the house already: 2."):
        assert words in page


def hall_and_online(hall: int, online: int) -> Event:
    event = make_event(capacity=hall)
    with atomic():
        pools.add_pool(event.id, name="Online", kind=PoolKind.ONLINE, capacity=online, largest_party=50, actor_id=None)
    return event


def test_a_list_moves_people_after_registration_has_closed_and_tells_them_once(
    app: Flask, cast: Cast, client_for: Any
) -> None:
    event = hall_and_online(4, 3)
    seat(event, "Ann", 2)
    with atomic():
        db.session.get_one(Event, event.id).registration_closes_at = now()
    text = "Name,E-mail,Party,Room\nAnn,ann@home.example,3,Online"
    draft = client_for(cast.organiser).get(send(client_for(cast.organiser), event, upload(text))).text
    assert "<del>In the room</del> → <ins>Online</ins>" in draft
    apply(client_for(cast.organiser), event, text)
    db.session.rollback()
    (ann,) = db.session.scalars(select(Registration))
    assert (ann.party, ann.seated, ann.pool.name) == (3, 3, "Online")
    assert len(mails("event_party")) == 1
    assert queries.seat_faults(event.id) == []


def test_the_largest_party_is_that_of_the_room_they_are_in(app: Flask, cast: Cast, client_for: Any) -> None:
    event = hall_and_online(2, 20)
    online = db.session.scalars(select(SeatPool.id).where(SeatPool.name == "Online")).one()
    seat(event, "Ann", 2, pool_id=online)
    apply(client_for(cast.organiser), event, "Name,E-mail,Party\nAnn,ann@home.example,9")
    db.session.rollback()
    assert db.session.scalars(select(Registration.party)).all() == [9]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Paste some lines"),
        (b" ", "nothing in it"),
        (b"x@a.example\n" * 100_000, "more than 10,000 lines"),
        (b"%PDF-1.4 \x01\x02\x03\x04", "This is no list"),
        (b"PK\x03\x04nonsense", "cannot be opened"),
        (b"\xd0\xcf\x11\xe0", "of the old kind"),
        (b"Name,Phone\nA,1", "No e-mail address stands in it"),
        (b"E-mail,Courriel\na@a.example,b@a.example", "Two columns tell the same"),
        (b'Name,E-mail\n"A,a@a.example', "line 2 is never closed"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_files_that_cannot_be_read_are_refused_with_words(
    app: Flask, cast: Cast, client_for: Any, engine: str, content: bytes, words: str
) -> None:
    event = make_event(capacity=9)
    data = upload(content, "" if not content else "x.csv")
    answer = client_for(cast.organiser).post(f"/manage/events/{event.id}/lists/", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.scalars(select(ImportDraft)).all() == []


def test_the_lines_of_a_file_come_back_when_something_else_is_wrong(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    answer = client_for(cast.organiser).post(
        f"/manage/events/{event.id}/lists/", data=upload(PEOPLE) | {"locale": "xx"}
    )
    assert answer.status_code == 422
    assert "Ann\tann@home.example\t2" in answer.text


def test_drafts_are_forgotten(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    client = client_for(cast.organiser)
    first, _second = send(client, event, upload(PEOPLE)), send(client, event, upload(PEOPLE))
    assert client.get(f"/manage/events/{event.id}/lists/").text.count("people.csv") == 2
    client.post(first + "removal")
    assert client.get(first).status_code == 404
    with travel(now() + timedelta(days=6)):
        imports.sweep()
    assert len(db.session.scalars(select(ImportDraft)).all()) == 1
    with travel(now() + timedelta(days=8)):
        imports.sweep()
    assert db.session.scalars(select(ImportDraft)).all() == []
    assert count() == 0


def test_a_closed_list_by_names_of_lists(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(audience="listed", capacity=9)
    client, where = client_for(cast.organiser), "addresses/"
    path = f"/manage/events/{event.id}/{where}"
    assert "Nobody is on the list yet" in client.get(path).text
    for group, text in (
        ("Parents 5b", "Pia <pia@family.example>\n@home.example\nx"),
        ("Board", "a@x.example\npia@family.example"),
    ):
        client.post(send(client, event, {"people": text, "group": group}, where) + "confirmation")
    assert closed_list.groups_of(event.id) == [("Board", 2), ("Parents 5b", 1)]
    assert client_for(cast.parent).get(f"/events/{event.slug}/").status_code == 200
    client.post(path + "removals", data={"address": "pia@family.example"})
    assert client_for(cast.parent).get(f"/events/{event.slug}/").status_code == 404
    client.post(path + "removals", data={"group": "Parents 5b"})
    client.post(path + "removals", data={})
    assert closed_list.names_of(event.id) == {"a@x.example": "Board"}


# Answers


def ask(event: Event) -> dict[str, int]:
    """Questions of every kind; their ids by label."""
    with atomic():
        made = [
            asking.add_question(event.id, kind=kind, label=label, **more)
            for kind, label, more in (
                (QuestionKind.TEXT, "A word", {}),
                (QuestionKind.CHOICE, "Menu", {"options": "Meat\nFish", "required": True}),
                (QuestionKind.SEVERAL, "Days", {"options": "Monday\nTuesday"}),
                (QuestionKind.NUMBER, "Age", {}),
                (QuestionKind.DATE, "Arrives", {}),
                (QuestionKind.YES_NO, "By car?", {}),
                (QuestionKind.CONSENT, "Rules", {"required": True}),
                (QuestionKind.FILE, "Passport", {}),
            )
        ]
        plate = asking.add_question(
            event.id,
            kind=QuestionKind.TEXT,
            label="Plate",
            required=True,
            condition_id=made[5].id,
            condition_value="yes",
        )
    return {question.label: question.id for question in [*made, plate]}


def answers_of(name: str) -> dict[str, str]:
    db.session.rollback()
    query = select(Question.label, Answer.value).join(Answer.question).join(Answer.registration)
    return {row.label: row.value for row in db.session.execute(query.where(Registration.name == name))}


ANSWERED = (
    "Name;E-mail;A word;Menu;Days;Age;Arrives;By car?;Rules;Plate;Passport\n"
    "Ann;ann@home.example;=1+1;fish;Tuesday; Monday;41;2026-03-08;oui;x;GE 12;\n"
).replace("Tuesday; Monday", '"Tuesday; Monday"')


def test_a_list_answers_the_questions_and_its_faults_are_named_by_line_and_column(
    app: Flask, cast: Cast, client_for: Any
) -> None:
    event = make_event(capacity=9)
    ask(event)
    client = client_for(cast.organiser)
    text = ANSWERED + (
        "Bo;bo@home.example;;Tofu;;;;no;yes;;\nCy;cy@home.example;;;;;;no;yes;;\nDi;di@home.example;;Fish;;x;;no;yes;;\n"
        "Ed;ed@home.example;;Fish;;;30 February;no;yes;;\nFy;fy@home.example;;Fish;;;;no;no;;\n"
        "Gi;gi@home.example;;Fish;;;;yes;yes;;\nHu;hu@home.example;;Fish;Sunday;;;perhaps;yes;;\n"
    )
    draft = send(client, event, upload(text))
    page = " ".join(client.get(draft).text.split())
    for line, column, words in (
        (3, "Menu", "“Tofu” is none of the options."), (4, "Menu", "An answer is needed here."),
        (5, "Age", "“x” is no whole number from 0 to 1,000,000,000."), (6, "Arrives", "“30 February” is no day."),
        (7, "Rules", "Nobody can be registered without this consent."), (8, "Plate", "An answer is needed here."),
        (9, "Days", "“Sunday” is none of the options."),
    ):  # fmt: skip
        assert (
            f'<td data-label="Line">{line}</td><td data-label="Column">{column}</td><td data-label="Why">{words}'
            in page
        )
    assert "Columns that are not used: Passport" in page
    assert "A word: =1+1<br>Menu: Fish<br>Days: Monday, Tuesday" in page
    client.post(draft + "confirmation")
    assert answers_of("Ann") == {
        "A word": "=1+1", "Menu": "Fish", "Days": "Monday\nTuesday", "Age": "41", "Arrives": "2026-03-08", "By car?": "yes",
        "Rules": "yes", "Plate": "GE 12",
    }  # fmt: skip
    assert count() == 1


def test_an_answer_that_differs_is_changed_and_shown_before(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    ask(event)
    client = client_for(cast.organiser)
    apply(client, event, ANSWERED)
    text = "Name;E-mail;Menu;By car?\nAnn;ann@home.example;Meat;no\n"
    page = client.get(send(client, event, upload(text))).text
    for words in (
        "Menu: <del>Fish</del> → <ins>Meat</ins>",
        "By car?: <del>Yes</del>",
        "Plate: <del>GE 12</del> → <ins>–</ins>",
    ):
        assert words in page
    apply(client, event, text)
    found = answers_of("Ann")
    assert (found["Menu"], found["By car?"], found["Age"], "Plate" in found) == ("Meat", "no", "41", False)
    assert "There is nothing to do" in client.get(send(client, event, upload(text))).text
    apply(client, event, "Name,E-mail,Menu,Age\nAnn,ann@home.example,,\n")
    assert answers_of("Ann") == found


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_list_handed_out_with_answers_is_read_in_again(app: Flask, cast: Cast, client_for: Any, form: str) -> None:
    event = make_event(capacity=9)
    ids = ask(event)
    with atomic():
        twin = asking.add_question(event.id, kind=QuestionKind.TEXT, label="Name")
    client = client_for(cast.organiser)
    apply(client, event, ANSWERED)
    with atomic():
        row = db.session.scalars(select(Registration)).one()
        row.name = "Ann  Keller"  # as a form keeps it
        asking.first_words(row.id, {twin.id: "Two\nlines; and more"}, [])
    path = f"/manage/events/{event.id}/lists/registrations.{form}"
    content = client.get(path).data
    assert "There is nothing to do" in client.get(send(client, event, upload(content, f"back.{form}"))).text
    with atomic():
        db.session.execute(delete(Answer))
    apply_content = send(client, event, upload(content, f"back.{form}"))
    client.post(apply_content + "confirmation")
    found = answers_of("Ann  Keller")
    assert (found["Name"], found["Days"], len(found)) == ("Two\nlines; and more", "Monday\nTuesday", len(ids))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_guests_are_read_in_handed_out_and_read_in_again(app: Flask, cast: Cast, client_for: Any, form: str) -> None:
    event, client = make_event(capacity=9, guest_names=True), client_for(cast.organiser)
    draft = send(client, event, upload("Name,E-mail,Guests\nAnn,ann@home.example,Mia Lund; Tom Lund\n"))
    assert "Mia Lund; Tom Lund" in client.get(draft).text
    client.post(draft + "confirmation")
    ann = db.session.scalars(select(Registration)).one()
    assert (ann.party, ann.seated) == (3, 3)
    content = client.get(f"/manage/events/{event.id}/lists/registrations.{form}").data
    assert "There is nothing to do" in client.get(send(client, event, upload(content, f"back.{form}"))).text
    draft = send(client, event, upload("Name,E-mail,Party,Guests\nAnn,ann@home.example,2,Eva Lund\n"))
    assert "Mia Lund; Tom Lund" in client.get(draft).text  # what stood there
    client.post(draft + "confirmation")
    db.session.rollback()
    assert [guest.name for guest in db.session.scalars(select(Guest))] == ["Eva Lund"]
    page = client.get(send(client, event, upload("Name,E-mail,Guests\nAnn,ann@home.example,Eva; Mia; Tom"))).text
    assert "More guests are named than a party of 2 has." in page
    assert "Guests" in client.get(f"/manage/events/{event.id}/lists/template.csv").text


def test_the_page_and_an_empty_list_name_the_columns(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    ask(event)
    client = client_for(cast.organiser)
    page = client.get(f"/manage/events/{event.id}/lists/").text
    for words in (
        "Columns for the 8 questions",
        "one of: Meat, Fish · needed",
        "a day like 2026-03-08",
        "template.xlsx",
    ):
        assert words in page
    assert "Passport" not in page
    csv_text = client.get(f"/manage/events/{event.id}/lists/template.csv").text
    columns = "Name,E-mail address,Party,Needs,Diet,Language,A word,Menu,Days,Age,Arrives,By car?,Rules,Plate"
    assert csv_text.removeprefix("\ufeff").strip() == columns
    assert read_list(client.get(f"/manage/events/{event.id}/lists/template.xlsx").data)[0].cells == tuple(
        columns.split(",")
    )


def test_a_needed_answer_without_a_column_is_said_and_holds_nobody_up(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    ask(event)
    client = client_for(cast.organiser)
    page = client.get(send(client, event, upload(PEOPLE))).text
    assert "Questions that need an answer and have no column: Menu, Rules, Plate" in page
    apply(client, event, PEOPLE)
    assert count() == 2


def test_the_answers_of_a_file_come_back_under_their_names(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9)
    ask(event)
    answer = client_for(cast.organiser).post(
        f"/manage/events/{event.id}/lists/",
        data=upload("Name,E-mail,Menu\nAnn,ann@home.example,Fish") | {"locale": "xx"},
    )
    assert answer.status_code == 422
    assert "Name\tE-mail address\tMenu\nAnn\tann@home.example\tFish" in answer.text


# Handed out


def rows_of(answer: Any) -> list[dict[str, str]]:
    if answer.mimetype == "text/csv":
        return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    head, *lines = read_list(answer.data)
    return [dict(zip(head.cells, [*line.cells, *[""] * len(head.cells)], strict=False)) for line in lines]


@pytest.fixture
def full(app: Flask) -> Event:
    """An event with guests, answers, needs, a queue and invitations."""
    start = datetime(2031, 7, 1, 16, tzinfo=UTC)
    event = make_event(capacity=3, timezone="America/New_York", starts_at=start, ends_at=start + timedelta(hours=1))
    with travel(datetime(2031, 3, 1, 20, 30, tzinfo=UTC)):
        ann = seat(event, "Ann", 2, needs="+41 22 555 01 02", diet="=1+1", listed=True)
        seat(event, "Waits", 2)
    with atomic():
        event = db.session.get_one(Event, event.id)
        db.session.add(Guest(registration_id=ann.id, number=2, name="Bo Guest"))
        for position, (kind, label, value) in enumerate(
            ((QuestionKind.SEVERAL, "Which days?", "Monday\nTuesday"), (QuestionKind.YES_NO, "By train?", "yes"))
        ):
            question = Question(event_id=event.id, kind=kind, label=label, position=position)
            db.session.add(question)
            db.session.flush()
            db.session.add(Answer(registration_id=ann.id, question_id=question.id, value=value))
        inviting.invite(event.id, [inviting.Wanted("m@state.example", "Minister", 4)])
    return event


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_registrations_with_guests_answers_and_the_events_own_time(
    full: Event, cast: Cast, client_for: Any, form: str
) -> None:
    answer = client_for(cast.organiser).get(f"/manage/events/{full.id}/lists/registrations.{form}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{full.slug}.{form}"'
    ann, waits = rows_of(answer)
    assert ann["Guests"] == "Bo Guest"
    assert (ann["Party"], ann["Seated"], waits["Seated"]) == ("2", "2", "0")
    assert (ann["Which days?"], ann["By train?"], waits["By train?"]) == ("Monday; Tuesday", "yes", "")
    assert ann["Needs"] == "+41 22 555 01 02"
    assert ann["Diet"] == ("'=1+1" if form == "csv" else "=1+1")  # a text in a workbook's text cell needs no mark
    assert ann["In the participant list"] == "yes"
    if form == "csv":
        assert ann["Registered"] == "2031-03-01 15:30"  # in New York
    else:
        assert ann["Registered"].startswith("47908.6458")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_a_list_handed_out_in_any_language_is_understood(app: Flask, engine: str, language: str) -> None:
    event = make_event(capacity=9, approval=True)
    seat(event, "Ann", 3, needs="A ramp", diet="No nuts", by_organiser=True)
    gone, dee = seat(event, "Gone", by_organiser=True), seat(event, "Dee")
    with atomic():
        services.withdraw(gone.id)
        offers.decline(dee.id, "", None)
    with app.test_request_context(), force_locale(language):
        table = exports.registrations(db.session.get_one(Event, event.id))
        text = "\n".join("\t".join(str(cell) for cell in row) for row in [table.header, *table.rows])
    entries = understood(read_text(text), import_plans.meanings_of([])).entries
    ann = next(entry.values for entry in entries if entry.values["name"] == "Ann")
    assert {key: ann[key] for key in ("email", "party", "needs", "diet", "locale")} == {
        "email": "ann@home.example", "party": "3", "needs": "A ramp", "diet": "No nuts", "locale": "en",
    }  # fmt: skip
    states = {entry.values["name"]: plain(entry.values["state"]) in GONE for entry in entries}
    assert states == {"Ann": False, "Gone": True, "Dee": True}


def test_a_question_that_looks_like_a_formula_is_a_text_over_its_column(
    full: Event, cast: Cast, client_for: Any
) -> None:
    with atomic():
        asking.add_question(full.id, kind=QuestionKind.TEXT, label='=HYPERLINK("x")')
    answer = client_for(cast.organiser).get(f"/manage/events/{full.id}/lists/registrations.csv")
    assert '\'=HYPERLINK("x")' in rows_of(answer)[0]


def test_the_doors_list_tells_nothing_that_the_door_need_not_know(full: Event, cast: Cast, client_for: Any) -> None:
    answer = client_for(cast.helper).get(f"/manage/events/{full.id}/lists/door.csv")
    assert rows_of(answer) == [{"Name": "Ann", "Guests": "Bo Guest", "Seated": "2", "Arrived": "0", "Room": "Room"}]
    for secret in ("@", "555", "1+1", "Monday"):
        assert secret not in answer.text


def test_the_queue_in_its_order_and_the_invitations(full: Event, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.organiser)
    (waits,) = rows_of(client.get(f"/manage/events/{full.id}/lists/waiting.csv"))
    assert (waits["Position"], waits["Name"], waits["Seats missing"], waits["Moved"]) == ("1", "Waits", "2", "no")
    (invited,) = rows_of(client.get(f"/manage/events/{full.id}/lists/invitations.xlsx"))
    assert (invited["State"], invited["Name"], invited["Seats"], invited["How many come"]) == (
        "Written to",
        "Minister",
        "4",
        "0",
    )


def test_what_is_handed_out_can_be_read_in_again(full: Event, cast: Cast, client_for: Any) -> None:
    client = client_for(cast.organiser)
    for form in ("csv", "xlsx"):
        content = client.get(f"/manage/events/{full.id}/lists/registrations.{form}").data
        page = client.get(send(client, full, upload(content, f"back.{form}"))).text
        assert "A formula stands here: =1+1" in page
        assert "1 line says what stands already" in page
