/** What lies between a host and a reader: names of files, areas, read-ahead, and which stream is which disk's. */
import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src-core/model/error.ts";
import type { DiskChanges } from "../calls/machines.ts";
import { deviceUrlOf, originOfDevice } from "../export/device-url.ts";
import type { RangeFile } from "../http/range-file.ts";
import { disksOf } from "../machine/devices.ts";
import { vim } from "../testing/xml.ts";
import { AreaMap, type AreaQuery, areaPage, areaPages } from "./disk-areas.ts";
import { datastoreFile, flatFile, folderPaths } from "./folder-path.ts";
import { remoteDisk } from "./remote-disk.ts";

const KIB = 1024;
const live = () => new AbortController().signal;
/** A byte made from its own offset: a read from the wrong place shows. */
const byteAt = (offset: number) => (Math.imul(offset + 1, 0x9e3779b1) >>> 11) & 0xff || 1;

describe("files of datastores", () => {
  it("are named as the server writes them", () => {
    expect(datastoreFile("[nfs share 1] a b/c.vmdk")).toEqual({ datastore: "nfs share 1", path: "a b/c.vmdk" });
    expect(datastoreFile("vsan://x")).toBeNull();
    expect(flatFile("[ds] a/a-000001.vmdk")).toBe("[ds] a/a-000001-flat.vmdk");
    expect(flatFile("[ds] a/a.iso")).toBeNull();
  });

  it("are asked for with blanks as %20, and in two ways where names are odd", () => {
    expect(folderPaths({ datastore: "d+s 1", path: "a b/ü#?.vmdk" }, "Eu/B & S")).toEqual([
      "/folder/a%20b/%C3%BC%23%3F.vmdk?dcPath=Eu%2FB%20%26%20S&dsName=d%2Bs%201",
      "/folder/a%20b/%C3%BC%23%3F.vmdk?dcPath=Eu%252FB%2520%2526%2520S&dsName=d%252Bs%25201",
    ]);
    expect(folderPaths({ datastore: "ds", path: "a.vmdk" }, null)).toEqual(["/folder/a.vmdk?dsName=ds"]);
  });
});

describe("areas", () => {
  const pages = async (answers: Record<number, DiskChanges>, capacity: number) => {
    const query: AreaQuery = async (start) => answers[start] ?? { start, length: -1, areas: [] };
    const got = [];
    for await (const page of areaPages(query, capacity)) got.push(page);
    return got;
  };

  it("are asked for until the end, put in order, joined and cut to the page", async () => {
    const got = await pages(
      {
        0: {
          start: 0,
          length: 100,
          areas: [
            { start: 60, length: 10 },
            { start: 10, length: 20 },
            { start: 30, length: 5 },
          ],
        },
        100: {
          start: 100,
          length: 1000,
          areas: [
            { start: 90, length: 30 },
            { start: 150, length: 500 },
          ],
        },
      },
      200,
    );
    expect(got.map(({ areas }) => areas)).toEqual([
      [
        { start: 10, length: 25 },
        { start: 60, length: 10 },
      ],
      [
        { start: 100, length: 20 },
        { start: 150, length: 50 },
      ],
    ]);
  });

  it.each<[string, DiskChanges]>([
    ["no progress", { start: 0, length: 0, areas: [] }],
    ["another place", { start: 64, length: 64, areas: [] }],
    ["a negative length", { start: 0, length: -5, areas: [] }],
    ["an area before the disk", { start: 0, length: 100, areas: [{ start: -1, length: 5 }] }],
  ])("that make no sense are refused: %s", async (_, answer) => {
    await expect(areaPage(async () => answer, 0, 100)).rejects.toMatchObject({ code: "source.protocol" });
  });
});

/** A file of stamped bytes that counts what is asked of it. */
function countedFile(sizeBytes: number, delayMs = 1, failAt = -1) {
  const asked: { offset: number; length: number }[] = [];
  let running = 0;
  let most = 0;
  let failing = failAt;
  const file: RangeFile = {
    name: "[ds] a/a-flat.vmdk",
    sizeBytes,
    async read(offset, into, signal) {
      asked.push({ offset, length: into.length });
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      running--;
      if (signal.aborted) throw new AppError("job.canceled");
      if (offset + into.length > sizeBytes) throw new AppError("internal.bug", "beyond the end");
      if (failing >= offset && failing < offset + into.length) {
        failing = -1;
        throw new AppError("io.read", "a hiccup");
      }
      for (let n = 0; n < into.length; n++) into[n] = byteAt(offset + n);
    },
  };
  return { file, asked, most: () => most };
}

