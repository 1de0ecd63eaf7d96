/**
 * Asks each source, when it is connected to for the first time since the program started, what exports that ended badly (a crash, a
 * cut-off) left on it, and tells the user. Nothing is removed here: that needs somebody who has seen the list.
 */
import { AppError } from "../../src-core/model/error.ts";
import type { Source } from "../../src-core/model/source.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { Log } from "../log/log.ts";
import type { Shell } from "../shell/shell.ts";
import type { InventoryService } from "./inventory.ts";

/** Listens from now on. @returns the end of it */
export function tellLeftovers(deps: {
  hub: EventHub;
  log: Log;
  shell: Pick<Shell, "notify">;
  inventory: Pick<InventoryService, "leftovers">;
}): () => void {
  const { hub, log, shell, inventory } = deps;
  const asked = new Set<string>();
  const ending = new AbortController();

  async function ask({ id, name }: Source): Promise<void> {
    try {
      const { length } = await inventory.leftovers(id, ending.signal);
      if (length === 0 || ending.signal.aborted) return;
      log.warn("Exports that ended badly left something on a source", { sourceId: id, leftovers: length });
      shell.notify({
        title: `Leftovers on ${name}`,
        body: `${length} of exports that ended badly. Nothing is removed before you have seen it.`,
        path: "/sources",
      });
    } catch (thrown) {
      // It is asked again when the sources page is opened, and told there.
      if (!ending.signal.aborted) log.warn("Leftovers cannot be told", { sourceId: id, error: AppError.from(thrown) });
    }
  }

  const stop = hub.listen(({ event }) => {
    if (event.type !== "source") return;
    const { id, kind, connection, inventory: known } = event.source;
    // A folder of this computer is only read. Until all machines are known, a source has enough to do.
    if (kind === "local" || connection.state !== "connected" || !known.settled || asked.has(id)) return;
    asked.add(id);
    void ask(event.source);
  });
  return () => {
    stop();
    ending.abort();
  };
}
