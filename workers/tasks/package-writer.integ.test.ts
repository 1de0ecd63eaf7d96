/**
 * Packages that this program writes, judged by tar, bsdtar, Python's tarfile, xmllint, qemu-img and the sha1sum, sha256sum and sha512sum of
 * coreutils, and read by ourselves.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ExportManifest, exportedMachine } from "../../src-core/model/export-manifest.ts";
import type { MachineDetail } from "../../src-core/model/inventory.ts";
import { writeExportManifest } from "../machine/export-manifest-file.ts";
import { createOvaTarget } from "../machine/ova-package.ts";
import { createOvfFolder } from "../machine/ovf-folder.ts";
import type {
  PackagedDisk,
  PackagePlace,
  PackagePlan,
  PackageWriter,
  WrittenPackage,
} from "../machine/package-writer.ts";
import { machineDisk, sampleMachine } from "../machine/testing/sample-machine.ts";
import { createLocalProvider } from "../providers/local/local.ts";
import { collectUntilSettled } from "../providers/testing/picture.ts";
import { testContext } from "../providers/testing/test-context.ts";
import { type CopyPoint, fillDisk } from "./testing/package-disks.ts";
import {
  MiB,
  openFilesBelow,
  qemuImg,
  runOnWorker,
  sha256,
  startWorker,
  tempFolder,
  writeStampedRaw,
} from "./testing/rig.ts";

const outer = tempFolder();
afterAll(() => outer.remove());
const raws = [outer.file("one.raw"), outer.file("two.raw")];
const SIZES = [40 * MiB, 9 * MiB + 512];
const KEYS = ["2000", "2016"];
const startedAtMs = Date.UTC(2026, 10, 29, 7, 30);

const plan: PackagePlan = {
  machine: sampleMachine({
    name: "Büro <Server> & Söhne",
    disks: KEYS.map((key, index) =>
      machineDisk({ key, label: `Hard disk ${index + 1}`, controller: `scsi0:${index} pvscsi` }),
    ),
  }),
  name: "Büro <Server> & Söhne",
  digest: "sha256",
  disks: KEYS.map((key, index) => ({ key, virtualSizeBytes: SIZES[index] ?? 0 })),
  keepMacAddresses: true,
};
const STEM = "Buro-Server-Sohne";
const NAMES = [`${STEM}.ovf`, `${STEM}.mf`, `${STEM}-disk1.vmdk`, `${STEM}-disk2.vmdk`];

const kinds = {
  ova: {
    create: createOvaTarget,
    place: (name: string): PackagePlace => ({
      path: outer.file(`${name}.ova`),
      partialPath: outer.file(`.${name}.partial`),
      overwrite: false,
      startedAtMs,
    }),
    /** What `manifest` and libraries are given. */
    description: ({ path }: WrittenPackage) => path,
  },
  ovf: {
    create: createOvfFolder,
    place: (name: string): PackagePlace => ({
      path: outer.file(name),
      partialPath: join(outer.file(name), ".unfinished"),
      overwrite: false,
      startedAtMs,
    }),
    description: ({ path }: WrittenPackage) => join(path, NAMES[0] ?? ""),
  },
} as const;
const KINDS = ["ova", "ovf"] as const;

async function fillAll(writer: PackageWriter): Promise<void> {
  if (writer.disksAtOnce) await Promise.all(KEYS.map((key, index) => fillDisk(writer, key, raws[index] ?? "")));
  else for (const [index, key] of KEYS.entries()) await fillDisk(writer, key, raws[index] ?? "");
}

async function written(
  kind: (typeof KINDS)[number],
  name: string,
  change: Partial<PackagePlace> = {},
  asked: PackagePlan = plan,
) {
  const place = { ...kinds[kind].place(name), ...change };
  const writer = await kinds[kind].create(asked, place, null);
  try {
    await fillAll(writer);
    return await writer.finish();
  } finally {
    await writer.close(false);
  }
}

