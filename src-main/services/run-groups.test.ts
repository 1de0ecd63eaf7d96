import { describe, expect, it } from "vitest";
import { machineDisk, sampleMachine } from "../../workers/machine/testing/sample-machine.ts";
import { exportGroups, targetGroups } from "./run-groups.ts";

describe("the places that the export of a machine takes", () => {
  const disks = [
    machineDisk({ key: "2000", datastore: "fast" }),
    machineDisk({ key: "2001", datastore: "slow" }),
    machineDisk({ key: "2002", datastore: "fast" }),
    machineDisk({ key: "2003", datastore: null }),
  ];
  const machine = sampleMachine({ id: "vm-42", hostId: "host-7", disks });
  const groups = (...keys: string[]) => exportGroups("s1", machine, keys, "/backup");

  it("machine, host, source, target, and each datastore once", () => {
    expect(groups("2000", "2001", "2002", "2003")).toEqual([
      "machine:s1/vm-42",
      "host:s1/host-7",
      "datastore:s1/fast",
      "datastore:s1/slow",
      "source:s1",
      "target:/backup",
    ]);
  });

  it("no datastore of a disk that is not read", () => {
    expect(groups("2001").filter((name) => name.startsWith("datastore:"))).toEqual(["datastore:s1/slow"]);
    expect(groups("2003").filter((name) => name.startsWith("datastore:"))).toEqual([]);
  });

  it("no host where nobody knows it", () => {
    const homeless = exportGroups("s1", { ...machine, hostId: null }, ["2000"], "/backup");
    expect(homeless).toEqual(["machine:s1/vm-42", "datastore:s1/fast", "source:s1", "target:/backup"]);
  });

  it("other ones for another source, though the ids be the same", () => {
    const other = new Set(exportGroups("s2", machine, ["2000"], "/elsewhere"));
    expect(groups("2000").filter((name) => other.has(name))).toEqual([]);
  });
});

it("what writes files takes a place in each of their folders, once", () => {
  expect(targetGroups(["/backup/a.qcow2", "/backup/b.raw", "/other/c.raw", "/root.raw"])).toEqual([
    "target:/backup",
    "target:/other",
    "target:/",
  ]);
  expect(targetGroups([])).toEqual([]);
});
