/**
 * What an event means for what the pages already know. One door for every change that comes by itself: queries are never polled.
 * Works on a QueryClient and the query utilities handed in, so that it is tested without a connection.
 */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { EMPTY_METER, type Meter } from "../../src-core/job/estimate.ts";
import { foldTaskEvent } from "../../src-core/job/fold.ts";
import { hasEnded, runProgress } from "../../src-core/job/run-state.ts";
import { addSample } from "../../src-core/job/samples.ts";
import type { AppEvent } from "../../src-core/model/event.ts";
import type { Library, LibraryItem } from "../../src-core/model/library.ts";
import type { Run, RunSummary, Sample } from "../../src-core/model/run.ts";
import { createLiveSchedules, type ScheduleKeys } from "./live-schedules.ts";
import { createLiveSources, type SourceKeys } from "./live-sources.ts";

interface RunPage {
  items: RunSummary[];
  nextCursor: string | null;
  total: number;
}

/** The keys this window's queries are kept under. */
export interface LiveKeys extends SourceKeys, ScheduleKeys {
  activeRuns: readonly unknown[];
  history: readonly unknown[];
  run: (id: string) => readonly unknown[];
  samples: (id: string) => readonly unknown[];
  log: (id: string) => readonly unknown[];
  libraries: readonly unknown[];
  libraryItems: readonly unknown[];
  views: readonly unknown[];
  system: readonly unknown[];
  settings: readonly unknown[];
}

export interface LiveCache {
  apply: (event: AppEvent) => void;
  /** Everything may have changed: read anew what is on the screen, the rest when it is asked for. */
  reset: () => void;
}

/** `later(key, run)` runs `run` soon, once, however often it is asked for meanwhile. */
export function createLiveCache(
  client: QueryClient,
  keys: LiveKeys,
  later: (key: string, run: () => void) => void,
): LiveCache {
  const meters = new Map<string, Meter>();
  const refetch = (queryKey: readonly unknown[]) => void client.invalidateQueries({ queryKey });

  const sources = createLiveSources(client, keys, later);
  const schedules = createLiveSchedules(client, keys, later);

  const applyRun = (run: RunSummary) => {
    const ended = hasEnded(run.state);
    client.setQueryData<RunPage>(keys.activeRuns, (page) => page && withRun(page, run, !ended));
    client.setQueryData<InfiniteData<RunPage>>(keys.history, (data) => data && withRunInPages(data, run, ended));
    client.setQueryData<Run>(keys.run(run.id), (known) => known && { ...known, ...run });
    if (ended) {
      for (const task of client.getQueryData<Run>(keys.run(run.id))?.tasks ?? []) meters.delete(task.id);
      // The last facts (results, skipped tasks) are the program's to tell.
      refetch(keys.run(run.id));
      later(`log ${run.id}`, () => refetch(keys.log(run.id)));
    }
  };

  const applyTask = ({ runId, taskId, attemptId, event }: Extract<AppEvent, { type: "task" }>) => {
    const run = client.getQueryData<Run>(keys.run(runId));
    if (event.type === "log" || event.type === "warning") later(`log ${runId}`, () => refetch(keys.log(runId)));
    const task = run?.tasks.find((t) => t.id === taskId);
    if (run === undefined || task === undefined) return;
    const view = { task, meter: meters.get(taskId) ?? EMPTY_METER };
    const next = foldTaskEvent(view, attemptId, event);
    if (next === view) return;
    meters.set(taskId, next.meter);
    const tasks = run.tasks.map((t) => (t.id === taskId ? next.task : t));
    client.setQueryData<Run>(keys.run(runId), { ...run, tasks });
    if (event.type === "progress") {
      const doneBytes = runProgress(tasks, run.request)?.doneBytes ?? event.doneBytes;
      const sample: Sample = { at: event.at, doneBytes, taskKind: task.kind };
      client.setQueryData<Sample[]>(keys.samples(runId), (samples) => samples && addSample(samples, sample));
    }
  };

  const forgetRun = (id: string) => {
    const without = (page: RunPage): RunPage => {
      const items = page.items.filter((run) => run.id !== id);
      return items.length === page.items.length ? page : { ...page, items, total: page.total - 1 };
    };
    client.setQueryData<RunPage>(keys.activeRuns, (page) => page && without(page));
    client.setQueryData<InfiniteData<RunPage>>(
      keys.history,
      (data) => data && { ...data, pages: data.pages.map(without) },
    );
    client.removeQueries({ queryKey: keys.run(id) });
  };

  const applyLibrary = (library: Library) => {
    client.setQueryData<Library[]>(keys.libraries, (all) => {
      if (all === undefined) return undefined;
      const known = all.some((l) => l.id === library.id);
      return known ? all.map((l) => (l.id === library.id ? library : l)) : [...all, library];
    });
    later("library-items", () => refetch(keys.libraryItems));
  };

  const forgetLibrary = (id: string) => {
    client.setQueryData<Library[]>(keys.libraries, (all) => all?.filter((library) => library.id !== id));
    client.setQueryData<InfiniteData<{ items: LibraryItem[]; total: number }>>(
      keys.libraryItems,
      (data) =>
        data && {
          ...data,
          pages: data.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.libraryId !== id) })),
        },
    );
    later("library-items", () => refetch(keys.libraryItems));
  };

  return {
    apply(event) {
      switch (event.type) {
        case "run":
          return applyRun(event.run);
        case "task":
          return applyTask(event);
        case "run-removed":
          return forgetRun(event.runId);
        case "library":
          return applyLibrary(event.library);
        case "library-removed":
          return forgetLibrary(event.libraryId);
        case "source":
          return sources.applySource(event.source);
        case "source-removed":
          return sources.forgetSource(event.sourceId);
        case "inventory":
          return sources.applyInventory(event);
        case "schedule":
          return schedules.applySchedule(event.schedule);
        case "schedule-removed":
          return schedules.forgetSchedule(event.scheduleId);
        case "schedules":
          return schedules.schedulesChanged();
        case "scheduled-run":
          return schedules.applyScheduledRun(event.run);
        case "views":
          return refetch(keys.views);
        case "work":
          client.setQueryData<{ workPaused: boolean }>(
            keys.system,
            (info) => info && { ...info, workPaused: event.paused },
          );
          return;
        case "settings":
          return refetch(keys.settings);
        case "reset":
          return this.reset();
      }
    },
    reset() {
      meters.clear();
      void client.invalidateQueries();
    },
  };
}

/** The page with `run` in it (in its place, or first when new), or without it when it does not belong. */
function withRun(page: RunPage, run: RunSummary, belongs: boolean): RunPage {
  const index = page.items.findIndex((known) => known.id === run.id);
  if (index < 0) return belongs ? { ...page, items: [run, ...page.items], total: page.total + 1 } : page;
  if (!belongs) return { ...page, items: page.items.toSpliced(index, 1), total: page.total - 1 };
  return { ...page, items: page.items.with(index, run) };
}

function withRunInPages(data: InfiniteData<RunPage>, run: RunSummary, belongs: boolean): InfiniteData<RunPage> {
  const at = data.pages.findIndex((page) => page.items.some((known) => known.id === run.id));
  const target = Math.max(at, 0);
  const page = data.pages[target];
  if (page === undefined || (at < 0 && !belongs)) return data;
  return { ...data, pages: data.pages.with(target, withRun(page, run, belongs)) };
}
