/** Every call of the contract, by the same test, over each of the three transports. */
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { createORPCClient, getEventMeta, isDefinedError, safe } from "@orpc/client";
import { RPCLink as PortLink } from "@orpc/client/message-port";
import { RPCLink as SocketLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Contract } from "../../src-core/contract/contract.ts";
import type { AppEvent } from "../../src-core/model/event.ts";
import { isFinal } from "../../src-core/model/run.ts";
import { makeMachineFolder } from "../../workers/providers/local/testing/machine-folder.ts";
import { callCost } from "./testing/cost-calls.ts";
import { callNotifications } from "./testing/notification-calls.ts";
import { allCalls, restClient } from "./testing/rest-client.ts";
import { callSchedules } from "./testing/schedule-calls.ts";
import { callSources } from "./testing/source-calls.ts";
import { startTestApp, type TestApp } from "./testing/test-app.ts";

type Client = ContractRouterClient<Contract>;

const MIB = 1024 * 1024;
let test: TestApp;

beforeAll(async () => {
  test = await startTestApp();
});
afterAll(async () => {
  await test.stop();
});

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const transports: Record<string, () => Promise<Client>> = {
  REST: async () => restClient(test.app.url, () => test.token),
  WebSocket: async () => {
    const headers = { origin: test.app.url, cookie: await test.signIn() };
    const socket = new WebSocket(`${test.app.url.replace("http", "ws")}/rpc`, { headers });
    await once(socket, "open");
    cleanups.push(() => socket.terminate());
    return createORPCClient(new SocketLink({ websocket: socket as unknown as globalThis.WebSocket }));
  },
  MessagePort: async () => {
    const { port1, port2 } = new MessageChannel();
    cleanups.push(test.app.connectPort(port1), () => port2.close());
    const link = new PortLink({ port: port2 as unknown as MessagePort });
    port2.start();
    return createORPCClient(link);
  },
};

/** The client, noting in `called` what was called. */
function recorded(client: Client, called: Set<string>): Client {
  return new Proxy(client, {
    get: (areas, area: string) =>
      new Proxy(Reflect.get(areas, area), {
        get: (calls, call: string) => {
          called.add(`${area}.${call}`);
          return Reflect.get(calls, call);
        },
      }),
  });
}

