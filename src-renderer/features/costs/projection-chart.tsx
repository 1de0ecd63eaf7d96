/** Cost over the months, a line a class, with marks where one overtakes another. Loaded when it is looked at. */
import { memo } from "react";
import {
  Area,
  AreaChart,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceDot,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { formatBytes } from "../../format/bytes.ts";
import { formatAxisMoney } from "../../format/money.ts";
import { byteTicks, type Mark, type ProjectionPoint } from "./projection-view.ts";
import { seriesLook } from "./series-look.ts";

const TICK = { fontSize: 11, fill: "var(--ink-3)" };

interface ProjectionChartProps {
  points: readonly ProjectionPoint[];
  series: readonly { id: string; label: string }[];
  marks: readonly Mark[];
  currency: string;
  /** In words, for the read-out: by month and series. */
  amounts: (month: string, id: string) => string;
}

export const ProjectionChart = memo(function ProjectionChart(props: ProjectionChartProps) {
  const { points, series, marks, currency, amounts } = props;
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart
        data={points as ProjectionPoint[]}
        margin={{ top: 8, right: 16, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="month" tick={TICK} stroke="var(--line-strong)" minTickGap={40} />
        <YAxis
          tickFormatter={(value: number) => formatAxisMoney(value, currency)}
          tick={TICK}
          axisLine={false}
          tickLine={false}
          width={64}
        />
        <Tooltip
          content={<ReadOut series={series} amounts={amounts} />}
          isAnimationActive={false}
          cursor={{ stroke: "var(--line-strong)" }}
        />
        {series.map(({ id }, at) => (
          <Line
            key={id}
            dataKey={id}
            stroke={seriesLook(at).colour}
            strokeDasharray={seriesLook(at).dash}
            strokeWidth={2}
            dot={false}
            isAnimationActive={false}
          />
        ))}
        {marks.map(({ month, value, words }) => (
          <ReferenceDot
            key={words}
            x={month}
            y={value}
            r={5}
            fill="var(--surface)"
            stroke="var(--ink)"
            strokeWidth={2}
          />
        ))}
      </ComposedChart>
    </ResponsiveContainer>
  );
});

interface ReadOutProps extends Pick<ProjectionChartProps, "series" | "amounts"> {
  active?: boolean;
  label?: string | number;
}

function ReadOut({ active, label, series, amounts }: ReadOutProps) {
  if (active !== true || label === undefined) return null;
  return (
    <div className="rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs shadow-lift">
      <div className="mb-1 text-ink-3">{label}</div>
      {series.map((each) => (
        <div key={each.id} className="flex justify-between gap-4">
          <span>{each.label}</span>
          <span>{amounts(String(label), each.id)}</span>
        </div>
      ))}
    </div>
  );
}

/** What lies there at the end of each month. */
export const StoredChart = memo(function StoredChart({
  points,
}: {
  points: readonly { month: string; bytes: number }[];
}) {
  const ticks = byteTicks(Math.max(0, ...points.map(({ bytes }) => bytes)));
  return (
    <ResponsiveContainer width="100%" height="100%">
      <AreaChart
        data={points as { month: string; bytes: number }[]}
        margin={{ top: 8, right: 16, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="month" tick={TICK} stroke="var(--line-strong)" minTickGap={40} />
        <YAxis
          tickFormatter={formatBytes}
          tick={TICK}
          axisLine={false}
          tickLine={false}
          width={64}
          ticks={ticks}
          domain={[0, ticks.at(-1) ?? 1]}
        />
        <Tooltip isAnimationActive={false} cursor={{ stroke: "var(--line-strong)" }} content={<StoredReadOut />} />
        <Area
          dataKey="bytes"
          stroke="var(--accent-fill)"
          fill="var(--accent-fill)"
          fillOpacity={0.2}
          strokeWidth={1.5}
          isAnimationActive={false}
        />
      </AreaChart>
    </ResponsiveContainer>
  );
});

function StoredReadOut(props: { active?: boolean; label?: string | number; payload?: readonly { value?: unknown }[] }) {
  const bytes = props.payload?.[0]?.value;
  if (props.active !== true || typeof bytes !== "number") return null;
  return (
    <div className="rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs shadow-lift">
      <div className="text-ink-3">{props.label}</div>
      {formatBytes(bytes)} stored
    </div>
  );
}
