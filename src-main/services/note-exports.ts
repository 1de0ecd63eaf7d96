/** Remembers when each machine was last exported, and tells the lists of machines. */
import { putMachineExport } from "../db/machine-exports.ts";
import { machineRows } from "../db/machine-pages.ts";
import type { Db } from "../db/open.ts";
import type { JobEngine } from "../jobs/engine.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { SourcesService } from "./sources.ts";

/** Listens from now on. @returns the end of it */
export function noteExports(deps: {
  db: Db;
  hub: EventHub;
  engine: Pick<JobEngine, "get">;
  sources: Pick<SourcesService, "list">;
}): () => void {
  const { db, hub, engine, sources } = deps;
  return hub.listen(({ event }) => {
    if (event.type !== "run" || event.run.kind !== "export" || event.run.state !== "succeeded") return;
    const { request, endedAt, id: runId } = engine.get(event.run.id);
    if (request.kind !== "export" || endedAt === null) return;
    const { sourceId, machineId } = request;
    // The source may have been removed meanwhile.
    const source = sources.list().find(({ id }) => id === sourceId);
    if (source === undefined) return;
    putMachineExport(db, { sourceId, machineId, runId, at: endedAt });
    const machines = machineRows(db, sourceId, [machineId]);
    const { inventory } = source;
    hub.tell({
      type: "inventory",
      sourceId,
      machines,
      gone: [],
      nodesChanged: false,
      activityChanged: false,
      inventory,
    });
  });
}
