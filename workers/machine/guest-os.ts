/**
 * What OVF readers call a guest system: the number of CIM_OperatingSystem.OSType (DSP0243, "OperatingSystemSection"), by which
 * VirtualBox goes, and the name of VMware's VirtualMachineGuestOsIdentifier, by which VMware goes. Found by what the source calls it,
 * which may be VMware's name, that of a VMX, of VirtualBox or of libosinfo, or words for people.
 */
import type { MachineDetail } from "../../src-core/model/inventory.ts";

export interface OvfGuest {
  /** CIM_OperatingSystem.OSType. */
  readonly cimId: number;
  /** VMware's name. */
  readonly vmwareId: string;
}

/** CIM number and VMware's name, for 32 and for 64 bits. */
type Row = readonly [pattern: RegExp, cim32: number, cim64: number, vmware32: string, vmware64: string];

/** The first that fits. Names that old hosts know too are preferred to exact ones: what a host does not know it refuses. */
const ROWS: readonly Row[] = [
  [/2022srvnext|\bwin.*(2025|2k25)/, 118, 118, "windows9Server64Guest", "windows2022srvNext_64Guest"],
  [/2019srvnext|\bwin.*(2022|2k22)/, 118, 118, "windows9Server64Guest", "windows2019srvNext_64Guest"],
  [/\bwin.*(2019|2k19)/, 118, 118, "windows9Server64Guest", "windows2019srv_64Guest"],
  [/windows9server|\bwin.*(2016|2k16)/, 118, 118, "windows9Server64Guest", "windows9Server64Guest"],
  [/\bwin.*(2012|2k12)[- ]?r2/, 115, 115, "windows8Server64Guest", "windows8Server64Guest"],
  [/windows8server|\bwin.*(2012|2k12)/, 112, 112, "windows8Server64Guest", "windows8Server64Guest"],
  [/windows7server|\bwin.*(2008|2k8)[- ]?r2/, 103, 103, "windows7Server64Guest", "windows7Server64Guest"],
  [/winlonghorn|longhorn|\bwin.*(2008|2k8)/, 76, 77, "winLonghornGuest", "winLonghorn64Guest"],
  [/winnet|\bwin.*(2003|2k3)/, 69, 70, "winNetStandardGuest", "winNetStandard64Guest"],
  [/\bwin.*(2000|2k)/, 58, 58, "win2000ServGuest", "win2000ServGuest"],
  [/\bwin.*vista/, 73, 74, "winVistaGuest", "winVista64Guest"],
  [/\bwin.*xp/, 67, 71, "winXPProGuest", "winXPPro64Guest"],
  [/\bwin\D*11/, 120, 120, "windows9_64Guest", "windows11_64Guest"],
  [/windows9|\bwin\D*10/, 119, 120, "windows9Guest", "windows9_64Guest"],
  [/\bwin\D*8\.1|windows81/, 116, 117, "windows8Guest", "windows8_64Guest"],
  [/\bwin\D*8/, 113, 114, "windows8Guest", "windows8_64Guest"],
  [/\bwin\D*7/, 105, 105, "windows7Guest", "windows7_64Guest"],
  [/\bwin/, 120, 120, "windows9_64Guest", "windows9_64Guest"],
  [/debian/, 95, 96, "debian10Guest", "debian10_64Guest"],
  [/ubuntu/, 93, 94, "ubuntuGuest", "ubuntu64Guest"],
  [/centos/, 106, 107, "centosGuest", "centos7_64Guest"],
  [/oracle/, 108, 109, "oracleLinuxGuest", "oracleLinux7_64Guest"],
  [/rhel|red ?hat|rocky|alma/, 79, 80, "rhel6Guest", "rhel7_64Guest"],
  [/sles|suse linux enterprise/, 84, 85, "sles12Guest", "sles12_64Guest"],
  [/suse/, 82, 83, "opensuseGuest", "opensuse64Guest"],
  [/fedora/, 36, 101, "fedoraGuest", "fedora64Guest"],
  [/linux|photon|coreos|flatcar|arch|gentoo|alpine|mandriva|asianux/, 36, 101, "otherLinuxGuest", "otherLinux64Guest"],
  [/freebsd/, 42, 78, "freebsdGuest", "freebsd64Guest"],
  [/openbsd/, 65, 65, "otherGuest", "otherGuest64"],
  [/netbsd/, 43, 43, "otherGuest", "otherGuest64"],
  [/solaris|illumos|omnios/, 29, 81, "solaris10Guest", "solaris10_64Guest"],
  [/esx|vmkernel/, 104, 104, "otherGuest64", "otherGuest64"],
];

const OTHER: Row = [/^/, 1, 102, "otherGuest", "otherGuest64"];
const BY_FAMILY: Readonly<Record<MachineDetail["family"], Row>> = {
  linux: [/^/, 36, 101, "otherLinuxGuest", "otherLinux64Guest"],
  windows: [/^/, 120, 120, "windows9_64Guest", "windows9_64Guest"],
  other: OTHER,
  unknown: OTHER,
};

/** @param machine its guest by the source's own word, by words for people, by family, in this order */
export function ovfGuest({ guestId, os, family }: Pick<MachineDetail, "guestId" | "os" | "family">): OvfGuest {
  const id = (guestId ?? "").toLowerCase();
  const words = (os ?? "").toLowerCase();
  const fits = (text: string) => ROWS.find(([pattern]) => text !== "" && pattern.test(text));
  const [, cim32, cim64, vmware32, vmware64] = fits(id) ?? fits(words) ?? BY_FAMILY[family];
  const wide = isWide(id, words);
  const stated = /^[a-z][a-z0-9_]{1,60}Guest(64)?$/i.test(guestId ?? "");
  return { cimId: wide ? cim64 : cim32, vmwareId: stated ? (guestId ?? "") : wide ? vmware64 : vmware32 };
}

/** VMware, VMX and VirtualBox name 64 bits and leave 32 out; where nothing names a width, today's systems are meant. */
function isWide(id: string, words: string): boolean {
  if (/64/.test(id) || /64|amd64/.test(words)) return true;
  if (/32-?bit|i[3-6]86/.test(words)) return false;
  return id === "" || id.includes("/");
}
