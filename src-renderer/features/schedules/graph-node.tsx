/** A schedule as a box of the drawing. */
import { Handle, type Node, type NodeProps, Position, useConnection } from "@xyflow/react";
import { CirclePower, PauseCircle } from "lucide-react";
import { memo } from "react";
import { classNames } from "../../components/class-names.ts";
import { ScheduledStateBadge } from "../../components/scheduled-state.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatRelative } from "../../format/date.ts";
import { pausedAt } from "../../format/schedule-words.ts";
import type { GraphNode } from "./graph-draft.ts";
import { NODE_HEIGHT, NODE_WIDTH } from "./graph-layout.ts";
import { useGraph } from "./graph-store.ts";
import type { ShownRun } from "./graph-view.ts";

export interface NodeData extends Record<string, unknown> {
  node: GraphNode;
  run: ShownRun | null;
  /** It took no part in the firing that is looked at. */
  aside: boolean;
  /** Its edges differ from what is saved. */
  edited: boolean;
  mark: "critical" | "loop" | null;
  nowMs: number;
}

export type ScheduleNode = Node<NodeData, "schedule">;

export const ScheduleBox = memo(function ScheduleBox({ id, data }: NodeProps<ScheduleNode>) {
  const { node, run, aside, edited, mark, nowMs } = data;
  const selected = useGraph(({ selection }) => selection?.kind === "node" && selection.id === id);
  const connecting = useConnection((connection) => connection.inProgress && connection.fromNode.id !== id);
  const { row } = node;
  const off = row !== null && !row.enabled;
  const paused = row !== null && pausedAt(row.pause, nowMs);
  const next = row?.nextStartAt ?? (row?.whenKind === "after" ? row.nextAt : null);
  return (
    <div
      data-mark={mark ?? undefined}
      data-selected={selected || undefined}
      className={classNames(
        "flex flex-col justify-between rounded-md border bg-raised px-3 py-2 text-left",
        mark === "loop"
          ? "border-bad bg-bad-soft"
          : mark === "critical"
            ? "border-accent bg-accent-soft"
            : "border-line-strong",
        node.row === null && "border-dashed",
        selected && "outline-2 outline-offset-2 outline-accent",
        aside && "opacity-45",
      )}
      style={{ width: NODE_WIDTH, height: NODE_HEIGHT }}
    >
      <Handle
        type="target"
        position={Position.Left}
        // While an edge is drawn the whole box takes it.
        className={classNames("graph-handle", connecting && "graph-handle-wide")}
      />
      <div className="flex items-center gap-1.5">
        <span className="min-w-0 flex-1 truncate font-semibold" title={node.name}>
          {node.name}
        </span>
        {node.join === "any" && node.dependencies.length > 1 ? <Tag>any of {node.dependencies.length}</Tag> : null}
        {row === null ? <Tag tone="accent">not saved</Tag> : edited ? <Tag tone="accent">edited</Tag> : null}
        {off ? <Tag>off</Tag> : paused ? <Tag tone="warn">paused</Tag> : null}
      </div>
      <div className="truncate text-2xs text-ink-2" title={row === null ? undefined : `${row.words}\n${row.workWords}`}>
        {row === null ? "Made when the graph is saved" : node.byClock ? row.words : row.workWords}
      </div>
      <div className="flex items-center gap-2 text-2xs text-ink-3">
        {run === null ? (
          <span>{aside ? "not in this firing" : "no run yet"}</span>
        ) : (
          <ScheduledStateBadge state={run.state} className="[&_svg]:size-3.5" />
        )}
        <span className="ml-auto truncate">
          {next !== null ? (
            `next ${formatRelative(next, nowMs)}`
          ) : off ? (
            <CirclePower aria-hidden className="size-3.5" />
          ) : paused ? (
            <PauseCircle aria-hidden className="size-3.5" />
          ) : run !== null ? (
            formatRelative(run.nominalAt, nowMs)
          ) : null}
        </span>
      </div>
      <Handle type="source" position={Position.Right} className="graph-handle" />
    </div>
  );
});
