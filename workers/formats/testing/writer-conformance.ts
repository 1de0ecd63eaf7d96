/**
 * What every way of writing a format must keep: each variant of it, with each compression and preallocation it offers.
 * Called by conformance.ts.
 */
import { describe, expect, it } from "vitest";
import { resolveTarget } from "../../../src-core/model/resolve-target.ts";
import type { TargetOptions, TargetVariant } from "../../../src-core/model/target.ts";
import { type MemoryTarget, memorySource, memoryTarget } from "../../io/memory.ts";
import { Fault, faultyTarget } from "../../io/testing/faulty-source.ts";
import type { DiskReader, DiskWriter, Format, WriterCheckpoint } from "../format.ts";
import { expectExtents, probe } from "./ask.ts";
import { begin } from "./begin.ts";
import { encodeUnit, play } from "./play.ts";
import { firstDifference, randomDisk, type TestDisk } from "./test-disk.ts";

/** Every writer's usual grain divides this. */
const GRAIN = 64 * 1024;

/** Random maps; the last is of a size that is no multiple of a grain. */
const DISKS: readonly TestDisk[] = [1, 2, 3, 4].map((seed) => randomDisk(seed, 5860 * 512 + seed * 512, 4096, 12));

interface Way {
  readonly label: string;
  readonly variant: TargetVariant;
  readonly options: TargetOptions;
}

/** Everything that can be chosen, one thing at a time. */
function waysOf(format: Format): Way[] {
  return format.info.variants.flatMap((variant) => {
    const choices: TargetOptions[] = [
      ...variant.compression.map(({ method }) => ({ compression: { method } })),
      ...variant.preallocation.slice(1).map((preallocation) => ({ preallocation })),
      ...variant.sectorBytes.slice(1).map((sectorBytes) => ({ sectorBytes })),
    ];
    return choices.map((choice) => ({
      label: [variant.id, choice.compression?.method, choice.preallocation, choice.sectorBytes]
        .filter((word) => word !== undefined && word !== "none")
        .join(", "),
      variant,
      options: { ...choice, subformat: variant.id },
    }));
  });
}

