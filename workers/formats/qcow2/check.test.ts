/** `check`: what it says of each kind of damage, and that no lie of an image keeps it from being canceled. */
import { describe, expect, it } from "vitest";
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { ByteSource } from "../../io/byte-source.ts";
import { memorySource, memoryTarget } from "../../io/memory.ts";
import { Fault, faultySource } from "../../io/testing/faulty-source.ts";
import { begin } from "../testing/begin.ts";
import { newAccess, openFiles } from "../testing/fixture.ts";
import { fuzzCase } from "../testing/fuzz.ts";
import { play } from "../testing/play.ts";
import type { TestDisk } from "../testing/test-disk.ts";
import { qcow2 } from "./qcow2.ts";

const CLUSTER = 4096;
const DISK: TestDisk = { virtualSizeBytes: 20 * CLUSTER, data: [{ start: 0, length: 9 * CLUSTER }] };

/** Two data clusters, then seven packed into fewer. */
async function soundImage(): Promise<Uint8Array> {
  const target = memoryTarget("disk.qcow2");
  const options = { blockBytes: CLUSTER, compression: { method: "zlib" } } as const;
  const writer = await begin(qcow2, target, DISK, null, options);
  const plain = new Uint8Array(2 * CLUSTER).fill(7);
  await writer.write(0, plain);
  await play(writer, DISK, 2 * CLUSTER, DISK.virtualSizeBytes);
  await writer.finish();
  return target.content();
}

const context = {
  gate: async (): Promise<void> => {},
  progress: (): void => {},
  openExtentFile: async (name: string): Promise<never> => {
    throw new Error(`${name} was asked for`);
  },
};

async function findings(source: ByteSource, gate = context.gate): Promise<CheckFinding[]> {
  const found: CheckFinding[] = [];
  for await (const finding of qcow2.check?.(source, { ...context, gate }) ?? []) found.push(finding);
  return found;
}

/** Header, L1, refcount table, refcount block, L2, data, data, packed … each a cluster from this one on. */
const [L1, REFTABLE, REFBLOCK, L2, DATA] = [1, 2, 3, 4, 5].map((n) => n * CLUSTER) as [
  number,
  number,
  number,
  number,
  number,
];
const COPIED = 1n << 63n;

