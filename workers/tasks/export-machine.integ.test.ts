/** Exports from a source that breaks, through real files: what is made is what the machine has, and nothing else is left. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { ExportResult, ExportSpec, PackageDigest } from "../../src-core/model/export.ts";
import { ExportManifest } from "../../src-core/model/export-manifest.ts";
import type { Checkpoint, TaskEvent } from "../../src-core/model/task-event.ts";
import { CONTROL } from "../control.ts";
import { fillExpected, type TestDisk } from "../formats/testing/test-disk.ts";
import type { TaskContext, TaskSource } from "../task.ts";
import { createTaskContext } from "../task-context.ts";
import { exportFrom } from "./export-machine.ts";
import { type FakeSource, fakeSource, makeStream } from "./testing/fake-source.ts";
import { controlOf, lastCheckpoint, MiB, openFilesBelow, qemuImg, tempFolder } from "./testing/rig.ts";

const outer = tempFolder();
afterAll(() => outer.remove());

const DISKS: Record<string, TestDisk> = {
  "2000": {
    virtualSizeBytes: 80 * MiB,
    data: [
      { start: 0, length: 40 * MiB },
      { start: 70 * MiB, length: 3 * MiB + 4096 },
    ],
  },
  "2016": { virtualSizeBytes: 33 * MiB + 512, data: [{ start: 8 * MiB, length: 25 * MiB + 512 }] },
};
const KEYS = Object.keys(DISKS);
const truth = (key: string) => outer.file(`${key}.raw`);
const SOURCE: TaskSource = {
  config: {
    kind: "vsphere",
    address: "https://admin:hidden@vc.example/?x=hidden",
    username: "somebody",
    trust: { kind: "system" },
  },
  secret: { password: "very-secret", privateKey: null, passphrase: null },
};

function disk(key: string): TestDisk {
  const found = DISKS[key];
  if (found === undefined) throw new Error(key);
  return found;
}

beforeAll(() => {
  for (const key of KEYS) {
    const { virtualSizeBytes, data } = disk(key);
    const fd = openSync(truth(key), "wx");
    for (const { start, length } of data) {
      const bytes = new Uint8Array(length);
      fillExpected(disk(key), start, bytes);
      writeSync(fd, bytes, 0, length, start);
    }
    closeSync(fd);
    truncateSync(truth(key), virtualSizeBytes);
  }
});

let folder = "";
let number = 0;
let fake: FakeSource;
beforeEach(() => {
  number += 1;
  folder = outer.file(`case-${number}`);
  mkdirSync(folder);
  fake = fakeSource(KEYS.map((key) => ({ key, disk: disk(key) })));
});

function spec(
  kind: ExportSpec["output"]["kind"],
  change: Partial<ExportSpec> = {},
  format = "qcow2" as const,
): ExportSpec {
  const disks = KEYS.map((key, index) => ({
    key,
    path: join(folder, `web-disk${index + 1}.${format}`),
    format,
    options: {},
    overwrite: false,
    partialPath: join(folder, `.web-disk${index + 1}.partial`),
  }));
  const output: Record<typeof kind, ExportSpec["output"]> = {
    ova: { kind: "ova", path: join(folder, "web.ova"), partialPath: join(folder, ".web.partial") },
    ovf: { kind: "ovf", path: join(folder, "web"), partialPath: join(folder, "web", ".web.partial") },
    disks: { kind: "disks", targets: disks },
  };
  const manifest = join(kind === "ovf" ? join(folder, "web") : folder, "web.export.json");
  return {
    kind: "export",
    sourceId: "s1",
    sourceName: "vCenter",
    machineId: "vm-42",
    machineName: "web",
    mark: "hypersdk-run1",
    name: "web",
    program: { name: "HyperSDK Desktop", version: "9.9" },
    output: output[kind],
    manifest: { path: manifest, partialPath: `${manifest}.partial` },
    overwrite: false,
    diskKeys: KEYS,
    quiesce: "try",
    power: "leave",
    disksAtOnce: 2,
    connectionsPerHost: 4,
    ...change,
  };
}

interface Ran {
  readonly events: TaskEvent[];
  readonly result: ExportResult | AppError;
}

/** Runs the task on this thread. @param react is told every event and may set the cells of control */
async function run(
  asked: ExportSpec,
  resumeFrom: Checkpoint | null = null,
  react: (event: TaskEvent, cells: Int32Array) => void = () => {},
  again: TaskContext["again"] = null,
): Promise<Ran> {
  const events: TaskEvent[] = [];
  const control = controlOf({});
  const cells = new Int32Array(control);
  const post = (event: TaskEvent) => {
    events.push(event);
    react(event, cells);
  };
  const ctx = createTaskContext({ start: { resumeFrom, control, source: SOURCE, again }, post, now: Date.now });
  try {
    return { events, result: await exportFrom(asked, ctx, fake.provider, [10]) };
  } catch (thrown) {
    return { events, result: AppError.from(thrown) };
  } finally {
    ctx.end();
  }
}

