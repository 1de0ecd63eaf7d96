/**
 * Lets the lanes write what they prepared: a writer's call with bytes that lie in a lane's memory is noted instead of done, and
 * the lane is told once the window is through with. So the copying thread decides where everything goes, in order, and the moving
 * of bytes is spread over all lanes. Calls with other bytes (tables, headers) are done at once.
 *
 *   copying thread   write(offset, bytes of a slot) ─► noted      release ─► lane: write [file, offset, area, where, length] …
 *   lane             prepare … │ write … ─► answer                sync, read, resize, close wait until all answers are in
 */
import { AppError } from "../../src-core/model/error.ts";
import type { Slot } from "../disk/window.ts";
import type { FileTarget } from "../io/file.ts";

/** Five numbers a write: index of the file, offset in it, which of the slot's `writtenAreas`, where in that area, length. */
export type Writes = readonly number[];
export const WRITE_FIELDS = 5;

/** The areas of a slot that writers are given bytes of. Each may be a memory of its own: an address alone tells nothing. */
export function writtenAreas(slot: Slot): readonly Uint8Array[] {
  return [slot.data, slot.encoded];
}

/** A file that lanes may write to. */
export interface SharedFile {
  readonly fd: number;
  /** For errors. */
  readonly path: string;
}

export class LaneWrites {
  readonly #files: SharedFile[] = [];
  readonly #memories = new Set<ArrayBufferLike>();
  #noted: { readonly file: number; readonly offset: number; readonly bytes: Uint8Array }[] = [];
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
        this.#noted.push({ file: index, offset, bytes });
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

  /** What was noted since the last call: bytes of `slot`, all of it. @throws AppError internal.bug when it is not */
  take(slot: Slot): Writes {
    const areas = writtenAreas(slot);
    return this.#noted.splice(0).flatMap(({ file, offset, bytes }) => {
      const area = areas.findIndex((each) => holds(each, bytes));
      const at = bytes.byteOffset - (areas[area]?.byteOffset ?? 0);
      if (area < 0)
        throw new AppError("internal.bug", `${bytes.length} bytes to be written are not of the lane's slot`);
      return [file, offset, area, at, bytes.length];
    });
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

function holds(area: Uint8Array, bytes: Uint8Array): boolean {
  const at = bytes.byteOffset - area.byteOffset;
  return bytes.buffer === area.buffer && at >= 0 && at + bytes.length <= area.length;
}
