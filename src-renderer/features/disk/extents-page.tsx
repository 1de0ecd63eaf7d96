import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Rows3 } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import type { ExtentPage } from "../../../src-core/contract/library.ts";
import type { ExtentState } from "../../../src-core/model/disk.ts";
import { api } from "../../app/api-client.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { ReadFailure } from "../../app/read-failure.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { DataGrid, type GridColumn } from "../../components/data-grid.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { Select } from "../../components/select.tsx";
import { formatBytes, formatCount } from "../../format/bytes.ts";
import { baseName } from "../../format/path.ts";

type Extent = ExtentPage["extents"][number];
type Row = Extent & { readonly number: number };

const route = getRouteApi("/extents");
const PAGE = 5_000;
const NO_SORTING: { id: string; desc: boolean }[] = [];
const nothing = () => {};
const rowId = (row: Row) => String(row.number);

const SWATCHES: Record<ExtentState, string> = { data: "bg-accent-fill", zero: "bg-zero", hole: "hatch" };

function offsetCell(bytes: number) {
  return (
    <data value={bytes} title={`0x${bytes.toString(16)}, ${formatBytes(bytes)}`} className="font-mono text-xs">
      {formatCount(bytes)}
    </data>
  );
}

const COLUMNS: readonly GridColumn<Row>[] = [
  {
    id: "number",
    header: "No.",
    width: 5,
    align: "right",
    cell: (row) => <span className="text-ink-3">{formatCount(row.number)}</span>,
  },
  {
    id: "state",
    header: "State",
    width: 6,
    cell: ({ state }) => (
      <span className="flex items-center gap-2">
        <span aria-hidden className={`size-3 rounded-[2px] border border-line ${SWATCHES[state]}`} />
        {state}
      </span>
    ),
  },
  { id: "start", header: "Start", width: 11, grow: 1, align: "right", cell: (row) => offsetCell(row.start) },
  { id: "end", header: "End", width: 11, grow: 1, align: "right", cell: (row) => offsetCell(row.start + row.length) },
  {
    id: "length",
    header: "Length in bytes",
    width: 11,
    grow: 1,
    align: "right",
    cell: (row) => offsetCell(row.length),
  },
  { id: "size", header: "Length", width: 7, align: "right", cell: (row) => <BytesText bytes={row.length} /> },
];

type Filter = "all" | ExtentState;

/** Every extent of a disk, read page by page as one scrolls. */
export function ExtentsPage() {
  const search = route.useSearch();
  const { path, view } = search;
  const navigate = useNavigate();
  const snapshot = search.snapshot;
  const [filter, setFilter] = useState<Filter>("all");
  const disk = useQuery(api.disks.inspect.queryOptions({ input: { path } }));
  const query = useInfiniteQuery(
    api.disks.extents.infiniteOptions({
      input: (start: number) => ({ path, view, start, limit: PAGE, ...(snapshot === undefined ? {} : { snapshot }) }),
      initialPageParam: 0,
      getNextPageParam: (page) => page.nextStart ?? undefined,
      staleTime: 0,
    }),
  );
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const rows = useMemo(
    () =>
      (query.data?.pages ?? [])
        .flatMap((page) => page.extents)
        .map((extent, index) => ({ ...extent, number: index + 1 })),
    [query.data],
  );
  const shown = useMemo(() => (filter === "all" ? rows : rows.filter(({ state }) => state === filter)), [rows, filter]);
  const go = (change: Partial<typeof search>) => void navigate({ to: "/extents", search: { ...search, ...change } });
  const readSoFar = `${formatCount(rows.length)} ${rows.length === 1 ? "extent" : "extents"}${hasNextPage ? " read so far" : ""}`;
  return (
    <>
      <PageHeader
        title={`Extents of ${baseName(path)}`}
        back={{ to: "/disk", search: { path }, label: "Back to the disk" }}
        note={query.data === undefined ? undefined : readSoFar}
        actions={
          rows.length === 0 ? undefined : (
            <CopyButton text={jsonOf(shown)} label="Copy the extents as JSON">
              Copy as JSON
            </CopyButton>
          )
        }
      />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-1.5">
          <Segmented
            label="View"
            value={view}
            onValueChange={(chosen) => go({ view: chosen })}
            options={[
              { value: "layer", label: "This file" },
              { value: "guest", label: "As the guest sees it" },
            ]}
          />
          <Segmented
            label="State"
            value={filter}
            onValueChange={setFilter}
            options={[
              { value: "all", label: "All" },
              { value: "data", label: "Data" },
              { value: "zero", label: "Zero" },
              { value: "hole", label: "Hole" },
            ]}
          />
          {disk.data === undefined || disk.data.snapshots.length === 0 ? null : (
            <Select
              label="Snapshot"
              className="w-56"
              value={snapshot ?? ""}
              onValueChange={(id) => {
                const { snapshot: _, ...rest } = search;
                void navigate({ to: "/extents", search: id === "" ? rest : { ...rest, snapshot: id } });
              }}
              options={[
                { value: "", label: "Present state" },
                ...disk.data.snapshots.map(({ id, name }) => ({ value: id, label: `Snapshot ${name}` })),
              ]}
            />
          )}
        </div>
        {query.error !== null ? (
          <ReadFailure title="The extents could not be read" error={query.error} onRetry={query.refetch} />
        ) : query.data === undefined ? (
          <div role="status" aria-label="Reading the extents" className="grid gap-2 p-4">
            <div className="skeleton h-8" />
            <div className="skeleton h-64" />
          </div>
        ) : (
          <DataGrid
            label="Extents"
            columns={COLUMNS}
            rows={shown}
            rowId={rowId}
            sorting={NO_SORTING}
            onSortingChange={nothing}
            onOpen={nothing}
            onEnd={more}
            rowHeight={28}
            empty={
              <EmptyState
                icon={<Rows3 />}
                title={rows.length === 0 ? "The disk is empty" : "No extent is in that state"}
              >
                {rows.length === 0 ? "Its virtual size is 0 bytes." : `Among the ${readSoFar}.`}
              </EmptyState>
            }
          />
        )}
      </main>
    </>
  );
}

/** As `hypersdk map --json` has them. */
function jsonOf(rows: readonly Row[]): string {
  return JSON.stringify(rows.map(({ start, length, state }) => ({ start, length, state })));
}
