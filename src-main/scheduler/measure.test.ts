import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Condition } from "../../src-core/model/condition.ts";
import { freeSpace } from "../files/free-space.ts";
import { busyPart, type Measuring, measureAll } from "./measure.ts";

const server = createServer();
const shut = createServer();
let open = 0;
let closed = 0;
beforeAll(async () => {
  const portOf = async (each: typeof server) => {
    await once(each.listen(0, "127.0.0.1"), "listening");
    return (each.address() as AddressInfo).port;
  };
  [open, closed] = [await portOf(server), await portOf(shut)];
  shut.close();
  await once(shut, "close");
});
afterAll(() => void server.close());

function measuring(change: Partial<Measuring> = {}): Measuring {
  return {
    readPower: async () => ({ onMains: false, batteryPercent: 37 }),
    isMetered: async () => null,
    sources: () => [],
    ...change,
  };
}
async function read(condition: object, change: Partial<Measuring> = {}) {
  const [reading] = await measureAll([Condition.parse(condition)], measuring(change));
  return reading;
}

describe("conditions as they are measured", () => {
  it("free space of the folder that is named; null where there is none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hypersdk-measure-"));
    const bytes = await read({ kind: "free-space", path: folder, minBytes: 1 });
    const now = (await freeSpace(folder)) ?? 0;
    expect(bytes).toBeGreaterThan(now / 2);
    expect(bytes).toBeLessThan(now * 2);
    rmSync(folder, { recursive: true });
    expect(await read({ kind: "free-space", path: join(folder, "a/b"), minBytes: 1 })).toBeNull();
  });

  it("power", async () => {
    expect(await read({ kind: "mains" })).toBe(false);
    expect(await read({ kind: "battery", minPercent: 20 })).toBe(37);
    const unknown = { readPower: async () => ({ onMains: null, batteryPercent: null }) };
    expect(await read({ kind: "mains" }, unknown)).toBeNull();
    expect(await read({ kind: "battery", minPercent: 20 }, unknown)).toBeNull();
  });

  it.each([
    [true, false],
    [false, true],
    [null, null],
  ])("a link of which the system says metered: %s", async (metered, reading) => {
    expect(await read({ kind: "unmetered" }, { isMetered: async () => metered })).toBe(reading);
  });

  it("work of this computer's processors: all of it while each has some", async () => {
    const spinning = cpus().map(() => spawn(process.execPath, ["-e", "for (;;) ;"], { stdio: "ignore" }));
    await setTimeout(500);
    const busy = await busyPart(500);
    for (const each of spinning) each.kill("SIGKILL");
    expect(busy).toBeGreaterThan(0.8);
    expect(busy).toBeLessThanOrEqual(1);
  });

  it("load of this computer by processor", async () => {
    const load = () => (loadavg()[0] ?? 0) / availableParallelism();
    const before = load();
    const reading = await read({ kind: "host-load", maxPerCore: 0.5 });
    expect([before, load()]).toContain(reading);
  });
});

describe("what is to be reached", () => {
  const source = (address: string, state: "connected" | "disconnected" = "disconnected") => ({
    sources: () => [{ id: "s1", name: "Lab", address, connection: { state } as never }],
  });
  const reach = (target: string, change: Partial<Measuring> = {}) => read({ kind: "reachable", target }, change);

  it("a host and port", async () => {
    expect([await reach(`127.0.0.1:${open}`), await reach(`127.0.0.1:${closed}`)]).toEqual([true, false]);
  });

  it("nobody can tell of what is neither an address nor a source", async () => {
    expect(await reach("Lab")).toBeNull();
  });

  it("a source that is connected, without asking again", async () => {
    expect(await reach("lab", source(`https://127.0.0.1:${closed}`, "connected"))).toBe(true);
  });

  it("a source that is not, at its address, by its id or its name", async () => {
    for (const target of ["s1", "LAB"]) {
      expect(await reach(target, source(`https://127.0.0.1:${open}`))).toBe(true);
      expect(await reach(target, source(`https://127.0.0.1:${closed}`))).toBe(false);
    }
  });

  it("a folder that is a source and not connected is not there", async () => {
    expect(await reach("Lab", source("/srv/machines"))).toBe(false);
  });
});

it("several are told in their order, and one that fails takes no other along", async () => {
  const conditions = [{ kind: "mains" }, { kind: "unmetered" }, { kind: "reachable", target: `127.0.0.1:${open}` }];
  const broken = measuring({
    readPower: () => Promise.reject(new Error("no such bus")),
    isMetered: async () => false,
  });
  const readings = await measureAll(
    conditions.map((each) => Condition.parse(each)),
    broken,
  );
  expect(readings).toEqual([null, true, true]);
});
