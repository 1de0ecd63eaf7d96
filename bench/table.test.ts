import { describe, expect, it } from "vitest";
import { ROWS } from "./conversion-rows.ts";
import type { Image, KindName } from "./images.ts";
import { parseUsage } from "./measure.ts";
import { ConvertResult, MemoryResult, type Sample } from "./result.ts";
import { pieceOffsets } from "./sparse-image.ts";
import { convertTable, markdownTable, memoryTable } from "./table.ts";

const MiB = 1024 * 1024;
const sample = (wallSeconds: number, peakMiB: number, outBytes: number | null = 1000): Sample => ({
  wallSeconds,
  cpuSeconds: 1,
  peakRssBytes: peakMiB * MiB,
  outBytes,
});
const common = {
  date: "2026-01-02T03:04:05.000Z",
  machine: {
    node: "24.21.0",
    qemuImg: "7.2.22",
    cpu: "Some CPU",
    cores: 2,
    memoryBytes: 24 * 1024 * MiB,
    kernel: "6.1",
    fileSystem: "tmpfs",
    loadAverage: 0.25,
  },
  dataMiB: 1740,
  pairs: 1,
};

describe("tables", () => {
  it("align their columns", () => {
    expect(markdownTable(["a", "long"], [["→ wide", "1"]])).toEqual([
      "| a      | long |",
      "| ------ | ---- |",
      "| → wide | 1    |",
    ]);
  });

  it("of conversions show the figures and say what does not count", () => {
    const row = { must: 0.6, aim: 0.4, sizeLimit: null, problems: [] };
    const result = ConvertResult.parse({
      bench: "convert",
      ...common,
      rows: [
        {
          ...row,
          id: "a-to-b",
          label: "a → b",
          ours: [sample(1, 90)],
          peers: [
            { flags: "", samples: [sample(4, 9)] },
            { flags: "-m 16 -W", samples: [sample(2, 9)] },
          ],
        },
        {
          ...row,
          id: "c",
          label: "compare",
          ours: [sample(1, 130.4, null)],
          peers: [{ flags: "", samples: [sample(4, 9, null)] }],
          problems: ["not clean (2 errors)"],
        },
      ],
      failures: [{ label: "d → e", message: "hypersdk ended with 1" }],
    });
    const text = convertTable(result);
    const cells = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    expect(cells).toContainEqual(
      [
        "",
        "a → b",
        "1.00 / 1.00 / 1.00",
        "2.00 / 2.00 / 2.00 (`-m 16 -W`)",
        "**0.50** (0.50–0.50)",
        "0.60",
        "0.40",
      ].concat(["1.00", "90", "1.000", "must", ""]),
    );
    expect(cells).toContainEqual(expect.arrayContaining(["compare", "130", "", "invalid"]));
    expect(text).toContain("\ncompare does not count: not clean (2 errors).");
    expect(text).toContain("\nd → e failed: hypersdk ended with 1");
    expect(text).toContain(
      "2026-01-02: 2 cores of Some CPU, 24 GiB, Linux 6.1, tmpfs (load 0.3 at the start), Node 24.21.0",
    );
    expect(text).toContain("Of 2 rows 1 reach what they must, 0 of them what they aim at; 0 miss it, 1 do not count.");
    expect(text).toContain("up to 130 MiB");
  });

  it("of memory show both peaks and what was added", () => {
    const rows = [{ id: "a", label: "a → b", small: [sample(1, 100)], huge: [sample(1, 105)], problems: [] }];
    const text = memoryTable(MemoryResult.parse({ bench: "memory", ...common, rows }));
    expect(text.split("\n").at(-1)?.replaceAll(/ +/g, " ")).toBe("| a → b | 100 | 105 | 5 | kept |");
  });
});

describe("the rows of conversions", () => {
  it("have names of their own, and an aim beyond what they must", () => {
    expect(new Set(ROWS.map((row) => row.id)).size).toBe(ROWS.length);
    for (const { aim, must } of ROWS) expect(aim).toBeLessThan(must);
  });

  it("run ours and the peer on the same source into the same file, and judge only compressed results by size", () => {
    const source = (kind: KindName): Image => ({ kind, path: `/images/${kind}` });
    for (const row of ROWS) {
      const { ours, peers, out } = row.contest(source, "/out");
      for (const command of [ours, ...peers.map((peer) => peer.command)]) {
        const line = command.args.join(" ");
        for (const kind of row.sources) expect(line).toContain(`/images/${kind}`);
        if (out !== null) expect(line).toContain(out.path);
      }
      expect(row.sizeLimit, row.id).toBe(/to-(zlib|zstd|stream)$/.test(row.id) ? 1.01 : null);
      expect(ours.args.includes("--no-sync"), row.id).toBe(out !== null && !row.id.endsWith("-durable"));
      expect(peers.every(({ flags }) => flags.includes("-t writeback"))).toBe(row.id.endsWith("-durable"));
    }
  });
});

describe("GNU time's report", () => {
  it("gives processor seconds and bytes", () => {
    expect(parseUsage("1.25 0.50 2048\n")).toEqual({ cpuSeconds: 1.75, peakRssBytes: 2 * MiB });
  });

  it("that says something else is an error", () => {
    expect(() => parseUsage("Command terminated by signal 9\n1.25 0.50 2048\n")).toThrow(/unknown/);
  });
});

describe("a sparse disk's data", () => {
  it("lies at both ends and evenly between", () => {
    expect(pieceOffsets(1024 * MiB, 3)).toEqual([0, 511 * MiB, 1023 * MiB]);
  });

  it("fills the disk when there is as much of it", () => {
    expect(pieceOffsets(5 * MiB, 5)).toEqual([0, 1, 2, 3, 4].map((piece) => piece * MiB));
  });
});
