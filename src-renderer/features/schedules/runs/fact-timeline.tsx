import type { DatedFact } from "../../../../src-core/model/scheduled-run.ts";
import { CopyButton } from "../../../components/copy-button.tsx";
import { Panel } from "../../../components/panel.tsx";
import { formatAbsolute, formatClock } from "../../../format/date.ts";

/** Facts that tell of something that went wrong or was not done. */
const BAD: ReadonlySet<DatedFact["fact"]["kind"]> = new Set([
  "not-retried",
  "attempts-used",
  "clean-up-failed",
  "parent-refused",
  "parent-timed-out",
  "parent-not-today",
  "outside-skipped",
  "never-allowed",
  "does-not-fit",
]);
const NOTABLE: ReadonlySet<DatedFact["fact"]["kind"]> = new Set(["retries", "window-closed", "may-not-fit", "paused"]);

/** Why a run is as it is: what was decided about it, oldest first. */
export function FactTimeline({ facts }: { facts: readonly DatedFact[] }) {
  const text = facts.map((fact) => `${formatAbsolute(fact.at)} ${fact.text}`).join("\n");
  const numbered = facts.map((fact, n) => ({ ...fact, n }));
  return (
    <Panel
      title="Why"
      note="what was decided, when"
      actions={facts.length === 0 ? undefined : <CopyButton text={text} label="Copy the reasons" />}
    >
      {facts.length === 0 ? (
        <p className="text-ink-2">It was due and ran: nothing held it back.</p>
      ) : (
        <ol className="relative ml-1.5 grid gap-2 border-l border-line pl-4">
          {numbered.map(({ at, fact, text: words, n }) => (
            <li key={n} className="relative grid grid-cols-[4.75rem_minmax(0,1fr)] gap-2">
              <span
                aria-hidden
                className={`absolute top-1.5 -left-[1.3rem] size-2 rounded-full border border-surface ${BAD.has(fact.kind) ? "bg-bad" : NOTABLE.has(fact.kind) ? "bg-warn" : "bg-accent-fill"}`}
              />
              <time dateTime={at} title={formatAbsolute(at)} className="text-xs leading-5 text-ink-3">
                {formatClock(at)}
              </time>
              <span className="break-words">{sentence(words)}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
