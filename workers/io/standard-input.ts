/**
 * Standard input as a source that comes once: a pipe or a socket without ever blocking the thread, so that a silent one can be
 * canceled; a redirected file, which never makes anybody wait, as it is. Neighbour: sequential.ts.
 */
import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import type { FileIdentity } from "./file.ts";
import { type SequentialSource, sequentialSource } from "./sequential.ts";
import { systemError } from "./system-error.ts";

const FD = 0;
const NAME = "standard input";

/** How often the gate is asked while nothing comes. */
const LOOK_MS = 100;

export interface StandardInput extends SequentialSource {
  /** The file or pipe it is. */
  readonly identity: FileIdentity;
  close(): void;
}

/**
 * Opens standard input; at most once in a process.
 * @param gate awaited before each piece and while nothing comes; what it throws ends the read
 * @throws AppError io.read where there is none
 */
export function standardInput(gate: () => Promise<void>): StandardInput {
  const stat = lookAt();
  const identity = { device: stat.dev, inode: stat.ino };
  if (stat.isFIFO() || stat.isSocket()) return flowing(identity, gate);
  const plain = sequentialSource(FD, NAME);
  return {
    name: NAME,
    identity,
    get positionBytes() {
      return plain.positionBytes;
    },
    async read(into) {
      await gate();
      return plain.read(into);
    },
    close() {},
  };
}

function lookAt() {
  try {
    return fstatSync(FD, { bigint: true });
  } catch (error) {
    throw systemError(error, "read", NAME, 0);
  }
}

/** What another process writes, as it comes; that process waits while nobody reads here. */
function flowing(identity: FileIdentity, gate: () => Promise<void>): StandardInput {
  const socket = new Socket({ fd: FD, readable: true, writable: false });
  let positionBytes = 0;
  let rest: Uint8Array = new Uint8Array(0);
  let ended = false;
  let failure: Error | null = null;
  let wake = () => {};
  socket.on("readable", () => wake());
  socket.on("end", () => {
    ended = true;
    wake();
  });
  socket.on("error", (error) => {
    failure = error;
    wake();
  });

  /** @returns false at the end */
  async function refill(): Promise<boolean> {
    for (;;) {
      await gate();
      const chunk: unknown = socket.read();
      if (chunk instanceof Uint8Array) {
        rest = chunk;
        return true;
      }
      if (failure !== null) throw systemError(failure, "read", NAME, positionBytes);
      if (ended) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    name: NAME,
    identity,
    get positionBytes() {
      return positionBytes;
    },
    async read(into) {
      for (let done = 0; done < into.length; ) {
        if (rest.length === 0 && !(await refill())) return done;
        const part = rest.subarray(0, into.length - done);
        into.set(part, done);
        rest = rest.subarray(part.length);
        done += part.length;
        positionBytes += part.length;
      }
      return into.length;
    },
    close() {
      socket.destroy();
    },
  };
}
