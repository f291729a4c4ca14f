// Keeps auction pages fresh: prices, standing, history, time left. The page works without it.
// A stream tells what is public, the same for all; how this reader stands is asked for when it may have changed. Without a
// stream the page asks by itself, and whenever it has heard nothing for a while it says that it is not live.

const root = document.querySelector("[data-live]");
const note = document.querySelector("[data-live-note]");
const shownLot = root?.dataset.lot ? Number(root.dataset.lot) : null;
const inDays = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "day", unitDisplay: "narrow" });
const ASK_MS = 2000; // while there is no stream
const PATIENCE_MS = 8000; // the stream's clock beats every five seconds
const AGAIN_MS = 10000; // after the server said that it has no stream
const MOST_STEPS = 50; // lines of history, as many as the page comes with: a page stays open for hours
let offset = 0; // the server's clock minus ours
let lastNews = Date.now();
let stream = null;
let streamed = 0; // when the stream spoke last
let known = new Map(); // number → the public state of a lot
let mine = { paddle: null, lots: {} };
let shown = null;
// What somebody typed before signing in, or is about to confirm, is theirs: the form is open then.
let edited = document.querySelector(".bid-more[open]") !== null;
let tag = null; // of the newest state: while nothing changed, the answer is a short 304
let asking = false;

const byId = (selector) => root.querySelector(selector);
const set = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

function flash(element) {
  if (!element) return;
  element.classList.remove("changed");
  void element.offsetWidth; // restart the animation
  element.classList.add("changed");
}

// How the lot looks to this reader. Whoever bid is outbid by whoever else leads, whatever we asked last.
function view(lot) {
  const own = mine.lots[lot.number];
  if (!own) return { ...lot, standing: "none" };
  if (lot.paddle !== null && lot.paddle !== mine.paddle) return { ...lot, standing: "outbid", words: lot.outbid_words };
  return { ...lot, ...own };
}

function apply(lots, now, promised, need) {
  offset = new Date(now) - Date.now();
  if (need) document.dispatchEvent(new CustomEvent("kermesse:need", { detail: { need, now } }));
  set(root.querySelector("[data-raised]"), promised.text);
  const line = root.querySelector("[data-raised-line]");
  if (line) [line.max, line.value] = [promised.goal, promised.value];
  if (lots.length) tell(lots[0].notice);
  for (const lot of lots) {
    const before = known.get(lot.number);
    known.set(lot.number, lot);
    if (before && before.seq !== lot.seq) document.dispatchEvent(new CustomEvent("kermesse:bid", { detail: lot }));
    document.dispatchEvent(new CustomEvent("kermesse:lot", { detail: lot }));
    if (shownLot === null) applyToWall(lot);
    else if (lot.number === shownLot) applyToLot(view(lot));
  }
}

// What the organisers tell everybody just now; it stands with each lot.
function tell(words) {
  const notice = root.querySelector("[data-notice]");
  if (!notice) return;
  notice.hidden = !words;
  set(notice.querySelector("[data-notice-words]"), words);
}

// Did this reader's own place change? Then only the server can tell it.
function concerns(lot) {
  const before = known.get(lot.number);
  const involved = mine.lots[lot.number] || (mine.paddle !== null && lot.paddle === mine.paddle);
  return involved && (before?.paddle !== lot.paddle || before.phase !== lot.phase || before.settled !== lot.settled);
}

function hear(event) {
  const { lots, steps, now, promised, need } = JSON.parse(event.data);
  const ask = lots.some(concerns);
  apply(lots, now, promised, need);
  addSteps(steps);
  spoke();
  if (ask) askServer();
}

function addSteps(steps) {
  const list = root.querySelector("[data-history]");
  if (!list) return;
  const newest = Number(list.firstElementChild?.dataset.seq ?? 0);
  const oldest = Math.min(...steps.map(({ seq }) => seq));
  if (steps.length && oldest > newest + 1) list.replaceChildren(); // more was missed than is told: no hole in between
  for (const step of steps.filter(({ seq }) => seq <= newest)) { // a void changes what stands above it
    const line = list.querySelector(`[data-seq="${step.seq}"]`);
    if (line && line.classList.contains("voided") !== step.voided) line.replaceWith(lineOf(step, list));
  }
  for (const step of steps.filter(({ seq }) => seq > newest).sort((one, other) => one.seq - other.seq)) {
    list.prepend(lineOf(step, list));
    while (list.children.length > MOST_STEPS) list.lastElementChild.remove();
    root.querySelector("[data-no-history]")?.remove();
    set(byId("[data-why]"), step.why);
    byId(".why-price")?.toggleAttribute("hidden", !step.why);
  }
}

function lineOf(step, list) {
  const line = document.createElement("li");
  const what = document.createElement("span");
  const time = Object.assign(document.createElement("time"), { className: "quiet", textContent: step.at_text });
  time.dateTime = step.at;
  line.dataset.seq = step.seq;
  line.classList.toggle("voided", step.voided);
  what.append(step.words + (step.leads ? ` · ${list.dataset.leads}` : "") + " ", time);
  if (step.why) what.append(Object.assign(document.createElement("small"), { className: "why quiet", textContent: step.why }));
  line.append(what, Object.assign(document.createElement("span"), { className: "price", textContent: step.price_text }));
  return line;
}

function applyToWall(lot) {
  const own = view(lot);
  const standing = root.querySelector(`[data-standing="${lot.number}"]`);
  if (standing && mine.paddle !== null) {
    standing.hidden = own.standing === "none";
    standing.className = `standing ${own.standing}`;
    const words = own.standing === "outbid" && lot.phase !== "open" ? standing.dataset.over : standing.dataset[own.standing];
    set(standing, (words ?? "").replace("{}", own.needed_text));
  }
  const line = root.querySelector(`[data-lot="${lot.number}"]`);
  const tag = line?.closest(".work")?.querySelector(".price-tag");
  if (tag && tag.textContent.trim() !== lot.price_text) {
    set(tag, lot.price_text);
    flash(tag);
  }
}

