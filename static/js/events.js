// Beside an event's own time, the reader's, when their clock shows another one.

const sameClock = (moment, zone) => {
  const show = (timeZone) => new Intl.DateTimeFormat("en", { dateStyle: "short", timeStyle: "short", timeZone }).format(moment);
  return show(zone) === show(undefined);
};

for (const element of document.querySelectorAll("time[data-zone]")) {
  const moment = new Date(element.dateTime);
  const line = element.parentElement.querySelector("[data-your-time]");
  if (!line || Number.isNaN(moment.getTime()) || sameClock(moment, element.dataset.zone)) continue;
  const words = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const text = new Intl.DateTimeFormat(document.documentElement.lang, words).format(moment);
  line.before(document.createElement("br"));
  line.textContent = line.dataset.words.replace("{time}", text);
  line.hidden = false;
}
