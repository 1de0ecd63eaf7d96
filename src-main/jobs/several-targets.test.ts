/** Runs that make several files, and files that consist of several. */
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { fileIdentity } from "../files/file-identity.ts";
import type { NewRun } from "./engine.ts";
import { newRun, settled, testEngine } from "./testing/test-engine.ts";

const at = new Date(0).toISOString();
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "several-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string) => join(folder, name);

/** A conversion to one.vmdk (with one-flat.vmdk) and two.qcow2, each verified. */
function twoTargets(): NewRun {
  const target = (name: string, format: "vmdk" | "qcow2") => ({
    path: inFolder(name),
    format,
    options: {},
    overwrite: false,
  });
  const made = newRun("a", { folder, targets: [target("one.vmdk", "vmdk"), target("two.qcow2", "qcow2")] });
  return { ...made, files: [...made.files, { path: inFolder("one-flat.vmdk"), target: inFolder("one.vmdk") }] };
}
const partials = () => [inFolder(".a.partial"), inFolder(".a.partial.1"), inFolder(".a-1.partial")];
const finals = () => [inFolder("one.vmdk"), inFolder("one-flat.vmdk"), inFolder("two.qcow2")];

describe("a run with several targets", () => {
  it("verifies each, with the file each task is about", async () => {
    const { engine, threads } = testEngine({ concurrency: 4 });
    const { runId } = engine.accept(twoTargets());
    threads.last().finish();
    await settled();
    expect(engine.get(runId).tasks.map(({ kind, subject, state }) => [kind, subject, state])).toEqual([
      ["convert", null, "succeeded"],
      ["verify", inFolder("one.vmdk"), "running"],
      ["verify", inFolder("two.qcow2"), "running"],
    ]);
    for (const thread of threads.running()) thread.finish();
    await settled();
    expect(engine.get(runId)).toMatchObject({ state: "succeeded", outcome: null });
  });

  it("keeps every file of its own from others until it has ended", async () => {
    const { engine } = testEngine();
    const { runId } = engine.accept(twoTargets());
    for (const path of finals()) expect(engine.busyTarget(path), path).toMatchObject({ code: "target.busy" });
    const flat = { path: inFolder("one-flat.vmdk"), target: inFolder("one-flat.vmdk") };
    expect(() => engine.accept({ ...newRun("b"), files: [flat] })).toThrow("one-flat.vmdk");
    engine.cancel(runId);
    await settled();
    for (const path of finals()) expect(engine.busyTarget(path), path).toBeNull();
  });

  it("removes all its unfinished files when it is canceled or fails, and nobody else's", async () => {
    for (const end of ["cancel", "fail"] as const) {
      const { engine, threads } = testEngine();
      const { runId } = engine.accept(twoTargets());
      const bystander = inFolder(".a.partial.7");
      for (const path of [...partials(), bystander]) writeFileSync(path, "half");
      if (end === "cancel") engine.cancel(runId);
      else threads.last().fail(new AppError("io.write"));
      await settled();
      expect(partials().filter(existsSync), end).toEqual([]);
      expect(existsSync(bystander)).toBe(true);
    }
  });

  /** The program died after so many of the finished files had got their names. */
  const diedAfter = (count: number) => {
    const first = testEngine();
    first.engine.accept(twoTargets());
    for (const path of partials()) writeFileSync(path, path);
    first.threads.last().say({ type: "written", at });
    for (const [index, path] of partials().slice(0, count).entries()) renameSync(path, finals()[index] ?? "");
    const next = first.reborn();
    next.engine.recover();
    const { spec } = next.threads.last();
    return spec.kind === "convert" ? spec.targets.map(({ overwrite }) => overwrite) : [];
  };

  it.each([
    [0, [false, false]],
    [1, [true, false]],
    [2, [true, false]],
    [3, [true, true]],
  ])("may replace what it had put in place itself when the program died: %d files", (count, expected) => {
    expect(diedAfter(count)).toEqual(expected);
  });

  it("may not replace what somebody else put there", () => {
    const first = testEngine();
    first.engine.accept(twoTargets());
    for (const path of partials()) writeFileSync(path, path);
    first.threads.last().say({ type: "written", at });
    writeFileSync(inFolder("two.qcow2"), "another's");
    const next = first.reborn();
    next.engine.recover();
    expect(next.threads.last().spec).toMatchObject({ targets: [{ overwrite: false }, { overwrite: false }] });
  });

  it("knows the files it made as its own, companions too", async () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept(twoTargets());
    for (const path of finals()) writeFileSync(path, "whole");
    threads.last().finish();
    await settled();
    for (const path of finals()) expect(engine.wroteFile(runId, fileIdentity(path) ?? ""), path).toBe(true);
    writeFileSync(inFolder("other"), "");
    expect(engine.wroteFile(runId, fileIdentity(inFolder("other")) ?? "")).toBe(false);
  });
});

describe("a run that only looks", () => {
  it("has no files, keeps what it found, and says so in lists", async () => {
    const { engine, threads } = testEngine();
    const { runId } = engine.accept({
      request: { kind: "check", path: "/vm/a.qcow2", priority: 50 },
      name: "Check of a.qcow2",
      files: [],
      tasks: [{ key: "check", dependsOn: [], spec: { kind: "check", path: "/vm/a.qcow2", roots: ["/vm"] } }],
    });
    threads.last().finish();
    await settled();
    expect(engine.get(runId)).toMatchObject({
      kind: "check",
      state: "succeeded",
      tasks: [{ kind: "check", subject: "/vm/a.qcow2", result: { report: { errors: 0 } } }],
    });
    expect(engine.list({ limit: 1 }).items[0]?.outcome).toEqual({ good: true, text: "no errors" });
  });
});
