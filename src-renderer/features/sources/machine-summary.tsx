import { OctagonX, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { MachineDetail } from "../../../src-core/model/inventory.ts";
import type { MachineRow } from "../../../src-core/model/machine-view.ts";
import { Facts } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { BytesText, TimeText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { plural } from "../../format/plural.ts";
import { NONE, PowerText } from "./machine-columns.tsx";

interface MachineSummaryProps {
  row: MachineRow;
  /** Undefined until it was read from the source. */
  machine: MachineDetail | undefined;
  nowMs: number;
  onObstacles: () => void;
}

export function MachineSummary({ row, machine, nowMs, onObstacles }: MachineSummaryProps) {
  const obstacles = machine?.obstacles ?? [];
  const blocking = obstacles.some(({ severity }) => severity === "blocking");
  const size = (bytes: number | null) => (bytes === null ? NONE : <BytesText bytes={bytes} />);
  const firmware = machine === undefined || machine.firmware === "unknown" ? null : machine.firmware.toUpperCase();
  const extras = [machine?.secureBoot === true ? "Secure Boot" : null, machine?.tpm === true ? "TPM" : null].filter(
    (one) => one !== null,
  );
  const rows: { name: string; value: ReactNode }[] = [
    { name: "Power", value: <PowerText power={row.power} /> },
    { name: "Guest", value: row.os ?? NONE },
    { name: "CPUs", value: row.cpus ?? NONE },
    { name: "Memory", value: size(row.memoryBytes) },
    { name: "Provisioned", value: size(row.provisionedBytes) },
    { name: "Used", value: size(row.usedBytes) },
    { name: "Firmware", value: firmware === null ? NONE : [firmware, ...extras].join(", ") },
    { name: "Hardware", value: machine?.hardwareVersion ?? NONE },
    { name: "Agent", value: row.agent === "unknown" ? NONE : row.agent },
    { name: "Datastores", value: row.datastores.length === 0 ? NONE : row.datastores.join(", ") },
    {
      name: "Last export",
      value: row.lastExport === null ? "never" : <TimeText iso={row.lastExport.at} nowMs={nowMs} />,
    },
    { name: "Path", value: <PathText path={row.path} /> },
  ];
  return (
    <div className="grid gap-4">
      {obstacles.length === 0 ? null : (
        <button
          type="button"
          onClick={onObstacles}
          className={`flex items-center gap-2 rounded-md border px-3 py-2 text-left ${blocking ? "border-bad/45 bg-bad-soft" : "border-warn/45 bg-warn-soft"}`}
        >
          {blocking ? (
            <OctagonX aria-hidden className="size-4 shrink-0 text-bad" />
          ) : (
            <TriangleAlert aria-hidden className="size-4 shrink-0 text-warn" />
          )}
          <span>
            {plural(obstacles.length, "thing")} to know before an export
            {blocking ? "; something stands in its way" : ""}
          </span>
        </button>
      )}
      <Facts rows={rows} />
      {row.tags.length === 0 ? null : (
        <div className="flex flex-wrap gap-1">
          {row.tags.map((tag) => (
            <Tag key={tag}>{tag}</Tag>
          ))}
        </div>
      )}
      {machine === undefined || machine.notes === "" ? null : (
        <div>
          <h3 className="text-xs font-medium text-ink-2">Notes</h3>
          <p className="mt-0.5 max-h-40 overflow-y-auto break-words whitespace-pre-wrap">{machine.notes}</p>
        </div>
      )}
    </div>
  );
}
