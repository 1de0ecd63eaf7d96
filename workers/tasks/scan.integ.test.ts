import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeLibrary, writeEmptyQcow2 } from "../../scripts/sample/make-library.ts";
import { makeSampleMachine } from "../../scripts/sample/sample-machine.ts";
import type { LibraryItem } from "../../src-core/model/library.ts";
import { libraryItemId } from "./library-item.ts";
import { MiB, qemuImg, startWorker, tempFolder, writeStampedRaw } from "./testing/rig.ts";

const outer = tempFolder();
afterAll(() => outer.remove());
const library = outer.file("library");
const at = (path: string) => join(library, path);

interface Scanned {
  items: LibraryItem[];
  filesSeen: number;
  warnings: string[];
  batches: number;
}

async function scan(folder: string): Promise<Scanned> {
  const worker = startWorker({ kind: "scan", folder, libraryId: "lib-1" });
  const result = await worker.result;
  if (result.kind !== "scan") throw new Error(`a ${result.kind} result`);
  const found = worker.events.filter((event) => event.type === "found");
  return {
    items: found.flatMap((event) => event.items),
    filesSeen: result.filesSeen,
    warnings: result.warnings,
    batches: found.length,
  };
}

const vmx = (name: string, disks: string[]) =>
  [
    'config.version = "8"',
    `displayName = "${name}"`,
    'memsize = "2048"',
    ...disks.map((disk, n) => `scsi0:${n}.fileName = "${disk}"`),
  ].join("\n");

beforeAll(() => {
  mkdirSync(at("esx/web"), { recursive: true });
  mkdirSync(at("esx/shared"));
  mkdirSync(at("bare"));
  mkdirSync(at("broken"));
  makeSampleMachine(at("appliance"), { dataBytes: 2 * MiB });
  const raw = outer.file("content.raw");
  writeStampedRaw(raw, 8 * MiB, [{ start: 0, length: 2 * MiB }]);

  // A VMware machine with a snapshot, a flat disk elsewhere in the library, a disk that is gone and one that lies outside.
  qemuImg("convert", "-O", "vmdk", raw, at("esx/web/web.vmdk"));
  qemuImg("create", "-q", "-f", "vmdk", "-b", "web.vmdk", "-F", "vmdk", at("esx/web/web-000001.vmdk"));
  qemuImg("convert", "-O", "vmdk", "-o", "subformat=monolithicFlat", raw, at("esx/shared/data.vmdk"));
  qemuImg("convert", "-O", "vmdk", "-o", "subformat=twoGbMaxExtentSparse", raw, at("bare/split.vmdk"));
  writeFileSync(
    at("esx/web/web.vmx"),
    vmx("Web 01", ["web-000001.vmdk", "../shared/data.vmdk", "gone.vmdk", "/etc/hostname"]),
  );
  writeFileSync(at("esx/web/web.vmsd"), 'snapshot.numSnapshots = "1"\n');

  writeEmptyQcow2(at("bare/alone.qcow2"), 10 * MiB);
  copyFileSync(raw, at("bare/image.raw"));
  writeFileSync(at("bare/notes.txt"), "no disk");
  writeFileSync(at("bare/odd.img"), "not a multiple of 512");
  writeFileSync(at("broken/cut.qcow2"), readFileSync(at("bare/alone.qcow2")).subarray(0, 50));
  writeFileSync(at("broken/lies.vmdk"), "this is text\n");
  writeFileSync(at("broken/bad.ovf"), '<!DOCTYPE x [<!ENTITY a "b">]><Envelope/>');
  symlinkSync(library, at("bare/loop"));
});

describe("scan", () => {
  test("machines with their disks, bare disks once, errors in their place", async () => {
    const { items, filesSeen, warnings } = await scan(library);
    const brief = items.map((item) => [
      item.kind,
      item.name,
      item.disks.map((disk) => disk.error?.code ?? disk.summary?.subformat),
    ]);
    expect(brief.toSorted()).toEqual(
      [
        ["ovf", "sample-machine", ["streamOptimized"]],
        ["ovf", "bad", []],
        ["vmx", "Web 01", ["monolithicSparse", "monolithicFlat", "path.not-found", "path.outside"]],
        ["disk", "alone", [expect.stringMatching(/^v3/)]],
        ["disk", "image", ["raw"]],
        ["disk", "split", ["twoGbMaxExtentSparse"]],
        ["disk", "cut", [expect.stringMatching(/^disk\./)]],
        ["disk", "lies", ["disk.unknown-format"]],
      ].toSorted(),
    );
    const web = items.find((item) => item.name === "Web 01");
    expect(web).toMatchObject({ memoryBytes: 2048 * MiB, snapshotCount: 1, folder: at("esx/web"), error: null });
    expect(web?.disks[0]?.summary?.backing).toMatchObject({ path: at("esx/web/web.vmdk"), problem: null });
    expect(items.find((item) => item.name === "bad")?.error?.code).toBe("machine.damaged");
    expect(warnings).toEqual([]);
    expect(filesSeen).toBe(17);
  });

  test("ids are the same in every scan and depend on library and path", async () => {
    const [first, second] = [await scan(library), await scan(library)];
    expect(second.items.map((item) => item.id)).toEqual(first.items.map((item) => item.id));
    expect(new Set(first.items.map((item) => item.id)).size).toBe(first.items.length);
    expect(libraryItemId("a", "/x")).not.toBe(libraryItemId("b", "/x"));
    expect(libraryItemId("a", "/x", 1)).not.toBe(libraryItemId("a", "/x"));
  });

  test("thousands come in batches, every one of them", async () => {
    const many = outer.file("many");
    const made = makeLibrary(many, 500);
    const { items, batches } = await scan(many);
    expect(items.filter((item) => item.kind === "vmx")).toHaveLength(made.machines);
    expect(items.filter((item) => item.kind === "disk")).toHaveLength(made.bareDisks);
    expect(items.every((item) => item.error === null && item.disks.every((disk) => disk.summary !== null))).toBe(true);
    expect(batches).toBeGreaterThanOrEqual(5);
    expect(batches).toBeLessThan(500);
  });

  test("a description that names its disk over and over is read up to a bound, and says so", async () => {
    const folder = outer.file("over-and-over");
    mkdirSync(folder);
    const disks = Array.from(
      { length: 3000 },
      (_, n) => `scsi${Math.floor(n / 100)}:${n % 100}.fileName = "missing.vmdk"`,
    );
    writeFileSync(join(folder, "much.vmx"), ['config.version = "8"', ...disks].join("\n"));
    const { items } = await scan(folder);
    expect(items.map((item) => [item.disks.length, item.warnings])).toEqual([
      [1000, ["2000 more disks are left out: a description may name 1000."]],
    ]);
  });

  test("a folder that is none, or is missing", async () => {
    await expect(scan(at("bare/notes.txt"))).rejects.toMatchObject({ code: "path.not-folder" });
    await expect(scan(at("nowhere"))).rejects.toMatchObject({ code: "path.not-found" });
  });

  test("cancel ends it", async () => {
    const worker = startWorker({ kind: "scan", folder: library, libraryId: "lib-1" });
    worker.cancel();
    await expect(worker.result).rejects.toMatchObject({ code: "job.canceled" });
  });
});