const STATES = { leading: "leading", outbid: "outbid", won: "won", none: "open" };

function applyToLot(lot) {
  const before = shown;
  shown = lot;
  const price = byId("[data-price]");
  if (price && price.textContent.trim() !== lot.price_text) {
    set(price, lot.price_text);
    flash(price);
  }
  const leader = byId("[data-leader]");
  if (leader) set(leader, lot.paddle ? leader.dataset.leader.replace("{}", lot.paddle) : "");
  byId(".timer[datetime]")?.setAttribute("datetime", lot.closes_at);
  const reserve = byId("[data-reserve]");
  if (reserve) set(reserve, lot.reserve_met ? reserve.dataset.met : reserve.dataset.unmet);
  const bar = byId(".bid-bar");
  if (!bar) return;
  const state = lot.standing === "won" || lot.phase === "open" ? STATES[lot.standing] : lot.phase === "soon" ? "soon" : "closed";
  if (bar.dataset.state !== state) {
    bar.classList.replace(bar.dataset.state, state);
    bar.dataset.state = state;
  }
  set(bar.querySelector(".bid-words span"), lot.words);
  bar.querySelectorAll(".bid-steps button").forEach((button, place) => {
    const [amount, text] = lot.steps[place];
    const words = root.dataset.bidWords.replace("{}", text);
    button.value = String(amount / 100);
    if (place) button.setAttribute("aria-label", words);
    set(button.querySelector("span"), place ? text : words);
  });
  const field = bar.querySelector("details #amount");
  if (field && !edited && document.activeElement !== field && !bar.querySelector(".wrong")) field.value = String(lot.needed / 100);
  const quick = bar.querySelector("[data-quick]");
  const leading = lot.standing === "leading";
  if (quick) quick.hidden = leading;
  const more = bar.querySelector(".bid-more > summary");
  if (more?.classList.contains("button")) set(more, root.dataset.bidWords.replace("{}", lot.needed_text));
  else if (more) set(more, leading ? more.dataset.raise : more.dataset.instead);
  if (before?.standing === "leading" && !leading) {
    // What praised the bid that led no longer holds.
    for (const stale of document.querySelectorAll(".flash.joy")) stale.remove();
    for (const stale of document.querySelectorAll("[data-maximum], [data-bid-answer][data-kind=joy]")) stale.hidden = true;
  }
  // The forms fit the phase that the page was made in; when it ends, the page is offered anew.
  const settled = (state) => `${state.phase} ${state.standing === "won"}`;
  if (before && settled(before) !== settled(lot)) location.reload();
}

function tick() {
  for (const timer of root.querySelectorAll(".timer[datetime]")) {
    const left = Math.max(0, Math.round((new Date(timer.getAttribute("datetime")) - Date.now() - offset) / 1000));
    const days = Math.floor(left / 86400);
    const pad = (number) => String(number).padStart(2, "0");
    const clock = `${pad(Math.floor((left % 86400) / 3600))}:${pad(Math.floor((left % 3600) / 60))}:${pad(left % 60)}`;
    set(timer.querySelector("[data-countdown-text]"), days ? `${inDays.format(days)} ${clock}` : clock);
    timer.classList.toggle("closing", left < 120);
  }
}

async function askServer() {
  if (asking) return;
  asking = true;
  try {
    const headers = { Accept: "application/json", ...(tag ? { "If-None-Match": tag } : {}) };
    const answer = await fetch(root.dataset.live, { headers, cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (!answer.ok && answer.status !== 304) throw new Error(String(answer.status));
    if (answer.ok) {
      tag = answer.headers.get("ETag");
      const state = await answer.json();
      mine = state.mine;
      apply(state.lots, state.now, state.promised, state.need);
    }
    lastNews = Date.now();
  } catch {
    // Silence is told by the watch; the next round tries again.
  } finally {
    asking = false;
  }
}

function spoke() {
  streamed = lastNews = Date.now();
}

function listen() {
  hush();
  if (!root.dataset.stream || !("EventSource" in window) || document.hidden) return;
  stream = new EventSource(root.dataset.stream);
  stream.addEventListener("lots", hear);
  stream.addEventListener("beat", (event) => {
    offset = new Date(JSON.parse(event.data).now) - Date.now();
    spoke();
  });
}

function hush() {
  stream?.close();
  stream = null;
}

// Each second: is there news? If not, ask; if the stream has fallen silent, open it anew.
let rested = 0;
function watch() {
  const now = Date.now();
  const silent = now - streamed > PATIENCE_MS;
  if (!document.hidden && silent) {
    if (now - rested >= ASK_MS) {
      rested = now;
      askServer();
    }
    if (!stream || stream.readyState === EventSource.CLOSED ? now - opened > AGAIN_MS : now - opened > PATIENCE_MS) reopen();
  }
  if (note) {
    note.hidden = now - lastNews <= PATIENCE_MS;
    set(note, note.hidden ? "" : root.dataset.notLive);
  }
}

let opened = 0;
function reopen() {
  opened = Date.now();
  listen();
}

if (root) {
  root.addEventListener("input", (event) => {
    if (event.target.id === "amount") edited = true;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return hush();
    askServer();
    reopen();
  });
  window.addEventListener("online", () => {
    askServer();
    reopen();
  });
  document.addEventListener("kermesse:answer", () => {
    edited = false;
    askServer();
  });
  askServer().finally(reopen);
  setInterval(tick, 500);
  setInterval(watch, 1000);
}
