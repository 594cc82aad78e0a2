// The page without its server, or with one that hangs: what was last delivered. The newest page always comes first.

const VERSION = "";
const FILES = [];
// Both are filled in when this file is delivered: a hash of all files, and their addresses.

const PREFIX = "drumjax-page-";
const PATIENCE_MS = 3000;
const addresses = new Set(FILES.map((name) => new URL(name, location).href));

addEventListener("install", (event) => {
  skipWaiting();
  const requests = FILES.map((name) => new Request(name, { cache: "reload" }));
  event.waitUntil(caches.open(PREFIX + VERSION).then((cache) => cache.addAll(requests)));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(PREFIX) && name !== PREFIX + VERSION;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))));
});

addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && addresses.has(url.split(/[?#]/)[0])) event.respondWith(answerTo(event.request));
});

async function answerTo(request) {
  const kept = await caches.open(PREFIX + VERSION).then((cache) => cache.match(request, { ignoreSearch: true }));
  const signal = kept && AbortSignal.timeout(PATIENCE_MS);
  try {
    return await fetch(request, { signal });
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
