import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { HardDriveDownload, SearchX } from "lucide-react";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { machineSearchText, passesFilter } from "../../../src-core/model/machine-filter.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import type { Source } from "../../../src-core/model/source.ts";
import { toErrorData } from "../../app/error-data.ts";
import { nodesQuery } from "../../app/source-queries.ts";
import { Button } from "../../components/button.tsx";
import { DataGrid } from "../../components/data-grid.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { formatBytes, formatCount } from "../../format/bytes.ts";
import { matchesAll, searchWords } from "../../format/matches.ts";
import { useOverlays } from "../../ui-state/overlays.ts";
import { useTableTaste } from "../../ui-state/tables.ts";
import { InventoryTree } from "./inventory-tree.tsx";
import { machineColumns } from "./machine-columns.tsx";
import { MachineFilterBar } from "./machine-filter-bar.tsx";
import { MachinePanel } from "./machine-panel.tsx";
import { type MachineFilter, NO_FILTER } from "./machine-views.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { buildTree } from "./tree-rows.ts";
import { useMachineActions } from "./use-machine-actions.tsx";

interface MachinesViewProps {
  source: Source;
  machines: readonly MachineRow[];
  pending: boolean;
  error: Error | null;
  onRetry: () => void;
  /** The machine beside the table; null = none. */
  shownId: string | null;
  nowMs: number;
}

const DEFAULT_SORTING = [{ id: "name", desc: false }];
// What is left fits beside the tree on an ordinary screen.
const DEFAULT_HIDDEN = ["cbt", "agent", "datastores", "tags"];
const NO_NODES: never[] = [];
const rowId = (row: MachineRow) => row.id;
const exportSubject = ({ sourceId, id, name }: MachineRow) => ({ sourceId, machineId: id, name });

/** Tree, table and panel of one source's machines. */
export function MachinesView(props: MachinesViewProps) {
  const { source, machines, nowMs, shownId } = props;
  const navigate = useNavigate();
  const nodes = useQuery(nodesQuery(source.id)).data ?? NO_NODES;
  const taste = useTableTaste("machines", DEFAULT_SORTING, DEFAULT_HIDDEN);
  const actions = useMachineActions();
  const openExport = useOverlays((state) => state.openExport);
  const [filter, setFilter] = useState<MachineFilter>(NO_FILTER);
  const [under, setUnder] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());

  const tree = useMemo(() => buildTree(nodes, machines), [nodes, machines]);
  // Typing stays smooth: the rows follow a moment later when there are many.
  const settled = useDeferredValue(filter);
  const shown = useMemo(() => {
    const words = searchWords(settled.search);
    const below = under === null ? null : tree.below(under);
    return machines.filter(
      (machine) =>
        (below === null || below.has(machine.parentId ?? "") || below.has(machine.hostId ?? "")) &&
        passesFilter(machine, settled.show) &&
        (words.length === 0 || matchesAll(machineSearchText(machine), words)),
    );
  }, [machines, settled, under, tree]);
  const columns = useMemo(() => machineColumns(nowMs), [nowMs]);
  // One search after the other may gather a selection: it does not end where the filter does.
  const chosen = useMemo(() => machines.filter(({ id }) => selected.has(id)), [machines, selected]);
  const chosenShown = useMemo(
    () => shown.reduce((sum, { id }) => sum + Number(selected.has(id)), 0),
    [shown, selected],
  );
  const panel = shownId === null ? undefined : machines.find(({ id }) => id === shownId);
  const open = useCallback(
    (machine: MachineRow | null) =>
      void navigate({
        to: "/sources/$sourceId",
        params: { sourceId: source.id },
        search: machine === null ? {} : { machine: machine.id },
        replace: true,
      }),
    [navigate, source.id],
  );
  const filtering = settled.search !== "" || settled.show.length > 0 || under !== null;
  const connected = source.connection.state === "connected";
  const mayPower = source.connection.capabilities?.power === true;
  const provisioned = useMemo(() => shown.reduce((sum, row) => sum + (row.provisionedBytes ?? 0), 0), [shown]);

  return (
    <div className="flex min-h-0 flex-1">
      <InventoryTree tree={tree} total={machines.length} chosen={under} onChoose={setUnder} />
      <div className="flex min-w-0 flex-1 flex-col">
        <MachineFilterBar filter={filter} onChange={setFilter} columns={columns} taste={taste} />
        {chosen.length === 0 ? null : (
          <SelectionBar
            machines={chosen}
            hiddenCount={chosen.length - chosenShown}
            mayPower={mayPower}
            actions={actions}
            onClear={() => setSelected(new Set())}
          >
            <Button
              size="small"
              look="primary"
              disabled={!connected}
              title={connected ? undefined : "The source is not connected"}
              onClick={() => openExport(chosen.map(exportSubject))}
            >
              <HardDriveDownload aria-hidden />
              Export…
            </Button>
          </SelectionBar>
        )}
        {props.error !== null ? (
          <div className="min-h-0 flex-1 p-4">
            <ErrorCard
              title="The machines could not be read"
              error={toErrorData(props.error)}
              actions={
                <Button size="small" onClick={props.onRetry}>
                  Try again
                </Button>
              }
            />
          </div>
        ) : props.pending ? (
          <div role="status" aria-label="Loading machines" className="grid flex-1 content-start gap-2 p-4">
            {Array.from({ length: 12 }, (_, n) => n).map((n) => (
              <div key={n} className="skeleton h-6" />
            ))}
          </div>
        ) : (
          <DataGrid
            label="Machines"
            columns={columns}
            rows={shown}
            rowId={rowId}
            sorting={taste.sorting}
            onSortingChange={taste.setSorting}
            hidden={taste.hidden}
            onOpen={open}
            selection={{ ids: selected, onChange: setSelected }}
            empty={
              <NoMachines
                source={source}
                filtering={filtering}
                onClear={() => {
                  setFilter(NO_FILTER);
                  setUnder(null);
                }}
              />
            }
          />
        )}
        <div
          className="flex h-7 shrink-0 items-center gap-4 border-t border-line px-4 text-2xs text-ink-2"
          aria-live="polite"
        >
          <span>
            {shown.length === machines.length
              ? `${formatCount(machines.length)} machines`
              : `${formatCount(shown.length)} of ${formatCount(machines.length)} machines`}
          </span>
          <span>{formatBytes(provisioned)} provisioned</span>
          <span className="ml-auto text-ink-3 max-xl:hidden">↑↓ move · Enter open · Space select · / search</span>
        </div>
      </div>
      {panel === undefined ? null : (
        <MachinePanel
          key={panel.id}
          source={source}
          row={panel}
          actions={actions}
          nowMs={nowMs}
          onExport={() => openExport([exportSubject(panel)])}
          onClose={() => open(null)}
        />
      )}
      {actions.dialogs}
    </div>
  );
}

function NoMachines({ source, filtering, onClear }: { source: Source; filtering: boolean; onClear: () => void }) {
  if (filtering) {
    return (
      <EmptyState
        icon={<SearchX />}
        title="Nothing matches"
        action={<Button onClick={onClear}>Show all machines</Button>}
      >
        No machine has all the words and filters above.
      </EmptyState>
    );
  }
  const reading =
    source.connection.state === "connecting" || (source.connection.state === "connected" && !source.inventory.settled);
  return (
    <EmptyState icon={<SearchX />} title={reading ? "Reading the inventory…" : "No machines"}>
      {reading
        ? "Rows appear as the source tells them."
        : source.connection.state === "connected"
          ? "The source has none, or the account may not see any."
          : "None were ever seen here. They appear once the source is connected."}
    </EmptyState>
  );
}
