/** An inventory of 20,000 machines: all of it, once, in pieces. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startVsphereLab, type VsphereLab } from "../../../../e2e/servers/vsphere-lab.ts";
import { INVENTORY_COUNT } from "../../../../src-core/model/inventory-limits.ts";
import { connectLab, QUICK } from "../testing/lab-bench.ts";

const MACHINES = 20_000;
const MIB = 1024 * 1024;
let lab: VsphereLab;
beforeAll(async () => {
  lab = await startVsphereLab({ fill: MACHINES });
});
afterAll(() => lab.stop());

describe("20,000 machines", () => {
  it("come in pieces, each once, in bounded memory", async () => {
    const connection = await connectLab(lab, { tuning: { ...QUICK, pageObjects: 250 } });
    const stop = new AbortController();
    const seen = new Set<string>();
    let mostBytes = 0;
    const before = process.memoryUsage().rss;
    for await (const batch of connection.inventory(stop.signal)) {
      expect(batch.length).toBeLessThanOrEqual(INVENTORY_COUNT.batch);
      for (const change of batch) {
        if (change.type !== "machine") continue;
        expect(seen.has(change.machine.id), change.machine.id).toBe(false);
        seen.add(change.machine.id);
      }
      mostBytes = Math.max(mostBytes, process.memoryUsage().rss);
      if (batch.some(({ type }) => type === "settled")) break;
    }
    stop.abort();
    await connection.close();
    expect(seen.size).toBe(MACHINES);
    expect(mostBytes - before).toBeLessThan(400 * MIB);
  });
});
