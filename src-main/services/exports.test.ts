import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FormatInfo } from "../../src-core/model/disk.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { MachineDetail } from "../../src-core/model/inventory.ts";
import type { ProbeCheck } from "../../src-core/model/source.ts";
import { PLAIN_VARIANT } from "../../workers/formats/format.ts";
import { machineDisk, sampleMachine } from "../../workers/machine/testing/sample-machine.ts";
import type { NewRun } from "../jobs/engine.ts";
import { createExports, type ExportQuestion } from "./exports.ts";

const GiB = 1024 ** 3;
let folder = "";
let machines: Record<string, MachineDetail | AppError>;
let checks: ProbeCheck[];
let tests: number;
let busy: Set<string>;
let accepted: NewRun[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exports-test-"));
  machines = { "vm-42": sampleMachine() };
  checks = [];
  tests = 0;
  busy = new Set();
  accepted = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const QCOW2: FormatInfo = {
  id: "qcow2",
  label: "QCOW2 image",
  extensions: ["qcow2"],
  can: { read: true, write: true, differencing: true, compressed: true },
  variants: [{ ...PLAIN_VARIANT, id: "v3", label: "v3" }],
};
const connection = {};
const exports = () =>
  createExports({
    version: "9.9",
    now: () => 0,
    engine: {
      busyTarget: (path) => (busy.has(path) ? new AppError("target.busy", `Another job writes to ${path}.`) : null),
      findByIdempotencyKey: () => null,
      accept(run) {
        accepted.push(run);
        return { jobId: `job ${accepted.length}`, runId: run.runId ?? "" };
      },
    },
    sources: {
      get: (id) => ({ id, name: "Lab" }) as never,
      live: () =>
        ({
          connection,
          async call(call: { kind: string; machineId: string }) {
            if (call.kind === "test") {
              tests += 1;
              return checks;
            }
            const machine = machines[call.machineId] ?? new AppError("source.no-machine");
            if (machine instanceof AppError) throw machine;
            return machine;
          },
        }) as never,
    },
    system: { formats: async () => [QCOW2], companions: async () => [] },
  });
function question(change: Partial<ExportQuestion> = {}): ExportQuestion {
  return {
    output: { kind: "ova" },
    folder,
    overwrite: false,
    quiesce: "no",
    power: "leave",
    disksAtOnce: 2,
    connectionsPerHost: 4,
    priority: 50,
    maxBytesPerSecond: null,
    limitsByTime: [],
    machines: [{ sourceId: "s1", machineId: "vm-42" }],
    ...change,
  };
}
const two = [
  { sourceId: "s1", machineId: "vm-42" },
  { sourceId: "s1", machineId: "vm-43" },
];
const codes = (problems: readonly { severity: string; error: { code: string } }[]) =>
  problems.map(({ severity, error }) => `${severity} ${error.code}`);

describe("the plan of an export", () => {
  it.each([
    [{ kind: "ova" }, ["web.ova", "web.export.json"]],
    [{ kind: "ovf" }, ["web/web.ovf", "web/web.mf", "web/web-disk1.vmdk", "web/web-disk2.vmdk", "web/web.export.json"]],
    [{ kind: "disks", format: "qcow2", options: {} }, ["web-disk1.qcow2", "web-disk2.qcow2", "web.export.json"]],
  ] as const)("%j names its files", async (output, names) => {
    const { machines: planned, problems } = await exports().plan(question({ output }));
    expect(planned[0]?.files).toEqual(names.map((name) => join(folder, name)));
    expect([problems, planned[0]?.problems]).toEqual([[], []]);
  });

  it.each([
    [{ kind: "ova" }, undefined],
    [{ kind: "ova", digest: "sha1" }, "sha1"],
    [{ kind: "ovf", digest: "sha512", compressionLevel: 9 }, "sha512"],
  ] as const)("of %j has a task that is told the digest %s", async (output, digest) => {
    await exports().start(question({ output }));
    const spec = accepted[0]?.tasks[0]?.spec;
    expect(spec).toMatchObject({ output: { kind: output.kind } });
    expect(spec?.kind === "export" && spec.output.kind !== "disks" && spec.output.digest).toBe(digest);
  });

  it("gives a machine another name where its files are there, being made, or another's of the selection", async () => {
    machines["vm-43"] = sampleMachine({ id: "vm-43" });
    const { machines: planned } = await exports().plan(question({ machines: two }));
    expect(planned.map(({ name }) => name)).toEqual(["web", "web-2"]);
    writeFileSync(join(folder, "web.ova"), "mine");
    busy.add(join(folder, "web-2.export.json"));
    expect((await exports().plan(question())).machines[0]?.name).toBe("web-3");
  });

  it("refuses a name that was asked for and is taken, unless it may replace", async () => {
    writeFileSync(join(folder, "mine.ova"), "mine");
    const asked = { machines: [{ sourceId: "s1", machineId: "vm-42", name: "mine" }] };
    expect(codes((await exports().plan(question(asked))).machines[0]?.problems ?? [])).toEqual(["error target.exists"]);
    expect((await exports().plan(question({ ...asked, overwrite: true }))).machines[0]?.problems).toEqual([]);
    machines["vm-43"] = sampleMachine({ id: "vm-43" });
    const both = { machines: two.map((one) => ({ ...one, name: "same" })) };
    const { machines: planned } = await exports().plan(question(both));
    expect(planned.map(({ problems }) => codes(problems))).toEqual([[], ["error target.busy", "error target.busy"]]);
  });

  it("leaves out disks that cannot be read with a warning, and refuses them where they were asked for", async () => {
    const obstacle = {
      code: "disk.independent",
      severity: "blocking" as const,
      diskKey: "2016",
      message: "It is independent.",
      remedy: "Make it dependent.",
    };
    machines["vm-42"] = sampleMachine({ obstacles: [obstacle] });
    const [planned] = (await exports().plan(question())).machines;
    expect(planned?.disks.map(({ wanted }) => wanted)).toEqual([true, false]);
    expect(planned?.problems).toMatchObject([
      { severity: "warning", error: { message: expect.stringContaining("left out"), hint: "Make it dependent." } },
    ]);
    const asked = { machines: [{ sourceId: "s1", machineId: "vm-42", diskKeys: ["2016", "99"] }] };
    expect(codes((await exports().plan(question(asked))).machines[0]?.problems ?? [])).toEqual([
      "error request.invalid",
      "error source.refused",
      "error source.refused",
    ]);
  });

  it("of a machine that is shut down first knows no obstacle of running", async () => {
    const because = { severity: "blocking" as const, message: "It runs.", remedy: "Shut it down.", whileOn: true };
    const obstacles = [
      { code: "machine.raw-physical", diskKey: null, ...because },
      { code: "disk.independent", diskKey: "2016", ...because },
    ];
    machines["vm-42"] = sampleMachine({ power: "on", obstacles });
    const [left] = (await exports().plan(question())).machines;
    expect(codes(left?.problems ?? [])).toEqual(["warning source.refused", "error source.refused"]);
    const [shut] = (await exports().plan(question({ power: "shutdown" }))).machines;
    expect([shut?.problems, shut?.disks.map(({ wanted }) => wanted)]).toEqual([[], [true, true]]);
  });

  it("names what of the machine, of the account and of the folder stands in the way", async () => {
    machines["vm-42"] = sampleMachine({ power: "on", agent: "absent" });
    checks = [
      { id: "a", label: "Snapshots", ok: false, missing: ["VM.Create"], message: "May not.", remedy: "Add it." },
      { id: "b", label: "Reading", ok: true, missing: [], message: "Works.", remedy: null },
    ];
    const tried = await exports().plan(question({ quiesce: "try" }));
    expect(codes(tried.machines[0]?.problems ?? [])).toEqual(["warning source.unsupported"]);
    expect(tried.problems).toMatchObject([
      { severity: "warning", error: { message: "Lab, Snapshots: May not. Missing: VM.Create.", hint: "Add it." } },
    ]);
    const required = await exports().plan(question({ quiesce: "require" }));
    expect(codes(required.machines[0]?.problems ?? [])).toEqual(["error source.unsupported"]);
    const first = await exports().plan(question({ quiesce: "try", power: "shutdown" }));
    expect(first.machines[0]?.problems).toEqual([]);
    const nowhere = await exports().plan(question({ folder: join(folder, "gone") }));
    expect(codes(nowhere.problems)).toContain("error path.not-found");
    machines["vm-42"] = new AppError("source.disconnected");
    expect(codes((await exports().plan(question())).machines[0]?.problems ?? [])).toEqual([
      "error source.disconnected",
    ]);
  });

  it("asks the account once while a folder is chosen", async () => {
    const service = exports();
    checks = [{ id: "a", label: "Snapshots", ok: false, missing: [], message: "May not.", remedy: null }];
    const first = await service.plan(question({ folder: join(folder, "gone") }));
    const second = await service.plan(question());
    expect(codes(first.problems)).toEqual(["error path.not-found", "warning source.privilege"]);
    expect(codes(second.problems)).toEqual(["warning source.privilege"]);
    expect(tests).toBe(1);
  });

  it("refuses choices that the format does not offer", async () => {
    const plan = (options: object) => exports().plan(question({ output: { kind: "disks", format: "qcow2", options } }));
    expect(codes((await plan({ compression: { method: "zstd" } })).problems)).toEqual(["error target.unsupported"]);
    expect(codes((await plan({ subformat: "nope" })).problems)).toEqual(["error target.unsupported"]);
    expect((await plan({ subformat: "v3" })).problems).toEqual([]);
  });

  it("knows when there is too little room: for certain, or maybe", async () => {
    const disk = (usedBytes: number | null) =>
      sampleMachine({ disks: [machineDisk({ key: "1", capacityBytes: 2 ** 50, usedBytes })] });
    machines["vm-42"] = disk(2 ** 49);
    expect(codes((await exports().plan(question())).problems)).toEqual(["error target.no-space"]);
    machines["vm-42"] = disk(null);
    expect(codes((await exports().plan(question())).problems)).toEqual(["warning target.no-space"]);
    machines["vm-42"] = disk(1024);
    expect((await exports().plan(question())).problems).toEqual([]);
  });
});

describe("starting exports", () => {
  it("starts one run a machine, whose marks and unfinished files are its own", async () => {
    machines["vm-43"] = sampleMachine({ id: "vm-43", name: "db", disks: [machineDisk({ key: "d", usedBytes: GiB })] });
    const started = await exports().start(question({ machines: two, maxBytesPerSecond: 4096 }), "key");
    expect(started.map(({ machineId }) => machineId)).toEqual(["vm-42", "vm-43"]);
    expect(accepted.map(({ idempotencyKey, name }) => [idempotencyKey, name])).toEqual([
      ["key 0", "web → OVA"],
      ["key 1", "db → OVA"],
    ]);
    for (const [index, { runId, tasks, request }] of accepted.entries()) {
      expect(request).toMatchObject({ kind: "export", maxBytesPerSecond: 4096 });
      const spec = tasks[0]?.spec;
      if (spec?.kind !== "export" || spec.output.kind !== "ova") throw new Error("no export of an OVA");
      expect(spec.mark).toBe(`hypersdk-${runId}`);
      expect(spec.diskKeys).toEqual([["2000", "2016"], ["d"]][index]);
      expect(spec.output.partialPath).toContain(runId?.slice(-12));
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it("starts none where one cannot be", async () => {
    machines["vm-43"] = new AppError("source.no-machine");
    await expect(exports().start(question({ machines: two }))).rejects.toMatchObject({ code: "source.no-machine" });
    expect(accepted).toEqual([]);
  });

  it("makes disks that name their unfinished files, and the folder by its real name", async () => {
    mkdirSync(join(folder, "out"));
    const output = { kind: "disks", format: "qcow2", options: {} } as const;
    await exports().start(question({ output, folder: join(folder, "out", "..", "out") }));
    const spec = accepted[0]?.tasks[0]?.spec;
    if (spec?.kind !== "export" || spec.output.kind !== "disks") throw new Error("no export of disks");
    expect(spec.output.targets.map(({ key, path }) => [key, path])).toEqual([
      ["2000", join(folder, "out", "web-disk1.qcow2")],
      ["2016", join(folder, "out", "web-disk2.qcow2")],
    ]);
    expect(new Set(spec.output.targets.map(({ partialPath }) => partialPath)).size).toBe(2);
    expect(accepted[0]?.files.map(({ path, target }) => path === target)).toEqual([true, true, true]);
  });
});
