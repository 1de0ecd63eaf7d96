import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChartBarStacked, HardDriveDownload, Power, PowerOff, RefreshCw, X, Zap } from "lucide-react";
import { useState } from "react";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import type { Source } from "../../../src-core/model/source.ts";
import { api } from "../../app/api-client.ts";
import { ReadFailure } from "../../app/read-failure.tsx";
import { Button, IconButton } from "../../components/button.tsx";
import { Tab, Tabs } from "../../components/tabs.tsx";
import { Disks, Nics, Obstacles } from "./machine-parts.tsx";
import { MachineSummary } from "./machine-summary.tsx";
import { Snapshots } from "./snapshots.tsx";
import type { MachineActions } from "./use-machine-actions.tsx";

interface MachinePanelProps {
  source: Source;
  row: MachineRow;
  actions: MachineActions;
  nowMs: number;
  onExport: () => void;
  onClose: () => void;
}

type TabName = "summary" | "disks" | "nics" | "snapshots" | "obstacles";

/** Everything about one machine beside the table; what is shown was read anew from its source. */
export function MachinePanel({ source, row, actions, nowMs, onExport, onClose }: MachinePanelProps) {
  const [tab, setTab] = useState<TabName>("summary");
  const navigate = useNavigate();
  const connected = source.connection.state === "connected";
  const query = useQuery({
    ...api.inventory.machine.queryOptions({ input: { id: source.id, machineId: row.id } }),
    enabled: connected,
  });
  const machine = query.data;
  const { power, snapshots } = source.connection.capabilities ?? { power: false, snapshots: false };
  const mayPower = connected && power && !actions.busy;
  const act = (action: "on" | "off" | "shutdown") => actions.power([row], action);
  const obstacles = machine?.obstacles ?? [];
  return (
    <aside
      aria-label={`Machine ${row.name}`}
      className="flex w-[26.5rem] shrink-0 flex-col border-l border-line bg-surface max-xl:w-96"
    >
      <div className="flex items-center gap-2 px-4 pt-3 pb-2">
        <h2 className="min-w-0 flex-1 truncate text-base font-semibold" title={row.name}>
          {row.name}
        </h2>
        <IconButton label="Read again" disabled={!connected} onClick={() => void query.refetch()}>
          <RefreshCw aria-hidden />
        </IconButton>
        <IconButton label="Close" onClick={onClose}>
          <X aria-hidden />
        </IconButton>
      </div>
      <div className="flex flex-wrap gap-1.5 px-4 pb-2.5">
        <Button
          size="small"
          look="primary"
          disabled={!connected}
          title={connected ? undefined : "The source is not connected"}
          onClick={onExport}
        >
          <HardDriveDownload aria-hidden />
          Export…
        </Button>
        <Button
          size="small"
          title="What keeping it in object storage costs"
          onClick={() => void navigate({ to: "/costs", search: { source: source.id, machine: row.id } })}
        >
          <ChartBarStacked aria-hidden />
          Cost…
        </Button>
        {power ? (
          <>
            <Button size="small" disabled={!mayPower || row.power === "on"} onClick={() => act("on")}>
              <Zap aria-hidden />
              Switch on
            </Button>
            <Button size="small" disabled={!mayPower || row.power !== "on"} onClick={() => act("shutdown")}>
              <Power aria-hidden />
              Shut down
            </Button>
            <Button size="small" disabled={!mayPower || row.power === "off"} onClick={() => act("off")}>
              <PowerOff aria-hidden />
              Switch off
            </Button>
          </>
        ) : null}
      </div>
      <Tabs
        label={`About ${row.name}`}
        value={tab}
        onValueChange={setTab}
        tabs={[
          { value: "summary", label: "Summary" },
          { value: "disks", label: "Disks", count: row.diskCount },
          { value: "nics", label: "Network", count: machine?.nics.length },
          { value: "snapshots", label: "Snapshots", count: row.snapshotCount },
          { value: "obstacles", label: "Export", count: machine === undefined ? undefined : obstacles.length },
        ]}
      >
        {query.error !== null ? (
          <ReadFailure title="The machine could not be read" error={query.error} onRetry={query.refetch} />
        ) : null}
        <Tab value="summary" className="p-4">
          <MachineSummary row={row} machine={machine} nowMs={nowMs} onObstacles={() => setTab("obstacles")} />
        </Tab>
        {machine === undefined ? (
          <NotRead connected={connected} failed={query.error !== null} tab={tab} />
        ) : (
          <>
            <Tab value="disks" className="p-4">
              <Disks disks={machine.disks} />
            </Tab>
            <Tab value="nics" className="p-4">
              <Nics nics={machine.nics} />
            </Tab>
            <Tab value="snapshots" className="p-4">
              <Snapshots source={source} machine={machine} enabled={connected && snapshots} nowMs={nowMs} />
            </Tab>
            <Tab value="obstacles" className="p-4">
              <Obstacles obstacles={obstacles} disks={machine.disks} />
            </Tab>
          </>
        )}
      </Tabs>
    </aside>
  );
}

function NotRead({ connected, failed, tab }: { connected: boolean; failed: boolean; tab: TabName }) {
  if (tab === "summary" || failed) return null;
  return (
    <Tab value={tab} className="p-4">
      {connected ? (
        <div role="status" aria-label="Reading the machine" className="grid gap-2">
          <div className="skeleton h-12" />
          <div className="skeleton h-12" />
        </div>
      ) : (
        <p className="text-ink-2">The source is not connected. This is read from it when it is.</p>
      )}
    </Tab>
  );
}
