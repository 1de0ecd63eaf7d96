/** Schedules for the stories about the graph and the calendar, made over the REST port. */
import { rest } from "./script.ts";

export interface MadeSchedule {
  id: string;
  name: string;
  changedAt: string;
  dependencies: { parentId: string; on: string; run: string; timeoutMs: number | null }[];
  join: string;
}

/** A schedule's definition: it checks a disk, and has what `given` says. */
export function definition(name: string, given: object = {}): object {
  return {
    name,
    work: { kind: "job", request: { kind: "check", path: "/nowhere/disk.qcow2" } },
    when: { kind: "cron", expression: "30 2 * * *" },
    zone: "Europe/Berlin",
    ...given,
  };
}

export function make(dataFolder: string, name: string, given: object = {}): Promise<MadeSchedule> {
  return rest(dataFolder, "POST", "/schedules", { definition: definition(name, given) });
}

/** Hundreds at a time: a request has a limit. Parents come before what follows them. */
export async function makeAll(dataFolder: string, all: readonly { id: string; definition: object }[]): Promise<void> {
  for (let from = 0; from < all.length; from += 600) {
    const changes = all.slice(from, from + 600).map((each) => ({ kind: "create", ...each }));
    await rest(dataFolder, "POST", "/schedules/apply", { changes });
  }
}

export function listed(dataFolder: string): Promise<MadeSchedule[]> {
  return rest(dataFolder, "GET", "/schedules");
}
