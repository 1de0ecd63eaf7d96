/** Rows of schedules change with their runs: told a moment later, together, since one end brings several changes. */
import type { EventHub } from "../jobs/event-hub.ts";

const GATHER_MS = 250;

/** Calls `tell` with the schedules whose runs changed. @returns the end of it */
export function followRuns({ hub, tell }: { hub: EventHub; tell(scheduleIds: ReadonlySet<string>): void }): () => void {
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    const ids = changed;
    changed = new Set();
    timer = undefined;
    tell(ids);
  };
  const stop = hub.listen(({ event }) => {
    if (event.type !== "scheduled-run") return;
    changed.add(event.run.scheduleId);
    timer ??= setTimeout(flush, GATHER_MS);
    timer.unref();
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}
