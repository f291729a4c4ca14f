// Keeps the door's page and what it is made of, so that it opens again without network. It keeps no names: those are in the
// page's own store. Answers nothing but that one page and static files; whatever is sent passes by it.
const PLACE = new URL(self.registration.scope).pathname;
const CACHE = `kermesse-door ${PLACE}`;
const PATIENCE_MS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === PLACE && !url.search) event.respondWith(page(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
});

// The page of the network while there is one; else the one that was kept.
async function page(request) {
  const kept = () => caches.match(PLACE, { cacheName: CACHE, ignoreVary: true });
  const late = new Promise((_done, fail) => { setTimeout(() => fail(new Error("late")), PATIENCE_MS); });
  try {
    const answer = await Promise.race([fetch(request), late]);
    if (answer.status >= 500) throw new Error("fault");
    if (answer.ok && !answer.redirected) await keep(PLACE, answer.clone());
    return answer;
  } catch {
    return (await kept()) ?? Response.error();
  }
}

// Addresses of static files change with their content, so a kept one is as good as a new one.
async function file(request) {
  const kept = await caches.match(request.url, { cacheName: CACHE, ignoreVary: true });
  return kept ?? fetch(request);
}

async function keep(key, answer) {
  await (await caches.open(CACHE)).put(key, answer);
}

// The page says what it is made of; it is told when all of it is here. Or it says that its door is closed.
self.addEventListener("message", (event) => {
  const { type, files = [] } = event.data ?? {};
  const work = type === "keep" ? fill(files) : type === "forget" ? caches.delete(CACHE) : null;
  if (!work) return;
  event.waitUntil(work.then(
    () => event.ports[0]?.postMessage({ done: true }),
    () => event.ports[0]?.postMessage({ done: false }),
  ));
});

async function fill(files) {
  const cache = await caches.open(CACHE);
  const wanted = new Set(files.map((path) => new URL(path, self.location.origin).href));
  for (const old of await cache.keys()) {
    if (new URL(old.url).pathname !== PLACE && !wanted.has(old.url)) await cache.delete(old);
  }
  await Promise.all([...wanted].map(async (url) => {
    if (!(await cache.match(url))) await cache.add(new Request(url, { credentials: "omit" }));
  }));
  const answer = await fetch(PLACE, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error("no page");
  await cache.put(PLACE, answer);
}
