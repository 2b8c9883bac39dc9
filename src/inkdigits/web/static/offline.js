// Keeps the folder's files in the browser, so that the page loads without a network. The export
// writes a first line before this: const EXPORTED = { version, files }.

const PREFIX = `inkdigits ${self.registration.scope} `;
const NAME = PREFIX + EXPORTED.version;

self.addEventListener("install", (event) => {
  // Where browsers know it, what is kept is handed out without waking this script for each file.
  event.addRoutes?.({ condition: { requestMethod: "get" }, source: { cacheName: NAME } });
  const requests = EXPORTED.files.map((file) => new Request(file, { cache: "no-cache" }));
  const kept = caches.open(NAME).then((cache) => cache.addAll(requests));
  event.waitUntil(kept.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith(PREFIX) && name !== NAME;
  const removed = caches
    .keys()
    .then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))));
  event.waitUntil(removed.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const kept = caches.match(event.request, { cacheName: NAME, ignoreSearch: true });
  event.respondWith(kept.then((answer) => answer ?? fetch(event.request)));
});
