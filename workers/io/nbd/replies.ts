/**
 * The second half of an NBD connection, what comes back: finds the request of each reply, checks every length and offset against
 * what was asked, and puts content straight into its place. A reply that fits no request ends the connection: from there on nobody
 * knows where the next one begins.
 */
import { AppError } from "../../../src-core/model/error.ts";
import { Coverage } from "./coverage.ts";
import type { Intake } from "./intake.ts";
import { printable, protocolError } from "./negotiation.ts";
import { CHUNK, CHUNK_DONE, CHUNK_ERROR_BIT, ERRNO, SIMPLE_REPLY_MAGIC, STRUCTURED_REPLY_MAGIC } from "./protocol.ts";

/** 2^18 extents in one answer; QEMU gives 2^17 at most. */
const MAX_STATUS_BYTES = 4 + 8 * 2 ** 18;
const MAX_ERROR_BYTES = 6 + 4096 + 8;

/** A run of one status, relative to nothing: they follow each other from the request's start. */
export interface StatusRun {
  readonly length: number;
  readonly flags: number;
}

/** A read or a status that was asked for. */
export interface Pending {
  readonly what: "read" | "status";
  readonly offset: number;
  readonly length: number;
  /** Where a read goes; empty for a status. */
  readonly into: Uint8Array;
  readonly coverage: Coverage;
  /** By number of the context. */
  readonly status: Map<number, StatusRun[]>;
  error: AppError | null;
  resolve(): void;
  reject(error: AppError): void;
}

export function pendingRequest(what: Pending["what"], offset: number, length: number, into: Uint8Array) {
  const settled = Promise.withResolvers<void>();
  const pending: Pending = {
    what,
    offset,
    length,
    into,
    coverage: new Coverage(length),
    status: new Map(),
    error: null,
    resolve: settled.resolve,
    reject: settled.reject,
  };
  return { pending, done: settled.promise };
}

export interface RepliesOptions {
  readonly name: string;
  readonly structured: boolean;
  /** Numbers of the contexts that were granted. */
  readonly contextIds: ReadonlySet<number>;
  /** The request a reply is for; undefined where there is none. */
  find(cookie: number, handle: number): Pending | undefined;
  /** It is answered to its end. */
  finished(handle: number): void;
}

/** Begins listening. @throws from `intake.feed`: AppError source.protocol */
export function listenToReplies(intake: Intake, options: RepliesOptions): void {
  const bad = (what: string) => protocolError(options, what);

  const next = (): void => intake.expect(4, magic);

  function magic(bytes: Buffer): void {
    const value = bytes.readUInt32BE(0);
    if (value === SIMPLE_REPLY_MAGIC) intake.expect(12, simple);
    else if (value === STRUCTURED_REPLY_MAGIC && options.structured) intake.expect(16, structured);
    else throw bad("answers with a wrong magic");
  }

  function request(cookie: number, handle: number): Pending {
    const pending = options.find(cookie, handle);
    if (pending === undefined) throw bad("answers what nobody asked");
    return pending;
  }

  function settle(pending: Pending, handle: number): void {
    options.finished(handle);
    if (pending.error !== null) pending.reject(pending.error);
    else if (pending.what === "read" && !pending.coverage.complete) {
      const error = bad(`left out part of [${pending.offset}, +${pending.length})`);
      pending.reject(error);
      throw error;
    } else pending.resolve();
    next();
  }

  function simple(bytes: Buffer): void {
    const [error, handle] = [bytes.readUInt32BE(0), bytes.readUInt32BE(8)];
    const pending = request(bytes.readUInt32BE(4), handle);
    if (error !== 0) {
      pending.error = readError(options.name, pending, error, "");
      settle(pending, handle);
    } else if (options.structured || pending.what !== "read") throw bad("answers in the wrong kind of reply");
    else {
      pending.coverage.add(0, pending.length);
      intake.fill(pending.into, () => settle(pending, handle));
    }
  }

  function structured(bytes: Buffer): void {
    const [flags, type, handle, length] = [
      bytes.readUInt16BE(0),
      bytes.readUInt16BE(2),
      bytes.readUInt32BE(8),
      bytes.readUInt32BE(12),
    ];
    const pending = request(bytes.readUInt32BE(4), handle);
    const end = () => ((flags & CHUNK_DONE) !== 0 ? settle(pending, handle) : next());
    if (type === CHUNK.offsetData && pending.what === "read" && length > 8) {
      intake.expect(8, (head) => {
        intake.fill(place(pending, head, length - 8), end);
      });
    } else if (type === CHUNK.offsetHole && pending.what === "read" && length === 12) {
      intake.expect(12, (head) => {
        place(pending, head, head.readUInt32BE(8)).fill(0);
        end();
      });
    } else if (type === CHUNK.blockStatus && pending.what === "status") {
      if (length < 12 || length > MAX_STATUS_BYTES || (length - 4) % 8 !== 0) {
        throw bad(`answers a block status in ${length} bytes`);
      }
      intake.expect(length, (body) => {
        keepStatus(pending, body);
        end();
      });
    } else if (type >= CHUNK_ERROR_BIT) {
      if (length < 6 || length > MAX_ERROR_BYTES) throw bad(`sends an error of ${length} bytes`);
      intake.expect(length, (body) => {
        const words = body.readUInt16BE(4);
        if (6 + words > length) throw bad("sends an error that is longer than itself");
        pending.error ??= readError(
          options.name,
          pending,
          body.readUInt32BE(0),
          printable(body.subarray(6, 6 + words)),
        );
        end();
      });
    } else if (type === CHUNK.none && length === 0 && (flags & CHUNK_DONE) !== 0) end();
    else throw bad(`sends a chunk of type ${type} and ${length} bytes, which fits no request`);
  }

  /** The part of a read's buffer that a chunk is for. */
  function place(pending: Pending, head: Buffer, length: number): Uint8Array {
    const offset = head.readBigUInt64BE(0);
    const start = Number(offset - BigInt(pending.offset));
    if (!pending.coverage.add(start, length)) {
      throw bad(`answers [${pending.offset}, +${pending.length}) with bytes of [${offset}, +${length})`);
    }
    return pending.into.subarray(start, start + length);
  }

  function keepStatus(pending: Pending, body: Buffer): void {
    const context = body.readUInt32BE(0);
    if (!options.contextIds.has(context) || pending.status.has(context)) {
      throw bad(`answers a block status for context ${context}`);
    }
    const runs: StatusRun[] = [];
    for (let at = 4; at < body.length; at += 8) {
      const [length, flags] = [body.readUInt32BE(at), body.readUInt32BE(at + 4)];
      if (length === 0) throw bad("sends an empty extent");
      runs.push({ length, flags });
    }
    pending.status.set(context, runs);
  }

  next();
}

function readError(name: string, pending: Pending, number: number, said: string): AppError {
  const reason = `${ERRNO[number] ?? `error ${number}`}${said === "" ? "" : ` ("${said}")`}`;
  const what = `${pending.what === "read" ? "Reading" : "Asking for the extents of"} [${pending.offset}, +${pending.length})`;
  return new AppError("io.read", `${what} from NBD server ${name} failed: ${reason}`, {
    details: { server: name, offset: pending.offset, errno: ERRNO[number] ?? number },
  });
}
