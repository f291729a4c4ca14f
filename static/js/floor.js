// Bids called in the room: kept on the phone until the house gave a definite answer, sent in order, one operation each.
// The phone's clock only tells how long a bid waited; it counts from when it arrives. Without scripts the form does it all.

const form = document.querySelector("form[data-floor]");
const store = `kermesse-floor-${form?.dataset.floor}`;
const answer = document.querySelector("[data-floor-answer]");
const waiting = document.querySelector("[data-floor-waiting]");
const sent = document.querySelector("[data-floor-sent]");
const AGAIN_MS = 2000;
const PATIENCE_MS = 6000; // for one attempt
const LATE_MS = 10_000;
const MOST_SHOWN = 6;
let queue = load();
let sending = false;
let unreachable = false;

function load() {
  try {
    return JSON.parse(localStorage.getItem(store)) ?? [];
  } catch {
    return [];
  }
}

function keep() {
  try {
    localStorage.setItem(store, JSON.stringify(queue));
  } catch {
    say(form.dataset.lostStore, "refused");
  }
}

function say(words, kind) {
  answer.hidden = !words;
  answer.textContent = words;
  answer.dataset.kind = kind;
}

const line = (bid) =>
  ["lot", "paddle", "amount"].reduce(
    (text, name) => text.replace(`{${name}}`, name === "amount" ? `${bid.amount} ${form.dataset.currency}` : bid[name]),
    form.dataset.line,
  );

function show() {
  const list = waiting.querySelector("ol");
  list.replaceChildren(
    ...queue.map((bid) => {
      const late = Date.now() - bid.at > LATE_MS ? ` (${form.dataset.late})` : "";
      return Object.assign(document.createElement("li"), { textContent: line(bid) + late });
    }),
  );
  waiting.hidden = !queue.length || !unreachable;
}

function note(bid, result) {
  const item = document.createElement("li");
  item.dataset.kind = result.kind;
  item.append(Object.assign(document.createElement("b"), { textContent: line(bid) }), ` ${result.words}`);
  const list = sent.querySelector("ol");
  list.prepend(item);
  while (list.children.length > MOST_SHOWN) list.lastElementChild.remove();
  sent.hidden = false;
}

const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function enter(event) {
  event.preventDefault();
  const { lot, paddle, amount, confirmed, no_card: noCard } = form.elements;
  const empty = [lot, paddle, amount].find((field) => !field.value.trim());
  if (empty) return empty.focus();
  queue.push({
    lot: lot.value.trim(), paddle: paddle.value.trim(), amount: amount.value.trim(), confirmed: confirmed.checked,
    noCard: noCard?.checked ?? false, operation: fresh(), at: Date.now(),
  });
  keep();
  say(form.dataset.sending, "waiting");
  confirmed.checked = false;
  form.querySelector("[data-confirm]").hidden = true;
  if (noCard) {
    noCard.checked = false;
    form.querySelector("[data-no-card]").hidden = true;
  }
  delete amount.dataset.typed;
  // The lot stays; the next hand is mostly another paddle.
  paddle.focus();
  paddle.select();
  drain();
}

async function drain() {
  if (sending) return;
  sending = true;
  while (queue.length) {
    const bid = queue[0];
    const result = await attempt(bid);
    if (result === null) {
      unreachable = true;
      show();
      say(form.dataset.waiting, "waiting");
      await new Promise((done) => {
        setTimeout(done, AGAIN_MS);
        window.addEventListener("online", done, { once: true });
      });
      continue;
    }
    if (result.outcome === "page") {
      unreachable = true;
      say(form.dataset.signedOut, "refused");
      break; // nothing is lost: what waits is sent after the page was loaded anew
    }
    unreachable = false;
    queue.shift();
    keep();
    told(bid, result);
  }
  sending = false;
  show();
}

function told(bid, result) {
  note(bid, result);
  show();
  say(result.words, result.kind);
  document.querySelector("[data-floor-now]")?.remove();
  const { lot, paddle, amount, confirmed, no_card: noCard } = form.elements;
  if (result.outcome === "confirm" && !queue.length) {
    [lot.value, paddle.value, amount.value] = [bid.lot, bid.paddle, bid.amount];
    form.querySelector("[data-confirm]").hidden = false;
    if (noCard) noCard.checked = bid.noCard;
    confirmed.focus();
  } else if (result.outcome === "card" && !queue.length && noCard) {
    [lot.value, paddle.value, amount.value, confirmed.checked] = [bid.lot, bid.paddle, bid.amount, bid.confirmed];
    form.querySelector("[data-no-card]").hidden = false;
    noCard.focus();
  } else if (result.needed && lot.value.trim() === bid.lot && amount.dataset.typed !== "yes") {
    amount.value = result.needed; // what it takes now
  }
}

// A definite answer, or null: then nobody knows whether the bid arrived, and it is sent again.
async function attempt(bid) {
  const body = new URLSearchParams({
    csrf_token: form.elements.csrf_token.value, operation: bid.operation, lot: bid.lot, paddle: bid.paddle,
    amount: bid.amount, age_s: String(Math.max(0, Math.ceil((Date.now() - bid.at) / 1000))),
    ...(bid.confirmed ? { confirmed: "y" } : {}),
    ...(bid.noCard ? { no_card: "y" } : {}),
  });
  try {
    const headers = { Accept: "application/json" };
    const reply = await fetch(form.action, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (reply.status >= 500 || reply.status === 429) return null;
    if (!reply.headers.get("Content-Type")?.startsWith("application/json")) return { outcome: "page" };
    return await reply.json();
  } catch {
    return null;
  }
}

if (form) {
  form.addEventListener("submit", enter);
  form.elements.amount.addEventListener("input", ({ target }) => {
    target.dataset.typed = "yes";
  });
  for (const field of [form.elements.paddle, form.elements.amount]) field.addEventListener("focus", () => field.select());
  // Enter goes to the next field, and from the last one it sends.
  const fields = [form.elements.lot, form.elements.paddle, form.elements.amount].filter((field) => field.type !== "hidden");
  for (const [place, field] of fields.slice(0, -1).entries()) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      fields[place + 1].focus();
    });
  }
  setInterval(show, 1000);
  unreachable = queue.length > 0;
  show();
  drain();
}
