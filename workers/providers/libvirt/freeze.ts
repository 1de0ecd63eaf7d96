/** The guest's file systems held still for the moment a job begins, by the QEMU guest agent. */
import { AppError } from "../../../src-core/model/error.ts";
import type { Daemon } from "./daemon.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";

const THAW_TRIES = 3;

/**
 * Does `work` while the guest's file systems are frozen; they are thawed again whatever happens.
 * @param how "require": fails where the guest cannot; "try": goes on, with a warning
 * @throws AppError source.refused, source.unsupported (require); whatever `work` throws
 */
export async function frozen<T>(
  { machines }: Daemon,
  ref: DomainRef,
  how: "try" | "require",
  warnings: string[],
  work: () => Promise<T>,
): Promise<T> {
  const all = { domain: ref, mounts: [], flags: 0 };
  let froze = false;
  try {
    const { count } = await machines.call(CALL.freeze, all, `freezing the file systems of ${ref.name}`);
    froze = true;
    if (count === 0) warnings.push(`${ref.name}: the guest agent froze no file system.`);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (how === "require" || error.code === "source.lost") throw error;
    warnings.push(`${ref.name} was not quiesced: ${error.message}`);
  }
  try {
    return await work();
  } finally {
    if (froze) await thaw();
  }

  async function thaw(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await machines.call(CALL.thaw, all, `thawing the file systems of ${ref.name}`);
        return;
      } catch (error) {
        if (tries < THAW_TRIES) continue;
        warnings.push(
          `THE FILE SYSTEMS OF ${ref.name} MAY STILL BE FROZEN: ${AppError.from(error).message}. On the host: virsh domfsthaw.`,
        );
        return;
      }
    }
  }
}
