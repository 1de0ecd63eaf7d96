/** What services stand on, for tests: a database in memory, its event hub, a clock that is set by hand, a folder to play in. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppEvent } from "../../../src-core/model/event.ts";
import { type Db, openDatabase } from "../../db/open.ts";
import { createEventHub, type EventHub } from "../../jobs/event-hub.ts";
import { type Log, silentLog } from "../../log/log.ts";

export interface Ground {
  readonly db: Db;
  readonly hub: EventHub;
  readonly log: Log;
  readonly folder: string;
  /** Everything the hub told, in order. */
  readonly told: AppEvent[];
  clockMs: number;
  now(): number;
  remove(): void;
}

export function newGround(): Ground {
  const db = openDatabase(":memory:");
  const log = silentLog();
  const hub = createEventHub({ db, log });
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "hypersdk-services-")));
  const told: AppEvent[] = [];
  hub.listen(({ event }) => told.push(event));
  const ground: Ground = {
    db,
    hub,
    log,
    folder,
    told,
    clockMs: Date.parse("2026-03-01T12:00:00.000Z"),
    now: () => ground.clockMs,
    remove() {
      db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return ground;
}
