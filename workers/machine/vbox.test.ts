import { expect, test } from "vitest";
import { parseVbox } from "./vbox.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const vbox = (inside: string) =>
  parseVbox(
    "web.vbox",
    bytes(
      `<?xml version="1.0"?><VirtualBox xmlns="http://www.virtualbox.org/" version="1.19-linux">${inside}</VirtualBox>`,
    ),
  );

const whole = `
<Machine uuid="{m}" name="Web &amp; more" OSType="Debian_64" currentSnapshot="{s2}" snapshotFolder="Snapshots">
  <Description>kept by hand</Description>
  <MediaRegistry><HardDisks>
    <HardDisk uuid="{a}" location="web.vdi" format="VDI" type="Normal">
      <HardDisk uuid="{b}" location="Snapshots/{b}.vdi" format="VDI"/>
    </HardDisk>
  </HardDisks></MediaRegistry>
  <Snapshot uuid="{s1}" name="first" timeStamp="2025-03-01T10:00:00Z">
    <Description>old</Description>
    <Hardware><CPU count="16"/><StorageControllers><StorageController name="SATA" type="AHCI">
      <AttachedDevice type="HardDisk" port="0" device="0"><Image uuid="{a}"/></AttachedDevice>
    </StorageController></StorageControllers></Hardware>
    <Snapshots><Snapshot uuid="{s2}" name="second" timeStamp="nonsense"/></Snapshots>
  </Snapshot>
  <Hardware>
    <CPU count="4"/><Memory RAMSize="2048"/><Firmware type="EFI64"/><TrustedPlatformModule type="v2_0"/>
    <Network>
      <Adapter slot="0" enabled="true" MACAddress="080027AABBCC" type="82540EM"><BridgedInterface name="eth0"/></Adapter>
      <Adapter slot="1" enabled="false" MACAddress="080027AABBCD"/>
    </Network>
    <StorageControllers><StorageController name="SATA" type="AHCI">
      <AttachedDevice type="HardDisk" port="1" device="0"><Image uuid="{b}"/></AttachedDevice>
      <AttachedDevice type="DVD" port="2" device="0"><Image uuid="{iso}"/></AttachedDevice>
      <AttachedDevice type="HardDisk" port="3" device="0"><Image uuid="{gone}"/></AttachedDevice>
    </StorageController></StorageControllers>
  </Hardware>
</Machine>`;

test("the present state of a machine, not that of its snapshots", () => {
  const machine = vbox(whole);
  expect(machine).toMatchObject({
    name: "Web & more",
    guestOs: "Debian_64",
    cpuCount: 4,
    memoryBytes: 2048 * 1024 * 1024,
    firmware: "efi",
  });
  expect(machine.disks).toEqual([
    { fileName: "Snapshots/{b}.vdi", problem: null, controller: "SATA 1:0" },
    { fileName: "{gone}", problem: expect.stringContaining("names no file"), controller: "SATA 3:0" },
  ]);
  expect(machine.hardware).toMatchObject({ tpm: true, notes: "kept by hand", suspended: false });
  expect(machine.hardware?.nics).toEqual([
    {
      label: "Adapter 1",
      mac: "08:00:27:aa:bb:cc",
      network: "BridgedInterface eth0",
      model: "82540EM",
      connected: true,
    },
  ]);
  expect(machine.hardware?.snapshots).toEqual([
    {
      id: "{s1}",
      parentId: null,
      name: "first",
      description: "old",
      createdAt: "2025-03-01T10:00:00.000Z",
      current: false,
    },
    { id: "{s2}", parentId: "{s1}", name: "second", description: "", createdAt: null, current: true },
  ]);
});

test("controllers beside Hardware, as older versions write them", () => {
  const machine = vbox(`<Machine uuid="{m}" name="old"><MediaRegistry><HardDisks>
    <HardDisk uuid="{a}" location="/abs/old.vdi"/></HardDisks></MediaRegistry><Hardware/>
    <StorageControllers><StorageController name="IDE"><AttachedDevice type="HardDisk" port="0" device="1">
    <Image uuid="{a}"/></AttachedDevice></StorageController></StorageControllers></Machine>`);
  expect(machine.disks).toEqual([{ fileName: "/abs/old.vdi", problem: null, controller: "IDE 0:1" }]);
});

test.each([
  ["another XML file", "<Envelope/>", "the root element is Envelope"],
  ["settings without a machine", '<VirtualBox xmlns="http://www.virtualbox.org/"><Global/></VirtualBox>', "no machine"],
  ["half a file", '<VirtualBox xmlns="http://www.virtualbox.org/"><Machine name="x">', "line 1"],
  ["a bomb", '<!DOCTYPE x [<!ENTITY a "b">]><VirtualBox/>', "document type"],
  ["endless nesting", "<VirtualBox>".repeat(300), "nested deeper"],
  ["no text at all", "\u0000\u0001", "line 1"],
])("%s is refused by name", (_, text, message) => {
  expect(() => parseVbox("bad.vbox", bytes(text))).toThrow(
    expect.objectContaining({ code: "machine.damaged", message: expect.stringContaining(message) }),
  );
});

test("more snapshots than anybody has are refused", () => {
  const many = "<Snapshot uuid='{s}' name='s'/>".repeat(1001);
  expect(() => vbox(`<Machine name="x">${many}</Machine>`)).toThrow(
    expect.objectContaining({ code: "machine.damaged" }),
  );
});
