// What is pledged for the need, as it comes in; the projector tells each new pledge for some seconds.

const SHOWN_MS = 8000;
const place = document.querySelector("[data-need]");
const sum = place?.querySelector("[data-need-sum]");
const words = place?.querySelector("[data-need-words]");
const line = place?.querySelector("progress");
const title = words?.textContent;
let until = null;

document.addEventListener("kermesse:need", ({ detail: { need, now } }) => {
  if (!place) return;
  if (sum.textContent !== need.pledged_text) sum.textContent = need.pledged_text;
  if (line) line.value = Math.min(need.pledged, line.max);
  if (!words) return;
  // Both times are the house's: this clock may be wrong.
  const left = need.newest ? SHOWN_MS - (new Date(now) - new Date(need.newest.at)) : 0;
  clearTimeout(until);
  say(left > 0 ? need.newest.words : title, left > 0);
  if (left > 0) until = setTimeout(() => say(title, false), left);
});

function say(text, fresh) {
  if (words.textContent !== text) words.textContent = text;
  place.classList.toggle("fresh", fresh);
}