/** All files of a package as files. */
function unpacked(result: WrittenPackage): string {
  if (!result.path.endsWith(".ova")) return result.path;
  const into = `${result.path}.unpacked`;
  mkdirSync(into);
  execFileSync("tar", ["--extract", "--file", result.path, "--directory", into]);
  return into;
}

beforeAll(() => {
  writeStampedRaw(raws[0] ?? "", SIZES[0] ?? 0, [
    { start: 0, length: 3 * MiB },
    { start: 33 * MiB + 4096, length: 2 * MiB },
  ]);
  writeStampedRaw(raws[1] ?? "", SIZES[1] ?? 0, [{ start: 5 * MiB, length: 4 * MiB + 512 }], 7);
});

describe.each(KINDS)("a package of kind %s", (kind) => {
  let result: WrittenPackage;
  let folder: string;
  beforeAll(async () => {
    result = await written(kind, `whole-${kind}`);
    folder = unpacked(result);
  });

  test("holds descriptor, manifest and disks, in this order and no more", () => {
    expect(result.files.map(({ name }) => name)).toEqual(NAMES);
    expect(readdirSync(folder).sort()).toEqual([...NAMES].sort());
    for (const { name, sizeBytes, sha256: sum } of result.files) {
      expect([name, sha256(join(folder, name)), readFileSync(join(folder, name)).length]).toEqual([
        name,
        sum,
        sizeBytes,
      ]);
    }
    expect(openFilesBelow(outer.path)).toEqual([]);
  });

  test("its disks are what they were made from, to qemu-img", () => {
    for (const [index, raw] of raws.entries()) {
      const disk = join(folder, NAMES[2 + index] ?? "");
      expect(qemuImg("compare", "-f", "raw", "-F", "vmdk", raw, disk)).toContain("identical");
      expect(qemuImg("info", disk)).toContain("streamOptimized");
    }
  });

  test("xmllint reads the descriptor, which says the sizes that the files have", () => {
    const path = join(folder, NAMES[0] ?? "");
    execFileSync("xmllint", ["--noout", "--nonet", path]);
    const ask = (query: string) => execFileSync("xmllint", ["--xpath", query, path], { encoding: "utf8" }).trim();
    const sizes = result.files.slice(2).map(({ sizeBytes }) => sizeBytes);
    expect(ask("//*[local-name()='File']/@*[local-name()='size']").match(/\d+/g)?.map(Number)).toEqual(sizes);
    expect(ask("//*[local-name()='Disk']/@*[local-name()='capacity']").match(/\d+/g)?.map(Number)).toEqual(SIZES);
    expect(ask("string(//*[local-name()='VirtualSystem']/*[local-name()='Name'])")).toBe(plan.machine.name);
  });

  test("the manifest's sums are those of openssl's form, which sha256sum checks", () => {
    execFileSync("sha256sum", ["--check", "--strict", NAMES[1] ?? ""], { cwd: folder, stdio: "pipe" });
  });

  test("our own check of the manifest reads all of it", async () => {
    const checked = await runOnWorker({ kind: "manifest", path: kinds[kind].description(result) });
    expect(checked).toMatchObject({ manifest: NAMES[1], unlisted: [] });
    expect(checked.files.map(({ name }) => name)).toEqual([NAMES[0], ...NAMES.slice(2)]);
  });

  test("a library and the local provider see the same machine", async () => {
    const library = outer.file(`library-${kind}`);
    mkdirSync(library);
    execFileSync("cp", ["-r", result.path, library]);
    const worker = startWorker({ kind: "scan", folder: library, libraryId: "l" });
    await worker.result;
    const items = worker.events.flatMap((event) => (event.type === "found" ? event.items : []));
    expect(items).toMatchObject([
      {
        kind: "ovf",
        name: plan.machine.name,
        cpuCount: 4,
        memoryBytes: plan.machine.memoryBytes,
        firmware: "efi",
        error: null,
        warnings: [],
        disks: SIZES.map((virtualSizeBytes) => ({
          error: null,
          summary: { virtualSizeBytes, subformat: "streamOptimized" },
        })),
      },
    ]);
    const connection = await createLocalProvider({ lookEveryMs: 1000 }).connect(
      { kind: "local", address: library, username: null, trust: { kind: "system" } },
      testContext({ password: null, privateKey: null, passphrase: null }, []),
    );
    try {
      const { machines } = await collectUntilSettled(connection);
      const [row] = machines.values();
      const again = await connection.machine(row?.id ?? "");
      const same: (keyof MachineDetail)[] = ["name", "os", "family", "cpus", "memoryBytes", "nics", "firmware"];
      same.push("secureBoot", "hardwareVersion", "guestId", "notes");
      for (const key of same) expect([key, again[key]]).toEqual([key, plan.machine[key]]);
      expect(again.disks.map(({ capacityBytes, controller }) => [capacityBytes, controller])).toEqual(
        SIZES.map((size, index) => [size, `scsi0:${index} pvscsi`]),
      );
    } finally {
      await connection.close();
    }
  });

  test("nothing of it is there under its name before it is finished; given up, nothing is left", async () => {
    const place = kinds[kind].place(`left-${kind}`);
    const writer = await kinds[kind].create(plan, place, null);
    await fillAll(writer);
    for (const { path } of writer.places) expect(existsSync(path)).toBe(false);
    expect(writer.places.some(({ partialPath }) => existsSync(partialPath))).toBe(true);
    await writer.close(false);
    await writer.close(false);
    expect(readdirSync(outer.path).filter((name) => name.includes(`left-${kind}`))).toEqual([]);
    expect(openFilesBelow(outer.path)).toEqual([]);
  });

  test("what is there already is not replaced, unless that is asked for", async () => {
    const name = `there-${kind}`;
    const first = await written(kind, name);
    const before = sha256(kind === "ova" ? first.path : kinds.ovf.description(first));
    await expect(written(kind, name)).rejects.toMatchObject({ code: "target.exists" });
    expect(sha256(kind === "ova" ? first.path : kinds.ovf.description(first))).toBe(before);
    expect((await written(kind, name, { overwrite: true })).files).toEqual(first.files);
    // What came meanwhile is kept too.
    const place = kinds[kind].place(`raced-${kind}`);
    const writer = await kinds[kind].create(plan, place, null);
    await fillAll(writer);
    const rival = writer.places.at(-1)?.path ?? "";
    writeFileSync(rival, "a rival");
    await expect(writer.finish()).rejects.toMatchObject({ code: "target.exists" });
    await writer.close(false);
    expect(readFileSync(rival, "utf8")).toBe("a rival");
    if (kind === "ovf") expect(readdirSync(place.path)).toEqual([basename(rival)]);
    else expect(existsSync(place.partialPath)).toBe(false);
  });

  test("an attempt that ended in any of its disks is gone on with, to the same bytes", async () => {
    const stops = new Set<number>();
    for (const points of [1, 8, 14, 20, 26]) {
      const place = kinds[kind].place(`resumed-${kind}-${points}`);
      const seen: CopyPoint[] = [];
      const first = await kinds[kind].create(plan, place, null);
      let stopped = -1;
      for (const [index, key] of KEYS.entries()) {
        if (stopped >= 0) break;
        await fillDisk(first, key, raws[index] ?? "", null, { points, seen }).catch((error: Error) => {
          expect(error.message).toBe("the program ended");
          stopped = index;
        });
      }
      if (stopped >= 0) stops.add(stopped);
      await first.close(true);
      if (stopped < 0) continue;
      const last = seen.at(-1);
      const again = await kinds[kind].create(plan, { ...place, startedAtMs: startedAtMs + 99_000 }, last?.state ?? {});
      expect(again.finished.map(({ key }) => key)).toEqual(KEYS.slice(0, stopped));
      for (const [index, key] of KEYS.entries()) {
        if (index < stopped) continue;
        await fillDisk(again, key, raws[index] ?? "", index === stopped ? (last?.point ?? null) : null);
      }
      const made = await again.finish();
      await again.close(false);
      expect(made.files).toEqual(result.files);
      if (kind === "ova") expect(sha256(made.path)).toBe(sha256(result.path));
    }
    expect([...stops].sort()).toEqual([0, 1]);
  });

  test("a program that ended right after the last step finds its package again", async () => {
    const place = { ...kinds[kind].place(`named-${kind}`), overwrite: true };
    const writer = await kinds[kind].create(plan, place, null);
    await fillAll(writer);
    const { state } = writer;
    await writer.finish();
    await writer.close(true);
    const again = await kinds[kind].create(plan, place, state);
    expect((await again.finish()).files).toEqual(result.files);
    await again.close(false);
    // A package of others that lies there is not taken for it.
    const other = kind === "ova" ? place.path : join(place.path, NAMES[2] ?? "");
    writeFileSync(other, readFileSync(other).subarray(0, 100_000));
    await expect(kinds[kind].create(plan, place, state)).rejects.toMatchObject({
      code: expect.stringMatching(/state\.conflict|path\.not-found/),
    });
    expect(readFileSync(other)).toHaveLength(100_000);
  });

  test("the n-th failing write leaves nothing and no open file, for every n", async () => {
    const { createFileTarget, openFileTarget } = await import("../io/file.ts");
    const { AppError } = await import("../../src-core/model/error.ts");
    const folder = outer.file(`faults-${kind}`);
    mkdirSync(folder);
    let failAt = 1;
    for (; failAt < 200; failAt++) {
      let calls = 0;
      const count = () => {
        calls += 1;
        if (calls === failAt) throw new AppError("target.no-space", `call ${failAt} fails`);
      };
      const failing = async (path: string, make: typeof createFileTarget) => {
        count();
        const file = await make(path);
        return {
          ...file,
          async write(offset: number, bytes: Uint8Array) {
            count();
            await file.write(offset, bytes);
          },
          async resize(sizeBytes: number) {
            count();
            await file.resize(sizeBytes);
          },
          async sync() {
            count();
            await file.sync();
          },
        };
      };
      const files = {
        create: (path: string) => failing(path, createFileTarget),
        reopen: (path: string) => failing(path, openFileTarget),
      };
      const path = join(folder, kind === "ova" ? "a.ova" : "a");
      const partialPath = kind === "ova" ? join(folder, ".partial") : join(path, ".partial");
      const place = { path, partialPath, overwrite: false, startedAtMs };
      const one = { ...plan, disks: plan.disks.slice(1) };
      const outcome = await (async () => {
        const writer = await kinds[kind].create(one, place, null, files);
        try {
          await fillDisk(writer, "2016", raws[1] ?? "");
          await writer.finish();
          return null;
        } finally {
          await writer.close(false);
        }
      })().catch((error: unknown) => error);
      if (outcome === null) break;
      expect(outcome).toMatchObject({ code: "target.no-space", message: `call ${failAt} fails` });
      expect(readdirSync(folder)).toEqual([]);
      expect(openFilesBelow(folder)).toEqual([]);
    }
    expect(failAt).toBeGreaterThan(6);
    expect(failAt).toBeLessThan(200);
  });
});

