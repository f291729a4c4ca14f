// A helper's phone at the door. With network the house decides each scan; without, the sealed list does, for the tickets that
// this door keeps, and everything waits here until the house has answered it. Without scripts the page's forms do the work.

import { Camera } from "door-camera";
import { Link, fresh } from "door-link";
import { dropPage, keepPage, pageKept } from "door-offline";
import { judged, named, opened, rowOf, rows, ticketText } from "door-rules";
import { Store } from "door-store";
import { tell } from "door-tell";
import { arrange, counted, enter, fill, found, hideFound, mine, part, root, show, soundButton, status, time, words } from "door-view";

const BATCH = 25;
const STALE_MS = 8000;
const EVENT = Number(root.dataset.door);
const BASE = root.dataset.base;
const form = part("arrival");
const link = new Link(BASE, form.elements.csrf_token?.value ?? "");
let store = null;
let door = null; // this device's door, with its list
let content = null; // of the list
let all = []; // its rows
let kept = []; // scans of this door that the list may not show yet
let counts = null; // by the house
let past = []; // what this page did, for the list below
let ready = false; // whether the page opens without network
let clock = 0; // counts what the house has confirmed
let trouble = ""; // what has to be said before anything else
let poll = () => {};
let polls = false; // whether that goes on already

// ---- what stands -----------------------------------------------------------------------------------------------------

const waiting = () => kept.filter((row) => !row.sent);
const lively = () => kept.filter((row) => row.word === "admitted" && !row.undone);
const arrivedOf = (row) => row.arrived + lively().reduce((sum, one) => sum + (one.registration === row.id ? one.people : 0), 0);
const seatsLeft = () => Math.max(0, (content ? content.allotment - content.used : 0)
  - lively().reduce((sum, one) => sum + (one.scan.kind === "walk_in" ? one.people : 0), 0));
const doorName = (id) => content?.doors.find(([other]) => other === id)?.[1] ?? "";
const when = () => (door?.made ? time(Date.parse(door.made)) : "–");

function draw() {
  if (!door) return;
  const more = lively().filter((row) => !row.sent || !counts || !link.up);
  const added = more.reduce((sum, row) => sum + row.people, 0);
  const walked = more.reduce((sum, row) => sum + (row.scan.kind === "walk_in" ? row.people : 0), 0);
  if (link.up && counts) counted(counts.arrived + added, counts.expected + walked);
  else if (content) counted(all.reduce((sum, row) => sum + row.arrived, added + content.walked), all.reduce((sum, row) => sum + row.seats, walked + content.walked));
  const wait = waiting().length;
  if (trouble) status("trouble", trouble);
  else if (link.signedOut) status("trouble", fill(words.signedOut, { count: wait }), [words.signIn, `/account/sign-in/?next=${location.pathname}`]);
  else if (!link.up) status("offline", fill(words.offline, { time: time(door.contact || Date.now()), count: wait, seats: seatsLeft() }));
  else if (wait) status("busy", fill(words.sending, { count: wait }));
  else if (!content) status("busy", words.noList);
  else status(ready ? "online" : "busy", ready ? fill(words.online, { time: when() }) : words.preparing);
  mine(past.slice(0, 6).map((one) => ({
    name: one.name || words.person,
    note: [one.people > 1 ? `${one.people} · ${time(one.at)}` : time(one.at), one.undone ? words.undone : one.sent ? (one.told?.conflict ? words.conflict : "") : words.waits].filter(Boolean).join(" · "),
    kind: one.undone ? "undone" : one.told?.conflict ? "conflict" : one.sent ? "sent" : "waits",
    undo: one.word === "admitted" && !one.undone ? () => undo(one) : null,
  })));
}

// ---- scans -----------------------------------------------------------------------------------------------------------

/** Keep a scan before anybody is told of it. */
async function keep(row) {
  try {
    const saved = await store.keepScan(row);
    kept = [...kept.filter((one) => one.scan.id !== saved.scan.id), saved];
    return saved;
  } catch {
    trouble = words.lost;
    draw();
    return null;
  }
}

