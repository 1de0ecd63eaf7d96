/** What comes in as text: addresses, known hosts, XML, names of files. */
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import type { AppError } from "../../../src-core/model/error.ts";
import { parseLibvirtAddress, socketPaths } from "./address.ts";
import { markedBase, parseMarked, socketPath } from "./backup-job.ts";
import { parseDomainXml } from "./domain-xml.ts";
import { lookUpHostKey } from "./known-hosts.ts";
import { quoted } from "./ssh.ts";
import { escapeXml, parseXml } from "./xml-tree.ts";

const codeOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    return (error as AppError).code;
  }
};

test.each([
  ["qemu:///system", { mode: "system", ssh: null, socket: null, scratchFolder: "/var/tmp", uri: "qemu:///system" }],
  ["qemu+unix:///session?socket=/a/b&scratch=/c/", { mode: "session", socket: "/a/b", scratchFolder: "/c" }],
  ["qemu+ssh://root@kvm1:2222/system", { ssh: { host: "kvm1", port: 2222, user: "root" } }],
  ["qemu+ssh://[fe80::1]/system", { ssh: { host: "fe80::1", port: 22, user: null } }],
])("address %s", (address, expected) => {
  expect(parseLibvirtAddress(address)).toMatchObject(expected);
});

test.each([
  "",
  "kvm1",
  "http://kvm1/system",
  "xen:///system",
  "qemu:///",
  "qemu:///other",
  "qemu://kvm1/system",
  "qemu+ssh:///system",
  "qemu+ssh://root:secret@kvm1/system",
  "qemu:///system?no_verify=1",
  "qemu:///system?socket=relative",
  "qemu+ssh://kvm1/session",
  "qemu:///system?scratch=/a%00b",
  "qemu:///system?scratch=/a%0ab",
])("no address: %s", (address) => {
  expect(codeOf(() => parseLibvirtAddress(address))).toBe("request.invalid");
});

test("modular daemons are tried first", () => {
  expect(socketPaths(parseLibvirtAddress("qemu:///system"), "/run/user/7")).toEqual([
    "/run/libvirt/virtqemud-sock",
    "/run/libvirt/libvirt-sock",
  ]);
  expect(socketPaths(parseLibvirtAddress("qemu:///session"), "/run/user/7")[0]).toBe(
    "/run/user/7/libvirt/virtqemud-sock",
  );
});

const blob = (type: string, body: string) => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(type.length);
  return Buffer.concat([head, Buffer.from(type + body)]);
};
const [key, other] = [blob("ssh-ed25519", "one"), blob("ssh-ed25519", "two")];
const rsa = blob("ssh-rsa", "three");
const line = (hosts: string, one: Buffer, type = "ssh-ed25519") =>
  `${hosts} ${type} ${one.toString("base64")} comment\n`;
const hashed = (name: string) =>
  `|1|${Buffer.from("salt").toString("base64")}|${createHmac("sha1", "salt").update(name).digest("base64")}`;

test.each([
  [line("kvm1,10.0.0.1", key), 22, "known"],
  [line("*.example.com", key), 22, "unknown"],
  [line("kvm?", key), 22, "known"],
  [line("*,!kvm1", key), 22, "unknown"],
  [line("kvm1", other), 22, "changed"],
  [line("kvm1", rsa, "ssh-rsa"), 22, "unknown"],
  [line("kvm1", other) + line("kvm1", key), 22, "known"],
  [line("kvm1", key), 2222, "unknown"],
  [line("[kvm1]:2222", key), 2222, "known"],
  [line(hashed("kvm1"), key), 22, "known"],
  [line(hashed("[kvm1]:2222"), key), 2222, "known"],
  [`@revoked ${line("kvm1", key)}${line("kvm1", key)}`, 22, "revoked"],
  [`@cert-authority ${line("kvm1", key)}`, 22, "unknown"],
  ["# kvm1 ssh-ed25519 AAAA\n\nkvm1\nkvm1 ssh-ed25519\n|1|x\n", 22, "unknown"],
] as const)("known_hosts %#: %s port %i is %s", (list, port, verdict) => {
  expect(lookUpHostKey(list, "KVM1", port, key)).toBe(verdict);
});

test.each([
  ["a document type", '<!DOCTYPE d [<!ENTITY a "b">]><domain/>'],
  ["an entity", "<domain>&a;</domain>"],
  ["another root", "<pool/>"],
  ["no end", "<domain><devices>"],
  ["nothing", ""],
  ["depth", "<domain>".repeat(600)],
  ["elements", `<domain>${"<a/>".repeat(100_001)}</domain>`],
  ["size", `<domain>${" ".repeat(4 * 1024 * 1024)}</domain>`],
])("XML with %s is refused", (_, xml) => {
  expect(codeOf(() => parseXml(xml, "domain", "the test"))).toBe("source.protocol");
});

