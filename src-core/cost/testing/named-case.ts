/** A case that was computed by hand, and the two short ways to write its workload. */
import type { CostCategory } from "../../model/price.ts";

const GIB = 2 ** 30;

export interface NamedCase {
  name: string;
  source: string;
  /** provider/region/class[/redundancy] */
  offer: string;
  workload: Record<string, unknown>;
  /** Prices that the book is to lack (sample.ts `without`). */
  lacks?: readonly string[];
  /** To the cent, halves up; or to the digit where more places are given. Null: unknown. */
  total?: string | null;
  parts?: Partial<Record<CostCategory, string | null>>;
}

/** Storage alone, for a month of 30 days, in the provider's gigabytes. */
export const simple = (more: Record<string, unknown>) => ({
  kind: "simple",
  storageGB: 0,
  transferGB: 0,
  requests: 0,
  days: 30,
  ...more,
});

/** One full of `initialBytes` in months of 30 days, that nothing changes. */
export const job = (more: Record<string, unknown>) => ({
  kind: "job",
  start: null,
  months: 1,
  initialBytes: 0,
  changeBytesPerDay: 0,
  retention: null,
  objectBytes: GIB,
  partBytes: GIB,
  ...more,
});
