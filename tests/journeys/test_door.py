"""Three doors lose the network for ten minutes: tickets, a copied one, families in parts, walk-ins; then it comes back.

Nobody comes in twice, no seat is given twice, no scan is lost, and what a helper took upon themselves is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segno
from playwright.sync_api import Page
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import pools
from app.events.door_keeping import close_door, open_doors, posts
from app.events.door_queries import conflicts_of, count_of
from app.events.door_rules import keeper
from app.events.models import Admission, Event, PoolKind, Registration, Verdict
from app.events.tickets import short, ticket_text
from tests.cast import Cast
from tests.events.door_helpers import arrived, deafen, door_faults, open_door, pool_of
from tests.events.helpers import make_event, seat
from tests.journeys.browser import Visitor
from tests.journeys.test_war import enter
from tests.serving import Server

DOORS = ("North", "South", "East")


class Helper:
    """A helper with a phone at a door."""

    def __init__(self, visitor: Visitor, event: Event, name: str) -> None:
        self.visitor, self.page, self.name = visitor, visitor.page, name
        self.path = f"/manage/events/{event.id}/door/"

    def keep_door(self, allotment: int) -> None:
        """Open a door on this phone, and wait until it can do without network."""
        self.visitor.go(self.path)
        self.page.fill("#door-name", self.name)
        self.page.fill("#allotment", str(allotment))
        self.page.click("[data-open-form] button[type=submit]")
        self.stands("online")

    def stands(self, kind: str, words: str = "") -> None:
        """Wait until the page says how it stands with the network."""
        self.page.wait_for_selector(f"[data-status][data-kind={kind}]:has-text({words!r})", timeout=20_000)

    def cut(self) -> None:
        self.visitor.context.set_offline(True)
        self.stands("offline")

    def scan(self, text: str, people: int = 0) -> str:
        """What a hardware scanner does: letters and Enter. A party's number is chosen when it is asked for."""
        self._forget()
        self.page.fill("#code", text)
        self.page.press("#code", "Enter")
        kind = self._verdict()
        if kind == "choose":
            self._forget()
            self.page.click(f"[data-verdict-actions] button:text-matches('(^|\\\\s){people}$')")
            kind = self._verdict()
        return kind

    def on_my_word(self) -> str:
        self._forget()
        self.page.click("text=Let in here, on my word")
        return self._verdict()

    def walk_in(self, people: int, name: str = "") -> str:
        self._forget()
        self.page.click("[data-walk-in] summary")
        self.page.fill("#walk-in-people", str(people))
        self.page.fill("#walk-in-name", name)
        self.page.click("[data-walk-in] button[type=submit]")
        return self._verdict()

    def title(self) -> str:
        return self.page.inner_text("[data-verdict]")

    def waiting(self) -> int:
        """How many scans the phone keeps."""
        return int(self.page.evaluate(KEPT))

    def _forget(self) -> None:
        self.page.evaluate("document.querySelector('[data-verdict]').dataset.kind = ''")

    def _verdict(self) -> str:
        self.page.wait_for_selector("[data-verdict]:not([data-kind='']):not([data-kind='busy'])")
        return str(self.page.get_attribute("[data-verdict]", "data-kind"))


KEPT = """async () => {
  const of = (ask) => new Promise((done) => { ask.onsuccess = () => done(ask.result); });
  const db = await of(indexedDB.open("kermesse-door", 1));
  const all = await of(db.transaction("scans").objectStore("scans").getAll());
  db.close();
  return all.filter((row) => !row.sent).length;
}"""


