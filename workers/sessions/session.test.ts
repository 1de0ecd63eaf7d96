import { beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { InventoryChange } from "../../src-core/model/inventory.ts";
import type { SourceConfig, SourceSecret } from "../../src-core/model/source.ts";
import type { FromSession } from "../../src-core/model/source-session.ts";
import type { Connection, Provider } from "../providers/provider.ts";
import { createSession, type Session } from "./session.ts";

const config: SourceConfig = { kind: "local", address: "/vm", username: "me", trust: { kind: "system" } };
const capabilities = {
  power: true,
  snapshots: true,
  quiesce: false,
  changedBlocks: false,
  product: "Fake",
  version: "1",
};

let said: FromSession[];
let session: Session;
let connect: Provider["connect"];
let waits: { ms: number; go: () => void }[];
let clockMs: number;

beforeEach(() => {
  said = [];
  waits = [];
  clockMs = 0;
  session = createSession({
    post: (message) => said.push(message),
    load: async () => ({ kind: "local", label: "Fake", connect: (...args) => connect(...args) }),
    now: () => clockMs,
    wait: (ms, signal) =>
      new Promise((go) => {
        waits.push({ ms, go });
        signal.addEventListener("abort", () => go(), { once: true });
      }),
    random: () => 0.5,
  });
});

const types = () => said.map(({ type }) => type);
const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const start = (once = false) => session.take({ type: "start", config, once });

/** A connection whose inventory is fed by the test. */
function fake(more: Partial<Connection> = {}) {
  const queue: (readonly InventoryChange[] | Error)[] = [];
  let wake = Promise.withResolvers<void>();
  let closed = 0;
  const connection = {
    capabilities,
    async *inventory(signal: AbortSignal) {
      signal.addEventListener("abort", () => wake.resolve(), { once: true });
      for (;;) {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          if (next instanceof Error) throw next;
          yield next;
        }
        if (signal.aborted) return;
        await wake.promise;
        wake = Promise.withResolvers();
      }
    },
    async close() {
      closed += 1;
    },
    ...more,
  } as Connection;
  return {
    connection,
    feed(next: readonly InventoryChange[] | Error) {
      queue.push(next);
      wake.resolve();
    },
    closed: () => closed,
  };
}

const settled: InventoryChange[] = [{ type: "settled" }];

