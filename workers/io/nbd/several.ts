/**
 * Several connections to one export as one. The system holds about 200 KiB of a unix socket and SSH 2 MiB of a channel: while whoever
 * reads is busy writing, a server goes on sending on all of them.
 */
import { type NbdConnection, PIECE_BYTES } from "./connection.ts";

/** More are not faster. */
const MOST = 4;

/**
 * Opens up to `count` connections; one where the server does not promise that all of them see the same.
 * @param open opens one. @throws AppError as openNbd, when not even one can be opened
 */
export async function openSeveral(open: () => Promise<NbdConnection>, count: number): Promise<NbdConnection> {
  const first = await open();
  const more = first.multiConn ? Math.min(count, MOST) - 1 : 0;
  // A server may have a limit: what it refuses is done without.
  const opened = await Promise.allSettled(Array.from({ length: Math.max(0, more) }, open));
  const all = [first, ...opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))];
  for (const other of all.filter(({ sizeBytes }) => sizeBytes !== first.sizeBytes)) {
    await other.close();
    all.splice(all.indexOf(other), 1);
  }
  return all.length === 1 ? first : together(first, all);
}

function together(first: NbdConnection, all: readonly NbdConnection[]): NbdConnection {
  let turn = 0;
  return {
    ...first,
    async read(offset, into) {
      const pieces: Promise<void>[] = [];
      for (let at = 0; at < into.length; at += PIECE_BYTES) {
        const connection = all[turn++ % all.length] ?? first;
        pieces.push(connection.read(offset + at, into.subarray(at, at + PIECE_BYTES)));
      }
      const failed = (await Promise.allSettled(pieces)).find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
    },
    async close() {
      await Promise.all(all.map((connection) => connection.close()));
    },
  };
}
