/**
 * What bench/vsphere.ts measures of ours, as a process of its own: a disk of the lab by ranges or out of a lease, or the same stream
 * from a file, through the one copy loop to a new image; or the inventory. Says in the report what it took once everything was
 * opened: the product does not start, log in and make a snapshot for every disk.
 *
 *   node bench/vsphere-to-file.ts ORDER.json REPORT.json
 */
import { subscribe } from "node:diagnostics_channel";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { copyDisk } from "../workers/disk/copy.ts";
import { PipedDisk } from "../workers/disk/piped-disk.ts";
import { localPreparer } from "../workers/disk/preparer.ts";
import { profileOf, windowBytesOf } from "../workers/disk/window.ts";
import type { DiskReader } from "../workers/formats/format.ts";
import { vmdk } from "../workers/formats/vmdk/vmdk.ts";
import { createFileTarget } from "../workers/io/file.ts";
import { type SequentialSource, sequentialSource } from "../workers/io/sequential.ts";
import type { Connection, ExportDisk } from "../workers/providers/provider.ts";
import { testContext } from "../workers/providers/testing/test-context.ts";
import { vsphereProvider } from "../workers/providers/vsphere/vsphere.ts";
import { planTarget } from "../workers/tasks/target-plan.ts";
import { holdMemory } from "./measure.ts";
import { Order, type Report } from "./vsphere-order.ts";

const { signal } = new AbortController();

const [orderPath = "", reportPath = ""] = process.argv.slice(2);
const report = await carryOut(Order.parse(JSON.parse(readFileSync(orderPath, "utf8"))));
writeFileSync(reportPath, JSON.stringify(report));

async function carryOut(order: Order): Promise<Report> {
  if (order.what !== "inventory") await warmUp(order);
  if (order.what === "file") {
    await holdMemory(dirname(order.out), order.holdBytes);
    const seconds = await timed(() => decode(sequentialSource(openSync(order.stream, "r"), order.stream), order.out));
    return { seconds };
  }
  const secret = { password: order.password, privateKey: null, passphrase: null };
  const trust = { kind: "ca", pem: order.caPem } as const;
  const { address, username } = order;
  const connection = await vsphereProvider.connect(
    { kind: "vsphere", address, username, trust },
    testContext(secret, []),
  );
  try {
    return order.what === "inventory" ? await watch(connection) : await readDisk(connection, order);
  } finally {
    await connection.close();
  }
}

async function readDisk(connection: Connection, order: Order): Promise<Report> {
  const options = { mark: "hypersdk-bench", quiesce: "no", diskKeys: null, resume: null } as const;
  const session = await connection.openExport(
    order.machineId,
    { ...options, connectionsPerHost: order.connections },
    signal,
  );
  try {
    const [disk] = session.disks;
    if (disk === undefined) throw new Error("the machine has no disk");
    if (order.what === "lease") await packed(disk);
    await holdMemory(dirname(order.out), order.holdBytes);
    return { seconds: await timed(() => copyFrom(disk, order)) };
  } finally {
    await session.close(false);
  }
}

async function copyFrom(disk: ExportDisk, { what, out }: Order): Promise<void> {
  const transport = await disk.open(signal);
  if ((transport.kind === "random") !== (what === "ranges")) throw new Error(`another transport: ${disk.reason}`);
  if (transport.kind === "random") await copy(transport.reader, out, "raw");
  else await decode(transport.source, out);
  await transport.close();
}

/** The lab packs a disk when it is first asked for it, which a host does as it sends: that is not what is measured. */
async function packed(disk: ExportDisk): Promise<void> {
  const transport = await disk.open(signal);
  if (transport.kind === "stream") await transport.source.read(new Uint8Array(512));
  await transport.close();
}

async function decode(source: SequentialSource, out: string): Promise<void> {
  const reader = await vmdk.openStream?.(source);
  if (reader === undefined) throw new Error("VMDK reads no streams");
  await copy(new PipedDisk(reader), out, "qcow2");
  await reader.close();
}

/** Loads all code that copies: the product does so once for all disks. */
async function warmUp({ what, out }: Order): Promise<void> {
  const path = `${out}.warm`;
  const virtualSizeBytes = 8 * 1024 * 1024;
  const tiny: Parameters<typeof copy>[0] = {
    virtualSizeBytes,
    async *extents(start, length) {
      yield { start, length, state: "data" };
    },
    async read(_, into) {
      into.fill(1);
    },
  };
  await copy(tiny, path, what === "ranges" ? "raw" : "qcow2");
  rmSync(path);
}

/** As an export does it: tasks/export-disk.ts. */
async function copy(
  reader: Pick<DiskReader, "virtualSizeBytes" | "extents" | "read">,
  out: string,
  format: "raw" | "qcow2",
): Promise<void> {
  const target = { path: out, format, options: {}, overwrite: false, partialPath: out };
  const { create, plan } = await planTarget(target, reader.virtualSizeBytes, []);
  const file = await createFileTarget(out);
  const writer = await create(file, plan, { name: out, companions: [], resume: null });
  const profiles = [profileOf(writer, false)];
  const preparer = localPreparer(reader, null, profiles);
  await copyDisk(reader, [{ writer, endBytes: plan.virtualSizeBytes, profile: 0 }], preparer, {
    startBytes: 0,
    doneDataBytes: 0,
    windowBytes: windowBytesOf(profiles),
    hooks: { async gate() {}, async spend() {}, progress() {} },
    now: () => performance.now(),
    checkpointRule: null,
    checkpoint() {},
  });
  await preparer.close();
  await writer.finish();
  await file.close();
}

async function watch(connection: Connection): Promise<Report> {
  const stop = new AbortController();
  const beganAt = performance.now();
  const since = () => (performance.now() - beganAt) / 1000;
  let [first, answer, machinesAt, machines] = [0, 0, 0, 0];
  // The latest answer that began to arrive.
  subscribe("undici:request:headers", () => {
    if (machinesAt === 0) answer = since();
  });
  for await (const batch of connection.inventory(stop.signal)) {
    first ||= since();
    const count = batch.filter(({ type }) => type === "machine").length;
    if (count > 0) machinesAt ||= since();
    machines += count;
    if (batch.some(({ type }) => type === "settled")) break;
  }
  const seconds = since();
  stop.abort();
  return { seconds, firstSeconds: first, answerSeconds: answer, machinesSeconds: machinesAt, machines };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const beganAt = performance.now();
  await work();
  return (performance.now() - beganAt) / 1000;
}
