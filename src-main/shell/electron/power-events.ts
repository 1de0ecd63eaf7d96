/** Tells the scheduler that the computer goes to sleep and has woken up. Without these it finds out by its clocks, a little later. */
import { powerMonitor } from "electron";
import type { Scheduler } from "../../scheduler/scheduler.ts";

export function tellOfSleep(scheduler: Pick<Scheduler, "suspended" | "resumed">): void {
  powerMonitor.on("suspend", () => scheduler.suspended());
  powerMonitor.on("resume", () => scheduler.resumed());
}