export function writerConformance(format: Format): void {
  describe.each(waysOf(format))(`${format.info.id} is written ($label)`, ({ variant, options }) => {
    /** The files of an image, the main one first; with content where an earlier attempt left some. */
    function newFiles(left: readonly Uint8Array[] = []): MemoryTarget[] {
      const name = `disk.${format.info.id}`;
      const { subformat } = resolveTarget(format.info.label, format.info.variants, options);
      const names = [name, ...(format.companions?.(subformat, name) ?? [])];
      return names.map((one, index) => memoryTarget(one, left[index]));
    }

    function beginIn(
      files: readonly MemoryTarget[],
      disk: TestDisk,
      resume: WriterCheckpoint | null = null,
      fault: Fault | null = null,
    ): Promise<DiskWriter> {
      const [main, ...companions] = fault ? files.map((file) => faultyTarget(file, fault)) : files;
      if (!main) throw new Error("no file");
      return begin(format, main, disk, resume, options, companions);
    }

    async function whole(disk: TestDisk): Promise<{ files: MemoryTarget[]; summary: { fileSizeBytes: number } }> {
      const files = newFiles();
      const writer = await beginIn(files, disk);
      await play(writer, disk, 0, disk.virtualSizeBytes);
      const summary = await writer.finish();
      expect(summary.writtenBytes).toBeGreaterThanOrEqual(disk.data.reduce((sum, { length }) => sum + length, 0));
      return { files, summary };
    }

    function openBack(files: readonly MemoryTarget[]): Promise<DiskReader> {
      const find = (name: string | undefined) => {
        const file = files.find((one) => one.name === name);
        if (!file) throw new Error(`no file ${name}`);
        return memorySource(file.name, file.content());
      };
      return format.open(find(files[0]?.name), { openExtentFile: async (name) => find(name) });
    }

    /** As the reader will tell it. */
    function roundedUp(disk: TestDisk): TestDisk {
      const unit = Math.max(variant.sizeUnitBytes, options.sectorBytes ?? 512);
      return { ...disk, virtualSizeBytes: Math.ceil(disk.virtualSizeBytes / unit) * unit };
    }

    it("and read back, for random maps", async () => {
      for (const disk of DISKS) {
        const { files, summary } = await whole(disk);
        expect(summary.fileSizeBytes).toBe(files.reduce((sum, file) => sum + file.sizeBytes, 0));
        for (const file of files) expect(Buffer.compare(file.durableContent(), file.content())).toBe(0);
        const reader = await openBack(files);
        expect(reader.virtualSizeBytes).toBe(roundedUp(disk).virtualSizeBytes);
        expect(await firstDifference(reader, roundedUp(disk))).toBeNull();
        await expectExtents(reader, disk, 0, disk.virtualSizeBytes);
        await reader.close();
      }
    });

    it("an odd size reads back rounded up, the tail as zeros", async () => {
      const disk: TestDisk = { virtualSizeBytes: 100_001, data: [{ start: 0, length: 100_001 }] };
      const reader = await openBack((await whole(disk)).files);
      expect([100_001, 100_352, roundedUp(disk).virtualSizeBytes]).toContain(reader.virtualSizeBytes);
      expect(await firstDifference(reader, { ...disk, virtualSizeBytes: reader.virtualSizeBytes })).toBeNull();
      await reader.close();
    });

    it("and never looks finished when a call failed, at whichever call", async () => {
      const disk = randomDisk(9, 601 * 512, 4096, 8);
      for (let failAt = 1; ; failAt++) {
        const fault = new Fault(failAt, "target.no-space", true);
        const files = newFiles();
        const attempt = async (): Promise<void> => {
          const writer = await beginIn(files, disk, null, fault);
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
        const durable = files[0]?.durableContent() ?? new Uint8Array(0);
        if (format.info.id !== "raw") expect(probe(format, durable)).toBe("no");
        else expect(durable.length).toBeLessThan(disk.virtualSizeBytes);
      }
    });

    it("and goes on from a checkpoint to the very same bytes", async () => {
      for (const disk of DISKS) {
        const undisturbed = (await whole(disk)).files;
        for (const share of [0, 0.3, 0.5, 0.9, 1]) {
          const at = Math.min(disk.virtualSizeBytes, Math.ceil((disk.virtualSizeBytes * share) / GRAIN) * GRAIN);
          const broken = newFiles();
          const writer = await beginIn(broken, disk);
          await play(writer, disk, 0, at);
          const point = JSON.parse(JSON.stringify(await writer.checkpoint(at))) as WriterCheckpoint;
          // What comes after the checkpoint may be anything: the source is read again, and may have been repaired.
          await scribble(writer, at, disk.virtualSizeBytes);
          const lefts = [broken.map((file) => file.content()), broken.map((file) => file.durableContent())];
          for (const left of lefts) {
            const resumed = newFiles(left);
            const second = await beginIn(resumed, disk, point);
            await play(second, disk, at, disk.virtualSizeBytes);
            await second.finish();
            for (const [index, file] of resumed.entries()) {
              expect(Buffer.compare(file.content(), undisturbed[index]?.content() ?? new Uint8Array(0))).toBe(0);
            }
          }
        }
      }
    });
  });
}

/** Ten grains of other data from `start` on (whole grains only), made durable by a later checkpoint. */
async function scribble(writer: DiskWriter, start: number, end: number): Promise<void> {
  const { encoding, grainBytes } = writer;
  const unit = new Uint8Array(encoding ? grainBytes : GRAIN).fill(0x77);
  let at = start;
  for (let done = 0; done < 10 * GRAIN && at % GRAIN === 0 && at + unit.length <= end; done += unit.length) {
    if (encoding) await writer.writeEncoded?.(at, encodeUnit(unit, encoding));
    else await writer.write(at, unit);
    at += unit.length;
  }
  await writer.checkpoint(at);
}