const DIGESTS = ["sha1", "sha256", "sha512"] as const;
describe.each(KINDS.flatMap((kind) => DIGESTS.map((digest) => [kind, digest] as const)))(
  "a package of kind %s with a manifest of %s",
  (kind, digest) => {
    const asked: PackagePlan = { ...plan, digest };
    let result: WrittenPackage;
    let folder: string;
    beforeAll(async () => {
      result = await written(kind, `digest-${kind}-${digest}`, {}, asked);
      folder = unpacked(result);
    });
    const coreutils = (tool: string) =>
      spawnSync(tool, ["--check", "--strict", NAMES[1] ?? ""], { cwd: folder, encoding: "utf8" });

    test("lists every file by that digest alone, as coreutils says", () => {
      const lines = readFileSync(join(folder, NAMES[1] ?? ""), "utf8")
        .trimEnd()
        .split("\n");
      const listed = [NAMES[0], ...NAMES.slice(2)];
      expect(lines.map((line) => line.replace(/= [0-9a-f]+$/, ""))).toEqual(
        listed.map((name) => `${digest.toUpperCase()}(${name})`),
      );
      expect(coreutils(`${digest}sum`)).toMatchObject({
        status: 0,
        stdout: listed.map((name) => `${name}: OK\n`).join(""),
      });
      for (const other of DIGESTS) if (other !== digest) expect(coreutils(`${other}sum`).status).toBe(1);
    });

    test("says SHA-256 of its files all the same", () => {
      const whole = result.files.map(({ name }) => ({
        name,
        sizeBytes: readFileSync(join(folder, name)).length,
        sha256: sha256(join(folder, name)),
      }));
      expect(result.files).toEqual(whole);
      expect(result.disks.map((disk) => disk.sha256)).toEqual(whole.slice(2).map((file) => file.sha256));
    });

    test("passes our own check, which finds a changed byte", async () => {
      const path = kinds[kind].description(result);
      const checked = await runOnWorker({ kind: "manifest", path });
      expect(checked).toMatchObject({ manifest: NAMES[1], unlisted: [] });
      expect(checked.files.map(({ name, algorithm }) => [name, algorithm])).toEqual(
        [NAMES[0], ...NAMES.slice(2)].map((name) => [name, digest]),
      );
      const damaged = kind === "ova" ? result.path : join(result.path, NAMES[3] ?? "");
      const bytes = readFileSync(damaged);
      // In an archive the last disk ends before at most 10 KiB of padding.
      const at = kind === "ova" ? bytes.length - 64 * 1024 : bytes.length >> 1;
      writeFileSync(damaged, bytes.with(at, (bytes[at] ?? 0) ^ 1));
      const changed = runOnWorker({ kind: "manifest", path });
      await expect(changed).rejects.toMatchObject({ code: "verify.mismatch", details: { algorithm: digest } });
      writeFileSync(damaged, bytes);
    });

    test("goes on after its first disk with the same digest, to the same bytes, and with no other", async () => {
      const name = `resumed-digest-${kind}-${digest}`;
      const place = kinds[kind].place(name);
      const first = await kinds[kind].create(asked, place, null);
      await fillDisk(first, KEYS[0] ?? "", raws[0] ?? "");
      await first.close(true);
      const state: typeof first.state = JSON.parse(JSON.stringify(first.state));
      for (const other of DIGESTS) {
        if (other === digest) continue;
        await expect(kinds[kind].create({ ...plan, digest: other }, place, state)).rejects.toMatchObject({
          code: "state.conflict",
        });
      }
      const again = await kinds[kind].create(asked, place, state);
      expect(again.finished).toEqual(first.finished);
      await fillDisk(again, KEYS[1] ?? "", raws[1] ?? "");
      const made = await again.finish();
      await again.close(false);
      expect(made.files).toEqual(result.files);
      if (kind === "ova") expect(sha256(made.path)).toBe(sha256(result.path));
      else expect(readFileSync(join(made.path, NAMES[1] ?? ""))).toEqual(readFileSync(join(folder, NAMES[1] ?? "")));
    });
  },
);

