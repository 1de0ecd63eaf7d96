/** The lab itself, and what only a guest that is a real Linux shows: exports that boot, and file systems that were held still. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SourceConfig, SourceSecret } from "../../src-core/model/source.ts";
import { libvirtProvider } from "../../workers/providers/libvirt/libvirt.ts";
import type { Connection, ExportDisk, ExportOptions } from "../../workers/providers/provider.ts";
import { testContext } from "../../workers/providers/testing/test-context.ts";
import { qemuSaysIdentical } from "../qemu.ts";
import { type LibvirtLab, startLibvirtLab } from "./libvirt-lab.ts";
import { bootsToMarker, readLog } from "./libvirt-lab-judges.ts";

const MiB = 1024 * 1024;
const signal = new AbortController().signal;
const options = (more: Partial<ExportOptions> = {}): ExportOptions => ({
  mark: "hypersdk-lab",
  quiesce: "no",
  diskKeys: null,
  connectionsPerHost: 4,
  resume: null,
  ...more,
});
let lab: LibvirtLab;
const connections: Connection[] = [];

beforeAll(async () => {
  lab = await startLibvirtLab({ ssh: true, agent: true });
});
afterAll(async () => {
  for (const connection of connections) await connection.close();
  await lab?.stop();
});

async function connect(way: "here" | "SSH" = "here"): Promise<Connection> {
  const { ssh } = lab;
  if (ssh === null) throw new Error("no SSH");
  const here: SourceConfig = { kind: "libvirt", address: lab.address, username: null, trust: { kind: "system" } };
  const config: SourceConfig =
    way === "here" ? here : { ...here, address: ssh.address, trust: { kind: "pinned", fingerprint: ssh.fingerprint } };
  const secret: SourceSecret = {
    password: null,
    privateKey: way === "here" ? null : ssh.privateKey,
    passphrase: null,
  };
  const connection = await libvirtProvider.connect(config, testContext(secret, []));
  connections.push(connection);
  return connection;
}

/** Copies a disk of an export into a raw file. */
async function copyOut(disk: ExportDisk | undefined, name: string): Promise<string> {
  if (disk === undefined) throw new Error("no disk");
  const path = join(lab.session.folder, name);
  rmSync(path, { force: true });
  const transport = await disk.open(signal);
  const file = await open(path, "wx");
  try {
    if (transport.kind !== "random") throw new Error("a stream");
    const { reader } = transport;
    await file.truncate(reader.virtualSizeBytes);
    for await (const { start, length, state } of reader.extents(0, reader.virtualSizeBytes)) {
      for (let at = start; state === "data" && at < start + length; at += MiB) {
        const piece = Buffer.alloc(Math.min(MiB, start + length - at));
        await reader.read(at, piece);
        await file.write(piece, 0, piece.length, at);
      }
    }
  } finally {
    await file.close();
    await transport.close();
  }
  return path;
}

test.each(["here", "SSH"] as const)(
  "machines that run and that are off: equal to the truth, and they boot (%s)",
  async (way) => {
    const connection = await connect(way);
    const checks = await connection.test();
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.find(({ id }) => id === "scratch")?.message).toMatch(/ [1-9]\d*\.\d GiB are free/);
    for (const machine of [lab.running, lab.off]) {
      const session = await connection.openExport(machine.id, options(), signal);
      for (const { target, truth } of machine.disks) {
        const copy = await copyOut(
          session.disks.find(({ key }) => key === target),
          `${machine.name}-${target}.raw`,
        );
        if (truth !== null) qemuSaysIdentical(truth, copy);
        else expect(readLog(copy, "raw").lines).toBeGreaterThan(0);
        if (target === "vda" && way === "here") await bootsToMarker(copy, "raw");
      }
      await session.close(false);
    }
    expect(lab.remains()).toEqual([]);
  },
);

test("quiesced by the guest's agent: its file system needs no journal, and the guest writes on", async () => {
  const connection = await connect();
  expect((await connection.machine(lab.running.id)).agent).toBe("running");
  const session = await connection.openExport(
    lab.running.id,
    options({ quiesce: "require", diskKeys: ["vdb"] }),
    signal,
  );
  expect(session.warnings).toEqual([]);
  const held = readLog(await copyOut(session.disks[0], "held.raw"), "raw");
  await session.close(false);
  expect(held.quiesced).toBe(true);
  const later = await connection.openExport(lab.running.id, options({ diskKeys: ["vdb"] }), signal);
  const free = readLog(await copyOut(later.disks[0], "free.raw"), "raw");
  await later.close(false);
  expect(free.quiesced).toBe(false);
  expect(free.lines).toBeGreaterThan(held.lines);
});

test.each(["here", "SSH"] as const)(
  "a guest that an attempt left frozen when it died is found, and thawed (%s)",
  async (way) => {
    const connection = await connect(way);
    const status = () => lab.session.virsh("qemu-agent-command", "lab-running", '{"execute":"guest-fsfreeze-status"}');
    const leaveFrozen = () => {
      writeFileSync(join(lab.session.folder, `hypersdk-lab-${lab.running.id.slice(0, 8)}.frozen`), "");
      lab.session.virsh("domfsfreeze", "lab-running");
      expect(status()).toContain("frozen");
    };
    leaveFrozen();
    for (const left of await connection.leftovers()) {
      expect(left).toMatchObject({ kind: "frozen guest", machineName: "lab-running" });
      await connection.removeLeftover(left);
    }
    expect(status()).toContain("thawed");
    leaveFrozen();
    const session = await connection.openExport(lab.running.id, options({ quiesce: "require" }), signal);
    await session.close(false);
    expect(status()).toContain("thawed");
    expect(lab.remains()).toEqual([]);
  },
);

test("nothing of the lab outlives a process that is killed", async () => {
  const program = join(import.meta.dirname, "run-libvirt-lab.ts");
  const script = `"${process.execPath}" "${program}" --ssh > "$0" & p=$!; until grep -q '^}' "$0"; do kill -0 $p || exit 1; sleep 0.2; done; kill -9 $p`;
  const out = join(lab.session.folder, "second-lab.json");
  execFileSync("sh", ["-c", script, out], { stdio: ["ignore", "ignore", "pipe"] });
  const [, folder = "nothing"] = /scratch=([^"&]+)/.exec(execFileSync("cat", [out], { encoding: "utf8" })) ?? [];
  expect(folder).toMatch(/^\/tmp\//);
  const left = () =>
    execFileSync("sh", ["-c", `pgrep -fc -- "$0" || true; ls -d "$0" 2>/dev/null || true`, folder], {
      encoding: "utf8",
    });
  // The shell that looks names it too.
  await expect.poll(left, { timeout: 10_000 }).toBe("1\n");
});
