/** A projection as points of a chart, marks of break-evens, and a table. */
import type { BreakEven, Projection } from "../../../src-core/model/cost-answer.ts";
import type { ChartTableData } from "../../components/chart-frame.tsx";
import { formatBytes } from "../../format/bytes.ts";
import { drawn, formatMoney } from "../../format/money.ts";
import { offerId } from "./offer-id.ts";

export type ProjectionKind = "cumulative" | "monthly";

/** Lines that one can still tell apart. */
export const MOST_PROJECTED = 6;

export interface ProjectionPoint {
  readonly month: string;
  /** By offer id; null: unknown. For drawing. */
  readonly [id: string]: string | number | null;
}

export function projectionPoints({ months, offers }: Projection, kind: ProjectionKind): ProjectionPoint[] {
  return months.map((month, at) => ({
    month,
    ...Object.fromEntries(
      offers.map((each) => {
        const amount = each[kind][at] ?? null;
        return [offerId(each.offer), amount === null ? null : drawn(amount)];
      }),
    ),
  }));
}

export interface Mark {
  readonly month: string;
  readonly value: number;
  readonly words: string;
}

/** Where one class overtakes another. Only sums overtake: among single months there are no marks. */
export function marks(projection: Projection): Mark[] {
  return projection.breakEvens.map((found) => ({
    month: projection.months[found.month] ?? found.label,
    value: drawn(
      projection.offers.find(({ offer }) => offerId(offer) === offerId(found.cheaper))?.cumulative[found.month] ?? null,
    ),
    words: breakEvenWords(found),
  }));
}

export function breakEvenWords({ label, cheaper, dearer }: BreakEven): string {
  return `From ${label} on, ${cheaper.label} has cost less in all than ${dearer.label}.`;
}

export function projectionTable(
  { months, offers }: Projection,
  kind: ProjectionKind,
  currency: string,
): ChartTableData {
  return {
    columns: [{ label: "Month" }, ...offers.map(({ offer }) => ({ label: offer.label, align: "right" as const }))],
    rows: months.map((month, at) => [month, ...offers.map((each) => formatMoney(each[kind][at] ?? null, currency))]),
  };
}

export function storedTable({ months, offers }: Projection): ChartTableData {
  return {
    columns: [{ label: "Month" }, { label: "Stored at its end", align: "right" }],
    rows: months.map((month, at) => [month, formatBytes(offers[0]?.storedBytes[at] ?? 0)]),
  };
}

/** Four to six round sizes from 0 to at least `highest`, for the axis: steps of 1, 2 or 5 of a power of ten in the unit that is shown. */
export function byteTicks(highest: number): number[] {
  const unit = 1024 ** Math.floor(Math.log(Math.max(highest, 1)) / Math.log(1024));
  const wanted = Math.max(highest, 1) / unit / 4;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10) * power * unit;
  return Array.from({ length: Math.ceil(Math.max(highest, 1) / step) + 1 }, (_, at) => at * step);
}