test.each(KINDS)("a package of kind %s begun by a program that knew one digest is gone on with", async (kind) => {
  const place = kinds[kind].place(`old-state-${kind}`);
  const first = await kinds[kind].create(plan, place, null);
  await fillDisk(first, KEYS[0] ?? "", raws[0] ?? "");
  await first.close(true);
  const { digest: _, finished, ...state } = first.state;
  const before = (finished as PackagedDisk[]).map(({ manifestSum: _, ...disk }) => disk);
  const again = await kinds[kind].create(plan, place, { ...state, finished: before });
  await fillDisk(again, KEYS[1] ?? "", raws[1] ?? "");
  const made = await again.finish();
  await again.close(false);
  const folder = unpacked(made);
  execFileSync("sha256sum", ["--check", "--strict", NAMES[1] ?? ""], { cwd: folder, stdio: "pipe" });
});

test("tar, bsdtar and Python list an OVA as it should be, with the descriptor first", async () => {
  const { path, files } = await written("ova", "listed");
  expect(execFileSync("tar", ["--list", "--file", path], { encoding: "utf8" }).trim().split("\n")).toEqual(NAMES);
  expect(execFileSync("bsdtar", ["-tf", path], { encoding: "utf8" }).trim().split("\n")).toEqual(NAMES);
  const script = `import sys, tarfile, json
with tarfile.open(sys.argv[1], "r:") as t:
    print(json.dumps([[m.name, m.size, m.mtime, m.isreg()] for m in t.getmembers()]))`;
  const listed: unknown = JSON.parse(execFileSync("python3", ["-c", script, path], { encoding: "utf8" }));
  expect(listed).toEqual(files.map(({ name, sizeBytes }) => [name, sizeBytes, startedAtMs / 1000, true]));
  expect(readFileSync(path).length % 10_240).toBe(0);
});

