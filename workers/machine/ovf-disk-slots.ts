/**
 * Where an OVF's disks hang: controllers of kinds that VMware and VirtualBox know, and a slot for each disk. What the source says is
 * kept where it can be: bus, number and slot ("scsi0:1", VirtualBox's "SATA 1:0"), and the controller's model when it is named
 * ("scsi0:1 pvscsi").
 */
import { AppError } from "../../src-core/model/error.ts";
import type { MachineDetail } from "../../src-core/model/inventory.ts";

/** ResourceType and ResourceSubType of DSP0243 and of VMware's readers. */
export interface OvfController {
  readonly bus: Bus;
  readonly number: number;
  readonly resourceType: string;
  readonly subType: string | null;
}

export interface DiskSlot {
  /** Index in `controllers`. */
  readonly controller: number;
  readonly unit: number;
}

export interface DiskSlots {
  readonly controllers: readonly OvfController[];
  /** In the order of the disks. */
  readonly slots: readonly DiskSlot[];
  /** What is not as the source has it. */
  readonly warnings: readonly string[];
}

type Bus = "scsi" | "sata" | "nvme" | "ide";

/** How many controllers a machine may have, and disks each: VMware's limits. */
const LIMITS: Readonly<Record<Bus, { controllers: number; units: number }>> = {
  scsi: { controllers: 4, units: 16 },
  sata: { controllers: 4, units: 30 },
  nvme: { controllers: 4, units: 15 },
  ide: { controllers: 2, units: 2 },
};
/** VirtualBox reads these words too. */
const SUB_TYPE: Readonly<Partial<Record<Bus, string>>> = { sata: "vmware.sata.ahci", nvme: "vmware.nvme.controller" };
/** The SCSI controller itself. */
const SCSI_OWN_UNIT = 7;

interface Wish {
  readonly bus: Bus;
  readonly number: number;
  readonly unit: number | null;
  readonly subType: string | null;
  readonly warning: string | null;
}

/** @param disks those that are exported, in order */
export function placeDisks(
  disks: readonly { readonly label: string; readonly controller: string | null }[],
  family: MachineDetail["family"],
): DiskSlots {
  const warnings: string[] = [];
  const taken = new Map<string, { bus: Bus; number: number; subType: string | null; units: Set<number> }>();
  const placed: { key: string; unit: number }[] = [];
  for (const disk of disks) {
    const wish = wishOf(disk, family);
    if (wish.warning !== null) warnings.push(wish.warning);
    const place = free(wish, taken);
    if (wish.unit !== null && (place.number !== wish.number || place.unit !== wish.unit)) {
      warnings.push(
        `Disk ${disk.label} is at ${place.bus}${place.number}:${place.unit}; its own place (${disk.controller}) was taken or does not exist.`,
      );
    }
    const key = `${place.bus}${place.number}`;
    const there = taken.get(key) ?? {
      bus: place.bus,
      number: place.number,
      subType: place.bus === "scsi" ? (wish.subType ?? safeScsi(family)) : null,
      units: new Set(),
    };
    there.units.add(place.unit);
    taken.set(key, there);
    placed.push({ key, unit: place.unit });
  }
  // Readers tell the first IDE channel from the second only where both are there.
  const ide = [...taken.values()].some(({ bus }) => bus === "ide");
  for (const number of ide ? [0, 1] : []) {
    const key = `ide${number}`;
    if (!taken.has(key)) taken.set(key, { bus: "ide", number, subType: null, units: new Set() });
  }
  const order = Object.keys(LIMITS);
  const sorted = [...taken.entries()].sort(
    ([, a], [, b]) => order.indexOf(a.bus) - order.indexOf(b.bus) || a.number - b.number,
  );
  const keys = sorted.map(([key]) => key);
  return {
    controllers: sorted.map(([, { bus, number, subType }]) => ({
      bus,
      number,
      resourceType: bus === "scsi" ? "6" : bus === "ide" ? "5" : "20",
      subType: SUB_TYPE[bus] ?? subType,
    })),
    slots: placed.map(({ key, unit }) => ({ controller: keys.indexOf(key), unit })),
    warnings,
  };
}

