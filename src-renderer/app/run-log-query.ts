/** The log of a run: read once, then only what was added, however often it is asked for anew. */
import { queryOptions } from "@tanstack/react-query";
import type { LogLine } from "../../src-core/model/run.ts";
import { client, queryClient } from "./api-client.ts";

const PAGE = 1000;

export function runLogKey(id: string): readonly unknown[] {
  return ["run-log", id];
}

export function runLogQuery(id: string) {
  return queryOptions({
    queryKey: runLogKey(id),
    queryFn: async ({ signal }): Promise<LogLine[]> => {
      const lines = [...(queryClient.getQueryData<LogLine[]>(runLogKey(id)) ?? [])];
      for (;;) {
        const more = await client.runs.log({ id, after: lines.at(-1)?.id ?? 0, limit: PAGE }, { signal });
        lines.push(...more);
        if (more.length < PAGE) return lines;
      }
    },
  });
}
