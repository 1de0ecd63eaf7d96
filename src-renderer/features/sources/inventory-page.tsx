import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Eraser, Pencil, PlugZap, SearchX } from "lucide-react";
import { useState } from "react";
import type { InventoryNode, NodeKind } from "../../../src-core/model/inventory.ts";
import { productText } from "../../../src-core/model/product-text.ts";
import type { Source } from "../../../src-core/model/source.ts";
import { PageHeader } from "../../app/page-header.tsx";
import { PageSkeleton } from "../../app/page-skeleton.tsx";
import { nodesQuery, useMachines, useSource } from "../../app/source-queries.ts";
import { Button } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Tab, Tabs } from "../../components/tabs.tsx";
import { useNow } from "../../components/use-now.ts";
import { ConnectionNote } from "./connection-note.tsx";
import { LeftoversDialog } from "./leftovers-dialog.tsx";
import { MachinesView } from "./machines-view.tsx";
import { EventList, NodeTable, TaskList } from "./read-only-tabs.tsx";
import { SourceDialog } from "./source-dialog.tsx";
import { SourceState } from "./source-state.tsx";
import { KIND_LABELS } from "./source-words.ts";
import { TestDialog } from "./test-dialog.tsx";

const TABS = ["machines", "hosts", "datastores", "networks", "events", "tasks"] as const;
type TabName = (typeof TABS)[number];

const KINDS: Record<"hosts" | "datastores" | "networks", readonly NodeKind[]> = {
  hosts: ["host", "cluster", "pool"],
  datastores: ["datastore"],
  networks: ["network"],
};
const NO_NODES: never[] = [];

/** What one source has: machines in their tree, and the rest of its inventory to read. */
export function InventoryPage() {
  const { sourceId } = useParams({ from: "/sources/$sourceId" });
  const source = useSource(sourceId);
  if (source === undefined) return <PageSkeleton />;
  if (source !== null) return <SourceInventory key={sourceId} source={source} />;
  return (
    <>
      <PageHeader title="Source" back={{ to: "/sources", label: "All sources" }} />
      <main id="content" tabIndex={-1} className="min-h-0 flex-1 outline-none">
        <EmptyState icon={<SearchX />} title="There is no such source">
          It may have been removed.
        </EmptyState>
      </main>
    </>
  );
}

function SourceInventory({ source }: { source: Source }) {
  const { id } = source;
  const search = useSearch({ from: "/sources/$sourceId" });
  const navigate = useNavigate();
  const now = useNow(5_000);
  const { machines, pending, error, refetch } = useMachines(id);
  const nodes = useQuery(nodesQuery(id)).data ?? NO_NODES;
  const [open, setOpen] = useState<"edit" | "test" | "leftovers" | null>(null);
  const tab: TabName = TABS.find((one) => one === search.tab) ?? "machines";
  const connected = source.connection.state === "connected";
  const local = source.kind === "local";
  const count = (kinds: readonly NodeKind[]) => countKinds(nodes, kinds);
  const tabs: { value: TabName; label: string; count?: number }[] = [
    { value: "machines", label: "Machines", count: machines.length },
    { value: "hosts", label: "Hosts and pools", count: count(KINDS.hosts) },
    { value: "datastores", label: "Datastores", count: count(KINDS.datastores) },
    { value: "networks", label: "Networks", count: count(KINDS.networks) },
    { value: "events", label: "Events" },
    { value: "tasks", label: "Tasks" },
  ];
  return (
    <>
      <PageHeader
        title={source.name}
        back={{ to: "/sources", label: "All sources" }}
        note={
          <>
            <SourceState source={source} />
            <span className="truncate text-xs max-xl:hidden">
              {source.connection.capabilities === null
                ? KIND_LABELS[source.kind]
                : productText(source.connection.capabilities)}
            </span>
          </>
        }
        actions={
          <>
            <Button size="small" onClick={() => setOpen("test")}>
              <PlugZap aria-hidden />
              Test
            </Button>
            {local ? null : (
              <Button size="small" disabled={!connected} onClick={() => setOpen("leftovers")}>
                <Eraser aria-hidden />
                Leftovers
              </Button>
            )}
            <Button size="small" onClick={() => setOpen("edit")}>
              <Pencil aria-hidden />
              Edit
            </Button>
          </>
        }
      />
      <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
        <ConnectionNote source={source} nowMs={now} onEdit={() => setOpen("edit")} onTest={() => setOpen("test")} />
        <Tabs
          label="Parts of the inventory"
          value={tab}
          onValueChange={(next) =>
            void navigate({ to: "/sources/$sourceId", params: { sourceId: id }, search: { tab: next }, replace: true })
          }
          // A folder has machines and nothing else.
          tabs={local ? tabs.slice(0, 1) : tabs}
        >
          <Tab value="machines" className="flex flex-col overflow-hidden">
            <MachinesView
              source={source}
              machines={machines}
              pending={pending}
              error={error}
              onRetry={refetch}
              shownId={search.machine ?? null}
              nowMs={now}
            />
          </Tab>
          <Tab value="hosts" className="flex flex-col overflow-hidden">
            <NodeTable label="Hosts and pools" kinds={KINDS.hosts} nodes={nodes} />
          </Tab>
          <Tab value="datastores" className="flex flex-col overflow-hidden">
            <NodeTable label="Datastores" kinds={KINDS.datastores} nodes={nodes} />
          </Tab>
          <Tab value="networks" className="flex flex-col overflow-hidden">
            <NodeTable label="Networks" kinds={KINDS.networks} nodes={nodes} />
          </Tab>
          <Tab value="events" className="flex flex-col overflow-hidden">
            <EventList sourceId={id} machines={machines} nowMs={now} />
          </Tab>
          <Tab value="tasks" className="flex flex-col overflow-hidden">
            <TaskList sourceId={id} machines={machines} nowMs={now} />
          </Tab>
        </Tabs>
      </main>
      {open === "edit" ? <SourceDialog source={source} onClose={() => setOpen(null)} /> : null}
      {open === "test" ? (
        <TestDialog source={source} onClose={() => setOpen(null)} onEdit={() => setOpen("edit")} />
      ) : null}
      {open === "leftovers" ? <LeftoversDialog source={source} nowMs={now} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

function countKinds(nodes: readonly InventoryNode[], kinds: readonly NodeKind[]): number {
  return nodes.filter(({ kind }) => kinds.includes(kind)).length;
}
