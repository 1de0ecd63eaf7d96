import fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, test } from "vitest";
import type { MachineDetail } from "../../src-core/model/inventory.ts";
import { plainText } from "./machine.ts";
import { parseOvf } from "./ovf.ts";
import { type OvfDisk, writeOvf } from "./ovf-writer.ts";
import { machineDisk, machineNic, sampleMachine } from "./testing/sample-machine.ts";

const KEEP = { keepMacAddresses: true };
const disksOf = (machine: MachineDetail): OvfDisk[] =>
  machine.disks.map(({ key }, index) => ({
    key,
    fileName: `web-disk${index + 1}.vmdk`,
    fileSizeBytes: 70_000 + index,
    capacityBytes: (index + 1) * 1024 ** 3,
    populatedBytes: 65_536,
  }));
const write = (machine: MachineDetail, options = KEEP) => writeOvf(machine, disksOf(machine), options);
const read = (machine: MachineDetail) => {
  const [back, ...more] = parseOvf("web.ovf", Buffer.from(write(machine).xml));
  expect(more).toEqual([]);
  return back;
};

/** Elements of a document as a tree of "prefix:name", attributes left out. */
interface Node {
  readonly name: string;
  readonly uri: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Node[];
}

function treeOf(xml: string): Node {
  const parser = new SaxesParser({ xmlns: true });
  const root: Node = { name: "", uri: "", attributes: {}, children: [] };
  const open = [root];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ local, uri, attributes }) => {
    const values = Object.entries(attributes).map(([name, { value }]) => [name, value] as const);
    const node: Node = { name: local, uri, attributes: Object.fromEntries(values), children: [] };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on("closetag", () => open.pop());
  parser.write(xml).close();
  const [top] = root.children;
  if (top === undefined) throw new Error("no root");
  return top;
}

function all(node: Node): Node[] {
  return [node, ...node.children.flatMap(all)];
}

test("read again it is the same machine", () => {
  const machine = sampleMachine();
  expect(read(machine)).toEqual({
    name: machine.name,
    guestOs: machine.os,
    cpuCount: machine.cpus,
    memoryBytes: machine.memoryBytes,
    firmware: machine.firmware,
    disks: machine.disks.map(({ controller }, index) => ({
      fileName: `web-disk${index + 1}.vmdk`,
      problem: null,
      controller,
    })),
    warnings: [],
    hardware: {
      nics: machine.nics,
      secureBoot: true,
      hardwareVersion: "vmx-19",
      guestId: "debian11_64Guest",
      notes: machine.notes,
    },
  });
});

test("the bytes follow from the machine alone", () => {
  expect(write(sampleMachine()).xml).toBe(write(sampleMachine()).xml);
});

