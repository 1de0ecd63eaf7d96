/** The computer libvirt runs on, as far as exports need it: this one, or one behind SSH. */
import { connect as connectSocket } from "node:net";
import type { Duplex } from "node:stream";
import { AppError } from "../../../src-core/model/error.ts";
import type { SourceConfig } from "../../../src-core/model/source.ts";
import { createEmptyFile, freeBytesIn, namesIn, removeFile } from "../../io/folder.ts";
import type { NbdEndpoint } from "../../io/nbd/wire.ts";
import type { ProviderContext } from "../provider.ts";
import type { LibvirtAddress } from "./address.ts";
import { connectSsh, type SshHost } from "./ssh.ts";

export interface Host {
  /** For errors. */
  readonly name: string;
  /** Null: this computer. */
  readonly ssh: SshHost | null;
  /** @throws AppError source.unreachable, source.privilege, source.lost */
  openSocket(path: string): Promise<Duplex>;
  /** @throws AppError as openSocket */
  nbd(path: string): Promise<NbdEndpoint>;
  listFolder(folder: string): Promise<string[]>;
  removeFile(path: string): Promise<void>;
  /** An empty one, for its name; one that is there already is fine. */
  createFile(path: string): Promise<void>;
  /** Room in a folder; null where the host does not tell. */
  freeBytes(folder: string): Promise<number | null>;
  /** A connection of its own to the same host, for data. */
  another(): Promise<Host>;
  close(): void;
}

/** @throws AppError as connectSsh */
export async function reachHost(
  address: LibvirtAddress,
  config: SourceConfig,
  context: ProviderContext,
): Promise<Host> {
  if (address.ssh === null) return thisComputer;
  const ssh = await connectSsh(address.ssh, config, context);
  return {
    name: ssh.name,
    ssh,
    openSocket: ssh.openSocket,
    nbd: async (path) => ({ kind: "stream", stream: await ssh.openSocket(path), name: `${ssh.name}:${path}` }),
    listFolder: ssh.listFolder,
    removeFile: ssh.removeFile,
    createFile: ssh.createFile,
    freeBytes: ssh.freeBytes,
    another: () => reachHost(address, config, context),
    close: ssh.close,
  };
}

const thisComputer: Host = {
  name: "this computer",
  ssh: null,
  openSocket: openUnixSocket,
  nbd: async (path) => ({ kind: "unix", path }),
  listFolder: async (folder) => namesIn(folder),
  removeFile: (path) => removeFile(path),
  createFile: async (path) => createEmptyFile(path),
  freeBytes: async (folder) => freeBytesIn(folder),
  another: async () => thisComputer,
  close() {},
};

function openUnixSocket(path: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ path });
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      const denied = cause.code === "EACCES" || cause.code === "EPERM";
      reject(
        new AppError(
          denied ? "source.privilege" : "source.unreachable",
          `${path} cannot be connected to: ${cause.message}`,
          {
            cause,
            ...(denied ? { hint: "Put your user into the group libvirt, or run the program as root." } : {}),
            details: { file: path, errno: cause.code ?? "UNKNOWN" },
          },
        ),
      );
    });
  });
}
