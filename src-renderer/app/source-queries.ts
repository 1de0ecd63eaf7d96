/** The questions that pages ask about sources, so that they share one answer in the cache. */
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { MachineRow } from "../../src-core/model/machine-view.ts";
import type { Source } from "../../src-core/model/source.ts";
import { api, client } from "./api-client.ts";

export const sourcesQuery = api.sources.list.queryOptions();
export const sourceKindsQuery = api.sources.kinds.queryOptions();
export const viewsQuery = api.views.list.queryOptions();
export const nodesQuery = (id: string) => api.inventory.nodes.queryOptions({ input: { id } });

/** All machines of a source as last known, page by page; the table filters and sorts them itself. */
export const machinesQuery = (sourceId: string) =>
  infiniteQueryOptions({
    queryKey: ["machines", sourceId],
    queryFn: ({ pageParam, signal }) =>
      client.inventory.machines(
        { sourceId, limit: 1000, ...(pageParam === undefined ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });

const NO_MACHINES: readonly MachineRow[] = [];

/** All machines of a source; fetches page after page until there are no more. */
export function useMachines(sourceId: string): {
  machines: readonly MachineRow[];
  pending: boolean;
  error: Error | null;
  refetch: () => void;
} {
  const query = useInfiniteQuery({ ...machinesQuery(sourceId), select: flattenPages });
  const { hasNextPage, isFetching, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return {
    machines: query.data ?? NO_MACHINES,
    pending: query.isPending,
    error: query.error,
    refetch: () => void query.refetch(),
  };
}

function flattenPages(data: { pages: { items: MachineRow[] }[] }): MachineRow[] {
  return data.pages.flatMap((page) => page.items);
}

/** Undefined while it is not known, null where there is none of that id. */
export function useSource(id: string): Source | null | undefined {
  const { data } = useQuery(sourcesQuery);
  return data === undefined ? undefined : (data.find((source) => source.id === id) ?? null);
}