/** One scan: the house decides while it can be reached, else the list. `ask`: {kind, code or registration, people, ...}. */
async function act(ask) {
  hideFound();
  const scan = { id: fresh(), at: Date.now(), kind: "ticket", people: 1, offline: false, let_in: false, ...ask };
  const slow = setTimeout(() => show("busy", words.busy), 250);
  const asked = link.up;
  const answer = asked ? await link.post("admissions", { door: door.token, scans: [scan] }) : null;
  clearTimeout(slow);
  if (answer?.status === 200) await heard(scan, answer.body);
  else await alone(scan, asked);
  draw();
}

async function heard(scan, body) {
  const [told] = body.answers;
  counts = body.counts;
  if (told.word === "unreadable") return show("refused", words.unread);
  let row = null;
  if (told.word === "admitted") {
    row = await keep({ scan, word: "admitted", registration: told.registration, name: told.name, people: told.people, at: scan.at, sent: true, told, confirmed: ++clock });
    if (row) past = [row, ...past];
  }
  const before = told.before && { time: told.before[0] * 1000, door: told.before[1] };
  say(scan, { ...told, left: told.seats - told.arrived, before, keeper: told.keeper, alone: false, row });
}

async function alone(scan, asked) {
  const row = scan.kind === "ticket" && (scan.code ? await rowOf(all, scan.code) : all.find((one) => one.id === scan.registration));
  const said = scan.kind === "walk_in" ? { word: scan.people <= seatsLeft() ? "admitted" : "beyond", reason: "full" }
    : row ? judged(row, arrivedOf(row), scan.people, door.door, scan)
      : { word: scan.anyway ? "admitted" : "not_valid", reason: "unknown" };
  if (!content) Object.assign(said, { word: "not_valid", reason: "no_list" });
  if (["waiting", "online", "withdrawn"].includes(said.word)) Object.assign(said, { reason: said.word, word: "not_valid" });
  const before = row && arrivedOf(row) ? lastOf(row) : null;
  let saved = null;
  if (said.word === "admitted") {
    saved = await keep({ scan: { ...scan, offline: true, let_in: true }, word: "admitted", registration: row ? row.id : null, name: row ? row.name : scan.name, people: scan.people, at: scan.at, sent: false });
    if (!saved) return show("refused", words.lost);
    past = [saved, ...past];
  } else if (asked) {
    // The house may have heard the question and counted somebody whom we do not let in.
    await keep({ scan: { id: fresh(), kind: "undo", of: scan.id, at: Date.now(), people: 1 }, word: "undo", people: 0, sent: false });
  }
  const now = row ? arrivedOf(row) : 0;
  say(scan, { ...said, row: saved, name: row?.name ?? scan.name ?? "", seats: row?.seats ?? 0, arrived: now, left: row ? Math.max(0, row.seats - now) : 0, registration: row?.id, before, keeper: row ? doorName(row.keeper) : "", alone: true });
}

const say = (scan, told) => tell(scan, told, { here: door.name, listed: when(), act, undo });

/** Who let this party in last, as far as this device knows. */
function lastOf(row) {
  const own = lively().filter((one) => one.registration === row.id).at(-1);
  if (own) return { time: own.at, door: door.name };
  return row.last ? { time: row.last[0] * 1000, door: doorName(row.last[1]) } : null;
}

async function undo(row) {
  await keep({ scan: { id: fresh(), kind: "undo", of: row.scan.id, at: Date.now(), people: 1 }, word: "undo", people: 0, sent: false });
  row.undone = true;
  await keep(row);
  show("again", words.undone, { name: row.name });
  draw();
  poll();
}

/** A ticket was shown: a party that is not all in yet is asked for its number first. */
async function shown(code) {
  const row = await rowOf(all, code);
  await party(row, { code });
}

