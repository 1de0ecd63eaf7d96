/**
 * What every format must keep, whoever writes it: a format is tested by this the moment it is in the registry.
 * Called by workers/formats/conformance.test.ts.
 */
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import { memorySource, memoryTarget } from "../../io/memory.ts";
import { Fault, faultySource, faultyTarget } from "../../io/testing/faulty-source.ts";
import type { DiskReader, DiskWriter, Extent, Format, WriterCheckpoint } from "../format.ts";
import { detectFormat } from "../registry.ts";
import { begin } from "./begin.ts";
import { type Fixture, newAccess, openFiles, withFile } from "./fixture.ts";
import { contentOf, fillExpected, firstDifference, randomDisk, seededRandom, type TestDisk } from "./test-disk.ts";

export function conformance(format: Format, fixtures: readonly Fixture[], foreign: readonly Fixture[]): void {
  describe(`${format.info.id} is recognized`, () => {
    it.each(foreign.map((fixture) => ({ fixture, name: `${fixture.format}: ${fixture.name}` })))(
      "not in $name",
      ({ fixture }) => expect(probe(format, fixture.files.get(fixture.main))).toBe("no"),
    );
    const whole = fixtures.filter(({ disk, format: id }) => id !== "raw" || disk.virtualSizeBytes % 512 === 0);
    it.each(whole.map((fixture) => ({ fixture, name: fixture.name })))("in $name", async ({ fixture }) => {
      const source = memorySource(fixture.main, fixture.files.get(fixture.main) ?? new Uint8Array(0));
      expect(await detectFormat(source)).toEqual({ format, warnings: [] });
    });
    it("not in what is empty or too short", () => {
      for (const length of [0, 1, 3, 7]) expect(probe(format, new Uint8Array(length))).toBe("no");
    });
  });

  describe.each(fixtures.map((fixture) => ({ name: fixture.name, fixture })))(
    `${format.info.id}: $name`,
    ({ fixture }) => {
      it("reads its content in pieces of every size", async () => {
        const reader = await openFiles(fixture);
        expect(reader.format).toBe(format.info.id);
        expect(reader.virtualSizeBytes).toBe(fixture.disk.virtualSizeBytes);
        expect(Number.isInteger(Math.log2(reader.grainBytes))).toBe(true);
        for (const piece of [fixture.disk.virtualSizeBytes, 512, 4095, 7777]) {
          expect(await firstDifference(reader, fixture.disk, piece)).toBeNull();
        }
      });

      it("reads across every grain border and refuses what lies beyond the end", async () => {
        const reader = await openFiles(fixture);
        const { virtualSizeBytes } = fixture.disk;
        for (let border = reader.grainBytes; border < virtualSizeBytes; border += reader.grainBytes) {
          await expectBytes(reader, fixture.disk, border - 3, Math.min(7, virtualSizeBytes - border + 3));
        }
        await expectBytes(reader, fixture.disk, virtualSizeBytes - 1, 1);
        await expectBytes(reader, fixture.disk, virtualSizeBytes, 0);
        for (const [offset, length] of [
          [virtualSizeBytes, 1],
          [virtualSizeBytes - 1, 2],
          [-1, 1],
        ] as const) {
          await expect(reader.read(offset, new Uint8Array(length))).rejects.toMatchObject({ code: "internal.bug" });
        }
      });

      it("has extents that cover exactly what was asked for, and only zeros outside data", async () => {
        const reader = await openFiles(fixture);
        const { virtualSizeBytes } = fixture.disk;
        await expectExtents(reader, fixture.disk, 0, virtualSizeBytes);
        expect(await collect(reader, 0, 0)).toEqual([]);
        const random = seededRandom(7);
        for (let i = 0; i < 50; i++) {
          const start = Math.floor(random() * virtualSizeBytes);
          await expectExtents(reader, fixture.disk, start, 1 + Math.floor(random() * (virtualSizeBytes - start)));
        }
      });

      it("ends in a named error when a structure is cut off, never in wrong content", async () => {
        for (const { file, start, length, name } of fixture.structures) {
          const whole = fixture.files.get(file) ?? new Uint8Array(0);
          for (const cut of new Set([start, start + 1, start + Math.floor(length / 2), start + length - 1])) {
            const error = await failureOf(withFile(fixture, file, whole.slice(0, cut)));
            expect(error, `${name} cut at ${cut}`).toBeInstanceOf(AppError);
            expect(error?.code, `${name} cut at ${cut}: ${error?.message}`).toMatch(/^disk\./);
          }
        }
      });

      it("passes on the failure of any read and closes what it opened", async () => {
        for (let failAt = 1; ; failAt++) {
          const fault = new Fault(failAt, "io.read");
          const access = newAccess();
          const error = await readAll(fixture, access, fault);
          expect(access.open).toBe(0);
          if (!fault.struck) {
            expect(error).toBeNull();
            expect(failAt).toBeGreaterThan(1);
            break;
          }
          expect(error).toMatchObject({ code: "io.read" });
        }
      });
    },
  );

  if (format.create) writerConformance(format);
}

