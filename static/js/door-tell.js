// Verdicts in words, with what can be done next. `told` is what the house or the list says of a scan.

import { fill, show, time, words } from "door-view";

/** `here`: the name of this door; `listed`: of when the list is; `act` and `undo` are what the buttons do. */
export function tell(scan, told, { here, listed, act, undo }) {
  const { word, name, left } = told;
  const anyway = [words.anyway, () => act({ ...ask(scan), anyway: true })];
  if (word === "admitted") return welcome(scan, told, { act, undo });
  if (word === "again") return show("again", words.again, { name, text: [last(told.before, here), words.everybody].filter(Boolean).join(" ") });
  if (word === "beyond" && told.reason !== "full") {
    const fewer = [String(left), () => act({ ...ask(scan), people: left }), "primary"];
    return show("beyond", fill(words.beyond, { left }), { name, text: words.beyondText, actions: [fewer] });
  }
  if (word === "elsewhere") {
    const why = fill(told.alone ? words.elsewhereText : words.silentText, { door: told.keeper });
    return show("elsewhere", fill(words.elsewhere, { door: told.keeper }), { name, text: why, actions: [anyway] });
  }
  const [kind, title, text] = {
    full: ["refused", words.full, told.alone ? words.fullHere : ""],
    waiting: ["waiting", words.waiting, words.waitingText],
    online: ["refused", words.sitsOnline, words.sitsOnlineText],
    withdrawn: ["refused", words.withdrawn, words.withdrawnText],
    other_event: ["refused", words.otherEvent, ""],
    no_list: ["refused", words.noList, ""],
    unknown: told.alone
      ? ["refused", words.notOnList, fill(words.notOnListText, { time: listed })]
      : ["refused", words.noTicket, words.noTicketText],
  }[told.reason] ?? ["refused", words.undone, ""];
  return show(kind, title, { name, text, actions: told.reason === "unknown" && told.alone && scan.code ? [anyway] : [] });
}

function welcome(scan, told, { act, undo }) {
  const { name, seats, arrived, left, registration, row } = told;
  const actions = row ? [[words.undo, () => undo(row)]] : [];
  if (scan.kind === "walk_in") {
    return show("welcome", words.welcome, { name: scan.name, text: scan.people > 1 ? `${words.walkIn}: ${scan.people}` : words.walkIn, actions });
  }
  if (left > 0 && registration) actions.unshift([words.more, () => act({ registration, people: 1 })]);
  const text = [seats ? fill(words.in, { arrived, seats }) : "", scan.anyway ? words.anywayText : ""].filter(Boolean).join(" · ");
  return show("welcome", words.welcome, { name, text, actions });
}

/** When and where they came in last. */
function last(before, here) {
  if (!before) return "";
  if (before.door === here) return fill(words.here, { time: time(before.time) });
  return fill(before.door ? words.beforeAt : words.before, { time: time(before.time), door: before.door });
}

/** What was asked, to ask it anew. */
const ask = ({ kind, code, registration, people, name }) => ({
  kind, people, ...(code ? { code } : {}), ...(registration ? { registration } : {}), ...(name ? { name } : {}),
});
