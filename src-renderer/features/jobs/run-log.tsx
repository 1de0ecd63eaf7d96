import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { LogLine, Run } from "../../../src-core/model/run.ts";
import { toErrorData } from "../../app/error-data.ts";
import { runLogQuery } from "../../app/run-log-query.ts";
import { Button } from "../../components/button.tsx";
import { classNames } from "../../components/class-names.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { ErrorCard } from "../../components/error-card.tsx";
import { Panel } from "../../components/panel.tsx";
import { formatCount } from "../../format/bytes.ts";
import { formatAbsolute, formatClock } from "../../format/date.ts";

const NO_LINES: readonly LogLine[] = [];
const COLOURS: Record<LogLine["level"], string> = { info: "text-ink", warning: "text-warn", error: "text-bad" };
const LINE_HEIGHT = 20;
/** What scrolls must be reachable by the keyboard, though nothing in it can be pressed (WCAG 2.1.1). */
const SCROLLED_BY_KEYS = { tabIndex: 0 } as const;

/** The log of a run: follows its end until one scrolls up. */
export function RunLog({ run }: { run: Run }) {
  const query = useQuery(runLogQuery(run.id));
  const lines = query.data ?? NO_LINES;
  const scroller = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  useEffect(() => {
    if (following && lines.length > 0) virtualizer.scrollToIndex(lines.length - 1, { align: "end" });
  }, [following, lines.length, virtualizer]);
  const kindOf = (taskId: string | null) => run.tasks.find((task) => task.id === taskId)?.kind ?? "job";
  const text = lines
    .map((line) => `${formatAbsolute(line.at)} ${line.level} ${kindOf(line.taskId)}: ${line.message}`)
    .join("\n");

  return (
    <Panel
      title="Log"
      note={lines.length === 0 ? undefined : `${formatCount(lines.length)} ${lines.length === 1 ? "line" : "lines"}`}
      padded={false}
      actions={
        lines.length === 0 ? undefined : (
          <>
            {following ? null : (
              <Button size="small" onClick={() => setFollowing(true)}>
                <ArrowDownToLine aria-hidden />
                Follow
              </Button>
            )}
            <CopyButton text={text} label="Copy all">
              Copy all
            </CopyButton>
          </>
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
          ref={scroller}
          role="log"
          aria-label="Log lines"
          aria-live="off"
          {...SCROLLED_BY_KEYS}
          className="max-h-80 overflow-auto py-1.5 font-mono text-xs focus-visible:outline-offset-[-2px]"
          onScroll={(event) => {
            const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
            setFollowing(scrollTop + clientHeight >= scrollHeight - LINE_HEIGHT);
          }}
        >
          <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
            {virtualizer.getVirtualItems().map((item) => {
              const line = lines[item.index];
              return line === undefined ? null : (
                <div
                  key={line.id}
                  ref={virtualizer.measureElement}
                  data-index={item.index}
                  style={{ transform: `translateY(${item.start}px)` }}
                  className="absolute inset-x-0 top-0 grid grid-cols-[4.5rem_4.5rem_minmax(0,1fr)] gap-2 px-3.5 py-0.5 leading-4"
                >
                  <time dateTime={line.at} title={formatAbsolute(line.at)} className="text-ink-3">
                    {formatClock(line.at)}
                  </time>
                  <span className="text-ink-3">{kindOf(line.taskId)}</span>
                  <span className={classNames("break-words whitespace-pre-wrap", COLOURS[line.level])}>
                    {line.level === "info" ? "" : `${line.level}: `}
                    {line.message}
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      )}
    </Panel>
  );
}
