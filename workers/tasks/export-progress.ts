/** How far an export is: each disk by itself, all together, and where the time goes. */
import { addPoint, EMPTY_METER, type Meter, readMeter } from "../../src-core/job/estimate.ts";
import type { ProgressDetail } from "../../src-core/model/task-event.ts";
import type { DiskWriter } from "../formats/format.ts";
import type { TaskContext } from "../task.ts";

type Part = ProgressDetail["parts"][number];
/** What time goes into; the rest is computing. */
const WAITS = ["source", "target", "limit"] as const;
type Waiting = (typeof WAITS)[number];

/** What holds an export back is told of so many milliseconds at a time. */
const LOOK_MS = 3_000;

export interface DiskProgress {
  /** How it is read, for people. */
  opened(transport: string, doneBytes: number, totalBytes: number): void;
  copied(doneBytes: number): void;
  hashed(): void;
  done(): void;
}

export interface ExportProgress {
  /** Adds a disk. @param expectedBytes what there may be to read, before that is known */
  disk(label: string, expectedBytes: number): DiskProgress;
  /** Awaits `work` and counts the time for what it waits for, while it waits. */
  timed<T>(what: Waiting, work: () => Promise<T>): Promise<T>;
  /** Tells that it is at another phase. */
  phase(name: string): void;
  /** Of all disks. */
  readonly doneBytes: number;
}

/** @param now milliseconds */
export function createExportProgress(ctx: Pick<TaskContext, "progress" | "now">): ExportProgress {
  const parts: { part: Omit<Part, "rateBytesPerSecond" | "eta">; meter: Meter }[] = [];
  let phase = "opening";
  let spent = { source: 0, target: 0, limit: 0 };
  /** Disks that wait for each at present: a wait that has not ended counts as well. */
  const waiting = { source: 0, target: 0, limit: 0 };
  let beganAtMs = ctx.now();
  let countedAtMs = beganAtMs;
  let atWork = 0;
  let limitedBy: ProgressDetail["limitedBy"] = null;

  /** Adds the time since the last change to what is waited for. */
  const count = () => {
    const nowMs = ctx.now();
    for (const what of WAITS) spent[what] += waiting[what] * (nowMs - countedAtMs);
    countedAtMs = nowMs;
  };
  const look = () => {
    count();
    const wallMs = countedAtMs - beganAtMs;
    if (wallMs < LOOK_MS) return;
    const waited = spent.source + spent.target + spent.limit;
    const shares = { ...spent, processor: wallMs * Math.max(1, atWork) - waited };
    const most = Object.entries(shares).reduce((best, next) => (next[1] > best[1] ? next : best));
    limitedBy = most[0] as typeof limitedBy;
    spent = { source: 0, target: 0, limit: 0 };
    beganAtMs = countedAtMs;
  };
  const sum = (member: "doneBytes" | "totalBytes") => parts.reduce((all, { part }) => all + part[member], 0);
  const detail = (): ProgressDetail => ({
    parts: parts.map(({ part, meter }) => ({
      ...part,
      ...(part.state === "copying"
        ? readMeter(meter, part.totalBytes - part.doneBytes, ctx.now())
        : { rateBytesPerSecond: 0, eta: null }),
    })),
    limitedBy: phase === "copying" ? limitedBy : null,
  });
  const tell = () => {
    look();
    ctx.progress(sum("doneBytes"), sum("totalBytes"), phase, detail);
  };

  return {
    disk(label, expectedBytes) {
      const entry: (typeof parts)[number] = {
        part: { label, doneBytes: 0, totalBytes: expectedBytes, state: "waiting", transport: null },
        meter: EMPTY_METER,
      };
      parts.push(entry);
      const set = (change: Partial<Part>) => {
        entry.part = { ...entry.part, ...change };
        entry.meter = addPoint(entry.meter, ctx.now(), entry.part.doneBytes);
        tell();
      };
      return {
        opened(transport, doneBytes, totalBytes) {
          atWork += 1;
          phase = "copying";
          set({ transport, doneBytes, totalBytes, state: "copying" });
        },
        copied: (doneBytes) => set({ doneBytes }),
        hashed() {
          atWork -= 1;
          set({ doneBytes: entry.part.totalBytes, state: "hashing" });
        },
        done: () => set({ doneBytes: entry.part.totalBytes, state: "done" }),
      };
    },
    async timed(what, work) {
      count();
      waiting[what] += 1;
      try {
        return await work();
      } finally {
        count();
        waiting[what] -= 1;
      }
    },
    phase(name) {
      phase = name;
      tell();
    },
    get doneBytes() {
      return sum("doneBytes");
    },
  };
}

/** The writer, whose time is counted. */
export function timedWriter(writer: DiskWriter, { timed }: Pick<ExportProgress, "timed">): DiskWriter {
  const { writeEncoded, writeZero } = writer;
  return {
    grainBytes: writer.grainBytes,
    encoding: writer.encoding,
    write: (offset, bytes) => timed("target", () => writer.write(offset, bytes)),
    ...(writeEncoded === undefined
      ? {}
      : {
          writeEncoded: (offset: number, stored: Uint8Array) =>
            timed("target", () => writeEncoded.call(writer, offset, stored)),
        }),
    ...(writeZero === undefined
      ? {}
      : {
          writeZero: (offset: number, length: number) => timed("target", () => writeZero.call(writer, offset, length)),
        }),
    checkpoint: (doneBytes) => timed("target", () => writer.checkpoint(doneBytes)),
    finish: () => timed("target", () => writer.finish()),
  };
}
