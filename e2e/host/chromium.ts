/**
 * The Chromium of the machine, spoken to by raw DevTools protocol over a pipe. The pipe also ties the lives together: when the
 * program is killed, the browser sees the pipe close and goes. Playwright attaches by the port as a second client.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** Parameters and results are the protocol's own; callers say what they read of them. */
export type Fields = Record<string, unknown>;
interface Reply {
  id?: number;
  method?: string;
  params?: Fields;
  result?: Fields;
  error?: { message: string };
  sessionId?: string;
}
interface Pending {
  resolve(result: Fields): void;
  reject(error: Error): void;
}

const switches = [
  "--remote-debugging-pipe",
  "--remote-debugging-port=0",
  "--no-startup-window",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--disable-breakpad",
  "--disable-background-networking",
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-component-update",
  "--disable-features=Translate,MediaRouter,OptimizationHints",
  "--password-store=basic",
];

/** Events: "gone" when the browser has ended by itself; `SESSION:METHOD` and `METHOD` for protocol events. */
export class Chromium extends EventEmitter {
  /** Where Playwright attaches ("DevTools listening on …"). */
  readonly endpoint: string;
  readonly #process: ChildProcess;
  readonly #input: Writable;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  private constructor(process: ChildProcess, input: Writable, output: Readable, endpoint: string) {
    super();
    this.setMaxListeners(0);
    this.#process = process;
    this.#input = input;
    this.endpoint = endpoint;
    readMessages(output, (text) => this.#receive(JSON.parse(text) as Reply));
    process.once("exit", () => this.#ended());
  }

  /** @param profile folder for the browser's own data; made if missing. @throws Error with Chromium's words if it does not start */
  static async start(profile: string): Promise<Chromium> {
    mkdirSync(profile, { recursive: true });
    const own = [`--user-data-dir=${profile}`];
    if (process.getuid?.() === 0) own.push("--no-sandbox");
    if (process.env.STAND_IN_HEADED !== "1") own.push("--headless=new");
    const child = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", [...switches, ...own], {
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    });
    const [, , errors, input, output] = child.stdio;
    const endpoint = await new Promise<string>((resolve, reject) => {
      let text = "";
      (errors as Readable).on("data", (chunk: Buffer) => {
        text = (text + chunk).slice(-4000);
        const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
        if (found) resolve(found);
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`Chromium ended with ${code}: ${text}`)));
    });
    return new Chromium(child, input as Writable, output as Readable, endpoint);
  }

  send(method: string, params: Fields = {}, sessionId?: string): Promise<Fields> {
    return new Promise((resolve, reject) => {
      if (this.#process.exitCode !== null) return reject(new Error(`${method}: the browser has ended`));
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      this.#input.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
    });
  }

  /** Ends the browser; returns once its process is gone. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.removeAllListeners("gone");
    const exited = once(this.#process, "exit");
    const patience = setTimeout(() => this.#process.kill("SIGKILL"), 3000);
    this.send("Browser.close").catch(() => {}); // the answer may be cut off by the end itself
    await exited;
    clearTimeout(patience);
  }

  #receive(message: Reply): void {
    if (message.id === undefined) {
      const method = message.method ?? "";
      this.emit(message.sessionId ? `${message.sessionId}:${method}` : method, message.params ?? {});
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error) pending?.reject(new Error(message.error.message));
    else pending?.resolve(message.result ?? {});
  }

  #ended(): void {
    for (const pending of this.#pending.values()) pending.reject(new Error("the browser has ended"));
    this.#pending.clear();
    this.emit("gone");
  }
}

/** Splits the pipe's NUL-terminated messages. */
function readMessages(output: Readable, receive: (text: string) => void): void {
  let parts: Buffer[] = [];
  output.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, from)) {
      parts.push(chunk.subarray(from, end));
      receive(Buffer.concat(parts).toString("utf8"));
      parts = [];
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
  });
}

let running: Chromium | null = null;

/** Starts the one browser of this program; its profile lives in the program's user data, as Electron's does. */
export async function startBrowser(userData: string): Promise<Chromium> {
  running = await Chromium.start(join(userData, "chromium"));
  return running;
}

/** @throws Error before the app is ready */
export function browser(): Chromium {
  if (!running) throw new Error("The app is not ready: no window can be made yet.");
  return running;
}

export async function stopBrowser(): Promise<void> {
  await running?.stop();
}
