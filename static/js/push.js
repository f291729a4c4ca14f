// "Tell this phone when somebody bids more": asks the browser when the button is touched, never before.
// Only a browser that is told already asks the server on loading whether that is for this person.

const form = document.querySelector("[data-push]");
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const apple = /iPhone|iPad/.test(navigator.userAgent) && !navigator.standalone;
let subscription = null;
let on = false;

const encoded = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function current() {
  const registration = able ? await navigator.serviceWorker.getRegistration("/") : null;
  return (await registration?.pushManager.getSubscription()) ?? null;
}

async function ask() {
  const answer = await fetch(form.dataset.state, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function post(url, values) {
  const answer = await fetch(url, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(values) });
  if (!answer.ok) throw new Error(String(answer.status));
}

function show(note = "") {
  const words = form.querySelector("[data-push-words]");
  words.textContent = on ? words.dataset.on : words.dataset.off;
  const said = form.querySelector("[data-push-note]");
  said.textContent = note ? said.dataset[note] : "";
  said.hidden = !note;
}

const ours = (found, key) => encoded(found.options.applicationServerKey) === key;

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") return show("denied");
  const { key } = await ask();
  await navigator.serviceWorker.register(form.dataset.worker, { scope: "/" });
  const registration = await navigator.serviceWorker.ready;
  subscription = await registration.pushManager.getSubscription();
  if (subscription && !ours(subscription, key)) {
    await subscription.unsubscribe(); // made with a key that we lost
    subscription = null;
  }
  subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { keys } = subscription.toJSON();
  const values = { endpoint: subscription.endpoint, p256dh: keys.p256dh, auth: keys.auth };
  await post(form.action, { csrf_token: form.elements.csrf_token.value, ...values });
  on = true;
  show("done");
}

async function switchOff() {
  await post(form.dataset.removal, { csrf_token: form.elements.csrf_token.value, endpoint: subscription.endpoint });
  await subscription.unsubscribe();
  subscription = null;
  on = false;
  show();
}

async function begin() {
  subscription = await current();
  if (subscription) {
    const { key, known } = await ask();
    on = known.includes(subscription.endpoint) && ours(subscription, key);
  }
}

if (form && able) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await (on ? switchOff() : switchOn());
    } catch {
      show("failed");
    } finally {
      button.disabled = false;
    }
  });
  begin()
    .catch(() => {}) // not known: the button asks again
    .finally(() => {
      show();
      form.hidden = false;
    });
} else if (form && apple) {
  document.querySelector("[data-push-apple]")?.removeAttribute("hidden");
}

// Who signs out here leaves no notices behind for the next person on this browser.
for (const leave of document.querySelectorAll("form[data-push-leave]")) {
  leave.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const found = await current();
      if (found) {
        await post(leave.dataset.pushLeave, { csrf_token: leave.elements.csrf_token.value, endpoint: found.endpoint });
        await found.unsubscribe();
      }
    } catch {
      // Signing out matters more.
    }
    leave.submit();
  });
}
