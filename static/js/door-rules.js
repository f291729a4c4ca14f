// What a scan means by the list alone. The house decides the same in app/events/door_rules.py; see docs/decisions/0013-door.md.

const LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT = new RegExp(`^K1\\.([1-9][0-9]{0,9})\\.([${LETTERS}]{12})$`);

/** The ticket's text of what was scanned or typed, with or without its mark, spaces and points; null if it is none. */
export function ticketText(typed) {
  let parts = typed.trim().toUpperCase().replace(/[\s.·-]+/g, ".").split(".");
  if (parts[0] === "K1") parts = parts.slice(1);
  const text = `K1.${parts[0]}.${parts.slice(1).join("")}`;
  return TEXT.test(text) ? text : null;
}

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** The content of a sealed list, or null when anybody has touched it, or it is another event's or door's. */
export async function opened(list, key, event, door) {
  try {
    const by = await crypto.subtle.importKey("raw", bytes(key), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const good = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, by, bytes(list.seal), new TextEncoder().encode(list.text));
    const content = good ? JSON.parse(list.text) : null;
    return content?.format === 1 && content.event === event && content.door === door ? content : null;
  } catch {
    return null;
  }
}

/** The rows of a list by name, as of its news: {id, hash, name, seats, arrived, state, keeper, last: [seconds, door] or null}. */
export function rows(content, news = []) {
  const since = new Map(news.map(([id, arrived, last]) => [id, { arrived, last: last || null }]));
  return content.tickets.map(([id, hash, name, seats, arrived, state, keeper, last]) => (
    { id, hash, name, seats, arrived, state, keeper, last: last || null, ...since.get(id) }));
}

/** The row that a ticket's text proves, or null. */
export async function rowOf(all, text) {
  const hash = hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return all.find((row) => row.hash === hash) ?? null;
}

/** What the list says of some people on a row: {word, left}; `waiting`, `online` and `withdrawn` are why it is not valid.
 *  `arrived` counts also what this device let in since. */
export function judged(row, arrived, people, door, { anyway = false } = {}) {
  if (row.state !== "in") return { word: row.state === "out" ? "withdrawn" : row.state, left: 0 };
  const left = Math.max(0, row.seats - arrived);
  if (!left) return { word: "again", left };
  if (row.keeper !== door && !anyway) return { word: "elsewhere", left };
  return { word: people > left ? "beyond" : "admitted", left };
}

const plain = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();

/** The rows whose name holds the words, those with seats first; at most `most`. */
export function named(all, words, most = 20) {
  const looked = plain(words.trim());
  if (looked.length < 2) return [];
  return all.filter((row) => row.name && plain(row.name).includes(looked))
    .sort((one, other) => (one.state !== "in") - (other.state !== "in") || one.name.localeCompare(other.name)).slice(0, most);
}
