import { useQuery } from "@tanstack/react-query";
import { toErrorData } from "../../../app/error-data.ts";
import { scheduledRunLogQuery } from "../../../app/schedule-queries.ts";
import { CopyButton } from "../../../components/copy-button.tsx";
import { ErrorCard } from "../../../components/error-card.tsx";
import { Panel } from "../../../components/panel.tsx";
import { formatAbsolute, formatClock } from "../../../format/date.ts";
import { plural } from "../../../format/plural.ts";

/** Lines drawn; a longer log is read whole in the jobs' own pages and by copying. */
const DRAWN = 500;
/** What scrolls must be reachable by the keyboard, though nothing in it can be pressed (WCAG 2.1.1). */
const SCROLLED_BY_KEYS = { tabIndex: 0 } as const;
const COLOURS = { info: "text-ink", warning: "text-warn", error: "text-bad" } as const;

/** Reasons and log lines of all its jobs, by time. */
export function ScheduledLog({ id }: { id: string }) {
  const query = useQuery(scheduledRunLogQuery(id));
  const lines = (query.data ?? []).map((line, n) => ({ ...line, n }));
  const text = lines.map(({ at, level, message }) => `${formatAbsolute(at)} ${level} ${message}`).join("\n");
  return (
    <Panel
      title="Log"
      note={lines.length === 0 ? undefined : plural(lines.length, "line")}
      padded={false}
      actions={
        lines.length === 0 ? undefined : (
          <CopyButton text={text} label="Copy all">
            Copy all
          </CopyButton>
        )
      }
    >
      {query.error !== null ? (
        <div className="p-3.5">
          <ErrorCard error={toErrorData(query.error)} />
        </div>
      ) : lines.length === 0 ? (
        <p className="p-3.5 text-ink-2">{query.isPending ? "Reading…" : "Nothing was logged yet."}</p>
      ) : (
        <div
          role="log"
          aria-label="Log lines"
          aria-live="off"
          {...SCROLLED_BY_KEYS}
          className="max-h-80 overflow-auto py-1.5 font-mono text-xs focus-visible:outline-offset-[-2px]"
        >
          {lines.length > DRAWN ? <p className="px-3.5 text-ink-3">{lines.length - DRAWN} earlier lines…</p> : null}
          {lines.slice(-DRAWN).map(({ at, level, message, n }) => (
            <div key={n} className="grid grid-cols-[4.5rem_minmax(0,1fr)] gap-2 px-3.5 py-0.5 leading-4">
              <time dateTime={at} title={formatAbsolute(at)} className="text-ink-3">
                {formatClock(at)}
              </time>
              <span className={`break-words whitespace-pre-wrap ${COLOURS[level]}`}>
                {level === "info" ? "" : `${level}: `}
                {message}
              </span>
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}
