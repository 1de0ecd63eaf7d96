/**
 * One scan of one library: runs the scan task, stores what it finds batch by batch, and at the end deletes what was not met
 * again. services/libraries.ts decides when a scan runs.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { TaskEvent } from "../../src-core/model/task-event.ts";
import { nextGeneration, type ScanState, storedLibrary, updateScan } from "../db/libraries.ts";
import { deleteOlderItems, putItems } from "../db/library-items.ts";
import type { Db } from "../db/open.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { runTask } from "../jobs/worker-thread.ts";
import type { Log } from "../log/log.ts";

export interface ScanDeps {
  readonly db: Db;
  readonly hub: EventHub;
  readonly log: Log;
  readonly runTask: typeof runTask;
  now(): number;
}

/** Pages hear of a scan in progress at most this often. */
const TELL_EVERY_MS = 250;
const MAX_WARNINGS = 100;

/** Scans the library to its end; its state and its items say how it went. Never rejects. Leaves all as it is on `signal`. */
export async function scanLibrary(deps: ScanDeps, id: string, signal: AbortSignal): Promise<void> {
  const { db, hub } = deps;
  const before = storedLibrary(db, id);
  if (before === null || signal.aborted) return;
  const generation = nextGeneration(db, id);
  const failure = new AbortController();
  let scan: ScanState = {
    state: "scanning",
    finishedAt: before.scan.finishedAt,
    filesSeen: 0,
    error: null,
    warnings: [],
  };
  let toldAtMs = deps.now();

  const store = (next: ScanState) => {
    scan = next;
    updateScan(db, id, scan);
  };
  const event = () => {
    const library = storedLibrary(db, id);
    return library && ({ type: "library", library } as const);
  };
  const publish = () => {
    const happened = event();
    if (happened !== null) hub.publish(happened);
  };
  const tellNowAndThen = () => {
    if (deps.now() - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = deps.now();
    const happened = event();
    if (happened !== null) hub.tell(happened);
  };
  const onEvent = (happened: TaskEvent) => {
    if (happened.type !== "found" || signal.aborted || failure.signal.aborted) return;
    try {
      db.transaction(() => {
        putItems(db, id, generation, happened.items);
        store({ ...scan, filesSeen: happened.filesSeen });
      });
      tellNowAndThen();
    } catch (thrown) {
      // Called from the worker's message handler, where nobody would catch it.
      failure.abort(thrown);
    }
  };

  store(scan);
  publish();
  try {
    const result = await deps.runTask(
      { kind: "scan", folder: before.path, libraryId: id },
      { signal: AbortSignal.any([signal, failure.signal]), onEvent },
    );
    if (signal.aborted) return;
    failure.signal.throwIfAborted();
    db.transaction(() => {
      deleteOlderItems(db, id, generation);
      store({
        state: "done",
        finishedAt: new Date(deps.now()).toISOString(),
        filesSeen: result.filesSeen,
        error: null,
        warnings: result.warnings.slice(0, MAX_WARNINGS),
      });
    });
  } catch (thrown) {
    if (signal.aborted) return;
    const error = AppError.from(failure.signal.aborted ? failure.signal.reason : thrown);
    deps.log.warn("A library scan failed", { libraryId: id, error });
    store({ ...scan, state: "failed", finishedAt: new Date(deps.now()).toISOString(), error: error.toData() });
  }
  publish();
}
