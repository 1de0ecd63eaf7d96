/** The one event stream: opened when there is a connection, resumed where it broke, folded into the query cache. */
import { getEventMeta } from "@orpc/client";
import type { AppEvent } from "../../src-core/model/event.ts";
import { api, client, link, queryClient } from "./api-client.ts";
import { createLiveCache } from "./live-cache.ts";
import {
  activeRunsQuery,
  historyQuery,
  librariesQuery,
  libraryItemsQuery,
  settingsQuery,
  systemQuery,
} from "./queries.ts";
import { runLogKey } from "./run-log-query.ts";
import { tellOfRun } from "./run-toasts.ts";
import {
  SCHEDULED_RUN_LISTS,
  scheduledRunLogQuery,
  scheduledRunQuery,
  scheduleQuery,
  scheduleStatusQuery,
  schedulesQuery,
} from "./schedule-queries.ts";
import { machinesQuery, nodesQuery, sourcesQuery, viewsQuery } from "./source-queries.ts";

/** Refetches asked for by events are gathered for this long. */
const GATHER_MS = 400;
const BEFORE_RETRY_MS = 1000;

const timers = new Map<string, ReturnType<typeof setTimeout>>();
const later = (key: string, run: () => void) => {
  if (timers.has(key)) return;
  timers.set(
    key,
    setTimeout(() => {
      timers.delete(key);
      run();
    }, GATHER_MS),
  );
};

const cache = createLiveCache(
  queryClient,
  {
    activeRuns: activeRunsQuery.queryKey,
    history: historyQuery.queryKey,
    run: (id) => api.runs.get.queryKey({ input: { id } }),
    samples: (id) => api.runs.samples.queryKey({ input: { id } }),
    log: runLogKey,
    libraries: librariesQuery.queryKey,
    libraryItems: libraryItemsQuery.queryKey,
    sources: sourcesQuery.queryKey,
    machines: (id) => machinesQuery(id).queryKey,
    nodes: (id) => nodesQuery(id).queryKey,
    machine: (id, machineId) => api.inventory.machine.queryKey({ input: { id, machineId } }),
    activity: (id) => [
      api.inventory.events.queryKey({ input: { id } }),
      api.inventory.tasks.queryKey({ input: { id } }),
    ],
    views: viewsQuery.queryKey,
    schedules: schedulesQuery.queryKey,
    scheduleStatus: scheduleStatusQuery.queryKey,
    schedule: (id) => scheduleQuery(id).queryKey,
    everySchedule: api.schedules.get.key(),
    scheduledRunLists: SCHEDULED_RUN_LISTS,
    scheduledRun: (id) => scheduledRunQuery(id).queryKey,
    scheduledRunLog: (id) => scheduledRunLogQuery(id).queryKey,
    system: systemQuery.queryKey,
    settings: settingsQuery.queryKey,
  },
  later,
);

let started = false;

/** Begins listening; it never ends while the page is open. */
export function startLive(): void {
  if (started) return;
  started = true;
  void listenForever();
}

async function listenForever(): Promise<void> {
  let lastId: string | undefined;
  for (let first = true; ; first = false) {
    try {
      const stream = await client.events.stream(undefined, lastId === undefined ? {} : { lastEventId: lastId });
      // Without an id to resume from, what happened meanwhile is unknown. At the very start the queries may have been
      // answered before the stream stood, so the same holds.
      if (lastId === undefined && !(first && queryClient.getQueryCache().getAll().length === 0)) cache.reset();
      for await (const event of stream) {
        lastId = getEventMeta(event)?.id ?? lastId;
        take(event);
      }
    } catch {
      // The connection broke or the stream was refused: the link says so on the screen; here only the next try matters.
    }
    await linkIsOpen();
    await new Promise((resolve) => setTimeout(resolve, BEFORE_RETRY_MS));
  }
}

function take(event: AppEvent): void {
  if (event.type === "run") tellOfRun(event.run, knownState(event.run.id));
  cache.apply(event);
}

function knownState(id: string) {
  return queryClient.getQueryData(activeRunsQuery.queryKey)?.items.find((run) => run.id === id)?.state;
}

function linkIsOpen(): Promise<void> {
  return new Promise((resolve) => {
    if (link.state.name === "open") return resolve();
    const stop = link.subscribe(() => {
      if (link.state.name !== "open") return;
      stop();
      resolve();
    });
  });
}