function writerConformance(format: Format): void {
  const id = format.info.id;

  /** Random maps; the last is of a size that is no multiple of a grain. */
  const disks: TestDisk[] = [1, 2, 3, 4].map((seed) => randomDisk(seed, 5860 * 512 + seed * 512, 4096, 12));

  describe(`${id} is written`, () => {
    it("and read back, for random maps", async () => {
      for (const disk of disks) {
        const target = memoryTarget(`disk.${id}`);
        const writer = await begin(format, target, disk);
        await play(writer, disk, 0, disk.virtualSizeBytes);
        const summary = await writer.finish();
        expect(summary.fileSizeBytes).toBe(target.sizeBytes);
        expect(summary.writtenBytes).toBeGreaterThanOrEqual(disk.data.reduce((sum, { length }) => sum + length, 0));
        expect(Buffer.compare(target.durableContent(), target.content())).toBe(0);
        const reader = await format.open(memorySource("back", target.content()), noFiles);
        expect(reader.virtualSizeBytes).toBe(disk.virtualSizeBytes);
        expect(await firstDifference(reader, disk)).toBeNull();
        await expectExtents(reader, disk, 0, disk.virtualSizeBytes);
      }
    });

    it("an odd size reads back rounded up to a sector at most, the tail as zeros", async () => {
      const disk: TestDisk = { virtualSizeBytes: 100_001, data: [{ start: 0, length: 100_001 }] };
      const target = memoryTarget("odd");
      const writer = await begin(format, target, disk);
      await play(writer, disk, 0, disk.virtualSizeBytes);
      await writer.finish();
      const reader = await format.open(memorySource("odd", target.content()), noFiles);
      expect([100_001, 100_352]).toContain(reader.virtualSizeBytes);
      expect(await firstDifference(reader, { ...disk, virtualSizeBytes: reader.virtualSizeBytes })).toBeNull();
    });

    it("and never looks finished when a call failed, at whichever call", async () => {
      const disk = randomDisk(9, 601 * 512, 4096, 8);
      for (let failAt = 1; ; failAt++) {
        const fault = new Fault(failAt, "target.no-space", true);
        const target = memoryTarget("fails");
        const attempt = async (): Promise<void> => {
          const writer = await begin(format, faultyTarget(target, fault), disk);
          await play(writer, disk, 0, 2 * GRAIN);
          await writer.checkpoint(2 * GRAIN);
          await play(writer, disk, 2 * GRAIN, disk.virtualSizeBytes);
          await writer.finish();
        };
        const error = await attempt().then(
          () => null,
          (thrown: unknown) => thrown,
        );
        if (!fault.struck) {
          expect(error).toBeNull();
          expect(failAt).toBeGreaterThan(4);
          break;
        }
        expect(error).toMatchObject({ code: "target.no-space" });
        // The very last sync comes after the magic: the file is whole then, only not yet safe.
        const durable = target.durableContent();
        if (id !== "raw") expect(probe(format, durable)).toBe("no");
        else expect(durable.length).toBeLessThan(disk.virtualSizeBytes);
      }
    });

    it("and goes on from a checkpoint to the very same bytes", async () => {
      for (const disk of disks) {
        const whole = memoryTarget("whole");
        const first = await begin(format, whole, disk);
        await play(first, disk, 0, disk.virtualSizeBytes);
        await first.finish();
        for (const share of [0, 0.3, 0.5, 0.9, 1]) {
          const at = Math.min(disk.virtualSizeBytes, Math.ceil((disk.virtualSizeBytes * share) / GRAIN) * GRAIN);
          const broken = memoryTarget("broken");
          const writer = await begin(format, broken, disk);
          await play(writer, disk, 0, at);
          const point = JSON.parse(JSON.stringify(await writer.checkpoint(at))) as WriterCheckpoint;
          // What comes after the checkpoint may be anything: the source is read again, and may have been repaired.
          await scribble(writer, at, disk.virtualSizeBytes);
          for (const left of [broken.content(), broken.durableContent()]) {
            const resumed = memoryTarget("resumed", left);
            const second = await begin(format, resumed, disk, point);
            await play(second, disk, at, disk.virtualSizeBytes);
            await second.finish();
            expect(Buffer.compare(resumed.content(), whole.content())).toBe(0);
          }
        }
      }
    });
  });
}

