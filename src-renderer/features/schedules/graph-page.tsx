/** The graph of schedules: what runs after what, drawn, edited and saved as one. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Redo2, Route, Save, Undo2, Wand2, Workflow } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { ReadFailure } from "../../app/read-failure.tsx";
import { schedulesQuery } from "../../app/schedule-queries.ts";
import { Button, IconButton } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { useNow } from "../../components/use-now.ts";
import { plural } from "../../format/plural.ts";
import { AddDialog } from "./graph-add-dialog.tsx";
import { ConnectDialog } from "./graph-connect-dialog.tsx";
import { criticalWay } from "./graph-critical.ts";
import { changesOf, graphNodes, topologyOf } from "./graph-draft.ts";
import { FiringChoice, useFiring } from "./graph-firing-choice.tsx";
import { layOut, placeBeside } from "./graph-layout.ts";
import { GraphList } from "./graph-list.tsx";
import { GraphNotes } from "./graph-notes.tsx";
import { GraphPanel } from "./graph-panel.tsx";
import { SaveDialog } from "./graph-save-dialog.tsx";
import { useGraph } from "./graph-store.ts";
import { ScheduleTabs } from "./schedule-tabs.tsx";
import { useGraphKeys } from "./use-graph-keys.ts";

const GraphCanvas = lazy(async () => ({ default: (await import("./graph-canvas.tsx")).GraphCanvas }));

const NO_ROWS: readonly ScheduleRow[] = [];
const NO_IDS: readonly string[] = [];

export function GraphPage() {
  const query = useQuery(schedulesQuery);
  const rows = query.data ?? NO_ROWS;
  if (query.error !== null) {
    return (
      <Frame>
        <ReadFailure title="The schedules could not be read" error={query.error} onRetry={query.refetch} />
      </Frame>
    );
  }
  if (query.data === undefined) {
    return (
      <Frame>
        <div role="status" aria-label="Reading the schedules" className="grid flex-1 gap-3 p-4">
          <div className="skeleton" />
        </div>
      </Frame>
    );
  }
  return rows.length === 0 ? <NoSchedules /> : <Graph rows={rows} />;
}

function Frame({ children }: { children: React.ReactNode }) {
  return (
    <>
      <PageHeader title="Schedules" />
      <ScheduleTabs />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        {children}
      </main>
    </>
  );
}

function NoSchedules() {
  return (
    <Frame>
      <EmptyState
        icon={<Workflow />}
        title="No schedules yet"
        action={
          <Link
            to="/schedules/new"
            className="inline-flex h-8 items-center rounded-md bg-accent px-3 font-medium text-accent-ink hover:bg-accent-strong"
          >
            New schedule
          </Link>
        }
      >
        The graph shows what runs after what. It begins with a schedule that has times of its own.
      </EmptyState>
    </Frame>
  );
}

function Graph({ rows }: { rows: readonly ScheduleRow[] }) {
  const { history, selection, firingId, critical, undo, redo, setCritical, place } = useGraph();
  const { present: draft, past, future, refusal } = history;
  const nowMs = useNow(30_000);
  const [open, setOpen] = useState<"add" | "connect" | "save" | null>(null);
  const nodes = useMemo(() => graphNodes(rows, draft), [rows, draft]);
  usePlaces(nodes);
  const firing = useFiring(firingId);
  const selectedId = selection?.kind === "node" ? selection.id : null;
  const selected = nodes.find(({ id }) => id === selectedId) ?? null;
  const way = useMemo(() => (critical ? criticalWay(nodes, selectedId) : null), [critical, nodes, selectedId]);
  const changes = useMemo(() => changesOf(draft), [draft]);
  const keys = useGraphKeys(rows, nodes, { connect: () => setOpen("connect"), add: () => setOpen("add") });
  return (
    <>
      <PageHeader
        title="Schedules"
        note={<span className="text-xs max-xl:hidden">{plural(nodes.length, "schedule")}</span>}
        actions={
          <Button look="primary" disabled={changes.length === 0} onClick={() => setOpen("save")}>
            <Save aria-hidden />
            {changes.length === 0 ? "Save" : `Save ${plural(changes.length, "change")}…`}
          </Button>
        }
      />
      <ScheduleTabs
        actions={
          <>
            <FiringChoice scheduleId={selected?.row?.id ?? null} nowMs={nowMs} />
            <Button size="small" onClick={() => setOpen("add")} aria-keyshortcuts="A">
              <Plus aria-hidden />
              Add
            </Button>
            <IconButton label="Undo" disabled={past.length === 0} onClick={undo} aria-keyshortcuts="Control+Z">
              <Undo2 aria-hidden />
            </IconButton>
            <IconButton label="Redo" disabled={future.length === 0} onClick={redo} aria-keyshortcuts="Control+Shift+Z">
              <Redo2 aria-hidden />
            </IconButton>
            <IconButton
              label="Longest way"
              title="Longest way by predicted time, to the selected schedule or in all"
              aria-pressed={critical}
              className={critical ? "bg-accent-soft text-accent" : undefined}
              onClick={() => setCritical(!critical)}
            >
              <Route aria-hidden />
            </IconButton>
            <IconButton
              label="Tidy up"
              title="Lay the drawing out anew"
              onClick={() => place(layOut(topologyOf(nodes)))}
            >
              <Wand2 aria-hidden />
            </IconButton>
          </>
        }
      />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        <GraphNotes rows={rows} nodes={nodes} draft={draft} refusal={refusal} critical={critical} way={way} />
        <div className="flex min-h-0 flex-1">
          <GraphList nodes={nodes} firing={firing} onActionKey={keys.onActionKey} />
          <div
            role="application"
            aria-label="Drawing of the graph"
            aria-describedby="graph-help"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it is one stop of the Tab key; arrow keys move inside
            tabIndex={0}
            onKeyDown={keys.onDrawingKey}
            className="relative min-w-0 flex-1 focus-visible:-outline-offset-2"
          >
            <p id="graph-help" className="sr-only">
              Arrow keys move along connections and among schedules. C connects, Delete removes a connection, Enter goes
              to the details, A adds a schedule, Control Z undoes.
            </p>
            <Suspense fallback={<div className="skeleton m-4 h-40" />}>
              <GraphCanvas
                rows={rows}
                nodes={nodes}
                draft={draft}
                firing={firing}
                criticalIds={way?.ids ?? NO_IDS}
                refusal={refusal}
                nowMs={nowMs}
              />
            </Suspense>
          </div>
          {selection === null ? null : (
            <GraphPanel
              rows={rows}
              nodes={nodes}
              firing={firing}
              selection={selection}
              nowMs={nowMs}
              onConnect={() => setOpen("connect")}
            />
          )}
        </div>
      </main>
      {open === "add" ? (
        <AddDialog rows={rows} nodes={nodes} selected={selected} onClose={() => setOpen(null)} />
      ) : null}
      {open === "connect" && selected !== null ? (
        <ConnectDialog rows={rows} nodes={nodes} node={selected} onClose={() => setOpen(null)} />
      ) : null}
      {open === "save" ? <SaveDialog rows={rows} draft={draft} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

/** Lays out what was never drawn: all of it at first, later what is new beside what is there. */
function usePlaces(nodes: ReturnType<typeof graphNodes>): void {
  useEffect(() => {
    const { places, place } = useGraph.getState();
    const fresh = nodes.filter(({ id }) => !places.has(id));
    if (fresh.length === 0) return;
    if (places.size === 0 || fresh.length > 20) return place(layOut(topologyOf(nodes)));
    const next = new Map(places);
    for (const { id, dependencies } of fresh)
      next.set(
        id,
        placeBeside(
          next,
          dependencies.map(({ parentId }) => parentId),
        ),
      );
    place(next);
  }, [nodes]);
}
