/** The part of live-cache.ts that is about sources: a machine that changed is put in its place, without reading the list anew. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { AppEvent } from "../../src-core/model/event.ts";
import type { MachineRow } from "../../src-core/model/machine-view.ts";
import type { Source } from "../../src-core/model/source.ts";

interface MachinePage {
  items: MachineRow[];
  nextCursor: string | null;
  total: number;
}
type Machines = InfiniteData<MachinePage>;

/** The keys this window's queries about sources are kept under. */
export interface SourceKeys {
  sources: readonly unknown[];
  machines: (sourceId: string) => readonly unknown[];
  nodes: (sourceId: string) => readonly unknown[];
  machine: (sourceId: string, machineId: string) => readonly unknown[];
  /** Events and tasks of a source. */
  activity: (sourceId: string) => readonly (readonly unknown[])[];
}

type InventoryEvent = Extract<AppEvent, { type: "inventory" }>;

export function createLiveSources(
  client: QueryClient,
  keys: SourceKeys,
  later: (key: string, run: () => void) => void,
) {
  const refetch = (queryKey: readonly unknown[]) => void client.invalidateQueries({ queryKey });

  const applyInventory = (event: InventoryEvent) => {
    const { sourceId, machines, gone } = event;
    client.setQueryData<Source[]>(keys.sources, (all) =>
      all?.map((source) => (source.id === sourceId ? { ...source, inventory: event.inventory } : source)),
    );
    if (machines === null) later(`machines ${sourceId}`, () => refetch(keys.machines(sourceId)));
    else if (machines.length + gone.length > 0) {
      client.setQueryData<Machines>(keys.machines(sourceId), (data) => data && withChanges(data, machines, gone));
      for (const id of [...machines.map((machine) => machine.id), ...gone]) refetch(keys.machine(sourceId, id));
    }
    if (event.nodesChanged) later(`nodes ${sourceId}`, () => refetch(keys.nodes(sourceId)));
    if (event.activityChanged) {
      later(`activity ${sourceId}`, () => {
        for (const key of keys.activity(sourceId)) refetch(key);
      });
    }
  };

  return {
    applyInventory,
    applySource(source: Source) {
      const before = client.getQueryData<Source[]>(keys.sources)?.find(({ id }) => id === source.id);
      client.setQueryData<Source[]>(keys.sources, (all) => {
        if (all === undefined) return undefined;
        const rest = all.filter(({ id }) => id !== source.id);
        return [...rest, source].sort((a, b) => a.name.localeCompare(b.name, "en", { sensitivity: "base" }));
      });
      // Another address means other machines.
      if (before !== undefined && before.address !== source.address) {
        refetch(keys.machines(source.id));
        refetch(keys.nodes(source.id));
      }
    },
    forgetSource(id: string) {
      client.setQueryData<Source[]>(keys.sources, (all) => all?.filter((source) => source.id !== id));
      for (const queryKey of [keys.machines(id), keys.nodes(id)]) client.removeQueries({ queryKey });
    },
  };
}

/** Known machines in their place, new ones at the end: the table sorts them. */
function withChanges(data: Machines, machines: readonly MachineRow[], gone: readonly string[]): Machines {
  const changed = new Map(machines.map((machine) => [machine.id, machine]));
  const left = new Set(gone);
  let removed = 0;
  const pages = data.pages.map((page) => {
    if (!page.items.some(({ id }) => changed.has(id) || left.has(id))) return page;
    const items = page.items.flatMap((machine) => {
      if (left.has(machine.id)) {
        removed += 1;
        return [];
      }
      const next = changed.get(machine.id);
      changed.delete(machine.id);
      return [next ?? machine];
    });
    return { ...page, items };
  });
  const last = pages.at(-1);
  if (last === undefined) return data;
  const added = [...changed.values()];
  const grown = pages.with(-1, added.length === 0 ? last : { ...last, items: [...last.items, ...added] });
  const total = last.total - removed + added.length;
  return { ...data, pages: grown.map((page) => ({ ...page, total })) };
}
