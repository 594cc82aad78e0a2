// The user's sound files, kept by their keys: in this browser, so that a reload has them; else while the page is open.

const MOST = 200;

const seen = new Map();
let opening;

/** Keeps a file; of those that were kept for longer than the last MOST, the oldest leave. */
export async function keepFile(key, name, bytes) {
  seen.set(key, { key, name, bytes, at: Date.now() });
  await onFiles("readwrite", async (files) => {
    await done(files.put(seen.get(key)));
    const keys = await done(files.index("at").getAllKeys());
    for (const old of keys.slice(0, -MOST)) if (!seen.has(old)) files.delete(old);
  });
}

/** The kept file { name, bytes }; null where there is none. */
export async function fileOf(key) {
  return seen.get(key) ?? (await onFiles("readonly", (files) => done(files.get(key)))) ?? null;
}

// What `work` makes of the store of files; null where the browser keeps none.
async function onFiles(mode, work) {
  try {
    opening ??= database();
    return await work((await opening).transaction("files", mode).objectStore("files"));
  } catch {
    return null;
  }
}

function database() {
  const request = indexedDB.open("drumjax", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "key" }).createIndex("at", "at");
  return done(request);
}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
