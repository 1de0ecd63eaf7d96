/** The disks of an export that come as streams: one lease for all of them, begun anew where the server ended it. */
import { AppError } from "../../../../src-core/model/error.ts";
import type { DiskTransport } from "../../provider.ts";
import type { DeviceUrl } from "../calls/leases.ts";
import { HostDoor } from "../http/host-door.ts";
import { Receivers } from "../http/receiver.ts";
import type { HostDisk } from "../machine/devices.ts";
import type { Session } from "../session.ts";
import type { Ref } from "../soap/read-value.ts";
import { DiskLease } from "../transport/disk-lease.ts";
import { type LeaseStream, openLeaseStream } from "../transport/lease-stream.ts";
import { deviceUrlOf, originOfDevice } from "./device-url.ts";

/** Disks of one machine at once. */
const CONNECTIONS = 8;

export class StreamDisks {
  readonly #session: Session;
  readonly #of: Ref;
  readonly #disks: readonly HostDisk[];
  readonly #expectedBytes: number;
  readonly #doors = new Map<string, HostDoor>();
  readonly #receivers = new Receivers();
  readonly #came = new Map<number, number>();
  readonly #verified = new Set<number>();
  #lease: Promise<DiskLease> | null = null;
  #closed = false;

  /**
   * @param of what is exported: a machine that is off, or a snapshot
   * @param disks all disks that the lease is about
   * @param expectedBytes of all streams, roughly, for the lease's progress
   */
  constructor(session: Session, of: Ref, disks: readonly HostDisk[], expectedBytes: number) {
    this.#session = session;
    this.#of = of;
    this.#disks = disks;
    this.#expectedBytes = Math.max(1, expectedBytes);
  }

  /** Takes the lease and tries whether the hosts of these disks' streams can be reached. @throws AppError what is in the way */
  async prepare(disks: readonly HostDisk[], signal: AbortSignal): Promise<void> {
    const lease = await this.#ready(signal);
    const doors = new Set(disks.map((disk) => this.#doorOf(deviceUrlOf(lease.urls, disk, this.#disks))));
    for (const door of doors) {
      try {
        const answer = await door.dispatcher.request({ path: "/", method: "HEAD", headersTimeout: 30_000, signal });
        await answer.body.dump();
      } catch (error) {
        const problem = door.translate(error, signal);
        if (problem.code !== "source.unreachable") throw problem;
        throw new AppError("source.unreachable", `${problem.message}. Disks are streamed from the ESXi host itself`, {
          hint: "Make its name known to this computer (DNS or hosts file), and let HTTPS (port 443) to it through the firewall.",
          ...(problem.details === undefined ? {} : { details: problem.details }),
          cause: problem,
        });
      }
    }
  }

  /** @throws AppError source.*, job.canceled */
  async open(disk: HostDisk, signal: AbortSignal): Promise<DiskTransport> {
    const lease = await this.#ready(signal);
    const stream = await this.#stream(lease, disk, signal).catch(async (error: unknown) => {
      // A lease that has ended unnoticed has no files any more: another one has.
      if (AppError.from(error).code !== "io.vanished" || !(await lease.isLost())) throw error;
      return await this.#stream(await this.#ready(signal), disk, signal);
    });
    return {
      kind: "stream",
      source: stream.source,
      close: async () => {
        if (stream.verified) this.#verified.add(disk.deviceKey);
        stream.close();
      },
    };
  }

  async #stream(lease: DiskLease, disk: HostDisk, signal: AbortSignal): Promise<LeaseStream> {
    const device = deviceUrlOf(lease.urls, disk, this.#disks);
    const door = this.#doorOf(device);
    const name = `${disk.label} (${disk.path ?? "stream"})`;
    const note = (bytes: number) => {
      this.#came.set(disk.deviceKey, bytes);
      const all = [...this.#came.values()].reduce((sum, one) => sum + one, 0);
      lease.note((100 * all) / this.#expectedBytes);
    };
    // The cookie is for the host that was logged in to, and nobody else.
    const cookie = door.origin === this.#session.origin ? this.#session.cookie() : null;
    return await openLeaseStream(door, this.#receivers, lease, device, name, cookie, note, signal);
  }

  /** Again is fine. Never throws. @param wanted disks that had to be read for the lease to be completed */
  async close(wanted: readonly HostDisk[]): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#receivers.close();
    const lease = await this.#lease?.catch(() => null);
    await lease?.close(wanted.every(({ deviceKey }) => this.#verified.has(deviceKey)));
    await Promise.all([...this.#doors.values()].map((door) => door.close()));
  }

  /** The lease, or another one where it is no more. */
  async #ready(signal: AbortSignal): Promise<DiskLease> {
    if (this.#closed) throw new AppError("internal.bug", "the export was closed already");
    const known = await this.#lease?.catch(() => null);
    if (known && known.lost === null) return known;
    if (known !== null && known !== undefined) {
      this.#verified.clear();
      await known.givenBack;
    }
    // It is there by the time that the lease is.
    this.#receivers.warm();
    const lease = DiskLease.open(this.#session, this.#of, signal);
    lease.catch(() => {});
    this.#lease = lease;
    return await lease;
  }

  #doorOf(device: DeviceUrl): HostDoor {
    const origin = originOfDevice(device, this.#session.origin);
    const known = this.#doors.get(origin);
    if (known !== undefined) return known;
    const { trust } = this.#session.config;
    // The vCenter, which was asked over a connection that is trusted, says which certificate its host has.
    const named = device.thumbprint !== null && origin !== this.#session.origin;
    const door = new HostDoor(
      origin,
      named ? { kind: "thumbprint", thumbprint: device.thumbprint } : trust,
      CONNECTIONS,
    );
    this.#doors.set(origin, door);
    return door;
  }
}
