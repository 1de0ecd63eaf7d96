/**
 * Bytes that come once, in order, and of which nobody knows how many there are: a pipe. Implementations: an open descriptor
 * (standard input), memory (tests).
 */
import { readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { systemError } from "./system-error.ts";

/** A source that cannot go back. The opener closes it. */
export interface SequentialSource {
  /** What errors call it. */
  readonly name: string;
  /** Bytes handed out so far: where the next `read` begins. */
  readonly positionBytes: number;
  /**
   * Fills `into` with what comes next.
   * @returns how many bytes it got: fewer than asked for at the end only
   * @throws AppError io.read
   */
  read(into: Uint8Array): Promise<number>;
  /**
   * The next `length` bytes where they lie, which is as good as `read` and saves a copy. They stay as they are until some more were asked
   * for in two further calls at least.
   * @returns null where they do not lie in one place: they are still to be read then
   * @throws AppError as `read`
   */
  lend?(length: number): Promise<Uint8Array | null>;
}

/** How long to wait where a descriptor that does not block has nothing yet. */
const WAIT_MS = 5;

/**
 * What an open descriptor gives, from where it stands.
 * @param name what errors call it, e.g. "standard input"
 */
export function sequentialSource(fd: number, name: string): SequentialSource {
  let positionBytes = 0;
  return {
    name,
    get positionBytes() {
      return positionBytes;
    },
    async read(into) {
      for (let done = 0; done < into.length; ) {
        const got = readSome(fd, into.subarray(done), name, positionBytes);
        if (got === 0) return done;
        if (got === null) await sleep(WAIT_MS);
        else {
          done += got;
          positionBytes += got;
        }
      }
      return into.length;
    },
  };
}

/** @returns bytes read, 0 at the end, null where there is nothing yet */
function readSome(fd: number, into: Uint8Array, name: string, atBytes: number): number | null {
  try {
    return readSync(fd, into, 0, into.length, null);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "EAGAIN") return null;
    // Windows: the other end of the pipe was closed.
    if (code === "EOF") return 0;
    throw systemError(error, "read", name, atBytes);
  }
}

/** `content`, once. */
export function sequentialMemory(name: string, content: Uint8Array): SequentialSource {
  let positionBytes = 0;
  return {
    name,
    get positionBytes() {
      return positionBytes;
    },
    async read(into) {
      const part = content.subarray(positionBytes, positionBytes + into.length);
      into.set(part);
      positionBytes += part.length;
      return part.length;
    },
  };
}
