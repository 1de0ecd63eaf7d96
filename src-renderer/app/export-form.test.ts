import { expect, it } from "vitest";
import { MAX_EXPORTS } from "../../src-core/contract/exports.ts";
import { ExportOptions } from "../../src-core/model/export.ts";
import {
  type ExportForm,
  exportFormOf,
  exportOrder,
  formErrors,
  isComplete,
  MAX_MACHINES,
  MAX_TIMED,
  machineKey,
  newForm,
  planInput,
  withMachine,
  withoutMachines,
  withTimed,
} from "./export-form.ts";

const MIB = 1024 ** 2;
const web = { sourceId: "s1", machineId: "vm-1", name: "web01" };
const db = { sourceId: "s2", machineId: "vm-1", name: "db01" };
const taste = { folder: "/out", output: "ova", format: "qcow2", digest: "sha256" } as const;
const form = newForm([web, db], taste);
const hours = { from: "08:00", to: "18:00", maxBytesPerSecond: MIB };
const changed = (part: Partial<ExportForm>): ExportForm => ({ ...form, ...part });

it("has the limits and the usual choices of the contract", () => {
  expect(MAX_MACHINES).toBe(MAX_EXPORTS);
  const withHours = (count: number) => ({ ...exportOrder(form), limitsByTime: Array(count).fill(hours) });
  expect(ExportOptions.safeParse(withHours(MAX_TIMED)).success).toBe(true);
  expect(ExportOptions.safeParse(withHours(MAX_TIMED + 1)).success).toBe(false);
  expect(ExportOptions.parse({ output: { kind: "ova" }, folder: "/out" })).toEqual({
    ...exportOrder(form),
    machines: undefined,
  });
});

it("begins with what was chosen last, and everything else as usual", () => {
  expect(exportOrder(form)).toEqual({
    output: { kind: "ova" },
    folder: "/out",
    overwrite: false,
    quiesce: "try",
    power: "leave",
    disksAtOnce: 2,
    connectionsPerHost: 4,
    priority: 50,
    maxBytesPerSecond: null,
    limitsByTime: [],
    machines: [
      { sourceId: "s1", machineId: "vm-1" },
      { sourceId: "s2", machineId: "vm-1" },
    ],
  });
});

it("begins with the digest that was chosen last", () => {
  expect(exportOrder(newForm([web], { ...taste, digest: "sha1" }))?.output).toEqual({ kind: "ova", digest: "sha1" });
});

it.each([
  [
    { output: "ovf", compressionLevel: 9 },
    { kind: "ovf", compressionLevel: 9 },
  ],
  [{ digest: "sha1" }, { kind: "ova", digest: "sha1" }],
  [
    { output: "ovf", digest: "sha512", compressionLevel: 1 },
    { kind: "ovf", compressionLevel: 1, digest: "sha512" },
  ],
  // What was chosen for another output is not sent.
  [
    { output: "disks", digest: "sha1" },
    { kind: "disks", format: "qcow2", options: {} },
  ],
  [{ output: "ova", choices: { subformat: "v3" } }, { kind: "ova" }],
  [
    { output: "disks", format: "vmdk", choices: { subformat: "streamOptimized" }, compressionLevel: 9 },
    { kind: "disks", format: "vmdk", options: { subformat: "streamOptimized" } },
  ],
] as const)("%j asks for %j", (part, output) => {
  expect(exportOrder(changed(part))?.output).toEqual(output);
});

it("tells machines of two sources apart, whatever their ids", () => {
  const named = withMachine(form, machineKey(db), { name: " db ", diskKeys: ["2000"] });
  expect(exportOrder(named)?.machines).toEqual([
    { sourceId: "s1", machineId: "vm-1" },
    { sourceId: "s2", machineId: "vm-1", name: "db", diskKeys: ["2000"] },
  ]);
  expect(withoutMachines(form, new Set([machineKey(web)])).machines.map(({ subject }) => subject.name)).toEqual([
    "db01",
  ]);
});

