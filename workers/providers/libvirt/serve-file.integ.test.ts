/** The shell line that serves a disk on a host, run by a shell here with a qemu-nbd of the test's own. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { serveFile } from "./serve-file.ts";
import type { SshHost } from "./ssh.ts";

const folder = mkdtempSync(join(tmpdir(), "serve-"));
const place = join(folder, "disk");
afterAll(() => rmSync(folder, { recursive: true }));

/** A host whose shell is this machine's, and finds its disk servers in `folder` first. */
const host: Pick<SshHost, "name" | "start" | "openSocket" | "ended"> = {
  name: "here",
  ended: new Promise(() => {}),
  async openSocket(path) {
    if (!existsSync(path)) throw new Error("nothing listens");
    return new Duplex();
  },
  async start(line) {
    const shell = spawn("sh", ["-c", line], { env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } });
    const channel = Duplex.from({ writable: shell.stdin, readable: shell.stdout });
    // Destroyed before the shell ends is what is tried here: that error is wanted.
    channel.on("error", () => {});
    shell.once("close", () => channel.destroy());
    // A connection that broke takes both ways with it.
    channel.once("finish", () => [shell.stdout, shell.stderr].map((end) => end.destroy()));
    return Object.assign(channel, { stderr: shell.stderr }) as unknown as Awaited<ReturnType<SshHost["start"]>>;
  },
};

test("a qemu-nbd that does not heed SIGTERM is ended all the same, and its socket and pid file go", async () => {
  // The real one forgets it while it comes up: its handler is there before its loop.
  const server = join(folder, "qemu-nbd");
  writeFileSync(
    server,
    `#!/bin/sh\ntrap '' TERM\necho $$ > ${place}.pid\n: > ${place}.nbd\nwhile :; do sleep 0.05; done\n`,
  );
  chmodSync(server, 0o755);
  const stop = await serveFile(host as SshHost, { path: "/disk", format: "raw", place, exportName: "vda" });
  const pid = Number(readFileSync(`${place}.pid`, "utf8"));
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  await stop();
  // The connection is gone before the shell has cleaned up.
  const left = () => [`/proc/${pid}`, `${place}.nbd`, `${place}.pid`].filter((path) => existsSync(path));
  await expect.poll(left, { timeout: 5000 }).toEqual([]);
});
