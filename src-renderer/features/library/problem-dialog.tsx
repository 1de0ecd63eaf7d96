import { CircleAlert } from "lucide-react";
import type { AppErrorData } from "../../../src-core/model/error.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorCard } from "../../components/error-card.tsx";

export interface Problem {
  readonly title: string;
  readonly path: string;
  readonly error: AppErrorData | null;
  readonly warnings: readonly string[];
}

/** Why a row or a folder is marked: the whole error and all warnings, to be copied. */
export function ProblemDialog({ problem, onClose }: { problem: Problem | null; onClose: () => void }) {
  return (
    <Dialog
      open={problem !== null}
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={problem?.title ?? ""}
      description={<span className="font-mono text-xs break-all">{problem?.path}</span>}
    >
      {problem === null ? null : (
        <div className="grid gap-3">
          {problem.error === null ? null : <ErrorCard error={problem.error} />}
          {problem.warnings.length === 0 ? null : (
            <div>
              <div className="mb-1 flex items-center justify-between">
                <h3 className="text-sm font-semibold">Warnings</h3>
                <CopyButton text={problem.warnings.join("\n")} label="Copy warnings" />
              </div>
              <ul className="grid gap-1">
                {problem.warnings.map((warning) => (
                  <li key={warning} className="flex gap-2 text-sm">
                    <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
                    <span className="min-w-0 break-words">{warning}</span>
                  </li>
                ))}
              </ul>
            </div>
          )}
        </div>
      )}
    </Dialog>
  );
}
