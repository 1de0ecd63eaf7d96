/**
 * A libvirt for stories from end to end: a tiny Linux that runs and writes, and one that is off, with the truth of their disks.
 *
 * | machine         | vda                                        | vdb                                                              |
 * | --------------- | ------------------------------------------ | ---------------------------------------------------------------- |
 * | `lab-running`   | qcow2, boots to the marker; never written  | qcow2, ext4, to whose /log the guest adds lines without end       |
 * | `lab-off`       | qcow2 overlay on a qcow2, boots likewise   | raw, stamped, with holes                                         |
 *
 * `truth` is a raw file to give to `qemu-img compare`; lab-running's vdb has none, because it never stands still: `readLog` tells
 * whether a copy of it is one instant of it. `bootsToMarker` starts a copy of a vda, of any format, under QEMU. Everything ends with
 * `stop`, and by itself when the process that started it is gone. By hand: `node e2e/servers/run-libvirt-lab.ts`.
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeDisk } from "../../workers/providers/libvirt/testing/guest.ts";
import { type LibvirtSession, startLibvirtSession } from "./libvirt-session.ts";
import { type SshServer, startSshServer } from "./ssh-server.ts";
import { MARKER, tinyLinuxDisk } from "./tiny-linux/boot-disk.ts";
import { run } from "./tiny-linux/parts.ts";

const UP_MS = 90_000;

export interface LabDisk {
  readonly target: "vda" | "vdb";
  /** Raw file with what the guest sees; null where it is written all the time. */
  readonly truth: string | null;
}

export interface LibvirtLabMachine {
  readonly name: string;
  /** Its id in an inventory. */
  readonly id: string;
  readonly disks: readonly LabDisk[];
}

export interface LibvirtLab {
  /** Of a source of kind libvirt, without a secret. */
  readonly address: string;
  /** The same through SSH; null unless asked for. */
  readonly ssh: (SshServer & { readonly address: string }) | null;
  readonly running: LibvirtLabMachine;
  readonly off: LibvirtLabMachine;
  /** virsh, the daemon, the folder. */
  readonly session: LibvirtSession;
  /** What is left of exports: backup jobs of the machines, files of ours in the scratch folder. Empty when all is clean. */
  remains(): string[];
  stop(): Promise<void>;
}

/** Starts it and waits until the running machine is up. @param options ssh: a way in through SSH besides; agent: with the guest agent */
export async function startLibvirtLab(
  options: { readonly ssh?: boolean; readonly agent?: boolean } = {},
): Promise<LibvirtLab> {
  const boot = await tinyLinuxDisk();
  const session = await startLibvirtSession();
  let server: SshServer | null = null;
  const stop = async () => {
    await server?.close();
    await session.close();
  };
  try {
    if (options.ssh === true) server = await startSshServer();
    const file = (name: string) => join(session.folder, name);
    const running = defineRunning(session, boot, file, options.agent ?? false);
    const off = defineOff(session, boot, file);
    await guestIsUp(file("serial"), options.agent ?? false, session);
    const at = server === null ? "" : `qemu+ssh://${server.username}@127.0.0.1:${server.port}`;
    return {
      address: session.address,
      ssh:
        server === null
          ? null
          : { ...server, address: `${at}/session?socket=${session.socket}&scratch=${session.folder}` },
      running,
      off,
      session,
      remains: () => remains(session),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type FileOf = (name: string) => string;

function defineRunning(session: LibvirtSession, boot: string, file: FileOf, agent: boolean): LibvirtLabMachine {
  copyFileSync(boot, file("running-vda.truth"));
  run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", boot, file("running-vda.qcow2")], session.folder);
  writeFileSync(file("log"), "");
  run("mke2fs", ["-q", "-t", "ext4", file("vdb.raw"), "24M"], session.folder);
  run("debugfs", ["-w", "-R", `write ${file("log")} log`, file("vdb.raw")], session.folder);
  run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", file("vdb.raw"), file("running-vdb.qcow2")], session.folder);
  const serial = `<serial type="file"><source path="${file("serial")}"/><target port="0"/></serial>`;
  const channel = `<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>`;
  const disks = (["vda", "vdb"] as const).map((target) => ({
    target,
    path: file(`running-${target}.qcow2`),
    format: "qcow2" as const,
  }));
  const id = session.define("lab-running", disks, {
    start: true,
    memoryMiB: 160,
    devices: agent ? serial + channel : serial,
  });
  return {
    name: "lab-running",
    id,
    disks: [
      { target: "vda", truth: file("running-vda.truth") },
      { target: "vdb", truth: null },
    ],
  };
}

function defineOff(session: LibvirtSession, boot: string, file: FileOf): LibvirtLabMachine {
  const [base, top] = [file("off-base.qcow2"), file("off-vda.qcow2")];
  run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", boot, base], session.folder);
  run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", top], session.folder);
  // Behind the file system: the overlay has something of its own.
  run("qemu-io", ["-f", "qcow2", "-c", "write -P 7 39M 64k", top], session.folder);
  run("qemu-img", ["convert", "-O", "raw", top, file("off-vda.truth")], session.folder);
  const shape = {
    sizeMiB: 24,
    data: [
      [0, 3],
      [9, 10],
      [20, 24],
    ],
    seed: 4,
    guest: "idle",
  } as const;
  for (const name of ["off-vdb.raw", "off-vdb.truth"]) makeDisk(file(name), "raw", shape);
  session.own(base);
  const id = session.define(
    "lab-off",
    [
      { target: "vda", path: top, format: "qcow2" },
      { target: "vdb", path: file("off-vdb.raw"), format: "raw" },
    ],
    { memoryMiB: 160 },
  );
  return {
    name: "lab-off",
    id,
    disks: [
      { target: "vda", truth: file("off-vda.truth") },
      { target: "vdb", truth: file("off-vdb.truth") },
    ],
  };
}

async function guestIsUp(serial: string, agent: boolean, session: LibvirtSession): Promise<void> {
  await saysMarker(serial, () => "the lab's running machine");
  for (let waited = 0; agent; waited += 200) {
    try {
      session.virsh("qemu-agent-command", "lab-running", '{"execute":"guest-ping"}');
      return;
    } catch (error) {
      if (waited > UP_MS) throw error;
      await sleep(200);
    }
  }
}

/** Waits for the marker in a file that a guest's serial port goes to. @throws Error with what the guest said */
export async function saysMarker(serial: string, who: () => string): Promise<void> {
  for (let waited = 0; ; waited += 100) {
    const said = readSerial(serial);
    if (said.includes(MARKER)) return;
    if (waited > UP_MS) throw new Error(`${who()} does not come up: "${said.slice(-2000)}"`);
    await sleep(100);
  }
}

function readSerial(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function remains(session: LibvirtSession): string[] {
  const found = run("ls", [session.folder], session.folder)
    .split("\n")
    .filter((name) => name.startsWith("hypersdk-"));
  for (const name of session.virsh("list", "--name").split("\n").filter(Boolean)) {
    const job = session.virsh("domjobinfo", name);
    if (!/Job type:\s+None/.test(job)) found.push(`a job of ${name}`);
  }
  return found;
}
