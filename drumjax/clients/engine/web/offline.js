// Keeps the page without a server for when there is no network: what is kept comes first, and a new version as a whole.

const VERSION = "";
const FILES = [];
// Both are filled in by the export: a hash of all files, and their addresses.

const PREFIX = "drumjax-engine-";

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => event.respondWith(answer(event.request)));

async function install() {
  const kept = await caches.open(PREFIX + VERSION);
  await kept.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate() {
  const ours = (name) => name.startsWith(PREFIX) && name !== PREFIX + VERSION;
  await Promise.all((await caches.keys()).filter(ours).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  const kept = await caches.open(PREFIX + VERSION);
  return (await kept.match(request, { ignoreSearch: true })) ?? fetch(request);
}
