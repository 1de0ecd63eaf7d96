/**
 * One lasting link over connections that come and go. Calls made while there is no connection wait for the next one; a call that
 * was under way when the connection broke fails (its caller knows whether repeating it is safe).
 * The transport itself (port or socket) is handed in: see transport.ts.
 */
import type { ClientContext, ClientLink, ClientOptions } from "@orpc/client";

/** A connection that stands: calls go to `link` until `closed` resolves. */
export interface Connection {
  readonly link: ClientLink<ClientContext>;
  readonly closed: Promise<void>;
  close(): void;
}

/** Opens one connection. Rejects with {@link SignInNeeded} when asking again is of no use, with anything else when it may be. */
export type Connect = () => Promise<Connection>;

/** The service is there but does not know this browser. */
export class SignInNeeded extends Error {
  override readonly name = "SignInNeeded";
}

/** `attempt` counts the failed tries since the last good connection; `retryAt` is ms since the epoch. */
export type LinkState =
  | { readonly name: "connecting"; readonly attempt: number }
  | { readonly name: "open" }
  | { readonly name: "waiting"; readonly attempt: number; readonly retryAt: number }
  | { readonly name: "sign-in" };

interface Clock {
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 10_000;

/** 0.4 s, 0.8 s, 1.6 s … 10 s. */
export function backOffMs(attempt: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, attempt - 1));
}

export class ReconnectingLink implements ClientLink<ClientContext> {
  readonly #connect: Connect;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #waiters: { resolve: (link: ClientLink<ClientContext>) => void; reject: (reason: unknown) => void }[] = [];
  #state: LinkState = { name: "connecting", attempt: 0 };
  #connection: Connection | null = null;
  #timer: unknown = null;
  #trying = false;

  constructor(connect: Connect, clock: Clock) {
    this.#connect = connect;
    this.#clock = clock;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Calls `listener` on each change of {@link state}; returns how to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects now, whatever the back-off says: at start, after signing in, on "Retry now". */
  start(): void {
    if (this.#connection !== null || this.#trying) return;
    this.#clock.clearTimeout(this.#timer);
    void this.#try("attempt" in this.#state ? this.#state.attempt : 0);
  }

  /** Drops the present connection and makes a new one (another session cookie, for instance). */
  restart(): void {
    if (this.#connection === null) this.start();
    else this.#connection.close();
  }

  async call(path: readonly string[], input: unknown, options: ClientOptions<ClientContext>): Promise<unknown> {
    const link = this.#connection?.link ?? (await this.#next(options.signal));
    return link.call(path, input, options);
  }

  #next(signal: AbortSignal | undefined): Promise<ClientLink<ClientContext>> {
    return new Promise((resolve, reject) => {
      if (this.#state.name === "sign-in") {
        reject(new SignInNeeded("not signed in"));
        return;
      }
      const waiter = { resolve, reject };
      this.#waiters.push(waiter);
      signal?.addEventListener(
        "abort",
        () => {
          this.#waiters = this.#waiters.filter((w) => w !== waiter);
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  async #try(attempt: number): Promise<void> {
    this.#trying = true;
    this.#become({ name: "connecting", attempt });
    try {
      const connection = await this.#connect();
      this.#connection = connection;
      this.#become({ name: "open" });
      for (const waiter of this.#waiters.splice(0)) waiter.resolve(connection.link);
      void connection.closed.then(() => {
        this.#connection = null;
        this.#retry(1);
      });
    } catch (reason) {
      if (reason instanceof SignInNeeded) {
        this.#become({ name: "sign-in" });
        for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
      } else this.#retry(attempt + 1);
    } finally {
      this.#trying = false;
    }
  }

  #retry(attempt: number): void {
    const waitMs = backOffMs(attempt);
    this.#become({ name: "waiting", attempt, retryAt: this.#clock.now() + waitMs });
    this.#timer = this.#clock.setTimeout(() => void this.#try(attempt), waitMs);
  }

  #become(state: LinkState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