test("an archive's disks come in their order, a folder's in any; no disk twice", async () => {
  const bug = { code: "internal.bug" };
  const ova = await createOvaTarget(plan, kinds.ova.place("order"), null);
  await expect(ova.openDisk("2016", false)).rejects.toMatchObject(bug);
  await ova.openDisk("2000", false);
  await expect(ova.openDisk("2016", false)).rejects.toMatchObject(bug);
  await expect(ova.finish()).rejects.toMatchObject(bug);
  expect(() => ova.fileName("none")).toThrow(expect.objectContaining(bug));
  await ova.close(false);
  const ovf = await createOvfFolder(plan, kinds.ovf.place("order"), null);
  await ovf.openDisk("2016", false);
  await expect(ovf.openDisk("2016", false)).rejects.toMatchObject(bug);
  await ovf.close(false);
  const twice = { ...plan, disks: [...plan.disks, ...plan.disks] };
  await expect(createOvaTarget(twice, kinds.ova.place("twice"), null)).rejects.toMatchObject(bug);
  expect(existsSync(outer.file("order"))).toBe(false);
});

test("the manifest of an export is a file of its own, in nobody's place", async () => {
  const folder = outer.file("manifest");
  mkdirSync(folder);
  const place = { path: join(folder, "web.export.json"), partialPath: join(folder, ".partial"), overwrite: false };
  const manifest: ExportManifest = {
    kind: "hypersdk-export",
    version: 1,
    program: { name: "hypersdk-desktop", version: "0.1.0" },
    source: { id: "s", kind: "local", name: "n", address: "/srv", product: null, version: null },
    machine: exportedMachine(plan.machine),
    output: "ova",
    disks: [],
    files: [],
    leftOut: [],
    nics: [...plan.machine.nics],
    warnings: [],
    stateAt: null,
    startedAt: "2026-11-29T07:30:00.000Z",
    finishedAt: "2026-11-29T07:31:00.000Z",
  };
  await writeExportManifest(place, manifest);
  expect(ExportManifest.parse(JSON.parse(readFileSync(place.path, "utf8")))).toEqual(manifest);
  await expect(writeExportManifest(place, { ...manifest, output: "ovf" })).rejects.toMatchObject({
    code: "target.exists",
  });
  await writeExportManifest({ ...place, overwrite: true }, { ...manifest, output: "ovf" });
  expect(readFileSync(place.path, "utf8")).toContain('"output": "ovf"');
  expect(readdirSync(folder)).toEqual(["web.export.json"]);
});
