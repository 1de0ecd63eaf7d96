/** Streams from a pipe: the same disk as by random access, and every way in which a stream can be cut or muddled. */
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import { memoryTarget } from "../../io/memory.ts";
import { sequentialMemory } from "../../io/sequential.ts";
import type { DiskReader } from "../format.ts";
import { begin } from "../testing/begin.ts";
import type { Fixture } from "../testing/fixture.ts";
import { withField } from "../testing/fuzz.ts";
import { play } from "../testing/play.ts";
import { contentOf, randomDisk } from "../testing/test-disk.ts";
import { vmdkFixtures } from "../testing/vmdk-builder.ts";
import { vmdk } from "./vmdk.ts";

const fixtures = vmdkFixtures();
const streams = fixtures.filter(({ name }) => name.startsWith("streamOptimized"));
const fixture = (name: string): Fixture => {
  const found = fixtures.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};
const bytesOf = (one: Fixture): Uint8Array => one.files.get(one.main) ?? new Uint8Array(0);

function open(content: Uint8Array): Promise<DiskReader> {
  if (!vmdk.openStream) throw new Error("VMDK cannot be read from a pipe");
  return vmdk.openStream(sequentialMemory("pipe", content));
}

/** The whole disk, read as it comes; `pieceBytes` at a time. */
async function drain(content: Uint8Array, pieceBytes = 65_536): Promise<Uint8Array> {
  const reader = await open(content);
  const disk = new Uint8Array(reader.virtualSizeBytes);
  let at = 0;
  for await (const { start, length, state } of reader.extents(0, reader.virtualSizeBytes)) {
    expect(start).toBe(at);
    at += length;
    for (let done = 0; state === "data" && done < length; done += pieceBytes) {
      await reader.read(start + done, disk.subarray(start + done, start + Math.min(done + pieceBytes, length)));
    }
  }
  expect(at).toBe(disk.length);
  await reader.close();
  return disk;
}

async function refusal(content: Uint8Array): Promise<AppError> {
  try {
    await drain(content);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe.each(streams.map((one) => ({ name: one.name, one })))("$name, through a pipe", ({ one }) => {
  it.each([65_536, 4096, 512, 700])("is the same disk in pieces of %d", async (pieceBytes) => {
    expect(Buffer.compare(await drain(bytesOf(one), pieceBytes), contentOf(one.disk))).toBe(0);
  });

  it("is never taken for whole when it is cut", async () => {
    const whole = bytesOf(one);
    for (let cut = 0; cut < whole.length; cut += cut % 512 === 0 ? 1 : 255) {
      const error = await refusal(whole.subarray(0, cut));
      expect(error.code, `cut at ${cut}: ${error.message}`).toBe("disk.truncated");
      expect(error.message).toContain("pipe");
    }
  });

  it("gives the right content or a named error for lying numbers", async () => {
    const expected = contentOf(one.disk);
    for (const field of one.fields) {
      for (const value of [0n, 1n, 2n ** BigInt(field.sizeBytes * 8) - 1n, 77n]) {
        const lying = withField(one, field.name, value);
        const got = await drain(bytesOf(lying)).catch((error: unknown) => error);
        if (got instanceof AppError) expect(got.code, field.name).toMatch(/^disk\./);
        // Numbers that a stream has no use for (where tables are, what they point to) may lie.
        else if (got instanceof Uint8Array && got.length === expected.length) {
          expect(Buffer.compare(got, expected), field.name).toBe(0);
        } else if (!(got instanceof Uint8Array && field.name.endsWith("capacity"))) throw got;
      }
    }
  });
});

describe("a stream", () => {
  const footer = fixture("streamOptimized, footer");
  const grains = footer.structures.filter(({ name }) => /^grain \d/.test(name));
  const padded = (length: number) => Math.ceil(length / 512) * 512;

  it("tells its header, its descriptor and its mark", async () => {
    const reader = await open(bytesOf(footer));
    expect(reader).toMatchObject({ format: "vmdk", subformat: "streamOptimized", grainBytes: 4096, mark: "1234abcd" });
    expect(reader.backing).toBeNull();
    expect(reader.facts).toContainEqual({ group: "sparse header", name: "compressAlgorithm", value: "1 (deflate)" });
  });

  it("with grains that were swapped is refused by name", async () => {
    const [first, second] = [grains[1], grains[2]];
    if (!first || !second) throw new Error("too few grains");
    const whole = bytesOf(footer);
    const muddled = Buffer.concat([
      whole.subarray(0, first.start),
      whole.subarray(second.start, second.start + padded(second.length)),
      whole.subarray(first.start, first.start + padded(first.length)),
      whole.subarray(second.start + padded(second.length)),
    ]);
    expect(muddled.length).toBe(whole.length);
    const error = await refusal(muddled);
    expect(error).toMatchObject({ code: "disk.unsupported", message: expect.stringContaining("comes too late") });
  });

  it("that lost a grain, or has one twice, is not taken for whole", async () => {
    const [grain] = grains;
    if (!grain) throw new Error("no grain");
    const whole = bytesOf(footer);
    const end = grain.start + padded(grain.length);
    const lost = await refusal(Buffer.concat([whole.subarray(0, grain.start), whole.subarray(end)]));
    expect(lost).toMatchObject({ code: "disk.truncated", message: expect.stringMatching(/\d+ grains came/) });
    const twice = await refusal(Buffer.concat([whole.subarray(0, end), whole.subarray(grain.start)]));
    expect(twice).toMatchObject({ code: "disk.unsupported", message: expect.stringContaining("comes too late") });
  });

  it("that goes on behind its end is refused", async () => {
    const error = await refusal(Buffer.concat([bytesOf(footer), new Uint8Array(1)]));
    expect(error).toMatchObject({ code: "disk.damaged", message: expect.stringContaining("goes on behind") });
  });

  it.each(["monolithicSparse", "extent without descriptor", "zeroed grains"])("that is %s is refused", async (name) => {
    expect((await refusal(bytesOf(fixture(name)))).code).toBe("disk.unsupported");
  });

  it("is walked once, as a whole, and read where it stands", async () => {
    const reader = await open(bytesOf(footer));
    const byte = new Uint8Array(1);
    await expect(reader.read(0, byte)).rejects.toMatchObject({ code: "internal.bug" });
    const collect = async (start: number, length: number) => {
      for await (const extent of reader.extents(start, length)) {
        if (extent.state !== "data" || extent.start === 0) continue;
        await expect(reader.read(extent.start - 1, byte)).rejects.toThrow("not in the grain that came last");
      }
    };
    await expect(collect(0, 4096)).rejects.toMatchObject({ code: "internal.bug" });
    await collect(0, reader.virtualSizeBytes);
    await expect(collect(0, reader.virtualSizeBytes)).rejects.toMatchObject({ code: "internal.bug" });
  });

  it("of our own making comes back through a pipe", async () => {
    const disk = randomDisk(5, 70 * 2 ** 20 + 512, 4096, 12);
    const target = memoryTarget("disk.vmdk");
    const writer = await begin(vmdk, target, disk, null, {
      subformat: "streamOptimized",
      compression: { method: "zlib", level: 1 },
    });
    await play(writer, disk, 0, disk.virtualSizeBytes);
    await writer.finish();
    expect(Buffer.compare(await drain(target.content()), contentOf(disk))).toBe(0);
  });
});