describe("a session", () => {
  it("connects, passes on what it is told, and closes when it is stopped", async () => {
    const { connection, feed, closed } = fake();
    connect = async () => connection;
    start();
    await turns();
    feed(settled);
    await turns();
    expect(types()).toEqual(["connecting", "connected", "changes"]);
    session.take({ type: "stop" });
    await session.ended;
    expect(closed()).toBe(1);
    expect(types()).toEqual(["connecting", "connected", "changes"]);
  });

  it("connects again when the connection breaks, and waits longer each time", async () => {
    const peers = [fake(), fake(), fake(), fake()];
    let tries = 0;
    connect = async () => (peers[tries++] ?? fake()).connection;
    start();
    for (const peer of peers.slice(0, 3)) {
      await turns();
      peer.feed(new AppError("source.lost"));
      await turns();
      expect(peer.closed()).toBe(1);
      waits.at(-1)?.go();
    }
    expect(waits.map(({ ms }) => ms)).toEqual([1000, 2000, 4000]);
    // One that lasted makes the next failure a first one.
    await turns();
    clockMs += 60_000;
    peers[3]?.feed(new AppError("source.lost"));
    await turns();
    expect(waits.at(-1)?.ms).toBe(1000);
    session.take({ type: "stop" });
    await session.ended;
  });

  it("does not try a wrong password again by itself, but at once when it is told to", async () => {
    let tries = 0;
    connect = async () => {
      tries += 1;
      throw new AppError("source.auth");
    };
    start();
    await turns();
    expect(said.at(-1)).toMatchObject({ type: "failed", error: { code: "source.auth" }, retryInMs: null });
    expect(waits.at(-1)?.ms).toBe(Number.POSITIVE_INFINITY);
    session.take({ type: "retry" });
    await turns();
    expect(tries).toBe(2);
    session.take({ type: "stop" });
    await session.ended;
  });

  it("asks for the secret each time, and passes on why there is none", async () => {
    const got: SourceSecret[] = [];
    connect = async (_, context) => {
      got.push(await context.secret());
      await context.secret();
      return fake().connection;
    };
    start();
    await turns();
    expect(said.at(-1)).toEqual({ type: "secret-wanted", id: 1 });
    const secret = { password: "pw", privateKey: null, passphrase: null };
    session.take({ type: "secret", id: 1, secret });
    await turns();
    session.take({ type: "no-secret", id: 2, error: new AppError("vault.unreadable").toData() });
    await turns();
    expect(got).toEqual([secret]);
    expect(said.at(-1)).toMatchObject({ type: "failed", error: { code: "vault.unreadable" } });
    expect(JSON.stringify(said)).not.toContain("pw");
    session.take({ type: "stop" });
    await session.ended;
  });

  it("answers calls side by side, refuses them while it is not connected, and cancels one", async () => {
    const hang = Promise.withResolvers<void>();
    const { connection, feed } = fake({
      power: (_id, _action, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new AppError("job.canceled")))),
      createSnapshot: async () => "snap-1",
      leftovers: async () => {
        await hang.promise;
        return [];
      },
    });
    connect = async () => connection;
    session.take({ type: "call", id: 1, call: { kind: "leftovers" } });
    await turns();
    expect(said).toMatchObject([{ type: "refused", id: 1, error: { code: "source.disconnected" } }]);
    start();
    await turns();
    session.take({ type: "call", id: 2, call: { kind: "power", machineId: "a", action: "on" } });
    session.take({ type: "call", id: 3, call: { kind: "leftovers" } });
    const snapshot = { name: "s", description: "", quiesce: false, memory: false };
    session.take({ type: "call", id: 4, call: { kind: "create-snapshot", machineId: "a", ...snapshot } });
    await turns();
    expect(said.at(-1)).toEqual({ type: "answer", id: 4, result: "snap-1" });
    session.take({ type: "cancel", id: 2 });
    hang.resolve();
    await turns();
    expect(said).toContainEqual(expect.objectContaining({ type: "refused", id: 2 }));
    expect(said).toContainEqual({ type: "answer", id: 3, result: [] });
    feed(new AppError("source.lost"));
    session.take({ type: "stop" });
    await session.ended;
  });

  it("does not run ahead of who takes its changes in", async () => {
    const { connection, feed } = fake();
    connect = async () => connection;
    start();
    for (let batch = 0; batch < 10; batch += 1) feed(settled);
    await turns();
    const told = () => types().filter((type) => type === "changes").length;
    expect(told()).toBe(4);
    session.take({ type: "taken" });
    await turns();
    expect(told()).toBe(5);
    session.take({ type: "stop" });
    await session.ended;
  });

  it("that runs once says what it found and ends", async () => {
    const check = { id: "read", label: "Read", ok: true, missing: [], message: "Works.", remedy: null };
    const { connection, closed } = fake({ test: async () => [check] });
    connect = async () => connection;
    start(true);
    await session.ended;
    expect(said).toEqual([{ type: "tested", error: null, capabilities, checks: [check] }]);
    expect(closed()).toBe(1);
  });

  it("that runs once tells why it could not connect", async () => {
    connect = async () => {
      throw new AppError("source.certificate", undefined, { details: { fingerprint: "ab" } });
    };
    start(true);
    await session.ended;
    expect(said).toMatchObject([
      { type: "tested", error: { code: "source.certificate", details: { fingerprint: "ab" } }, capabilities: null },
    ]);
  });
});
