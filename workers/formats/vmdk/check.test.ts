/** Structural checks of VMDKs: sound images have nothing to say, each damage is a finding with its place. */
import { describe, expect, it } from "vitest";
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { type MemoryTarget, memorySource, memoryTarget } from "../../io/memory.ts";
import { begin } from "../testing/begin.ts";
import { type Fixture, withFile } from "../testing/fixture.ts";
import { withField } from "../testing/fuzz.ts";
import { play } from "../testing/play.ts";
import { vmdkFixtures } from "../testing/vmdk-builder.ts";
import { vmdk } from "./vmdk.ts";

type Files = Pick<Fixture, "main" | "files">;

async function check({ main, files }: Files, gate = async (): Promise<void> => {}): Promise<CheckFinding[]> {
  const found: CheckFinding[] = [];
  let open = 0;
  const openExtentFile = async (name: string) => {
    const content = files.get(name);
    if (!content) throw new AppError("disk.backing-missing", `${name} is not there`);
    open++;
    const source = memorySource(name, content);
    return {
      ...source,
      async close() {
        open--;
      },
    };
  };
  const context = { openExtentFile, gate, progress: () => {} };
  const source = memorySource(main, files.get(main) ?? new Uint8Array(0));
  for await (const one of vmdk.check?.(source, context) ?? []) found.push(one);
  expect(open).toBe(0);
  return found;
}