const OPTIONS = { areas: null, pieceBytes: 64 * KIB, piecesAhead: 4 };

describe("a disk on a datastore", () => {
  it.each([
    ["pieces that fit", 64 * KIB],
    ["windows of several pieces", 256 * KIB],
    ["odd pieces", 50_000],
    ["small pieces", 4 * KIB],
  ])("is read from front to back in %s: right, ahead, and nothing twice", async (_, windowBytes) => {
    const size = 1024 * KIB + 512;
    const { file, asked, most } = countedFile(size);
    const reader = remoteDisk(file, { ...OPTIONS, capacityBytes: size }, live());
    const into = new Uint8Array(windowBytes);
    for (let at = 0; at < size; at += windowBytes) {
      const part = into.subarray(0, Math.min(windowBytes, size - at));
      await reader.read(at, part);
      for (let n = 0; n < part.length; n++) if (part[n] !== byteAt(at + n)) throw new Error(`wrong byte at ${at + n}`);
    }
    await reader.close();
    expect(asked.reduce((sum, { length }) => sum + length, 0)).toBe(size);
    expect(most()).toBeGreaterThanOrEqual(4);
    expect(most()).toBeLessThanOrEqual(4 + Math.ceil(windowBytes / OPTIONS.pieceBytes));
  });

  it("is read here and there with just what is asked for", async () => {
    const { file, asked } = countedFile(1024 * KIB);
    const reader = remoteDisk(file, { ...OPTIONS, capacityBytes: 1024 * KIB }, live());
    for (const at of [700_000, 5_000, 300_000, 999]) {
      const into = new Uint8Array(1000);
      await reader.read(at, into);
      expect([into[0], into[999]]).toEqual([byteAt(at), byteAt(at + 999)]);
    }
    expect(asked.map(({ length }) => length)).toEqual([1000, 1000, 1000, 1000]);
    await reader.close();
  });

  it("ends with zeros where its file is shorter, and is cut where it is longer", async () => {
    const { file } = countedFile(1000);
    const reader = remoteDisk(file, { ...OPTIONS, capacityBytes: 1536 }, live());
    const into = new Uint8Array(1536).fill(7);
    await reader.read(0, into);
    expect([into[999], into[1000], into[1535]]).toEqual([byteAt(999), 0, 0]);
    await reader.read(1200, into.subarray(0, 100));
    expect(into[0]).toBe(0);
    const extents = [];
    for await (const extent of reader.extents(0, 1536)) extents.push(extent);
    expect(extents).toEqual([
      { start: 0, length: 1000, state: "data" },
      { start: 1000, length: 536, state: "hole" },
    ]);
    await reader.close();
  });

  it("that fails once is right at the next try", async () => {
    const { file } = countedFile(512 * KIB, 1, 200 * KIB);
    const reader = remoteDisk(file, { ...OPTIONS, capacityBytes: 512 * KIB }, live());
    const into = new Uint8Array(64 * KIB);
    let failures = 0;
    for (let at = 0; at < 512 * KIB; ) {
      try {
        await reader.read(at, into);
      } catch {
        failures++;
        continue;
      }
      expect(into[17]).toBe(byteAt(at + 17));
      at += into.length;
    }
    expect(failures).toBe(1);
    await reader.close();
  });

  it("reads only what is allocated, ahead over the holes, page after page", async () => {
    const capacity = 4096 * KIB;
    const areas = [0, 5, 6, 20, 40, 63].map((n) => ({ start: n * 64 * KIB, length: 64 * KIB }));
    const query: AreaQuery = async (start) => {
      const rest = areas.filter((area) => area.start + area.length > start).slice(0, 2);
      const last = rest.at(-1);
      const end = rest.length < 2 || last === undefined ? capacity : last.start + last.length;
      return { start, length: end - start, areas: rest };
    };
    const { file, asked, most } = countedFile(capacity);
    const map = new AreaMap(query, capacity, await areaPage(query, 0, capacity), () => {});
    const reader = remoteDisk(file, { ...OPTIONS, capacityBytes: capacity, areas: map }, live());
    const found: number[] = [];
    let end = 0;
    for await (const { start, length, state } of reader.extents(0, capacity)) {
      expect(start).toBe(end);
      end = start + length;
      if (state !== "data") continue;
      const into = new Uint8Array(length);
      await reader.read(start, into);
      expect(into[length - 1]).toBe(byteAt(start + length - 1));
      found.push(start / (64 * KIB));
    }
    expect(end).toBe(capacity);
    expect(found).toEqual([0, 5, 20, 40, 63]);
    expect(asked.reduce((sum, { length }) => sum + length, 0)).toBe(areas.length * 64 * KIB);
    expect(most()).toBeGreaterThan(1);
    await reader.close();
  });

  it("whose areas are no longer told counts as data from there on", async () => {
    const capacity = 256 * KIB;
    const failures: AppError[] = [];
    const first = { start: 0, end: 64 * KIB, areas: [] };
    const map = new AreaMap(
      () => Promise.reject(new AppError("source.refused", "no")),
      capacity,
      first,
      (error) => failures.push(error),
    );
    const { file } = countedFile(capacity);
    const reader = remoteDisk(file, { ...OPTIONS, capacityBytes: capacity, areas: map }, live());
    const extents = [];
    for await (const extent of reader.extents(0, capacity)) extents.push(extent);
    expect(extents).toEqual([
      { start: 0, length: 64 * KIB, state: "hole" },
      { start: 64 * KIB, length: 192 * KIB, state: "data" },
    ]);
    expect(failures.length).toBe(1);
    await reader.close();
  });
});

