/**
 * What every format must keep, whoever writes it: a format is tested by this the moment it is in the registry.
 * Called by workers/formats/conformance.test.ts.
 */
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src-core/model/error.ts";
import { memorySource } from "../../io/memory.ts";
import { Fault, faultySource } from "../../io/testing/faulty-source.ts";
import type { DiskReader, Format } from "../format.ts";
import { detectFormat } from "../registry.ts";
import { collect, expectExtents, probe } from "./ask.ts";
import { type Fixture, newAccess, openFiles, withFile } from "./fixture.ts";
import { contentOf, fillExpected, firstDifference, seededRandom, type TestDisk } from "./test-disk.ts";
import { writerConformance } from "./writer-conformance.ts";

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

async function expectBytes(reader: DiskReader, disk: TestDisk, offset: number, length: number): Promise<void> {
  const [got, expected] = [new Uint8Array(length).fill(0xa5), new Uint8Array(length)];
  await reader.read(offset, got);
  fillExpected(disk, offset, expected);
  expect(got, `at ${offset}`).toEqual(expected);
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
