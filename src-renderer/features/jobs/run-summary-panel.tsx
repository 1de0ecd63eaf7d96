import { Link } from "@tanstack/react-router";
import { hasEnded } from "../../../src-core/job/run-state.ts";
import type { Run } from "../../../src-core/model/run.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts } from "../../components/panel.tsx";
import { PathText } from "../../components/path-text.tsx";
import { ProgressStrip } from "../../components/progress-strip.tsx";
import { TimeText } from "../../components/quantity.tsx";
import { paceWords, progressWords, runDuration, runShare } from "./run-words.ts";

/** What was asked for, when, and how far it is. */
export function RunSummaryPanel({ run, paused, nowMs }: { run: Run; paused: boolean; nowMs: number }) {
  const { request } = run;
  const rows = [
    {
      name: "Source",
      value: (
        <Link to="/disk" search={{ path: request.sourcePath }} className="hover:underline">
          <PathText path={request.sourcePath} />
        </Link>
      ),
    },
    {
      name: "Target",
      value: (
        <span className="flex items-center gap-1">
          <PathText path={request.targetPath} />
          <CopyButton text={request.targetPath} label="Copy target path" />
          <span className="ml-1 text-xs text-ink-3">{request.targetFormat}</span>
        </span>
      ),
    },
    {
      name: "Verify",
      value:
        request.verify.mode === "full"
          ? "every byte"
          : request.verify.mode === "none"
            ? "not asked for"
            : `a random ${Math.round(request.verify.fraction * 1000) / 10} % sample`,
    },
  ];
  const times = [
    { name: "Asked for", value: <TimeText iso={run.createdAt} nowMs={nowMs} /> },
    { name: "Started", value: run.startedAt === null ? "not yet" : <TimeText iso={run.startedAt} nowMs={nowMs} /> },
    { name: run.endedAt === null ? "Running for" : "Took", value: runDuration(run, nowMs) ?? "–" },
  ];
  return (
    <section aria-label="Summary" className="rounded-lg border border-line bg-surface">
      <div className="grid gap-x-8 gap-y-1 p-3.5 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <Facts rows={rows} />
        <Facts rows={times} />
      </div>
      {hasEnded(run.state) ? null : (
        <div className="border-t border-line px-3.5 py-3">
          <div className="mb-1.5 flex justify-between gap-4">
            <span className="font-medium">{run.progress === null ? "Not begun" : progressWords(run.progress)}</span>
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
