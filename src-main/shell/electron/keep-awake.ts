/** Keeps the computer from falling asleep while work is running; the screen may go dark. */
import { powerSaveBlocker } from "electron";
import type { JobEngine } from "../../jobs/engine.ts";
import type { EventHub } from "../../jobs/event-hub.ts";

export function keepAwakeWhileWorking(hub: EventHub, engine: JobEngine): void {
  let blocker: number | null = null;
  const follow = () => {
    // Only counted: this is asked at every event, and thousands may be waiting.
    const working = !engine.paused && engine.list({ active: true, state: "running", limit: 1 }).total > 0;
    if (working && blocker === null) blocker = powerSaveBlocker.start("prevent-app-suspension");
    else if (!working && blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  };
  hub.listen(({ event }) => {
    if (event.type === "run" || event.type === "work" || event.type === "run-removed") follow();
  });
  follow();
}
