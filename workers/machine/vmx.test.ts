import { describe, expect, test } from "vitest";
import { MAX_VMX_BYTES, parseSnapshots, parseVmx, snapshotCount } from "./vmx.ts";

const bytes = (text: string) => Buffer.from(text, "utf8");
const vmx = (text: string) => parseVmx("web.vmx", bytes(`config.version = "8"\n${text}`));

describe("parseVmx", () => {
  test("a machine with two disks and a CD drive", () => {
    const machine = parseVmx(
      "web.vmx",
      bytes(`#!/usr/bin/vmware
.encoding = "UTF-8"
config.version = "8"
displayName = "Web – 01"
guestOS = "debian12-64"
memsize = "4096"
numvcpus = "4"
firmware = "efi"
scsi0.present = "TRUE"
scsi0:1.fileName = "data|22quoted|22.vmdk"
scsi0:1.present = "TRUE"
SCSI0:0.FILENAME = "web.vmdk"
scsi0:10.fileName = "late.vmdk"
scsi0:2.fileName = "gone.vmdk"
scsi0:2.present = "false"
ide1:0.fileName = "/usr/lib/tools/linux.iso"
ide1:0.deviceType = "cdrom-image"
ide1:1.fileName = "auto detect"
scsi1.virtualDev = "pvscsi"
scsi1:0.fileName = "fast.vmdk"
scsi2.virtualDev = "no model"
scsi2:0.fileName = "odd.vmdk"
`),
    );
    expect(machine).toEqual({
      name: "Web – 01",
      guestOs: "debian12-64",
      cpuCount: 4,
      memoryBytes: 4096 * 1024 * 1024,
      firmware: "efi",
      disks: [
        { fileName: "web.vmdk", problem: null, controller: "scsi0:0" },
        { fileName: 'data"quoted".vmdk', problem: null, controller: "scsi0:1" },
        { fileName: "late.vmdk", problem: null, controller: "scsi0:10" },
        { fileName: "fast.vmdk", problem: null, controller: "scsi1:0 pvscsi" },
        { fileName: "odd.vmdk", problem: null, controller: "scsi2:0" },
      ],
      warnings: [],
      hardware: expect.objectContaining({ nics: [], tpm: false, suspended: false, encrypted: false }),
    });
  });

  test("hardware that the library does not list", () => {
    const { hardware } = vmx(`
virtualHW.version = "19"
annotation = "first|0Asecond"
uefi.secureBoot.enabled = "TRUE"
vtpm.present = "TRUE"
checkpoint.vmState = "web-1.vmss"
encryption.keySafe = "x"
ethernet1.present = "TRUE"
ethernet1.virtualDev = "vmxnet3"
ethernet1.networkName = "VM Network"
ethernet1.generatedAddress = "00:0c:29:aa:bb:cc"
ethernet1.startConnected = "FALSE"
ethernet0.present = "FALSE"
`);
    expect(hardware).toMatchObject({ secureBoot: true, tpm: true, suspended: true, encrypted: true });
    expect(hardware).toMatchObject({ hardwareVersion: "vmx-19", notes: "first\nsecond" });
    expect(hardware?.nics).toEqual([
      { label: "ethernet1", mac: "00:0c:29:aa:bb:cc", network: "VM Network", model: "vmxnet3", connected: false },
    ]);
  });

  test("snapshots with their times and the one the machine stands on", () => {
    const text = `
snapshot.numSnapshots = "2"
snapshot.current = "2"
snapshot0.uid = "1"
snapshot0.displayName = "before"
snapshot0.createTimeHigh = "396446"
snapshot0.createTimeLow = "-1149239296"
snapshot1.uid = "2"
snapshot1.parent = "1"
snapshot1.displayName = "after"
`;
    const found = parseSnapshots("web.vmsd", bytes(text));
    expect(found.map(({ id, parentId, name, current }) => [id, parentId, name, current])).toEqual([
      ["1", null, "before", false],
      ["2", "1", "after", true],
    ]);
    // (396446 * 2^32 + (2^32 - 1149239296)) microseconds
    expect(found[0]?.createdAt).toBe(
      new Date(Math.floor((396446 * 2 ** 32 + 2 ** 32 - 1149239296) / 1000)).toISOString(),
    );
  });

  test("what is not said: one CPU, BIOS, no memory", () => {
    expect(vmx("")).toMatchObject({ name: null, cpuCount: 1, firmware: "bios", memoryBytes: null, disks: [] });
  });

  test.each([
    ["nothing but line ends", "\n".repeat(400_000)],
    ["blanks behind a word", `a${" ".repeat(400_000)}b`],
    ["blanks inside a value", `memsize = ${" ".repeat(400_000)}1${" ".repeat(400_000)}x`],
    ["one line of equals signs", "=".repeat(400_000)],
  ])("%s are read in no time", (_, text) => {
    const before = process.threadCpuUsage();
    expect(() => parseVmx("long.vmx", bytes(text))).toThrow(
      expect.objectContaining({ code: "machine.damaged", message: expect.stringContaining("neither config.version") }),
    );
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(1000);
  });

  test("a stated encoding is obeyed", () => {
    const text = Buffer.from('.encoding = "windows-1252"\r\ndisplayName = "caf\u00e9"\r\n', "latin1");
    expect(parseVmx("a.vmx", text).name).toBe("café");
    expect(() => parseVmx("a.vmx", Buffer.from('.encoding = "klingon"\ndisplayName = "a"'))).toThrow(/known encoding/);
  });

  test("control characters never reach a name", () => {
    expect(vmx('displayName = "a|0Ab|1B[31mc"').name).toBe("a b [31mc");
  });

  test.each([
    ["bytes that are not UTF-8", Buffer.from([0x64, 0xff, 0xfe, 0x3d])],
    ["a binary file", Buffer.from("KDMV\0\0\0displayName")],
    ["other text", bytes("hello = world\n")],
    ["an endless file", Buffer.alloc(MAX_VMX_BYTES + 1, 0x20)],
    ["endless entries", bytes(Array.from({ length: 20_002 }, (_, i) => `k${i} = "v"`).join("\n"))],
  ])("%s is refused", (_, content) => {
    expect(() => parseVmx("bad.vmx", content)).toThrow(expect.objectContaining({ code: "machine.damaged" }));
  });

  test.each(['memsize = "-5"', 'memsize = "lots"', 'memsize = "99999999999"'])("%s is a warning", (line) => {
    const machine = vmx(line);
    expect(machine.memoryBytes).toBeNull();
    expect(machine.warnings).toHaveLength(1);
  });
});

test("snapshotCount: stated, else counted", () => {
  expect(snapshotCount("a.vmsd", bytes('snapshot.numSnapshots = "3"\nsnapshot0.uid = "1"'))).toBe(3);
  expect(snapshotCount("a.vmsd", bytes('snapshot0.uid = "1"\nsnapshot1.uid = "4"\nsnapshot1.displayName = "x"'))).toBe(
    2,
  );
  expect(snapshotCount("a.vmsd", bytes('.encoding = "UTF-8"'))).toBe(0);
});
