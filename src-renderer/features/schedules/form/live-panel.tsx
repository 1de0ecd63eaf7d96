import { CircleAlert, CircleCheck, OctagonX } from "lucide-react";
import type { ComingRun, FieldProblem } from "../../../../src-core/model/schedule-view.ts";
import type { DatedFact } from "../../../../src-core/model/scheduled-run.ts";
import { CopyButton } from "../../../components/copy-button.tsx";
import { formatInZone, formatRelative } from "../../../format/date.ts";
import { fieldName, plainMessage, sectionOf } from "./field-problems.ts";

interface LivePanelProps {
  words: string | null;
  workWords: string | null;
  next: readonly ComingRun[];
  problems: readonly FieldProblem[];
  /** What became of times without a run, newest first. */
  withoutRun: readonly DatedFact[];
  zone: string;
  nowMs: number;
  /** It is being asked. */
  busy: boolean;
  /** Why it could not be asked. */
  failure: string | null;
}

/** What the schedule comes to, as the program understood it: in words, its next runs, and what is wrong. */
export function LivePanel(props: LivePanelProps) {
  const { words, workWords, next, problems, withoutRun, zone, nowMs, busy, failure } = props;
  // Two members may be one field of the form.
  const said = [
    ...new Map(problems.map((problem) => [`${fieldName(problem.field)} ${problem.message}`, problem])).values(),
  ];
  const fatal = said.filter((problem) => problem.fatal);
  const warnings = said.filter((problem) => !problem.fatal);
  return (
    <aside aria-label="What this comes to" className="grid content-start gap-3" aria-busy={busy}>
      <section aria-label="In words" className="rounded-lg border border-line bg-surface p-3.5">
        <h2 className="mb-1 text-xs font-medium text-ink-3">In words</h2>
        <p data-testid="words" className="text-base leading-snug font-medium">
          {words ?? "Not yet: something about the time is missing."}
        </p>
        {workWords === null ? null : <p className="mt-1.5 break-words text-ink-2">{workWords}</p>}
      </section>
      <section aria-label="Next runs" className="rounded-lg border border-line bg-surface">
        <h2 className="border-b border-line px-3.5 py-2 text-xs font-medium text-ink-3">Next runs ({zone})</h2>
        {next.length === 0 ? (
          <p className="px-3.5 py-3 text-ink-2">
            {words === null || fatal.length > 0
              ? "None can be told yet."
              : "None by the clock: it runs after others, or its time is past."}
          </p>
        ) : (
          <ol className="divide-y divide-line/70">
            {next.map((run) => (
              <NextRun key={run.nominalAt} run={run} zone={zone} nowMs={nowMs} />
            ))}
          </ol>
        )}
      </section>
      {withoutRun.length === 0 ? null : (
        <section aria-label="Times without a run" className="rounded-lg border border-line bg-surface">
          <h2 className="border-b border-line px-3.5 py-2 text-xs font-medium text-ink-3">Times that were not run</h2>
          <ul className="grid gap-1 px-3.5 py-2 text-xs">
            {withoutRun.slice(0, 8).map(({ at, text }) => (
              <li key={`${at} ${text}`} className="break-words text-ink-2">
                <time dateTime={at} className="text-ink-3">
                  {formatInZone(at, zone)}
                </time>{" "}
                {text}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label="Check" className="rounded-lg border border-line bg-surface px-3.5 py-2.5" role="status">
        {failure !== null ? (
          <p className="text-bad">{failure}</p>
        ) : problems.length === 0 ? (
          <p className="flex items-center gap-2">
            <CircleCheck aria-hidden className="size-4 text-ok" />
            {busy ? "Checking…" : "This can be saved."}
          </p>
        ) : (
          <>
            <div className="flex items-center justify-between">
              <h2 className="text-xs font-medium text-ink-3">
                {fatal.length > 0 ? "Still missing or wrong" : "Hardly what was meant"}
              </h2>
              <CopyButton
                text={problems.map(({ field, message }) => `${field}: ${message}`).join("\n")}
                label="Copy problems"
              />
            </div>
            <ul className="mt-1 grid gap-1">
              {[...fatal, ...warnings].slice(0, 12).map((problem) => (
                <li key={`${problem.field} ${problem.message}`} className="flex gap-1.5 text-xs">
                  {problem.fatal ? (
                    <OctagonX aria-hidden className="mt-px size-3.5 shrink-0 text-bad" />
                  ) : (
                    <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0 text-warn" />
                  )}
                  <button
                    type="button"
                    className="min-w-0 text-left break-words hover:underline"
                    onClick={() => showSection(problem.field)}
                  >
                    <span className="font-medium">{fieldName(problem.field)}:</span> {plainMessage(problem.message)}
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
    </aside>
  );
}

function NextRun({ run, zone, nowMs }: { run: ComingRun; zone: string; nowMs: number }) {
  const moved = run.startAt !== run.nominalAt;
  return (
    <li className={`px-3.5 py-1.5 ${run.skipped ? "text-ink-3" : ""}`}>
      <div className="flex items-baseline justify-between gap-2">
        <time dateTime={run.startAt} className={run.skipped ? "line-through" : "font-medium"}>
          {formatInZone(run.startAt, zone)}
        </time>
        <span className="text-xs whitespace-nowrap text-ink-3">
          {run.skipped ? "skipped" : ahead(run.startAt, nowMs)}
        </span>
      </div>
      {moved ? <p className="text-xs text-ink-3">due {formatInZone(run.nominalAt, zone)}</p> : null}
      {run.reasons.map((reason) => (
        <p key={reason} className="text-xs text-warn">
          {reason}
        </p>
      ))}
    </li>
  );
}

/** How far off it is; the time of the day stands beside it. */
function ahead(iso: string, nowMs: number): string {
  const hours = (Date.parse(iso) - nowMs) / 3_600_000;
  if (hours < 1) return formatRelative(iso, nowMs);
  return hours < 48 ? `in ${Math.round(hours)} h` : `in ${Math.round(hours / 24)} d`;
}

/** Scrolls to where a field is asked for. */
export function showSection(field: string): void {
  const section = document.getElementById(`section-${sectionOf(field)}`);
  const control =
    section?.querySelector<HTMLElement>("[aria-invalid=true]") ??
    section?.querySelector<HTMLElement>("input, select, button");
  (control ?? section)?.scrollIntoView({ block: "center" });
  control?.focus({ preventScroll: true });
}
