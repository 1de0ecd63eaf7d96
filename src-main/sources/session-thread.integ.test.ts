import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import type { InventoryChange } from "../../src-core/model/inventory.ts";
import { makeMachineFolder } from "../../workers/providers/local/testing/machine-folder.ts";
import { type SessionListener, startSession, testSource } from "./session-thread.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-session-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

const none = { password: null, privateKey: null, passphrase: null };
const local = (address: string) => ({ kind: "local", address, username: null, trust: { kind: "system" } }) as const;

function listen() {
  const heard = { states: [] as string[], changes: [] as InventoryChange[], errors: [] as string[] };
  const listener: SessionListener = {
    connecting: () => heard.states.push("connecting"),
    connected: () => heard.states.push("connected"),
    failed(error) {
      heard.states.push("failed");
      heard.errors.push(error.code);
    },
    changes: (changes) => heard.changes.push(...changes),
    log: () => {},
  };
  return { heard, listener };
}

it("tells a folder's machines from its thread, answers about them, and ends", async () => {
  const made = makeMachineFolder(folder);
  const { heard, listener } = listen();
  const session = startSession({ config: local(folder), secret: () => none, listener });
  onTestFinished(() => session.stop());
  await expect.poll(() => heard.changes.some(({ type }) => type === "settled")).toBe(true);
  const names = heard.changes.flatMap((change) => (change.type === "machine" ? [change.machine.name] : []));
  expect(names.sort()).toEqual(["app", "box", "hv", "loose", "web"]);
  const detail = await session.call({ kind: "machine", machineId: made.vbox });
  expect(detail).toMatchObject({ name: "box", cpus: 2, disks: [{ controller: "SATA 0:0" }] });
  await expect(session.call({ kind: "machine", machineId: "gone" })).rejects.toMatchObject({
    code: "source.no-machine",
  });
  await expect(session.call({ kind: "power", machineId: made.vbox, action: "on" })).rejects.toMatchObject({
    code: "source.unsupported",
  });
  await session.stop();
  await expect(session.call({ kind: "leftovers" }, AbortSignal.abort())).rejects.toMatchObject({
    code: "job.canceled",
  });
  expect(heard.states).toEqual(["connecting", "connected"]);
});

it("tries a folder that is not there again, and at once when told to", async () => {
  const { heard, listener } = listen();
  const later = join(folder, "later");
  const session = startSession({ config: local(later), secret: () => none, listener });
  onTestFinished(() => session.stop());
  await expect.poll(() => heard.errors).toContain("source.unreachable");
  makeMachineFolder(later);
  session.retry();
  await expect.poll(() => heard.states.at(-1)).toBe("connected");
});

it("tests once", async () => {
  expect(await testSource({ config: local(folder), secret: () => none })).toMatchObject({
    error: null,
    checks: [{ id: "read", ok: true }],
  });
  expect(await testSource({ config: local(join(folder, "gone")), secret: () => none })).toMatchObject({
    error: { code: "source.unreachable" },
    checks: [],
  });
  expect(await testSource({ config: { ...local(folder), kind: "vsphere" }, secret: () => none })).toMatchObject({
    error: { code: expect.stringMatching(/^source\./) },
  });
});

/** A worker file that does as the text says on its first message. */
function worker(text: string): URL {
  const path = join(folder, "worker.mjs");
  writeFileSync(
    path,
    `import { parentPort } from "node:worker_threads"; parentPort.on("message", (m) => { ${text} });`,
  );
  return pathToFileURL(path);
}

it.each([
  ["dies", "process.exit(3)", "exit code 3"],
  ["throws", 'throw new Error("boom")', "boom"],
  ["says what nobody knows", 'parentPort.postMessage({ type: "changes", changes: [{ type: "machine" }] })', "unknown"],
])("a thread that %s is a failure by name, and its calls end", async (_, text, why) => {
  const { heard, listener } = listen();
  const failed = vi.spyOn(listener, "failed");
  const session = startSession({ config: local(folder), secret: () => none, listener, entry: worker(text) });
  onTestFinished(() => session.stop());
  const call = session.call({ kind: "leftovers" });
  await expect(call).rejects.toMatchObject({ code: "job.crashed" });
  expect(heard.errors).toEqual(["job.crashed"]);
  expect(failed.mock.calls[0]?.[0].message).toContain(why);
  await expect(testSource({ config: local(folder), secret: () => none, entry: worker(text) })).rejects.toMatchObject({
    code: "job.crashed",
  });
});

it("an answer that is none is an error", async () => {
  const { listener } = listen();
  const text = 'if (m.type === "call") parentPort.postMessage({ type: "answer", id: m.id, result: { name: 1 } })';
  const session = startSession({ config: local(folder), secret: () => none, listener, entry: worker(text) });
  onTestFinished(() => session.stop());
  await expect(session.call({ kind: "machine", machineId: "a" })).rejects.toMatchObject({ code: "source.protocol" });
});
