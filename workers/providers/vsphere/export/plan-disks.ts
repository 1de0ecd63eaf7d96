/** Which disks of a machine an export is about, and in which way the machine is brought to stand still for it. */
import { AppError } from "../../../../src-core/model/error.ts";
import type { HostDisk } from "../machine/devices.ts";
import type { HostMachine } from "../machine/read-machine.ts";

export interface DiskPlan {
  readonly disks: readonly HostDisk[];
  /** "snapshot": a snapshot is made and read; "lease": the machine is off, and a lease on all of it keeps it so. */
  readonly hold: "snapshot" | "lease";
  readonly warnings: readonly string[];
}

/**
 * @param keys of the disks that are wanted; null = all that can be had
 * @throws AppError source.refused, source.unsupported naming what is in the way and what to do about it
 */
export function planDisks({ detail, disks }: HostMachine, keys: readonly string[] | null): DiskPlan {
  const blocking = detail.obstacles.filter(({ severity }) => severity === "blocking");
  const whole = blocking.find(({ diskKey }) => diskKey === null);
  if (whole !== undefined) {
    throw new AppError("source.refused", `${detail.name} cannot be exported. ${whole.message}`, {
      hint: whole.remedy,
      details: { machineId: detail.id, obstacle: whole.code },
    });
  }
  const known = new Set(disks.map(({ deviceKey }) => String(deviceKey)));
  const missing = keys?.find((key) => !known.has(key));
  if (missing !== undefined) {
    throw new AppError("source.refused", `${detail.name} has no disk ${missing.slice(0, 100)}`, {
      hint: "Look at the machine's disks anew.",
    });
  }
  const wanted = disks.filter(({ deviceKey }) => keys === null || keys.includes(String(deviceKey)));
  const warnings: string[] = [];
  const readable = wanted.filter(({ deviceKey }) => {
    const reason = blocking.find(({ diskKey }) => diskKey === String(deviceKey));
    if (reason !== undefined) warnings.push(`${reason.message} It is left out. ${reason.remedy}`);
    return reason === undefined;
  });
  if (wanted.length > 0 && readable.length === 0) {
    throw new AppError("source.refused", `No disk of ${detail.name} can be read. ${warnings.join(" ")}`, {
      details: { machineId: detail.id },
    });
  }
  return { disks: readable, hold: holdOf(detail, readable, disks), warnings };
}

/** Templates, shared buses and disks that are not part of snapshots: only off, by a lease on all of it. */
function holdOf(
  detail: HostMachine["detail"],
  readable: readonly HostDisk[],
  all: readonly HostDisk[],
): DiskPlan["hold"] {
  if (detail.power !== "off") return "snapshot";
  const apart = readable.some(({ mode }) => mode.startsWith("independent") || mode === "shared");
  return detail.template || apart || all.some(({ controller }) => controller?.shared) ? "lease" : "snapshot";
}