describe("what is found", () => {
  it("nothing in a sound image", async () => {
    expect(await findings(memorySource("disk", await soundImage()))).toEqual([]);
  });

  interface Row {
    readonly what: string;
    readonly change: (view: DataView) => void;
    readonly expected: readonly (readonly [string, string, number | null])[];
    /** More is found, which follows from it. */
    readonly others?: true;
  }
  const rows: readonly Row[] = [
    {
      what: "a cluster that nothing uses",
      change: (view) => view.setBigUint64(L2 + 8, 0n),
      expected: [["leak", `The cluster at ${DATA + CLUSTER} is counted once and used 0 times`, DATA + CLUSTER]],
    },
    {
      what: "two neighbours of them as one finding",
      change: (view) => {
        view.setBigUint64(L2, 0n);
        view.setBigUint64(L2 + 8, 0n);
      },
      expected: [["leak", `2 clusters from ${DATA} on are counted once and used 0 times`, DATA]],
    },
    {
      what: "a count that is too low",
      change: (view) => view.setUint16(REFBLOCK + 5 * 2, 0),
      expected: [
        ["error", `allows writing in place, though its cluster at ${DATA} is counted 0×`, L2],
        ["error", `The cluster at ${DATA} is counted 0 times and used once`, DATA],
      ],
    },
    {
      what: "a cluster that two entries share, though it is counted once",
      change: (view) => view.setBigUint64(L2 + 8, view.getBigUint64(L2)),
      expected: [
        ["error", `The cluster at ${DATA} is counted once and used 2 times`, DATA],
        ["leak", `The cluster at ${DATA + CLUSTER}`, DATA + CLUSTER],
      ],
    },
    {
      what: "the flag copied where it should not be missing",
      change: (view) => view.setBigUint64(L2, view.getBigUint64(L2) & ~COPIED),
      expected: [["error", `does not allow writing in place, though its cluster at ${DATA} is counted 1×`, L2]],
    },
    {
      what: "the flag copied at a compressed cluster",
      change: (view) => view.setBigUint64(L2 + 16, view.getBigUint64(L2 + 16) | COPIED),
      expected: [["error", "L2 table 0, entry 2 is compressed and says that nobody shares its cluster", L2 + 16]],
    },
    {
      what: "data that lies in a table, counted as often as it is used",
      change: (view) => {
        view.setBigUint64(L2, BigInt(REFTABLE));
        view.setUint16(REFBLOCK + 2 * 2, 2);
        view.setUint16(REFBLOCK + 5 * 2, 0);
      },
      expected: [["error", `The cluster at ${REFTABLE} is used for more than one thing: a table and data`, REFTABLE]],
    },
    {
      what: "a refcount table that lies in the header",
      others: true,
      change: (view) => {
        view.setBigUint64(48, BigInt(L1));
        view.setBigUint64(L1, BigInt(REFBLOCK));
      },
      expected: [
        ["error", `The entry at ${L1} (L1 entry 0) does not allow`, L1],
        ["error", `The cluster at ${L1} is counted once and used 2 times`, L1],
        ["error", `The cluster at ${L1} is used for more than one thing: several tables`, L1],
      ],
    },
    {
      what: "entries that point nowhere",
      others: true,
      change: (view) => {
        view.setBigUint64(L2, (1n << 40n) | COPIED);
        view.setBigUint64(L2 + 8, BigInt(DATA + 512));
        view.setBigUint64(L2 + 10 * 8, (1n << 62n) | (1n << 45n));
        view.setBigUint64(L2 + 11 * 8, 2n);
        view.setBigUint64(L1, view.getBigUint64(L1) | 1n);
      },
      expected: [
        ["error", "The L1 entry 0 has reserved bits set.", L1],
        ["error", "The L2 table 0, entry 0 points to 1099511627776, beyond the end of the file.", L2],
        ["error", `The L2 table 0, entry 1 points to ${DATA + 512}, which is not the start of a cluster.`, L2 + 8],
        ["error", "The L2 table 0, entry 10 points to 35184372088832, beyond the end of the file.", L2 + 80],
        ["error", "The L2 table 0, entry 11 has reserved bits set.", L2 + 88],
      ],
    },
    {
      what: "an L1 entry that points nowhere",
      others: true,
      change: (view) => view.setBigUint64(L1, COPIED | (1n << 41n)),
      expected: [
        ["error", "The L1 entry 0 points to 2199023255552, beyond the end of the file.", L1],
        ["leak", `clusters from ${L2} on are counted once and used 0 times`, L2],
      ],
    },
    {
      what: "a refcount block that is not there",
      change: (view) => view.setBigUint64(REFTABLE + 8, 1n << 41n),
      expected: [
        ["error", "The refcount table entry 1 points to 2199023255552, where the file holds no block.", REFTABLE + 8],
      ],
    },
    {
      what: "a refcount table that cannot be",
      change: (view) => view.setBigUint64(48, 513n),
      expected: [["error", "the refcount table at 513 is not at the start of a cluster", null]],
    },
    {
      what: "counts of a width that cannot be",
      change: (view) => view.setUint32(96, 7),
      expected: [["error", "refcount_order 7 is more than 6", null]],
    },
    {
      what: "a header that cannot be read",
      change: (view) => view.setUint32(20, 99),
      expected: [["error", "clusterBits at offset 20: 99", 20]],
    },
    {
      what: "snapshots that cannot be listed, and then no leaks",
      change: (view) => {
        view.setUint32(60, 1);
        view.setBigUint64(64, 1n << 40n);
        view.setBigUint64(L2 + 8, 0n);
      },
      expected: [["error", "qcow2 snapshot 0", 2 ** 40]],
    },
    {
      what: "the dirty and the corrupt bit",
      change: (view) => view.setBigUint64(72, 3n),
      expected: [
        ["warning", "dirty bit", 0],
        ["warning", "marked as corrupt", 0],
      ],
    },
  ];
  it.each(rows)("$what", async ({ change, expected, others }) => {
    const image = await soundImage();
    change(new DataView(image.buffer));
    const found = await findings(memorySource("disk.qcow2", image));
    const seen = found.map(({ severity, message, offsetBytes }) => [severity, message, offsetBytes]);
    for (const [severity, words, offsetBytes] of expected) {
      expect(seen).toContainEqual([severity, expect.stringContaining(words), offsetBytes]);
    }
    if (!others) expect(seen).toHaveLength(expected.length);
  });
});

it("a read that fails is no finding, whichever it is", async () => {
  const image = await soundImage();
  for (let failAt = 1; ; failAt++) {
    const fault = new Fault(failAt, "io.read");
    const checked = findings(faultySource(memorySource("disk.qcow2", image), fault));
    const error = await checked.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!fault.struck) {
      expect(error).toBeNull();
      expect(failAt).toBeGreaterThan(4);
      break;
    }
    expect(error).toMatchObject({ code: "io.read" });
  }
});

it("lying images are judged, or canceled within two seconds", async () => {
  let judged = 0;
  for (let seed = 1; seed <= 1500; seed++) {
    const { fixture, mutations } = fuzzCase(seed);
    if (fixture.format !== "qcow2") continue;
    const sources: ByteSource[] = [];
    const capture = (source: ByteSource): ByteSource => {
      sources.push(source);
      return source;
    };
    await openFiles(fixture, newAccess(), capture).catch(() => {});
    const [main] = sources;
    if (main === undefined) throw new Error("nothing was opened");
    const begun = performance.now();
    let calls = 0;
    const gate = async (): Promise<void> => {
      if (++calls > 300) throw new AppError("job.canceled", "enough");
    };
    try {
      await findings(main, gate);
    } catch (error) {
      if (!(error instanceof AppError && error.code === "job.canceled")) {
        throw new Error(`seed ${seed}: ${mutations.join("; ")}: ${String(error)}`);
      }
    }
    const took = performance.now() - begun;
    expect(took, `seed ${seed}: ${mutations.join("; ")}`).toBeLessThan(2000);
    judged++;
  }
  expect(judged).toBeGreaterThan(200);
}, 60_000);
