import { Diff, Equal } from "lucide-react";
import type { CompareRequest } from "../../../src-core/model/run.ts";
import type { CompareResult } from "../../../src-core/model/task.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { exactBytes, formatBytes, formatCount } from "../../format/bytes.ts";
import { formatDuration } from "../../format/duration.ts";
import { baseName } from "../../format/path.ts";

/** Whether two disks hold the same bytes; where not, the first place in which they differ. */
export function ComparePanel({ result, request }: { result: CompareResult; request: CompareRequest }) {
  const { equal, statement, comparedBytes, durationMs, firstDifferenceBytes } = result;
  const rows = [
    { name: `Size of ${baseName(request.aPath)}`, value: <BytesText bytes={result.aVirtualSizeBytes} /> },
    { name: `Size of ${baseName(request.bPath)}`, value: <BytesText bytes={result.bVirtualSizeBytes} /> },
    { name: "Found equal", value: <BytesText bytes={comparedBytes} /> },
    { name: "Took", value: formatDuration(durationMs) },
  ];
  return (
    <Panel title="Comparison">
      <div className="grid gap-x-8 gap-y-4 lg:grid-cols-2">
        {equal ? (
          <p className="flex items-start gap-3 rounded-md border border-ok/40 bg-ok-soft px-3.5 py-3">
            <Equal aria-hidden className="mt-0.5 size-5 shrink-0 text-ok" />
            <span className="min-w-0">
              <span className="block font-semibold">
                {request.mode.mode === "full" ? "The disks are equal" : "No difference was found"}
              </span>
              <span className="text-sm break-words text-ink-2">{statement}</span>
            </span>
          </p>
        ) : (
          <div className="flex items-start gap-3 rounded-md border border-bad/45 bg-bad-soft px-3.5 py-3">
            <Diff aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
            <div className="min-w-0">
              <p className="font-semibold">The disks differ</p>
              {firstDifferenceBytes === null ? null : <Place offset={firstDifferenceBytes} />}
            </div>
          </div>
        )}
        <Facts rows={rows} />
      </div>
    </Panel>
  );
}

const SECTOR_BYTES = 512;

function Place({ offset }: { offset: number }) {
  return (
    <>
      <p className="flex items-center gap-1 text-sm text-ink-2">
        First difference at <span className="font-mono text-ink">{exactBytes(offset)}</span>
        <CopyButton text={String(offset)} label="Copy the offset" />
      </p>
      <p className="text-xs text-ink-2">
        {formatBytes(offset)} into the disk: 0x{offset.toString(16)}, sector{" "}
        {formatCount(Math.floor(offset / SECTOR_BYTES))}. Nothing behind it was compared.
      </p>
    </>
  );
}