const noFiles = {
  async openExtentFile(name: string): Promise<never> {
    throw new AppError("disk.backing-missing", name);
  },
};

/** Every writer's grain divides this. */
const GRAIN = 64 * 1024;

/** Writes every grain of [start, end) that holds data, as the copy engine does: ascending, whole grains but for the end. */
async function play(writer: DiskWriter, disk: TestDisk, start: number, end: number): Promise<void> {
  expect(GRAIN % writer.grainBytes).toBe(0);
  const first = Math.ceil(start / GRAIN) * GRAIN;
  for (let at = first; at < end; at += writer.grainBytes) {
    const bytes = new Uint8Array(Math.min(writer.grainBytes, disk.virtualSizeBytes - at));
    fillExpected(disk, at, bytes);
    if (bytes.some((byte) => byte !== 0)) await writer.write(at, bytes);
  }
}

/** Ten grains of other data from `start` on (whole grains only), made durable by a later checkpoint. */
async function scribble(writer: DiskWriter, start: number, end: number): Promise<void> {
  const grain = new Uint8Array(GRAIN).fill(0x77);
  let at = start;
  for (let i = 0; i < 10 && at % GRAIN === 0 && at + GRAIN <= end; i++, at += GRAIN) await writer.write(at, grain);
  await writer.checkpoint(at);
}

function probe(format: Format, content: Uint8Array | undefined): string {
  const bytes = content ?? new Uint8Array(0);
  const tailAt = Math.max(0, bytes.length - format.probeBytes.tail);
  return format.probe(bytes.subarray(0, format.probeBytes.head), bytes.subarray(tailAt));
}

async function expectBytes(reader: DiskReader, disk: TestDisk, offset: number, length: number): Promise<void> {
  const [got, expected] = [new Uint8Array(length).fill(0xa5), new Uint8Array(length)];
  await reader.read(offset, got);
  fillExpected(disk, offset, expected);
  expect(got, `at ${offset}`).toEqual(expected);
}

async function collect(reader: DiskReader, start: number, length: number): Promise<Extent[]> {
  const all: Extent[] = [];
  for await (const extent of reader.extents(start, length)) all.push(extent);
  return all;
}

/** A huge empty disk comes in several extents: whoever walks it can be paused or canceled between two. */
export async function expectToldInPieces(reader: DiskReader): Promise<void> {
  const extents = await collect(reader, 0, reader.virtualSizeBytes);
  expect(extents.length).toBeGreaterThanOrEqual(4);
  expect(extents.length).toBeLessThan(1000);
  expect(new Set(extents.map(({ state }) => state))).toEqual(new Set(["hole"]));
  const end = extents.reduce((at, { start, length }) => (start === at ? at + length : Number.NaN), 0);
  expect(end).toBe(reader.virtualSizeBytes);
}

async function expectExtents(reader: DiskReader, disk: TestDisk, start: number, length: number): Promise<void> {
  const extents = await collect(reader, start, length);
  let at = start;
  let before: string | null = null;
  for (const extent of extents) {
    expect(extent.start).toBe(at);
    expect(extent.length).toBeGreaterThan(0);
    expect(extent.state).not.toBe(before);
    before = extent.state;
    at += extent.length;
    if (extent.state === "data") continue;
    const expected = new Uint8Array(extent.length);
    fillExpected(disk, extent.start, expected);
    expect(expected.every((byte) => byte === 0)).toBe(true);
  }
  expect(at).toBe(start + length);
}

/** Opens, walks and reads everything; the error or null. Content that is wrong without an error fails the test. */
async function readAll(fixture: Fixture, access = newAccess(), fault?: Fault): Promise<unknown> {
  try {
    const reader = await openFiles(fixture, access, fault ? (source) => faultySource(source, fault) : undefined);
    try {
      await collect(reader, 0, reader.virtualSizeBytes);
      const content = new Uint8Array(reader.virtualSizeBytes);
      await reader.read(0, content);
      expect(Buffer.compare(content, contentOf(fixture.disk))).toBe(0);
      return null;
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

async function failureOf(fixture: Fixture): Promise<AppError | null> {
  const error = await readAll(fixture);
  return error instanceof AppError ? error : null;
}
