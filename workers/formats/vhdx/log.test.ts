/** Replays: which entries count, what they change, and what is refused. */
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import { memorySource } from "../../io/memory.ts";
import { LOG_GUID, type LogEntry, putLogEntry } from "../testing/vhdx-log-builder.ts";
import { replayLog } from "./log.ts";
import { MIB, LOG_SECTOR_BYTES as SECTOR, seal } from "./structures.ts";

const region = { name: "log", start: MIB, length: MIB };
const FILE_BYTES = 3 * MIB;

/** A sector that says what wrote it, in every byte but those the log keeps elsewhere; these hold 1 and 2 more. */
function sector(mark: number): Uint8Array {
  return new Uint8Array(SECTOR)
    .fill(mark)
    .fill(mark + 1, 0, 8)
    .fill(mark + 2, SECTOR - 4);
}

function imageWith(...entries: (Omit<LogEntry, "tail"> & { tail?: number })[]): Uint8Array {
  const image = new Uint8Array(FILE_BYTES).fill(0x11, 2 * MIB);
  for (const entry of entries) putLogEntry(image, { tail: entry.at, ...entry });
  return image;
}

async function replay(image: Uint8Array) {
  const { source, warnings } = await replayLog(memorySource("d.vhdx", image), region, LOG_GUID);
  const read = async (at: number, length: number): Promise<number[]> => {
    const into = new Uint8Array(length).fill(0xa5);
    await source.read(at, into);
    return [...into];
  };
  return { source, warnings, read };
}

async function failure(image: Uint8Array): Promise<AppError> {
  const error = await replay(image).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppError) return error;
  throw error ?? new Error("nothing was refused");
}

const AT = 2 * MIB;
const one = { at: 0, sequenceNumber: 1n, changes: [{ at: AT, bytes: sector(0x30) }] };

describe("a replay", () => {
  it("restores all bytes of a sector, its first eight and last four too", async () => {
    const { read } = await replay(imageWith(one));
    expect(await read(AT - 1, 2)).toEqual([0, 0x31]);
    expect(await read(AT + 7, 2)).toEqual([0x31, 0x30]);
    expect(await read(AT + SECTOR - 5, 6)).toEqual([0x30, 0x32, 0x32, 0x32, 0x32, 0x11]);
  });

  it("lets later changes win, zeros and data alike, wherever a read begins and ends", async () => {
    const { read } = await replay(
      imageWith(
        {
          at: 0,
          sequenceNumber: 9n,
          changes: [
            { at: AT, bytes: sector(0x30) },
            { at: AT + 3 * SECTOR, bytes: sector(0x40) },
            { at: AT + 2 * SECTOR, zeroLength: 4 * SECTOR },
          ],
        },
        {
          at: 3 * SECTOR,
          tail: 0,
          sequenceNumber: 10n,
          changes: [
            { at: AT, bytes: sector(0x50) },
            { at: AT + 4 * SECTOR, bytes: sector(0x60) },
            { at: AT + 5 * SECTOR, zeroLength: 3 * SECTOR },
          ],
        },
      ),
    );
    const middles = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => read(AT + index * SECTOR + 100, 1)));
    expect(middles.flat()).toEqual([0x50, 0x11, 0, 0, 0x60, 0, 0, 0, 0x11]);
    const whole = await read(AT, 9 * SECTOR);
    for (const [from, length] of [
      [5, 10],
      [SECTOR - 3, 6],
      [2 * SECTOR - 1, 4 * SECTOR],
      [4 * SECTOR + 17, SECTOR],
    ] as const) {
      expect(await read(AT + from, length)).toEqual(whole.slice(from, from + length));
    }
  });

  it("takes entries from the tail the last one names, over the end of the ring", async () => {
    const last = MIB - SECTOR;
    const { read, warnings } = await replay(
      imageWith(
        { at: last - 2 * SECTOR, sequenceNumber: 4n, changes: [{ at: AT + SECTOR, bytes: sector(0x20) }] },
        { at: last, sequenceNumber: 5n, changes: [{ at: AT, bytes: sector(0x30) }] },
        { at: SECTOR, tail: last, sequenceNumber: 6n, changes: [{ at: AT + 2 * SECTOR, bytes: sector(0x40) }] },
      ),
    );
    expect((await Promise.all([0, 1, 2].map((index) => read(AT + index * SECTOR + 9, 1)))).flat()).toEqual([
      0x30, 0x11, 0x40,
    ]);
    expect(warnings).toEqual([expect.stringContaining("2 log entries were replayed in memory")]);
  });

  it("leaves out entries of another log, torn ones, and what follows them", async () => {
    const image = imageWith(
      one,
      { at: 2 * SECTOR, tail: 0, sequenceNumber: 2n, changes: [{ at: AT + SECTOR, bytes: sector(0x40) }] },
      { at: 4 * SECTOR, tail: 0, sequenceNumber: 3n, changes: [{ at: AT + 2 * SECTOR, bytes: sector(0x50) }] },
      {
        at: 9 * SECTOR,
        sequenceNumber: 99n,
        logGuid: "11111111-2222-3333-4444-555555555555",
        changes: [{ at: AT, bytes: sector(0x70) }],
      },
    );
    image[MIB + 3 * SECTOR + 500] = 0x99;
    const { read, warnings } = await replay(image);
    expect((await Promise.all([0, 1, 2].map((index) => read(AT + index * SECTOR + 9, 1)))).flat()).toEqual([
      0x30, 0x11, 0x11,
    ]);
    expect(warnings).toContainEqual(expect.stringContaining("behind a torn one"));
  });

  it("lengthens the file with zeros to the length that was being made", async () => {
    const image = imageWith({ ...one, lastFileOffset: FILE_BYTES + MIB });
    const { source, read } = await replay(image);
    expect(source.sizeBytes).toBe(FILE_BYTES + MIB);
    expect(await read(FILE_BYTES - 1, 3)).toEqual([0x11, 0, 0]);
    await expect(read(FILE_BYTES + MIB, 1)).rejects.toMatchObject({ code: "disk.truncated" });
  });

  it("never changes the file", async () => {
    const image = imageWith(one);
    const before = image.slice();
    const { read } = await replay(image);
    await read(0, FILE_BYTES);
    expect(Buffer.compare(image, before)).toBe(0);
  });
});

