/** Machines out of handwritten hardware: devices, files, snapshots, and what stands in an export's way. */
import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src-core/model/error.ts";
import { MachineSnapshot, Obstacle } from "../../../../src-core/model/inventory.ts";
import { INVENTORY_COUNT } from "../../../../src-core/model/inventory-limits.ts";
import { planDisks } from "../export/plan-disks.ts";
import { PlaceTree } from "../inventory/place-tree.ts";
import { vim } from "../testing/xml.ts";
import { disksOf, hasTpm, nicsOf, slotOf } from "./devices.ts";
import { diskFilesOf } from "./disk-files.ts";
import { applyProperty, machineRow, noFacts } from "./machine-row.ts";
import { type Hindrances, obstaclesOf } from "./obstacles.ts";
import type { HostMachine } from "./read-machine.ts";
import { countSnapshots, snapshotsOf } from "./snapshot-tree.ts";

const scsi = `<device xsi:type="ParaVirtualSCSIController"><key>1000</key><busNumber>0</busNumber><sharedBus>noSharing</sharedBus></device>`;
const disk = (key: number, unit: number, backing: string, more = "<capacityInKB>1024</capacityInKB>") =>
  `<device xsi:type="VirtualDisk"><key>${key}</key><deviceInfo><label>Hard disk ${unit}</label></deviceInfo>${backing}<controllerKey>1000</controllerKey><unitNumber>${unit}</unitNumber>${more}</device>`;
const flat = (more = "", mode = "persistent") =>
  `<backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[ds] a/a.vmdk</fileName><datastore type="Datastore">ds-1</datastore><diskMode>${mode}</diskMode><thinProvisioned>true</thinProvisioned>${more}</backing>`;
const hardware = (...devices: string[]) => vim(`<hardware>${scsi}${devices.join("")}</hardware>`);

describe("disks", () => {
  it("have capacity, place, mode and chain", () => {
    const parent = `<parent xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[ds] a/base.vmdk</fileName></parent>`;
    const [one, old] = disksOf(
      hardware(
        disk(
          2000,
          0,
          flat(`<deltaDiskFormat>seSparseFormat</deltaDiskFormat><changeId>52 de/3</changeId>${parent}`),
          "<capacityInKB>1</capacityInKB><capacityInBytes>1536</capacityInBytes>",
        ),
        disk(2001, 1, flat()),
      ),
    );
    expect(one).toMatchObject({
      capacityBytes: 1536,
      thin: true,
      mode: "persistent",
      datastoreId: "ds-1",
      changeId: "52 de/3",
      chain: [
        { path: "[ds] a/a.vmdk", format: "SESparse" },
        { path: "[ds] a/base.vmdk", format: "flat" },
      ],
    });
    // Before 5.5 there were only KiB.
    expect(old?.capacityBytes).toBe(1024 * 1024);
    expect(old && slotOf(old)).toBe("scsi0:1");
  });

  it.each([
    [flat("", "independent_persistent"), "independent-persistent"],
    [flat("", "independent_nonpersistent"), "independent-nonpersistent"],
    [flat("<sharing>sharingMultiWriter</sharing>"), "shared"],
    [
      `<backing xsi:type="VirtualDiskRawDiskMappingVer1BackingInfo"><compatibilityMode>physicalMode</compatibilityMode></backing>`,
      "raw-physical",
    ],
    [
      `<backing xsi:type="VirtualDiskRawDiskMappingVer1BackingInfo"><compatibilityMode>virtualMode</compatibilityMode></backing>`,
      "raw-virtual",
    ],
    [`<backing xsi:type="VirtualDiskSomethingNew"/>`, "unknown"],
    ["", "unknown"],
  ])("%s", (backing, mode) => {
    expect(disksOf(hardware(disk(2000, 0, backing)))[0]?.mode).toBe(mode);
  });

  it("of a hostile server stay within limits: chains, counts, twins, sizes", () => {
    const deep = (levels: number): string =>
      levels === 0 ? "" : `<parent xsi:type="X"><fileName>[ds] ${levels}</fileName>${deep(levels - 1)}</parent>`;
    const many = Array.from({ length: 1200 }, (_, n) => disk(5000 + n, n, flat()));
    const disks = disksOf(
      hardware(
        disk(2000, 0, flat(deep(300)), "<capacityInBytes>99999999999999999999</capacityInBytes>"),
        disk(2000, 1, flat()),
        ...many,
      ),
    );
    expect(disks.length).toBe(INVENTORY_COUNT.disks);
    expect(disks[0]?.chain.length).toBe(INVENTORY_COUNT.chain);
    expect(disks[0]?.capacityBytes).toBe(0);
    expect(disks.filter(({ deviceKey }) => deviceKey === 2000).length).toBe(1);
  });

  it("know their files and what those take", () => {
    const layout = vim(`<layoutEx>
      <file><key>0</key><name>[ds] a/a.vmdk</name><type>diskDescriptor</type><size>500</size></file>
      <file><key>1</key><name>[ds] a/a-flat.vmdk</name><type>diskExtent</type><size>1000</size></file>
      <file><key>2</key><name>vsan://x</name><type>diskExtent</type><size>7</size></file>
      <disk><key>2000</key><chain><fileKey>0</fileKey><fileKey>1</fileKey></chain></disk>
      <disk><key>2001</key><chain><fileKey>2</fileKey></chain></disk></layoutEx>`);
    expect(diskFilesOf(layout).get(2000)).toEqual({ usedBytes: 1500, extents: ["[ds] a/a-flat.vmdk"] });
    expect(diskFilesOf(layout).get(2001)).toEqual({ usedBytes: 7, extents: [] });
  });
});

