import { expect, it } from "vitest";
import { MachineRule, ScheduledWork } from "../../../../src-core/model/scheduled-work.ts";
import { NO_RULE, newWork, withSource, workFormOf, workOf } from "./work-form.ts";

const options = { output: { kind: "ova" }, folder: "/out/{date}", priority: 50 };
const job = (request: object) => ScheduledWork.parse({ kind: "job", request });
const byRule = (rule: object) => ScheduledWork.parse({ kind: "export-selection", rule, options });

it.each([
  [
    "a conversion",
    job({ kind: "convert", sourcePath: "/a.vmdk", targets: [{ path: "/b-{date}.qcow2", format: "qcow2" }] }),
  ],
  [
    "a conversion of a snapshot, sampled, to two files",
    job({
      kind: "convert",
      sourcePath: "/a.qcow2",
      sourceFormat: "qcow2",
      sourceSnapshot: "before",
      targets: [
        { path: "/b.vmdk", format: "vmdk", options: { subformat: "streamOptimized" } },
        { path: "/b.raw", format: "raw", overwrite: true },
      ],
      verify: { mode: "sample", fraction: 0.05, seed: 42 },
    }),
  ],
  ["a check, forced to be raw", job({ kind: "check", path: "/a.img", format: "raw" })],
  ["a comparison", job({ kind: "compare", aPath: "/a.img", bPath: "/b.img", bSnapshot: "x" })],
  [
    "a machine with a name and some disks",
    job({ kind: "export", ...options, sourceId: "s", machineId: "vm-1", name: "web-{date}", diskKeys: ["2000"] }),
  ],
  [
    "a machine as a package with a manifest of another digest",
    job({ kind: "export", ...options, output: { kind: "ovf", digest: "sha1" }, sourceId: "s", machineId: "vm-1" }),
  ],
  ["machines by rule", byRule({ sourceIds: ["s", "t"], tags: ["prod"], power: ["on"], exceptIds: ["vm-9"] })],
  ["machines by their ids", byRule({ sourceIds: ["s"], onlyIds: ["vm-1", "vm-2"] })],
  ["machines by their ids and more", byRule({ sourceIds: ["s"], onlyIds: ["vm-1", "vm-2"], power: ["off"] })],
])("%s comes back from the form as it was", (_, work) => {
  expect(
    workOf(
      workFormOf(work, (id) => id, 1),
      50,
    ),
  ).toEqual(work);
});

it("has the usual rule of the model", () => {
  expect({ ...MachineRule.parse({ sourceIds: ["s"] }), sourceIds: [] }).toEqual(NO_RULE);
});

it("names a conversion's target after its source, each run apart, until somebody names it", () => {
  const first = withSource(newWork("", 1, "/out"), "/vm/web01.vmdk", "qcow2");
  expect(first.convert.targets[0]).toMatchObject({ folder: "/out", name: "web01-{date}.qcow2" });
  const second = withSource(first, "/vm/db.raw", "qcow2");
  expect(second.convert.targets[0]?.name).toBe("db-{date}.qcow2");
  const mine = {
    ...second,
    convert: { ...second.convert, targets: second.convert.targets.map((t) => ({ ...t, name: "x" })) },
  };
  expect(withSource(mine, "/vm/else.raw", "qcow2").convert.targets[0]?.name).toBe("x");
  expect(withSource(newWork("", 1), "/vm/web01.vmdk", "qcow2").convert.targets[0]?.folder).toBe("/vm");
});

it("forgets what was particular to the disk before", () => {
  const raw = workFormOf(job({ kind: "check", path: "/a.img", format: "raw" }), (id) => id, 1);
  expect(workOf({ ...raw, path: "/b.qcow2" }, 50)).toEqual(job({ kind: "check", path: "/b.qcow2" }));
});

it("asks for several machines by their ids", () => {
  const one = (machineId: string) => ({
    subject: { sourceId: "s", machineId, name: machineId },
    name: "",
    diskKeys: null,
  });
  const form = newWork("/out", 1);
  expect(workOf({ ...form, export: { ...form.export, machines: [one("a"), one("b")] } }, 7)).toMatchObject({
    kind: "export-selection",
    rule: { sourceIds: ["s"], onlyIds: ["a", "b"] },
    options: { priority: 7 },
  });
});
