/**
 * Looks after the scratch folder while a machine is read. What the guest overwrites is kept there first: where there is no room for
 * it QEMU fails the guest's own writes. Before that happens the job is ended; an export can be made again, a guest's write cannot.
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { Daemon } from "./daemon.ts";

const LOOK_MS = 2000;
/** With less than this left the job ends … */
const LEAST_BYTES = 256 * 1024 * 1024;
/** … and where there was little from the start, with less than this part of it. */
const LEAST_PART = 0.25;
const GiB = 1024 ** 3;

export interface ScratchWatch {
  /** Why the job was ended; null as long as it was not. */
  readonly reason: AppError | null;
  stop(): void;
}

/**
 * @param end ends the job; called once at most. @param everyMs between two looks
 * @throws AppError source.lost
 */
export async function watchScratch(
  { host, address }: Pick<Daemon, "host" | "address">,
  machine: string,
  end: () => Promise<void>,
  everyMs = LOOK_MS,
): Promise<ScratchWatch> {
  const folder = address.scratchFolder;
  const atFirst = await host.freeBytes(folder);
  let reason: AppError | null = null;
  let looking = false;
  const look = async () => {
    const free = await host.freeBytes(folder);
    if (free === null || atFirst === null || reason !== null) return;
    if (free >= Math.min(LEAST_BYTES, atFirst * LEAST_PART)) return;
    reason = new AppError(
      "source.refused",
      `${folder} on ${host.name} is nearly full: the export of ${machine} was ended before the guest's own writes fail.`,
      {
        hint: `Make room there (${(free / GiB).toFixed(1)} GiB are free), or name another folder with ?scratch= in the source's address.`,
      },
    );
    clearInterval(timer);
    await end();
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    // A connection that broke is noticed by whoever reads.
    void look()
      .catch(() => {})
      .finally(() => {
        looking = false;
      });
  }, everyMs);
  timer.unref();
  return {
    get reason() {
      return reason;
    },
    stop: () => clearInterval(timer),
  };
}
