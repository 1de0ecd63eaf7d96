import { CircleAlert, OctagonX } from "lucide-react";
import type { ConvertPlan } from "../../../src-core/contract/runs.ts";

/** What the check found: errors (nothing can start) before warnings, each with what to do. */
export function PlanProblems({ problems, several }: { problems: ConvertPlan["problems"]; several: boolean }) {
  const ordered = [...problems].sort((a, b) => Number(b.severity === "error") - Number(a.severity === "error"));
  if (ordered.length === 0) return null;
  return (
    <ul aria-label="Problems" className="grid gap-1.5">
      {ordered.map(({ severity, target, error }) => (
        <li
          key={`${target} ${error.code} ${error.message}`}
          className={`flex gap-2.5 rounded-md border px-3 py-2 ${severity === "error" ? "border-bad/45 bg-bad-soft" : "border-warn/45 bg-warn-soft"}`}
        >
          {severity === "error" ? (
            <OctagonX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          ) : (
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          )}
          <span className="min-w-0">
            <span className="sr-only">{severity === "error" ? "Error: " : "Warning: "}</span>
            {several && target !== null ? <span className="font-medium">Output {target + 1}: </span> : null}
            <span className="break-words">{error.message}</span>
            {error.hint === undefined ? null : <span className="block text-xs text-ink-2">{error.hint}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