function ok({ result }: Ran): ExportResult {
  if (result instanceof AppError) throw result;
  return result;
}

/** The disks of what was made, as files; every one is compared with what the machine has. */
function assertRight(result: ExportResult): void {
  let place = result.output === "ovf" ? join(folder, "web") : folder;
  if (result.output === "ova") {
    place = join(folder, "unpacked");
    mkdirSync(place, { recursive: true });
    execFileSync("tar", ["-xf", result.path, "-C", place]);
  }
  const manifest = ExportManifest.parse(JSON.parse(readFileSync(result.manifestPath, "utf8")));
  expect(manifest.disks.map(({ key }) => key)).toEqual(KEYS);
  for (const { key, files, format } of manifest.disks) {
    const file = join(place, files[0]?.name ?? "");
    expect(qemuImg("compare", "-f", "raw", "-F", format, truth(key), file)).toContain("identical");
    for (const { name, sha256 } of files) {
      expect(
        createHash("sha256")
          .update(readFileSync(join(place, name)))
          .digest("hex"),
      ).toBe(sha256);
    }
  }
  const names = readdirSync(folder, { recursive: true }).map(String);
  expect(names.filter((name) => name.includes("partial"))).toEqual([]);
  expect(openFilesBelow(folder)).toEqual([]);
}

