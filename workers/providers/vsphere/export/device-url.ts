/** Which of a lease's URLs is which disk's. */
import { AppError } from "../../../../src-core/model/error.ts";
import type { DeviceUrl } from "../calls/leases.ts";
import type { HostDisk } from "../machine/devices.ts";

/**
 * Keys name the device by controller and unit: "/vm-42/ParaVirtualSCSIController0:1". Where they do not, only a machine with a single
 * disk is certain: a disk is never guessed by its place in a list.
 * @param all disks that the lease is about
 * @throws AppError source.protocol
 */
export function deviceUrlOf(urls: readonly DeviceUrl[], disk: HostDisk, all: readonly HostDisk[]): DeviceUrl {
  const disks = urls.filter(({ isDisk }) => isDisk);
  const wanted =
    disk.controller === null || disk.unit === null
      ? null
      : `${disk.controller.type}${disk.controller.bus}:${disk.unit}`;
  const found = disks.filter(({ key }) => wanted !== null && key.split("/").at(-1) === wanted);
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  const [only] = disks;
  if (only !== undefined && disks.length === 1 && all.length === 1) return only;
  throw new AppError(
    "source.protocol",
    `the lease does not tell which of its ${disks.length} streams is ${disk.label}`,
  );
}

/**
 * Where a stream comes from; `*` stands for the host that is connected to.
 * @param origin of the host that is connected to
 * @throws AppError source.protocol for what is no HTTPS address
 */
export function originOfDevice({ url }: DeviceUrl, origin: string): string {
  try {
    const connected = new URL(origin);
    const parsed = new URL(url.replace(/^(https?:\/\/)\*/, (_, scheme: string) => scheme + connected.hostname));
    if (parsed.protocol === "https:") {
      if (/^https:\/\/\*(\/|$)/.test(url)) return connected.origin;
      return parsed.origin;
    }
  } catch {
    // Told below.
  }
  throw new AppError("source.protocol", `the lease names '${url.slice(0, 200)}', which is no HTTPS address`);
}
