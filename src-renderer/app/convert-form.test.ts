import { expect, it } from "vitest";
import type { ConvertPlan, PlannedTarget } from "../../src-core/contract/runs.ts";
import type { FormatInfo } from "../../src-core/model/disk.ts";
import {
  convertFormOf,
  convertRequest,
  emptyForm,
  fieldErrors,
  isComplete,
  planInput,
  type TargetForm,
  targetErrors,
  withAnother,
  withFormat,
  without,
  withProposal,
  withTarget,
} from "./convert-form.ts";

const can = { read: true, write: true, differencing: false, compressed: false };
const formats: FormatInfo[] = [
  { id: "raw", label: "Raw", extensions: ["img", "raw"], can, variants: [] },
  { id: "qcow2", label: "QCOW2", extensions: ["qcow2"], can, variants: [] },
];
const subject = { path: "/vm/web01.vmdk", snapshot: null };
const planned = (path: string): PlannedTarget => ({
  path,
  format: "qcow2",
  options: {},
  overwrite: false,
  subformat: "v3",
  companions: [],
  virtualSizeBytes: 10,
  estimate: { lowBytes: 1, likelyBytes: 2, highBytes: 3 },
  exists: false,
});
const plan = (...paths: string[]): ConvertPlan => ({
  sourcePath: "/vm/web01.vmdk",
  sourceFormat: "vmdk",
  virtualSizeBytes: 10,
  targets: paths.map(planned),
  space: [],
  problems: [],
});
const form = withProposal(emptyForm({ mode: "full" }), plan("/out/web01.qcow2"));
/** The form with its one output changed. */
const changed = (part: Partial<TargetForm>) => withTarget(form, 0, part);
const target = (part: Partial<TargetForm> = {}): TargetForm => {
  const [only] = changed(part).targets;
  if (only === undefined) throw new Error("no output");
  return only;
};

it("asks for a proposal first and then takes it over once", () => {
  expect(planInput(subject, emptyForm({ mode: "full" }))).toEqual({ sourcePath: "/vm/web01.vmdk", targets: [{}] });
  expect(target()).toMatchObject({ format: "qcow2", folder: "/out", name: "web01.qcow2" });
  const mine = changed({ name: "mine.qcow2" });
  expect(withProposal(mine, plan("/out/web01.qcow2"))).toBe(mine);
  expect(planInput(subject, mine).targets).toEqual([
    { path: "/out/mine.qcow2", format: "qcow2", options: {}, overwrite: false },
  ]);
});

it("has further outputs proposed one by one, and takes no answer to a question of before", () => {
  const two = withAnother(form);
  expect(planInput(subject, two).targets).toMatchObject([{ path: "/out/web01.qcow2" }, {}]);
  expect(withProposal(two, plan("/out/web01.qcow2"))).toBe(two);
  const filled = withProposal(two, plan("/out/else.qcow2", "/out/web01-2.qcow2"));
  expect(filled.targets.map(({ name }) => name)).toEqual(["web01.qcow2", "web01-2.qcow2"]);
  const three = withAnother(without(filled, 0));
  expect(three.targets.map(({ id }) => id)).toEqual([1, 2]);
  expect(convertRequest(subject, three, 1)).toBeNull();
  expect(convertRequest(subject, filled, 1)?.targets.map(({ path }) => path)).toEqual([
    "/out/web01.qcow2",
    "/out/web01-2.qcow2",
  ]);
});

it("changes a known extension with the format, and no other; what the old format offered is forgotten", () => {
  const before = target({ overwrite: true, choices: { compression: { method: "zstd" } }, backing: "/vm/base.qcow2" });
  expect(withFormat(before, "raw", formats)).toMatchObject({
    name: "web01.img",
    overwrite: false,
    choices: {},
    backing: "",
  });
  expect(withFormat(target({ name: "web01.bak" }), "raw", formats).name).toBe("web01.bak");
});

it("names what is missing", () => {
  expect(targetErrors(target())).toEqual({});
  expect(targetErrors(target({ folder: " ", name: "a/b" }))).toHaveProperty("folder");
  expect(targetErrors(target({ name: "a/b" })).name).toContain("slashes");
  expect(targetErrors(target({ sizeGib: "0" }))).toHaveProperty("size");
  expect(fieldErrors({ ...form, verify: "sample", samplePercent: Number.NaN })).toHaveProperty("samplePercent");
  expect(fieldErrors({ ...form, limitMib: "-1" })).toHaveProperty("limit");
  expect(isComplete(form)).toBe(true);
  expect(isComplete({ ...form, limitMib: "fast" })).toBe(false);
});

it("orders what the form says", () => {
  const choices = { subformat: "v3", compression: { method: "zstd" as const, level: 9 } };
  const whole = {
    ...changed({ choices, sizeGib: "1.5", backing: " /vm/base.qcow2 ", overwrite: true }),
    verify: "sample" as const,
    samplePercent: 2,
    priority: 90,
    limitMib: "50",
    noSync: true,
  };
  expect(convertRequest({ ...subject, snapshot: "before" }, whole, 7)).toEqual({
    kind: "convert",
    sourcePath: "/vm/web01.vmdk",
    sourceSnapshot: "before",
    targets: [
      {
        path: "/out/web01.qcow2",
        format: "qcow2",
        options: { ...choices, virtualSizeBytes: 1.5 * 1024 ** 3, backingPath: "/vm/base.qcow2" },
        overwrite: true,
      },
    ],
    verify: { mode: "sample", fraction: 0.02, seed: 7 },
    priority: 90,
    sync: false,
    maxBytesPerSecond: 50 * 1024 ** 2,
  });
  expect(convertRequest(subject, changed({ name: "" }), 7)).toBeNull();
});

it.each([
  {},
  { verify: "sample", samplePercent: 7, priority: 9, limitMib: "1.5", noSync: true },
  { verify: "none" },
] as const)("%j is the same order after it went through a saved one", (part) => {
  const sized = changed({ sizeGib: "20", backing: "/vm/base.qcow2", choices: { subformat: "v3" }, overwrite: true });
  const order = convertRequest(subject, { ...sized, ...part }, 5);
  expect(order).not.toBeNull();
  expect(order && convertRequest(subject, convertFormOf(order), 5)).toEqual(order);
});
