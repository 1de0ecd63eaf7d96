import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contentOf, fillExpected } from "../formats/testing/test-disk.ts";
import { vdiImage } from "../formats/testing/vdi-builder.ts";
import { vhdImage } from "../formats/testing/vhd-builder.ts";
import { vhdxImage } from "../formats/testing/vhdx-builder.ts";
import { type OpenOptions, openDisk } from "../image/open-disk.ts";
import { convertSpec, MiB, openFilesBelow, qemuImg, runOnWorker, tempFolder, writeStampedRaw } from "./testing/rig.ts";

const outer = tempFolder();
afterAll(() => outer.remove());
const vms = outer.file("vms");
const inVms = (name: string) => join(vms, name);
const secret = outer.file("secret.raw");

const refuse: OpenOptions = { roots: [vms], brokenChain: "refuse" };
const tell: OpenOptions = { roots: [vms], brokenChain: "tell" };
const openFiles = () => openFilesBelow(outer.path);

beforeAll(() => {
  mkdirSync(vms);
  writeStampedRaw(secret, MiB, [{ start: 0, length: MiB }], 9);
  writeStampedRaw(inVms("base.raw"), 8 * MiB, [{ start: 0, length: 4 * MiB }]);
  qemuImg("create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", inVms("middle.qcow2"));
  qemuImg("create", "-q", "-f", "qcow2", "-b", "middle.qcow2", "-F", "qcow2", inVms("top.qcow2"), "16M");
});

/** A qcow2 that names whatever parent, without qemu-img looking for it. */
function childOf(name: string, parent: string, format: string): string {
  const path = inVms(name);
  qemuImg("create", "-q", "-u", "-f", "qcow2", "-b", parent, "-F", format, path, "8M");
  return path;
}

