/**
 * A stacked bar for each class, drawn by hand: a slider moves 60 of them at once, and the chart library takes many times longer for as
 * many rectangles than a frame lasts.
 */
import { memo, useEffect, useRef, useState } from "react";
import type { CostCategory } from "../../../src-core/model/price.ts";
import { formatAxisMoney, formatMoney } from "../../format/money.ts";
import { moneyTicks } from "./axis-ticks.ts";
import type { Bar } from "./compare-view.ts";
import { partFill, partFills } from "./part-fills.tsx";
import { PART_WORDS } from "./part-words.ts";

const ROW = 24;
const BAR = 18;
const LABELS = 280;
const AXIS = 30;
const RIGHT = 24;

interface BarsChartProps {
  /** At least one, cheapest first. */
  bars: readonly Bar[];
  parts: readonly CostCategory[];
  currency: string;
  scope: string;
  onOpen: (id: string) => void;
}

export const BarsChart = memo(function BarsChart({ bars, parts, currency, scope, onOpen }: BarsChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const ticks = moneyTicks(Math.max(0, ...bars.map(({ total }) => total)));
  const room = Math.max(60, width - LABELS - RIGHT);
  const at = (amount: number) => LABELS + (amount / (ticks.at(-1) ?? 1)) * room;
  const bottom = bars.length * ROW;
  return (
    <div ref={box} style={{ height: bottom + AXIS }}>
      {width === 0 ? null : (
        <svg className="chart-surface" aria-hidden="true" width={width} height={bottom + AXIS} fontSize={11}>
          {partFills(scope)}
          {ticks.map((tick) => (
            <g key={tick}>
              <line x1={at(tick)} x2={at(tick)} y1={0} y2={bottom} stroke="var(--line)" />
              <text x={at(tick)} y={bottom + 16} textAnchor="middle" fill="var(--ink-3)">
                {formatAxisMoney(tick, currency)}
              </text>
            </g>
          ))}
          {bars.map((bar, row) => (
            <Row
              key={bar.id}
              bar={bar}
              top={row * ROW}
              parts={parts}
              scope={scope}
              at={at}
              words={wordsOf(bar, parts, currency)}
              onOpen={onOpen}
            />
          ))}
          <line x1={LABELS} x2={LABELS} y1={0} y2={bottom} stroke="var(--line-strong)" />
        </svg>
      )}
    </div>
  );
});

interface RowProps {
  bar: Bar;
  top: number;
  parts: readonly CostCategory[];
  scope: string;
  at: (amount: number) => number;
  words: string;
  onOpen: (id: string) => void;
}

/** For the pointer; the table below does the same by the keyboard. */
function Row({ bar, top, parts, scope, at, words, onOpen }: RowProps) {
  let sum = 0;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hidden from who uses no pointer; the table has the same
    <g data-bar={bar.id} onClick={() => onOpen(bar.id)}>
      <title>{words}</title>
      <text x={LABELS - 8} y={top + ROW / 2 + 4} textAnchor="end" fill="var(--ink-2)">
        {bar.label}
      </text>
      {parts.map((part) => {
        const from = at(sum);
        sum += bar[part];
        const wide = at(sum) - from;
        return wide <= 0 ? null : (
          <rect key={part} x={from} y={top + (ROW - BAR) / 2} width={wide} height={BAR} fill={partFill(scope, part)} />
        );
      })}
    </g>
  );
}

function wordsOf(bar: Bar, parts: readonly CostCategory[], currency: string): string {
  const each = parts
    .filter((part) => bar[part] > 0)
    .map((part) => `${PART_WORDS[part]} ${formatMoney(bar.amounts[part], currency)}`);
  return [bar.label, formatMoney(bar.amount, currency), ...each].join("\n");
}
