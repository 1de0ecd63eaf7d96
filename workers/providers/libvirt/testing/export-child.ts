/**
 * An export in a process of its own, to be killed: `node export-child.ts CONFIG`. Begins to export, prints what it would keep with a
 * checkpoint as a line of JSON, and then reads on and on, never closing anything.
 */
import type { SourceConfig, SourceSecret } from "../../../../src-core/model/source.ts";
import { testContext } from "../../testing/test-context.ts";
import { libvirtProvider } from "../libvirt.ts";

/** What it is told, as JSON in its first argument. */
export interface ChildOrder {
  readonly config: SourceConfig;
  readonly secret: SourceSecret;
  readonly machineId: string;
  readonly mark: string;
}

const { config, secret, machineId, mark } = JSON.parse(process.argv[2] ?? "") as ChildOrder;
const signal = new AbortController().signal;
const connection = await libvirtProvider.connect(config, testContext(secret, []));
const options = { mark, quiesce: "no", diskKeys: null, connectionsPerHost: 2, resume: null } as const;
const { disks, resume } = await connection.openExport(machineId, options, signal);
const transport = await disks[0]?.open(signal);
if (transport?.kind !== "random") throw new Error("no disk to read anywhere");
const { reader } = transport;
const bytes = Buffer.alloc(1024 * 1024);
await reader.read(0, bytes);
// Reads of local files leave nobody else time to write.
const line = `${JSON.stringify({ resume, first: bytes.toString("base64") })}\n`;
await new Promise((resolve) => process.stdout.write(line, resolve));
for (let at = 0; ; at = (at + 65_536) % (reader.virtualSizeBytes - bytes.length)) await reader.read(at, bytes);