describe.each(["ova", "ovf", "disks"] as const)("an export as %s", (kind) => {
  it("is what the machine has, with a manifest that tells of it and of no secret", async () => {
    const ran = await run(spec(kind));
    const result = ok(ran);
    assertRight(result);
    expect(result.resumedFromBytes).toBeNull();
    expect(fake.done.filter((step) => !/^(open|close) /.test(step))).toEqual([
      "connect",
      "openExport anew",
      "remove",
      "log out",
    ]);
    const text = readFileSync(result.manifestPath, "utf8");
    expect(JSON.parse(text)).toMatchObject({
      source: { address: "https://vc.example/", product: "Fake" },
      machine: { id: "vm-42", firmware: "efi" },
      output: kind,
      warnings: expect.arrayContaining(["a warning of the source"]),
    });
    expect(text + JSON.stringify(ran.events)).not.toMatch(/hidden|very-secret|somebody/);
    const last = ran.events.findLast((event) => event.type === "progress");
    expect(last?.type === "progress" && last.detail?.parts).toMatchObject([
      { label: "Hard disk 1", state: "done", transport: "fake ranges: It is a test." },
      { label: "Hard disk 2", state: "done" },
    ]);
  });

  it("goes on from the last durable block when the connection broke, and ends with the same bytes", async () => {
    let broken = 0;
    fake.onRead = (readBytes) => {
      if (broken < 3 && readBytes > (broken + 1) * 18 * MiB) {
        broken += 1;
        throw new AppError("source.lost", "The cable was pulled.");
      }
    };
    const ran = await run(spec(kind));
    assertRight(ok(ran));
    expect(broken).toBe(3);
    const sessions = fake.done.filter((step) => /Export|keep|remove|log out/.test(step));
    expect(sessions).toEqual([
      ...["openExport anew", "keep", "log out"],
      ...["openExport to go on", "keep", "log out"],
      ...["openExport to go on", "keep", "log out"],
      ...["openExport to go on", "remove", "log out"],
    ]);
    // Each break costs the bytes since the last point at most, of each disk.
    const data = KEYS.reduce((sum, key) => sum + disk(key).data.reduce((all, { length }) => all + length, 0), 0);
    expect(fake.readBytes).toBeLessThan(data + 3 * 2 * 20 * MiB);
    expect(ran.events).toContainEqual(
      expect.objectContaining({ type: "warning", message: expect.stringContaining("The cable was pulled.") }),
    );
  });

  it("goes on after the program was ended at any checkpoint", async () => {
    let point: Checkpoint | null = null;
    for (let ends = 1; ; ends += 1) {
      let checkpoints = 0;
      const ran: Ran = await run(spec(kind), point, (event, cells) => {
        if (event.type === "checkpoint") checkpoints += 1;
        if (checkpoints === 2) Atomics.store(cells, CONTROL.halt, 1);
      });
      point = lastCheckpoint(ran.events) ?? point;
      if (!(ran.result instanceof AppError)) {
        expect(ends).toBeGreaterThan(2);
        expect(ran.result.resumedFromBytes).toBeGreaterThan(0);
        assertRight(ran.result);
        break;
      }
      expect(ran.result.code).toBe("job.lost");
      expect(fake.done.slice(-2)).toEqual(["keep", "log out"]);
      expect(openFilesBelow(folder)).toEqual([]);
      if (ends > 30) throw new Error("it gets nowhere");
    }
    expect(fake.done.filter((step) => step === "openExport anew")).toHaveLength(1);
  });

  it("that was complete but could not be told is recognized as its own", async () => {
    const first = await run(spec(kind));
    ok(first);
    const points = first.events.flatMap((event) => (event.type === "checkpoint" ? [event.checkpoint] : []));
    // Killed between the last name and the word of it …
    assertRight(ok(await run(spec(kind), points.at(-2))));
    // … or after that, while the source was tidied up: its snapshot may be gone or not.
    fake.done.length = 0;
    fake.openError = () => new AppError("source.no-snapshot");
    fake.left = ["hypersdk-run1", "hypersdk-other"];
    assertRight(ok(await run(spec(kind), points.at(-1))));
    expect(fake.done).toEqual(["connect", "remove left hypersdk-run1", "log out"]);
  });

  it("leaves nothing when it is canceled", async () => {
    const ran = await run(spec(kind), null, (event, cells) => {
      if (event.type === "checkpoint" && event.checkpoint.doneBytes > 0) Atomics.store(cells, CONTROL.cancel, 1);
    });
    expect(ran.result).toMatchObject({ code: "job.canceled" });
    expect(readdirSync(folder)).toEqual([]);
    expect(fake.done.slice(-2)).toEqual(["remove", "log out"]);
  });

  it("leaves what is there alone", async () => {
    const { output } = spec(kind);
    const path = output.kind === "disks" ? output.targets[1]?.path : kind === "ova" ? output.path : null;
    if (path == null) {
      mkdirSync(join(folder, "web"));
      writeFileSync(join(folder, "web", "web.ovf"), "mine");
    } else writeFileSync(path, "mine");
    expect((await run(spec(kind))).result).toMatchObject({ code: "target.exists" });
    const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(names.map(({ name }) => name)).toEqual([path === null ? "web.ovf" : basename(path ?? "")]);
    expect(fake.done.slice(-2)).toEqual(["remove", "log out"]);
    expect(
      ok(
        await run({
          ...spec(kind),
          overwrite: true,
          ...(output.kind === "disks"
            ? { output: { kind: "disks", targets: output.targets.map((target) => ({ ...target, overwrite: true })) } }
            : {}),
        }),
      ),
    ).toMatchObject({ kind: "export" });
  });
});

