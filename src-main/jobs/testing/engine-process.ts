/**
 * A program that is nothing but the job engine with the real workers: `engine-process.ts DATABASE SOURCE TARGET [LINE [MS]]`.
 * Recovers, submits the same conversion under one idempotency key, prints a line a state ("task started"), and ends with it.
 *
 * So many ms after it has printed LINE for the first time it kills itself with SIGKILL. It does so itself, and not whoever reads
 * the line: with 0 ms nothing whatever is done after the line, however busy the machine.
 */
import { writeSync } from "node:fs";
import { dirname } from "node:path";
import { isFinal, type JobRequest } from "../../../src-core/model/run.ts";
import { DEFAULT_SETTINGS } from "../../../src-core/model/settings.ts";
import { openDatabase } from "../../db/open.ts";
import { silentLog } from "../../log/log.ts";
import { startChecked } from "../checked-thread.ts";
import { createJobEngine } from "../engine.ts";
import { createEventHub } from "../event-hub.ts";
import { noSources } from "./no-sources.ts";

const [database, sourcePath, targetPath, killLine, killMs = "0"] = process.argv.slice(2);
if (database === undefined || sourcePath === undefined || targetPath === undefined)
  throw new Error("three paths, please");

function say(line: string): void {
  writeSync(1, `${line}\n`);
  if (line !== killLine) return;
  const kill = () => process.kill(process.pid, "SIGKILL");
  if (killMs === "0") kill();
  else setTimeout(kill, Number(killMs));
}

const db = openDatabase(database);
const log = silentLog();
const hub = createEventHub({ db, log });
const telling: typeof startChecked = (spec, options = {}) =>
  startChecked(spec, {
    ...options,
    onEvent(event) {
      options.onEvent?.(event);
      if (event.type === "checkpoint") say("task checkpoint");
    },
  });
const engine = createJobEngine({
  db,
  hub,
  log,
  now: () => Date.now(),
  limits: { ...DEFAULT_SETTINGS, concurrency: 1 },
  startTask: telling,
  sourceAccess: noSources,
});
const target = { path: targetPath, format: "qcow2" as const, options: {}, overwrite: false };
const request: JobRequest = {
  kind: "convert",
  sourcePath,
  sourceFormat: "raw",
  targets: [target],
  verify: { mode: "full" },
  priority: 50,
  sync: true,
  maxBytesPerSecond: null,
};
const common = { sourcePath, sourceFormat: "raw" as const };
const roots = [dirname(sourcePath)];

hub.listen(({ event }) => {
  if (event.type === "task" && event.event.type !== "log") say(`task ${event.event.type}`);
  if (event.type === "run" && isFinal(event.run.state)) {
    say(`run ${event.run.state}`);
    void engine.stop().then(() => db.close());
  }
});
engine.recover();
engine.accept({
  request,
  name: "killed",
  files: [{ path: targetPath, target: targetPath }],
  idempotencyKey: "once",
  tasks: [
    {
      key: "convert",
      dependsOn: [],
      spec: {
        kind: "convert",
        ...common,
        targets: [{ ...target, partialPath: `${targetPath}.partial` }],
        sync: true,
        roots,
      },
    },
    {
      key: "verify",
      dependsOn: ["convert"],
      spec: {
        kind: "verify",
        ...common,
        targetPath,
        targetFormat: target.format,
        targetOptions: {},
        verify: request.verify,
        roots,
      },
    },
  ],
});
