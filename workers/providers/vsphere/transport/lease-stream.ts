/**
 * A disk as it streams out of a lease: a stream-optimized VMDK, whose length nobody tells. The last piece is given out only when the
 * whole of it was compared with what the host says it sent: a stream that was cut in good order is never taken for whole.
 */
import { AppError } from "../../../../src-core/model/error.ts";
import type { SequentialSource } from "../../../io/sequential.ts";
import type { DeviceUrl } from "../calls/leases.ts";
import type { HostDoor } from "../http/host-door.ts";
import { statusError } from "../http/range-file.ts";
import type { ReceivedBody, Receivers } from "../http/receiver.ts";
import type { DiskLease } from "./disk-lease.ts";

export interface LeaseStream {
  readonly source: SequentialSource;
  /** Came to its end, and is what the host says it sent. */
  readonly verified: boolean;
  close(): void;
}

/**
 * @param name what errors call it
 * @param cookie where the URL's host is the one that was logged in to
 * @param note bytes that came so far
 */
export async function openLeaseStream(
  door: HostDoor,
  receivers: Receivers,
  lease: DiskLease,
  device: DeviceUrl,
  name: string,
  cookie: string | null,
  note: (bytes: number) => void,
  signal: AbortSignal,
): Promise<LeaseStream> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, lease.ended, stop.signal]);
  /** What a failure comes from, in the end. */
  const explain = (error: unknown) => {
    if (signal.aborted || stop.signal.aborted) return new AppError("job.canceled");
    if (lease.lost !== null) return lease.lost;
    if (lease.ended.aborted) return new AppError("job.canceled");
    return door.translate(error, signal);
  };
  const url = new URL(device.url.replace("//*", "//host"));
  try {
    const headers = cookie === null ? {} : { cookie };
    const { origin, expected } = door;
    const request = { origin, expected, path: url.pathname + url.search, headers };
    const { answer, close } = await receivers.get(request, both);
    if (answer.status !== 200) {
      close();
      throw statusError(answer.status, name, name, { file: name, status: answer.status });
    }
    const source = new LeaseSource(name, answer.body, note, explain, (bytes, sha1) =>
      verify(lease, device, name, bytes, sha1, both),
    );
    return {
      source,
      get verified() {
        return source.verified;
      },
      close() {
        stop.abort();
        close();
      },
    };
  } catch (error) {
    throw explain(error);
  }
}

/** @throws AppError io.read where the host sent something else than it says */
async function verify(
  lease: DiskLease,
  device: DeviceUrl,
  name: string,
  bytes: number,
  sha1: string,
  signal: AbortSignal,
): Promise<void> {
  const entry = await lease.manifestOf(device.key, signal);
  if (entry === null) return;
  const wanted = entry.sha1 ?? (entry.checksumType === "sha1" ? entry.checksum : null);
  const sizeDiffers = entry.sizeBytes !== null && entry.sizeBytes !== bytes;
  if (!sizeDiffers && (wanted === null || wanted === sha1)) return;
  const what = sizeDiffers
    ? `${bytes} bytes came, the host sent ${entry.sizeBytes}`
    : "its SHA-1 is not the one that the host tells";
  throw new AppError("io.read", `${name}: ${what}`, {
    hint: "The disk is read anew from its start.",
    details: { file: name, bytes },
  });
}

class LeaseSource implements SequentialSource {
  readonly name: string;
  positionBytes = 0;
  verified = false;
  readonly #pieces: ReceivedBody;
  readonly #note: (bytes: number) => void;
  readonly #explain: (error: unknown) => AppError;
  readonly #verify: (bytes: number, sha1: string) => Promise<void>;
  #came = 0;
  #piece: Uint8Array = new Uint8Array(0);
  /** Came, and is held back until it is known whether something follows it. */
  #held: Uint8Array | null = null;
  #ended = false;
  #failure: AppError | null = null;

  constructor(
    name: string,
    pieces: ReceivedBody,
    note: (bytes: number) => void,
    explain: (error: unknown) => AppError,
    check: (bytes: number, sha1: string) => Promise<void>,
  ) {
    this.name = name;
    this.#pieces = pieces;
    this.#note = note;
    this.#explain = explain;
    this.#verify = check;
  }

  async read(into: Uint8Array): Promise<number> {
    for (let done = 0; done < into.length; ) {
      if (!(await this.#hasPiece())) return done;
      const part = this.#take(into.length - done);
      into.set(part, done);
      done += part.length;
    }
    return into.length;
  }

  /** A piece's end stays as it is while the next piece is read from (ReceivedBody.next). */
  async lend(length: number): Promise<Uint8Array | null> {
    return (await this.#hasPiece()) && this.#piece.length >= length ? this.#take(length) : null;
  }

  /** Whether there is something to be taken; false at the end. */
  async #hasPiece(): Promise<boolean> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#piece.length > 0) return true;
    try {
      const next = await this.#next();
      if (next !== null) this.#piece = next;
      return next !== null;
    } catch (error) {
      this.#failure = this.#explain(error);
      throw this.#failure;
    }
  }

  /** @param most bytes */
  #take(most: number): Uint8Array {
    const part = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(part.length);
    this.positionBytes += part.length;
    return part;
  }

  /** Null at the end. */
  async #next(): Promise<Uint8Array | null> {
    while (!this.#ended) {
      const { done, value } = await this.#pieces.next();
      const before = this.#held;
      if (done) {
        this.#ended = true;
        this.#held = null;
        await this.#verify(this.#came, this.#pieces.sha1 ?? "");
        this.verified = true;
        return before;
      }
      if (value.length === 0) continue;
      this.#came += value.length;
      this.#note(this.#came);
      this.#held = value;
      if (before !== null) return before;
    }
    return null;
  }
}
