/**
 * A disk of a machine that is off, on a host behind SSH: qemu-nbd serves it there, read-only, on a unix socket that only the account
 * can reach. It lives no longer than its SSH connection: the shell that started it ends it when its standard input ends.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "../../../src-core/model/error.ts";
import { clip } from "../../../src-core/model/inventory-limits.ts";
import { quoted, type SshHost } from "./ssh.ts";

const COMES_UP_MS = 15_000;
const LOOK_MS = 50;

export interface ServedFile {
  readonly path: string;
  readonly format: string;
  /** Without extension; its socket and pid file are called like that. */
  readonly place: string;
  readonly exportName: string;
}

/** @returns ends it. @throws AppError source.unsupported (no qemu-nbd), source.privilege, source.busy (in use), source.refused, source.lost */
export async function serveFile(ssh: SshHost, file: ServedFile): Promise<() => Promise<void>> {
  const [socket, pid] = [quoted(`${file.place}.nbd`), quoted(`${file.place}.pid`)];
  const serve = `qemu-nbd -r -t -e 16 -k ${socket} --pid-file=${pid} -f ${quoted(file.format)} -x ${quoted(file.exportName)} ${quoted(file.path)}`;
  // One word of the line: it holds no line breaks, for they were refused. Killed, for qemu-nbd forgets a SIGTERM that comes after its
  // socket is there and before its loop begins, and would hold the disk for ever; it only reads, so nothing is lost. What the
  // shell says of that has no reader any more where the connection broke, and would end it before it has cleaned up.
  const script = `rm -f ${socket}; ${serve} </dev/null & p=$!; cat >/dev/null; exec 2>/dev/null; kill -9 $p; wait $p; rm -f ${socket} ${pid}`;
  const watched = `umask 077; command -v qemu-nbd >/dev/null || { echo no-qemu-nbd >&2; exit 127; }; ${script}`;
  const channel = await ssh.start(`sh -c ${quoted(watched)}`);
  let said = "";
  channel.stderr.on("data", (bytes: Buffer) => {
    said = clip(said + bytes.toString("utf8"), 2000);
  });
  channel.resume();
  const closed = new Promise<"closed">((resolve) => channel.once("close", () => resolve("closed")));
  const stop = async () => {
    channel.end();
    await Promise.race([closed, sleep(5000), ssh.ended]);
  };
  for (const began = performance.now(); ; ) {
    const looked = ssh.openSocket(`${file.place}.nbd`).then(
      (stream) => {
        stream.destroy();
        return true;
      },
      () => false,
    );
    if (await looked) return stop;
    if (said !== "" || performance.now() - began > COMES_UP_MS) {
      await stop();
      throw trouble(ssh.name, file, said);
    }
    await Promise.race([sleep(LOOK_MS), closed]);
  }
}

function trouble(host: string, { path }: ServedFile, said: string): AppError {
  const words = `${path} on ${host} cannot be served: ${said.trim() === "" ? "qemu-nbd does not come up" : said.trim()}`;
  if (/no-qemu-nbd|not found/.test(said)) {
    return new AppError(
      "source.unsupported",
      `There is no qemu-nbd on ${host}, which reads disks of machines that are off.`,
      {
        hint: "Install it there (Debian: qemu-utils, Fedora: qemu-img).",
      },
    );
  }
  if (/permission denied/i.test(said)) {
    return new AppError("source.privilege", words, { hint: "Let the account read the disk's file, or use root." });
  }
  if (/lock/i.test(said)) {
    return new AppError("source.busy", words, { hint: "The machine was started, or another program uses the disk." });
  }
  return new AppError("source.refused", words);
}
