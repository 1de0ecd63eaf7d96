/**
 * An open NBD export to read from: requests are sent as long as few enough are unanswered, and answered in any order. Everything that
 * goes wrong with the connection itself ends all of them with one cause.
 */
import { AppError } from "../../../src-core/model/error.ts";
import { Intake } from "./intake.ts";
import { type Agreement, agree, askForTls, greet, type Line, protocolError } from "./negotiation.ts";
import { BASE_ALLOCATION, COMMAND, REQUEST_MAGIC } from "./protocol.ts";
import { listenToReplies, type Pending, pendingRequest, type StatusRun } from "./replies.ts";
import { dial, type NbdEndpoint, type Wire } from "./wire.ts";

/** Of one request: larger ones are not faster, and a slow link shows progress. */
export const PIECE_BYTES = 256 * 1024;
/** Requests that wait for their answer. */
const IN_FLIGHT = 16;
const HANDSHAKE_MS = 30_000;
const SILENCE_MS = 60_000;
const GOODBYE_MS = 1000;
/** Most that one block status asks about: its length has 32 bits, and is a multiple of any block size. */
const MAX_STATUS_SPAN = 2 ** 32 - 65536;

export interface NbdOptions {
  readonly exportName: string;
  /** Asked for; see `NbdConnection.contexts`. Default: base:allocation. */
  readonly contexts?: readonly string[];
  /** Ends the connection at any time. */
  readonly signal: AbortSignal;
  /** After so many milliseconds without a byte while something is asked, the server is given up. */
  readonly silenceMs?: number;
}

export interface NbdConnection {
  /** What errors call it: server and export. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  readonly multiConn: boolean;
  /** Every offset and length is a multiple of it (the export's end excepted). */
  readonly minimumBlockBytes: number;
  /** Names of the contexts that the server granted. */
  readonly contexts: ReadonlySet<string>;
  /**
   * Fills `into` from `offset`; calls may overlap.
   * @throws AppError io.read (the server failed to), source.lost, source.protocol, job.canceled
   */
  read(offset: number, into: Uint8Array): Promise<void>;
  /**
   * The status of what lies at `offset`, by context: runs that follow each other from there on. They may end before `length`, or after.
   * @throws AppError as `read`
   */
  blockStatus(offset: number, length: number): Promise<ReadonlyMap<string, readonly StatusRun[]>>;
  /** Never throws; again is fine. */
  close(): Promise<void>;
}

/**
 * Connects and opens an export.
 * @throws AppError source.unreachable, source.certificate, source.refused (no such export), source.unsupported, source.protocol,
 *   source.lost, job.canceled
 */
export async function openNbd(endpoint: NbdEndpoint, options: NbdOptions): Promise<NbdConnection> {
  return new Connection(options).open(endpoint);
}

class Connection {
  readonly #options: NbdOptions;
  readonly #pending = new Map<number, Pending>();
  /** Chosen anew for every connection: the upper half of its handles. */
  readonly #cookie = Math.floor(Math.random() * 2 ** 32);
  readonly #queue: (() => void)[] = [];
  readonly #closed = Promise.withResolvers<void>();
  #intake = new Intake();
  #wire: Wire | null = null;
  #name = "";
  #failure: AppError | null = null;
  readonly #dialing = new AbortController();
  #failHandshake: (error: AppError) => void = () => {};
  #unsent: Buffer[] = [];
  #handle = 0;
  #inFlight = 0;
  #closing = false;
  #heardAt = 0;
  #watch: NodeJS.Timeout | null = null;

  constructor(options: NbdOptions) {
    this.#options = options;
  }

