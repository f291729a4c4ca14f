// The page itself without network: the service worker that keeps it, and what it is made of.

const place = (base) => `${base}door/`;

/** Whether the page that is kept opens without network. */
export const pageKept = async (base) => Boolean(await caches.match(place(base), { ignoreVary: true }));

/** Let the worker keep the page; resolves with whether all of it is there. Rejects without network. */
export async function keepPage(base) {
  const registration = await navigator.serviceWorker.register(`${base}door-worker.js`, { scope: place(base) });
  await navigator.serviceWorker.ready;
  return told(registration.active, { type: "keep", files: files() });
}

/** Nothing of the page stays on this device. */
export async function dropPage(base) {
  const registration = await navigator.serviceWorker?.getRegistration(place(base));
  await told(registration?.active, { type: "forget" });
  await registration?.unregister();
}

function told(worker, message) {
  if (!worker) return Promise.resolve(false);
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => done(data.done);
    setTimeout(() => done(false), 20_000);
    worker.postMessage(message, [port2]);
  });
}

function files() {
  const text = [...document.querySelectorAll("style, script[type=importmap]")].map((one) => one.textContent).join("\n");
  const named = [...document.querySelectorAll("link[href], script[src], use[href]")]
    .map((one) => (one.getAttribute("href") ?? one.src).replace(/#.*/, ""));
  const all = new Set([...named, ...(text.match(/\/static\/[^"')\s]+/g) ?? [])]);
  return [...all].filter((path) => new URL(path, location.origin).pathname.startsWith("/static/"));
}
