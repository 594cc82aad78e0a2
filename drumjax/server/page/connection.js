// The WebSocket to the server: messages out, sounds in; it reconnects until the server is back.

const RETRY_MS = [250, 500, 1000, 2000]; // the last one repeats
const PING_MS = 4000; // a server that does not answer before the next ping counts as gone

/**
 * Events: `state` when `state` changes (connecting, ready, lost), and `hello`, `sound`, `map`, `error` with the
 * server's message as detail; a sound carries its float32 `samples`.
 */
export class Connection extends EventTarget {
  state = "connecting";
  hello = { knobs: {}, texture: false }; // description of the server, from its hello
  #socket;
  #failures = 0;
  #timers = [];
  #pinged = 0;
  #ponged = 0;

  open() {
    this.#timers.forEach(clearTimeout);
    const { protocol, host } = location;
    const socket = new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/ws`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello" }));
    socket.onmessage = ({ data }) => this.#receive(typeof data === "string" ? JSON.parse(data) : soundOf(data));
    socket.onclose = () => this.#retry();
    this.#socket = socket;
  }

  /** Sends a message; false if there is no connection. */
  send(message) {
    if (this.state !== "ready") return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #receive(message) {
    if (message.type === "pong") this.#ponged = message.id;
    if (message.type === "hello") {
      this.hello = message;
      this.#failures = this.#pinged = this.#ponged = 0;
      this.#setState("ready");
      this.#timers = [setInterval(() => this.#ping(), PING_MS)];
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  #ping() {
    if (this.#ponged < this.#pinged) this.#socket.close();
    else this.send({ type: "ping", id: ++this.#pinged });
  }

  #retry() {
    this.#timers.forEach(clearTimeout);
    const delay = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
    this.#timers = [setTimeout(() => this.open(), delay)];
    this.#setState("lost");
  }

  #setState(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

// u32 length of the header, the header, zeros up to a multiple of four bytes, float32 samples.
function soundOf(frame) {
  const length = new DataView(frame).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, 4, length)));
  return { ...header, samples: new Float32Array(frame, Math.ceil((4 + length) / 4) * 4) };
}
