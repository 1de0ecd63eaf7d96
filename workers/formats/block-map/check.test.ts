/** Structural checks of images of blocks: sound images have nothing to say, each damage is a finding with its place. */
import { describe, expect, it } from "vitest";
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import { memorySource, memoryTarget } from "../../io/memory.ts";
import type { Format } from "../format.ts";
import { begin } from "../testing/begin.ts";
import type { Fixture } from "../testing/fixture.ts";
import { stamp } from "../testing/test-disk.ts";
import { vdiFixtures } from "../testing/vdi-builder.ts";
import { vhdFixtures } from "../testing/vhd-builder.ts";
import { vhdxFixtures } from "../testing/vhdx-builder.ts";
import { vdi } from "../vdi/vdi.ts";
import { vhd } from "../vhd/vhd.ts";
import { vhdx } from "../vhdx/vhdx.ts";

const MIB = 1024 * 1024;

async function check(
  format: Format,
  content: Uint8Array,
  gate = async (): Promise<void> => {},
): Promise<CheckFinding[]> {
  const found: CheckFinding[] = [];
  const context = { openExtentFile: () => Promise.reject(new Error("none")), gate, progress: () => {} };
  if (!format.check) throw new Error("no check");
  for await (const one of format.check(memorySource("disk", content), context)) found.push(one);
  return found;
}

const contentOf = ({ files, main }: Fixture): Uint8Array => (files.get(main) ?? new Uint8Array(0)).slice();

/** The image of a fixture with a field changed (both, where it is stored twice) and checksums that fit. */
function changed(fixture: Fixture, name: string, value: bigint): Uint8Array {
  const content = contentOf(fixture);
  const view = new DataView(content.buffer);
  const fields = fixture.fields.filter((field) => field.name === name);
  if (fields.length === 0) throw new Error(`no field ${name}`);
  for (const { offset, sizeBytes, endian } of fields) {
    if (sizeBytes === 8) view.setBigUint64(offset, value, endian === "little");
    else view.setUint32(offset, Number(value), endian === "little");
  }
  return fixture.resealed?.(content) ?? content;
}

function named(fixtures: readonly Fixture[], name: string): Fixture {
  const found = fixtures.find((one) => one.name === name);
  if (!found) throw new Error(`no fixture ${name}`);
  return found;
}

const kinds: { format: Format; fixtures: readonly Fixture[] }[] = [
  { format: vhd, fixtures: vhdFixtures() },
  { format: vdi, fixtures: vdiFixtures() },
  { format: vhdx, fixtures: vhdxFixtures() },
];

describe.each(kinds)("$format.info.id", ({ format, fixtures }) => {
  it.each(fixtures.map((fixture) => ({ name: fixture.name, fixture })))("$name is sound", async ({ fixture }) => {
    const warnings = { "log to replay": 1, "Virtual PC": 1 }[fixture.name] ?? 0;
    const found = await check(format, contentOf(fixture));
    expect(found.map(({ severity }) => severity)).toEqual(Array.from({ length: warnings }, () => "warning"));
  });

  it.each(format.info.variants.map(({ id }) => id))("what we write is sound: %s", async (subformat) => {
    const target = memoryTarget("disk");
    const writer = await begin(format, target, { virtualSizeBytes: 9 * MIB + 512 }, null, { subformat });
    for (const at of [0, 5 * MIB, 9 * MIB]) {
      const bytes = new Uint8Array(at === 9 * MIB ? 512 : 8192);
      stamp(bytes, at);
      await writer.write(at, bytes);
    }
    await writer.finish();
    expect(await check(format, target.content())).toEqual([]);
  });

  it("damage that no reader gets past is a finding; what is no damage is thrown", async () => {
    const content = contentOf(named(fixtures, "dynamic"));
    expect(await check(format, content.subarray(0, 300))).toEqual([
      expect.objectContaining({ severity: "error", message: expect.stringContaining("disk") }),
    ]);
    const canceled = () => Promise.reject(new AppError("job.canceled"));
    await expect(check(format, content, canceled)).rejects.toMatchObject({ code: "job.canceled" });
  });
});

