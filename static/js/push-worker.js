// The service worker: shows notices, and opens the lot when one is touched. It keeps no page and answers no request.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data.json();
  } catch {
    // A browser that is told something must show something.
  }
  const { title = self.location.host, body = "", url = "/account/notices/", tag = "kermesse", lang = "" } = told;
  event.waitUntil(
    self.registration.showNotification(title, { body, tag, renotify: true, lang, icon: "/static/img/favicon.svg", data: { url } }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const asked = new URL(event.notification.data?.url ?? "/", self.location.origin);
  const target = asked.origin === self.location.origin ? asked.href : self.location.origin;
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((pages) => {
      const open = pages.find((page) => new URL(page.url).pathname === new URL(target).pathname);
      return open ? open.focus() : self.clients.openWindow(target);
    }),
  );
});
