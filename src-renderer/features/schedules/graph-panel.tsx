/** Beside the drawing: the schedule or the edge that is selected, and what can be changed about it. */
import { Link } from "@tanstack/react-router";
import { ArrowRight, Link2, Trash2, X } from "lucide-react";
import type { ReactNode } from "react";
import type { Dependency, Join } from "../../../src-core/model/dependency.ts";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { ScheduledStateBadge } from "../../components/scheduled-state.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { formatSpan } from "../../format/duration.ts";
import type { GraphNode } from "./graph-draft.ts";
import { EdgeFields } from "./graph-edge-fields.tsx";
import type { Selection } from "./graph-moves.ts";
import { useGraph } from "./graph-store.ts";
import { type ShownRun, shownRun } from "./graph-view.ts";
import { edgeWords } from "./graph-words.ts";

interface GraphPanelProps {
  rows: readonly ScheduleRow[];
  nodes: readonly GraphNode[];
  firing: ReadonlyMap<string, ShownRun> | null;
  selection: Selection;
  nowMs: number;
  onConnect: () => void;
}

export function GraphPanel(props: GraphPanelProps) {
  const { nodes, selection } = props;
  const select = useGraph((state) => state.select);
  const id = selection.kind === "node" ? selection.id : selection.childId;
  const node = nodes.find((each) => each.id === id);
  if (node === undefined) return null;
  return (
    <section
      id="graph-panel"
      tabIndex={-1}
      aria-label={selection.kind === "node" ? `Schedule ${node.name}` : "Connection"}
      className="flex w-72 shrink-0 flex-col overflow-y-auto border-l border-line bg-surface outline-none"
    >
      <div className="flex items-start gap-2 px-3.5 pt-3 pb-2">
        <h2 className="min-w-0 flex-1 text-base font-semibold break-words">
          {selection.kind === "node" ? node.name : "Connection"}
        </h2>
        <IconButton label="Close" onClick={() => select(null)}>
          <X aria-hidden />
        </IconButton>
      </div>
      <div className="grid gap-4 px-3.5 pb-4">
        {selection.kind === "node" ? <NodePart {...props} node={node} /> : <EdgePart {...props} child={node} />}
      </div>
    </section>
  );
}

function EdgePart({ rows, nodes, selection, child }: GraphPanelProps & { child: GraphNode }) {
  const { edit, select } = useGraph.getState();
  if (selection.kind !== "edge") return null;
  const { parentId, childId } = selection;
  const dependency = child.dependencies.find((each) => each.parentId === parentId);
  const parentName = nodes.find(({ id }) => id === parentId)?.name ?? parentId;
  if (dependency === undefined) return <p className="text-ink-2">The connection was removed.</p>;
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-1.5 text-sm">
        <NameButton id={parentId}>{parentName}</NameButton>
        <ArrowRight aria-label="then" className="size-3.5 text-ink-3" />
        <NameButton id={childId}>{child.name}</NameButton>
      </p>
      <EdgeFields
        key={`${parentId}>${childId}`}
        dependency={dependency}
        parentName={parentName}
        childName={child.name}
        byClock={child.byClock}
        onChange={(patch) => edit(rows, { kind: "edge", parentId, childId, patch })}
        onRemove={() => {
          if (edit(rows, { kind: "disconnect", parentId, childId })) select({ kind: "node", id: childId });
        }}
      />
      {child.dependencies.length > 1 ? <JoinChoice rows={rows} node={child} /> : null}
    </>
  );
}

