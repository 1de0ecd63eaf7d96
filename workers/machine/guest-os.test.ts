import { expect, test } from "vitest";
import { ovfGuest } from "./guest-os.ts";

test.each([
  // VMware
  ["debian11_64Guest", null, 96, "debian11_64Guest"],
  ["otherGuest64", null, 102, "otherGuest64"],
  ["otherGuest", null, 1, "otherGuest"],
  ["ubuntuGuest", null, 93, "ubuntuGuest"],
  ["windows9Server64Guest", "Microsoft Windows Server 2016 or later (64-bit)", 118, "windows9Server64Guest"],
  ["windows9_64Guest", null, 120, "windows9_64Guest"],
  ["windows9Guest", null, 119, "windows9Guest"],
  ["windows8Server64Guest", null, 112, "windows8Server64Guest"],
  ["windows7Server64Guest", null, 103, "windows7Server64Guest"],
  ["winLonghorn64Guest", null, 77, "winLonghorn64Guest"],
  ["winNetEnterprise64Guest", null, 70, "winNetEnterprise64Guest"],
  ["darwin18_64Guest", null, 102, "darwin18_64Guest"],
  ["rhel8_64Guest", null, 80, "rhel8_64Guest"],
  ["other4xLinux64Guest", null, 101, "other4xLinux64Guest"],
  // VMX
  ["debian11-64", null, 96, "debian10_64Guest"],
  ["ubuntu", null, 93, "ubuntuGuest"],
  ["windows2019srv-64", null, 118, "windows2019srv_64Guest"],
  ["centos7-64", null, 107, "centos7_64Guest"],
  // VirtualBox
  ["Windows10_64", null, 120, "windows9_64Guest"],
  ["Windows7", null, 105, "windows7Guest"],
  ["RedHat_64", null, 80, "rhel7_64Guest"],
  ["Linux26_64", null, 101, "otherLinux64Guest"],
  // libosinfo
  ["http://debian.org/debian/12", null, 96, "debian10_64Guest"],
  ["http://microsoft.com/win/2k19", null, 118, "windows2019srv_64Guest"],
  ["http://microsoft.com/win/2k12r2", null, 115, "windows8Server64Guest"],
  ["http://microsoft.com/win/11", null, 120, "windows11_64Guest"],
  ["http://centos.org/centos-stream/9", null, 107, "centos7_64Guest"],
  // Words
  [null, "Ubuntu 22.04.3 LTS", 94, "ubuntu64Guest"],
  [null, "SUSE Linux Enterprise Server 15", 85, "sles12_64Guest"],
  [null, "Debian GNU/Linux 6 (32-bit)", 95, "debian10Guest"],
  [null, "Windows 7 (build 7601, x86_64)", 105, "windows7_64Guest"],
  // What is no name of VMware's must not become one.
  ['evil64" x="Guest', null, 102, "otherGuest64"],
])("%s, %s is %i, %s", (guestId, os, cimId, vmwareId) => {
  expect(ovfGuest({ guestId, os, family: "unknown" })).toEqual({ cimId, vmwareId });
});

test("by family where nothing else is known", () => {
  const of = (family: "linux" | "windows" | "unknown") => ovfGuest({ guestId: null, os: null, family }).vmwareId;
  expect([of("linux"), of("windows"), of("unknown")]).toEqual([
    "otherLinux64Guest",
    "windows9_64Guest",
    "otherGuest64",
  ]);
});
