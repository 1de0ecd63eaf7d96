import { OctagonX } from "lucide-react";
import type { ReactNode } from "react";
import type { AppErrorData } from "../../src-core/model/error.ts";
import { CopyButton } from "./copy-button.tsx";

/** An error as text for a ticket: message, hint, code and facts. */
export function errorText(error: AppErrorData): string {
  const facts = Object.entries(error.details ?? {}).map(([name, value]) => `${name}: ${String(value)}`);
  return [error.message, ...(error.hint === undefined ? [] : [error.hint]), `Code: ${error.code}`, ...facts].join("\n");
}

/** An error with what happened, what to do next, its code, and a way to copy it all. */
export function ErrorCard({ error, title, actions }: { error: AppErrorData; title?: string; actions?: ReactNode }) {
  const facts = Object.entries(error.details ?? {});
  return (
    <section role="alert" className="rounded-md border border-bad/45 bg-bad-soft px-3.5 py-3">
      <div className="flex items-start gap-2.5">
        <OctagonX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
        <div className="min-w-0 flex-1">
          {title === undefined ? null : <p className="font-semibold">{title}</p>}
          <p className="break-words">{error.message}</p>
          {error.hint === undefined ? null : <p className="mt-0.5 text-ink-2">{error.hint}</p>}
          <p className="mt-1.5 font-mono text-xs break-all text-ink-2">
            {error.code}
            {facts.map(([name, value]) => (
              <span key={name}>
                {" · "}
                {name} {String(value)}
              </span>
            ))}
          </p>
        </div>
        <div className="flex shrink-0 gap-2">
          {actions}
          <CopyButton text={errorText(error)} label="Copy error">
            Copy error
          </CopyButton>
        </div>
      </div>
    </section>
  );
}
