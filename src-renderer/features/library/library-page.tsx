import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FolderPlus, SearchX } from "lucide-react";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import type { Library } from "../../../src-core/model/library.ts";
import { toErrorData } from "../../app/error-data.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { librariesQuery, useLibraryItems } from "../../app/queries.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { Button } from "../../components/button.tsx";
import { DataGrid } from "../../components/data-grid.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { useNow } from "../../components/use-now.ts";
import { formatBytes, formatCount } from "../../format/bytes.ts";
import { baseName } from "../../format/path.ts";
import { useOverlays } from "../../ui-state/overlays.ts";
import { useTableTaste } from "../../ui-state/tables.ts";
import { AddFolderForm } from "./add-folder-form.tsx";
import { diskColumns, RowActions } from "./disk-columns.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { FirstStart } from "./first-start.tsx";
import { FolderList } from "./folder-list.tsx";
import {
  filterRows,
  isFiltering,
  type LibraryFilter,
  type LibraryRow,
  NO_FILTER,
  sumRows,
  toRows,
} from "./library-rows.ts";
import { type Problem, ProblemDialog } from "./problem-dialog.tsx";

export function LibraryPage() {
  const libraries = useQuery(librariesQuery);
  const [adding, setAdding] = useState(false);
  const none = libraries.data?.length === 0;
  return (
    <>
      <PageHeader
        title="Library"
        actions={
          none || libraries.data === undefined ? undefined : (
            <Button onClick={() => setAdding(true)}>
              <FolderPlus aria-hidden />
              Add folder
            </Button>
          )
        }
      />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 outline-none">
        {libraries.error !== null ? (
          <div className="flex-1 p-4">
            <ReadFailure
              bare
              title="The library could not be read"
              error={libraries.error}
              onRetry={libraries.refetch}
            />
          </div>
        ) : none ? (
          <div className="min-w-0 flex-1">
            <FirstStart />
          </div>
        ) : (
          <LibraryTable libraries={libraries.data ?? NO_LIBRARIES} />
        )}
      </main>
      <Dialog
        open={adding}
        onOpenChange={setAdding}
        title="Add a folder"
        description="Everything below it is searched for machines and disks. Nothing is changed."
      >
        <AddFolderForm autoFocus onAdded={() => setAdding(false)} />
      </Dialog>
    </>
  );
}

const NO_LIBRARIES: readonly Library[] = [];

