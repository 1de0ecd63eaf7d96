/** Keeps the computer from falling asleep while work is running; the screen may go dark. */
import { powerSaveBlocker } from "electron";
import type { JobEngine } from "../../jobs/engine.ts";
import type { EventHub } from "../../jobs/event-hub.ts";

export function keepAwakeWhileWorking(hub: EventHub, engine: JobEngine): void {
  let blocker: number | null = null;
  const follow = () => {
    const working = !engine.paused && engine.active().some((run) => run.state === "running");
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