function NodePart({ rows, nodes, firing, node, nowMs, onConnect }: GraphPanelProps & { node: GraphNode }) {
  const { edit, select } = useGraph.getState();
  const { row } = node;
  const run = shownRun(node, firing);
  const children = nodes.flatMap(({ id, name, dependencies }) => {
    const dependency = dependencies.find(({ parentId }) => parentId === node.id);
    return dependency === undefined ? [] : [{ id, name, dependency }];
  });
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  return (
    <>
      {row === null ? (
        <p className="text-sm text-ink-2">It is made when the graph is saved.</p>
      ) : (
        <>
          <p className="text-sm">{row.words}</p>
          <dl className="grid gap-2 text-sm">
            <Fact name="Does">{row.workWords}</Fact>
            {run === null ? null : (
              <Fact name={firing === null ? "Last run" : "Its run"}>
                <Link
                  to="/schedules/runs/$id"
                  params={{ id: run.id }}
                  className="inline-flex flex-wrap gap-x-2 hover:underline"
                >
                  <ScheduledStateBadge state={run.state} />
                  <TimeText iso={run.nominalAt} nowMs={nowMs} />
                </Link>
                {run.reason === null ? null : <span className="block text-xs text-ink-2">{run.reason}</span>}
              </Fact>
            )}
            {row.nextStartAt !== null ? (
              <Fact name="Next run">
                <TimeText iso={row.nextStartAt} nowMs={nowMs} />
              </Fact>
            ) : row.whenKind === "after" && row.nextAt !== null ? (
              <Fact name="Next firing">
                <TimeText iso={row.nextAt} nowMs={nowMs} />
              </Fact>
            ) : null}
            {row.predicted === null ? null : (
              <Fact name="Takes">{formatSpan(row.predicted.lowMs, row.predicted.highMs)}</Fact>
            )}
          </dl>
          <Link to="/schedules/$id" params={{ id: node.id }} className="text-sm text-accent hover:underline">
            Open schedule
          </Link>
        </>
      )}
      <EdgeList
        title="Comes after"
        none="Nothing: it begins."
        edges={node.dependencies.map((dependency) => ({
          key: dependency.parentId,
          name: names.get(dependency.parentId) ?? dependency.parentId,
          dependency,
          onSelect: () => select({ kind: "edge", parentId: dependency.parentId, childId: node.id, from: "child" }),
        }))}
      />
      {node.dependencies.length > 1 ? <JoinChoice rows={rows} node={node} /> : null}
      <EdgeList
        title="Before"
        none="Nothing comes after it."
        edges={children.map(({ id, name, dependency }) => ({
          key: id,
          name,
          dependency,
          onSelect: () => select({ kind: "edge", parentId: node.id, childId: id, from: "parent" }),
        }))}
      />
      <div className="flex flex-wrap gap-2">
        <Button size="small" onClick={onConnect} aria-keyshortcuts="C">
          <Link2 aria-hidden />
          Connect to…
        </Button>
        {row === null ? (
          <Button
            size="small"
            onClick={() => {
              if (edit(rows, { kind: "discard", id: node.id })) select(null);
            }}
          >
            <Trash2 aria-hidden />
            Discard
          </Button>
        ) : null}
      </div>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs font-medium text-ink-2">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}

function NameButton({ id, children }: { id: string; children: ReactNode }) {
  const select = useGraph((state) => state.select);
  return (
    <button
      type="button"
      className="font-medium text-accent hover:underline"
      onClick={() => select({ kind: "node", id })}
    >
      {children}
    </button>
  );
}

function EdgeList(props: {
  title: string;
  none: string;
  edges: readonly { key: string; name: string; dependency: Dependency; onSelect: () => void }[];
}) {
  return (
    <div>
      <h3 className="text-xs font-medium text-ink-2">{props.title}</h3>
      {props.edges.length === 0 ? (
        <p className="text-sm text-ink-3">{props.none}</p>
      ) : (
        <ul className="-mx-1.5">
          {props.edges.map(({ key, name, dependency, onSelect }) => (
            <li key={key}>
              <button
                type="button"
                onClick={onSelect}
                className="block w-full rounded px-1.5 py-1 text-left hover:bg-sunken"
              >
                <span className="block truncate text-sm">{name}</span>
                <span className="block truncate text-2xs text-ink-3">{edgeWords(dependency)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function JoinChoice({ rows, node }: { rows: readonly ScheduleRow[]; node: GraphNode }) {
  const edit = useGraph((state) => state.edit);
  return (
    <div className="grid gap-1">
      <span className="text-xs font-medium text-ink-2">{node.name} starts when</span>
      <Segmented<Join>
        label={`${node.name} starts when`}
        value={node.join}
        onValueChange={(join) => edit(rows, { kind: "join", id: node.id, join })}
        options={[
          { value: "all", label: "All agree" },
          { value: "any", label: "One agrees" },
        ]}
        className="justify-self-start"
      />
    </div>
  );
}
