/**
 * libvirt's RPC over any stream: numbered calls whose answers come in any order, events, keepalive.
 *
 *   u32 length (its own 4 included) | program | version | procedure | type | serial | status | XDR payload
 */
import type { Duplex } from "node:stream";
import { AppError } from "../../../../src-core/model/error.ts";
import { libvirtError } from "./errors.ts";
import { CALL, EVENT, FEATURE_KEEPALIVE, KEEPALIVE, PROGRAM, type Procedure, RemoteError } from "./procedures.ts";
import { decode, encode } from "./xdr.ts";

const HEADER_BYTES = 28;
/** VIR_NET_MESSAGE_MAX and the length. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024 + 4;
/** Buffered at most while a message comes in; a daemon sends messages whole. */
const TYPE = { call: 0, reply: 1, message: 2 } as const;
const KEEPALIVE_MS = 5000;
/** Silences of KEEPALIVE_MS after which the daemon is given up. */
const KEEPALIVE_TRIES = 6;
const AUTH_NONE = 0;
const AUTH_POLKIT = 2;

interface Waiting {
  readonly what: string;
  resolve(payload: Buffer): void;
  reject(error: AppError): void;
}

export interface RpcEvent {
  readonly procedure: number;
  readonly payload: Buffer;
}

export interface Rpc {
  /**
   * @param what the call, for people, as in "the XML of web01"
   * @throws AppError as rpc/errors.ts maps it; source.lost, source.protocol; job.canceled when `signal` aborts first (the daemon goes on)
   */
  call<A, R>(procedure: Procedure<A, R>, args: A, what: string, signal?: AbortSignal): Promise<R>;
  /** Called for every event; one listener. */
  onEvent(listen: (event: RpcEvent) => void): void;
  /** Resolves with why, once the connection is over. */
  readonly ended: Promise<AppError>;
  close(): void;
}

/**
 * Opens `uri` on a daemon.
 * @param name what errors call the daemon
 * @throws AppError source.auth, source.protocol, source.lost, source.privilege; closes the stream then
 */
export async function openRpc(stream: Duplex, uri: string, name: string): Promise<Rpc> {
  const rpc = new RpcConnection(stream, name);
  try {
    const { types } = await rpc.call(CALL.authList, null, "signing in");
    // Polkit decides by who holds the socket; it is asked by the daemon while the call waits. SASL is another matter.
    if (types.length > 0 && !types.includes(AUTH_NONE)) {
      throw new AppError(
        "source.auth",
        `${name} wants ${types.includes(AUTH_POLKIT) ? "polkit" : "SASL"} authentication`,
        {
          hint: "Use an account in the group libvirt of the host, or root.",
        },
      );
    }
    await rpc.call(CALL.supportsFeature, { feature: FEATURE_KEEPALIVE }, "asking for keepalive").then(
      ({ supported }) => (supported === 1 ? rpc.keepAlive() : undefined),
      () => {},
    );
    await rpc.call(CALL.open, { uri, flags: 0 }, `opening ${uri}`);
    return rpc;
  } catch (error) {
    rpc.close();
    throw error;
  }
}

class RpcConnection implements Rpc {
  readonly #stream: Duplex;
  readonly #name: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #end = Promise.withResolvers<AppError>();
  readonly ended = this.#end.promise;
  #pieces: Buffer[] = [];
  #held = 0;
  #serial = 0;
  #over: AppError | null = null;
  #listener: (event: RpcEvent) => void = () => {};
  #early: RpcEvent[] | null = [];
  #silences = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(stream: Duplex, name: string) {
    this.#stream = stream;
    this.#name = name;
    stream.on("data", (bytes: Buffer) => {
      try {
        this.#receive(bytes);
      } catch (error) {
        this.#fail(AppError.from(error));
      }
    });
    stream.on("error", (error: Error) => this.#fail(this.#lost(`broke off: ${error.message}`)));
    stream.on("close", () => this.#fail(this.#lost("closed the connection")));
    stream.on("end", () => this.#fail(this.#lost("closed the connection")));
  }

  call<A, R>(procedure: Procedure<A, R>, args: A, what: string, signal?: AbortSignal): Promise<R> {
    if (signal?.aborted) return Promise.reject(new AppError("job.canceled"));
    if (this.#over !== null) return Promise.reject(this.#over);
    const payload = encode(procedure.args, args);
    this.#serial = (this.#serial % 0xffffffff) + 1;
    const serial = this.#serial;
    const answer = new Promise<Buffer>((resolve, reject) => {
      const cancel = () => {
        // Its answer, when it comes, is for nobody.
        this.#waiting.set(serial, { what, resolve: () => {}, reject: () => {} });
        reject(new AppError("job.canceled"));
      };
      signal?.addEventListener("abort", cancel, { once: true });
      const done = () => signal?.removeEventListener("abort", cancel);
      this.#waiting.set(serial, {
        what,
        resolve(bytes) {
          done();
          resolve(bytes);
        },
        reject(error) {
          done();
          reject(error);
        },
      });
    });
    this.#stream.write(frame(PROGRAM.remote, procedure.number, TYPE.call, serial, payload));
    return answer.then((bytes) => decode(procedure.result, bytes));
  }

  onEvent(listen: (event: RpcEvent) => void): void {
    this.#listener = listen;
    for (const event of this.#early ?? []) listen(event);
    this.#early = null;
  }

  keepAlive(): void {
    this.#timer = setInterval(() => {
      this.#silences++;
      if (this.#silences > KEEPALIVE_TRIES) {
        this.#fail(this.#lost(`said nothing for ${(KEEPALIVE_MS * KEEPALIVE_TRIES) / 1000} s`));
      } else if (this.#silences > 1) {
        this.#stream.write(frame(PROGRAM.keepalive, KEEPALIVE.ping, TYPE.message, 0, Buffer.alloc(0)));
      }
    }, KEEPALIVE_MS);
    this.#timer.unref();
  }