/** The place that a disk should have. */
function wishOf(
  { label, controller }: { readonly label: string; readonly controller: string | null },
  family: MachineDetail["family"],
): Wish {
  const text = (controller ?? "").toLowerCase();
  const [, first = "", second = ""] = /(\d{1,4}):(\d{1,4})(?!.*\d:\d)/.exec(text) ?? [];
  const [a, b] = first === "" ? [0, null] : [Number(first), Number(second)];
  // VirtualBox names a controller of its own and then port and device; others number controllers of one bus.
  const ported = /[^\d\s]+\s+.*\d+:\d+$/.test(text);
  const at = (bus: Bus, subType: string | null, warning: string | null = null): Wish =>
    ported && bus !== "ide"
      ? { bus, number: 0, unit: a, subType, warning }
      : { bus, number: a, unit: b, subType, warning };
  if (/nvme/.test(text)) return at("nvme", null);
  if (/sata|ahci/.test(text)) return at("sata", null);
  if (/virtio/.test(text) && !/scsi/.test(text)) {
    return {
      ...at("sata", null),
      number: 0,
      unit: null,
      warning: `Disk ${label} hangs on virtio, which few readers of OVF know: SATA is written. The guest may need another driver to start.`,
    };
  }
  if (/scsi|sas|lsi|buslogic|paravirtual/.test(text)) {
    const model = scsiModel(text);
    if (model !== null) return at("scsi", model);
    const safe = safeScsi(family);
    if (!/virtio/.test(text)) return at("scsi", safe);
    return at(
      "scsi",
      safe,
      `Disk ${label} hangs on virtio-scsi, which few readers of OVF know: ${safe} is written. The guest may need another driver to start.`,
    );
  }
  if (/ide|piix|hd[a-d]/.test(text)) return at("ide", null);
  // Nobody said: what every reader knows, and guests of this century have a driver for.
  const unsure =
    controller === null || text === ""
      ? null
      : `The controller of disk ${label} (${controller}) is not known to readers of OVF: SATA is written.`;
  return { bus: "sata", number: 0, unit: null, subType: null, warning: unsure };
}

/** The model that a guest most likely has a driver for. */
function safeScsi(family: MachineDetail["family"]): string {
  return family === "windows" ? "lsilogicsas" : "lsilogic";
}

/** By the words of VMware, VirtualBox and VMX; in VMware's spelling. */
function scsiModel(text: string): string | null {
  if (/pvscsi|paravirtual|virtualscsi/.test(text)) return "VirtualSCSI";
  if (/lsi.*sas|sas/.test(text)) return "lsilogicsas";
  if (/lsi/.test(text)) return "lsilogic";
  return /buslogic/.test(text) ? "buslogic" : null;
}

/** The place that is wished for, else the next free one of that bus, else of another. @throws AppError target.unsupported */
function free(
  { bus, number, unit }: Wish,
  taken: ReadonlyMap<string, { readonly units: ReadonlySet<number> }>,
): { bus: Bus; number: number; unit: number } {
  const isFree = (b: Bus, n: number, u: number) =>
    n < LIMITS[b].controllers &&
    u < LIMITS[b].units &&
    !(b === "scsi" && u === SCSI_OWN_UNIT) &&
    !(taken.get(`${b}${n}`)?.units.has(u) ?? false);
  if (unit !== null && isFree(bus, number, unit)) return { bus, number, unit };
  for (const other of [bus, "sata", "scsi", "nvme"] as const) {
    for (let n = 0; n < LIMITS[other].controllers; n++) {
      for (let u = 0; u < LIMITS[other].units; u++) if (isFree(other, n, u)) return { bus: other, number: n, unit: u };
    }
  }
  throw new AppError("target.unsupported", "The machine has more disks than the controllers of an OVF can hold.", {
    hint: "Choose fewer disks, or export disks without a machine.",
  });
}
