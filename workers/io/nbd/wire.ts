/**
 * The stream below an NBD connection: a unix or TCP socket, TLS over one, or any Duplex (an SSH channel). Sockets without TLS read
 * to where the listener wants it: that saves a buffer for every piece, and a copy.
 */
import { connect as connectSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { AppError } from "../../../src-core/model/error.ts";

/** Where a server is. `tls`: asks for TLS before anything else is said, and refuses to go on without. */
export type NbdEndpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: TlsIdentity | null }
  | { readonly kind: "stream"; readonly stream: Duplex; readonly name: string };

/** What both ends prove: the authority that signed the server's certificate, and our own certificate where it asks for one. */
export type TlsIdentity = Pick<ConnectionOptions, "ca" | "cert" | "key" | "servername">;

export interface WireListener {
  /** Where the next bytes are read to, where the stream can; not empty. */
  room(): Uint8Array;
  /** The bytes are good until it returns. */
  received(bytes: Uint8Array): void;
  /** Called once. Null: the other end closed. */
  ended(cause: Error | null): void;
}

export interface Wire {
  /** What errors call the other end. */
  readonly name: string;
  send(bytes: Uint8Array): void;
  /** From now on TLS; what was heard so far must have been answered. @throws AppError source.certificate, source.unreachable */
  secure(identity: TlsIdentity, listener: WireListener): Promise<Wire>;
  /** Says goodbye and ends. */
  end(last: Uint8Array): void;
  destroy(): void;
}

/** @param signal gives up connecting. @throws AppError source.unreachable */
export async function dial(endpoint: NbdEndpoint, listener: WireListener, signal: AbortSignal): Promise<Wire> {
  if (endpoint.kind === "stream") return streamWire(endpoint.stream, endpoint.name, listener);
  const name = endpoint.kind === "unix" ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
  const where = endpoint.kind === "unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
  // The TLS layer takes its bytes from the socket itself.
  const straight = endpoint.kind === "tcp" && endpoint.tls !== null ? {} : { onread: intoRoom(listener) };
  const socket = connectSocket({ ...where, ...straight, noDelay: true });
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop, { once: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", (cause) =>
      reject(
        new AppError("source.unreachable", `NBD server ${name} cannot be reached: ${cause.message}`, {
          cause,
          details: { server: name, errno: (cause as NodeJS.ErrnoException).code ?? "UNKNOWN" },
        }),
      ),
    );
  });
  socket.removeAllListeners("error");
  signal.removeEventListener("abort", stop);
  return streamWire(socket, name, listener);
}

function intoRoom(listener: WireListener) {
  return {
    buffer: () => listener.room(),
    callback(count: number, buffer: Uint8Array) {
      listener.received(buffer.subarray(0, count));
      return true;
    },
  };
}

function streamWire(stream: Duplex, name: string, listener: WireListener): Wire {
  let told = false;
  const ended = (cause: Error | null) => {
    if (told) return;
    told = true;
    listener.ended(cause);
  };
  const data = (bytes: Buffer) => listener.received(bytes);
  const end = () => ended(null);
  stream.on("data", data);
  stream.on("end", end);
  stream.on("close", end);
  stream.on("error", ended);
  return {
    name,
    send: (bytes) => void stream.write(bytes),
    async secure(identity, next) {
      for (const [event, handler] of Object.entries({ data, end, close: end })) stream.off(event, handler);
      return streamWire(await handshake(stream as Socket, name, identity), name, next);
    },
    end(last) {
      stream.end(last);
    },
    destroy: () => void stream.destroy(),
  };
}

async function handshake(socket: Socket, name: string, identity: TlsIdentity): Promise<Duplex> {
  const secured = connectTls({ ...identity, socket, minVersion: "TLSv1.2" });
  await new Promise<void>((resolve, reject) => {
    secured.once("secureConnect", resolve);
    secured.once("close", () => reject(new AppError("source.unreachable", `NBD server ${name} broke off TLS`)));
    secured.once("error", (cause) =>
      reject(
        new AppError("source.certificate", `TLS with NBD server ${name} failed: ${cause.message}`, {
          cause,
          details: { server: name },
        }),
      ),
    );
  });
  secured.removeAllListeners("close").removeAllListeners("error");
  return secured;
}
