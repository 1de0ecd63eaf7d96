import { appendFileSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../provider.ts";
import { collectUntilSettled } from "../testing/picture.ts";
import { testContext } from "../testing/test-context.ts";
import { createLocalProvider } from "./local.ts";
import { type MachineFolder, makeMachineFolder } from "./testing/machine-folder.ts";

const none = { password: null, privateKey: null, passphrase: null };
let root: string;
let folder: MachineFolder;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-local-")));
  folder = makeMachineFolder(root);
});
afterEach(() => rmSync(root, { recursive: true }));

const connect = (address = root): Promise<Connection> =>
  createLocalProvider({ lookEveryMs: 10 }).connect(
    { kind: "local", address, username: null, trust: { kind: "system" } },
    testContext(none, []),
  );
const options = { mark: "m", quiesce: "no", diskKeys: null, connectionsPerHost: 1, resume: null } as const;
const signal = new AbortController().signal;

describe("a folder of machines", () => {
  it("shows each kind once, and no disk that belongs to one", async () => {
    const { machines, nodes } = await collectUntilSettled(await connect());
    const rows = [...machines.values()].map(({ name, diskCount, family, os }) => [name, diskCount, family, os]);
    expect(rows.sort()).toEqual([
      ["app", 1, "linux", "Debian GNU/Linux 12"],
      ["box", 1, "linux", "Debian_64"],
      ["hv", 1, "unknown", null],
      ["loose", 1, "unknown", null],
      ["web", 2, "windows", "windows2019srv-64"],
    ]);
    expect(nodes.get(join(root, "esx/web"))).toMatchObject({
      parentId: join(root, "esx"),
      kind: "folder",
      name: "web",
    });
    expect(nodes.get(root)).toMatchObject({ parentId: null });
  });

  it("reads a disk inside an archive in place", async () => {
    const connection = await connect();
    const session = await connection.openExport(folder.ova, options, signal);
    expect(session.disks).toHaveLength(1);
    const transport = await session.disks[0]?.open(signal);
    if (transport?.kind !== "random") throw new Error("not random");
    const sector = new Uint8Array(512);
    await transport.reader.read(0, sector);
    await transport.close();
  });

  it("says what stands in the way, and leaves that disk out of an export", async () => {
    const connection = await connect();
    const detail = await connection.machine(folder.vmx);
    const gone = detail.disks.find(({ label }) => label === "gone.vmdk");
    expect(gone).toMatchObject({ capacityBytes: 0, controller: "scsi0:1" });
    expect(detail.obstacles).toContainEqual(
      expect.objectContaining({ code: "disk.unreadable", severity: "blocking", diskKey: gone?.key }),
    );
    const session = await connection.openExport(folder.vmx, options, signal);
    expect(session.disks.map(({ key }) => key)).toEqual([join(root, "esx/web/web.vdi")]);
    expect(session.warnings.join()).toContain("gone.vmdk");
    expect((await connection.machine(folder.hyperV)).obstacles[0]?.message).toContain("Hyper-V");
  });

  it("gives up a disk that somebody writes to, and one that changed since an earlier attempt", async () => {
    const connection = await connect();
    const session = await connection.openExport(folder.vbox, options, signal);
    const transport = await session.disks[0]?.open(signal);
    if (transport?.kind !== "random") throw new Error("not random");
    appendFileSync(folder.vboxDisk.path, "more");
    const walk = async () => {
      for await (const _ of transport.reader.extents(0, transport.reader.virtualSizeBytes));
    };
    await expect(walk()).rejects.toMatchObject({ code: "disk.in-use" });
    await transport.close();
    const again = connection.openExport(folder.vbox, { ...options, resume: session.resume }, signal);
    await expect(again).rejects.toMatchObject({ code: "disk.in-use" });
  });

  it("looks at nothing outside", async () => {
    const outside = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-outside-")));
    try {
      writeFileSync(join(outside, "secret.vmx"), 'displayName = "secret"\n');
      symlinkSync(join(outside, "secret.vmx"), join(root, "link.vmx"));
      const connection = await connect();
      for (const id of [
        join(outside, "secret.vmx"),
        join(root, "link.vmx"),
        `${root}/../x.vmx`,
        "web.vmx",
        "\0",
        root,
      ]) {
        await expect(connection.machine(id)).rejects.toMatchObject({ code: "source.no-machine" });
      }
      const { machines } = await collectUntilSettled(connection);
      expect([...machines.values()].map(({ name }) => name)).not.toContain("secret");
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it("tells a machine again once it changed, and ends with an error when the folder goes", async () => {
    const connection = await connect();
    const told: string[] = [];
    let error: unknown = null;
    try {
      for await (const batch of connection.inventory(new AbortController().signal)) {
        for (const change of batch) {
          if (change.type === "settled") writeFileSync(folder.vmx, 'displayName = "renamed"\n');
          if (change.type === "machine") told.push(change.machine.name);
          if (told.includes("renamed")) rmSync(root, { recursive: true, force: true });
        }
      }
    } catch (thrown) {
      error = thrown;
    }
    expect(told.filter((name) => name === "app")).toHaveLength(1);
    expect(told).toContain("renamed");
    expect(error).toMatchObject({ code: "path.not-found" });
    makeMachineFolder(root);
  });
});