describe("order and structure of DSP8023 1.1", () => {
  const tree = treeOf(
    write(
      sampleMachine({
        disks: [
          ...sampleMachine().disks,
          machineDisk({ key: "a", controller: "ide1:0" }),
          machineDisk({ key: "b", controller: "sata0:5" }),
          machineDisk({ key: "c", controller: "nvme0:1" }),
        ],
        nics: [machineNic({}), machineNic({ network: "DMZ" }), machineNic({})],
      }),
    ).xml,
  );
  const child = (node: Node | undefined, name: string) => node?.children.find((one) => one.name === name);
  const system = child(tree, "VirtualSystem");
  const hardware = child(system, "VirtualHardwareSection");
  const items = hardware?.children.filter(({ name }) => name === "Item") ?? [];
  const field = (item: Node, name: string) => child(item, name) !== undefined;

  test("sections of the envelope, the system and the hardware", () => {
    expect(tree.children.map(({ name }) => name)).toEqual([
      "References",
      "DiskSection",
      "NetworkSection",
      "VirtualSystem",
    ]);
    expect(system?.children.map(({ name }) => name)).toEqual([
      "Info",
      "Name",
      "OperatingSystemSection",
      "VirtualHardwareSection",
      "AnnotationSection",
    ]);
    // Extensions come behind everything of the schema.
    const kinds = hardware?.children.map(({ name }) => name) ?? [];
    expect(kinds).toEqual(["Info", "System", ...items.map(() => "Item"), "Config", "Config"]);
    for (const section of all(tree).filter(({ name }) => name.endsWith("Section")))
      expect(section.children[0]?.name).toBe("Info");
  });

  test("elements of an item and of the system are of one namespace, in alphabetical order, each once", () => {
    for (const node of [...items, child(hardware, "System")]) {
      const names = node?.children.map(({ name }) => name) ?? [];
      expect(names).toEqual([...new Set(names)].sort());
      expect(new Set(node?.children.map(({ uri }) => uri)).size).toBe(1);
    }
    for (const node of items)
      for (const name of ["ElementName", "InstanceID", "ResourceType"]) expect(field(node, name)).toBe(true);
  });

  test("every reference leads somewhere, every id is there once", () => {
    const ids = (name: string, attribute: string) =>
      all(tree)
        .filter((node) => node.name === name)
        .map(({ attributes }) => attributes[attribute]);
    expect(ids("File", "ovf:id")).toEqual(ids("Disk", "ovf:fileRef"));
    expect(ids("Network", "ovf:name")).toEqual(["LAN", "DMZ"]);
    const { xml } = write(sampleMachine());
    const values = (name: string) =>
      [...xml.matchAll(new RegExp(`<rasd:${name}>([^<]*)<`, "g"))].map(([, value]) => value);
    expect(values("InstanceID")).toEqual([...new Set(values("InstanceID"))]);
    expect(values("HostResource")).toEqual(
      ids("Disk", "ovf:diskId")
        .slice(0, 2)
        .map((id) => `ovf:/disk/${id}`),
    );
    for (const parent of values("Parent")) expect(values("InstanceID")).toContain(parent);
    for (const network of values("Connection")) expect(ids("Network", "ovf:name")).toContain(network);
  });

  test("disks say format, sizes and units", () => {
    const disk = all(tree).find(({ name }) => name === "Disk");
    expect(disk?.attributes).toEqual({
      "ovf:capacity": String(1024 ** 3),
      "ovf:capacityAllocationUnits": "byte",
      "ovf:diskId": "vmdisk1",
      "ovf:fileRef": "file1",
      "ovf:format": "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized",
      "ovf:populatedSize": "65536",
    });
  });
});

test.each([
  ["scsi0:0", "linux", "scsi0:0 lsilogic", false],
  ["scsi0:0", "windows", "scsi0:0 lsilogicsas", false],
  ["scsi2:15 pvscsi", "linux", "scsi2:15 pvscsi", false],
  ["scsi1:2 lsisas1068", "linux", "scsi1:2 lsilogicsas", false],
  ["scsi0:7", "linux", "scsi0:0 lsilogic", true],
  ["scsi9:0", "linux", "scsi0:0 lsilogic", true],
  ["sata3:29", "linux", "sata3:29", false],
  ["nvme1:14", "linux", "nvme1:14", false],
  ["ide1:1", "linux", "ide1:1", false],
  ["SATA 4:0", "linux", "sata0:4", false],
  ["IDE 1:0", "linux", "ide1:0", false],
  ["LsiLogic 3:0", "linux", "scsi0:3 lsilogic", false],
  ["virtio", "linux", "sata0:0", true],
  ["virtio-scsi 0:0", "linux", "scsi0:0 lsilogic", true],
  ["usb", "linux", "sata0:0", true],
  [null, "linux", "sata0:0", false],
] as const)("a disk at %s of a %s machine hangs at %s", (controller, family, expected, warned) => {
  const machine = sampleMachine({ family, disks: [machineDisk({ key: "d", controller })] });
  expect(read(machine)?.disks[0]?.controller).toBe(expected);
  expect(write(machine).warnings.filter((warning) => /disk d\b/i.test(warning))).toHaveLength(warned ? 1 : 0);
});