describe("openDisk", () => {
  test("a chain of three, read through; everything is closed again", async () => {
    const disk = await openDisk(inVms("top.qcow2"), refuse);
    expect(disk.layers.map(({ path, reader }) => [path, reader.format])).toEqual([
      [inVms("top.qcow2"), "qcow2"],
      [inVms("middle.qcow2"), "qcow2"],
      [inVms("base.raw"), "raw"],
    ]);
    expect(disk.backing).toEqual({ name: "middle.qcow2", format: "qcow2", path: inVms("middle.qcow2"), problem: null });
    const bytes = Buffer.alloc(4096);
    await disk.guest.read(2 * MiB, bytes);
    expect(bytes.equals(readFileSync(inVms("base.raw")).subarray(2 * MiB, 2 * MiB + 4096))).toBe(true);
    await disk.close();
    expect(openFiles()).toEqual([]);
  });

  const broken: Record<string, { make: () => string; code: string; message: RegExp }> = {
    "a missing parent": {
      make: () => childOf("orphan.qcow2", "gone.qcow2", "qcow2"),
      code: "disk.backing-missing",
      message: /orphan\.qcow2 needs the parent gone\.qcow2/,
    },
    "a parent outside the allowed folders": {
      make: () => childOf("thief.qcow2", "../secret.raw", "raw"),
      code: "path.outside",
      message: /secret\.raw/,
    },
    "a parent by absolute path": {
      make: () => childOf("thief2.qcow2", secret, "raw"),
      code: "path.outside",
      message: /secret\.raw/,
    },
    "a parent through a link that leads out": {
      make: () => {
        symlinkSync(secret, inVms("link.raw"));
        return childOf("thief3.qcow2", "link.raw", "raw");
      },
      code: "path.outside",
      message: /link\.raw/,
    },
    "a parent by address": {
      make: () => childOf("net.qcow2", "nbd://evil.example/disk", "raw"),
      code: "disk.unsupported",
      message: /by an address \(nbd:/,
    },
    "a parent described in JSON": {
      make: () => childOf("json.qcow2", `json:{"driver":"raw","file":{"filename":"${secret}"}}`, "raw"),
      code: "disk.unsupported",
      message: /by an address \(json:/,
    },
    "a parent of a format nobody reads": {
      make: () => childOf("odd.qcow2", "base.raw", "qed"),
      code: "disk.unsupported",
      message: /format "qed"/,
    },
    "a disk that is its own parent": {
      make: () => childOf("self.qcow2", "self.qcow2", "qcow2"),
      code: "disk.backing-cycle",
      message: /self\.qcow2 → self\.qcow2$/,
    },
    "a circle of three": {
      make: () => {
        childOf("c1.qcow2", "c2.qcow2", "qcow2");
        childOf("c2.qcow2", "c3.qcow2", "qcow2");
        childOf("c3.qcow2", "c1.qcow2", "qcow2");
        return inVms("c1.qcow2");
      },
      code: "disk.backing-cycle",
      message: /c1\.qcow2 → c2\.qcow2 → c3\.qcow2 → c1\.qcow2$/,
    },
    "a chain without end": {
      make: () => {
        for (let n = 0; n < 70; n += 1) childOf(`deep-${n}.qcow2`, `deep-${n + 1}.qcow2`, "qcow2");
        return inVms("deep-0.qcow2");
      },
      code: "disk.unsupported",
      message: /more than 63 parents/,
    },
  };
  test.each(Object.entries(broken))(
    "%s is refused by name, told by inspect, and leaks nothing",
    async (_, { make, code, message }) => {
      const path = make();
      await expect(openDisk(path, refuse)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      const told = await openDisk(path, tell);
      expect(told.backing?.problem).toMatch(message);
      await told.close();
      expect(openFiles()).toEqual([]);
      const { disk } = await runOnWorker({ kind: "inspect", path, roots: [vms] });
      expect(disk).toMatchObject({ virtualSizeBytes: 8 * MiB, backing: { problem: expect.stringMatching(message) } });
    },
  );

  test("a parent declared raw is never probed, even when the guest wrote a header into it", async () => {
    // What the guest of base-2.raw wrote: a qcow2 header that names the secret as its parent.
    copyFileSync(childOf("forged.qcow2", "../secret.raw", "raw"), inVms("base-2.raw"));
    const disk = await openDisk(childOf("victim.qcow2", "base-2.raw", "raw"), refuse);
    expect(disk.layers[1]?.reader.format).toBe("raw");
    const first = Buffer.alloc(4);
    await disk.guest.read(0, first);
    expect(first.toString("latin1")).toBe("QFI\u00fb");
    await disk.close();
  });

  test("a parent whose format is not declared is probed, with a warning", async () => {
    const path = childOf("undeclared.qcow2", "middle.qcow2", "qcow2");
    const bytes = readFileSync(path);
    // The header extension with the format's name: its type becomes one that readers ignore.
    const at = bytes.indexOf(Buffer.from([0xe2, 0x79, 0x2a, 0xca]));
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt32BE(0x12345678, at);
    writeFileSync(path, bytes);
    const disk = await openDisk(path, refuse);
    expect(disk.layers).toHaveLength(3);
    expect(disk.warnings).toContainEqual(expect.stringContaining("does not say which format"));
    await disk.close();
  });

  test("a missing extent file is named", async () => {
    qemuImg("convert", "-O", "vmdk", "-o", "subformat=monolithicFlat", inVms("base.raw"), inVms("flat.vmdk"));
    rmSync(inVms("flat-flat.vmdk"));
    await expect(openDisk(inVms("flat.vmdk"), tell)).rejects.toMatchObject({
      code: "disk.backing-missing",
      message: expect.stringContaining("flat-flat.vmdk"),
    });
    expect(openFiles()).toEqual([]);
  });

  test("an extent file outside the allowed folders is refused", async () => {
    const descriptor = readFileSync(inVms("flat.vmdk"), "utf8").replace("flat-flat.vmdk", "../secret.raw");
    writeFileSync(inVms("reaching.vmdk"), descriptor);
    await expect(openDisk(inVms("reaching.vmdk"), tell)).rejects.toMatchObject({ code: "path.outside" });
  });
});

describe("VMDK children", () => {
  /** A sparse VMDK made by qemu-img with a parent, as VMware's snapshots are. */
  const child = () => {
    qemuImg("convert", "-O", "vmdk", inVms("base.raw"), inVms("parent.vmdk"));
    qemuImg("create", "-q", "-f", "vmdk", "-b", "parent.vmdk", "-F", "vmdk", inVms("child.vmdk"));
    return inVms("child.vmdk");
  };

  test("the parent is found and read through", async () => {
    const disk = await openDisk(child(), refuse);
    expect(disk.layers.map((layer) => layer.path)).toEqual([inVms("child.vmdk"), inVms("parent.vmdk")]);
    const bytes = Buffer.alloc(512);
    await disk.guest.read(MiB, bytes);
    expect(bytes.equals(readFileSync(inVms("base.raw")).subarray(MiB, MiB + 512))).toBe(true);
    await disk.close();
  });

  test("a parent that was changed since (another CID) is refused", async () => {
    const path = child();
    const parent = readFileSync(inVms("parent.vmdk"));
    // One digit, since the number is written without leading zeros.
    const at = parent.indexOf("CID=") + "CID=".length;
    parent.write(parent.toString("latin1", at, at + 1) === "1" ? "2" : "1", at, "latin1");
    writeFileSync(inVms("parent.vmdk"), parent);
    await expect(openDisk(path, refuse)).rejects.toMatchObject({
      code: "disk.damaged",
      message: expect.stringMatching(/parent\.vmdk is not the parent .*child\.vmdk was made on/),
    });
  });
});

describe("VHD and VDI children", () => {
  const disk = (seedAt: number) => ({
    virtualSizeBytes: 16 * 4096,
    data: [{ start: seedAt * 4096, length: 3 * 4096 }],
  });
  const [own, below] = [disk(2), disk(4)];
  const id = (byte: number) => new Uint8Array(16).fill(byte);

  /** Child data lies over the parent's: blocks 2 to 4 are the child's, 5 and 6 the parent's. */
  async function expectBoth(path: string, layers: string[]): Promise<void> {
    const opened = await openDisk(path, refuse);
    expect(opened.layers.map((layer) => layer.path)).toEqual(layers);
    const bytes = new Uint8Array(own.virtualSizeBytes);
    await opened.guest.read(0, bytes);
    const expected = contentOf({ ...own, data: [{ start: 2 * 4096, length: 5 * 4096 }] });
    expect(Buffer.compare(bytes, expected)).toBe(0);
    await opened.close();
  }

  const vhds = (parentId: Uint8Array) => {
    mkdirSync(inVms("chain"), { recursive: true });
    writeFileSync(inVms("base.vhd"), vhdImage(below, { kind: "dynamic", uniqueId: id(7) }).bytes);
    const parent = { uniqueId: parentId, relative: "..\\base.vhd", absolute: "C:\\VMs\\base.vhd" };
    const child = vhdImage(own, { kind: "differencing", bitmaps: "exact", uniqueId: id(8), parent });
    writeFileSync(inVms("chain/child.avhd"), child.bytes);
    return inVms("chain/child.avhd");
  };

  test("a VHD names its parent by a relative Windows path", async () => {
    await expectBoth(vhds(id(7)), [inVms("chain/child.avhd"), inVms("base.vhd")]);
  });

  test("a VHD parent with another unique ID is refused", async () => {
    await expect(openDisk(vhds(id(6)), refuse)).rejects.toMatchObject({
      code: "disk.damaged",
      message: expect.stringContaining("is not the parent"),
    });
  });

  const vdis = (link: Uint8Array, change: Uint8Array) => {
    mkdirSync(inVms("vbox/Snapshots"), { recursive: true });
    writeFileSync(
      inVms("vbox/any name.vdi"),
      vdiImage(below, { kind: "dynamic", uuidImage: id(3), uuidLastSnap: id(4) }).bytes,
    );
    writeFileSync(inVms("vbox/another.vdi"), vdiImage(own, { kind: "dynamic" }).bytes);
    writeFileSync(inVms("vbox/broken.vdi"), "no disk");
    const child = vdiImage(own, { kind: "differencing", uuidImage: id(5), uuidLink: link, uuidParent: change });
    writeFileSync(inVms("vbox/Snapshots/child.vdi"), child.bytes);
    return inVms("vbox/Snapshots/child.vdi");
  };

  test.each([[id(4)], [id(0)]])("a VDI parent is found by its UUID, in the folder above (%#)", async (change) => {
    await expectBoth(vdis(id(3), change), [inVms("vbox/Snapshots/child.vdi"), inVms("vbox/any name.vdi")]);
  });

  test("a VDI parent that is missing, was changed since, or is the child itself", async () => {
    await expect(openDisk(vdis(id(9), id(4)), refuse)).rejects.toMatchObject({ code: "disk.backing-missing" });
    await expect(openDisk(vdis(id(5), id(4)), refuse)).rejects.toMatchObject({ code: "disk.backing-missing" });
    await expect(openDisk(vdis(id(3), id(9)), refuse)).rejects.toMatchObject({ code: "disk.damaged" });
  });

  test("a VDI parent outside the allowed folders is not looked for", async () => {
    const path = vdis(id(3), id(4));
    const roots = [inVms("vbox/Snapshots")];
    await expect(openDisk(path, { roots, brokenChain: "refuse" })).rejects.toMatchObject({
      code: "disk.backing-missing",
    });
    expect(openFiles()).toEqual([]);
  });
});

describe("VHDX children", () => {
  /** A differencing disk over one we wrote, whose own sectors lie between those of the parent. */
  const family = async (linkage?: string) => {
    const [parent, child] = [inVms("base.vhdx"), inVms("child.avhdx")];
    const spec = { sourcePath: inVms("base.raw"), targetPath: parent, partialPath: `${parent}.partial`, roots: [vms] };
    await runOnWorker(convertSpec({ ...spec, targetFormat: "vhdx", overwrite: true }));
    const { layers, close } = await openDisk(parent, refuse);
    const mark = linkage ?? layers[0].reader.mark ?? "";
    await close();
    const own = { virtualSizeBytes: 8 * MiB, data: [{ start: MiB + 1024, length: 512 }] };
    const locator = { parent_linkage: `{${mark}}`, relative_path: ".\\base.vhdx" };
    writeFileSync(child, vhdxImage(own, { parent: locator }).bytes);
    return { parent, child, own };
  };

  test("the parent is found by its relative path and read through, sector by sector", async () => {
    const { parent, child, own } = await family();
    const disk = await openDisk(child, refuse);
    expect(disk.layers.map(({ path, reader }) => [path, reader.subformat])).toEqual([
      [child, "differencing"],
      [parent, "dynamic"],
    ]);
    const [got, expected] = [Buffer.alloc(8 * MiB), readFileSync(inVms("base.raw"))];
    fillExpected(own, MiB + 1024, expected.subarray(MiB + 1024, MiB + 1536));
    await disk.guest.read(0, got);
    expect(got.equals(expected)).toBe(true);
    await disk.close();
    expect(openFiles()).toEqual([]);
  });

  test("a parent whose content has another identity is refused", async () => {
    const { child } = await family("0b7e5a52-94f1-4d6e-8a5c-3f1d2c4b6a79");
    await expect(openDisk(child, refuse)).rejects.toMatchObject({
      code: "disk.damaged",
      message: expect.stringMatching(/base\.vhdx is not the parent .*child\.avhdx was made on/),
    });
  });
});

test("inspect tells files with their roles, chain and facts; map shows the disk's own layer", async () => {
  const { disk } = await runOnWorker({ kind: "inspect", path: inVms("top.qcow2"), roots: [vms] });
  expect(disk).toMatchObject({
    name: "top.qcow2",
    folder: vms,
    format: "qcow2",
    virtualSizeBytes: 16 * MiB,
    allocatedBytes: 0,
    chain: [
      { path: inVms("middle.qcow2"), format: "qcow2", virtualSizeBytes: 8 * MiB },
      { path: inVms("base.raw"), format: "raw", virtualSizeBytes: 8 * MiB },
    ],
  });
  expect(disk.files.map((file) => file.role)).toEqual(["image", "backing", "backing"]);
  expect(disk.facts.length).toBeGreaterThan(3);
  const { map } = await runOnWorker({ kind: "map", path: inVms("top.qcow2"), slices: 16, roots: [vms] });
  expect(map.totals).toEqual({ dataBytes: 0, zeroBytes: 0, holeBytes: 16 * MiB });
});
