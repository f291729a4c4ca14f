// What the door's page shows and sounds: verdict, state of the network, people found, what this door did. Decides nothing.

const root = document.querySelector("[data-door]");
const part = (name) => root.querySelector(`[data-${name}]`);
export const words = JSON.parse(part("words").textContent);
const clock = new Intl.DateTimeFormat(root.dataset.locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: root.dataset.zone });
export const time = (ms) => clock.format(ms);
export const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");

const TONES = { welcome: [660, 880], choose: [660], again: [440, 330], beyond: [440, 330], waiting: [330], elsewhere: [520, 390], refused: [220, 180] };
const BUZZ = { welcome: 60, choose: 30, again: [90, 60, 90], beyond: [90, 60, 90], elsewhere: [90, 60, 90], waiting: [200], refused: [350] };
let audio = null;
let sound = localStorage.getItem("kermesse-door-sound") !== "off";
let main = null; // what Enter does while the field is empty

/** A verdict in colour, icon, words, sound and touch. `actions`: [label, work, kind of button]; the first is what Enter does. */
export function show(kind, title, { name = "", text = "", actions = [] } = {}) {
  const box = part("verdict");
  box.hidden = false;
  box.dataset.kind = kind;
  part("verdict-title").textContent = title;
  part("verdict-name").textContent = name;
  part("verdict-text").textContent = text;
  part("verdict-actions").replaceChildren(...actions.map(([label, work, look = ""]) => button(label, work, `large ${look}`)));
  main = actions[0]?.[2]?.includes("primary") ? actions[0][1] : null;
  if (kind === "busy") return;
  box.animate?.([{ transform: "scale(0.97)", opacity: 0.4 }, { transform: "none", opacity: 1 }], matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : 120);
  ring(kind);
  if (innerWidth < 960) box.scrollIntoView({ block: "nearest" });
}

export const enter = () => main?.();

export function button(label, work, look = "") {
  const made = Object.assign(document.createElement("button"), { type: "button", className: `button ${look}`, textContent: label });
  made.addEventListener("click", work);
  return made;
}

function ring(kind) {
  navigator.vibrate?.(BUZZ[kind] ?? 0);
  if (!sound || !TONES[kind]) return;
  try {
    audio ??= new AudioContext();
    for (const [place, pitch] of TONES[kind].entries()) {
      const from = audio.currentTime + place * 0.13;
      const tone = Object.assign(audio.createOscillator(), { type: kind === "refused" ? "square" : "sine" });
      const loud = audio.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.25, from);
      loud.gain.exponentialRampToValueAtTime(0.001, from + 0.2);
      tone.connect(loud).connect(audio.destination);
      tone.start(from);
      tone.stop(from + 0.2);
    }
  } catch {
    // A verdict needs no sound.
  }
}

export function soundButton() {
  const made = part("sound");
  const draw = () => made.setAttribute("aria-pressed", String(sound));
  draw();
  made.addEventListener("click", () => {
    sound = !sound;
    localStorage.setItem("kermesse-door-sound", sound ? "on" : "off");
    draw();
    if (sound) ring("welcome");
  });
}

/** How things stand with the network. `link`: a way to mend it, [text, address]. */
export function status(kind, text, link = null) {
  const box = part("status");
  box.hidden = false;
  if (box.dataset.kind === kind && box.dataset.text === text) return;
  Object.assign(box.dataset, { kind, text });
  box.textContent = text;
  if (link) box.append(" ", Object.assign(document.createElement("a"), { textContent: link[0], href: link[1] }));
}

export function counted(arrived, expected) {
  part("arrived").textContent = arrived;
  part("of").textContent = fill(words.of, { seats: expected });
}

function line(strong, small, ...more) {
  const item = document.createElement("li");
  const text = document.createElement("span");
  text.append(Object.assign(document.createElement("b"), { textContent: strong }), " ", Object.assign(document.createElement("small"), { textContent: small }));
  item.append(text, ...more);
  return item;
}

/** People found by name: [{name, note, work or null}]. */
export function found(people) {
  part("found").hidden = false;
  part("verdict").hidden = true; // it was somebody else's
  main = null;
  const items = people.map(({ name, note, work }) => line(name, note, ...(work ? [labelled(words.letIn, name, work)] : [])));
  part("found-list").replaceChildren(...(items.length ? items : [line(words.nobody, "")]));
}

export function hideFound() {
  part("found").hidden = true;
}

function labelled(label, name, work) {
  const made = button(label, work);
  made.append(Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: ` ${name}` }));
  return made;
}

/** What this door did, the newest first: [{name, note, kind, undo or null}]. */
export function mine(rows) {
  part("mine").hidden = !rows.length;
  part("mine-list").replaceChildren(...rows.map(({ name, note, kind, undo }) => {
    const item = line(name, note, ...(undo ? [labelled(words.undo, name, undo)] : []));
    item.dataset.kind = kind;
    return item;
  }));
}

/** Which parts of the page are of use: with a door on this device, or without. */
export function arrange(door) {
  root.classList.toggle("kept", Boolean(door));
  part("opening").hidden = Boolean(door);
  part("by-hand").hidden = Boolean(door);
  part("close").hidden = part("sound").hidden = !door;
  part("door-name").textContent = door ? door.name : part("door-name").dataset.before;
  if (!door) part("mine").hidden = true;
}

export { part, root };