test("a machine's description", () => {
  const xml = parseDomainXml(
    `<domain type="kvm"><name>web01</name><title>Web</title><description>front</description>
    <metadata><libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0"><libosinfo:os id="http://debian.org/debian/12"/></libosinfo:libosinfo></metadata>
    <memory unit="GiB">4</memory><vcpu>2</vcpu>
    <os firmware="efi"><type machine="pc-q35-8.0">hvm</type><firmware><feature enabled="yes" name="secure-boot"/></firmware></os>
    <devices>
      <disk type="file" device="disk"><driver type="qcow2"/><source file="/d/top.qcow2"/>
        <backingStore type="file"><format type="raw"/><source file="/d/base.raw"/><backingStore/></backingStore><target dev="vda" bus="virtio"/></disk>
      <disk type="network" device="disk"><driver type="raw"/><source protocol="rbd" name="pool/image"><encryption format="luks"/></source><target dev="sda" bus="scsi"/><shareable/><address type="drive" controller="1" unit="3"/></disk>
      <disk type="volume" device="disk"><source pool="p" volume="v"/><target dev="vdb"/></disk>
      <disk type="file" device="cdrom"><target dev="sdb"/><readonly/></disk>
      <disk type="file" device="disk"><source file="/x"/></disk>
      <interface type="network"><mac address="52:54:00:00:00:01"/><source network="default"/><model type="virtio"/><link state="down"/></interface>
      <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0" state="connected"/></channel>
      <tpm model="tpm-crb"/><hostdev/>
    </devices></domain>`,
    "web01",
  );
  expect(xml).toMatchObject({
    name: "web01",
    cpus: 2,
    memoryBytes: 4 * 1024 ** 3,
    machineType: "pc-q35-8.0",
    firmware: "efi",
    secureBoot: true,
    tpm: true,
    osId: "http://debian.org/debian/12",
    agent: "connected",
    hostDisks: 1,
    nics: [{ mac: "52:54:00:00:00:01", network: "default", model: "virtio", connected: false }],
  });
  expect(
    xml.disks.map(({ target, source, slot, shareable }) => [
      target,
      source.type,
      source.path ?? source.network ?? source.volume?.name ?? null,
      slot,
      shareable,
    ]),
  ).toEqual([
    ["vda", "file", "/d/top.qcow2", null, false],
    ["sda", "network", "rbd:pool/image", "1:3", true],
    ["vdb", "volume", "v", null, false],
    ["sdb", "none", null, null, false],
  ]);
  expect(xml.disks[0]?.chain.map(({ path, format }) => [path, format])).toEqual([
    ["/d/top.qcow2", "qcow2"],
    ["/d/base.raw", "raw"],
  ]);
  expect(xml.disks[1]?.source.encrypted).toBe(true);
});

test("a machine with nothing, and one with numbers that are none", () => {
  expect(parseDomainXml("<domain/>", "x")).toMatchObject({
    name: "x",
    cpus: null,
    memoryBytes: null,
    disks: [],
    agent: null,
  });
  const odd = "<domain><vcpu>-1</vcpu><memory unit='parsec'>4</memory></domain>";
  expect(parseDomainXml(odd, "x")).toMatchObject({ cpus: null, memoryBytes: null });
  expect(parseDomainXml("<domain><memory unit='TiB'>999999999999999</memory></domain>", "x").memoryBytes).toBeNull();
});

test("what goes into XML and shell lines stays text", () => {
  expect(escapeXml(`<a b="c">&'\u0000`)).toBe("&lt;a b=&quot;c&quot;&gt;&amp;&apos; ");
  expect(quoted("it's $(reboot)")).toBe(`'it'\\''s $(reboot)'`);
  expect(codeOf(() => quoted("a\nb"))).toBe("source.unsupported");
});

const ref = { name: "x", uuid: Buffer.from("0badcafe445566778899aabbccddeeff", "hex"), id: 1 };
test("marked names are ours, and nothing else is", () => {
  const base = markedBase("hypersdk-0198-ab_c", ref);
  expect(base).toBe("hypersdk-0198-ab_c-0badcafe");
  expect(parseMarked(`${base}-vda.scratch`)).toEqual({
    mark: "hypersdk-0198-ab_c",
    machine: "0badcafe",
    extension: "scratch",
  });
  expect(parseMarked(`${base}.sock`)).toEqual({ mark: "hypersdk-0198-ab_c", machine: "0badcafe", extension: "sock" });
  for (const name of [
    "hypersdk-x.sock",
    `../${base}.sock`,
    `${base}/x.sock`,
    `${base}.qcow2`,
    `${base}.sock.bak`,
    "vm-0badcafe.sock",
  ]) {
    expect(parseMarked(name)).toBeNull();
  }
  for (const mark of ["run", "hypersdk-", "hypersdk-../x", "hypersdk-a b"])
    expect(codeOf(() => markedBase(mark, ref))).toBe("internal.bug");
  expect(codeOf(() => socketPath(`/${"x".repeat(100)}`, "hypersdk.sock"))).toBe("source.unsupported");
});
