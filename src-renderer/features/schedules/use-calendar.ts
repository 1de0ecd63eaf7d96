/** What a calendar shows of a stretch of time: runs that were, runs to come, windows and blackouts. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { ScheduleRow, Shade } from "../../../src-core/model/schedule-view.ts";
import { client } from "../../app/api-client.ts";
import { scheduledRunsQuery } from "../../app/schedule-queries.ts";
import { formatCount } from "../../format/bytes.ts";
import { type CalendarItem, comingItems, madeItem, type Stretch } from "./calendar-items.ts";

const DAY_MS = 86_400_000;
/** A run may begin that much after the time it is known by, when a window holds it back. */
const BEFORE_MS = DAY_MS;
/** Pages of past runs that are read: more could not be looked through in one view. */
const MOST_PAGES = 25;
const NO_SHADES: readonly Shade[] = [];

interface Calendar {
  readonly items: readonly CalendarItem[];
  readonly shades: readonly Shade[];
  /** What is missing from it, in words; null: nothing. */
  readonly cut: string | null;
  readonly pending: boolean;
  readonly error: Error | null;
  readonly refetch: () => void;
}

/** Changes whenever a forecast may: it is a part of the forecasts' keys. */
export function scheduleStamp(rows: readonly ScheduleRow[]): string {
  return `${rows.length} ${rows
    .map(({ changedAt }) => changedAt)
    .sort()
    .at(-1)}`;
}

/**
 * @param scheduleIds only of these; null: of all
 * @param nowMs of the scheduler's clock
 */
export function useCalendar(
  rows: readonly ScheduleRow[],
  { fromAt, toAt }: Stretch,
  scheduleIds: readonly string[] | null,
  nowMs: number,
): Calendar {
  const stamp = scheduleStamp(rows);
  const [fromIso, toIso] = [new Date(fromAt - BEFORE_MS).toISOString(), new Date(toAt).toISOString()];
  const only = scheduleIds?.length === 1 ? scheduleIds[0] : undefined;
  const past = useInfiniteQuery({
    ...scheduledRunsQuery({ fromAt: fromIso, toAt: toIso, ...(only === undefined ? {} : { scheduleId: only }) }),
    placeholderData: keepPreviousData,
  });
  const { hasNextPage, isFetching, fetchNextPage } = past;
  const pages = past.data?.pages.length ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetching && pages < MOST_PAGES) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage, pages]);

  const begunAt = Math.max(fromAt - BEFORE_MS, nowMs);
  const days = Math.min(90, Math.max(1, Math.ceil((toAt - begunAt) / DAY_MS)));
  const forecast = (name: string, from: number | null, length: number) => ({
    queryKey: [name, stamp, from === null ? "now" : fromIso, length, scheduleIds],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      client.schedules.simulate(
        {
          days: length,
          ...(from === null ? {} : { fromAt: new Date(from).toISOString() }),
          ...(scheduleIds === null ? {} : { scheduleIds: [...scheduleIds] }),
        },
        { signal },
      ),
    placeholderData: keepPreviousData,
    enabled: rows.length > 0,
  });
  const coming = useQuery({
    ...forecast("calendar", fromAt - BEFORE_MS > nowMs ? fromAt - BEFORE_MS : null, days),
    enabled: rows.length > 0 && toAt > nowMs,
  });
  // Shades of what was are asked for on their own: a forecast begins now.
  const lengthOfView = Math.min(90, Math.ceil((toAt - fromAt) / DAY_MS));
  const shades = useQuery({
    ...forecast("calendar-shades", fromAt, lengthOfView),
    select: (answer) => answer.shades,
  });

  const names = useMemo(() => new Map(rows.map(({ id, name }) => [id, name])), [rows]);
  const items = useMemo(() => {
    const asked = scheduleIds === null ? null : new Set(scheduleIds);
    const made = (past.data?.pages ?? [])
      .flatMap((page) => page.items)
      .filter(({ scheduleId }) => asked === null || asked.has(scheduleId));
    const known = new Set(made.map(({ scheduleId, firingId }) => `${scheduleId} ${firingId}`));
    // What has become a run since the forecast was made is there once.
    const runs = (toAt > nowMs ? (coming.data?.runs ?? []) : []).filter(
      ({ scheduleId, firingId }) => !known.has(`${scheduleId} ${firingId}`),
    );
    return [...made.map(madeItem), ...comingItems(runs, coming.data?.collisions ?? [], (id) => names.get(id) ?? id)];
  }, [past.data, coming.data, names, scheduleIds, toAt, nowMs]);

  return {
    items,
    shades: shades.data ?? NO_SHADES,
    cut: cutWords(
      pages >= MOST_PAGES && hasNextPage ? (past.data?.pages[0]?.total ?? 0) : null,
      coming.data !== undefined && coming.data.total > coming.data.runs.length ? coming.data : null,
    ),
    // What is shown meanwhile is of the time looked at before.
    pending: [past, coming, shades].some(
      ({ isPending, isPlaceholderData, fetchStatus }) => isPlaceholderData || (isPending && fetchStatus !== "idle"),
    ),
    error: past.error ?? coming.error,
    refetch() {
      void past.refetch();
      void coming.refetch();
      void shades.refetch();
    },
  };
}

function cutWords(pastTotal: number | null, coming: { runs: unknown[]; total: number } | null): string | null {
  const parts = [
    pastTotal === null
      ? null
      : `of ${formatCount(pastTotal)} past runs only the newest ${formatCount(MOST_PAGES * 200)}`,
    coming === null
      ? null
      : `of ${formatCount(coming.total)} coming runs only the first ${formatCount(coming.runs.length)}`,
  ].filter((part) => part !== null);
  return parts.length === 0
    ? null
    : `There is too much to show all of it: ${parts.join(", ")}. Filter, or choose a shorter time.`;
}
