import { CircleAlert, OctagonX, PackageOpen, ShieldCheck } from "lucide-react";
import { useMemo, useState } from "react";
import type { CheckFinding } from "../../../src-core/model/disk.ts";
import type { CheckResult } from "../../../src-core/model/task.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { DataGrid, type GridColumn } from "../../components/data-grid.tsx";
import { Panel } from "../../components/panel.tsx";
import { exactBytes, formatCount } from "../../format/bytes.ts";
import { formatDuration } from "../../format/duration.ts";

const SEVERITIES = {
  error: { icon: OctagonX, colour: "text-bad", rank: 0 },
  leak: { icon: PackageOpen, colour: "text-warn", rank: 1 },
  warning: { icon: CircleAlert, colour: "text-ink-2", rank: 2 },
} as const;

type Row = CheckFinding & { readonly index: number };

const COLUMNS: readonly GridColumn<Row>[] = [
  {
    id: "severity",
    header: "Severity",
    width: 7,
    value: (row) => SEVERITIES[row.severity].rank,
    cell: ({ severity }) => {
      const { icon: Icon, colour } = SEVERITIES[severity];
      return (
        <span className={`flex items-center gap-1.5 ${colour}`}>
          <Icon aria-hidden className="size-4" />
          {severity}
        </span>
      );
    },
  },
  {
    id: "offset",
    header: "Offset in the file",
    width: 10,
    align: "right",
    value: (row) => row.offsetBytes,
    cell: ({ offsetBytes }) =>
      offsetBytes === null ? null : (
        <data value={offsetBytes} title={`0x${offsetBytes.toString(16)}`} className="font-mono text-xs">
          {formatCount(offsetBytes)}
        </data>
      ),
  },
  { id: "structure", header: "Structure", width: 11, grow: 1, value: (row) => row.structure, cell: structureCell },
  { id: "message", header: "Finding", width: 16, grow: 3, cell: messageCell },
];

function structureCell({ structure }: Row) {
  return (
    <span className="truncate" title={structure}>
      {structure}
    </span>
  );
}

function messageCell({ message }: Row) {
  return (
    <span className="truncate text-ink-2" title={message}>
      {message}
    </span>
  );
}

const ROW_HEIGHT = 34;
const rowId = (row: Row) => String(row.index);
const nothing = () => {};

/** What a structural check found: a clear word when nothing is wrong, else every finding with its place. */
export function CheckPanel({ result }: { result: CheckResult }) {
  const { report, durationMs } = result;
  const { errors, leaks, warnings, findings, statement } = report;
  const [sorting, setSorting] = useState([{ id: "severity", desc: false }]);
  const rows = useMemo(() => findings.map((finding, index) => ({ ...finding, index })), [findings]);
  const more = errors + leaks + warnings - findings.length;
  return (
    <Panel
      title="Findings"
      note={`${statement} ${formatDuration(durationMs)}.`}
      padded={false}
      actions={
        findings.length === 0 ? undefined : <CopyButton text={findingsText(findings)} label="Copy all findings" />
      }
    >
      <Verdict errors={errors} leaks={leaks} warnings={warnings} />
      {findings.length === 0 ? null : (
        <div
          className="flex flex-col border-t border-line"
          style={{ height: Math.min(420, 40 + ROW_HEIGHT * findings.length) }}
        >
          <DataGrid
            label="Findings"
            columns={COLUMNS}
            rows={rows}
            rowId={rowId}
            sorting={sorting}
            onSortingChange={setSorting}
            onOpen={nothing}
            empty={null}
            rowHeight={ROW_HEIGHT}
          />
        </div>
      )}
      {more <= 0 ? null : (
        <p className="border-t border-line px-3.5 py-1.5 text-xs text-ink-2">
          and {formatCount(more)} more that were counted but not kept
        </p>
      )}
    </Panel>
  );
}

function Verdict({ errors, leaks, warnings }: { errors: number; leaks: number; warnings: number }) {
  const look =
    errors > 0
      ? { box: "border-bad/45 bg-bad-soft", icon: <OctagonX aria-hidden className="size-5 text-bad" /> }
      : leaks > 0
        ? { box: "border-warn/45 bg-warn-soft", icon: <PackageOpen aria-hidden className="size-5 text-warn" /> }
        : { box: "border-ok/40 bg-ok-soft", icon: <ShieldCheck aria-hidden className="size-5 text-ok" /> };
  const words =
    errors > 0
      ? "The image is damaged: what it holds is lost or wrong where errors are named."
      : leaks > 0
        ? "The content is sound. Some space of the file is used by nothing; a conversion leaves it behind."
        : "The image is sound: no errors, nothing leaked.";
  return (
    <div className={`m-3.5 flex items-start gap-3 rounded-md border px-3.5 py-3 ${look.box}`}>
      <span className="mt-0.5 shrink-0">{look.icon}</span>
      <div className="min-w-0">
        <p className="font-semibold">{words}</p>
        <p className="mt-0.5 text-sm text-ink-2">
          {formatCount(errors)} {errors === 1 ? "error" : "errors"}, {formatCount(leaks)}{" "}
          {leaks === 1 ? "leak" : "leaks"}, {formatCount(warnings)} {warnings === 1 ? "warning" : "warnings"}
        </p>
      </div>
    </div>
  );
}

/** For a ticket. */
function findingsText(findings: readonly CheckFinding[]): string {
  return findings
    .map(({ severity, structure, offsetBytes, message }) => {
      const place = offsetBytes === null ? structure : `${structure} at ${exactBytes(offsetBytes)}`;
      return `${severity}: ${place}: ${message}`;
    })
    .join("\n");
}
