/** Which firing of the graph the drawing shows: the last run of each schedule, live, or an earlier firing. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { scheduledRunsQuery } from "../../app/schedule-queries.ts";
import { Select } from "../../components/select.tsx";
import { formatRelative } from "../../format/date.ts";
import { plural } from "../../format/plural.ts";
import { SCHEDULED_STATE_WORDS } from "../../format/schedule-words.ts";
import { firingsOf } from "./graph-firings.ts";
import { useGraph } from "./graph-store.ts";
import type { ShownRun } from "./graph-view.ts";

const LIVE = "live";
const SHOWN = 60;

/** @param scheduleId only firings that it took part in; null: all */
export function FiringChoice({ scheduleId, nowMs }: { scheduleId: string | null; nowMs: number }) {
  const { firingId, lookBack } = useGraph();
  const { data } = useInfiniteQuery(scheduledRunsQuery(scheduleId === null ? {} : { scheduleId }));
  const firings = useMemo(() => firingsOf(data?.pages.flatMap((page) => page.items) ?? []).slice(0, SHOWN), [data]);
  const options = [
    { value: LIVE, label: "Last run of each, live" },
    // The one looked at stays in the list, whatever is selected.
    ...(firingId === null || firings.some(({ id }) => id === firingId)
      ? []
      : [{ value: firingId, label: "The firing shown" }]),
    ...firings.map(({ id, name, at, runs, state }) => ({
      value: id,
      label: `${name}, ${formatRelative(at, nowMs)}: ${SCHEDULED_STATE_WORDS[state].toLowerCase()}${scheduleId === null && runs > 1 ? `, ${plural(runs, "run")}` : ""}`,
    })),
  ];
  return (
    <Select
      label="Which runs are shown"
      value={firingId ?? LIVE}
      options={options}
      onValueChange={(value) => lookBack(value === LIVE ? null : value)}
      className="h-7 w-52 text-xs"
    />
  );
}

/** The runs of a firing by schedule, kept live by the event stream; null while none is looked at. */
export function useFiring(firingId: string | null): ReadonlyMap<string, ShownRun> | null {
  const { data, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    ...scheduledRunsQuery({ firingId: firingId ?? "" }),
    enabled: firingId !== null,
  });
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return useMemo(() => {
    if (firingId === null) return null;
    const runs = data?.pages.flatMap((page) => page.items) ?? [];
    // Newest first: of one that was tried again the newest counts.
    return new Map(
      runs
        .toReversed()
        .map(({ id, scheduleId, state, nominalAt, reason }) => [scheduleId, { id, state, nominalAt, reason }]),
    );
  }, [firingId, data]);
}