  close(): void {
    if (this.#over === null) {
      this.#stream.write(frame(PROGRAM.remote, CALL.close.number, TYPE.call, ++this.#serial, Buffer.alloc(0)));
      this.#stream.end();
    }
    this.#fail(this.#lost("was closed"));
    setTimeout(() => this.#stream.destroy(), 500).unref();
  }

  #receive(bytes: Buffer): void {
    if (this.#over !== null) return;
    this.#silences = 0;
    this.#pieces.push(bytes);
    this.#held += bytes.length;
    while (this.#held >= 4) {
      if ((this.#pieces[0]?.length ?? 0) < 4) this.#pieces = [Buffer.concat(this.#pieces)];
      const length = this.#pieces[0]?.readUInt32BE(0) ?? 0;
      if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) throw this.#bad(`a message of ${length} bytes`);
      if (this.#held < length) return;
      const whole = this.#pieces.length === 1 ? (this.#pieces[0] ?? bytes) : Buffer.concat(this.#pieces);
      this.#pieces = whole.length > length ? [whole.subarray(length)] : [];
      this.#held -= length;
      this.#message(whole.subarray(0, length));
    }
  }

  #message(message: Buffer): void {
    const [program, procedure, type] = [message.readUInt32BE(4), message.readInt32BE(12), message.readInt32BE(16)];
    const [serial, status] = [message.readUInt32BE(20), message.readInt32BE(24)];
    const payload = message.subarray(HEADER_BYTES);
    if (program === PROGRAM.keepalive) {
      if (procedure === KEEPALIVE.ping) {
        this.#stream.write(frame(PROGRAM.keepalive, KEEPALIVE.pong, TYPE.message, 0, Buffer.alloc(0)));
      }
    } else if (program !== PROGRAM.remote) throw this.#bad(`a message of program ${program}`);
    else if (type === TYPE.reply) {
      const waiting = this.#waiting.get(serial);
      if (waiting === undefined) throw this.#bad(`an answer to call ${serial}, which was not made`);
      // Who waits is forgotten only once there is an answer: what cannot be read ends all of them.
      const error = status === 0 ? null : decode(RemoteError, payload);
      this.#waiting.delete(serial);
      if (error === null) waiting.resolve(payload);
      else waiting.reject(libvirtError(error.code, error.message, waiting.what));
    } else if (type === TYPE.message) {
      const event = { procedure, payload };
      // What nobody listens to yet is kept; the daemon tells only what was asked for.
      if (this.#early === null) this.#listener(event);
      else if (this.#early.push(event) > 1000) this.#early.shift();
    } else throw this.#bad(`a message of type ${type}`);
  }

  #bad(what: string): AppError {
    return new AppError("source.protocol", `${this.#name} sent ${what}`);
  }

  #lost(what: string): AppError {
    return new AppError("source.lost", `${this.#name} ${what}`);
  }

  #fail(error: AppError): void {
    if (this.#over !== null) return;
    this.#over = error;
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#pieces = [];
    this.#end.resolve(error);
    if (error.code === "source.protocol") this.#stream.destroy();
  }
}

function frame(program: number, procedure: number, type: number, serial: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt32BE(HEADER_BYTES + payload.length, 0);
  head.writeUInt32BE(program, 4);
  head.writeUInt32BE(1, 8);
  head.writeInt32BE(procedure, 12);
  head.writeInt32BE(type, 16);
  head.writeUInt32BE(serial, 20);
  head.writeInt32BE(0, 24);
  return Buffer.concat([head, payload]);
}

/** The machine, pool or network an event is about, of the types in EVENT; null for others. */
export function eventSubject(event: RpcEvent): { readonly kind: keyof typeof EVENT; readonly payload: Buffer } | null {
  for (const [kind, { number }] of Object.entries(EVENT)) {
    if (number === event.procedure) return { kind: kind as keyof typeof EVENT, payload: event.payload };
  }
  return null;
}