const [ofVhd, ofVdi, ofVhdx] = kinds.map(
  ({ fixtures }) =>
    (name: string) =>
      named(fixtures, name),
);
type Row = readonly [what: string, content: () => Uint8Array, ...expected: (readonly [string, string, string])[]];

/** Severity, structure and part of the message of all that is found. */
function table(format: Format, rows: readonly Row[]): void {
  for (const [what, content, ...expected] of rows) {
    it(`${format.info.id}: ${what}`, async () => {
      const found = await check(format, content());
      expect(found.map(({ severity, structure }) => [severity, structure])).toEqual(
        expected.map(([severity, structure]) => [severity, structure]),
      );
      for (const [index, [, , words]] of expected.entries()) expect(found[index]?.message).toContain(words);
    });
  }
}

function spoiled(fixture: Fixture | undefined, change: (content: Uint8Array) => void): Uint8Array {
  if (!fixture) throw new Error("no fixture");
  const content = contentOf(fixture);
  change(content);
  return content;
}

const lieOf = (fixture: Fixture | undefined, field: string, value: bigint): Uint8Array => {
  if (!fixture) throw new Error("no fixture");
  return changed(fixture, field, value);
};

describe("damage is found with its place", () => {
  const dynamicVhd = ofVhd?.("dynamic");
  const TABLE = "VHD block allocation table";
  const storedVhd = (block: number) => dynamicVhd?.structures.find(({ name }) => name === `block ${block}`)?.start ?? 0;
  table(vhd, [
    [
      "the footer",
      () => spoiled(dynamicVhd, (content) => content.fill(1, content.length - 100)),
      ["error", "VHD footer", "has the checksum"],
    ],
    [
      "the copy of the footer",
      () => spoiled(dynamicVhd, (content) => content.fill(1, 100, 110)),
      ["error", "VHD copy of the footer", "has the checksum"],
    ],
    [
      "a copy that says something else",
      () =>
        spoiled(dynamicVhd, (content) => {
          const other = lieOf(dynamicVhd, "VHD footer.timeStamp", 1n);
          content.set(other.subarray(0, 512));
        }),
      ["warning", "VHD copy of the footer", "not the same"],
    ],
    [
      "the header",
      () => spoiled(dynamicVhd, (content) => content.fill(1, 600, 610)),
      ["error", "VHD dynamic disk header", "is recorded"],
    ],
    [
      "a block beyond the file",
      () => lieOf(dynamicVhd, "table entry 0", 2n ** 31n),
      ["error", TABLE, "beyond the end"],
      ["leak", "file", "belong to no structure"],
    ],
    ["a block in the headers", () => lieOf(dynamicVhd, "table entry 0", 3n), ["error", "block 0", "overlaps"]],
    [
      "two blocks in one place",
      () => lieOf(dynamicVhd, "table entry 1", BigInt(storedVhd(0) / 512)),
      ["error", "block 1", "overlaps"],
    ],
    ["a block nobody has", () => lieOf(dynamicVhd, "table entry 0", 0xffffffffn), ["leak", "file", "4608 bytes"]],
    [
      "a bitmap without a bit",
      () => spoiled(dynamicVhd, (content) => content.fill(0, storedVhd(0), storedVhd(0) + 512)),
      ["leak", "VHD sector bitmap", "marks no sector"],
    ],
    [
      "a fixed disk in a file that is longer",
      () => lieOf(ofVhd?.("fixed"), "VHD footer.currentSize", 512n),
      ["leak", "file", "a disk of 512 bytes"],
    ],
    [
      "a fixed disk in a file that is shorter",
      () => lieOf(ofVhd?.("fixed"), "VHD footer.currentSize", 2n ** 30n),
      ["error", "VHD footer", "a disk of 1073741824 bytes"],
    ],
  ]);

  const dynamicVdi = ofVdi?.("dynamic");
  const MAP = "VDI block map";
  const COUNT = ["error", "VDI header", "the header counts"] as const;
  table(vdi, [
    ["the signature", () => lieOf(dynamicVdi, "VDI header.signature", 1n), ["error", "VDI header", "signature"]],
    [
      "a place the image does not have",
      () => lieOf(dynamicVdi, "map entry 0", 21n),
      ["error", MAP, "the image has 21 blocks"],
      ["leak", "file", "1 places from 0"],
    ],
    [
      "a place beyond the file",
      () => lieOf(dynamicVdi, "map entry 0", 20n),
      ["error", MAP, "beyond the end"],
      ["leak", "file", "1 places from 0"],
    ],
    [
      "two blocks in one place",
      () => lieOf(dynamicVdi, "map entry 1", 0n),
      COUNT,
      ["error", MAP, "place 0 of guest block 1 is taken"],
    ],
    [
      "a block nobody has",
      () => lieOf(dynamicVdi, "map entry 0", 0xffffffffn),
      COUNT,
      ["leak", "file", "1 places from 0"],
    ],
    ["the number of blocks", () => lieOf(dynamicVdi, "VDI header.blocksAllocated", 3n), COUNT],
  ]);

  const dynamicVhdx = ofVhdx?.("dynamic");
  const child = ofVhdx?.("differencing");
  const bitmapEntry = child?.fields.filter(({ name }) => name.startsWith("BAT entry")).at(-1)?.name ?? "";
  const at = (mib: number, state: number): bigint => BigInt(mib * MIB + state);
  const BAT = "VHDX BAT";
  const leak = ["leak", "file", "belong to no structure"] as const;
  table(vhdx, [
    [
      "one header",
      () => spoiled(dynamicVhdx, (content) => content.fill(1, 65_600, 65_610)),
      ["warning", "VHDX header", "the other one counts"],
    ],
    [
      "both headers",
      () =>
        spoiled(dynamicVhdx, (content) => {
          content.fill(1, 65_600, 65_610);
          content.fill(1, 131_200, 131_210);
        }),
      ["error", "VHDX header", "and so is its copy"],
    ],
    [
      "the second region table",
      () => spoiled(dynamicVhdx, (content) => content.fill(1, 262_200, 262_210)),
      ["warning", "VHDX region table", "its copy counts"],
    ],
    [
      "the metadata",
      () => lieOf(dynamicVhdx, "VHDX metadata table.entryCount", 3n),
      ["error", "VHDX metadata table", "has no item"],
    ],
    [
      "a BAT that is too short",
      () => lieOf(dynamicVhdx, "VHDX virtual disk size.size 1", 2n ** 40n),
      ["error", BAT, "needs"],
    ],
    [
      "an unknown state",
      () => lieOf(dynamicVhdx, "BAT entry 0", at(4, 4)),
      ["error", BAT, "payload block 0 has the unknown state 4"],
    ],
    ["reserved bits", () => lieOf(dynamicVhdx, "BAT entry 0", at(4, 6 + 8)), ["error", BAT, "reserved bits"]],
    [
      "a block beyond the file",
      () => lieOf(dynamicVhdx, "BAT entry 0", at(6, 6)),
      ["error", BAT, "beyond the file"],
      leak,
    ],
    [
      "a block in a region",
      () => lieOf(dynamicVhdx, "BAT entry 0", at(2, 6)),
      ["error", "payload block 0", "overlaps"],
      leak,
    ],
    [
      "two blocks in one place",
      () => lieOf(dynamicVhdx, "BAT entry 1", at(4, 6)),
      ["error", "payload block 1", "overlaps"],
    ],
    ["a block nobody has", () => lieOf(dynamicVhdx, "BAT entry 0", 0n), leak],
    ["a block whose place is kept for it", () => lieOf(dynamicVhdx, "BAT entry 0", at(4, 3))],
    [
      "a part of a block without parent",
      () => lieOf(dynamicVhdx, "BAT entry 0", at(4, 7)),
      ["error", BAT, "without parent"],
    ],
    [
      "a part of a block without bitmap",
      () => lieOf(child, bitmapEntry, 0n),
      ["error", BAT, "no sector bitmap 0"],
      leak,
    ],
    ["an unknown state of a bitmap", () => lieOf(child, bitmapEntry, 3n), ["error", BAT, "no sector bitmap 0"], leak],
  ]);
});
