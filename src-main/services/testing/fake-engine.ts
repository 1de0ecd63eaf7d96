/** A job engine that only remembers what it accepted, and an engine thread that answers what the test says. */
import type { DiskInfo } from "../../../src-core/model/disk.ts";
import { AppError } from "../../../src-core/model/error.ts";
import type { JobRequest, Run, RunSummary } from "../../../src-core/model/run.ts";
import type { TaskSpec } from "../../../src-core/model/task.ts";
import type { JobEngine, NewRun } from "../../jobs/engine.ts";
import type { runTask } from "../../jobs/worker-thread.ts";

export interface FakeEngine {
  readonly engine: JobEngine;
  readonly accepted: NewRun[];
  /** Paths that some open run writes to. */
  readonly busy: Set<string>;
  /** Identities of files, each with the run that wrote it: "run-1 2049:17:…". */
  readonly wrote: Set<string>;
  /** Runs that `get` knows. */
  readonly runs: Map<string, Partial<Run>>;
}

export function fakeEngine(): FakeEngine {
  const accepted: NewRun[] = [];
  const keys = new Map<string, { request: string; started: { jobId: string; runId: string } }>();
  const runs = new Map<string, Partial<Run>>();
  const busy = new Set<string>();
  const wrote = new Set<string>();
  const known: Partial<JobEngine> = {
    accept(run) {
      accepted.push(run);
      const started = { jobId: run.jobId ?? `job-${accepted.length}`, runId: `run-${accepted.length}` };
      if (run.idempotencyKey) keys.set(run.idempotencyKey, { request: JSON.stringify(run.request), started });
      return started;
    },
    findByIdempotencyKey(key: string, request: JobRequest) {
      const entry = keys.get(key);
      if (entry === undefined) return null;
      if (entry.request !== JSON.stringify(request)) throw new AppError("request.conflict");
      return entry.started;
    },
    busyTarget: (path) => (busy.has(path) ? new AppError("target.busy") : null),
    files: (runId) => {
      const request = runs.get(runId)?.request;
      return request?.kind === "convert" ? request.targets.map(({ path }) => ({ path, target: path })) : [];
    },
    wroteFile: (runId, identity) => wrote.has(`${runId} ${identity}`),
    get(runId) {
      const run = runs.get(runId);
      if (run === undefined) throw new AppError("request.not-found");
      return run as Run;
    },
  };
  return { engine: known as JobEngine, accepted, busy, wrote, runs };
}

/** Answers `formats` and `describe`, and `inspect` and `map` from `disks` by path; counts what it was asked. */
export function fakeRunTask(disks: ReadonlyMap<string, DiskInfo>): { run: typeof runTask; asked: TaskSpec[] } {
  const asked: TaskSpec[] = [];
  const variant = {
    id: "plain",
    label: "Plain",
    blockBytes: null,
    sectorBytes: [512],
    compression: [{ method: "none" as const, levels: null }],
    preallocation: ["off" as const],
    backing: false,
    sizeUnitBytes: 512,
  };
  const format = (id: "raw" | "qcow2" | "vmdk", extension: string, write: boolean) => ({
    id,
    label: id.toUpperCase(),
    extensions: [extension],
    can: { read: true, write, differencing: false, compressed: false },
    variants: write ? [variant, { ...variant, id: "flat", label: "Flat" }] : [],
  });
  const run = async (spec: TaskSpec) => {
    asked.push(spec);
    if (spec.kind === "describe") {
      return { kind: "describe", engine: { kernels: "plain", reason: null, zlib: "1", zstd: "1", threads: 1 } };
    }
    if (spec.kind === "formats") {
      const formats = [format("raw", "img", true), format("qcow2", "qcow2", true), format("vmdk", "vmdk", false)];
      // A variant "flat" keeps its data in a file of its own.
      const companions = (spec.targets ?? []).map(({ subformat, name }) =>
        subformat === "flat" ? [`${name}-flat`] : [],
      );
      return { kind: "formats", formats, companions };
    }
    const disk = "path" in spec ? disks.get(spec.path) : undefined;
    if (disk === undefined) throw new AppError("disk.unknown-format");
    const { path, virtualSizeBytes } = disk;
    const totals = {
      dataBytes: disk.allocatedBytes,
      zeroBytes: 0,
      holeBytes: virtualSizeBytes - disk.allocatedBytes,
    };
    return spec.kind === "map"
      ? { kind: "map", map: { path, virtualSizeBytes, totals, extentCount: 2, dataExtentCount: 1, slices: [] } }
      : { kind: "inspect", disk };
  };
  return { run: run as unknown as typeof runTask, asked };
}

export function diskInfo(path: string, more: Partial<DiskInfo> = {}): DiskInfo {
  const name = path.split("/").at(-1) ?? path;
  return {
    path,
    name,
    folder: path.slice(0, -name.length - 1),
    format: "vmdk",
    subformat: "monolithicSparse",
    virtualSizeBytes: 1024 * 1024,
    fileSizeBytes: 65_536,
    allocatedBytes: 65_536,
    backing: null,
    snapshotCount: 0,
    warnings: [],
    grainBytes: 65_536,
    files: [{ path, role: "image", sizeBytes: 65_536, allocatedBytes: 65_536 }],
    snapshots: [],
    facts: [],
    chain: [],
    ...more,
  };
}

export function runSummary(id: string, more: Partial<RunSummary> = {}): RunSummary {
  return {
    id,
    jobId: `job of ${id}`,
    kind: "convert",
    name: "web01.vmdk → web01.qcow2",
    state: "succeeded",
    reason: null,
    priority: 50,
    createdAt: "2026-03-01T12:00:00.000Z",
    startedAt: "2026-03-01T12:00:01.000Z",
    endedAt: "2026-03-01T12:03:06.000Z",
    progress: null,
    error: null,
    paused: false,
    maxBytesPerSecond: null,
    outcome: null,
    prediction: null,
    scheduledRunId: null,
    ...more,
  };
}
