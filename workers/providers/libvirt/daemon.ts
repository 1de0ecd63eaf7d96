/** The daemons of one libvirt: one for everything, or (modular) one for machines and others for storage and networks. */
import { AppError } from "../../../src-core/model/error.ts";
import type { SourceConfig } from "../../../src-core/model/source.ts";
import type { ProviderContext } from "../provider.ts";
import { type LibvirtAddress, parseLibvirtAddress, socketPaths } from "./address.ts";
import { type Host, reachHost } from "./host.ts";
import { openRpc, type Rpc } from "./rpc/client.ts";
import { isLibvirtError, LIBVIRT_ERROR } from "./rpc/errors.ts";
import { CALL, type DomainRef } from "./rpc/procedures.ts";

export interface Daemon {
  readonly address: LibvirtAddress;
  readonly host: Host;
  /** Of the computer libvirt runs on. */
  readonly hostName: string;
  /** e.g. "9.0.0", "7.2.22". */
  readonly libvirtVersion: string;
  readonly qemuVersion: string;
  /** Machines. */
  readonly machines: Rpc;
  /** Null: there is none that answers. */
  readonly storage: Rpc | null;
  readonly networks: Rpc | null;
  close(): void;
}

/** @throws AppError as Provider.connect */
export async function openDaemon(config: SourceConfig, context: ProviderContext): Promise<Daemon> {
  if (context.signal.aborted) throw new AppError("job.canceled");
  const address = parseLibvirtAddress(config.address);
  const host = await reachHost(address, config, context);
  const opened: Rpc[] = [];
  const close = () => {
    for (const rpc of opened) rpc.close();
    host.close();
  };
  try {
    const { path, stream } = await firstSocket(address, host);
    const machines = await openRpc(stream, address.uri, `libvirt on ${host.name}`);
    opened.push(machines);
    const [{ name: hostName }, library, hypervisor] = await Promise.all([
      machines.call(CALL.hostName, null, "the host's name"),
      machines.call(CALL.libraryVersion, null, "libvirt's version"),
      machines.call(CALL.hypervisorVersion, null, "QEMU's version"),
    ]);
    const modular = path.endsWith("/virtqemud-sock");
    const other = async (kind: "storage" | "network") => {
      if (!modular) return machines;
      try {
        const socket = path.replace(/virtqemud-sock$/, `virt${kind}d-sock`);
        const rpc = await openRpc(
          await host.openSocket(socket),
          `${kind}:///${address.mode}`,
          `${socket} on ${host.name}`,
        );
        opened.push(rpc);
        return rpc;
      } catch (error) {
        context.log("warning", `${hostName}: no ${kind} daemon: ${AppError.from(error).message}`);
        return null;
      }
    };
    if (context.signal.aborted) throw new AppError("job.canceled");
    return {
      address,
      host,
      hostName,
      libvirtVersion: versionText(library.version),
      qemuVersion: versionText(hypervisor.version),
      machines,
      storage: await other("storage"),
      networks: await other("network"),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function firstSocket(address: LibvirtAddress, host: Host) {
  const runtime = process.env.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? 0}`;
  const failures: AppError[] = [];
  for (const path of socketPaths(address, runtime)) {
    try {
      return { path, stream: await host.openSocket(path) };
    } catch (error) {
      failures.push(AppError.from(error));
    }
  }
  const worst = failures.find(({ code }) => code !== "source.unreachable") ?? failures[0];
  const hint =
    worst?.code === "source.unreachable"
      ? { hint: "Check that libvirt is installed and runs there: virsh version." }
      : {};
  throw new AppError(
    worst?.code ?? "source.unreachable",
    `libvirt on ${host.name}: ${failures.map(({ message }) => message).join("; ")}`,
    {
      ...(worst?.hint === undefined ? {} : { hint: worst.hint }),
      ...hint,
      cause: worst,
    },
  );
}

/** libvirt's versions are numbers: 1,000,000 × major + 1,000 × minor + release. */
function versionText(version: bigint): string {
  return `${version / 1_000_000n}.${(version / 1000n) % 1000n}.${version % 1000n}`;
}

/** The inventory node of the one host of a libvirt. */
export const HOST_NODE = "host";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function uuidText(uuid: Buffer): string {
  const hex = uuid.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** @throws AppError source.no-machine */
export async function findDomain(machines: Rpc, id: string): Promise<DomainRef> {
  const none = () => new AppError("source.no-machine", `There is no machine ${id.slice(0, 100)}.`);
  if (!UUID.test(id)) throw none();
  try {
    const uuid = Buffer.from(id.replaceAll("-", ""), "hex");
    return (await machines.call(CALL.domainByUuid, { uuid }, `machine ${id}`)).domain;
  } catch (error) {
    if (isLibvirtError(error, LIBVIRT_ERROR.noDomain)) throw none();
    throw error;
  }
}
