/** What the program's engines remember between its starts. */
import { Pause } from "../../src-core/model/schedule.ts";
import type { Db } from "./open.ts";

/** Whether the user paused all work. */
export function readPaused(db: Db): boolean {
  return read(db, "paused") === "1";
}

export function writePaused(db: Db, paused: boolean): void {
  write(db, "paused", paused ? "1" : "0");
}

/** The pause of all schedules. */
export function readSchedulesPause(db: Db): Pause | null {
  const text = read(db, "schedules-pause") ?? "null";
  return Pause.nullable().parse(JSON.parse(text));
}

export function writeSchedulesPause(db: Db, pause: Pause | null): void {
  write(db, "schedules-pause", JSON.stringify(pause));
}

function read(db: Db, key: string): string | undefined {
  return db.get(db.sql.selectFrom("engine_state").select("value").where("key", "=", key))?.value;
}

function write(db: Db, key: string, value: string): void {
  db.run(
    db.sql
      .insertInto("engine_state")
      .values({ key, value })
      .onConflict((conflict) => conflict.column("key").doUpdateSet({ value })),
  );
}