it("network cards, TPM", () => {
  const device = hardware(
    `<device xsi:type="VirtualVmxnet3"><key>4000</key><deviceInfo><label>Network adapter 1</label></deviceInfo><backing xsi:type="VirtualEthernetCardDistributedVirtualPortBackingInfo"><port><portgroupKey>dvportgroup-7</portgroupKey></port></backing><connectable><connected>true</connected></connectable><macAddress>00:50:56:00:00:01</macAddress></device>`,
    `<device xsi:type="VirtualTPM"><key>11000</key></device>`,
  );
  expect(nicsOf(device, new Map([["dvportgroup-7", "Production"]]))).toEqual([
    { label: "Network adapter 1", mac: "00:50:56:00:00:01", network: "Production", model: "vmxnet3", connected: true },
  ]);
  expect(hasTpm(device)).toBe(true);
  expect(hasTpm(hardware())).toBe(false);
});

describe("snapshots", () => {
  const node = (id: string, inner = "") =>
    `<childSnapshotList><snapshot type="VirtualMachineSnapshot">${id}</snapshot><name>${id}</name><description/><createTime>2026-01-01T00:00:00Z</createTime>${inner}</childSnapshotList>`;
  const tree = (roots: string) =>
    vim(
      `<snapshot><currentSnapshot type="VirtualMachineSnapshot">c</currentSnapshot>${roots.replace(/^<childSnapshotList>(.*)<\/childSnapshotList>$/s, "<rootSnapshotList>$1</rootSnapshotList>")}</snapshot>`,
    );

  it("are told parents first, with which one is current", () => {
    const list = snapshotsOf(tree(node("a", node("b", node("c")) + node("d"))));
    expect(list.map(({ id, parentId, current }) => [id, parentId, current])).toEqual([
      ["a", null, false],
      ["b", "a", false],
      ["d", "a", false],
      ["c", "b", true],
    ]);
    for (const one of list) MachineSnapshot.parse(one);
  });

  it("without end, or twice, are bounded", () => {
    const wide = tree(node("a", Array.from({ length: 3000 }, (_, n) => node(`s${n}`)).join("") + node("a", node("b"))));
    expect(snapshotsOf(wide).length).toBe(INVENTORY_COUNT.snapshots);
    expect(countSnapshots(wide)).toBe(3003);
    expect(snapshotsOf(null)).toEqual([]);
  });
});

