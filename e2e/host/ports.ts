/** MessagePortMain: the end of a page's MessagePort that lives in the main process. */
import { claim, honestEmitter } from "./honesty.ts";

/** How a port reaches the page it came from. */
export interface PortLink {
  post(data: unknown): void;
  closed(): void;
}

export const receive = Symbol("a message came from the page");
export const closedByPage = Symbol("the page's end is gone");

/** Messages that come before `start()` wait, as in Electron. */
export class MessagePortMain extends honestEmitter("MessagePortMain", "MessagePortMain") {
  readonly #link: PortLink;
  #waiting: unknown[] | null = [];
  #open = true;

  constructor(link: PortLink) {
    super();
    this.#link = link;
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0) throw new Error("The stand-in for Electron sends no ports over ports.");
    if (this.#open) this.#link.post(message);
  }
  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const data of waiting) this.#deliver(data);
  }
  close(): void {
    if (this.#open) this.#link.closed();
    this[closedByPage]();
  }

  [receive](data: unknown): void {
    if (!this.#open) return;
    if (this.#waiting) this.#waiting.push(data);
    else this.#deliver(data);
  }
  [closedByPage](): void {
    if (!this.#open) return;
    this.#open = false;
    setImmediate(() => this.emit("close"));
  }
  #deliver(data: unknown): void {
    this.emit("message", { data, ports: [] });
  }
}
claim(MessagePortMain);
