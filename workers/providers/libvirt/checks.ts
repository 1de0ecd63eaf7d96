/** What an account can and cannot do on a libvirt, a line each. */
import { AppError } from "../../../src-core/model/error.ts";
import { clip, INVENTORY_TEXT } from "../../../src-core/model/inventory-limits.ts";
import type { ProbeCheck } from "../../../src-core/model/source.ts";
import type { Daemon } from "./daemon.ts";
import { canBackUp } from "./machine-detail.ts";
import { CALL } from "./rpc/procedures.ts";
import { quoted } from "./ssh.ts";

export async function checkDaemon(daemon: Daemon): Promise<ProbeCheck[]> {
  const { machines, host, address, libvirtVersion, storage } = daemon;
  const checks: Promise<ProbeCheck>[] = [
    line("machines", "Machines can be listed", async () => {
      const { count } = await machines.call(CALL.listDomains, { needResults: 0, flags: 0 }, "the machines");
      return `${count} machines on ${daemon.hostName}.`;
    }),
    line("running", "Running machines can be exported", async () => {
      if (canBackUp(libvirtVersion)) return `libvirt ${libvirtVersion} has backup jobs.`;
      throw new AppError("source.unsupported", `libvirt ${libvirtVersion} has no usable backup jobs.`, {
        hint: "Update libvirt to 7.2 or later, or shut machines down before they are exported.",
      });
    }),
    line("scratch", "The scratch folder can be looked into", async () => {
      await host.listFolder(address.scratchFolder);
      const free = await host.freeBytes(address.scratchFolder);
      const room = free === null ? "" : ` ${(free / 1024 ** 3).toFixed(1)} GiB are free.`;
      return `${address.scratchFolder} on ${host.name}: QEMU must be able to write there, as much as a guest overwrites while it is read.${room}`;
    }),
    line("storage", "Storage pools can be listed", async () => {
      if (storage === null) throw new AppError("source.unsupported", "No storage daemon answers.");
      const { count } = await storage.call(CALL.listPools, { needResults: 0, flags: 0 }, "the storage pools");
      return `${count} storage pools.`;
    }),
  ];
  const { ssh } = host;
  if (ssh !== null) {
    checks.push(
      line("off", "Machines that are off can be exported", async () => {
        const { code, output } = await ssh.run(`sh -c ${quoted("command -v qemu-nbd")}`);
        if (code === 0) return `${clip(output.trim(), 200)} reads their disks.`;
        throw new AppError("source.unsupported", `There is no qemu-nbd on ${host.name}.`, {
          hint: "Install it there (Debian: qemu-utils, Fedora: qemu-img).",
        });
      }),
    );
  }
  return Promise.all(checks);
}

async function line(id: string, label: string, probe: () => Promise<string>): Promise<ProbeCheck> {
  try {
    return { id, label, ok: true, missing: [], message: clip(await probe(), INVENTORY_TEXT.message), remedy: null };
  } catch (thrown) {
    const error = AppError.from(thrown);
    return {
      id,
      label,
      ok: false,
      missing: error.code === "source.privilege" ? ["org.libvirt.unix.manage"] : [],
      message: clip(error.message, INVENTORY_TEXT.message),
      remedy: error.hint ?? null,
    };
  }
}