describe("what is refused", () => {
  const spoiled = (at: number, value: number): Uint8Array => {
    const image = imageWith(one);
    new DataView(image.buffer).setUint32(MIB + at, value, true);
    seal(image.subarray(MIB, MIB + 2 * SECTOR));
    return image;
  };

  it.each([
    ["no entry", imageWith(), "disk.damaged", "holds no valid sequence"],
    ["a tail that is not there", imageWith({ ...one, tail: 8 * SECTOR }), "disk.damaged", "holds no valid sequence"],
    ["number 0", imageWith({ ...one, sequenceNumber: 0n }), "disk.damaged", "holds no valid sequence"],
    [
      "a file shorter than it was",
      imageWith({ ...one, flushedFileOffset: FILE_BYTES + 1 }),
      "disk.truncated",
      "knew a file of",
    ],
    [
      "a change behind the file",
      imageWith({ ...one, changes: [{ at: FILE_BYTES, zeroLength: SECTOR }] }),
      "disk.damaged",
      "no whole sectors",
    ],
    [
      "a change inside a sector",
      imageWith({ ...one, changes: [{ at: AT + 512, zeroLength: SECTOR }] }),
      "disk.damaged",
      "no whole sectors",
    ],
    [
      "part of a sector",
      imageWith({ ...one, changes: [{ at: AT, zeroLength: 512 }] }),
      "disk.damaged",
      "no whole sectors",
    ],
    ["too many descriptors", spoiled(24, 1000), "disk.damaged", "claims 1000 descriptors"],
    ["a descriptor of another kind", spoiled(64, 0x31313131), "disk.damaged", "descriptor of unknown kind"],
    ["a descriptor of another entry", spoiled(64 + 24, 7), "disk.damaged", "descriptor of another entry"],
    ["a data sector of another entry", spoiled(SECTOR + 4, 7), "disk.damaged", "data sector of another entry"],
    ["a missing data sector", spoiled(24, 2), "disk.damaged", "descriptor of unknown kind"],
  ])("%s", async (_, image, code, words) => {
    const error = await failure(image);
    expect(error.message).toContain(words);
    expect(error.message).toContain("d.vhdx at offset");
    expect(error.code).toBe(code);
  });

  it("logs too large to be held, and logs beyond the end of the file", async () => {
    const source = memorySource("d.vhdx", imageWith(one));
    await expect(replayLog(source, { ...region, length: 17 * MIB }, LOG_GUID)).rejects.toMatchObject({
      code: "disk.too-large",
    });
    await expect(replayLog(source, { ...region, length: 4 * MIB }, LOG_GUID)).rejects.toMatchObject({
      code: "disk.truncated",
    });
  });

  it("entries that overlap, before checking them takes long", async () => {
    const image = imageWith();
    for (let at = 0; at < MIB; at += SECTOR) {
      image.set(Buffer.from("loge"), MIB + at);
      new DataView(image.buffer).setUint32(MIB + at + 8, MIB, true);
    }
    expect((await failure(image)).message).toContain("overlap each other");
  });
});