test("disks that claim one place get places of their own, as long as there are any", () => {
  const same = (count: number) =>
    sampleMachine({
      disks: Array.from({ length: count }, (_, index) => machineDisk({ key: `d${index}`, controller: "scsi0:0" })),
    });
  const places = read(same(200))?.disks.map(({ controller }) => controller);
  expect(new Set(places).size).toBe(200);
  expect(() => write(same(300))).toThrow(expect.objectContaining({ code: "target.unsupported" }));
});

test.each([
  ["VmxNet3", "linux", "VmxNet3", false],
  ["vmxnet2", "linux", "VmxNet2", false],
  ["e1000e", "linux", "E1000e", false],
  ["82540EM", "linux", "E1000", false],
  ["Am79C973", "linux", "PCNet32", false],
  ["virtio", "linux", "VmxNet3", true],
  ["virtio", "windows", "E1000", true],
  ["rtl8139", "linux", "E1000", true],
  [null, "linux", "E1000", true],
] as const)("an adapter of model %s of a %s machine is a %s", (model, family, expected, warned) => {
  const machine = sampleMachine({ family, nics: [machineNic({ label: "nic", model })] });
  expect(read(machine)?.hardware?.nics?.[0]?.model).toBe(expected);
  expect(write(machine).warnings.filter((warning) => warning.includes("nic"))).toHaveLength(warned ? 1 : 0);
});

test("what OVF does not carry is told", () => {
  const told = (part: Partial<MachineDetail>) => write(sampleMachine({ firmware: "bios", secureBoot: null, ...part }));
  expect(told({}).warnings).toEqual([]);
  expect(told({ tpm: true }).warnings).toEqual([expect.stringContaining("TPM")]);
  expect(told({ firmware: "efi" }).warnings).toEqual([expect.stringContaining("EFI")]);
  expect(told({ cpus: null, memoryBytes: null }).warnings).toEqual([
    expect.stringContaining("processors"),
    expect.stringContaining("memory"),
  ]);
  expect(told({ nics: [machineNic({ network: null })] }).warnings).toEqual([expect.stringContaining("no network")]);
});

test("a machine without disks, adapters, notes and knowledge of its hardware", () => {
  const machine = sampleMachine({
    disks: [],
    nics: [],
    notes: "",
    os: null,
    guestId: null,
    family: "unknown",
    firmware: "unknown",
    secureBoot: null,
    hardwareVersion: "pc-q35-7.2",
  });
  const { xml } = write(machine);
  expect(xml).not.toMatch(/DiskSection|NetworkSection|AnnotationSection|vmw:Config/);
  expect(xml).toContain("<vssd:VirtualSystemType>vmx-10<");
  expect(read(machine)).toMatchObject({ disks: [], firmware: null, hardware: { guestId: "otherGuest64" } });
});

test("memory that is no whole number of MiB is rounded up; addresses are left out when they are to be new", () => {
  expect(read(sampleMachine({ memoryBytes: 5 * 1024 ** 2 + 1 }))?.memoryBytes).toBe(6 * 1024 ** 2);
  expect(write(sampleMachine(), { keepMacAddresses: false }).xml).not.toContain("00:50:56");
});

test("hostile text stays text", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constantFrom('"/><evil x="', "]]><Item/>", "<!DOCTYPE a>", "&evil;", "a\u0000b", "\ud800", "\r\n\t", "x\ufffe"),
  );
  fc.assert(
    fc.property(text, text, text, (name, network, notes) => {
      const machine = sampleMachine({
        name,
        os: name,
        notes,
        nics: [machineNic({ label: name, network, mac: "00:50:56:00:00:01" })],
      });
      const nodes = all(treeOf(write(machine).xml));
      expect(nodes.length).toBe(all(treeOf(write(sampleMachine()).xml)).length - (notes === "" ? 3 : 0));
      const back = read(machine);
      const clean = (dirty: string) =>
        plainText([...dirty].map((char) => (isChar(char) ? char : "\ufffd")).join("")) ?? null;
      expect(back?.name).toBe(name.trim() === "" ? "machine" : clean(name));
      if (network.trim() !== "") expect(back?.hardware?.nics?.[0]?.network).toBe(clean(network));
    }),
    { numRuns: 200 },
  );
});

function isChar(char: string): boolean {
  return /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]$/u.test(char);
}
