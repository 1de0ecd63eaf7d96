import { expect, it } from "vitest";
import type { FormatId } from "../../../src-core/model/disk.ts";
import type { LibraryDisk, LibraryItem } from "../../../src-core/model/library.ts";
import { filterRows, isFiltering, NO_FILTER, sumRows, toRows } from "./library-rows.ts";

function disk(path: string, format: FormatId, more: Partial<NonNullable<LibraryDisk["summary"]>> = {}): LibraryDisk {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return {
    path,
    name,
    error: null,
    summary: {
      path,
      name,
      folder: path.slice(0, path.lastIndexOf("/")),
      format,
      subformat: "v3",
      virtualSizeBytes: 1000,
      fileSizeBytes: 400,
      allocatedBytes: 300,
      backing: null,
      snapshotCount: 1,
      warnings: [],
      ...more,
    },
  };
}

function item(id: string, more: Partial<LibraryItem>): LibraryItem {
  return {
    id,
    libraryId: "lib1",
    kind: "disk",
    name: id,
    path: `/vm/${id}`,
    folder: "/vm",
    guestOs: null,
    cpuCount: null,
    memoryBytes: null,
    firmware: null,
    disks: [],
    snapshotCount: 0,
    warnings: [],
    error: null,
    ...more,
  };
}

const broken: LibraryDisk = {
  path: "/vm/broken.vmdk",
  name: "broken.vmdk",
  summary: null,
  error: { code: "disk.truncated", message: "cut off", retryable: false },
};
const rows = toRows([
  item("web01", {
    kind: "vmx",
    guestOs: "Debian 12",
    snapshotCount: 2,
    disks: [disk("/vm/web01/os.vmdk", "vmdk"), disk("/vm/web01/data.vmdk", "vmdk")],
  }),
  item("broken", { disks: [broken] }),
  item("orphan", {
    libraryId: "lib2",
    disks: [
      disk("/vm/orphan.qcow2", "qcow2", {
        backing: { name: "base.img", format: null, path: null, problem: "not found" },
      }),
    ],
  }),
  item("empty", { kind: "ovf", warnings: ["no disks"] }),
]);
const names = (filter: Partial<typeof NO_FILTER>) =>
  filterRows(rows, { ...NO_FILTER, ...filter }).map((row) => row.disk?.name ?? row.item.name);

it("makes a row a disk, and one for a machine without any", () => {
  expect(rows.map((row) => [row.item.name, row.disk?.name ?? null, row.position])).toEqual([
    ["web01", "os.vmdk", "1 of 2"],
    ["web01", "data.vmdk", "2 of 2"],
    ["broken", "broken.vmdk", null],
    ["orphan", "orphan.qcow2", null],
    ["empty", null, null],
  ]);
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
  expect(rows[0]?.snapshotCount).toBe(3);
});

it("finds words in any order, in machine, guest, path and format", () => {
  expect(names({ search: "DEBIAN data" })).toEqual(["data.vmdk"]);
  expect(names({ search: "qcow2" })).toEqual(["orphan.qcow2"]);
  expect(names({ search: "web01 qcow2" })).toEqual([]);
  expect(names({ search: "  " })).toHaveLength(5);
});

it("filters by kind, format, library and problems together", () => {
  expect(names({ kind: "vmx" })).toEqual(["os.vmdk", "data.vmdk"]);
  expect(names({ format: "vmdk" })).toEqual(["os.vmdk", "data.vmdk"]);
  expect(names({ libraryId: "lib2" })).toEqual(["orphan.qcow2"]);
  expect(names({ problemsOnly: true })).toEqual(["broken.vmdk", "orphan.qcow2", "empty"]);
  expect(names({ problemsOnly: true, kind: "disk", libraryId: "lib1" })).toEqual(["broken.vmdk"]);
});

it("knows when something is filtered for", () => {
  expect(isFiltering(NO_FILTER)).toBe(false);
  expect(isFiltering({ ...NO_FILTER, libraryId: "lib1" })).toBe(false);
  expect(isFiltering({ ...NO_FILTER, search: "x" })).toBe(true);
});

it("sums what could be read and counts problems", () => {
  expect(sumRows(rows)).toEqual({ virtualBytes: 3000, allocatedBytes: 900, problems: 3 });
});