  async open(endpoint: NbdEndpoint): Promise<NbdConnection> {
    const { signal, exportName, contexts = [BASE_ALLOCATION] } = this.#options;
    const broken = Promise.withResolvers<never>();
    broken.promise.catch(() => {});
    this.#failHandshake = broken.reject;
    const cancel = () => this.#fail(new AppError("job.canceled"));
    signal.addEventListener("abort", cancel, { once: true });
    this.#closed.promise.then(() => signal.removeEventListener("abort", cancel));
    const limit = setTimeout(
      () => this.#fail(this.#lost(`did not answer within ${HANDSHAKE_MS / 1000} s`)),
      HANDSHAKE_MS,
    );
    try {
      if (signal.aborted) throw new AppError("job.canceled");
      const agreement = await Promise.race([broken.promise, this.#negotiate(endpoint, exportName, contexts)]);
      return this.#transmit(agreement, `${this.#name} export "${exportName}"`);
    } catch (thrown) {
      const error = this.#failure ?? AppError.from(thrown);
      this.#fail(error);
      throw error;
    } finally {
      clearTimeout(limit);
    }
  }

  async #negotiate(endpoint: NbdEndpoint, exportName: string, contexts: readonly string[]): Promise<Agreement> {
    const listener = {
      room: () => this.#intake.room,
      received: (bytes: Uint8Array) => this.#received(bytes),
      ended: (cause: Error | null) =>
        this.#fail(this.#lost(cause === null ? "closed the connection" : `broke off: ${cause.message}`)),
    };
    this.#wire = await dial(endpoint, listener, this.#dialing.signal);
    this.#name = this.#wire.name;
    if (this.#failure !== null) this.#wire.destroy();
    const line: Line = {
      name: this.#wire.name,
      send: (bytes) => this.#wire?.send(bytes),
      take: (length) => new Promise((resolve) => this.#intake.expect(length, (piece) => resolve(Buffer.from(piece)))),
    };
    await greet(line);
    if (endpoint.kind === "tcp" && endpoint.tls !== null) {
      await askForTls(line);
      // What was said in the clear may have been said by anybody.
      if (this.#intake.heldBytes > 0) throw protocolError(line, "says more before TLS begins");
      this.#intake = new Intake();
      this.#wire = await this.#wire.secure(endpoint.tls, listener);
    }
    return agree(line, exportName, contexts);
  }

  #transmit(agreement: Agreement, name: string): NbdConnection {
    const { sizeBytes, readOnly, multiConn, blocks, contexts } = agreement;
    listenToReplies(this.#intake, {
      name: this.#name,
      structured: agreement.structured,
      contextIds: new Set(contexts.values()),
      find: (cookie, handle) => (cookie === this.#cookie ? this.#pending.get(handle) : undefined),
      finished: (handle) => {
        this.#pending.delete(handle);
        this.#inFlight--;
        this.#queue.shift()?.();
      },
    });
    const silenceMs = this.#options.silenceMs ?? SILENCE_MS;
    this.#watch = setInterval(() => {
      if (this.#pending.size > 0 && performance.now() - this.#heardAt > silenceMs) {
        this.#fail(this.#lost(`said nothing for ${silenceMs / 1000} s`));
      }
    }, silenceMs / 4);
    const inside = (offset: number, length: number) => {
      if (offset >= 0 && length > 0 && offset + length <= sizeBytes) return;
      throw new AppError("internal.bug", `${name}: [${offset}, +${length}) is not inside its ${sizeBytes} bytes`);
    };
    const pieceBytes = Math.min(PIECE_BYTES, blocks.maximum - (blocks.maximum % blocks.minimum));
    return {
      name,
      sizeBytes,
      readOnly,
      multiConn,
      minimumBlockBytes: blocks.minimum,
      contexts: new Set(contexts.keys()),
      read: async (offset, into) => {
        if (into.length === 0) return;
        inside(offset, into.length);
        const pieces: Promise<void>[] = [];
        for (let at = 0; at < into.length; at += pieceBytes) {
          pieces.push(this.#request("read", COMMAND.read, offset + at, into.subarray(at, at + pieceBytes)));
        }
        // All are waited for: after an error none may write into a buffer that has been given back.
        const failed = (await Promise.allSettled(pieces)).find(({ status }) => status === "rejected");
        if (failed?.status === "rejected") throw failed.reason;
      },
      blockStatus: async (offset, length) => {
        inside(offset, length);
        const { pending, done } = pendingRequest("status", offset, Math.min(length, MAX_STATUS_SPAN), new Uint8Array());
        await this.#send(pending, done, COMMAND.blockStatus);
        return new Map([...contexts].map(([context, id]) => [context, pending.status.get(id) ?? []]));
      },
      close: () => this.#close(),
    };
  }

  #request(what: Pending["what"], command: number, offset: number, into: Uint8Array): Promise<void> {
    const { pending, done } = pendingRequest(what, offset, into.length, into);
    return this.#send(pending, done, command);
  }

  #send(pending: Pending, done: Promise<void>, command: number): Promise<void> {
    const go = () => {
      if (this.#failure !== null || this.#wire === null) {
        pending.reject(this.#failure ?? this.#lost("is closed"));
        return;
      }
      if (this.#pending.size === 0) this.#heardAt = performance.now();
      this.#inFlight++;
      this.#handle = (this.#handle + 1) % 2 ** 32;
      this.#pending.set(this.#handle, pending);
      this.#unsent.push(requestBytes(command, this.#cookie, this.#handle, pending.offset, pending.length));
      // What is asked for in one go is sent in one go: each sending wakes the server.
      if (this.#unsent.length === 1) queueMicrotask(() => this.#wire?.send(Buffer.concat(this.#unsent.splice(0))));
    };
    if (this.#inFlight < IN_FLIGHT) go();
    else this.#queue.push(go);
    return done;
  }

  #received(bytes: Uint8Array): void {
    if (this.#failure !== null) return;
    this.#heardAt = performance.now();
    try {
      this.#intake.feed(bytes);
    } catch (thrown) {
      this.#fail(thrown instanceof AppError ? thrown : protocolError({ name: this.#name }, String(thrown)));
    }
  }

  #lost(what: string): AppError {
    return new AppError("source.lost", `NBD server ${this.#name} ${what}`, { details: { server: this.#name } });
  }

  #fail(error: AppError): void {
    if (this.#failure === null) {
      this.#failure = error;
      if (this.#watch !== null) clearInterval(this.#watch);
      this.#dialing.abort();
      this.#failHandshake(error);
      for (const pending of this.#pending.values()) pending.reject(error);
      this.#pending.clear();
      for (const go of this.#queue.splice(0)) go();
      this.#closed.resolve();
    }
    this.#wire?.destroy();
  }

  async #close(): Promise<void> {
    if (this.#failure === null && !this.#closing) {
      this.#closing = true;
      this.#wire?.end(requestBytes(COMMAND.disconnect, this.#cookie, 0, 0, 0));
      const limit = setTimeout(() => this.#fail(this.#lost("is closed")), GOODBYE_MS);
      await this.#closed.promise;
      clearTimeout(limit);
    }
    await this.#closed.promise;
  }
}

function requestBytes(command: number, cookie: number, handle: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(28);
  bytes.writeUInt32BE(REQUEST_MAGIC, 0);
  bytes.writeUInt32BE(command, 4);
  bytes.writeUInt32BE(cookie, 8);
  bytes.writeUInt32BE(handle, 12);
  // The offset has 64 bits; BigInt for each request would cost more than the rest of it.
  bytes.writeUInt32BE(Math.floor(offset / 2 ** 32), 16);
  bytes.writeUInt32BE(offset % 2 ** 32, 20);
  bytes.writeUInt32BE(length, 24);
  return bytes;
}
