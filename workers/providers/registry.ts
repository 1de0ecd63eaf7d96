/** All providers. A new one is a folder here and one line below; its code is read when a source of it is connected. */
import { AppError } from "../../src-core/model/error.ts";
import type { SourceKind } from "../../src-core/model/source.ts";
import type { Provider } from "./provider.ts";

interface Entry {
  readonly kind: SourceKind;
  /** For menus. */
  readonly label: string;
  load(): Promise<Provider>;
}

/** In the order menus show them. */
export const PROVIDERS: readonly Entry[] = [
  {
    kind: "vsphere",
    label: "VMware vSphere",
    load: async () => (await import("./vsphere/vsphere.ts")).vsphereProvider,
  },
  {
    kind: "libvirt",
    label: "QEMU/KVM by libvirt",
    load: async () => (await import("./libvirt/libvirt.ts")).libvirtProvider,
  },
  {
    kind: "local",
    label: "Folder on this computer",
    load: async () => (await import("./local/local.ts")).localProvider,
  },
];

/** The provider of a kind. @throws AppError source.unsupported where this program has none */
export async function loadProvider(kind: SourceKind): Promise<Provider> {
  const entry = PROVIDERS.find((one) => one.kind === kind);
  if (entry === undefined)
    throw new AppError("source.unsupported", `This program cannot read sources of kind ${kind}.`);
  return entry.load();
}