def quiet(helpers: list[Helper]) -> None:
    """That there was no network is no fault of the page."""
    for one in helpers:
        one.visitor.faults = [fault for fault in one.visitor.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def tickets_by_door(event: Event, parties: list[Registration]) -> dict[str, list[Registration]]:
    """Whose ticket is kept at which door."""
    doors = open_doors(event.id)
    names = {door.id: door.name for door in doors}
    found: dict[str, list[Registration]] = {name: [] for name in DOORS}
    for party in parties:
        found[names[keeper(party.id, posts(doors)) or 0]].append(party)
    return found


def wait_for(page: Page, work: Callable[[], Any], wanted: Any) -> None:
    """Until the house says so too."""
    for _try in range(100):
        db.session.rollback()
        if work() == wanted:
            return
        page.wait_for_timeout(150)
    assert work() == wanted


def test_ten_minutes_without_network_at_three_doors(server: Server, visitor: Callable[..., Visitor]) -> None:
    cast = Cast.assemble()
    event = make_event(title="Voices of our daughters", days=0.02, capacity=48)
    parties = [seat(event, f"Guest{number:02}", 3 if number == 0 else 1) for number in range(21)]
    before = seat(event, "Earlybird")
    helpers = [Helper(visitor(server), event, name) for name in DOORS]
    for one in helpers:
        one.page.clock.install()
        enter(one.visitor, server, cast.helper)
        one.keep_door(allotment=3)
    north, south, east = helpers
    assert pool_of(event).held == 9
    # Everybody's device has said that it holds a list with all three doors.
    wait_for(north.page, lambda: all(not one.may_not_know(other) for one in posts(open_doors(event.id))
                                     for other in posts(open_doors(event.id))), True)  # fmt: skip
    for one in helpers:
        one.page.reload()
        one.stands("online")
    assert north.scan(short(before)) == "welcome"
    assert north.visitor.axe() == []
    wait_for(south.page, lambda: south.page.inner_text("[data-arrived]"), "1")

    # The network goes, everywhere. The pages open again without it, and ten minutes pass.
    for one in helpers:
        one.cut()
        one.page.reload()
        one.stands("offline", "No network since")
        assert one.page.inner_text("[data-door-name]") == one.name
    shares = tickets_by_door(event, parties)
    assert min(map(len, shares.values())) > 2
    family = parties[0]
    scans = 0
    for minute in range(10):
        for one in helpers:
            share = [party for party in shares[one.name] if party is not family]
            if minute < len(share) - 1:  # one ticket of each door is left for later
                assert one.scan(ticket_text(share[minute])) == "welcome", (one.name, minute)
                scans += 1
            one.page.clock.fast_forward(60_000)
    assert "scans" in south.page.inner_text("[data-status]").lower() and "wait" in south.page.inner_text(
        "[data-status]"
    )

    # A copied ticket: its own door says that it was used, the others send it there.
    used = shares["North"][0] if shares["North"][0] is not family else shares["North"][1]
    assert north.scan(short(used)) == "again"
    assert "at this door" in north.title()
    assert south.scan(short(used)) == "elsewhere"
    assert "Send them to North" in south.title()
    assert south.visitor.axe() == []
    assert east.scan(short(before)) == "again"  # from before, by the list
    # The helper at the south door takes it upon themselves.
    assert south.on_my_word() == "welcome"
    scans += 1

    # A family in two parts at its own door, and not a person more.
    home = next(one for one in helpers if family in shares[one.name])
    assert home.scan(short(family), people=2) == "welcome"
    assert home.scan(short(family)) == "welcome"
    assert home.scan(short(family)) == "again"
    scans += 2

    # Walk-ins, as far as each door's own seats go. One is taken back.
    assert [one.walk_in(2, "Lu") for one in helpers] == ["welcome"] * 3
    assert [one.walk_in(2) for one in helpers] == ["refused"] * 3
    assert east.walk_in(1) == "welcome"
    scans += 4
    east.page.click("[data-verdict-actions] >> text=Undo")
    east.page.wait_for_selector("[data-verdict]:has-text('Taken back')")
    scans += 1
    east.page.reload()
    east.stands("offline", "Seats for walk-ins here: 1")
    assert sum(one.waiting() for one in helpers) == scans
    assert count_of(event.id).arrived == 1  # the house knows nothing of it yet

    # The network is back, one after the other.
    for one in helpers:
        one.visitor.context.set_offline(False)
        one.stands("online")
    quiet(helpers)
    assert sum(one.waiting() for one in helpers) == 0
    assert door_faults(event) == []
    rows = db.session.scalars(select(Admission).where(Admission.offline)).all()
    assert len(rows) == len({row.scan for row in rows}) == scans - 1  # all but the taking back, which is no admission
    counted = [row for row in rows if row.verdict is Verdict.ADMITTED and row.undone_at is None]
    (twice,) = conflicts_of(event.id)
    assert (twice.registration_id, twice.verdict) == (used.id, Verdict.AGAIN)
    assert arrived(used) == 1 and arrived(family) == 3
    assert count_of(event.id).arrived == 1 + sum(row.people for row in counted)
    pool = pool_of(event)
    assert pool.confirmed + pool.held <= pool.ceiling == 48
    # Each ticket that was left for later is welcome anywhere now.
    wait_for(north.page, lambda: any(one.silent(now()) for one in posts(open_doors(event.id))), False)
    for one, other in ((north, south), (south, east), (east, north)):
        left = [party for party in shares[other.name] if party is not family][-1]
        if arrived(left) == 0:
            assert one.scan(ticket_text(left)) == "welcome"
    # A door closes: its list is wiped from the phone, its seats are free again.
    held = pool_of(event).held
    north.page.on("dialog", lambda dialog: dialog.accept())
    north.page.click("[data-close]")
    north.page.wait_for_selector("[data-opening]:not([hidden])")
    assert pool_of(event).held == held - 1
    assert north.page.evaluate(LEFT) == [0, 0, 0]


TOUCH = """async () => {
  const of = (ask) => new Promise((done) => { ask.onsuccess = () => done(ask.result); });
  const db = await of(indexedDB.open("kermesse-door", 1));
  const doors = db.transaction("doors", "readwrite").objectStore("doors");
  const [door] = await of(doors.getAll());
  door.list.text = door.list.text.replace('"Ann",1,0', '"Ann",9,0');
  await of(doors.put(door));
  db.close();
}"""

CAMERA = """async ([picture, turn]) => {
  const image = new Image();
  image.src = picture;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const pen = canvas.getContext("2d");
  const draw = () => {
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = "#777";
    pen.fillRect(0, 0, 640, 480);
    pen.setTransform(1, 0.06, -0.04, 1, 320, 240);
    pen.rotate(turn * Math.PI / 180);
    pen.drawImage(image, -130, -130, 260, 260);
  };
  setInterval(draw, 100);
  draw();
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10);
}"""


Scene = tuple[Event, Registration, Helper]


def test_what_else_can_happen_at_a_door(server: Server, visitor: Callable[..., Visitor]) -> None:
    """A touched list, a camera, a session that ended, a second tab, a silent door: one evening each."""
    cast = Cast.assemble()

    def evening() -> Scene:
        event = make_event(days=0.02, capacity=40)
        ann = seat(event, "Ann")
        one = Helper(visitor(server), event, "North")
        enter(one.visitor, server, cast.helper)
        one.keep_door(allotment=2)
        return event, ann, one

    touched(*evening())
    before_the_camera(*evening())
    signed_out(*evening(), server, cast)
    in_two_tabs(*evening())
    beside_a_silent_door(*evening())
    closed_elsewhere(*evening())
    opened_again(*evening())
    with_a_seat_online(*evening())
    forgotten(*evening())


def touched(_event: Event, ann: Registration, one: Helper) -> None:
    """A list that somebody changed on the phone is not used, and the page says so."""
    one.page.evaluate(TOUCH)
    one.visitor.context.set_offline(True)
    one.page.reload()
    one.stands("trouble", "was changed by something")
    assert one.scan(short(ann)) == "refused"
    assert one.waiting() == 0
    one.visitor.context.set_offline(False)
    one.stands("online")
    assert one.scan(short(ann)) == "welcome"
    quiet([one])


def before_the_camera(_event: Event, ann: Registration, one: Helper) -> None:
    """Turned and aslant, without network, by our own reader: this browser has none."""
    assert one.page.evaluate("typeof BarcodeDetector") == "undefined"
    one.cut()
    picture = segno.make(ticket_text(ann), error="m", micro=False, boost_error=False, version=2)
    one.page.evaluate(CAMERA, [picture.png_data_uri(scale=8, border=4), 33])
    one._forget()
    one.page.click("[data-camera-toggle]")
    assert one._verdict() == "welcome"
    assert "Ann" in one.title()
    one.page.wait_for_timeout(600)  # it stays before the camera: that is not a second scan
    assert one.title().startswith("Welcome") and one.waiting() == 1
    one.page.click("[data-camera-toggle]")
    assert one.page.locator("[data-camera]").is_hidden()
    one.visitor.context.set_offline(False)
    one.stands("online")
    assert arrived(ann) == 1
    quiet([one])


def signed_out(event: Event, ann: Registration, one: Helper, server: Server, cast: Cast) -> None:
    """The session ends: the phone says so, goes on by its list, and brings the scans home in a new session."""
    one.visitor.context.clear_cookies()
    one.stands("trouble", "Signed out")
    assert one.scan(short(ann)) == "welcome"
    one.stands("trouble", "wait here: 1")
    assert one.walk_in(1) == "welcome"
    assert (arrived(ann), count_of(event.id).arrived) == (0, 0)
    enter(one.visitor, server, cast.organiser)
    one.stands("online")
    assert one.waiting() == 0
    assert (arrived(ann), count_of(event.id).arrived, door_faults(event)) == (1, 2, [])
    one.visitor.faults = [fault for fault in one.visitor.faults if "400" not in fault]  # the token of the old session


def in_two_tabs(_event: Event, ann: Registration, one: Helper) -> None:
    """The second tab of the same phone waits for the first."""
    second = one.visitor.context.new_page()
    second.goto(one.path)
    second.wait_for_selector("[data-status][data-kind=trouble]:has-text('another tab')")
    one.page.close()
    one.page = second
    one.stands("online")
    assert one.scan(short(ann)) == "welcome"


def beside_a_silent_door(event: Event, ann: Registration, one: Helper) -> None:
    """A phone elsewhere lost the network: people are sent there, or a helper answers for it."""
    deafen(open_door(event, "The far door"))
    assert one.scan(short(ann)) == "elsewhere"
    assert "Send them to The far door" in one.title()
    assert arrived(ann) == 0
    assert one.on_my_word() == "welcome"
    assert arrived(ann) == 1


def closed_elsewhere(event: Event, ann: Registration, one: Helper) -> None:
    """Somebody closes the door while its phone is away: the phone brings its scans, then nothing of the list is left."""
    one.cut()
    assert one.scan(short(ann)) == "welcome"
    with atomic():
        close_door(open_doors(event.id)[0].id)
    one.visitor.context.set_offline(False)
    one.page.wait_for_selector("[data-status]:has-text('closed by somebody else')")
    assert (one.page.evaluate(LEFT), arrived(ann), pool_of(event).held) == ([0, 0, 0], 1, 0)
    assert one.page.locator("[data-opening]").is_visible()
    quiet([one])


def opened_again(event: Event, ann: Registration, one: Helper) -> None:
    """A door that somebody closed by mistake is opened again on the same page, and works."""
    with atomic():
        close_door(open_doors(event.id)[0].id)
    one.page.wait_for_selector("[data-status]:has-text('closed by somebody else')")
    one.page.click("[data-open-form] button[type=submit]")
    one.stands("online")
    assert one.scan(short(ann)) == "welcome"
    one.cut()
    one.page.reload()  # the page itself is kept anew
    one.stands("offline")
    assert one.walk_in(1) == "welcome"
    one.visitor.context.set_offline(False)
    one.stands("online")
    assert (one.waiting(), arrived(ann), count_of(event.id).arrived, door_faults(event)) == (0, 1, 2, [])
    quiet([one])


def with_a_seat_online(event: Event, _ann: Registration, one: Helper) -> None:
    """Who sits online is told so, with network and without; their seats are not waited for."""
    with atomic():
        places = pools.add_pool(
            event.id, name="Online", kind=PoolKind.ONLINE, capacity=9, largest_party=3, actor_id=None
        ).id
    bea = seat(event, "Bea", 2, pool_id=places)
    assert one.scan(short(bea)) == "refused"
    assert "Has a seat online" in one.title()
    one.page.wait_for_timeout(6_000)  # the next list
    one.cut()
    assert one.scan(short(bea)) == "refused"
    assert "Has a seat online" in one.title() and "of 1 are in" in one.page.inner_text("[data-of]")
    assert one.waiting() == 0
    one.visitor.context.set_offline(False)
    one.stands("online")
    assert arrived(bea) == 0
    quiet([one])


def forgotten(_event: Event, _ann: Registration, one: Helper) -> None:
    """A phone that nobody closes the door on, without network: the list ends by itself."""
    one.page.clock.install()
    one.page.reload()
    one.stands("online")
    one.cut()
    one.page.clock.fast_forward(16 * 3600 * 1000)
    one.page.wait_for_selector("[data-status]:has-text('The event is over')")
    assert one.page.evaluate(LEFT) == [0, 0, 0]
    quiet([one])


LEFT = """async () => {
  const of = (ask) => new Promise((done) => { ask.onsuccess = () => done(ask.result); });
  const db = await of(indexedDB.open("kermesse-door", 1));
  const rows = await Promise.all(["doors", "scans"].map((name) => of(db.transaction(name).objectStore(name).count())));
  db.close();
  return [...rows, (await caches.keys()).length];
}"""