describe("streams of a lease", () => {
  const disks = disksOf(
    vim(`<hardware>
    <device xsi:type="ParaVirtualSCSIController"><key>1000</key><busNumber>0</busNumber></device>
    <device xsi:type="VirtualDisk"><key>2000</key><controllerKey>1000</controllerKey><unitNumber>0</unitNumber></device>
    <device xsi:type="VirtualDisk"><key>2001</key><controllerKey>1000</controllerKey><unitNumber>1</unitNumber></device></hardware>`),
  );
  const url = (key: string, isDisk = true) => ({ key, url: "https://esx/nfc/1/x.vmdk", isDisk, thumbprint: null });
  const [one, two] = disks;
  if (one === undefined || two === undefined) throw new Error("two disks");

  it("are told apart by controller and unit, never by their order", () => {
    const urls = [
      url("/vm-1/nvram", false),
      url("/vm-1/ParaVirtualSCSIController0:1"),
      url("/vm-1/ParaVirtualSCSIController0:0"),
    ];
    expect(deviceUrlOf(urls, one, disks).key).toBe("/vm-1/ParaVirtualSCSIController0:0");
    expect(deviceUrlOf(urls, two, disks).key).toBe("/vm-1/ParaVirtualSCSIController0:1");
    expect(() => deviceUrlOf([url("a"), url("b")], one, disks)).toThrow(/does not tell which/);
    expect(() => deviceUrlOf([url("a")], one, disks)).toThrow(/does not tell which/);
    expect(deviceUrlOf([url("a")], one, [one]).key).toBe("a");
  });

  it.each([
    ["https://*/nfc/1/d.vmdk", "https://vc.example:8443"],
    ["https://*:443/nfc/1/d.vmdk", "https://vc.example"],
    ["https://esx7:902/nfc", "https://esx7:902"],
  ])("%s comes from %s", (text, origin) => {
    expect(originOfDevice({ ...url("k"), url: text }, "https://vc.example:8443")).toBe(origin);
  });

  it.each(["http://esx/nfc", "file:///etc/passwd", "nothing", "https://"])("%s is refused", (text) => {
    expect(() => originOfDevice({ ...url("k"), url: text }, "https://vc")).toThrow(/no HTTPS address/);
  });
});
