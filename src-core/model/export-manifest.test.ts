import { describe, expect, test } from "vitest";
import {
  ExportManifest,
  exportedMachine,
  exportManifestName,
  exportManifestText,
  publicAddress,
} from "./export-manifest.ts";
import type { MachineDetail } from "./inventory.ts";

const machine: MachineDetail = {
  id: "vm-42",
  parentId: "group-v3",
  hostId: "host-9",
  name: 'web "1"',
  path: "/DC/vm/web",
  power: "on",
  os: null,
  family: "linux",
  cpus: 2,
  memoryBytes: 2 ** 31,
  diskCount: 1,
  provisionedBytes: null,
  usedBytes: null,
  snapshotCount: 0,
  changedBlockTracking: null,
  agent: "unknown",
  datastores: [],
  tags: ["prod"],
  template: false,
  disks: [],
  nics: [],
  firmware: "efi",
  secureBoot: true,
  tpm: true,
  hardwareVersion: "vmx-19",
  guestId: "debian11_64Guest",
  notes: "a\nb",
  snapshots: [],
  obstacles: [],
};
const file = { name: "web-disk1.vmdk", sizeBytes: 70_000, sha256: "a".repeat(64) };
const manifest: ExportManifest = {
  kind: "hypersdk-export",
  version: 1,
  program: { name: "hypersdk-desktop", version: "0.1.0" },
  source: {
    id: "s1",
    kind: "vsphere",
    name: "lab",
    address: publicAddress("https://admin:secret@vc.example"),
    product: null,
    version: null,
  },
  machine: exportedMachine(machine),
  output: "ova",
  disks: [
    {
      key: "2000",
      label: "Hard disk 1",
      controller: "scsi0:0",
      mode: "persistent",
      capacityBytes: 2 ** 30,
      writtenBytes: 65_536,
      format: "vmdk",
      subformat: "streamOptimized",
      files: [file],
    },
  ],
  files: [{ name: "web.ovf", sizeBytes: 4000, sha256: "b".repeat(64) }],
  leftOut: [{ key: "2016", label: "Hard disk 2", reason: "It is a physical raw device." }],
  nics: [{ label: "eth", mac: null, network: null, model: null, connected: true }],
  warnings: ["The machine has a TPM."],
  stateAt: null,
  startedAt: "2026-11-29T07:30:00.000Z",
  finishedAt: "2026-11-29T07:31:00.000Z",
};

test("the text is read again as what was written, and follows from it alone", () => {
  const text = exportManifestText(manifest);
  expect(ExportManifest.parse(JSON.parse(text))).toEqual(manifest);
  expect(text.endsWith("}\n")).toBe(true);
  expect(exportManifestText(structuredClone(manifest))).toBe(text);
  expect(text).not.toContain("secret");
});

test.each([
  ["a sum that is none", { files: [{ ...file, sha256: "A".repeat(64) }] }],
  ["a negative size", { files: [{ ...file, sizeBytes: -1 }] }],
  ["another kind", { kind: "else" }],
  ["a later version", { version: 2 }],
  ["a time that is none", { startedAt: "yesterday" }],
])("%s is no manifest", (_, change) => {
  expect(ExportManifest.safeParse({ ...manifest, ...change }).success).toBe(false);
});

describe("an address without secrets", () => {
  test.each([
    ["https://vc.example", "https://vc.example"],
    ["https://vc.example:8443/sdk", "https://vc.example:8443/sdk"],
    ["https://admin@vsphere.local:p@ss@vc.example/sdk", "https://vc.example/sdk"],
    ["qemu+ssh://root@kvm.example/system?keyfile=/root/.ssh/id", "qemu+ssh://kvm.example/system"],
    ["qemu:///session?socket=/run/x", "qemu:///session"],
    ["https://vc.example/#token", "https://vc.example/"],
    ["https://vc.example?a=b@c", "https://vc.example"],
    ["/srv/vms/what?ever@x", "/srv/vms/what?ever@x"],
  ])("%s is %s", (address, expected) => {
    expect(publicAddress(address)).toBe(expected);
  });
});

test.each([
  ["web.ova", "web.export.json"],
  ["web.v2.ovf", "web.v2.export.json"],
  ["web.v2", "web.v2.export.json"],
])("beside %s it is called %s", (name, expected) => {
  expect(exportManifestName(name)).toBe(expected);
});
