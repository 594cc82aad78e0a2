// Keeps the page for when there is no network. `drumjax export --page` writes the files and their version in front.

/* global FILES, VERSION */

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => event.respondWith(answer(event.request)));

async function install() {
  const kept = await caches.open(VERSION);
  await kept.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate() {
  const ours = (name) => name.startsWith("drumjax ") && name !== VERSION;
  await Promise.all((await caches.keys()).filter(ours).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  const kept = await caches.open(VERSION);
  return (await kept.match(request, { ignoreSearch: true })) ?? fetch(request);
}