describe.each(["ova", "ovf"] as const)("an export as %s with a manifest of another digest", (kind) => {
  const asked = (digest?: PackageDigest): ExportSpec => {
    const { output, ...rest } = spec(kind);
    if (output.kind === "disks") throw new Error("no package");
    return { ...rest, output: { ...output, ...(digest === undefined ? {} : { digest }) } };
  };
  /** What coreutils says to the package's manifest. */
  const judged = (digest: PackageDigest) =>
    execFileSync(`${digest}sum`, ["--check", "--strict", "web.mf"], {
      cwd: join(folder, kind === "ova" ? "unpacked" : "web"),
      encoding: "utf8",
    });
  const OK = "web.ovf: OK\nweb-disk1.vmdk: OK\nweb-disk2.vmdk: OK\n";

  it.each(["sha1", "sha512"] as const)("lists %s, and says SHA-256 in its own manifest", async (digest) => {
    const result = ok(await run(asked(digest)));
    // SHA-256 of each file in the export's manifest among it.
    assertRight(result);
    expect(judged(digest)).toBe(OK);
    const text = readFileSync(result.manifestPath, "utf8");
    expect(text).not.toContain("manifestSum");
    const { disks, files } = ExportManifest.parse(JSON.parse(text));
    expect(files.map(({ name }) => name)).toEqual(["web.ovf", "web.mf"]);
    expect(result.disks.map(({ sha256 }) => sha256)).toEqual(disks.map((one) => one.files[0]?.sha256));
  });

  it.each([undefined, "sha1"] as const)("goes on with digest %s after the program ended", async (digest) => {
    let checkpoints = 0;
    const first = await run(asked(digest), null, (event, cells) => {
      if (event.type === "checkpoint") checkpoints += 1;
      if (checkpoints === 4) Atomics.store(cells, CONTROL.halt, 1);
    });
    expect(first.result).toMatchObject({ code: "job.lost" });
    const point = lastCheckpoint(first.events);
    expect(point?.state).toMatchObject({ target: { digest: digest ?? "sha256" } });
    const again = ok(await run(asked(digest), point));
    expect(again.resumedFromBytes).toBeGreaterThan(0);
    assertRight(again);
    expect(judged(digest ?? "sha256")).toBe(OK);
    expect(fake.done.filter((step) => step === "openExport anew")).toHaveLength(1);
  });
});