describe("what stands in the way", () => {
  const facts: Hindrances = {
    disks: [],
    storeTypes: new Map([["ds-1", "VMFS"]]),
    power: "on",
    connection: "connected",
    encrypted: false,
    tpm: false,
    template: false,
    snapshots: 0,
    consolidationNeeded: false,
    question: null,
    agent: "running",
    changeTracking: true,
    hasConfig: true,
  };
  const withDisk = (backing: string) => disksOf(hardware(disk(2000, 0, backing)));
  const rdm = (mode: string) =>
    `<backing xsi:type="VirtualDiskRawDiskMappingVer1BackingInfo"><compatibilityMode>${mode}</compatibilityMode></backing>`;

  it("is nothing where all is well", () => {
    expect(obstaclesOf({ ...facts, disks: withDisk(flat()) })).toEqual([]);
  });

  it.each<[Partial<Hindrances>, string, string]>([
    [{ encrypted: true }, "machine.encrypted", "blocking"],
    [{ connection: "inaccessible" }, "machine.unavailable", "blocking"],
    [{ hasConfig: false }, "machine.unavailable", "blocking"],
    [{ question: "msg.uuid.moved" }, "machine.question", "blocking"],
    [{ tpm: true }, "machine.tpm", "warning"],
    [{ snapshots: 2 }, "machine.snapshots", "warning"],
    [{ consolidationNeeded: true }, "machine.consolidation", "warning"],
    [{ agent: "absent" }, "machine.no-agent", "warning"],
    [{ changeTracking: false }, "machine.no-tracking", "warning"],
    [{ disks: withDisk(rdm("physicalMode")) }, "disk.raw-physical", "blocking"],
    [{ disks: withDisk(rdm("virtualMode")) }, "disk.raw-virtual", "warning"],
    [{ disks: withDisk(flat("", "independent_persistent")) }, "disk.independent", "blocking"],
    [{ disks: withDisk(flat("", "independent_persistent")), power: "off" }, "disk.independent", "warning"],
    [{ disks: withDisk(flat("<sharing>sharingMultiWriter</sharing>")) }, "disk.shared", "blocking"],
    [{ disks: withDisk(flat("<keyId><keyId>k</keyId></keyId>")) }, "disk.encrypted", "blocking"],
    [{ disks: withDisk(flat()), storeTypes: new Map([["ds-1", "vsan"]]) }, "disk.object-store", "warning"],
  ])("%o is told with a remedy", (more, code, severity) => {
    const found = obstaclesOf({ ...facts, ...more });
    expect(found).toContainEqual(expect.objectContaining({ code, severity }));
    for (const one of found) {
      Obstacle.parse(one);
      expect(one.remedy.length).toBeGreaterThan(10);
    }
  });

  describe("decides what is exported, and how", () => {
    const places = new PlaceTree();
    function machine(disks: HostMachine["disks"], more: Partial<Hindrances> = {}): HostMachine {
      const all = { ...facts, disks, ...more };
      const row = machineRow("vm-1", { ...noFacts(), power: all.power, template: all.template }, places);
      const detail = {
        ...row,
        disks: [],
        nics: [],
        snapshots: [],
        obstacles: obstaclesOf(all),
        firmware: "bios" as const,
        secureBoot: null,
        tpm: null,
        hardwareVersion: null,
        guestId: null,
        notes: "",
      };
      return { detail, disks, files: new Map(), datastores: new Map(), datacenterPath: null };
    }
    const both = disksOf(hardware(disk(2000, 0, flat()), disk(2001, 1, flat("", "independent_persistent"))));

    it.each<[string, HostMachine, string[], string]>([
      ["running", machine(both), ["2000"], "snapshot"],
      ["off, with an independent disk", machine(both, { power: "off" }), ["2000", "2001"], "lease"],
      ["off", machine(both.slice(0, 1), { power: "off" }), ["2000"], "snapshot"],
      ["a template", machine(both.slice(0, 1), { power: "off", template: true }), ["2000"], "lease"],
      ["without disks", machine([]), [], "snapshot"],
    ])("%s", (_, one, keys, hold) => {
      const plan = planDisks(one, null);
      expect(plan.disks.map(({ deviceKey }) => String(deviceKey))).toEqual(keys);
      expect(plan.hold).toBe(hold);
    });

    it("or why nothing is", () => {
      expect(() => planDisks(machine(both, { encrypted: true }), null)).toThrow(/encrypted/);
      expect(() => planDisks(machine(both), ["2001"])).toThrow(/No disk .* independent/);
      expect(() => planDisks(machine(both), ["7"])).toThrow(AppError);
      expect(planDisks(machine(both, { power: "off" }), ["2000"]).hold).toBe("snapshot");
    });
  });
});

it("a row keeps what is known, and says unknown of the rest", () => {
  const facts = noFacts();
  expect(machineRow("vm-1", facts, new PlaceTree())).toMatchObject({
    family: "unknown",
    agent: "unknown",
    usedBytes: null,
    hostId: null,
  });
  const set = (path: string, text: string) => applyProperty(facts, path, vim(`<val>${text}</val>`));
  set("summary.config.guestId", "windows2019srv_64Guest");
  set("summary.storage.committed", "100");
  set("summary.storage.uncommitted", "50");
  set("guest.toolsVersionStatus2", "guestToolsCurrent");
  set("runtime.powerState", "standBy");
  set("no.such.property", "x");
  expect(machineRow("vm-1", facts, new PlaceTree())).toMatchObject({
    family: "windows",
    provisionedBytes: 150,
    agent: "installed",
    power: "unknown",
  });
  applyProperty(facts, "summary.storage.committed", null);
  expect(machineRow("vm-1", facts, new PlaceTree()).provisionedBytes).toBeNull();
});
