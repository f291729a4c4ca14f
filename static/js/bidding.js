// Sends a bid until there is a definite answer, with one operation however often it is sent: the house counts it once.
// What needs a page (signing in, the terms, an unusual amount) is left to the form itself. Without scripts the form does it all.

const answer = document.querySelector("[data-bid-answer]");
const AGAIN_MS = 1500;
const PATIENCE_MS = 4000; // for one attempt
const GIVE_UP_MS = 90_000;
let busy = false;
let leaving = false; // for the page

for (const form of document.querySelectorAll("form[data-bid]")) {
  form.addEventListener("submit", (event) => {
    if (leaving) return;
    event.preventDefault();
    if (!busy) send(form, event.submitter);
  });
}

function say(words, kind) {
  answer.hidden = !words;
  answer.textContent = words ?? "";
  answer.dataset.kind = kind;
}

async function send(form, pressed) {
  busy = true;
  const body = new URLSearchParams(new FormData(form));
  if (pressed?.name) body.set(pressed.name, pressed.value); // one of the amounts that the buttons offer
  const started = Date.now();
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  let result = null;
  while (result === null && Date.now() - started < GIVE_UP_MS) {
    result = await attempt(form.action, body);
    if (result === null) {
      say(answer.dataset.unknown, "waiting");
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
  busy = false;
  for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-busy");
  if (result === null) return say(answer.dataset.lost, "refused");
  if (result.outcome === "page") return leave(form, pressed);
  for (const earlier of document.querySelectorAll(".flash")) earlier.remove();
  say(result.words, result.outcome === "accepted" ? result.kind : "refused");
  if (result.outcome === "accepted") {
    renew(result.maximum_words);
    form.closest("details")?.removeAttribute("open"); // the picture comes back into sight
  }
  document.dispatchEvent(new CustomEvent("kermesse:answer"));
}

function leave(form, pressed) {
  leaving = true;
  form.requestSubmit(pressed);
}

// A definite answer, or null: then nobody knows whether the bid arrived.
async function attempt(address, body) {
  try {
    const headers = { Accept: "application/json" };
    const told = await fetch(address, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (told.status >= 500 || told.status === 429) return null;
    if (!told.headers.get("Content-Type")?.startsWith("application/json")) return { outcome: "page" };
    return await told.json();
  } catch {
    return null;
  }
}

// An accepted bid has used its operation up: the next one is another.
function renew(words) {
  const maximum = document.querySelector("[data-maximum]");
  maximum.hidden = !words;
  maximum.textContent = words;
  const operation = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  for (const field of document.querySelectorAll("form[data-bid] input[name=operation]")) field.value = operation.join("");
}
