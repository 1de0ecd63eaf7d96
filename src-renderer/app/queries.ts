/** The questions several pages ask, so that they share one answer in the cache. */
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { SystemInfo } from "../../src-core/contract/system.ts";
import type { LibraryItem } from "../../src-core/model/library.ts";
import type { RunSummary } from "../../src-core/model/run.ts";
import { api, client } from "./api-client.ts";

/** Runs not ended yet. The limit is far above what anybody lets run or wait. */
export const activeRunsQuery = api.runs.list.queryOptions({ input: { active: true, limit: 500 } });

export const systemQuery = api.system.info.queryOptions();
export const librariesQuery = api.libraries.list.queryOptions();
export const settingsQuery = api.settings.get.queryOptions();

/** Ended runs, newest first, page by page. */
export const historyQuery = api.runs.list.infiniteOptions({
  input: (cursor: string | undefined) => ({
    active: false,
    limit: 200,
    ...(cursor === undefined ? {} : { cursor }),
  }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});

/** Everything found in all libraries, page by page. */
export const libraryItemsQuery = infiniteQueryOptions({
  queryKey: ["library-items"],
  queryFn: ({ pageParam, signal }) =>
    client.libraries.items({ limit: 1000, ...(pageParam === undefined ? {} : { cursor: pageParam }) }, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor ?? undefined,
});

const NO_ITEMS: readonly LibraryItem[] = [];
const NO_RUNS: readonly RunSummary[] = [];

/** All library items; fetches page after page until there are no more. */
export function useLibraryItems(): {
  items: readonly LibraryItem[];
  total: number;
  pending: boolean;
  error: Error | null;
  refetch: () => void;
} {
  const query = useInfiniteQuery({ ...libraryItemsQuery, select: flattenPages });
  const { hasNextPage, isFetching, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return {
    items: query.data?.items ?? NO_ITEMS,
    total: query.data?.total ?? 0,
    pending: query.isPending,
    error: query.error,
    refetch: () => void query.refetch(),
  };
}

function flattenPages(data: { pages: { items: LibraryItem[]; total: number }[] }) {
  return { items: data.pages.flatMap((page) => page.items), total: data.pages.at(-1)?.total ?? 0 };
}

export function useSystem(): SystemInfo | undefined {
  return useQuery(systemQuery).data;
}

export function useActiveRuns(): readonly RunSummary[] {
  return useQuery(activeRunsQuery).data?.items ?? NO_RUNS;
}
