import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ScheduleDefinition } from "../../../../src-core/model/schedule.ts";
import type { FieldProblem } from "../../../../src-core/model/schedule-view.ts";
import { api } from "../../../app/api-client.ts";
import { toErrorData } from "../../../app/error-data.ts";
import { useDebounced } from "../../../components/use-debounced.ts";

/** Long enough that a word is typed to its end. */
const SETTLE_MS = 250;
const NO_PROBLEMS: readonly FieldProblem[] = [];

/** What the program says about a definition while it is filled in. `id`: of the schedule it would replace. */
export function useValidation(definition: ScheduleDefinition, id: string | null) {
  const settled = useDebounced(definition, SETTLE_MS);
  const query = useQuery({
    ...api.schedules.validate.queryOptions({ input: { definition: settled, ...(id === null ? {} : { id }) } }),
    // The next runs depend on when one asks.
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
  const { data } = query;
  const current =
    data !== undefined && !query.isPlaceholderData && JSON.stringify(settled) === JSON.stringify(definition);
  return {
    problems: data?.problems ?? NO_PROBLEMS,
    words: data?.words ?? null,
    workWords: data?.workWords ?? null,
    cycle: data?.cycle ?? null,
    next: data?.next ?? [],
    /** It speaks of the definition as it is, not as it was a moment ago. */
    current,
    failure: query.error === null ? null : toErrorData(query.error).message,
  };
}
