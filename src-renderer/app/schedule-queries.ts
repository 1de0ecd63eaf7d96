/** The questions that pages ask about schedules and their runs, so that they share one answer in the cache. */
import { infiniteQueryOptions, useQuery } from "@tanstack/react-query";
import type { ScheduleRow } from "../../src-core/model/schedule-view.ts";
import type { ScheduledRunState } from "../../src-core/model/scheduled-run.ts";
import { api, client } from "./api-client.ts";

export const schedulesQuery = api.schedules.list.queryOptions();
export const scheduleStatusQuery = api.schedules.status.queryOptions();
export const scheduleQuery = (id: string) => api.schedules.get.queryOptions({ input: { id } });
export const scheduledRunQuery = (id: string) => api.scheduledRuns.get.queryOptions({ input: { id } });
export const scheduledRunLogQuery = (id: string) => api.scheduledRuns.log.queryOptions({ input: { id } });

/** Which runs of schedules a list shows; absent: all. */
export interface ScheduledRunFilter {
  readonly scheduleId?: string;
  readonly firingId?: string;
  readonly state?: ScheduledRunState;
  readonly active?: boolean;
  readonly fromAt?: string;
  readonly toAt?: string;
}

/** Before this key stand all lists of runs, whatever their filter. */
export const SCHEDULED_RUN_LISTS = ["scheduled-runs"] as const;

/** Runs of schedules, newest first, page by page. */
export const scheduledRunsQuery = (filter: ScheduledRunFilter) =>
  infiniteQueryOptions({
    queryKey: [...SCHEDULED_RUN_LISTS, filter],
    queryFn: ({ pageParam, signal }) =>
      client.scheduledRuns.list(
        { ...filter, limit: 200, ...(pageParam === undefined ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

const NO_SCHEDULES: readonly ScheduleRow[] = [];

export function useSchedules(): readonly ScheduleRow[] {
  return useQuery(schedulesQuery).data ?? NO_SCHEDULES;
}
