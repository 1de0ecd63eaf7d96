/** A stacked bar for each class. Loaded when costs are looked at: the chart library is large. */
import { memo } from "react";
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { CostCategory } from "../../../src-core/model/price.ts";
import { formatAxisMoney, formatMoney } from "../../format/money.ts";
import type { Bar as BarRow } from "./compare-view.ts";
import { partFill, partFills } from "./part-fills.tsx";
import { PART_WORDS } from "./part-words.ts";

const BAR_HEIGHT = 24;
const AXIS_HEIGHT = 30;

interface BarsChartProps {
  /** At least one, cheapest first. */
  bars: readonly BarRow[];
  parts: readonly CostCategory[];
  currency: string;
  scope: string;
  onOpen: (id: string) => void;
}

export const BarsChart = memo(function BarsChart({ bars, parts, currency, scope, onOpen }: BarsChartProps) {
  const labels = new Map(bars.map(({ id, label }) => [id, label]));
  return (
    <div style={{ height: bars.length * BAR_HEIGHT + AXIS_HEIGHT }}>
      <ResponsiveContainer width="100%" height="100%">
        <BarChart
          data={bars as BarRow[]}
          layout="vertical"
          margin={{ top: 0, right: 16, bottom: 0, left: 0 }}
          barCategoryGap={3}
          accessibilityLayer={false}
        >
          {partFills(scope)}
          <CartesianGrid horizontal={false} stroke="var(--line)" />
          <XAxis
            type="number"
            tickFormatter={(value: number) => formatAxisMoney(value, currency)}
            tick={{ fontSize: 11, fill: "var(--ink-3)" }}
            stroke="var(--line-strong)"
          />
          <YAxis
            type="category"
            dataKey="id"
            width={275}
            interval={0}
            tickFormatter={(id: string) => labels.get(id) ?? id}
            tick={{ fontSize: 11, fill: "var(--ink-2)", width: 400 }}
            axisLine={false}
            tickLine={false}
          />
          <Tooltip
            content={<ReadOut currency={currency} />}
            isAnimationActive={false}
            cursor={{ fill: "var(--accent-soft)", fillOpacity: 0.5 }}
          />
          {parts.map((part) => (
            <Bar
              key={part}
              dataKey={part}
              stackId="bill"
              fill={partFill(scope, part)}
              isAnimationActive={false}
              onClick={({ payload }: { payload?: unknown }) => onOpen((payload as BarRow).id)}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
});

interface ReadOutProps {
  currency: string;
  active?: boolean;
  payload?: readonly { payload?: unknown; dataKey?: unknown }[];
}

function ReadOut({ currency, active, payload }: ReadOutProps) {
  const bar = payload?.[0]?.payload as BarRow | undefined;
  if (active !== true || bar === undefined) return null;
  return (
    <div className="rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs shadow-lift">
      <div className="font-medium">{bar.label}</div>
      <div className="mb-1">{formatMoney(bar.amount, currency)}</div>
      {payload?.map(({ dataKey }) => {
        const part = dataKey as CostCategory;
        return bar[part] > 0 ? (
          <div key={part} className="flex justify-between gap-4 text-ink-2">
            <span>{PART_WORDS[part]}</span>
            <span>{formatMoney(bar.amounts[part], currency)}</span>
          </div>
        ) : null;
      })}
    </div>
  );
}
