/** An edge of the drawing, with its condition in words. */
import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { memo } from "react";
import type { Dependency, EdgeCondition } from "../../../src-core/model/dependency.ts";
import { classNames } from "../../components/class-names.ts";
import { useGraph } from "./graph-store.ts";
import { edgeWords } from "./graph-words.ts";

export interface EdgeData extends Record<string, unknown> {
  dependency: Dependency;
  /** "refused": it was asked for and is not there. */
  mark: "critical" | "loop" | "refused" | null;
}

export type DependencyEdge = Edge<EdgeData, "dependency">;

/** By colour and by dash; the words beside them say it as well. */
const LINES: Record<EdgeCondition, { stroke: string; dash?: string }> = {
  success: { stroke: "var(--ok)" },
  warning: { stroke: "var(--warn)", dash: "9 4" },
  failure: { stroke: "var(--bad)", dash: "5 4" },
  either: { stroke: "var(--ink-3)" },
};

export const DependencyLine = memo(function DependencyLine(props: EdgeProps<DependencyEdge>) {
  const { source, target, data } = props;
  const selected = useGraph(
    ({ selection }) => selection?.kind === "edge" && selection.parentId === source && selection.childId === target,
  );
  const select = useGraph((state) => state.select);
  const [path, x, y] = getBezierPath(props);
  if (data === undefined) return null;
  const { dependency, mark } = data;
  const bad = mark === "loop" || mark === "refused";
  const line = LINES[dependency.on];
  return (
    <>
      <BaseEdge
        path={path}
        interactionWidth={18}
        {...(props.markerEnd === undefined ? {} : { markerEnd: props.markerEnd })}
        style={{
          stroke: bad ? "var(--bad)" : mark === "critical" || selected ? "var(--accent)" : line.stroke,
          strokeWidth: selected || mark !== null ? 3 : 1.5,
          strokeDasharray: mark === "refused" ? "2 5" : (line.dash ?? "none"),
        }}
      />
      <EdgeLabelRenderer>
        <button
          type="button"
          tabIndex={-1}
          onClick={() => select({ kind: "edge", parentId: source, childId: target, from: "parent" })}
          className={classNames(
            "nodrag nopan pointer-events-auto absolute max-w-36 truncate rounded border bg-surface px-1.5 text-2xs",
            bad ? "border-bad text-bad" : selected ? "border-accent font-medium text-accent" : "border-line text-ink-2",
          )}
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
        >
          {mark === "refused" ? "refused" : edgeWords(dependency)}
        </button>
      </EdgeLabelRenderer>
    </>
  );
});
