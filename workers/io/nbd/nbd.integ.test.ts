/** The NBD client against QEMU's server: what it reads and what it says is empty, over a socket, TLS, and a stream of any kind. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nbdDisk } from "../../disk/nbd-disk.ts";
import { answers } from "../testing/answers.ts";
import { openNbd } from "./connection.ts";
import { startQemuNbd } from "./testing/qemu-nbd.ts";
import type { NbdEndpoint } from "./wire.ts";

const folder = mkdtempSync(join(tmpdir(), "nbd-"));
const file = (name: string) => join(folder, name);
const MiB = 1024 * 1024;
const SIZE = 64 * MiB;
const truth = Buffer.alloc(SIZE);
const signal = new AbortController().signal;

beforeAll(() => {
  for (const [from, to] of [
    [0, 3 * MiB],
    [10 * MiB, 10 * MiB + 65536],
    [40 * MiB, 64 * MiB],
  ] as const) {
    for (let at = from; at < to; at += 8) truth.writeDoubleLE(at + 1, at);
  }
  writeFileSync(file("disk.raw"), truth);
  execFileSync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", file("disk.raw"), file("disk.qcow2")]);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function expectTruth(endpoint: NbdEndpoint, exportName = ""): Promise<void> {
  const disk = nbdDisk(await openNbd(endpoint, { exportName, signal }));
  try {
    expect(disk.virtualSizeBytes).toBe(SIZE);
    let data = 0;
    let end = 0;
    for await (const { start, length, state } of disk.extents(0, SIZE)) {
      expect(start).toBe(end);
      end += length;
      if (state !== "data") {
        expect(truth.subarray(start, end).every((byte) => byte === 0)).toBe(true);
        continue;
      }
      data += length;
      for (let at = start; at < end; at += MiB) {
        const got = Buffer.alloc(Math.min(MiB, end - at));
        await disk.read(at, got);
        expect(got.equals(truth.subarray(at, at + got.length))).toBe(true);
      }
    }
    expect(end).toBe(SIZE);
    expect(data).toBe(27 * MiB + 65536);
  } finally {
    await disk.close();
  }
}

test("over a unix socket, and again", async () => {
  const server = await startQemuNbd(file("a.sock"), file("disk.qcow2"), "qcow2", ["-x", "vda"]);
  try {
    await expectTruth({ kind: "unix", path: file("a.sock") }, "vda");
    await expectTruth({ kind: "unix", path: file("a.sock") }, "vda");
    const refused = openNbd({ kind: "unix", path: file("a.sock") }, { exportName: "vdb", signal });
    await expect(refused).rejects.toMatchObject({ code: "source.refused" });
  } finally {
    await server.stop();
  }
});

test("over any stream", async () => {
  const server = await startQemuNbd(file("b.sock"), file("disk.qcow2"), "qcow2");
  try {
    await expectTruth({ kind: "stream", stream: connect(file("b.sock")), name: "a stream" });
  } finally {
    await server.stop();
  }
});

test("over TCP, with nothing around it", async () => {
  const port = await freePort();
  const child = spawn("qemu-nbd", [
    "-r",
    "-t",
    "-b",
    "127.0.0.1",
    "-p",
    String(port),
    "-f",
    "qcow2",
    file("disk.qcow2"),
  ]);
  const gone = new Promise((resolve) => child.once("close", resolve));
  try {
    await expect.poll(() => answers(port)).toBe(true);
    await expectTruth({ kind: "tcp", host: "127.0.0.1", port, tls: null });
    const tls = openNbd({ kind: "tcp", host: "127.0.0.1", port, tls: {} }, { exportName: "", signal });
    // Asked for, it is never done without.
    await expect(tls).rejects.toMatchObject({ code: expect.stringMatching(/^source\.(refused|unsupported)$/) });
  } finally {
    child.kill();
    await gone;
  }
});

test("a server that is killed while it is read is lost", async () => {
  const server = await startQemuNbd(file("c.sock"), file("disk.qcow2"), "qcow2");
  const connection = await openNbd({ kind: "unix", path: file("c.sock") }, { exportName: "", signal });
  server.process.kill("SIGSTOP");
  const read = connection.read(0, Buffer.alloc(8 * MiB));
  server.process.kill("SIGKILL");
  await expect(read).rejects.toMatchObject({ code: "source.lost" });
  await server.stop();
});

test("the dirty bitmap of an image, beside its allocation", async () => {
  execFileSync("qemu-img", ["bitmap", "--add", file("disk.qcow2"), "b0"]);
  execFileSync("qemu-io", ["-f", "qcow2", "-c", "write -P 7 20M 64k", file("disk.qcow2")]);
  const server = await startQemuNbd(file("d.sock"), file("disk.qcow2"), "qcow2", ["-B", "b0"]);
  try {
    const contexts = ["base:allocation", "qemu:dirty-bitmap:b0"];
    const connection = await openNbd({ kind: "unix", path: file("d.sock") }, { exportName: "", contexts, signal });
    const status = await connection.blockStatus(0, SIZE);
    expect(status.get("qemu:dirty-bitmap:b0")).toEqual([
      { length: 20 * MiB, flags: 0 },
      { length: 65536, flags: 1 },
      { length: 44 * MiB - 65536, flags: 0 },
    ]);
    await connection.close();
  } finally {
    await server.stop();
    execFileSync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", file("disk.raw"), file("disk.qcow2")]);
  }
});

test("over TLS: only to whom the authority vouches for", async () => {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  openssl(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "ca-key.pem",
    "-out",
    "ca-cert.pem",
    "-subj",
    "/CN=ca",
    "-days",
    "2",
  );
  openssl(
    "req",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "server-key.pem",
    "-out",
    "server.csr",
    "-subj",
    "/CN=localhost",
  );
  writeFileSync(file("ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
  openssl(
    "x509",
    "-req",
    "-in",
    "server.csr",
    "-CA",
    "ca-cert.pem",
    "-CAkey",
    "ca-key.pem",
    "-CAcreateserial",
    "-out",
    "server-cert.pem",
    "-days",
    "2",
    "-extfile",
    "ext",
  );
  const tls = ["--object", `tls-creds-x509,id=t,dir=${folder},endpoint=server,verify-peer=no`, "--tls-creds", "t"];
  const port = await freePort();
  const child = spawn("qemu-nbd", [
    "-r",
    "-t",
    "-e",
    "4",
    "-b",
    "127.0.0.1",
    "-p",
    String(port),
    "-f",
    "qcow2",
    ...tls,
    file("disk.qcow2"),
  ]);
  try {
    await expect.poll(() => answers(port)).toBe(true);
    const at = (ca: string): NbdEndpoint => ({
      kind: "tcp",
      host: "127.0.0.1",
      port,
      tls: { ca: readFileSync(file(ca)) },
    });
    await expectTruth(at("ca-cert.pem"));
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      "no-key.pem",
      "-out",
      "no-cert.pem",
      "-subj",
      "/CN=no",
      "-days",
      "2",
    );
    await expect(openNbd(at("no-cert.pem"), { exportName: "", signal })).rejects.toMatchObject({
      code: "source.certificate",
    });
    const plain = openNbd({ kind: "tcp", host: "127.0.0.1", port, tls: null }, { exportName: "", signal });
    await expect(plain).rejects.toMatchObject({ code: "source.refused" });
  } finally {
    child.kill();
  }
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