const fixtures = vmdkFixtures();
const fixture = (name: string): Fixture => {
  const found = fixtures.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

/** The fixture with numbers changed, in order. */
const changed = (name: string, ...fields: readonly (readonly [string, bigint])[]): Fixture =>
  fields.reduce((one, [field, value]) => withField(one, field, value), fixture(name));

/** A disk that we wrote, its main file first. */
async function written(subformat: string): Promise<Files & { target: MemoryTarget }> {
  const size = 40 * 2 ** 20 + 512;
  const disk = {
    virtualSizeBytes: size,
    data: [5000, 33 * 2 ** 20, size - 700].map((start) => ({ start, length: 700 })),
  };
  const [target, data] = [memoryTarget("disk.vmdk"), memoryTarget("disk-flat.vmdk")];
  const writer = await begin(vmdk, target, disk, null, { subformat }, [data]);
  await play(writer, disk, 0, disk.virtualSizeBytes);
  await writer.finish();
  const files = new Map([
    ["disk.vmdk", target.content()],
    ["disk-flat.vmdk", data.content()],
  ]);
  return { main: "disk.vmdk", files, target };
}

describe("sound", () => {
  it.each(fixtures.map((one) => ({ name: one.name, one })))("$name", async ({ one }) => {
    expect(await check(one)).toEqual([]);
  });

  it.each(vmdk.info.variants.map(({ id }) => id))("what we write: %s", async (subformat) => {
    expect(await check(await written(subformat))).toEqual([]);
  });
});

describe("damaged", () => {
  it.each([
    [
      "monolithicSparse",
      "grain directory entry 0",
      0xffff_fffen,
      "error",
      "grain directory",
      "grain table 0 at offset",
    ],
    ["monolithicSparse", "grain tables entry 0", 0xffff_fffen, "error", "grain 0", "beyond the end of the file"],
    ["monolithicSparse", "grain tables entry 0", 1n, "error", "grain table 0", "lies inside the header"],
    ["monolithicSparse", "grain tables entry 0", 0n, "leak", "file", "belong to no structure"],
    [
      "monolithicSparse",
      "VMDK sparse header.uncleanShutdown",
      1n,
      "warning",
      "VMDK sparse header",
      "not closed cleanly",
    ],
    ["streamOptimized, footer", "grain 0 sector", 8n, "error", "grain 0", "the marker of guest sector 8"],
    ["streamOptimized, footer", "grain 0 size", 0n, "error", "grain 0", "0 compressed bytes"],
    ["streamOptimized, footer", "grain 0 size", 9000n, "error", "grain 0", "9000 compressed bytes"],
    ["vmfsSparse, alone", "grain tables entry 0", 3n, "error", "grain table 0", "lies inside the header"],
    ["vmfsSparse", "COWD header.uncleanShutdown", 1n, "warning", "disk-delta.vmdk: COWD header", "not closed"],
    ["seSparse, alone", "grain tables entry 0", 2n ** 62n, "error", "grain table 0", "a kind that is not known"],
    ["seSparse, alone", "grain directory entry 0", 5n, "error", "grain directory", "no number of a table"],
    ["seSparse", "seSparse header.grainSize", 16n, "error", "disk-delta.vmdk: seSparse header", "grainSize"],
    ["twoGbMaxExtentSparse", "grain tables entry 0", 0xffff_fffen, "error", "disk-1.vmdk: grain 0", "beyond the end"],
  ] as const)("%s with %s = %s", async (name, field, value, severity, structure, words) => {
    const found = await check(changed(name, [field, value]));
    expect(found).toContainEqual(
      expect.objectContaining({ severity, structure, message: expect.stringContaining(words) }),
    );
    for (const one of found) expect(one.offsetBytes ?? 0).toBeLessThan(2 ** 20);
  });

  it("two entries that name one grain, and two that name one table", async () => {
    const base = fixture("monolithicSparse");
    const value = (name: string) => {
      const field = base.fields.find((one) => one.name === name);
      const bytes = base.files.get(base.main) ?? new Uint8Array(0);
      return BigInt(new DataView(bytes.buffer, bytes.byteOffset).getUint32(field?.offset ?? 0, true));
    };
    const grains = await check(changed("monolithicSparse", ["grain tables entry 1", value("grain tables entry 0")]));
    expect(grains.map(({ severity, structure }) => [severity, structure])).toEqual([
      ["error", "grain 1"],
      ["leak", "file"],
    ]);
    const tables = await check(
      changed("monolithicSparse", ["grain directory entry 1", value("grain directory entry 0")]),
    );
    expect(tables).toContainEqual(
      expect.objectContaining({
        severity: "error",
        structure: "grain table 1",
        message: expect.stringContaining("overlaps"),
      }),
    );
  });

  it("a stream that does not begin like zlib where a grain should", async () => {
    const base = fixture("streamOptimized, footer");
    const grain = base.structures.find(({ name }) => name === "grain 0");
    const bytes = new Uint8Array(base.files.get(base.main) ?? []);
    bytes[(grain?.start ?? 0) + 12] = 0x79;
    expect(await check(withFile(base, base.main, bytes))).toContainEqual(
      expect.objectContaining({ severity: "error", structure: "grain 0", message: expect.stringContaining("zlib") }),
    );
  });

  it("redundant directory and tables that differ from the primary ones, or are not there", async () => {
    const { target } = await written("monolithicSparse");
    const change = async (offset: number, sizeBytes: 4 | 8, value: bigint) => {
      const copy = memoryTarget("disk.vmdk", target.content());
      const bytes = new Uint8Array(sizeBytes);
      if (sizeBytes === 8) new DataView(bytes.buffer).setBigUint64(0, value, true);
      else new DataView(bytes.buffer).setUint32(0, Number(value), true);
      await copy.write(offset, bytes);
      return check({ main: "disk.vmdk", files: new Map([["disk.vmdk", copy.content()]]) });
    };
    // Sector 21: the redundant directory; 22: its first table.
    for (const [offset, sizeBytes, value, structure, words] of [
      [22 * 512 + 8, 4, 77n, "redundant grain table 0", "are not the same"],
      [21 * 512, 4, 0n, "redundant grain directory", "the redundant one 0"],
      [21 * 512, 4, 0xffff_fff0n, "redundant grain directory", "the redundant one 2199"],
      [48, 8, 2n ** 40n, "VMDK sparse header", "redundant grain directory cannot be used"],
    ] as const) {
      const found = await change(offset, sizeBytes, value);
      expect(found, words).toContainEqual(
        expect.objectContaining({ severity: "warning", structure, message: expect.stringContaining(words) }),
      );
      expect(found.filter(({ severity }) => severity === "error")).toEqual([]);
    }
  });

  it("descriptors, extents that are not there, flat data that is too short", async () => {
    const flat = fixture("twoGbMaxExtentFlat");
    const without = { ...flat, files: new Map([...flat.files].filter(([name]) => name !== "disk-2.vmdk")) };
    expect(await check(without)).toEqual([
      expect.objectContaining({ severity: "error", structure: "disk-2.vmdk: image" }),
    ]);
    const short = withFile(flat, "disk-1.vmdk", (flat.files.get("disk-1.vmdk") ?? new Uint8Array(0)).subarray(0, 5000));
    expect(await check(short)).toEqual([
      expect.objectContaining({ severity: "error", structure: "disk-1.vmdk: flat extent" }),
    ]);
    const text = Buffer.from(flat.files.get("disk.vmdk") ?? [])
      .toString()
      .replaceAll(/^RW.*$/gm, "");
    expect(await check(withFile(flat, "disk.vmdk", Buffer.from(text)))).toEqual([
      expect.objectContaining({ severity: "error", message: expect.stringContaining("names no extents") }),
    ]);
    const inside = fixture("monolithicSparse");
    const bytes = new Uint8Array(inside.files.get("disk.vmdk") ?? []);
    bytes.set(Buffer.from("CID=zzzzzzzz"), Buffer.from(bytes).indexOf("CID=1234abcd"));
    expect(await check(withFile(inside, "disk.vmdk", bytes))).toEqual([
      expect.objectContaining({ severity: "error", message: expect.stringContaining("CID") }),
    ]);
  });

  it("what no reader gets past is a finding; what is no damage is thrown", async () => {
    const base = fixture("monolithicSparse");
    expect(
      await check(withFile(base, base.main, (base.files.get(base.main) ?? new Uint8Array(0)).subarray(0, 300))),
    ).toEqual([expect.objectContaining({ severity: "error", structure: "VMDK sparse header" })]);
    const stop = async () => {
      throw new AppError("job.canceled", "stop");
    };
    for (const name of ["monolithicSparse", "twoGbMaxExtentSparse", "seSparse"]) {
      await expect(check(fixture(name), stop)).rejects.toMatchObject({ code: "job.canceled" });
    }
  });
});
