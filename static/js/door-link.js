// The way to the house: asks for lists, sends scans, and knows since when nothing was heard. Never guesses: what was not
// answered clearly is sent again under the same name, and counts once.

const POLL_MS = 4000;
const PATIENCE_MS = 3000;
export const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class Link {
  constructor(base, csrf) {
    this.base = base;
    this.csrf = csrf;
    this.up = navigator.onLine;
    this.signedOut = false;
    this.contact = 0; // when the house was heard last, in ms of this device
    this.listeners = [];
  }

  /** `listener(up)` is told after each attempt. */
  on(listener) { this.listeners.push(listener); }

  /** The house's answer to some JSON: {status, body}, or null when there was none that is clear. */
  async post(path, body, patience = PATIENCE_MS) {
    const answer = await this.#attempt(path, body, patience);
    // A form token of an earlier session: a new one comes with a plain question.
    if (answer === "page" && (await this.#renew())) return this.#told(await this.#attempt(path, body, patience));
    return this.#told(answer);
  }

  #told(answer) {
    const clear = answer !== null && answer !== "page";
    this.signedOut = answer === "page";
    this.up = clear;
    if (clear) this.contact = Date.now();
    if (clear && answer.body.csrf) this.csrf = answer.body.csrf;
    for (const listener of this.listeners) listener(this.up);
    return clear ? answer : null;
  }

  async #attempt(path, body, patience) {
    try {
      const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.csrf };
      const reply = await fetch(this.base + path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(patience) });
      if (reply.status >= 500 || reply.status === 429) return null;
      if (!reply.headers.get("Content-Type")?.startsWith("application/json")) return "page";
      return { status: reply.status, body: await reply.json() };
    } catch {
      return null;
    }
  }

  async #renew() {
    try {
      const reply = await fetch(`${this.base}arrived.json`, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!reply.ok || reply.redirected || !reply.headers.get("Content-Type")?.startsWith("application/json")) return false;
      this.csrf = (await reply.json()).csrf;
      return true;
    } catch {
      return false;
    }
  }

  /** Calls `work` now, every few seconds, and as soon as the browser says that there is network. One at a time. */
  every(work) {
    let running = false;
    const turn = async () => {
      if (running) return;
      running = true;
      try { await work(); } finally { running = false; }
    };
    setInterval(turn, POLL_MS);
    window.addEventListener("online", turn);
    window.addEventListener("offline", () => {
      this.up = false;
      for (const listener of this.listeners) listener(false);
    });
    turn();
    return turn;
  }
}