it("sends limits in bytes, also those by time of day", () => {
  const timed = [{ id: 0, from: "22:00", to: "06:00", limitMib: "100" }];
  expect(exportOrder(changed({ limitMib: " 1.5 ", timed }))).toMatchObject({
    maxBytesPerSecond: 1.5 * MIB,
    limitsByTime: [{ from: "22:00", to: "06:00", maxBytesPerSecond: 100 * MIB }],
  });
});

it("proposes the hours that follow", () => {
  const two = withTimed(withTimed(form));
  expect(two.timed.map(({ id, from, to }) => [id, from, to])).toEqual([
    [0, "08:00", "18:00"],
    [1, "18:00", "08:00"],
  ]);
  // Ids of rows that were removed come back only once nothing has them.
  expect(withTimed({ ...two, timed: two.timed.slice(1) }).timed.map(({ id }) => id)).toEqual([1, 2]);
});

const row = { id: 7, from: "08:00", to: "18:00", limitMib: "10" };
it.each([
  [{ folder: "  " }, "folder", "Choose a folder."],
  [{ machines: [] }, "machines", "No machine is left."],
  [{ limitMib: "-1" }, "limit", "Give a number above 0."],
  [{ limitMib: "fast" }, "limit", "Give a number above 0."],
] as const)("%j: %s is wrong", (part, field, words) => {
  expect(formErrors(changed(part))[field]).toBe(words);
  expect(isComplete(changed(part))).toBe(false);
  expect(exportOrder(changed(part))).toBeNull();
});

it.each([
  [{ ...row, limitMib: "" }, "Give a number above 0."],
  [{ ...row, from: "" }, "Give both times."],
  [{ ...row, to: "24:00" }, "Give both times."],
  [{ ...row, to: "08:00" }, "The two times are the same."],
])("the hours %j are refused: %s", (wrong, words) => {
  expect(formErrors(changed({ timed: [wrong] })).timed.get(7)).toBe(words);
  expect(exportOrder(changed({ timed: [wrong] }))).toBeNull();
});

it("wants a disk of a machine, and no more machines than one order takes", () => {
  expect(formErrors(withMachine(form, machineKey(web), { diskKeys: [] })).disks).toBe("Choose at least one disk.");
  const many = Array.from({ length: MAX_MACHINES + 1 }, (_, n) => ({ ...web, machineId: `vm-${n}` }));
  expect(formErrors(newForm(many, taste)).machines).toContain("501 are selected");
  expect(formErrors(newForm(many.slice(1), taste)).machines).toBeUndefined();
});

it("does not ask the program anew for what its answer does not depend on", () => {
  const quick = changed({ digest: "sha512", priority: 90, limitMib: "5", timed: [row] });
  expect(planInput(quick)).toEqual(planInput(form));
  expect(planInput(changed({ overwrite: true }))).not.toEqual(planInput(form));
  // Half typed: nothing to ask about the limit, all the same about the rest.
  expect(planInput(changed({ limitMib: "x" }))).toEqual(planInput(form));
  expect(planInput(changed({ folder: "" }))).toBeNull();
});

it.each([
  {},
  { output: "ovf", compressionLevel: 9 },
  { digest: "sha1" },
  { output: "disks", format: "vmdk", choices: { subformat: "streamOptimized" }, overwrite: true },
  {
    quiesce: "no",
    power: "shutdown",
    disksAtOnce: 1,
    connectionsPerHost: 8,
    priority: 10,
    limitMib: "1.5",
    timed: [row],
  },
] as const)("%j is the same order after it went through a saved one", (part) => {
  const before = withMachine(changed(part), machineKey(db), { name: "db", diskKeys: ["2000"] });
  const order = exportOrder(before);
  expect(order).not.toBeNull();
  expect(order && exportOrder(exportFormOf(order, before.machines))).toEqual(order);
});