async function until<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 30_000; ; ) {
    const value = await read();
    if (done(value)) return value;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(value)}`);
    await sleep(50);
  }
}

/** A raw disk whose every 8 bytes say where they are, with a hole in the middle. */
function writeDisk(path: string): void {
  const bytes = Buffer.alloc(4 * MIB);
  for (const start of [0, 3 * MIB]) {
    for (let at = start; at < start + MIB; at += 8) bytes.writeBigUInt64LE(BigInt(at + 1), at);
  }
  writeFileSync(path, bytes);
}

/** What failed, as a client sees it. */
async function failure(promise: Promise<unknown>) {
  const [error] = await safe(promise);
  if (!isDefinedError(error as Error)) throw new Error(`not a defined error: ${error}`);
  return error as unknown as {
    code: string;
    status: number;
    data: { code: string; message: string; details?: object };
  };
}

describe.each(Object.keys(transports))("over %s", (name) => {
  it("every call answers, and errors arrive as the catalogue has them", async () => {
    const called = new Set<string>();
    const client = recorded(await (transports[name] as () => Promise<Client>)(), called);
    const folder = join(test.folder, name);
    mkdirSync(join(folder, "inner"), { recursive: true });
    const disk = join(folder, "web01.img");
    writeDisk(disk);

    // The stream runs along and must tell of everything below.
    const heard: { id: string | undefined; event: AppEvent }[] = [];
    const stop = new AbortController();
    const stream = await client.events.stream(undefined, { signal: stop.signal });
    const listening = (async () => {
      for await (const event of stream) heard.push({ id: getEventMeta(event)?.id, event });
    })().catch(() => {});

    const info = await client.system.info();
    expect(info).toMatchObject({ name: "HyperSDK Desktop", version: "1.2.3", url: test.app.url, shell: "service" });
    expect(info.formats.map((format) => format.id).sort()).toEqual(["qcow2", "raw", "vdi", "vhd", "vhdx", "vmdk"]);
    expect(await client.system.pause()).toEqual({ workPaused: true });
    expect(await client.system.resume()).toEqual({ workPaused: false });
    const listing = await client.system.folder({ path: folder });
    expect(listing).toMatchObject({ path: folder, writable: true, folders: [{ name: "inner" }], truncated: false });
    expect(await failure(client.system.folder({ path: join(folder, "gone") }))).toMatchObject({
      code: "path.not-found",
      status: 404,
      data: { code: "path.not-found", retryable: false },
    });
    expect(await client.system.pickFolder()).toEqual({ path: test.folder });

    const settings = await client.settings.get();
    expect(await client.settings.update({ concurrency: 3 })).toEqual({ ...settings, concurrency: 3 });
    expect(await client.settings.update({ concurrency: 2 })).toEqual({ ...settings, concurrency: 2 });
    expect(await failure(client.settings.update({ concurrency: 99 }))).toMatchObject({
      code: "request.invalid",
      data: { details: { field: "concurrency" } },
    });

    const made = await client.tokens.create({ label: "for a script" });
    expect((await client.tokens.list()).map(({ id }) => id)).toContain(made.info.id);
    expect(await client.tokens.revoke({ id: made.info.id })).toEqual({ revoked: true });
    expect(await failure(client.tokens.revoke({ id: made.info.id }))).toMatchObject({ code: "request.not-found" });
    expect((await client.session.createCode()).url).toContain("/#code=");

    expect(await failure(client.disks.inspect({ path: disk }))).toMatchObject({ code: "path.outside", status: 403 });
    const library = await client.libraries.add({ path: folder });
    expect(library).toMatchObject({ path: folder, scan: { state: "scanning" } });
    expect(await failure(client.libraries.add({ path: join(folder, "inner") }))).toMatchObject({
      code: "library.duplicate",
    });
    const scanned = await until(
      async () => (await client.libraries.list()).find(({ id }) => id === library.id),
      (found) => found?.scan.state === "done",
    );
    expect(scanned).toMatchObject({ diskCount: 1, machineCount: 0 });
    const items = await client.libraries.items({ libraryId: library.id, search: "WEB01", limit: 10 });
    expect(items).toMatchObject({ total: 1, nextCursor: null, items: [{ path: disk, kind: "disk" }] });
    expect(await client.libraries.rescan({ id: library.id })).toMatchObject({ id: library.id });

    const inspected = await client.disks.inspect({ path: disk });
    expect(inspected).toMatchObject({ format: "raw", virtualSizeBytes: 4 * MIB });
    const map = await client.disks.map({ path: disk, slices: 4 });
    expect(map.slices).toHaveLength(4);
    expect(map.totals.dataBytes + map.totals.zeroBytes + map.totals.holeBytes).toBe(4 * MIB);

    const page = await client.disks.extents({ path: disk, view: "guest", limit: 10 });
    expect(page.extents.reduce((end, { length }) => end + length, 0)).toBe(page.nextStart ?? 4 * MIB);
    const checked = await client.disks.check({ path: disk });
    const compared = await client.disks.compare({ aPath: disk, bPath: disk, idempotencyKey: `same over ${name}` });
    expect(await client.disks.compare({ aPath: disk, bPath: disk, idempotencyKey: `same over ${name}` })).toEqual(
      compared,
    );
    const examined = async ({ runId }: { runId: string }) => {
      const { outcome } = await until(
        () => client.runs.get({ id: runId }),
        ({ state }) => isFinal(state),
      );
      return outcome;
    };
    expect(await examined(checked)).toEqual({ good: true, text: "no errors" });
    expect(await examined(compared)).toEqual({ good: true, text: "equal: every byte" });
    expect((await client.system.calibration()).runs).toBeGreaterThanOrEqual(0);

    const plan = await client.jobs.plan({ sourcePath: disk });
    expect(plan).toMatchObject({
      targets: [{ format: "qcow2", path: join(folder, "web01.qcow2"), exists: false }],
      problems: [],
    });
    const targetPath = join(folder, "web01.qcow2");
    const target = { path: targetPath, format: "qcow2" as const };
    const request = { kind: "convert" as const, sourcePath: disk, targets: [target] };
    const idempotencyKey = `once over ${name}`;
    const started = await client.jobs.start({ request, idempotencyKey });
    expect(await client.jobs.start({ request, idempotencyKey })).toEqual(started);
    const other = { ...request, targets: [{ ...target, path: join(folder, "other.qcow2") }] };
    expect(await failure(client.jobs.start({ request: other, idempotencyKey }))).toMatchObject({
      code: "request.conflict",
    });
    const id = started.runId;
    const run = await until(
      () => client.runs.get({ id }),
      ({ state }) => isFinal(state),
    );
    expect(run).toMatchObject({ state: "succeeded", name: "web01.img → web01.qcow2" });
    expect(run.tasks.map(({ kind, state }) => `${kind} ${state}`)).toEqual(["convert succeeded", "verify succeeded"]);
    expect(existsSync(targetPath)).toBe(true);
    expect(existsSync(`${targetPath}.sha256`)).toBe(true);

    expect((await client.runs.list({ active: false, limit: 5 })).items.map((item) => item.id)).toContain(id);
    expect((await client.runs.log({ id, limit: 3 })).length).toBeGreaterThan(0);
    expect(Array.isArray(await client.runs.samples({ id }))).toBe(true);
    const tooLate = { code: "state.conflict", status: 409 };
    expect(await failure(client.runs.cancel({ id }))).toMatchObject(tooLate);
    expect(await failure(client.runs.pause({ id }))).toMatchObject(tooLate);
    expect(await failure(client.runs.resume({ id }))).toMatchObject(tooLate);
    expect(await failure(client.runs.setLimit({ id, maxBytesPerSecond: 4096 }))).toMatchObject(tooLate);
    expect(await client.runs.reveal({ id })).toEqual({ shown: true });
    expect(test.revealed).toContain(targetPath);
    expect(await failure(client.runs.retry({ id }))).toMatchObject({ code: "target.exists" });
    expect(
      await failure(client.jobs.start({ request: { ...request, targets: [{ ...target, path: disk }] } })),
    ).toMatchObject({
      code: "target.same-as-source",
    });

    const again = await client.jobs.start({ request: { ...request, targets: [{ ...target, overwrite: true }] } });
    await until(
      () => client.runs.get({ id: again.runId }),
      ({ state }) => state === "succeeded",
    );
    await client.system.pause();
    const retried = await client.runs.retry({ id: again.runId });
    expect(retried.jobId).toBe(again.jobId);
    expect(await failure(client.runs.remove({ id: retried.runId }))).toMatchObject({ code: "state.conflict" });
    expect(await client.runs.cancel({ id: retried.runId })).toMatchObject({ id: retried.runId });
    await until(
      () => client.runs.get({ id: retried.runId }),
      ({ state }) => state === "canceled",
    );
    await client.system.resume();
    expect(await client.runs.remove({ id })).toEqual({ removed: true });
    expect(await failure(client.runs.get({ id }))).toMatchObject({ code: "request.not-found", status: 404 });
    await callSchedules(client, disk, failure);
    await callCost(client, disk, failure);
    await callNotifications(client, `Hook over ${name}`, failure);
    expect(await client.libraries.remove({ id: library.id })).toEqual({ removed: true });
    const address = join(folder, "vm");
    mkdirSync(address);
    await callSources(client, { address, vmx: makeMachineFolder(address).vmx }, failure);

    await until(
      async () => heard,
      (events) => events.some(({ event }) => event.type === "source-removed"),
    );
    stop.abort();
    await listening;
    const types = new Set(heard.map(({ event }) => event.type));
    expect([...types]).toEqual(
      expect.arrayContaining([
        ...["run", "task", "library", "library-removed", "work", "settings", "run-removed"],
        ...["source", "inventory", "views"],
        ...["schedule", "schedule-removed", "schedules", "scheduled-run", "channels"],
      ]),
    );
    const ids = heard.flatMap((event) => (event.id === undefined ? [] : [Number(event.id)]));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));

    called.delete("then");
    expect([...called].filter((call) => !call.includes("then")).sort()).toEqual(allCalls().sort());
  });
});
