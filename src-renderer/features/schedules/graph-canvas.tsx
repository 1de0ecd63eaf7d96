/** The drawing itself. Loaded when the graph is looked at: the library is large. */
import "@xyflow/react/dist/base.css";
import {
  Background,
  BackgroundVariant,
  MarkerType,
  type NodeChange,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { IconButton } from "../../components/button.tsx";
import type { Draft, GraphNode, Refusal } from "./graph-draft.ts";
import { type DependencyEdge, DependencyLine } from "./graph-edge.tsx";
import { NODE_HEIGHT, NODE_WIDTH } from "./graph-layout.ts";
import { ScheduleBox, type ScheduleNode } from "./graph-node.tsx";
import { useGraph } from "./graph-store.ts";
import { edgeKey, edgesAlong, type ShownRun, shownRun } from "./graph-view.ts";

interface GraphCanvasProps {
  rows: readonly ScheduleRow[];
  nodes: readonly GraphNode[];
  draft: Draft;
  /** Runs of the firing looked at, by schedule; null: the last run of each. */
  firing: ReadonlyMap<string, ShownRun> | null;
  criticalIds: readonly string[];
  refusal: Refusal | null;
  nowMs: number;
}

const NODE_TYPES = { schedule: ScheduleBox };
const EDGE_TYPES = { dependency: DependencyLine };
/** More than so many are not all shown at once at the start, nor when one zooms out: nobody could read them. */
const MOST_AT_ONCE = 80;
const READABLE_ZOOM = 0.75;
/** What is seen of a drawing at its natural size. */
const PAPER = { width: 680, height: 440 };
/** The details that a selection opens beside the drawing make it narrower: that is known a frame later. */
const UNTIL_MEASURED_MS = 60;
/** Smaller than that text is no longer read. */
const SMALLEST_ZOOM = 0.65;
/** Known beforehand, so that edges to boxes that are not drawn have an end. */
const HANDLES = [
  { type: "target" as const, position: Position.Left, x: 0, y: NODE_HEIGHT / 2, width: 1, height: 1 },
  { type: "source" as const, position: Position.Right, x: NODE_WIDTH, y: NODE_HEIGHT / 2, width: 1, height: 1 },
];

export function GraphCanvas(props: GraphCanvasProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas(props: GraphCanvasProps) {
  const { rows, nodes } = props;
  const { select, edit, place } = useGraph.getState();
  const flowNodes = useFlowNodes(props);
  const flowEdges = useFlowEdges(props);
  const many = nodes.length > MOST_AT_ONCE;
  useFollowSelection(many);

  const onNodesChange = useCallback(
    (changes: NodeChange<ScheduleNode>[]) => {
      const moved = changes.filter((change) => change.type === "position" && change.position !== undefined);
      if (moved.length === 0) return;
      const places = new Map(useGraph.getState().places);
      for (const change of moved)
        if (change.type === "position" && change.position) places.set(change.id, change.position);
      place(places);
    },
    [place],
  );
  return (
    <ReactFlow<ScheduleNode, DependencyEdge>
      nodes={flowNodes}
      edges={flowEdges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodesChange={onNodesChange}
      onConnect={({ source, target }) => edit(rows, { kind: "connect", parentId: source, childId: target })}
      onNodeClick={(_, { id }) => select({ kind: "node", id })}
      onEdgeClick={(_, edge) => select({ kind: "edge", parentId: edge.source, childId: edge.target, from: "parent" })}
      onPaneClick={() => select(null)}
      onInit={({ fitBounds }) => void fitBounds(startingView(many), { padding: 0.08 })}
      minZoom={many ? 0.3 : 0.15}
      maxZoom={1.6}
      onlyRenderVisibleElements
      // One stop of the Tab key for the whole drawing: the page moves the selection.
      nodesFocusable={false}
      edgesFocusable={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode={null}
      multiSelectionKeyCode={null}
      elementsSelectable={false}
      connectOnClick={false}
      connectionRadius={40}
      nodeDragThreshold={3}
      zoomOnDoubleClick={false}
      proOptions={{ hideAttribution: true }}
    >
      <Background variant={BackgroundVariant.Dots} gap={22} size={1} color="var(--line-strong)" />
      <ZoomButtons />
    </ReactFlow>
  );
}

function ZoomButtons() {
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  return (
    <Panel position="bottom-left">
      <div className="flex rounded-md border border-line bg-raised p-0.5">
        <IconButton label="Zoom out" onClick={() => void zoomOut()}>
          <ZoomOut aria-hidden />
        </IconButton>
        <IconButton label="Zoom in" onClick={() => void zoomIn()}>
          <ZoomIn aria-hidden />
        </IconButton>
        <IconButton label="Show all" onClick={() => void fitView({ maxZoom: 1, padding: 0.12 })}>
          <Maximize aria-hidden />
        </IconButton>
      </div>
    </Panel>
  );
}

/** Boxes as the library takes them; one that shows the same as before stays the same object, so that it is not drawn again. */
function useFlowNodes({ nodes, draft, firing, criticalIds, refusal, nowMs }: GraphCanvasProps): ScheduleNode[] {
  const places = useGraph((state) => state.places);
  const kept = useRef(new Map<string, ScheduleNode>());
  return useMemo(() => {
    const critical = new Set(criticalIds);
    const loop = new Set(refusal?.loop);
    const next = new Map<string, ScheduleNode>();
    for (const node of nodes) {
      const position = places.get(node.id);
      if (position === undefined) continue;
      const run = shownRun(node, firing);
      const mark = loop.has(node.id) ? "loop" : critical.has(node.id) ? "critical" : null;
      const edited = draft.wired.has(node.id);
      const aside = firing !== null && run === null;
      const known = kept.current.get(node.id);
      const same =
        known !== undefined &&
        known.position === position &&
        known.data.node.row === node.row &&
        known.data.node.dependencies === node.dependencies &&
        known.data.node.join === node.join &&
        known.data.run?.id === run?.id &&
        known.data.run?.state === run?.state &&
        known.data.mark === mark &&
        known.data.edited === edited &&
        known.data.aside === aside &&
        known.data.nowMs === nowMs;
      next.set(
        node.id,
        same
          ? known
          : {
              id: node.id,
              type: "schedule",
              position,
              width: NODE_WIDTH,
              height: NODE_HEIGHT,
              handles: HANDLES,
              ariaLabel: node.name,
              data: { node, run, aside, edited, mark, nowMs },
            },
      );
    }
    kept.current = next;
    return [...next.values()];
  }, [nodes, places, firing, criticalIds, refusal, draft, nowMs]);
}

function useFlowEdges({ nodes, criticalIds, refusal }: GraphCanvasProps): DependencyEdge[] {
  return useMemo(() => {
    const critical = edgesAlong(criticalIds);
    const loop = edgesAlong(refusal?.loop ?? []);
    const names = new Map(nodes.map(({ id, name }) => [id, name]));
    const edges: DependencyEdge[] = [];
    const push = (target: string, data: NonNullable<DependencyEdge["data"]>) => {
      const source = data.dependency.parentId;
      edges.push({
        id: edgeKey(source, target),
        type: "dependency",
        source,
        target,
        data,
        ariaLabel: `${names.get(target)} after ${names.get(source)}`,
        markerEnd: {
          type: MarkerType.ArrowClosed,
          markerUnits: "userSpaceOnUse",
          color: "var(--ink-3)",
          width: 18,
          height: 18,
        },
        zIndex: data.mark === null ? 0 : 1,
      });
    };
    for (const { id, dependencies } of nodes) {
      for (const dependency of dependencies) {
        if (!names.has(dependency.parentId)) continue;
        const key = edgeKey(dependency.parentId, id);
        const mark = loop.delete(key) ? "loop" : critical.has(key) ? "critical" : null;
        push(id, { dependency, mark });
      }
    }
    // What is left of the circle is the edge that was refused.
    for (const key of loop) {
      const [parentId = "", target = ""] = key.split(">");
      const dependency = { parentId, on: "success", run: "firing", timeoutMs: null } as const;
      push(target, { dependency, mark: "refused" });
    }
    return edges;
  }, [nodes, criticalIds, refusal]);
}

/** All that stands in the drawing; where that is too much to read, its upper left. */
function startingView(many: boolean): { x: number; y: number; width: number; height: number } {
  const corners = [...useGraph.getState().places.values()];
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [x, y] = [Math.min(...xs, Number.MAX_SAFE_INTEGER), Math.min(...ys, Number.MAX_SAFE_INTEGER)];
  if (corners.length === 0) return { x: 0, y: 0, ...PAPER };
  if (many) return { x, y, ...PAPER };
  const width = Math.max(...xs) + NODE_WIDTH - x;
  const height = Math.max(...ys) + NODE_HEIGHT - y;
  // A few boxes stand in the middle and are not blown up.
  const [wide, high] = [Math.max(width, PAPER.width), Math.max(height, PAPER.height)];
  return { x: x - (wide - width) / 2, y: y - (high - height) / 2, width: wide, height: high };
}

/** Brings what is selected into view, unless it is there: by showing all where that can be read. */
function useFollowSelection(many: boolean): void {
  const selection = useGraph((state) => state.selection);
  const id = selection === null ? null : selection.kind === "node" ? selection.id : selection.childId;
  // What is new is selected before it stands anywhere.
  const stands = useGraph((state) => id !== null && state.places.has(id));
  const { getViewport, setCenter, fitBounds, screenToFlowPosition } = useReactFlow();
  useEffect(() => {
    if (id === null || !stands) return;
    const timer = setTimeout(() => {
      const place = useGraph.getState().places.get(id);
      const box = document.querySelector(".react-flow")?.getBoundingClientRect();
      if (place === undefined || box === undefined) return;
      const from = screenToFlowPosition({ x: box.left, y: box.top });
      const to = screenToFlowPosition({ x: box.right, y: box.bottom });
      const seen =
        place.x >= from.x && place.y >= from.y && place.x + NODE_WIDTH <= to.x && place.y + NODE_HEIGHT <= to.y;
      if (seen) return;
      const all = startingView(false);
      if (!many && Math.min(box.width / all.width, box.height / all.height) >= SMALLEST_ZOOM) {
        void fitBounds(all, { padding: 0.08 });
        return;
      }
      const zoom = Math.max(getViewport().zoom, READABLE_ZOOM);
      void setCenter(place.x + NODE_WIDTH / 2, place.y + NODE_HEIGHT / 2, { zoom });
    }, UNTIL_MEASURED_MS);
    return () => clearTimeout(timer);
  }, [id, stands, many, getViewport, setCenter, fitBounds, screenToFlowPosition]);
}
