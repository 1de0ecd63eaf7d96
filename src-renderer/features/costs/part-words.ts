/** The parts of a bill: what they are called, how they are drawn. Each has a pattern beside its colour, so that nobody needs to see colours. */
import { COST_CATEGORIES } from "../../../src-core/model/cost-category.ts";
import type { CostCategory, Destination, RedundancyLevel } from "../../../src-core/model/price.ts";

export const PARTS = COST_CATEGORIES;

export const PART_WORDS: Record<CostCategory, string> = {
  storage: "Storage",
  requests: "Requests",
  retrieval: "Retrieval",
  egress: "Egress",
  "early-deletion": "Early deletion",
  fees: "Other",
};

/** Colours of styles.css. */
export const PART_COLOURS: Record<CostCategory, string> = {
  storage: "var(--chart-1)",
  requests: "var(--chart-2)",
  retrieval: "var(--chart-3)",
  egress: "var(--chart-4)",
  "early-deletion": "var(--chart-5)",
  fees: "var(--chart-6)",
};

/** What is drawn into the colour: a path in a square of 8 × 8; "" = nothing. */
export const PART_PATTERNS: Record<CostCategory, string> = {
  storage: "",
  requests: "M-2 10 L10 -2 M-2 2 L2 -2 M6 10 L10 6",
  retrieval: "M4 3 h0.01 M0 7 h0.01 M8 7 h0.01",
  egress: "M0 4 H8",
  "early-deletion": "M0 0 L8 8 M8 0 L0 8",
  fees: "M4 0 V8",
};

export const REDUNDANCY_WORDS: Record<RedundancyLevel, string> = {
  zone: "One zone or more",
  zones: "Several zones",
  regions: "Several regions",
};

export const DESTINATION_WORDS: Record<Destination, string> = {
  internet: "Over the internet",
  "same-region": "Inside the region",
  "other-region": "To another region",
};

export const CONTINENT_WORDS: Record<string, string> = {
  africa: "Africa",
  asia: "Asia",
  europe: "Europe",
  "north-america": "North America",
  oceania: "Oceania",
  "south-america": "South America",
  worldwide: "Worldwide",
};

/** "at once", "up to 12 h", "up to 5 min"; null: not known. */
export function waitWords(hours: string | null): string {
  if (hours === null) return "not known";
  const count = Number(hours);
  if (count === 0) return "at once";
  return count < 1 ? `up to ${Math.ceil(count * 60)} min` : `up to ${hours} h`;
}
