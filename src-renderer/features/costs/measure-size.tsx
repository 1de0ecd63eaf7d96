/** How large a disk of the library really becomes: a sample of it is compressed, told as it goes on; it can be stopped. */
import { useQuery } from "@tanstack/react-query";
import { Gauge, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { AppErrorData } from "../../../src-core/model/error.ts";
import type { ExportSize } from "../../../src-core/model/export-size.ts";
import { api, client } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { announce } from "../../components/announcer.tsx";
import { Button } from "../../components/button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { ProgressStrip } from "../../components/progress-strip.tsx";
import { formatBytes } from "../../format/bytes.ts";
import { baseName } from "../../format/path.ts";
import type { CostForm } from "../../ui-state/cost-plan.ts";
import { withMeasured } from "./start-from.ts";

/** What a backup of a disk commonly is. */
const TARGET = { format: "qcow2", options: { compression: { method: "zstd" } } } as const;

interface MeasureSizeProps {
  form: CostForm;
  change: (fields: Partial<CostForm>) => void;
}

export function MeasureSize({ form, change }: MeasureSizeProps) {
  const [running, setRunning] = useState(false);
  const [size, setSize] = useState<ExportSize | null>(null);
  const [error, setError] = useState<AppErrorData | null>(null);
  const stream = useRef<AsyncIterator<ExportSize> | null>(null);
  // Who goes elsewhere no longer waits for it.
  useEffect(() => () => void stream.current?.return?.(), []);
  const measure = async () => {
    setRunning(true);
    setSize(null);
    setError(null);
    let last: ExportSize | null = null;
    try {
      const told = await client.cost.size({ path: form.diskPath, ...TARGET });
      stream.current = told[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await stream.current.next();
        if (done === true) break;
        last = value;
        setSize(value);
      }
    } catch (thrown) {
      setError(toErrorData(thrown));
    }
    stream.current = null;
    setRunning(false);
    if (last === null) return;
    change(withMeasured(form, last));
    announce(`Measured: ${formatBytes(last.size.likelyBytes)}`);
  };
  const share = size === null || size.dataBytes === 0 ? null : size.sampledBytes / size.dataBytes;
  return (
    <section aria-label="Measured size" className="grid gap-1.5">
      {running ? (
        <>
          <ProgressStrip label="Share of the data that was compressed" tone="accent" value={share} />
          <div className="flex items-center justify-between gap-2 text-xs text-ink-2">
            <span>
              {size === null
                ? "Reading the disk…"
                : `${formatBytes(size.size.lowBytes)} to ${formatBytes(size.size.highBytes)} so far`}
            </span>
            <Button size="small" onClick={() => void stream.current?.return?.()}>
              <Square aria-hidden />
              Stop
            </Button>
          </div>
        </>
      ) : (
        <Button size="small" onClick={() => void measure()} className="justify-self-start">
          <Gauge aria-hidden />
          {size === null ? "Measure what it compresses to" : "Measure again"}
        </Button>
      )}
      {error === null ? null : <ErrorCard title="It could not be measured" error={error} />}
      <Calibration />
    </section>
  );
}

/** How right such measurements were: what was predicted beside what conversions made. */
function Calibration() {
  const history = useQuery({ ...api.cost.sizeHistory.queryOptions(), staleTime: 0 }).data;
  const judged = (history?.rows ?? []).filter(({ actualBytes }) => actualBytes !== null);
  if (history === undefined || judged.length === 0) return null;
  return (
    <details>
      <summary className="text-xs text-ink-2 hover:text-ink">
        {history.within} of {judged.length} past measurements were right
      </summary>
      <ul className="mt-1 grid gap-0.5 text-xs text-ink-2">
        {judged.slice(0, 5).map(({ at, path, predicted, actualBytes }) => (
          <li key={`${at} ${path}`} title={path}>
            {baseName(path)}: {formatBytes(predicted.lowBytes)} to {formatBytes(predicted.highBytes)} predicted,{" "}
            {formatBytes(actualBytes ?? 0)} made
          </li>
        ))}
      </ul>
    </details>
  );
}
