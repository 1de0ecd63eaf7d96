/** Whether something on the network answers: a connection is made to it and closed again. */
import { connect, type LookupFunction } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const TIMEOUT_MS = 5_000;
/** Ports of what is named without one. */
const PORTS: Record<string, number> = {
  "http:": 80,
  "https:": 443,
  "ssh:": 22,
  "qemu+ssh:": 22,
  "qemu+tls:": 16_514,
  "qemu+tcp:": 16_509,
};

/** Of "host:port", "[::1]:22" or an address such as "https://host"; null: it names no host and port. */
export function addressOf(target: string): Address | null {
  const plain = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(target);
  if (plain !== null) return checked(plain[1] ?? plain[2] ?? "", Number(plain[3]));
  if (!URL.canParse(target)) return null;
  const url = new URL(target);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return checked(host, url.port === "" ? (PORTS[url.protocol] ?? 0) : Number(url.port));
}

function checked(host: string, port: number): Address | null {
  return host !== "" && port >= 1 && port <= 65_535 ? { host, port } : null;
}

/** @param how for tests: another time to wait (ms), another way to resolve names */
export function answers(
  { host, port }: Address,
  { timeoutMs = TIMEOUT_MS, lookup }: { timeoutMs?: number; lookup?: LookupFunction } = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, ...(lookup && { lookup }) });
    const end = (answer: boolean) => {
      clearTimeout(late);
      socket.destroy();
      resolve(answer);
    };
    // Not the socket's own: a name that nobody resolves would not count.
    const late = setTimeout(() => end(false), timeoutMs);
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}
