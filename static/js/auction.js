// Keeps auction pages fresh: prices, standing, time left. The page works without it.
// `apply(state)` is the only door for news, so that a stream can take the place of the polling.

const root = document.querySelector("[data-live]");
const note = document.querySelector("[data-live-note]");
const mine = root?.dataset.lot ? Number(root.dataset.lot) : null;
const POLL_MS = 1000;
const PATIENCE_MS = 5000;
let offset = 0; // the server's clock minus ours
let lastNews = Date.now();
let shown = null;
// What somebody typed before signing in, or is about to confirm, is theirs: the form is open then.
let edited = document.querySelector(".bid-more[open]") !== null;
let tag = null; // of the newest state: while nothing changed, the answer is a short 304

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

function apply(state) {
  offset = new Date(state.now) - Date.now();
  for (const lot of state.lots) {
    if (mine === null) applyToWall(lot);
    else if (lot.number === mine) applyToLot(lot);
  }
}

function applyToWall(lot) {
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
  const needed = bar.querySelector("[data-needed]");
  if (needed) {
    needed.value = String(lot.needed / 100);
    const label = bar.querySelector("[data-bid-label] span") ?? bar.querySelector("[data-bid-label]");
    set(label, root.dataset.bidWords.replace("{}", lot.needed_text));
  }
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
    for (const stale of document.querySelectorAll(".flash.joy, [data-maximum]")) stale.remove();
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
    set(timer.querySelector("[data-countdown-text]"), days ? `${days} d ${clock}` : clock);
    timer.classList.toggle("closing", left < 120);
  }
}

async function poll() {
  try {
    const headers = { Accept: "application/json", ...(tag ? { "If-None-Match": tag } : {}) };
    const answer = await fetch(root.dataset.live, { headers, cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (!answer.ok && answer.status !== 304) throw new Error(String(answer.status));
    if (answer.ok) {
      tag = answer.headers.get("ETag");
      apply(await answer.json());
    }
    lastNews = Date.now();
  } catch {
    // Silence is told below; the next round tries again.
  }
  if (note) {
    note.hidden = Date.now() - lastNews <= PATIENCE_MS;
    set(note, note.hidden ? "" : root.dataset.notLive);
  }
  setTimeout(poll, document.hidden ? 10 * POLL_MS : POLL_MS);
}

if (root) {
  root.addEventListener("input", (event) => {
    if (event.target.id === "amount") edited = true;
  });
  poll();
  setInterval(tick, 500);
}
