import { CircleAlert, OctagonX } from "lucide-react";
import type { ReactNode } from "react";
import type { AppErrorData } from "../../src-core/model/error.ts";
import { CopyButton } from "./copy-button.tsx";
import { errorText } from "./error-card.tsx";

export interface Problem {
  readonly severity: "error" | "warning";
  readonly error: AppErrorData;
  /** Which of several things it is about; null: all of them, or the only one. */
  readonly about?: string | null;
  /** What can be done about it here and now. */
  readonly action?: ReactNode;
}

/** What a check found: errors (nothing can start) before warnings, each with what to do, each to be copied. */
export function ProblemList({ problems, label = "Problems" }: { problems: readonly Problem[]; label?: string }) {
  const ordered = problems.toSorted((a, b) => Number(b.severity === "error") - Number(a.severity === "error"));
  if (ordered.length === 0) return null;
  return (
    <ul aria-label={label} className="grid gap-1.5">
      {ordered.map(({ severity, about, error, action }) => (
        <li
          key={`${about} ${error.code} ${error.message}`}
          className={`flex gap-2.5 rounded-md border px-3 py-2 ${severity === "error" ? "border-bad/45 bg-bad-soft" : "border-warn/45 bg-warn-soft"}`}
        >
          {severity === "error" ? (
            <OctagonX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          ) : (
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
          )}
          <span className="min-w-0 flex-1">
            <span className="sr-only">{severity === "error" ? "Error: " : "Warning: "}</span>
            {about == null ? null : <span className="font-medium">{about}: </span>}
            <span className="break-words">{error.message}</span>
            {error.hint === undefined ? null : <span className="block text-xs text-ink-2">{error.hint}</span>}
          </span>
          {action}
          <CopyButton text={errorText(error)} label={`Copy ${severity}`} />
        </li>
      ))}
    </ul>
  );
}