function LibraryTable({ libraries }: { libraries: readonly Library[] }) {
  const { items, pending, error, refetch } = useLibraryItems();
  const navigate = useNavigate();
  const now = useNow();
  const openConvert = useOverlays((state) => state.openConvert);
  const taste = useTableTaste("library", DEFAULT_SORTING, DEFAULT_HIDDEN);
  const [filter, setFilter] = useState<LibraryFilter>(NO_FILTER);
  const [problem, setProblem] = useState<Problem | null>(null);

  const rows = useMemo(() => toRows(items), [items]);
  // Typing stays smooth: the rows follow a moment later when there are many.
  const settled = useDeferredValue(filter);
  const shown = useMemo(() => filterRows(rows, settled), [rows, settled]);
  const sums = useMemo(() => sumRows(shown), [shown]);

  const showProblem = useCallback((row: LibraryRow) => setProblem(problemOf(row)), []);
  const convert = useCallback(
    (row: LibraryRow) => {
      if (row.disk?.summary) openConvert(row.disk.path);
    },
    [openConvert],
  );
  const open = useCallback(
    (row: LibraryRow) => {
      if (row.error !== null || row.disk === null) showProblem(row);
      else void navigate({ to: "/disk", search: { path: row.disk.path } });
    },
    [navigate, showProblem],
  );
  const columns = useMemo(() => diskColumns(showProblem), [showProblem]);
  const rowActions = useCallback((row: LibraryRow) => <RowActions row={row} onConvert={convert} />, [convert]);
  const scanning = libraries.some((library) => library.scan.state === "scanning");

  return (
    <>
      <FolderList
        libraries={libraries}
        chosen={filter.libraryId}
        onChoose={(libraryId) => setFilter({ ...filter, libraryId })}
        onProblems={(library) =>
          setProblem({
            title: `Problems in ${baseName(library.path) || library.path}`,
            path: library.path,
            error: library.scan.error,
            warnings: library.scan.warnings,
          })
        }
        nowMs={now}
      />
      <div className="flex min-w-0 flex-1 flex-col">
        <FilterBar filter={filter} onChange={setFilter} columns={columns} taste={taste} />
        {error !== null ? (
          <div className="p-4">
            <ErrorCard
              title="The list could not be read"
              error={toErrorData(error)}
              actions={
                <Button size="small" onClick={refetch}>
                  Try again
                </Button>
              }
            />
          </div>
        ) : pending ? (
          <RowsSkeleton />
        ) : (
          <DataGrid
            label="Disks"
            columns={columns}
            rows={shown}
            rowId={rowId}
            sorting={taste.sorting}
            onSortingChange={taste.setSorting}
            hidden={taste.hidden}
            onOpen={open}
            rowActions={rowActions}
            onKey={(row, key) => {
              if (key !== "c") return false;
              convert(row);
              return true;
            }}
            empty={
              <NothingShown
                filtering={isFiltering(settled)}
                scanning={scanning}
                onClear={() => setFilter({ ...NO_FILTER, libraryId: filter.libraryId })}
              />
            }
          />
        )}
        <div
          className="flex h-7 shrink-0 items-center gap-4 border-t border-line px-4 text-2xs text-ink-2"
          aria-live="polite"
        >
          <span>
            {shown.length === rows.length
              ? `${formatCount(rows.length)} rows`
              : `${formatCount(shown.length)} of ${formatCount(rows.length)} rows`}
          </span>
          <span>{formatBytes(sums.virtualBytes)} virtual</span>
          <span>{formatBytes(sums.allocatedBytes)} allocated</span>
          {sums.problems === 0 ? null : (
            <button
              type="button"
              className="text-warn underline"
              onClick={() => setFilter({ ...filter, problemsOnly: true })}
            >
              {formatCount(sums.problems)} with problems
            </button>
          )}
          <span className="ml-auto text-ink-3 max-lg:hidden">↑↓ move · Enter open · C convert · / search</span>
        </div>
      </div>
      <ProblemDialog problem={problem} onClose={() => setProblem(null)} />
    </>
  );
}

const DEFAULT_SORTING = [{ id: "machine", desc: false }];
/** So that the folder has its place in a window of usual width. */
const DEFAULT_HIDDEN = ["kind", "guest"];
const rowId = (row: LibraryRow) => row.id;

function problemOf(row: LibraryRow): Problem {
  const backing = row.disk?.summary?.backing ?? null;
  return {
    title:
      row.error === null
        ? `About ${row.disk?.name ?? row.item.name}`
        : `${row.disk?.name ?? row.item.name} cannot be read`,
    path: row.disk?.path ?? row.item.path,
    error: row.error,
    warnings: [
      ...row.warnings,
      ...(backing?.problem ? [`${backing.name}: ${backing.problem}`] : []),
      ...(row.disk === null && row.error === null ? ["The description of this machine names no disk."] : []),
    ],
  };
}

function NothingShown({
  filtering,
  scanning,
  onClear,
}: {
  filtering: boolean;
  scanning: boolean;
  onClear: () => void;
}) {
  if (filtering)
    return (
      <EmptyState
        icon={<SearchX />}
        title="Nothing matches"
        action={<Button onClick={onClear}>Clear search and filters</Button>}
      >
        No disk has all the words and filters above.
      </EmptyState>
    );
  return (
    <EmptyState icon={<SearchX />} title={scanning ? "Looking for disks…" : "No disks here"}>
      {scanning
        ? "Rows appear while the folder is read."
        : "Neither machines (OVF, VMX) nor disks (VMDK, QCOW2, VHD, VHDX, VDI, raw images) were found in these folders."}
    </EmptyState>
  );
}

function RowsSkeleton() {
  return (
    <div aria-busy="true" aria-label="Loading disks" role="status" className="grid flex-1 content-start gap-2 p-4">
      {Array.from({ length: 12 }, (_, n) => n).map((n) => (
        <div key={n} className="skeleton h-6" />
      ))}
    </div>
  );
}
