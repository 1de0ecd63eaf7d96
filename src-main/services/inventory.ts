/** What sources have, as last known, and what can be done to their machines while they are connected. */
import { randomUUID } from "node:crypto";
import type { MachineQuery } from "../../src-core/contract/inventory.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { InventoryNode, MachineDetail, SourceEvent, SourceTask } from "../../src-core/model/inventory.ts";
import type { MachineRow, SavedView } from "../../src-core/model/machine-view.ts";
import type { Leftover } from "../../src-core/model/source.ts";
import type { SourceCall } from "../../src-core/model/source-session.ts";
import { listNodes } from "../db/inventory.ts";
import { listMachines, MachineCursor } from "../db/machine-pages.ts";
import type { Db } from "../db/open.ts";
import { deleteSavedView, putSavedView, savedViews } from "../db/saved-views.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { SourcesService } from "./sources.ts";

export interface InventoryService {
  /** @throws AppError request.not-found */
  nodes(sourceId: string): InventoryNode[];
  /** @throws AppError request.not-found, request.invalid for a cursor of another list */
  machines(query: MachineQuery): { items: MachineRow[]; nextCursor: string | null; total: number };
  /** Read anew from the source. @throws AppError request.not-found, source.* */
  machine(sourceId: string, machineId: string, signal?: AbortSignal): Promise<MachineDetail>;
  /** @throws AppError request.not-found, source.* */
  power(sourceId: string, machineId: string, action: "on" | "off" | "shutdown", signal?: AbortSignal): Promise<void>;
  createSnapshot(
    sourceId: string,
    options: Omit<Extract<SourceCall, { kind: "create-snapshot" }>, "kind">,
    signal?: AbortSignal,
  ): Promise<string>;
  snapshot(
    sourceId: string,
    what: "remove" | "revert",
    machineId: string,
    snapshotId: string,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Those of runs that are not alive. @throws AppError request.not-found, source.* */
  leftovers(sourceId: string, signal?: AbortSignal): Promise<Leftover[]>;
  /** @throws AppError request.not-found also for one that is of a run still alive */
  removeLeftover(sourceId: string, leftoverId: string, signal?: AbortSignal): Promise<void>;
  events(sourceId: string): SourceEvent[];
  tasks(sourceId: string): SourceTask[];
  views(): SavedView[];
  saveView(view: Omit<SavedView, "id">): SavedView;
  /** @throws AppError request.not-found */
  removeView(id: string): void;
}

export function createInventory(deps: {
  db: Db;
  hub: EventHub;
  sources: SourcesService;
  /** Ids of the runs that are not ended: what carries their mark is in use. */
  activeRuns(): readonly string[];
}): InventoryService {
  const { db, hub, sources } = deps;

  /** By exact mark: one run's id may begin like another's. */
  const dead = (leftovers: readonly Leftover[]) => {
    const alive = new Set(deps.activeRuns().map((id) => `hypersdk-${id}`));
    return leftovers.filter(({ mark }) => !alive.has(mark));
  };
  const leftovers = async (sourceId: string, signal?: AbortSignal) =>
    dead(await sources.live(sourceId).call({ kind: "leftovers" }, signal));

  return {
    nodes(sourceId) {
      sources.get(sourceId);
      return listNodes(db, sourceId);
    },
    machines({ cursor, ...query }) {
      if (query.sourceId !== undefined) sources.get(query.sourceId);
      const page = listMachines(db, query, cursor === undefined ? undefined : cursorOf(cursor));
      const nextCursor = page.next && Buffer.from(JSON.stringify(page.next)).toString("base64url");
      return { items: page.items, nextCursor, total: page.total };
    },
    machine: (sourceId, machineId, signal) => sources.live(sourceId).call({ kind: "machine", machineId }, signal),
    async power(sourceId, machineId, action, signal) {
      await sources.live(sourceId).call({ kind: "power", machineId, action }, signal);
    },
    createSnapshot: (sourceId, options, signal) =>
      sources.live(sourceId).call({ kind: "create-snapshot", ...options }, signal),
    async snapshot(sourceId, what, machineId, snapshotId, signal) {
      await sources.live(sourceId).call({ kind: `${what}-snapshot`, machineId, snapshotId }, signal);
    },
    leftovers,
    async removeLeftover(sourceId, leftoverId, signal) {
      const leftover = (await leftovers(sourceId, signal)).find(({ id }) => id === leftoverId);
      if (leftover === undefined) throw new AppError("request.not-found", "There is no such leftover (any more).");
      await sources.live(sourceId).call({ kind: "remove-leftover", leftover }, signal);
    },
    events: (sourceId) => sources.live(sourceId).activity.events(),
    tasks: (sourceId) => sources.live(sourceId).activity.tasks(),
    views: () => savedViews(db),
    saveView(view) {
      const saved = putSavedView(db, { id: randomUUID(), ...view });
      hub.publish({ type: "views" });
      return saved;
    },
    removeView(id) {
      if (!deleteSavedView(db, id)) throw new AppError("request.not-found", "There is no such view.");
      hub.publish({ type: "views" });
    },
  };
}

function cursorOf(cursor: string): MachineCursor {
  try {
    return MachineCursor.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch (cause) {
    throw new AppError("request.invalid", "cursor: this is not a cursor of this list.", { cause });
  }
}