async function party(row, asked) {
  const left = row && row.state === "in" ? row.seats - arrivedOf(row) : 0;
  if (left <= 1) return act(asked);
  const choices = Array.from({ length: Math.min(left, 7) - 1 }, (_one, number) => [String(number + 1), () => act({ ...asked, people: number + 1 })]);
  const everybody = [fill(words.all, { count: left }), () => act({ ...asked, people: left }), "primary"];
  show("choose", words.choose, { name: row.name, text: fill(words.in, { arrived: arrivedOf(row), seats: row.seats }), actions: [everybody, ...choices] });
}

function typed(text) {
  const code = ticketText(text);
  if (code) return shown(code);
  found(named(all, text).map((row) => ({
    name: row.name,
    note: row.state === "in" ? fill(words.in, { arrived: arrivedOf(row), seats: row.seats }) : row.state === "online" ? words.sitsOnline : words.waiting,
    work: row.state === "in" && arrivedOf(row) < row.seats ? () => party(row, { registration: row.id }) : null,
  })));
}

// ---- the way to the house --------------------------------------------------------------------------------------------

async function drain() {
  for (;;) {
    const some = waiting().filter((row) => !row.stuck).sort((one, other) => one.place - other.place).slice(0, BATCH);
    if (!some.length) return true;
    const answer = await link.post("admissions", { door: door.token, scans: some.map((row) => row.scan) }, 15_000);
    if (answer?.status !== 200) return false;
    counts = answer.body.counts;
    for (const [place, row] of some.entries()) {
      const told = answer.body.answers[place];
      if (told.word === "unreadable") {
        trouble = words.unread;
        await keep(Object.assign(row, { stuck: true }));
      } else {
        const word = row.word === "undo" ? "undo" : told.word;
        await keep(Object.assign(row, { sent: true, told, word, people: word === "admitted" ? told.people : row.people, confirmed: ++clock }));
      }
    }
    draw();
  }
}

async function turn() {
  if (!door) return;
  if (content && content.until * 1000 < Date.now() && !waiting().length) return leave(words.over);
  const sent = await drain();
  const known = clock;
  const answer = sent ? await link.post("lists", { door: door.token, held: door.made ?? "", listed: door.list?.made ?? "", digest: door.list?.digest ?? "" }) : null;
  if (!door) return;
  if (answer?.status === 422) trouble = words.unread;
  if (answer?.status === 200) await listed(answer.body, known);
  draw();
}

async function listed(body, known) {
  counts = body.counts;
  if (body.closed) return leave(words.closed);
  const gap = Date.parse(body.made) - (door.made ? Date.parse(door.made) : 0);
  const sealed = { text: body.text, seal: body.seal, digest: body.digest, made: body.made };
  if (!(await read(body.only_news ? door.list : sealed, body.only_news ? sealed : null))) return;
  Object.assign(door, { made: body.made, contact: Date.now() });
  await store.keepDoor(door);
  for (const row of kept.filter((one) => one.sent && (one.confirmed ?? 0) <= known)) await store.dropScan(row.place);
  kept = kept.filter((one) => !one.sent || (one.confirmed ?? 0) > known);
  if (gap > STALE_MS) setTimeout(poll, 50); // so that the house knows at once what this device holds now
}

/** Take a sealed list and its news as what stands; false when anybody touched them. */
async function read(list, news) {
  const base = await opened(list, door.key, EVENT, door.door);
  const later = news && (await opened(news, door.key, EVENT, door.door));
  if (!base || (news && !later)) {
    trouble = words.tampered;
    return false;
  }
  if (trouble === words.tampered) trouble = "";
  [door.list, door.news, content, all] = [list, news, { ...base, ...later }, rows(base, later?.news)];
  return true;
}

/** The list is gone from this device, and the page that was kept with it. */
async function leave(why) {
  await store.wipe();
  [door, content, all, kept, past, counts] = [null, null, [], [], [], null];
  ready = false;
  await dropPage(BASE);
  arrange(null);
  status("plain", why);
}

async function close() {
  if (!(await drain()) || waiting().length) return status("offline", fill(words.wait, { count: waiting().length }));
  if (!confirm(fill(words.closeSure, { door: door.name }))) return;
  const answer = await link.post(`doors/${door.door}/closure`, {});
  if (answer?.status === 200) await leave("");
  location.reload();
}

