// Checks an auction's public log here, in the reader's own browser: the same steps as docs/verify.py, line for line.

const button = document.querySelector("[data-verify]");
const answer = document.querySelector("[data-verify-answer]");
const UNKNOWN = Infinity; // a sealed maximum lies above everything until a price tells it

async function sha(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fold(terms, bids, reserve) {
  let [leader, most, price, own] = [null, 0, null, null];
  const step = (amount) => terms.increments.filter(([low]) => low <= amount).at(-1)[1];
  for (const bid of bids) {
    if (leader !== null && leader !== bid.paddle && bid.amount <= most) {
      price = Math.max(price, Math.min(most, bid.amount + step(bid.amount)));
    } else if (leader !== bid.paddle) {
      price = bid.exact ?? (leader === null ? terms.start : Math.min(bid.amount, most + step(most)));
      [leader, most, own] = [bid.paddle, bid.amount, bid];
    } else {
      [most, own] = [bid.amount, bid];
    }
    if (reserve !== null && most >= reserve) price = Math.max(price, reserve);
  }
  return { leader, price, own };
}

// The reason why a line is wrong, or null.
async function check(terms, lines) {
  const opened = new Map(lines.flatMap((line) => line.opens ?? []).map((one) => [one.seq, one.amount]));
  const seals = new Map([["reserve", terms.reserve], ...lines.map((line) => [line.seq, line.seal])]);
  let bids = [];
  let reserve = null;
  let before = terms;
  for (const line of lines) {
    if (line.seq !== before.seq + 1 || line.prev !== before.hash) return { line, why: "missing" };
    for (const one of line.opens ?? []) {
      if ((await sha(`${one.salt}:${one.amount}`)) !== seals.get(one.seq)) return { line, why: "promise" };
      if (one.seq === "reserve") reserve = one.amount;
    }
    if (line.kind === "bid") {
      if (Date.parse(line.at) >= Date.parse(before.closes_at ?? terms.scheduled_end)) return { line, why: "late" };
      bids.push({ ...line, amount: line.exact ?? opened.get(line.seq) ?? UNKNOWN });
    }
    const out = bids.find((bid) => bid.seq === line.voids);
    if (out) bids = bids.filter((bid) => bid.seq < out.seq || bid.paddle !== out.paddle);
    const met = line.reserve_met ? reserve : null;
    let found = fold(terms, bids, met);
    if (found.own?.amount === UNKNOWN && line.price < found.price) {
      found.own.amount = line.price; // less than a step more: the price is the maximum
      found = fold(terms, bids, met);
    }
    const reached = reserve !== null && met === null && found.own?.amount !== UNKNOWN && found.own?.amount >= reserve;
    if (reached || found.leader !== line.leader || found.price !== line.price) return { line, why: "price" };
    before = line;
  }
  return null;
}

async function verify(text, receipts) {
  const lots = new Map();
  const seen = new Set();
  for (const row of text.split("\n").filter(Boolean)) {
    const line = JSON.parse(row);
    if ((await sha(row.slice(0, row.indexOf(',"hash":')))) !== line.hash) return { line, why: "changed" };
    lots.set(line.lot, [...(lots.get(line.lot) ?? []), line]);
    seen.add(line.hash);
  }
  for (const [terms, ...lines] of lots.values()) {
    const wrong = await check(terms, lines);
    if (wrong) return wrong;
  }
  const lost = receipts.find((hash) => !seen.has(hash));
  return lost ? { line: null, why: "receipt" } : { lines: seen.size, lots: lots.size };
}

function say(words, kind) {
  answer.hidden = false;
  answer.textContent = words;
  answer.dataset.kind = kind;
}

async function run() {
  button.setAttribute("aria-busy", "true");
  say(answer.dataset.working, "waiting");
  try {
    const told = await fetch(button.dataset.verify, { cache: "no-store" });
    if (!told.ok) throw new Error(String(told.status));
    const receipts = Array.from(document.querySelectorAll("[data-fingerprint]"), (row) => row.dataset.fingerprint);
    const found = await verify(await told.text(), receipts);
    if (found.why) {
      const where = found.line ? `${answer.dataset.where.replace("{lot}", found.line.lot).replace("{seq}", found.line.seq)} ` : "";
      say(where + answer.dataset[found.why], "refused");
    } else say(answer.dataset.good.replace("{lines}", found.lines).replace("{lots}", found.lots), "joy");
  } catch {
    say(answer.dataset.failed, "refused");
  }
  button.removeAttribute("aria-busy");
}

if (button && window.isSecureContext) {
  button.hidden = false;
  button.addEventListener("click", run);
} else if (button) say(answer.dataset.insecure, "refused");
