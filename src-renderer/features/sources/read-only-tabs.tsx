import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, Info, TriangleAlert } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import type { InventoryNode, NodeKind, SourceTask } from "../../../src-core/model/inventory.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { DataGrid, type GridColumn } from "../../components/data-grid.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { useTableTaste } from "../../ui-state/tables.ts";

const DEFAULT_SORTING = [{ id: "name", desc: false }];
/** Facts that are worth a column of their own; the others stand in the last one. */
const MAX_FACT_COLUMNS = 6;

/** Hosts, datastores or networks, to read: a column for each fact that they have. */
export function NodeTable({
  kinds,
  nodes,
  label,
}: {
  kinds: readonly NodeKind[];
  nodes: readonly InventoryNode[];
  label: string;
}) {
  const rows = useMemo(() => nodes.filter(({ kind }) => kinds.includes(kind)), [nodes, kinds]);
  const taste = useTableTaste(`nodes ${label}`, DEFAULT_SORTING);
  const columns = useMemo((): GridColumn<InventoryNode>[] => {
    const names = [...new Set(rows.flatMap(({ facts }) => facts.map(({ name }) => name)))].slice(0, MAX_FACT_COLUMNS);
    const fact = (node: InventoryNode, name: string) => node.facts.find((one) => one.name === name)?.value ?? null;
    return [
      {
        id: "name",
        header: "Name",
        width: 12,
        grow: 1.5,
        value: (node) => node.name,
        cell: (node) => <span className="truncate font-medium">{node.name}</span>,
      },
      ...names.map((name) => ({
        id: name,
        header: name,
        width: 8,
        grow: 1,
        value: (node: InventoryNode) => fact(node, name),
        cell: (node: InventoryNode) => (
          <span className="truncate text-ink-2" title={fact(node, name) ?? ""}>
            {fact(node, name) ?? "–"}
          </span>
        ),
      })),
    ];
  }, [rows]);
  return (
    <DataGrid
      label={label}
      columns={columns}
      rows={rows}
      rowId={(node) => node.id}
      sorting={taste.sorting}
      onSortingChange={taste.setSorting}
      onOpen={() => {}}
      empty={<EmptyState icon={<Info />} title={`No ${label.toLowerCase()} are known`} />}
    />
  );
}

const SEVERITY = {
  info: <Info aria-label="information" className="size-4 text-ink-3" />,
  warning: <TriangleAlert aria-label="warning" className="size-4 text-warn" />,
  error: <CircleX aria-label="error" className="size-4 text-bad" />,
} as const;

/** What the source said lately. */
export function EventList({
  sourceId,
  machines,
  nowMs,
}: {
  sourceId: string;
  machines: readonly MachineRow[];
  nowMs: number;
}) {
  const events = useQuery(api.inventory.events.queryOptions({ input: { id: sourceId } }));
  return (
    <Lines error={events.error} lines={events.data} empty="The source said nothing since it was connected.">
      {(event, index) => (
        <Line key={`${event.at} ${index}`} icon={SEVERITY[event.severity]} at={event.at} nowMs={nowMs}>
          {event.message}
          <MachineName id={event.machineId} machines={machines} />
        </Line>
      )}
    </Lines>
  );
}

const TASK_ICONS: Record<SourceTask["state"], ReactNode> = {
  queued: <Info aria-label="queued" className="size-4 text-ink-3" />,
  running: <Info aria-label="running" className="size-4 text-accent" />,
  success: <CircleCheck aria-label="done" className="size-4 text-ok" />,
  error: <CircleX aria-label="failed" className="size-4 text-bad" />,
};

/** What the source is and was at. */
export function TaskList({
  sourceId,
  machines,
  nowMs,
}: {
  sourceId: string;
  machines: readonly MachineRow[];
  nowMs: number;
}) {
  const tasks = useQuery(api.inventory.tasks.queryOptions({ input: { id: sourceId } }));
  return (
    <Lines error={tasks.error} lines={tasks.data} empty="The source was at nothing since it was connected.">
      {(task) => (
        <Line key={task.id} icon={TASK_ICONS[task.state]} at={null} nowMs={nowMs}>
          {task.name}
          <MachineName id={task.machineId} machines={machines} />
          {task.state === "running" && task.progressPercent !== null ? ` · ${Math.floor(task.progressPercent)} %` : ""}
          {task.error === null ? null : <span className="text-bad"> · {task.error}</span>}
        </Line>
      )}
    </Lines>
  );
}

function Lines<T>(props: {
  error: Error | null;
  lines: readonly T[] | undefined;
  empty: string;
  children: (line: T, index: number) => ReactNode;
}) {
  const { error, lines, empty, children } = props;
  if (error !== null) {
    return (
      <div className="p-4">
        <ErrorCard error={toErrorData(error)} />
      </div>
    );
  }
  if (lines === undefined) {
    return (
      <div role="status" aria-label="Loading" className="p-4">
        <div className="skeleton h-8" />
      </div>
    );
  }
  if (lines.length === 0) return <EmptyState icon={<Info />} title={empty} />;
  return <ul className="min-h-0 flex-1 overflow-y-auto">{lines.map(children)}</ul>;
}

function Line(props: { icon: ReactNode; at: string | null; nowMs: number; children: ReactNode }) {
  return (
    <li className="flex items-start gap-2.5 border-b border-line/60 px-4 py-2">
      <span className="mt-0.5 shrink-0">{props.icon}</span>
      <p className="min-w-0 flex-1 break-words">{props.children}</p>
      {props.at === null ? null : (
        <TimeText iso={props.at} nowMs={props.nowMs} className="shrink-0 text-xs text-ink-3" />
      )}
    </li>
  );
}

function MachineName({ id, machines }: { id: string | null; machines: readonly MachineRow[] }) {
  const name = id === null ? undefined : machines.find((machine) => machine.id === id)?.name;
  return name === undefined ? null : <span className="text-ink-2"> · {name}</span>;
}
