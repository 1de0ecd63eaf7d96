/** The form as the question that the cost rules answer, and what its fields may hold. */
import type { JobWorkload, PlannedRead, SimpleWorkload, Workload } from "../../../src-core/model/workload.ts";
import type { CostForm } from "../../ui-state/cost-plan.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Of a month that is spoken of without saying which. */
const MONTH_DAYS = 30;

/** The smallest and largest plan that the slider gives; the field beside it takes no others. */
export const SIZE_LIMITS = { min: GIB, max: 2 ** 50 } as const;

/** How often somebody restores, as the slider steps. In a month and in a year they must be whole. */
export const RESTORE_STEPS = [0, 1, 2, 3, 4, 6, 12, 24, 48] as const;

export function restoreWords(perYear: number): string {
  if (perYear === 0) return "never";
  if (perYear === 1) return "once a year";
  if (perYear < 12) return `${perYear} times a year`;
  return perYear === 12 ? "once a month" : `${perYear / 12} times a month`;
}

/** A size on the slider: 0 to 200, the same factor each step. */
const SIZE_STEPS = 200;

export function sizeAt(step: number): number {
  const { min, max } = SIZE_LIMITS;
  const bytes = min * (max / min) ** (step / SIZE_STEPS);
  // Three digits that count, in the unit in which they are shown.
  const unit = 1024 ** Math.floor(Math.log(bytes) / Math.log(1024) + 1e-9);
  return Math.round(Number((bytes / unit).toPrecision(3)) * unit);
}

export function stepOf(bytes: number): number {
  const { min, max } = SIZE_LIMITS;
  const held = Math.min(max, Math.max(min, bytes));
  return Math.round((Math.log(held / min) / Math.log(max / min)) * SIZE_STEPS);
}

export function toWorkload(form: CostForm): Workload {
  return form.kind === "simple" ? toSimple(form) : toJob(form);
}

function account({ accountStoredGib, accountInternetGib }: CostForm): Workload["account"] {
  return {
    storedBytes: Math.round(accountStoredGib * GIB),
    internetBytesPerMonth: Math.round(accountInternetGib * GIB),
  };
}

export function toJob(form: CostForm): JobWorkload {
  const { sizeBytes } = form;
  return {
    kind: "job",
    ...(form.name === "" ? {} : { name: form.name.slice(0, 200) }),
    account: account(form),
    start: form.start === "" ? null : form.start,
    months: form.months,
    initialBytes: sizeBytes,
    growthBytesPerDay: Math.round((sizeBytes * form.growthPercent) / 100 / MONTH_DAYS),
    changeBytesPerDay: Math.round((sizeBytes * form.changePercent) / 100),
    everyDays: form.everyDays,
    fullEveryDays: form.fullEveryDays === 0 ? null : form.fullEveryDays,
    retention: form.keepAll
      ? null
      : { daily: form.daily, weekly: form.weekly, monthly: form.monthly, yearly: form.yearly },
    lockDays: form.lockDays,
    objectBytes: form.objectMib * MIB,
    partBytes: Math.min(form.partMib, form.objectMib) * MIB,
    reads: [...restores(form), ...verification(form)],
    listsPerMonth: 0,
    unfinished: null,
    arrival: null,
  };
}

function restores({ restoresPerYear, restorePercent, restoreTo }: CostForm): PlannedRead[] {
  if (restoresPerYear === 0 || restorePercent === 0) return [];
  const monthly = restoresPerYear >= 12;
  return [
    {
      label: "Restore",
      amount: { share: restorePercent / 100 },
      everyMonths: monthly ? 1 : 12 / restoresPerYear,
      times: monthly ? restoresPerYear / 12 : 1,
      to: restoreTo,
      speed: null,
      copyDays: 3,
    },
  ];
}

function verification({ verifyPercent, restoreTo }: CostForm): PlannedRead[] {
  if (verifyPercent === 0) return [];
  const amount = { share: verifyPercent / 100 };
  return [{ label: "Verification", amount, everyMonths: 1, times: 1, to: restoreTo, speed: null, copyDays: 3 }];
}

function toSimple(form: CostForm): SimpleWorkload {
  const { storageGB, transferGB, requests, days } = form;
  return {
    kind: "simple",
    ...(form.name === "" ? {} : { name: form.name.slice(0, 200) }),
    account: account(form),
    start: form.start === "" ? null : form.start,
    storageGB,
    transferGB,
    requests,
    days,
  };
}

/** What is wrong with the form; null where it can be computed. */
export function formFault(form: CostForm): string | null {
  if (form.kind === "simple") return null;
  const { daily, weekly, monthly, yearly, keepAll } = form;
  if (!keepAll && daily + weekly + monthly + yearly === 0)
    return "Keep at least one restore point, or say that all are kept.";
  return null;
}

/** How long the plan is, in words. */
export function spanWords(form: CostForm): string {
  if (form.kind === "simple") return form.days === 1 ? "1 day" : `${form.days} days`;
  return form.months % 12 === 0 ? years(form.months / 12) : `${form.months} months`;
}

const years = (count: number) => (count === 1 ? "1 year" : `${count} years`);

export function retentionWords(form: CostForm): string {
  if (form.keepAll) return "all restore points";
  const kept = [
    [form.daily, "daily"],
    [form.weekly, "weekly"],
    [form.monthly, "monthly"],
    [form.yearly, "yearly"],
  ] as const;
  return kept
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(", ");
}

/** What was assumed of the subject and still holds: who changes a field has said what it is. */
export function heldAssumptions(form: CostForm): string[] {
  const now: Readonly<Record<string, unknown>> = { ...form };
  return form.assumed
    .filter((each) => Object.entries(each.while).every(([field, value]) => now[field] === value))
    .map(({ text }) => text);
}