describe("an export", () => {
  it("starts over when the moment it read is gone from the source, and says so", async () => {
    const first = await run(spec("disks"), null, (event, cells) => {
      if (event.type === "checkpoint" && event.checkpoint.doneBytes > 0) Atomics.store(cells, CONTROL.halt, 1);
    });
    fake.openError = ({ resume }) =>
      resume === null ? null : new AppError("source.no-snapshot", "The snapshot was removed by somebody.");
    const second = await run(spec("disks"), lastCheckpoint(first.events));
    assertRight(ok(second));
    expect(second.events).toContainEqual(
      expect.objectContaining({
        type: "warning",
        message: expect.stringContaining("starts over: The snapshot was removed"),
      }),
    );
  });

  it("that comes as a stream starts over, and says so", async () => {
    for (const key of KEYS) makeStream(truth(key), outer.file(`${key}-${number}.vmdk`));
    fake = fakeSource(
      KEYS.map((key) => ({
        key,
        // qemu-img rounds up to whole sectors, which these are.
        disk: disk(key),
        streamPath: outer.file(`${key}-${number}.vmdk`),
      })),
    );
    fake.resume = null;
    const first = await run(spec("disks", { disksAtOnce: 1 }), null, (event, cells) => {
      if (event.type === "checkpoint" && event.checkpoint.doneBytes > 0) Atomics.store(cells, CONTROL.halt, 1);
    });
    expect(first.result).toMatchObject({ code: "job.lost" });
    expect(fake.done.slice(-2)).toEqual(["remove", "log out"]);
    const second = await run(spec("disks"), lastCheckpoint(first.events));
    assertRight(ok(second));
    expect(second.events).toContainEqual(
      expect.objectContaining({
        type: "warning",
        message: expect.stringContaining("as a stream that cannot be gone on with"),
      }),
    );
  });

  it("of a disk whose size the source lied about is refused, and nothing stays", async () => {
    const [key = ""] = KEYS;
    const { provider } = fake;
    fake.provider; // the same source, whose session says a size that its disk has not
    const lying = {
      ...provider,
      async connect(...asked: Parameters<typeof provider.connect>) {
        const connection = await provider.connect(...asked);
        return {
          ...connection,
          async openExport(...how: Parameters<typeof connection.openExport>) {
            const session = await connection.openExport(...how);
            const disks = session.disks.map((one) =>
              one.key === key ? { ...one, capacityBytes: one.capacityBytes + 512 } : one,
            );
            return { ...session, disks };
          },
        };
      },
    };
    fake = { ...fake, provider: lying };
    expect((await run(spec("ova"))).result).toMatchObject({ code: "source.protocol" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("shuts the machine down first and starts it again, also when it fails", async () => {
    fake.machine = { ...fake.machine, power: "on" };
    assertRight(ok(await run(spec("disks", { power: "shutdown-and-start" }))));
    expect(fake.done.filter((step) => /power|openExport|remove/.test(step))).toEqual([
      "power shutdown",
      "openExport anew",
      "remove",
      "power on",
    ]);
    fake.done.length = 0;
    fake.onRead = () => {
      throw new AppError("disk.damaged", "A bad disk.");
    };
    expect((await run(spec("ova", { power: "shutdown-and-start" }))).result).toMatchObject({ code: "disk.damaged" });
    expect(fake.done.filter((step) => /power/.test(step))).toEqual(["power shutdown", "power on"]);
  });

  it("that gets nowhere fails in the end, with the source's own error", async () => {
    fake.onRead = () => {
      throw new AppError("source.unreachable", "Nobody answers.");
    };
    const ran = await run(spec("ova"));
    expect(ran.result).toMatchObject({ code: "source.unreachable" });
    expect(fake.done.filter((step) => step === "connect")).toHaveLength(12);
    expect(readdirSync(folder)).toEqual([]);
    expect(fake.done.slice(-2)).toEqual(["remove", "log out"]);
  });
});

describe("an export that somebody tries again", () => {
  const AGAIN = ["transient", "capacity"] as const;

  it("keeps what it has and its snapshot after an error of such a class, and the next attempt goes on from there", async () => {
    fake.onRead = (readBytes) => {
      if (readBytes > 40 * MiB) throw new AppError("target.no-space", "Full.");
    };
    fake.machine = { ...fake.machine, power: "on" };
    const asked = spec("disks", { power: "shutdown-and-start", disksAtOnce: 1 });
    const first = await run(asked, null, undefined, AGAIN);
    expect(first.result).toMatchObject({ code: "target.no-space" });
    expect(fake.done.slice(-3)).toEqual(["keep", "power on", "log out"]);
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).not.toEqual([]);
    fake.onRead = () => {};
    const second = ok(await run(asked, lastCheckpoint(first.events), undefined, AGAIN));
    expect(second.resumedFromBytes).toBeGreaterThan(0);
    expect(fake.done).toContain("openExport to go on");
    assertRight(second);
  });

  it("leaves nothing after an error of another class", async () => {
    fake.onRead = () => {
      throw new AppError("target.no-space", "Full.");
    };
    expect((await run(spec("disks"), null, undefined, ["transient"])).result).toMatchObject({
      code: "target.no-space",
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(fake.done.slice(-2)).toEqual(["remove", "log out"]);
  });

  it("is told when only the clean-up failed, and is then gone on with for that alone", async () => {
    fake.tidyError = () => new AppError("source.privilege", "You may not remove snapshots.");
    fake.left = ["hypersdk-run1"];
    const first = await run(spec("disks"), null, undefined, AGAIN);
    expect(first.result).toMatchObject({
      code: "source.clean-up",
      message: expect.stringContaining("You may not remove snapshots."),
      details: { code: "source.privilege" },
    });
    expect(fake.done.filter((step) => step.startsWith("openExport"))).toHaveLength(1);
    fake.tidyError = null;
    fake.done.length = 0;
    assertRight(ok(await run(spec("disks"), lastCheckpoint(first.events), undefined, AGAIN)));
    expect(fake.done).toEqual(["connect", "remove left hypersdk-run1", "log out"]);
  });

  it("and by nobody, warns of a clean-up that failed: what was asked for is there", async () => {
    fake.tidyError = () => new AppError("source.privilege", "You may not remove snapshots.");
    const ran = await run(spec("disks"));
    assertRight(ok(ran));
    expect(ran.events).toContainEqual(
      expect.objectContaining({ type: "warning", message: expect.stringContaining("You may not remove snapshots.") }),
    );
  });
});
