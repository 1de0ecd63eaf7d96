/**
 * Where a libvirt is: the part of libvirt's connection URIs (https://libvirt.org/uri.html) that makes sense for QEMU and for us.
 *
 *   qemu:///system    qemu:///session    ?socket=PATH   the daemon's socket      ?scratch=FOLDER   where QEMU may put scratch files
 *   qemu+ssh://[user@]host[:port]/system
 */
import { AppError } from "../../../src-core/model/error.ts";

export interface LibvirtAddress {
  readonly mode: "system" | "session";
  /** Null: this computer. */
  readonly ssh: { readonly host: string; readonly port: number; readonly user: string | null } | null;
  /** Null: the usual ones are tried. */
  readonly socket: string | null;
  /** On the host; QEMU must be able to write there. */
  readonly scratchFolder: string;
  /** What is opened on the daemon. */
  readonly uri: string;
}

/** Every user's QEMU may write there, and a reboot leaves it. */
const USUAL_SCRATCH = "/var/tmp";

/** @throws AppError request.invalid saying what is wrong with it */
export function parseLibvirtAddress(address: string): LibvirtAddress {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw refused(address, "it is no URI", cause);
  }
  const schemes = ["qemu:", "qemu+unix:", "qemu+ssh:"];
  if (!schemes.includes(url.protocol)) throw refused(address, `it must begin with ${schemes.join(", ")}`);
  const mode = url.pathname.slice(1);
  if (mode !== "system" && mode !== "session") throw refused(address, "its path must be /system or /session");
  const remote = url.protocol === "qemu+ssh:";
  if (remote === (url.hostname === "")) {
    throw refused(address, remote ? "it names no host" : "only qemu+ssh:// reaches another host");
  }
  if (url.password !== "") throw refused(address, "a password does not belong there");
  for (const name of url.searchParams.keys()) {
    if (name !== "socket" && name !== "scratch") throw refused(address, `"${name}" is not known`);
  }
  const socket = url.searchParams.get("socket");
  const scratchFolder = url.searchParams.get("scratch") ?? USUAL_SCRATCH;
  for (const path of [socket, scratchFolder]) {
    if (path !== null && !/^\/[^\0\n\r]*$/.test(path))
      throw refused(address, "socket and scratch must be absolute paths");
  }
  if (remote && mode === "session" && socket === null) {
    throw refused(address, "a session on another host needs ?socket=, the path of its daemon's socket there");
  }
  // IPv6 addresses stand in brackets in a URI and without everywhere else.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    mode,
    ssh: remote
      ? {
          host: decodeURIComponent(host),
          port: url.port === "" ? 22 : Number(url.port),
          user: url.username === "" ? null : decodeURIComponent(url.username),
        }
      : null,
    socket,
    scratchFolder: scratchFolder.length > 1 ? scratchFolder.replace(/\/+$/, "") : scratchFolder,
    uri: `qemu:///${mode}`,
  };
}

/** The daemon's sockets to try, in order: the modular daemon's, then the one for everything. @param runtime of the user's session */
export function socketPaths(address: LibvirtAddress, runtime: string): string[] {
  if (address.socket !== null) return [address.socket];
  const folder = address.mode === "system" ? "/run/libvirt" : `${runtime}/libvirt`;
  return [`${folder}/virtqemud-sock`, `${folder}/libvirt-sock`];
}

function refused(address: string, why: string, cause?: unknown): AppError {
  return new AppError("request.invalid", `"${address.slice(0, 200)}" is not the address of a libvirt: ${why}.`, {
    hint: "For example qemu:///system, or qemu+ssh://root@host/system.",
    cause,
  });
}
