/**
 * The carbon of a plan: storage and network, by the factors of the Cloud Carbon Footprint project (snapshot of March 2024).
 *
 * The uncertainty is large: results are shown with one significant digit. What has no factor is unknown. The choice of region is worth
 * 40 times; the choice of class is not in the data.
 */
import type { PlanCarbon } from "../model/cost.ts";
import { type Amount, exact, significant, ZERO } from "./decimal.ts";
import type { Offer } from "./offer.ts";
import type { Plan } from "./plan.ts";

const CARBON_SOURCE = {
  title: "Cloud Carbon Footprint, coefficients of March 2024 (Apache-2.0)",
  url: "https://www.cloudcarbonfootprint.org/docs/methodology",
  readAt: "2026-11-22",
} as const;

/** Wh for a TB and hour on hard disks. */
const STORAGE_WH_PER_TB_HOUR = "0.65";
/** kWh for a GB to the internet. */
const NETWORK_KWH_PER_GB = "0.001";

interface Factors {
  /** Power usage effectiveness. */
  pue: string;
  /** Copies, by redundancy of the book. */
  copies: Record<string, string>;
  /** kg CO2e for a kWh of the grid, by region. */
  grid: Record<string, string>;
  gridKind: string;
}

/** Of providers whose buildings the source knows. */
const FACTORS: Record<string, Factors> = {
  aws: {
    pue: "1.135",
    copies: { zones: "6", "one-zone": "2" },
    grid: {
      "us-east-1": "0.379",
      "us-east-2": "0.411",
      "us-west-2": "0.322",
      "ca-central-1": "0.12",
      "eu-west-1": "0.279",
      "eu-central-1": "0.311",
      "eu-west-2": "0.225",
      "eu-west-3": "0.051",
      "eu-north-1": "0.0088",
      "ap-south-1": "0.708",
      "ap-southeast-1": "0.408",
      "ap-southeast-2": "0.76",
      "sa-east-1": "0.062",
    },
    gridKind: "location-based",
  },
  // eastus stands on the same grid as AWS's us-east-1; other regions are not in what was read.
  azure: {
    pue: "1.185",
    copies: { lrs: "3", zrs: "3", grs: "6" },
    grid: { eastus: "0.379" },
    gridKind: "location-based",
  },
  gcs: {
    pue: "1.1",
    copies: { region: "2" },
    grid: { "us-central1": "0.456", "us-west1": "0.060" },
    gridKind: "location-based",
  },
};

const TB = 1e12;

export function carbonOf(plan: Plan, offer: Offer): PlanCarbon {
  const factors = FACTORS[offer.provider.id];
  const copies = factors?.copies[offer.redundancy.id];
  const grid = factors?.grid[offer.region.id];
  const missing = [
    ...(factors === undefined ? [`factors of ${offer.provider.label}`] : []),
    ...(factors !== undefined && copies === undefined ? [`copies of ${offer.redundancy.label}`] : []),
    ...(factors !== undefined && grid === undefined ? [`grid of ${offer.region.label}`] : []),
  ];
  const storage = factors && copies && grid ? storedKg(plan, factors.pue, copies, grid) : null;
  const network = factors && grid ? sentKg(plan, factors.pue, grid) : null;
  return {
    storageKg: storage === null ? null : significant(storage, 1),
    networkKg: network === null ? null : significant(network, 1),
    totalKg: storage === null || network === null ? null : significant(storage.plus(network), 1),
    missing,
    formula: `TB × hours × ${STORAGE_WH_PER_TB_HOUR} Wh × copies × PUE × grid; GB to the internet × ${NETWORK_KWH_PER_GB} kWh × PUE × grid`,
    gridKind: factors?.gridKind ?? null,
    source: CARBON_SOURCE,
  };
}

function storedKg({ main, arrival }: Plan, pue: string, copies: string, grid: string): Amount {
  const byteDays = [...main.byteDays(0), ...(arrival?.part.byteDays(0) ?? [])].reduce(
    (sum, each) => sum.plus(each),
    ZERO,
  );
  const kWh = byteDays.times(24).div(TB).times(STORAGE_WH_PER_TB_HOUR).div(1000).times(copies);
  return kWh.times(pue).times(grid);
}

function sentKg({ reads }: Plan, pue: string, grid: string): Amount {
  const bytes = reads
    .filter(({ to }) => to === "internet")
    .flatMap((read) => read.bytes)
    .reduce((sum, each) => sum.plus(each), ZERO);
  return bytes.div(exact(1e9)).times(NETWORK_KWH_PER_GB).times(pue).times(grid);
}
