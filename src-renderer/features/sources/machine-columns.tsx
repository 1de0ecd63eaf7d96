import { Camera, CircleHelp, CirclePause, CirclePlay, CircleStop, type LucideIcon } from "lucide-react";
import type { PowerState } from "../../../src-core/model/inventory.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { jobHref } from "../../app/links.ts";
import type { GridColumn } from "../../components/data-grid.tsx";
import { BytesText, TimeText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatCount } from "../../format/bytes.ts";

export const NONE = <span className="text-ink-3">–</span>;

export const POWER_LOOKS: Record<PowerState, { word: string; icon: LucideIcon; colour: string }> = {
  on: { word: "On", icon: CirclePlay, colour: "text-ok" },
  off: { word: "Off", icon: CircleStop, colour: "text-ink-3" },
  suspended: { word: "Suspended", icon: CirclePause, colour: "text-warn" },
  unknown: { word: "Unknown", icon: CircleHelp, colour: "text-ink-3" },
};

export function PowerText({ power }: { power: PowerState }) {
  const { word, icon: Icon, colour } = POWER_LOOKS[power];
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${colour}`}>
      <Icon aria-hidden className="size-4 shrink-0" />
      <span className="text-ink-2">{word}</span>
    </span>
  );
}

const AGENT_WORDS = { running: "Running", installed: "Installed", absent: "None", unknown: "" } as const;

/** The columns of the table of machines. */
export function machineColumns(nowMs: number): GridColumn<MachineRow>[] {
  const text = (value: string | null) =>
    value === null || value === "" ? (
      NONE
    ) : (
      <span className="truncate text-ink-2" title={value}>
        {value}
      </span>
    );
  const count = (value: number | null) => (value === null ? NONE : formatCount(value));
  const size = (value: number | null) => (value === null ? NONE : <BytesText bytes={value} />);
  return [
    {
      id: "name",
      header: "Machine",
      width: 9,
      grow: 2,
      value: (row) => row.name,
      cell: (row) => (
        <>
          <span className="truncate font-medium" title={row.path}>
            {row.name}
          </span>
          {row.template ? <Tag>template</Tag> : null}
        </>
      ),
    },
    {
      id: "power",
      header: "Power",
      width: 5.5,
      value: (row) => row.power,
      cell: (row) => <PowerText power={row.power} />,
    },
    { id: "os", header: "Guest", width: 8, grow: 1.5, value: (row) => row.os, cell: (row) => text(row.os) },
    {
      id: "cpus",
      header: "CPUs",
      width: 3.75,
      align: "right",
      biggestFirst: true,
      value: (row) => row.cpus,
      cell: (row) => count(row.cpus),
    },
    {
      id: "memory",
      header: "Memory",
      width: 5,
      align: "right",
      biggestFirst: true,
      value: (row) => row.memoryBytes,
      cell: (row) => size(row.memoryBytes),
    },
    {
      id: "disks",
      header: "Disks",
      width: 4,
      align: "right",
      biggestFirst: true,
      value: (row) => row.diskCount,
      cell: (row) => count(row.diskCount),
    },
    {
      id: "provisioned",
      header: "Provisioned",
      width: 6,
      align: "right",
      biggestFirst: true,
      value: (row) => row.provisionedBytes,
      cell: (row) => size(row.provisionedBytes),
    },
    {
      id: "used",
      header: "Used",
      width: 5,
      align: "right",
      biggestFirst: true,
      value: (row) => row.usedBytes,
      cell: (row) => size(row.usedBytes),
    },
    {
      id: "snapshots",
      header: "Snapshots",
      width: 6,
      align: "right",
      biggestFirst: true,
      value: (row) => row.snapshotCount,
      cell: (row) =>
        row.snapshotCount === 0 ? (
          NONE
        ) : (
          <span className="inline-flex items-center gap-1">
            <Camera aria-hidden className="size-3.5 text-ink-3" />
            {formatCount(row.snapshotCount)}
          </span>
        ),
    },
    {
      id: "cbt",
      header: "Changed blocks",
      width: 7.5,
      value: (row) => (row.changedBlockTracking === null ? null : Number(row.changedBlockTracking)),
      cell: (row) =>
        text(row.changedBlockTracking === null ? null : row.changedBlockTracking ? "Tracked" : "Not tracked"),
    },
    {
      id: "agent",
      header: "Agent",
      width: 6,
      value: (row) => AGENT_WORDS[row.agent] || null,
      cell: (row) => text(AGENT_WORDS[row.agent]),
    },
    {
      id: "datastores",
      header: "Datastore",
      width: 6,
      grow: 0.7,
      value: (row) => row.datastores[0] ?? null,
      cell: (row) => text(row.datastores.join(", ")),
    },
    {
      id: "tags",
      header: "Tags",
      width: 6,
      grow: 0.5,
      value: (row) => row.tags[0] ?? null,
      cell: (row) => text(row.tags.join(", ")),
    },
    {
      id: "lastExport",
      header: "Last export",
      width: 6,
      biggestFirst: true,
      value: (row) => (row.lastExport === null ? null : Date.parse(row.lastExport.at)),
      cell: (row) =>
        row.lastExport === null ? (
          <span className="text-ink-3">never</span>
        ) : (
          <a href={jobHref(row.lastExport.runId)} tabIndex={-1} className="text-accent hover:underline">
            <TimeText iso={row.lastExport.at} nowMs={nowMs} />
          </a>
        ),
    },
  ];
}
