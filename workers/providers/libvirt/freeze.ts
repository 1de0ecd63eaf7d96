/**
 * The guest's file systems held still for the moment a job begins, by the QEMU guest agent. A guest that stays frozen does nothing any
 * more: before it is frozen a marked file on the host says so, and whoever finds the file after a crash thaws the guest (`thawLeft`).
 */
import { AppError } from "../../../src-core/model/error.ts";
import type { Daemon } from "./daemon.ts";
import { isLibvirtError, LIBVIRT_ERROR } from "./rpc/errors.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";

const THAW_TRIES = 3;

const notePath = ({ address }: Daemon, base: string) => `${address.scratchFolder}/${base}.frozen`;
const all = (domain: DomainRef) => ({ domain, mounts: [], flags: 0 });

/**
 * Does `work` while the guest's file systems are frozen; they are thawed again whatever happens.
 * @param base marked name of the export (`markedBase`)
 * @param how "require": fails where the guest cannot; "try": goes on, with a warning
 * @throws AppError source.refused, source.unsupported (require); whatever `work` throws
 */
export async function frozen<T>(
  daemon: Daemon,
  ref: DomainRef,
  base: string,
  how: "try" | "require",
  warnings: string[],
  work: () => Promise<T>,
): Promise<T> {
  const { machines, host } = daemon;
  const note = notePath(daemon, base);
  let froze = false;
  try {
    await host.createFile(note);
    const { count } = await machines.call(CALL.freeze, all(ref), `freezing the file systems of ${ref.name}`);
    froze = true;
    if (count === 0) warnings.push(`${ref.name}: the guest agent froze no file system.`);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code === "source.lost") throw error;
    await host.removeFile(note);
    if (how === "require") throw error;
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
        await machines.call(CALL.thaw, all(ref), `thawing the file systems of ${ref.name}`);
        break;
      } catch (error) {
        if (tries < THAW_TRIES) continue;
        // The note stays, for the sweep.
        warnings.push(
          `THE FILE SYSTEMS OF ${ref.name} MAY STILL BE FROZEN: ${AppError.from(error).message}. On the host: virsh domfsthaw.`,
        );
        return;
      }
    }
    await host.removeFile(note).catch((error: unknown) => warnings.push(AppError.from(error).message));
  }
}

/**
 * Thaws a guest that an attempt froze which died before it could thaw it; nothing where there is no note of it.
 * @param ref null: the machine is gone. @throws AppError source.refused, source.lost: the note then stays
 */
export async function thawLeft(daemon: Daemon, ref: DomainRef | null, base: string): Promise<void> {
  const { machines, host, address } = daemon;
  if (!(await host.listFolder(address.scratchFolder)).includes(`${base}.frozen`)) return;
  try {
    if (ref !== null) await machines.call(CALL.thaw, all(ref), `thawing the file systems of ${ref.name}`);
  } catch (error) {
    // A machine that is off, or has no agent, is not frozen.
    const fine = [LIBVIRT_ERROR.operationInvalid, LIBVIRT_ERROR.noDomain, LIBVIRT_ERROR.argumentUnsupported];
    if (!isLibvirtError(error, ...fine)) throw error;
  }
  await host.removeFile(notePath(daemon, base));
}
