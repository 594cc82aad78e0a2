// The engine in this page instead of a server, where `drumjax export --page` marked it so: a worker that has the
// properties of a WebSocket.

/** The folder of the engine; null where the page speaks with a server. */
export const engine = document.documentElement.dataset.engine ?? null;

export class Local {
  onopen = null;
  onmessage = null;
  onclose = null;
  #worker = new Worker(new URL(`${engine}worker.js`, document.baseURI), { type: "module" });

  constructor() {
    this.#worker.onmessage = (event) => this.onmessage?.(event);
    this.#worker.onerror = () => this.onclose?.();
    queueMicrotask(() => this.onopen?.());
  }

  send(text) {
    this.#worker.postMessage(text);
  }

  close() {
    this.#worker.terminate();
  }
}
