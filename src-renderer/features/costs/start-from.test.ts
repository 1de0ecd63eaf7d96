import { describe, expect, test } from "vitest";
import type { ExportSize } from "../../../src-core/model/export-size.ts";
import type { LibraryItem } from "../../../src-core/model/library.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { Workload } from "../../../src-core/model/workload.ts";
import { FIRST_FORM } from "../../ui-state/cost-plan.ts";
import { heldAssumptions, toWorkload } from "./cost-form.ts";
import { fromDisk, fromLibraryMachine, fromMachine, fromSchedule, withMeasured } from "./start-from.ts";

const GIB = 2 ** 30;

const disk = (path: string, allocatedBytes: number | null) => ({
  path,
  name: path.slice(1),
  summary: allocatedBytes === null ? null : { allocatedBytes, virtualSizeBytes: 40 * GIB },
  error: null,
});
const item = { name: "web", disks: [disk("/a", 3 * GIB), disk("/b", 5 * GIB), disk("/c", null)] } as LibraryItem;
const machine = (usedBytes: number | null, provisionedBytes: number | null) =>
  ({ name: "db", usedBytes, provisionedBytes }) as MachineRow;

describe("a plan that starts from something real", () => {
  test("a disk: what it has allocated, and what is not known is said", () => {
    const fields = fromDisk("/b", [item]);
    expect(fields).toMatchObject({ kind: "job", name: "b", sizeBytes: 5 * GIB });
    const form = { ...FIRST_FORM, ...fields };
    expect(Workload.safeParse(toWorkload(form)).success).toBe(true);
    expect(heldAssumptions(form)).toEqual([
      "The size is what the disk has allocated, 5 GiB of 40 GiB.",
      "No compression is assumed.",
      "How much changes each day is not known: 2 % of the size is assumed.",
      "How long restore points are kept is not known: 7 daily, 4 weekly and 12 monthly are assumed.",
    ]);
  });

  test("who changes a field takes its assumption back, and no other", () => {
    const form = { ...FIRST_FORM, ...fromDisk("/b", [item]) };
    expect(heldAssumptions({ ...form, sizeBytes: GIB })).toHaveLength(2);
    expect(heldAssumptions({ ...form, changePercent: 3 })).toHaveLength(3);
    expect(heldAssumptions({ ...form, monthly: 0 })).toHaveLength(3);
    expect(heldAssumptions({ ...form, months: 60 })).toHaveLength(4);
  });

  test("a machine of the library: the disks that could be read, and how many", () => {
    const fields = fromLibraryMachine(item);
    expect(fields?.sizeBytes).toBe(8 * GIB);
    expect(fields?.assumed[0]?.text).toBe("The size is what 2 of its 3 disks have allocated, 8 GiB.");
    expect(fromLibraryMachine({ ...item, disks: [disk("/c", null)] } as LibraryItem)).toBeNull();
  });

  test("a machine of a source: what it uses, else what it was given, else nothing", () => {
    expect(fromMachine(machine(7 * GIB, 9 * GIB))?.sizeBytes).toBe(7 * GIB);
    expect(fromMachine(machine(null, 9 * GIB))?.sizeBytes).toBe(9 * GIB);
    expect(fromMachine(machine(null, 9 * GIB))?.assumed[0]?.text).toMatch(/What the machine uses is not known/);
    expect(fromMachine(machine(null, null))).toBeNull();
  });

  test("what is smaller than the slider goes is said to be", () => {
    const fields = fromMachine(machine(GIB / 4, null));
    expect(fields?.sizeBytes).toBe(GIB);
    expect(fields?.assumed[1]?.text).toBe("It is 256 MiB; the plan is for 1 GiB.");
  });

  test("a measured size takes the place of what was assumed of it", () => {
    const form = { ...FIRST_FORM, ...fromDisk("/b", [item]) };
    const measured = {
      size: { lowBytes: 2 * GIB, likelyBytes: 2.5 * GIB, highBytes: 3 * GIB },
      target: { format: "qcow2", subformat: "v3", compression: "zstd", level: 3 },
      state: "precise",
    } as ExportSize;
    const after = { ...form, ...withMeasured(form, measured) };
    expect(after.sizeBytes).toBe(2.5 * GIB);
    expect(heldAssumptions(after)).toEqual([
      "A sample of it was compressed: 2.5 GiB as qcow2, zstd 3, with 95 % confidence 2 GiB to 3 GiB.",
      "How much changes each day is not known: 2 % of the size is assumed.",
      "How long restore points are kept is not known: 7 daily, 4 weekly and 12 monthly are assumed.",
    ]);
  });

  test("a schedule: its machines together, as often as its clock says", () => {
    const fields = fromSchedule({ name: "nightly" }, [machine(2 * GIB, null), machine(null, 3 * GIB)], 7);
    expect(fields).toMatchObject({ sizeBytes: 5 * GIB, everyDays: 7 });
    expect(fields?.assumed.some(({ text }) => text === "It runs every 7 days.")).toBe(true);
    const unclear = fromSchedule({ name: "after" }, [machine(2 * GIB, null)], null);
    expect(unclear).toMatchObject({ everyDays: 1 });
    expect(unclear?.assumed.some(({ text }) => /once a day is assumed/.test(text))).toBe(true);
    expect(fromSchedule({ name: "none" }, [], 1)).toBeNull();
  });
});
