/** The clock that schedules follow: the program's, which need not be the browser's. */
import { useQuery } from "@tanstack/react-query";
import { scheduleStatusQuery } from "../../app/schedule-queries.ts";
import { useNow } from "../../components/use-now.ts";

/** @returns its instant, a little late at most, and its computer's zone */
export function useSchedulerClock(): { nowMs: number; zone: string } {
  const browserNow = useNow(30_000);
  const { data, dataUpdatedAt } = useQuery(scheduleStatusQuery);
  const ahead = data === undefined ? 0 : Date.parse(data.now) - dataUpdatedAt;
  return { nowMs: browserNow + ahead, zone: data?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone };
}
