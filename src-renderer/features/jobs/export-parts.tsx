import { Gauge } from "lucide-react";
import type { ReactNode } from "react";
import type { Task } from "../../../src-core/model/run.ts";
import type { ProgressDetail } from "../../../src-core/model/task-event.ts";
import { Panel } from "../../components/panel.tsx";
import { ProgressStrip } from "../../components/progress-strip.tsx";
import { BytesText } from "../../components/quantity.tsx";
import { formatPercent } from "../../format/bytes.ts";
import { LIMITED_BY_WORDS } from "../../format/export-words.ts";
import { type PartTone, partPace, partTone } from "./part-words.ts";

/** The disks of an export: how far each is and how it is read, and what holds the whole back. Nothing before there is a disk. */
export function ExportParts({ task, paused }: { task: Task; paused: boolean }) {
  const detail = task.progress?.detail;
  if (detail === undefined || detail.parts.length === 0) return null;
  const running = task.state === "running" && !paused;
  const moving = running && detail.limitedBy !== null ? LIMITED_BY_WORDS[detail.limitedBy] : null;
  return (
    <Panel title="Disks" padded={false} actions={moving === null ? undefined : <LimitedBy {...moving} />}>
      <div className="overflow-x-auto">
        <table className="w-full min-w-[44rem] border-collapse text-sm">
          <thead className="text-left text-xs text-ink-3">
            <tr>
              <Head>Disk</Head>
              <Head className="w-[30%]">Progress</Head>
              <Head className="text-right">Done</Head>
              <Head className="text-right">Of</Head>
              <Head className="text-right">Speed</Head>
              <Head>State</Head>
            </tr>
          </thead>
          <tbody>
            {detail.parts.map((part, index) => (
              // Labels need not differ, and parts never change their order.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              <PartRow key={index} part={part} tone={partTone(part.state, task.state, paused)} running={running} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Head({ children, className = "" }: { children: ReactNode; className?: string }) {
  return <th className={`px-3.5 py-1.5 font-medium ${className}`}>{children}</th>;
}

function PartRow(props: { part: ProgressDetail["parts"][number]; tone: PartTone; running: boolean }) {
  const { part, tone, running } = props;
  const { label, doneBytes, totalBytes, state, transport } = part;
  const { speed, words } = partPace(part, running);
  const cell = "border-t border-line/60 px-3.5 py-2 align-top";
  return (
    <tr>
      <td className={`${cell} max-w-64`}>
        <span className="block truncate font-medium" title={label}>
          {label}
        </span>
        {transport === null ? null : <span className="block text-xs break-words text-ink-3">{transport}</span>}
      </td>
      <td className={cell}>
        <span className="mt-1.5 flex items-center gap-2.5">
          <ProgressStrip
            value={totalBytes === 0 ? (state === "done" ? 1 : 0) : doneBytes / totalBytes}
            label={`Progress of ${label}`}
            tone={tone}
          />
          <span className="w-11 shrink-0 text-right text-xs text-ink-2">{formatPercent(doneBytes, totalBytes)}</span>
        </span>
      </td>
      <td className={`${cell} text-right`}>
        <BytesText bytes={doneBytes} />
      </td>
      <td className={`${cell} text-right text-ink-2`}>
        <BytesText bytes={totalBytes} />
      </td>
      <td className={`${cell} text-right whitespace-nowrap text-ink-2`}>{speed}</td>
      <td className={`${cell} whitespace-nowrap text-ink-2`}>{words}</td>
    </tr>
  );
}

function LimitedBy({ label, means }: { label: string; means: string }) {
  return (
    <span className="flex items-center gap-1.5 text-xs text-ink-2" title={means}>
      <Gauge aria-hidden className="size-3.5 text-ink-3" />
      <span>
        Limited by the <span className="font-medium text-ink">{label}</span>
      </span>
      <span className="sr-only">{means}</span>
    </span>
  );
}
