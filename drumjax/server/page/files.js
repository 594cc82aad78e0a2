// The user's sound files, kept by their keys: in this browser, so that a reload has them; else while the page is open.

import { recall } from "./memory.js";

const MOST = 200;
const KEY_DIGITS = 16; // of a file's SHA-256, as on the server

const seen = new Map();
let opening;

/** Keeps a file; of those that were kept for longer than the last MOST, all leave that neither work nor a project needs. */
export async function keepFile(key, name, bytes) {
  seen.set(key, { key, name, bytes, at: Date.now() });
  await onFiles("readwrite", async (files) => {
    await done(files.put(seen.get(key)));
    const keys = await done(files.index("at").getAllKeys());
    const needed = ["work", "projects"].map((name) => recall(name, JSON.stringify)).join();
    for (const old of keys.slice(0, -MOST)) if (!seen.has(old) && !needed.includes(old)) files.delete(old);
  });
}

/** The kept file { name, bytes }; null where there is none. */
export async function fileOf(key) {
  return seen.get(key) ?? (await onFiles("readonly", (files) => done(files.get(key)))) ?? null;
}

/** The key of a file; null where the browser cannot tell: on pages without https that are not of this machine. */
export async function keyOfBytes(bytes) {
  if (!crypto.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, KEY_DIGITS);
}

/** Bytes as base64. */
export async function textOf(bytes) {
  const reader = new FileReader();
  const read = new Promise((resolve) => (reader.onload = resolve));
  reader.readAsDataURL(new Blob([bytes]));
  await read;
  return reader.result.slice(reader.result.indexOf(",") + 1);
}

/** The bytes of base64, as a buffer. Throws an Error if it is none. */
export const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

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
