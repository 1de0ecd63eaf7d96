import { expect, it } from "vitest";
import type { ConvertPlan } from "../../../src-core/contract/runs.ts";
import type { FormatInfo } from "../../../src-core/model/disk.ts";
import { emptyForm, fieldErrors, jobRequest, planInput, withFormat, withProposal } from "./convert-form.ts";

const can = { read: true, write: true, differencing: false, compressed: false };
const formats: FormatInfo[] = [
  { id: "raw", label: "Raw", extensions: ["img", "raw"], can },
  { id: "qcow2", label: "QCOW2", extensions: ["qcow2"], can },
];
const plan: ConvertPlan = {
  sourcePath: "/vm/web01.vmdk",
  sourceFormat: "vmdk",
  targetPath: "/out/web01.qcow2",
  targetFormat: "qcow2",
  virtualSizeBytes: 10,
  estimate: { lowBytes: 1, likelyBytes: 2, highBytes: 3 },
  freeBytes: 100,
  targetExists: false,
  problems: [],
};
const form = withProposal(emptyForm({ mode: "full" }), plan);

it("asks for a proposal first and then takes it over once", () => {
  expect(planInput("/vm/web01.vmdk", emptyForm({ mode: "full" }))).toEqual({ sourcePath: "/vm/web01.vmdk" });
  expect(form).toMatchObject({ format: "qcow2", folder: "/out", name: "web01.qcow2" });
  const changed = { ...form, name: "mine.qcow2" };
  expect(withProposal(changed, plan)).toBe(changed);
  expect(planInput("/vm/web01.vmdk", changed)).toMatchObject({ targetPath: "/out/mine.qcow2", overwrite: false });
});

it("changes a known extension with the format, and no other", () => {
  expect(withFormat({ ...form, overwrite: true }, "raw", formats)).toMatchObject({
    name: "web01.img",
    overwrite: false,
  });
  expect(withFormat({ ...form, name: "web01.bak" }, "raw", formats).name).toBe("web01.bak");
});

it("names what is missing", () => {
  expect(fieldErrors(form)).toEqual({});
  expect(fieldErrors({ ...form, folder: " ", name: "a/b" })).toHaveProperty("folder");
  expect(fieldErrors({ ...form, name: "a/b" }).name).toContain("slashes");
  expect(fieldErrors({ ...form, verify: "sample", samplePercent: Number.NaN })).toHaveProperty("samplePercent");
});

it("orders what the form says", () => {
  expect(jobRequest("/vm/web01.vmdk", { ...form, verify: "sample", samplePercent: 2, priority: 90 }, 7)).toEqual({
    kind: "convert",
    sourcePath: "/vm/web01.vmdk",
    targetPath: "/out/web01.qcow2",
    targetFormat: "qcow2",
    overwrite: false,
    verify: { mode: "sample", fraction: 0.02, seed: 7 },
    priority: 90,
  });
  expect(jobRequest("/vm/web01.vmdk", { ...form, name: "" }, 7)).toBeNull();
});
