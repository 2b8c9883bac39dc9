// Keeps the folder's files in the browser, so that the page loads without a network. The export
// writes a first line before this: const EXPORTED = { version, files }.

const PREFIX = `inkdigits ${self.registration.scope} `;
const NAME = PREFIX + EXPORTED.version;

self.addEventListener("install", (event) => {
  // Where browsers know it, what is kept is handed out without waking this script for each file.
  // Not addresses with a query, which would be looked for with it.
  event.addRoutes?.({
    condition: { requestMethod: "get", urlPattern: new URLPattern({ search: "" }) },
    source: { cacheName: NAME },
  });
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

async function keepAll() {
  const cache = await caches.open(NAME);
  await Promise.all(EXPORTED.files.map((file) => keep(cache, file)));
}

async function keep(cache, file) {
  const answer = await fetch(file, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  // Hosts may send index.html elsewhere, and of an answer that was sent on browsers load no page.
  await cache.put(file, answer.redirected ? new Response(answer.body, answer) : answer);
}

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
