import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { Leftover, Source } from "../../src-core/model/source.ts";
import type { Notice } from "../shell/shell.ts";
import { tellLeftovers } from "./tell-leftovers.ts";
import { CAPABILITIES } from "./testing/fake-sessions.ts";
import { type Ground, newGround } from "./testing/ground.ts";

let ground: Ground;
let shown: Notice[];
let asked: string[];
/** What sources answer, by id. */
let left: Record<string, number>;
let stop: () => void;
beforeEach(() => {
  ground = newGround();
  [shown, asked, left] = [[], [], {}];
  stop = tellLeftovers({
    hub: ground.hub,
    log: ground.log,
    shell: { notify: (notice) => shown.push(notice) },
    inventory: {
      async leftovers(id) {
        asked.push(id);
        const count = left[id];
        if (count === undefined) throw new AppError("source.lost");
        return Array.from({ length: count }, (_, index) => leftover(`${id}-${index}`));
      },
    },
  });
});
afterEach(() => {
  stop();
  ground.remove();
});

const leftover = (id: string): Leftover => ({
  id,
  machineId: "vm-1",
  machineName: "web01",
  kind: "snapshot",
  description: "",
  createdAt: null,
  mark: `hypersdk-${id}`,
});

/** A source is told in this state. Returns when whatever follows from it has been done. */
async function told(
  id: string,
  state: Source["connection"]["state"],
  settled: boolean,
  kind: Source["kind"] = "vsphere",
) {
  const since = "2026-03-01T12:00:00.000Z";
  const source: Source = {
    id,
    kind,
    name: id,
    address: "https://vc.example",
    username: null,
    trust: { kind: "system" },
    enabled: true,
    hasSecret: true,
    addedAt: since,
    connection: { state, since, error: null, retryAt: null, capabilities: CAPABILITIES },
    inventory: { machineCount: 1, knownAt: since, settled },
  };
  ground.hub.tell({ type: "source", source });
  await new Promise((resolve) => setImmediate(resolve));
}

describe("leftovers", () => {
  it("are told once a start of the program, when a source's machines are known", async () => {
    left = { lab: 2 };
    await told("lab", "connecting", false);
    await told("lab", "connected", false);
    expect(asked).toEqual([]);
    await told("lab", "connected", true);
    await told("lab", "failed", false);
    await told("lab", "connected", true);
    expect(asked).toEqual(["lab"]);
    expect(shown).toEqual([
      {
        title: "Leftovers on lab",
        body: "2 of exports that ended badly. Nothing is removed before you have seen it.",
        path: "/sources",
      },
    ]);
  });

  it("are not told where there are none, or the source cannot say", async () => {
    left = { clean: 0 };
    await told("clean", "connected", true);
    await told("broken", "connected", true);
    expect(asked).toEqual(["clean", "broken"]);
    expect(shown).toEqual([]);
  });

  it("are not asked for in a folder of this computer", async () => {
    left = { folder: 1 };
    await told("folder", "connected", true, "local");
    expect(asked).toEqual([]);
  });
});