async function prepare() {
  if (!("serviceWorker" in navigator)) return;
  try {
    ready = await pageKept(BASE);
    draw();
    if (await keepPage(BASE)) ready = true;
  } catch {
    // Without network it is what it was.
  }
  draw();
}

// ---- begin -----------------------------------------------------------------------------------------------------------

async function open(event) {
  event.preventDefault();
  const target = event.currentTarget;
  const fault = part("open-error");
  fault.hidden = true;
  target.elements.device.value = "y";
  try {
    const reply = await fetch(target.action, { method: "POST", body: new URLSearchParams(new FormData(target)), headers: { Accept: "application/json" } });
    const said = await reply.json();
    if (!reply.ok) throw new Error(said.errors.map(([, message]) => message).join(" "));
    door = { door: said.door, token: said.token, name: said.name, key: said.key, made: null, list: null, contact: Date.now() };
    await store.keepDoor(door);
    await begin();
  } catch (error) {
    fault.hidden = false;
    fault.textContent = error instanceof SyntaxError || error instanceof TypeError ? words.noList : error.message;
  }
}

let sole = null;
/** Two tabs of one phone would not know of each other's scans: the second waits until the first is closed. Asked once: a page
 *  whose door was closed by somebody else may open another. */
const soleTab = () => (sole ??= waitForSoleTab());

async function waitForSoleTab() {
  if (!navigator.locks) return;
  const mine = new Promise((granted) => {
    navigator.locks.request(`kermesse-door-${EVENT}`, () => {
      granted(true);
      return new Promise(() => {});
    });
  });
  const soon = new Promise((done) => { setTimeout(() => done(false), 400); });
  if (await Promise.race([mine, soon])) return;
  status("trouble", words.otherTab);
  await mine;
}

async function begin() {
  await soleTab();
  arrange(door);
  kept = await store.scans();
  clock = Math.max(0, ...kept.map((row) => row.confirmed ?? 0));
  past = kept.filter((row) => row.word !== "undo").reverse();
  if (door.list && !(await read(door.list, door.news))) [door.list, door.news, door.made] = [null, null, null];
  draw();
  prepare();
  if (polls) return poll();
  polls = true;
  poll = link.every(turn);
  awake();
}

async function awake() {
  const hold = () => navigator.wakeLock?.request("screen").catch(() => {});
  hold();
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hold());
}

async function start() {
  part("door-name").dataset.before = part("door-name").textContent;
  if (!isSecureContext) return status("trouble", words.insecure);
  try {
    store = await Store.open(EVENT);
    door = (await store.door()) ?? null;
  } catch {
    return status("trouble", words.noStore);
  }
  soundButton();
  const camera = new Camera(part("video"), (text) => {
    const code = ticketText(text);
    if (!door) return;
    if (code) shown(code);
    else show("refused", words.noTicket, { text: words.noTicketText });
  });
  camera.attach(part("camera-toggle"), part("camera"), part("camera-words"), words);
  arrange(door);
  part("open-form").addEventListener("submit", open);
  part("close").addEventListener("click", close);
  link.on(draw);
  form.addEventListener("submit", (event) => {
    if (!door) return;
    event.preventDefault();
    const text = form.elements.code.value.trim();
    form.elements.code.value = "";
    if (text) typed(text);
    else enter();
  });
  part("walk-in-form").addEventListener("submit", (event) => {
    if (!door) return;
    event.preventDefault();
    const fields = event.currentTarget.elements;
    const people = Math.min(1000, Math.max(1, Math.trunc(Number(fields.people.value)) || 1));
    const name = fields.name.value.trim().slice(0, 120);
    [fields.people.value, fields.name.value] = ["1", ""];
    part("walk-in").open = false;
    act({ kind: "walk_in", people, ...(name ? { name } : {}) });
  });
  // A hardware scanner types wherever the focus is: its letters belong into the field.
  document.addEventListener("keydown", (event) => {
    if (!door || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " ") return;
    if (!event.target.closest?.("input, textarea, select")) form.elements.code.focus();
  });
  if (door) await begin();
}

start();
