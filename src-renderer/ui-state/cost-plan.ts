/** The plan whose cost this window looks at: what its form holds, and what is asked of a class. Kept between sessions. */
import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { Destination, RedundancyLevel } from "../../src-core/model/price.ts";

/** A sentence that holds for as long as the form has these values. */
export interface Assumption {
  readonly text: string;
  readonly while: Readonly<Record<string, number | boolean>>;
}

/** All fields of the form. Whole numbers unless said otherwise. */
export interface CostForm {
  readonly kind: "job" | "simple";
  /** What the plan is about; "" = nothing of a name. */
  readonly name: string;
  /** The disk of the library that it is about, which can be measured; "" = none. */
  readonly diskPath: string;
  /** What was read off the subject, or taken for granted where it does not say. */
  readonly assumed: readonly Assumption[];
  readonly sizeBytes: number;
  /** Share of the size that a day changes, in percent; with fractions. */
  readonly changePercent: number;
  /** Share of the size that comes on top each month, in percent; with fractions. */
  readonly growthPercent: number;
  readonly everyDays: number;
  /** 0: one full, increments for ever. */
  readonly fullEveryDays: number;
  readonly keepAll: boolean;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  readonly months: number;
  /** "2027-01"; "" = months of 30 days. */
  readonly start: string;
  readonly restoresPerYear: number;
  readonly restorePercent: number;
  readonly restoreTo: Destination;
  /** Read back each month to see that it is still good, in percent of the size. */
  readonly verifyPercent: number;
  readonly lockDays: number;
  readonly objectMib: number;
  readonly partMib: number;
  /** What the account holds and sends already. */
  readonly accountStoredGib: number;
  readonly accountInternetGib: number;
  /** The plain numbers; gigabytes are the provider's own. */
  readonly storageGB: number;
  readonly transferGB: number;
  readonly requests: number;
  readonly days: number;
}

/** What a class must do; the bars, the table and the recommendation go by it. */
export interface CostNeeds {
  /** Null: any. */
  readonly maximumWaitHours: number | null;
  readonly redundancy: RedundancyLevel;
  /** Ids; empty: all. */
  readonly providers: readonly string[];
  /** One region's id; "" = all. */
  readonly region: string;
  /** "" = all. */
  readonly continent: string;
}

export const FIRST_FORM: CostForm = {
  kind: "job",
  name: "",
  diskPath: "",
  assumed: [],
  sizeBytes: 500 * 2 ** 30,
  changePercent: 2,
  growthPercent: 1,
  everyDays: 1,
  fullEveryDays: 0,
  keepAll: false,
  daily: 7,
  weekly: 4,
  monthly: 12,
  yearly: 0,
  months: 36,
  start: "",
  restoresPerYear: 2,
  restorePercent: 20,
  restoreTo: "internet",
  verifyPercent: 0,
  lockDays: 0,
  objectMib: 64,
  partMib: 16,
  accountStoredGib: 0,
  accountInternetGib: 0,
  storageGB: 500,
  transferGB: 50,
  requests: 10_000,
  days: 365,
};

export const NO_NEEDS: CostNeeds = {
  maximumWaitHours: null,
  redundancy: "zone",
  providers: [],
  region: "",
  continent: "",
};

interface CostPlanState {
  form: CostForm;
  needs: CostNeeds;
  /** Ids of offers drawn in the projection; empty: the recommended ones. */
  projected: readonly string[];
  /** The offer that "Where it goes" is about; "" = the recommended one. */
  chosen: string;
  change: (fields: Partial<CostForm>) => void;
  need: (fields: Partial<CostNeeds>) => void;
  project: (ids: readonly string[]) => void;
  choose: (id: string) => void;
}

export const useCostPlan = create<CostPlanState>()(
  persist(
    (set) => ({
      form: FIRST_FORM,
      needs: NO_NEEDS,
      projected: [],
      chosen: "",
      change: (fields) => set(({ form }) => ({ form: { ...form, ...fields } })),
      need: (fields) => set(({ needs }) => ({ needs: { ...needs, ...fields } })),
      project: (projected) => set({ projected }),
      choose: (chosen) => set({ chosen }),
    }),
    {
      name: "hypersdk.costs",
      version: 1,
      partialize: ({ form, needs, projected, chosen }) => ({ form, needs, projected, chosen }),
    },
  ),
);
