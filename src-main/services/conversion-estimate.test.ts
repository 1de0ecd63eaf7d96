import { describe, expect, it } from "vitest";
import type { FormatId } from "../../src-core/model/disk.ts";
import { estimateSize, type TargetShape } from "./conversion-estimate.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

function map(virtualSizeBytes: number, dataBytes: number, extentCount: number) {
  return {
    virtualSizeBytes,
    extentCount,
    totals: { dataBytes, zeroBytes: 0, holeBytes: virtualSizeBytes - dataBytes },
  };
}

/** As usual for the format, but for what is said. */
function shape(format: FormatId, change: Partial<TargetShape> = {}): TargetShape {
  return { format, blockBytes: null, compression: "none", preallocation: "off", ...change };
}

describe("the size of a qcow2 target", () => {
  it("of an empty disk is its tables", () => {
    // Header, refcount table, refcount block, L1 table: what qemu-img create allocates as well.
    const estimate = estimateSize(map(GIB, 0, 1), shape("qcow2"));
    expect(estimate.lowBytes).toBe(4 * 64 * KIB);
    expect(estimate.likelyBytes).toBeGreaterThanOrEqual(estimate.lowBytes);
    expect(estimate.likelyBytes).toBeLessThanOrEqual(6 * 64 * KIB);
  });

  it("of a full disk is the disk and less than a thousandth more", () => {
    const { likelyBytes, highBytes } = estimateSize(map(100 * GIB, 100 * GIB, 1), shape("qcow2"));
    expect(likelyBytes).toBeGreaterThan(100 * GIB);
    expect(likelyBytes).toBeLessThan(100 * GIB * 1.001);
    expect(highBytes).toBe(likelyBytes);
  });

  it("counts the clusters that scattered extents touch", () => {
    const scattered = estimateSize(map(GIB, 1_000 * 4 * KIB, 1_000), shape("qcow2"));
    expect(scattered.highBytes).toBeGreaterThanOrEqual(1_000 * 64 * KIB);
    expect(scattered.likelyBytes).toBeLessThan(scattered.highBytes);
  });

  it.each([
    [map(512, 512, 1)],
    [map(64 * KIB + 1, 1, 1)],
    [map(4 * GIB, 3 * GIB, 100_000)],
    [map(60 * 1024 * GIB, 50 * 1024 * GIB, 10_000_000)],
  ])("keeps its order: %j", (disk) => {
    const { lowBytes, likelyBytes, highBytes } = estimateSize(disk, shape("qcow2"));
    expect(lowBytes).toBeLessThanOrEqual(likelyBytes);
    expect(likelyBytes).toBeLessThanOrEqual(highBytes);
    expect(Number.isSafeInteger(highBytes)).toBe(true);
  });
});

describe("the size of a target of blocks", () => {
  it("is the data and an entry for every block; with VHD a bitmap for each stored one", () => {
    // 512 entries of VHD, 1024 of VDI; 20 MiB fill 10 blocks of VHD.
    expect(estimateSize(map(GIB, 20 * MIB, 1), shape("vhd"))).toMatchObject({
      lowBytes: 2 * KIB,
      likelyBytes: 20 * MIB + 2 * KIB + 10 * 512,
    });
    expect(estimateSize(map(GIB, 20 * MIB, 1), shape("vdi"))).toMatchObject({
      lowBytes: 4 * KIB,
      likelyBytes: 20 * MIB + 4 * KIB,
    });
  });

  it.each([map(512, 512, 1), map(2040 * GIB, 2040 * GIB, 7), map(4 * GIB, 3 * GIB, 100_000)])(
    "keeps its order: %j",
    (disk) => {
      for (const target of ["vhd", "vdi"] as const) {
        const { lowBytes, likelyBytes, highBytes } = estimateSize(disk, shape(target));
        expect(lowBytes).toBeLessThanOrEqual(likelyBytes);
        expect(likelyBytes).toBeLessThanOrEqual(highBytes);
      }
    },
  );
});

describe("the size of a VHDX target", () => {
  it("is its data and its tables, 8 MiB of which a large disk needs for the list of its blocks", () => {
    const small = estimateSize(map(GIB, 10 * MIB, 1), shape("vhdx"));
    expect(small.lowBytes).toBeGreaterThan(200 * KIB);
    expect(small.likelyBytes).toBeLessThan(11 * MIB);
    const large = estimateSize(map(60 * 1024 * GIB, 0, 1), shape("vhdx"));
    expect(large.likelyBytes).toBeGreaterThan(7 * MIB);
    expect(large.likelyBytes).toBeLessThan(10 * MIB);
  });
});

describe("the size of a raw target", () => {
  it("is its data, never more than the disk", () => {
    expect(estimateSize(map(GIB, 10 * MIB, 1), shape("raw"))).toEqual({
      lowBytes: 0,
      likelyBytes: 10 * MIB,
      highBytes: 10 * MIB + 8 * KIB,
    });
    expect(estimateSize(map(MIB, MIB, 500), shape("raw")).highBytes).toBe(MIB);
  });
});

describe("what was chosen", () => {
  const full = map(10 * GIB, 10 * GIB, 1);
  const likely = (change: Partial<TargetShape>, packed: number | null = null, format: FormatId = "qcow2") =>
    estimateSize(full, shape(format, change), packed).likelyBytes;

  it("compression makes the likely size smaller, as the source packs where it is compressed itself; never the bound", () => {
    expect(likely({ compression: "zlib" })).toBeLessThan(7 * GIB);
    expect(likely({ compression: "zstd" })).toBeLessThan(likely({ compression: "zlib" }));
    expect(likely({ compression: "zlib" }, 0.25)).toBeLessThan(2.6 * GIB);
    expect(likely({}, 0.25)).toBeGreaterThan(10 * GIB);
    const { lowBytes, highBytes } = estimateSize(full, shape("qcow2", { compression: "zlib" }), 0.25);
    expect(highBytes).toBeGreaterThan(10 * GIB);
    expect(lowBytes).toBeLessThan(2 * MIB);
  });

  it("smaller clusters have more tables, and tables of the whole disk are there at once when asked for", () => {
    expect(likely({ blockBytes: 4 * KIB })).toBeGreaterThan(likely({ blockBytes: 64 * KIB }));
    const empty = map(64 * GIB, 0, 1);
    expect(estimateSize(empty, shape("qcow2")).likelyBytes).toBeLessThan(MIB);
    // An entry of eight bytes for each of 2^20 clusters.
    expect(estimateSize(empty, shape("qcow2", { preallocation: "metadata" })).lowBytes).toBeGreaterThan(8 * MIB);
  });

  it.each([map(512, 512, 1), full, map(4 * GIB, 3 * GIB, 100_000)])("a VMDK keeps its order: %j", (disk) => {
    for (const compression of ["none", "zlib"] as const) {
      const { lowBytes, likelyBytes, highBytes } = estimateSize(disk, shape("vmdk", { compression }));
      expect(lowBytes).toBeLessThanOrEqual(likelyBytes);
      expect(likelyBytes).toBeLessThanOrEqual(highBytes);
    }
  });
});
