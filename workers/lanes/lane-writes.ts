/**
 * Lets the lanes write what they prepared: a writer's call with bytes that lie in a lane's memory is noted instead of done, and
 * the lane is told once the window is through with. So the copying thread decides where everything goes, in order, and the moving
 * of bytes is spread over all lanes. Calls with other bytes (tables, headers) are done at once.
 *
 *   copying thread   write(offset, bytes of a slot) ─► noted      release ─► lane: write [file, offset, where, length] …
 *   lane             prepare … │ write … ─► answer                sync, read, resize, close wait until all answers are in
 */
import { AppError } from "../../src-core/model/error.ts";
import type { FileTarget } from "../io/file.ts";

/** Four numbers a write: index of the file, offset in it, where in the lane's memory, length. */
export type Writes = readonly number[];
export const WRITE_FIELDS = 4;

/** A file that lanes may write to. */
export interface SharedFile {
  readonly fd: number;
  /** For errors. */
  readonly path: string;
}

export class LaneWrites {
  readonly #files: SharedFile[] = [];
  readonly #memories = new Set<ArrayBufferLike>();
  #noted: number[] = [];
  readonly #open = new Set<Promise<void>>();
  #failure: AppError | null = null;

  /** The files wrapped so far, as lanes are told of them. */
  get files(): readonly SharedFile[] {
    return this.#files;
  }

  /** The same target, written by lanes as far as its bytes are theirs. */
  wrap(target: FileTarget): FileTarget {
    const index = this.#files.push({ fd: target.fd, path: target.name }) - 1;
    return {
      ...target,
      write: async (offset, bytes) => {
        if (this.#failure !== null) throw this.#failure;
        if (!this.#memories.has(bytes.buffer)) return target.write(offset, bytes);
        this.#noted.push(index, offset, bytes.byteOffset, bytes.length);
      },
      read: async (offset, into) => {
        await this.settled();
        return target.read(offset, into);
      },
      resize: async (sizeBytes) => {
        await this.settled();
        return target.resize(sizeBytes);
      },
      sync: async () => {
        await this.settled();
        return target.sync();
      },
      close: async () => {
        await Promise.allSettled(this.#open);
        return target.close();
      },
    };
  }

  /** From now on bytes in this memory are left to their lane. */
  share(memory: ArrayBufferLike): void {
    this.#memories.add(memory);
  }

  /** What was noted since the last call. */
  take(): Writes {
    const writes = this.#noted;
    this.#noted = [];
    return writes;
  }

  /** A lane is at it; its failure is told by the next call of any target. */
  add(writing: Promise<void>): void {
    const done = writing.catch((error: unknown) => {
      this.#failure ??= AppError.from(error);
    });
    this.#open.add(done);
    void done.then(() => this.#open.delete(done));
  }

  /** When everything that lanes were told to write is written. @throws AppError what failed */
  async settled(): Promise<void> {
    await Promise.all(this.#open);
    if (this.#failure !== null) throw this.#failure;
  }

  /** The lanes go: from now on everything is written by the calling thread. Never throws. */
  async retire(): Promise<void> {
    await Promise.allSettled(this.#open);
    this.#memories.clear();
  }
}
