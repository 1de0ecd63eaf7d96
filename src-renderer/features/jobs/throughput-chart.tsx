/** Speed over time of one run. Loaded when a job is looked at: the chart library is large. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { api } from "../../app/api-client.ts";
import { toErrorData } from "../../app/error-data.ts";
import { ErrorCard } from "../../components/error-card.tsx";
import { formatRate } from "../../format/bytes.ts";
import { formatDuration } from "../../format/duration.ts";
import { meanRate, rateTicks, throughput } from "./throughput.ts";

const KINDS = [
  { kind: "convert", word: "Convert", colour: "var(--accent-fill)" },
  { kind: "export", word: "Export", colour: "var(--accent-fill)" },
  { kind: "verify", word: "Verify", colour: "var(--zero)" },
] as const;

export function ThroughputChart({ runId }: { runId: string }) {
  const query = useQuery(api.runs.samples.queryOptions({ input: { id: runId } }));
  const samples = query.data;
  const points = useMemo(() => throughput(samples ?? []), [samples]);
  const ticks = useMemo(
    () => rateTicks(Math.max(0, ...points.flatMap((point) => KINDS.map(({ kind }) => point[kind] ?? 0)))),
    [points],
  );
  if (query.error !== null) return <ErrorCard error={toErrorData(query.error)} />;
  if (samples === undefined) return <div className="skeleton h-44" />;
  if (points.length < 2) return <p className="text-ink-2">Too short or too new for a picture.</p>;
  return (
    <figure>
      <div aria-hidden className="h-44">
        <ResponsiveContainer width="100%" height="100%">
          <AreaChart data={points} margin={{ top: 6, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="sinceMs"
              type="number"
              domain={["dataMin", "dataMax"]}
              tickFormatter={formatDuration}
              tick={{ fontSize: 11, fill: "var(--ink-3)" }}
              stroke="var(--line-strong)"
              minTickGap={60}
            />
            <YAxis
              tickFormatter={formatRate}
              tick={{ fontSize: 11, fill: "var(--ink-3)" }}
              axisLine={false}
              tickLine={false}
              width={80}
              ticks={ticks}
              domain={[0, ticks.at(-1) ?? 1]}
            />
            <Tooltip content={<ReadOut />} isAnimationActive={false} cursor={{ stroke: "var(--line-strong)" }} />
            {KINDS.map(({ kind, colour }) => (
              <Area
                key={kind}
                dataKey={kind}
                stroke={colour}
                strokeWidth={1.5}
                fill={colour}
                fillOpacity={0.18}
                type="stepBefore"
                dot={false}
                isAnimationActive={false}
              />
            ))}
          </AreaChart>
        </ResponsiveContainer>
      </div>
      <figcaption className="mt-1 flex gap-5 text-xs text-ink-2">
        {KINDS.map(({ kind, word, colour }) => {
          const mean = meanRate(samples, kind);
          return mean === null ? null : (
            <span key={kind} className="flex items-center gap-1.5">
              <span aria-hidden className="size-2.5 rounded-[2px]" style={{ background: colour }} />
              {word}: {formatRate(mean)} on average
            </span>
          );
        })}
      </figcaption>
    </figure>
  );
}

interface ReadOutProps {
  active?: boolean;
  label?: string | number;
  payload?: readonly { dataKey?: unknown; value?: unknown }[];
}

function ReadOut({ active, label, payload }: ReadOutProps) {
  if (active !== true || payload === undefined) return null;
  return (
    <div className="rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs shadow-lift">
      <div className="text-ink-3">after {formatDuration(Number(label))}</div>
      {payload.map((entry) =>
        typeof entry.value === "number" ? (
          <div key={String(entry.dataKey)}>
            {String(entry.dataKey)} {formatRate(entry.value)}
          </div>
        ) : null,
      )}
    </div>
  );
}
