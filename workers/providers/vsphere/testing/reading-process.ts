/**
 * A program that exports, to be killed while it does: connects as its standard input says, opens the export and reads its first disk
 * bit by bit. It tells one JSON line when it has opened, and one for each piece that it has read.
 */
import { text } from "node:stream/consumers";
import { z } from "zod";
import { testContext } from "../../testing/test-context.ts";
import { vsphereWith } from "../vsphere.ts";
import { EXPORT, QUICK, secretOf } from "./lab-bench.ts";

const PIECE_BYTES = 256 * 1024;
const Order = z.object({
  address: z.string(),
  username: z.string(),
  password: z.string(),
  caPem: z.string(),
  machineId: z.string(),
});

const order = Order.parse(JSON.parse(await text(process.stdin)));
const { address, username, caPem, machineId } = order;
const connection = await vsphereWith(QUICK).connect(
  { kind: "vsphere", address, username, trust: { kind: "ca", pem: caPem } },
  testContext(secretOf(order.password), []),
);
const { signal } = new AbortController();
const session = await connection.openExport(machineId, EXPORT, signal);
const [disk] = session.disks;
if (disk === undefined) throw new Error("the export has no disk");
tell({ resume: session.resume });
const transport = await disk.open(signal);
const piece = new Uint8Array(PIECE_BYTES);
for (let done = 0; ; ) {
  if (transport.kind === "random") await transport.reader.read(done, piece);
  else await transport.source.read(piece);
  done += piece.length;
  tell({ done });
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function tell(news: unknown): void {
  process.stdout.write(`${JSON.stringify(news)}\n`);
}
