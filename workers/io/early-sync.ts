/**
 * Has the system begin to store what was written while more is being written: else all of it is stored at the end, when nothing else
 * is left to do. It promises nothing; the sync at the end does.
 */
import { fdatasync } from "node:fs";
import { promisify } from "node:util";
import { systemError } from "./system-error.ts";

/** Written between two beginnings. */
const EVERY_BYTES = 128 * 1024 * 1024;

/** A file that is open for writing. */
interface OpenFile {
  readonly descriptor: number;
  readonly name: string;
}

export interface EarlySync {
  /** @param writtenBytes in all files so far, roughly. @throws AppError target.no-space, io.write where storing failed: it is told once only */
  reached(writtenBytes: number): void;
  /** Waits for what is under way: before that no file may be closed. @throws as `reached` */
  settle(): Promise<void>;
}

/** @param sync stores one file's data */
export function createEarlySync(
  files: readonly OpenFile[],
  sync: (descriptor: number) => Promise<void> = promisify(fdatasync),
): EarlySync {
  let begunAtBytes = 0;
  let underWay: Promise<void> | null = null;
  let failure: unknown = null;

  async function store(): Promise<void> {
    for (const { descriptor, name } of files) {
      try {
        await sync(descriptor);
      } catch (error) {
        failure ??= systemError(error, "write", name);
      }
    }
    underWay = null;
  }
  const assertStored = () => {
    if (failure !== null) throw failure;
  };

  return {
    reached(writtenBytes) {
      assertStored();
      if (underWay !== null || writtenBytes - begunAtBytes < EVERY_BYTES) return;
      begunAtBytes = writtenBytes;
      underWay = store();
    },
    async settle() {
      await underWay;
      assertStored();
    },
  };
}
