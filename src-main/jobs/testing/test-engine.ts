/** A job engine over a database in memory (or a file), with played threads and a clock that the test moves. */
import type { AppEvent } from "../../../src-core/model/event.ts";
import type { ExportRequest } from "../../../src-core/model/export.ts";
import type { ConvertRequest } from "../../../src-core/model/run.ts";
import { DEFAULT_SETTINGS, type GroupLimits } from "../../../src-core/model/settings.ts";
import type { TaskSource } from "../../../workers/task.ts";
import { type Db, openDatabase } from "../../db/open.ts";
import { silentLog } from "../../log/log.ts";
import { createJobEngine, type JobEngine, type NewRun } from "../engine.ts";
import { createEventHub, type EventHub, type HubEvent } from "../event-hub.ts";
import type { startTask } from "../worker-thread.ts";
import { type FakeThreads, fakeThreads } from "./fake-threads.ts";
import { noSources } from "./no-sources.ts";

export interface TestEngine {
  readonly db: Db;
  readonly hub: EventHub;
  readonly engine: JobEngine;
  readonly threads: FakeThreads;
  /** Everything told since the start, in order. */
  readonly told: HubEvent[];
  /** Moves the clock that the engine reads, and calls what waits for an instant of it; other timers stand still. */
  pass(ms: number): void;
  /** The same database after the program died: another engine, with threads of its own. */
  reborn(): TestEngine;
}

interface TestEngineOptions {
  concurrency?: number;
  groupLimits?: GroupLimits;
  ageEveryMs?: number;
  random?: () => number;
  db?: Db;
  startMs?: number;
  sourceAccess?: (sourceId: string) => TaskSource;
  /** Instead of played threads. */
  startTask?: typeof startTask;
}

export function testEngine(options: TestEngineOptions = {}): TestEngine {
  const db = options.db ?? openDatabase(":memory:");
  let nowMs = options.startMs ?? Date.UTC(2030, 0, 1, 12);
  const now = () => nowMs;
  const waits = new Set<{ readonly atMs: number; then(): void }>();
  const log = silentLog();
  const hub = createEventHub({ db, log });
  const told: HubEvent[] = [];
  hub.listen((event) => told.push(event));
  const threads = fakeThreads(now);
  const start = options.startTask ?? threads.startTask;
  const engine = createJobEngine({
    db,
    hub,
    log,
    now,
    at(atMs, then) {
      const wait = { atMs, then };
      waits.add(wait);
      return () => void waits.delete(wait);
    },
    random: options.random ?? (() => 0),
    limits: {
      concurrency: options.concurrency ?? 2,
      groupLimits: options.groupLimits ?? [],
      ageEveryMs: options.ageEveryMs ?? DEFAULT_SETTINGS.ageEveryMs,
    },
    startTask: start,
    sourceAccess: options.sourceAccess ?? noSources,
  });
  return {
    db,
    hub,
    engine,
    threads,
    told,
    pass(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = [...waits].sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        waits.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.then();
      }
      nowMs = untilMs;
    },
    reborn: () => testEngine({ ...options, db, startMs: nowMs + 60_000 }),
  };
}

/** A conversion to `folder`/`name`.qcow2 with a verification after it. */
export function newRun(name: string, change: Partial<ConvertRequest> & { folder?: string } = {}): NewRun {
  const { folder = "/nowhere", ...rest } = change;
  const path = `${folder}/${name}.qcow2`;
  const request: ConvertRequest = {
    kind: "convert",
    sourcePath: `/vm/${name}.vmdk`,
    targets: [{ path, format: "qcow2", options: {}, overwrite: false }],
    verify: { mode: "full" },
    priority: 50,
    sync: true,
    maxBytesPerSecond: null,
    ...rest,
  };
  const { sourcePath, sync, verify } = request;
  const roots = ["/vm"];
  const targets = request.targets.map((target, index) => ({
    ...target,
    partialPath: `${folder}/.${name}${index === 0 ? "" : `-${index}`}.partial`,
  }));
  return {
    request,
    name,
    files: targets.map((target) => ({ path: target.path, target: target.path })),
    tasks: [
      { key: "convert", dependsOn: [], spec: { kind: "convert", sourcePath, targets, sync, roots } },
      ...targets.map((target, index) => ({
        key: index === 0 ? "verify" : `verify ${index}`,
        dependsOn: ["convert"],
        spec: {
          kind: "verify" as const,
          sourcePath,
          targetPath: target.path,
          targetFormat: target.format,
          targetOptions: target.options,
          verify,
          roots,
        },
      })),
    ],
  };
}

/** An export of machine `name` to `/nowhere/name.ova`. */
export function newExport(name: string, change: Partial<ExportRequest> = {}): NewRun {
  const path = `/nowhere/${name}.ova`;
  const partialPath = `/nowhere/.${name}.partial`;
  const request: ExportRequest = {
    kind: "export",
    sourceId: "lab",
    machineId: name,
    output: { kind: "ova" },
    folder: "/nowhere",
    overwrite: false,
    quiesce: "try",
    power: "leave",
    disksAtOnce: 2,
    connectionsPerHost: 4,
    priority: 50,
    maxBytesPerSecond: null,
    limitsByTime: [],
    ...change,
  };
  const { sourceId, machineId, overwrite, quiesce, power, disksAtOnce, connectionsPerHost } = request;
  const spec = {
    kind: "export" as const,
    ...{ sourceId, machineId, overwrite, quiesce, power, disksAtOnce, connectionsPerHost, name },
    sourceName: "Lab",
    machineName: name,
    mark: `hypersdk-${name}`,
    program: { name: "HyperSDK Desktop", version: "0" },
    output: { kind: "ova" as const, path, partialPath },
    manifest: { path: `${path}.json`, partialPath: `${partialPath}.json` },
    diskKeys: ["1"],
  };
  return { request, name, files: [{ path, target: path }], tasks: [{ key: "export", dependsOn: [], spec }] };
}

/** Lets everything that waits for a settled promise happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The states a run was said to be in, in order. */
export function runStates(told: readonly HubEvent[], runId: string): string[] {
  const states: string[] = [];
  for (const { event } of told) {
    if (event.type === "run" && event.run.id === runId && states.at(-1) !== event.run.state)
      states.push(event.run.state);
  }
  return states;
}

/** Task events of a kind that were told. */
export function taskEvents(told: readonly HubEvent[], type: string): Extract<AppEvent, { type: "task" }>[] {
  return told.flatMap(({ event }) => (event.type === "task" && event.event.type === type ? [event] : []));
}
