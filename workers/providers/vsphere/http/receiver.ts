/**
 * Bodies that a thread of their own brings: decrypting and summing up takes about as long as decoding what came, so both go on at once.
 * The thread stays for the next body. Neighbours: receiver-thread.ts (the other side), lease-stream.ts (who reads).
 */
import { Worker } from "node:worker_threads";
import { AppError } from "../../../../src-core/model/error.ts";
import type { AnswerHead } from "./answer-reader.ts";
import {
  type BodyRequest,
  type FromReceiver,
  PIECES_OUT,
  type ToldError,
  type ToReceiver,
} from "./receiver-messages.ts";

/** JavaScript heap of a receiver; what it brings lies outside. */
const HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 };
/**
 * A piece stays as it is until so many others were asked for: the newest is held back, the one before it is read from, and the last
 * bytes of the one before that may still be lent (lease-stream.ts).
 */
const HELD = PIECES_OUT - 2;

export interface ReceivedAnswer extends AnswerHead {
  /** Of a 200; of another status nothing comes. */
  readonly body: ReceivedBody;
}

/** A body as it comes, once. */
export class ReceivedBody implements AsyncIterator<Uint8Array, undefined> {
  readonly #free: () => void;
  #ready: Uint8Array[] = [];
  #given = 0;
  #end: { readonly error: unknown } | null = null;
  #sha1: string | null = null;
  #came: (() => void) | null = null;

  /** @param free called for each piece that is not needed any more */
  constructor(free: () => void) {
    this.#free = free;
  }

  /** SHA-1 of all of it, hex; null before its end. */
  get sha1(): string | null {
    return this.#sha1;
  }

  /** The next piece, which stays as it is until three more were asked for. @throws what it ended with */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#given >= HELD) this.#free();
    for (;;) {
      const value = this.#ready.shift();
      if (value !== undefined) {
        this.#given++;
        return { done: false, value };
      }
      if (this.#end !== null) {
        if (this.#end.error !== null) throw this.#end.error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        this.#came = resolve;
      });
    }
  }

  take(bytes: Uint8Array): void {
    this.#ready.push(bytes);
    this.#tell();
  }

  /** Nothing more comes. @param error null: it came whole */
  end(error: unknown, sha1: string | null): void {
    this.#end ??= { error };
    this.#sha1 = sha1;
    this.#tell();
  }

  #tell(): void {
    const came = this.#came;
    this.#came = null;
    came?.();
  }
}

interface Work {
  readonly id: number;
  readonly body: ReceivedBody;
  readonly answered: PromiseWithResolvers<ReceivedAnswer>;
}

class Receiver {
  readonly #thread = new Worker(receiverEntry(), { name: "receiver", resourceLimits: HEAP });
  readonly #gone: (receiver: Receiver) => void;
  #work: Work | null = null;
  #lastId = 0;

  /** @param gone told once it is of no use any more */
  constructor(gone: (receiver: Receiver) => void) {
    this.#gone = gone;
    // One that waits keeps nothing alive.
    this.#thread.unref();
    this.#thread.on("message", (message: FromReceiver) => this.#hear(message));
    this.#thread.on("error", (error) => this.#die(error));
    this.#thread.on("exit", () => this.#die(null));
  }

  get isFree(): boolean {
    return this.#work === null;
  }

  /**
   * @returns the answer, and what gives up the rest
   * @throws what connecting or the connection fails with; AppError source.protocol, source.certificate; job.canceled, job.crashed
   */
  async get(request: BodyRequest, signal: AbortSignal): Promise<{ readonly answer: ReceivedAnswer; close(): void }> {
    if (signal.aborted) throw new AppError("job.canceled");
    const id = ++this.#lastId;
    const answered = Promise.withResolvers<ReceivedAnswer>();
    answered.promise.catch(() => {});
    const body = new ReceivedBody(() => this.#say({ type: "free", id }));
    const work: Work = { id, body, answered };
    const close = () => {
      signal.removeEventListener("abort", close);
      if (this.#work !== work) return;
      this.#say({ type: "close", id });
      this.#end(work, new AppError("job.canceled"), null);
    };
    signal.addEventListener("abort", close, { once: true });
    this.#work = work;
    this.#thread.ref();
    this.#say({ type: "get", id, request });
    return { answer: await answered.promise, close };
  }

  /** Ends the thread; what is under way fails. */
  close(): void {
    void this.#thread.terminate();
    this.#die(null);
  }

  #say(message: ToReceiver): void {
    this.#thread.postMessage(message);
  }

  #hear(message: FromReceiver): void {
    const work = this.#work;
    // What nobody wants any more may still come.
    if (work === null || message.id !== work.id) return;
    if (message.type === "answer") {
      work.answered.resolve({ ...message.head, body: work.body });
      if (message.head.status !== 200) this.#end(work, null, null);
    } else if (message.type === "piece") work.body.take(message.bytes);
    else if (message.type === "end") this.#end(work, null, message.sha1);
    else this.#end(work, asThrown(message.error), null);
  }

  #end({ answered, body }: Work, error: unknown, sha1: string | null): void {
    this.#work = null;
    this.#thread.unref();
    body.end(error, sha1);
    answered.reject(error);
  }

  #die(cause: unknown): void {
    this.#gone(this);
    if (this.#work === null) return;
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.#end(this.#work, new AppError("job.crashed", `A thread that receives a disk ended unexpectedly${why}.`), null);
  }
}

/** The receivers of one export: as many as bodies come at once. */
export class Receivers {
  readonly #all = new Set<Receiver>();

  /** Starts one before it is known what it will bring. */
  warm(): void {
    if (this.#all.size === 0) this.#start();
  }

  /** As Receiver.get. */
  get(request: BodyRequest, signal: AbortSignal): ReturnType<Receiver["get"]> {
    const free = [...this.#all].find(({ isFree }) => isFree);
    return (free ?? this.#start()).get(request, signal);
  }

  /** Again is fine. */
  close(): void {
    for (const receiver of this.#all) receiver.close();
  }

  #start(): Receiver {
    const receiver = new Receiver((gone) => this.#all.delete(gone));
    this.#all.add(receiver);
    return receiver;
  }
}

function asThrown({ app, message, code }: ToldError): Error {
  return app === null ? Object.assign(new Error(message), { code }) : AppError.fromData(app);
}

/** From source the file itself; in a bundle the file `receiver` that the build puts beside the others. */
function receiverEntry(): URL {
  const here = import.meta.url;
  if (here.endsWith(".ts")) return new URL("../../../receiver-entry.ts", here);
  const root = /\/chunks\/[^/]+$/.test(here) ? "../" : "./";
  return new URL(`${root}receiver.js`, here);
}
