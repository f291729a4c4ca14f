// All doors: who is in, asked again every few seconds; says so when it is not live.
const root = document.querySelector("[data-doors]");
const state = root.querySelector("[data-doors-live]");
const EVERY_MS = 5000;
let last = Date.now();

async function ask() {
  try {
    const reply = await fetch(root.dataset.doors, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(EVERY_MS) });
    const { counts } = await reply.json();
    root.querySelector("[data-arrived]").textContent = counts.arrived;
    root.querySelector("[data-expected]").textContent = counts.expected;
    for (const cell of root.querySelectorAll("[data-by-door]")) cell.textContent = counts.doors[cell.dataset.byDoor] ?? 0;
    last = Date.now();
    state.textContent = state.dataset.live;
  } catch {
    state.textContent = state.dataset.old.replace("{time}", new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(last));
  }
  state.hidden = false;
}

setInterval(() => document.hidden || ask(), EVERY_MS);
ask();
