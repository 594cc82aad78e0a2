// The WebSocket to the server, or the engine in the page: messages out, sounds in; it reconnects until it is back.

import { engine, Local } from "./local.js";

const RETRY_MS = [250, 500, 1000, 2000]; // the last one repeats
const PING_MS = 4000; // a server that does not answer before the next ping counts as gone
const LISTEN_MS = 180_000; // the first guess of a class takes seconds
const HELLO_MS = engine === null ? 8000 : 60_000; // so does one that does not greet; the engine reads its file first

/**
 * Events: `state` when `state` changes (connecting, ready, lost), and `hello`, `sound`, `map`, `error` with the
 * message as detail; a sound carries its `samples`, -1..1, those of its `channels` in turn. The engine in the page also
 * sends `loading` with the `share` that has come (null: unknown), and `failed` with a `text`.
 */
export class Connection extends EventTarget {
  state = "connecting";
  hello = { knobs: {}, texture: false }; // description of the server, from its hello
  #socket = null;
  #failures = 0;
  #timers = [];
  #pinged = 0;
  #ponged = 0;

  open() {
    this.#leave();
    const socket = engine === null ? serverSocket() : new Local();
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello" }));
    socket.onmessage = ({ data }) => this.#receive(messageOf(data));
    socket.onclose = () => this.reopen();
    this.#socket = socket;
    this.#expect();
  }

  /** Gives this connection up, and opens another one after a while. */
  reopen() {
    this.#leave();
    const delay = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
    this.#timers = [setTimeout(() => this.open(), delay)];
    this.#setState("lost");
  }

  /** Sends a message; false if there is no connection. */
  send(message) {
    if (this.state !== "ready") return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /**
   * Sends a sound file, with the fields of `query` (name, class, fallback); returns what was found in it. Throws an Error
   * with the reason where it is no sound.
   */
  async listen(bytes, query) {
    if (engine !== null) return this.#socket.listen(bytes, query);
    const options = { method: "POST", body: bytes, signal: AbortSignal.timeout(LISTEN_MS) };
    const answer = await fetch(`/listen?${new URLSearchParams(query)}`, options).catch(({ name }) => {
      throw new Error(name === "TimeoutError" ? "the server does not answer." : "server not reachable.");
    });
    if (answer.ok) return answer.json();
    const plain = answer.headers.get("content-type")?.startsWith("text/plain");
    throw new Error((plain && (await answer.text()).trim()) || `the server answered ${answer.status}.`);
  }

  /** The answer to a request to the user's library, `/library/NAME`; with a body it is posted. Throws an Error with a reason. */
  async library(name, body = null) {
    if (engine !== null) throw new Error("There is no library without a server.");
    const options = body && { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`/library${name && "/"}${name}`, options ?? {}).catch(() => null);
    if (!answer) throw new Error("Server not reachable.");
    if (!answer.ok) throw new Error((await answer.text()).trim());
    return answer;
  }

  // Not waiting for `onclose`: a server that hangs does not answer the closing either.
  #leave() {
    this.#timers.forEach(clearTimeout);
    if (!this.#socket) return;
    Object.assign(this.#socket, { onopen: null, onmessage: null, onclose: null });
    this.#socket.close();
    this.#socket = null;
  }

  #expect() {
    this.#timers.forEach(clearTimeout);
    this.#timers = [setTimeout(() => this.reopen(), HELLO_MS)];
  }

  #receive(message) {
    if (message.type === "loading") this.#expect(); // it takes as long as it takes
    if (message.type === "failed") this.reopen();
    if (message.type === "pong") this.#ponged = message.id;
    if (message.type === "hello") {
      this.hello = message;
      this.#failures = this.#pinged = this.#ponged = 0;
      this.#timers.forEach(clearTimeout);
      this.#timers = [setInterval(() => this.#ping(), PING_MS)];
      this.#setState("ready");
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  #ping() {
    if (this.#ponged < this.#pinged) this.reopen();
    else this.send({ type: "ping", id: ++this.#pinged });
  }

  #setState(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

function serverSocket() {
  const { protocol, host } = location;
  const socket = new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/ws`);
  socket.binaryType = "arraybuffer";
  return socket;
}

function messageOf(data) {
  if (typeof data === "string") return JSON.parse(data);
  return data instanceof ArrayBuffer ? soundOf(data) : data;
}

// u32 length of the header, the header, spaces up to a multiple of four bytes, int16 samples as shares of the peak.
function soundOf(frame) {
  const length = new DataView(frame).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, 4, length)));
  const shares = new Int16Array(frame, 4 + length);
  return { ...header, samples: Float32Array.from(shares, (share) => (share * header.peak) / 32767) };
}
