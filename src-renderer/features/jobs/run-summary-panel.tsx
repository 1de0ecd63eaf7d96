import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { predictionHit } from "../../../src-core/job/calibration.ts";
import { hasEnded } from "../../../src-core/job/run-state.ts";
import type { JobRequest, Run } from "../../../src-core/model/run.ts";
import type { VerifyMode } from "../../../src-core/model/task.ts";
import { api } from "../../app/api-client.ts";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { ProgressStrip } from "../../components/progress-strip.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { Tag } from "../../components/tag.tsx";
import { formatRate } from "../../format/bytes.ts";
import { calibrationWords, predictionWords } from "../../format/prediction.ts";
import { exportRequestRows } from "./export-request-rows.tsx";
import { LimitDialog } from "./limit-dialog.tsx";
import { paceWords, progressWords, runDuration, runShare } from "./run-words.ts";

/** What was asked for, when, and how far it is. */
export function RunSummaryPanel({ run, paused, nowMs }: { run: Run; paused: boolean; nowMs: number }) {
  const times = [
    { name: "Asked for", value: <TimeText iso={run.createdAt} nowMs={nowMs} /> },
    { name: "Started", value: run.startedAt === null ? "not yet" : <TimeText iso={run.startedAt} nowMs={nowMs} /> },
    { name: run.endedAt === null ? "Running for" : "Took", value: runDuration(run, nowMs) ?? "–" },
    ...(run.prediction === null ? [] : [{ name: "Predicted", value: <Predicted run={run} /> }]),
  ];
  const ended = hasEnded(run.state);
  return (
    <section aria-label="Summary" className="rounded-lg border border-line bg-surface">
      <div className="grid gap-x-8 gap-y-1 p-3.5 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <Facts
          rows={[
            ...requestRows(run.request),
            ...(ended || run.kind === "check" ? [] : [{ name: "Limit", value: <Limit run={run} /> }]),
          ]}
        />
        <Facts rows={times} />
      </div>
      {ended ? null : (
        <div className="border-t border-line px-3.5 py-3">
          <div className="mb-1.5 flex justify-between gap-4">
            <span className="font-medium">
              {run.progress === null
                ? run.startedAt === null
                  ? "Not begun"
                  : "Beginning"
                : progressWords(run.progress, run.kind)}
            </span>
            <span className="text-ink-2">{paceWords(run, paused)}</span>
          </div>
          <ProgressStrip
            className="h-2.5"
            value={
              run.state === "running" || run.state === "canceling"
                ? runShare(run.progress)
                : (runShare(run.progress) ?? 0)
            }
            label="Progress of the job"
            tone={paused || run.state === "canceling" ? "warn" : "accent"}
          />
        </div>
      )}
    </section>
  );
}

interface Row {
  name: string;
  value: ReactNode;
}

function requestRows(request: JobRequest): Row[] {
  if (request.kind === "check") return [{ name: "Disk", value: <DiskLink path={request.path} /> }];
  if (request.kind === "compare") {
    return [
      { name: "Disk A", value: <DiskLink path={request.aPath} snapshot={request.aSnapshot} /> },
      { name: "Disk B", value: <DiskLink path={request.bPath} snapshot={request.bSnapshot} /> },
      { name: "Compare", value: modeWords(request.mode) },
    ];
  }
  if (request.kind === "export") return exportRequestRows(request);
  return [
    { name: "Source", value: <DiskLink path={request.sourcePath} snapshot={request.sourceSnapshot} /> },
    ...request.targets.map(({ path, format, options }, index) => ({
      name: request.targets.length === 1 ? "Target" : `Target ${index + 1}`,
      value: (
        <span className="flex items-center gap-1">
          <PathText path={path} />
          <CopyButton text={path} label="Copy target path" />
          <span className="ml-1 shrink-0 text-xs text-ink-3">
            {[format, options.subformat, options.compression?.method].filter(Boolean).join(", ")}
          </span>
        </span>
      ),
    })),
    { name: "Verify", value: modeWords(request.verify) },
  ];
}

function modeWords(mode: VerifyMode): string {
  if (mode.mode === "full") return "every byte";
  return mode.mode === "none" ? "not asked for" : `a random ${Math.round(mode.fraction * 1000) / 10} % sample`;
}

function DiskLink({ path, snapshot }: { path: string; snapshot?: string | undefined }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Link to="/disk" search={{ path }} className="min-w-0 hover:underline">
        <PathText path={path} />
      </Link>
      {snapshot === undefined ? null : <Tag>snapshot {snapshot}</Tag>}
    </span>
  );
}

/** How fast the run may read, and a way to change it while it runs. */
function Limit({ run }: { run: Run }) {
  const [open, setOpen] = useState(false);
  return (
    <span className="flex items-center gap-2">
      {run.maxBytesPerSecond === null ? "none" : `reads at most ${formatRate(run.maxBytesPerSecond)}`}
      <Button size="small" className="-my-1 h-6" onClick={() => setOpen(true)}>
        Change…
      </Button>
      {open ? <LimitDialog run={run} onClose={() => setOpen(false)} /> : null}
    </span>
  );
}

/** The first settled range for the whole run; once it has ended, whether that was right. */
function Predicted({ run }: { run: Run }) {
  const calibration = useQuery(api.system.calibration.queryOptions({ staleTime: 0 }));
  const hit = run.state === "succeeded" ? predictionHit(run) : null;
  const tones = { within: "ok", shorter: "plain", longer: "warn" } as const;
  const words = { within: "right", shorter: "was quicker", longer: "took longer" } as const;
  return (
    <span className="flex flex-wrap items-center gap-x-2" title={calibrationWords(calibration.data)}>
      {run.prediction === null ? null : predictionWords(run.prediction)}
      {hit === null ? null : <Tag tone={tones[hit]}>{words[hit]}</Tag>}
      <span className="sr-only">{calibrationWords(calibration.data)}</span>
    </span>
  );
}
