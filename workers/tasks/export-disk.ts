/** One disk of an export: read by the source's transport, written by the target's writer, through the one copy loop. */
import { AppError } from "../../src-core/model/error.ts";
import { DEFAULT_CHECKPOINT_RULE } from "../disk/checkpoint-policy.ts";
import { copyDisk } from "../disk/copy.ts";
import { PipedDisk } from "../disk/piped-disk.ts";
import { profileOf, windowBytesOf } from "../disk/window.ts";
import type { WriterCheckpoint } from "../formats/format.ts";
import { formatById } from "../formats/registry.ts";
import type { DiskTransport, ExportDisk } from "../providers/provider.ts";
import type { TaskContext } from "../task.ts";
import { measured, onTheWay, type Tally } from "./convert-tally.ts";
import { type DiskProgress, type ExportProgress, timedWriter } from "./export-progress.ts";
import type { ExportTarget, FinishedDisk } from "./export-target.ts";
import { feedingPreparer } from "./lane-disk.ts";

/** The one format that comes as a stream. */
const STREAMED = "vmdk";

export interface DiskJob {
  readonly disk: ExportDisk;
  readonly target: ExportTarget;
  /** Where an earlier attempt left off; null = the start. */
  readonly resume: WriterCheckpoint | null;
  /** Told once everything before it is durable. */
  checkpoint(point: WriterCheckpoint): void;
  readonly progress: ExportProgress;
  readonly own: DiskProgress;
  /** Lanes that help to compress it, at most. */
  readonly mostLanes: number;
  /** Aborted when the export ends: nothing more is opened. */
  readonly signal: AbortSignal;
}

/** @throws AppError source.*, disk.*, target.*, io.*; job.canceled */
export async function exportDisk(
  { disk, target, resume, checkpoint, progress, own, mostLanes, signal }: DiskJob,
  ctx: Pick<TaskContext, "gate" | "spend" | "now" | "lanes">,
): Promise<FinishedDisk> {
  const transport = await disk.open(signal);
  try {
    const source = await openSource(transport, disk);
    try {
      // A stream comes from its beginning only.
      const point = source.streamed ? null : resume;
      const startBytes = point?.doneBytes ?? 0;
      const tally: Tally = await source.tally(startBytes, ctx.gate);
      const sink = await target.open(disk.key, point);
      const profiles = [profileOf(sink.writer, false)];
      own.opened(`${disk.transport}: ${disk.reason}`, tally.doneBytes(tally.doneDataBytes), tally.totalBytes);
      const timedGuest = {
        read: (offset: number, into: Uint8Array) => progress.timed("source", () => source.guest.read(offset, into)),
      };
      const preparer = feedingPreparer(timedGuest, profiles, disk.capacityBytes, ctx.lanes, mostLanes);
      const walked = {
        virtualSizeBytes: source.guest.virtualSizeBytes,
        extents: (start: number, length: number) => timedSteps(source.guest.extents(start, length), progress),
      };
      const writer = timedWriter(sink.writer, progress);
      try {
        await copyDisk(walked, [{ writer, endBytes: sink.endBytes, profile: 0 }], preparer, {
          startBytes,
          doneDataBytes: tally.doneDataBytes,
          windowBytes: windowBytesOf(profiles),
          hooks: {
            gate: ctx.gate,
            spend: (bytes) => progress.timed("limit", () => ctx.spend(bytes)),
            progress: (done) => own.copied(tally.doneBytes(done)),
          },
          now: ctx.now,
          checkpointRule: source.streamed ? null : DEFAULT_CHECKPOINT_RULE,
          checkpoint: ([made]) => {
            if (made !== undefined) checkpoint(made);
          },
        });
      } finally {
        await preparer.close();
      }
      await ctx.gate();
      own.hashed();
      const finished = await sink.finish({ gate: ctx.gate, progress() {} });
      own.done();
      return finished;
    } finally {
      await source.close();
    }
  } finally {
    await transport.close();
  }
}

interface DiskSource {
  readonly guest: Pick<PipedDisk, "virtualSizeBytes" | "extents" | "read">;
  readonly streamed: boolean;
  tally(startBytes: number, gate: TaskContext["gate"]): Promise<Tally>;
  close(): Promise<void>;
}

/** @throws AppError source.protocol when the disk is of another size than the source said */
async function openSource(transport: DiskTransport, { key, capacityBytes }: ExportDisk): Promise<DiskSource> {
  const source = transport.kind === "random" ? stored(transport) : await streamed(transport);
  const { virtualSizeBytes } = source.guest;
  if (virtualSizeBytes === capacityBytes) return source;
  await source.close();
  const said = `Disk ${key} has ${virtualSizeBytes} bytes, but the source says ${capacityBytes}.`;
  throw new AppError("source.protocol", said, { details: { disk: key, virtualSizeBytes, capacityBytes } });
}

function stored({ reader }: Extract<DiskTransport, { kind: "random" }>): DiskSource {
  return {
    guest: reader,
    streamed: false,
    tally: (startBytes, gate) => measured(reader, startBytes, { gate }),
    async close() {},
  };
}

async function streamed({ source }: Extract<DiskTransport, { kind: "stream" }>): Promise<DiskSource> {
  const { openStream } = formatById(STREAMED);
  if (openStream === undefined) throw new AppError("internal.bug", `${STREAMED} cannot be read as a stream`);
  const reader = await openStream(source);
  if (reader.backing !== null) {
    await reader.close();
    throw new AppError("source.protocol", `The stream of the disk stands on a parent (${reader.backing.name}).`);
  }
  const guest = new PipedDisk(reader);
  return { guest, streamed: true, tally: async () => onTheWay(guest), close: () => reader.close() };
}

/** The steps of a walk, whose time counts for the source. */
async function* timedSteps<T>(steps: AsyncIterable<T>, { timed }: Pick<ExportProgress, "timed">): AsyncIterable<T> {
  const iterator = steps[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await timed("source", () => iterator.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await iterator.return?.();
  }
}
