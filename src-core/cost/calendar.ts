/** Billing months as spans of days, counted from the first day of the workload. */

export interface BillingMonth {
  index: number;
  /** "2027-01", or "month 1" where the calendar is not a real one. */
  label: string;
  /** Its first day, counted from 0. */
  firstDay: number;
  days: number;
}

const MS_PER_DAY = 86_400_000;

/** `count` months from `start` ("2027-01"), or months of 30 days where `start` is null. */
export function billingMonths(start: string | null, count: number): BillingMonth[] {
  const months: BillingMonth[] = [];
  const [year = 0, month = 1] = start?.split("-").map(Number) ?? [];
  for (let index = 0, firstDay = 0; index < count; index++) {
    const days = start === null ? 30 : daysOf(year, month - 1 + index);
    const label = start === null ? `month ${index + 1}` : monthName(year, month - 1 + index);
    months.push({ index, label, firstDay, days });
    firstDay += days;
  }
  return months;
}

function daysOf(year: number, month: number): number {
  return (Date.UTC(year, month + 1, 1) - Date.UTC(year, month, 1)) / MS_PER_DAY;
}

function monthName(year: number, month: number): string {
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 7);
}

/** The week, month and year that a day lies in, as numbers that rise by one. Weeks begin on Monday. */
export function periodsOf(start: string | null, day: number): { week: number; month: number; year: number } {
  if (start === null) return { week: Math.floor(day / 7), month: Math.floor(day / 30), year: Math.floor(day / 360) };
  const date = new Date(Date.parse(`${start}-01T00:00:00Z`) + day * MS_PER_DAY);
  const sinceMonday = Math.floor(date.getTime() / MS_PER_DAY) + 3; // 1970-01-01 was a Thursday
  return {
    week: Math.floor(sinceMonday / 7),
    month: date.getUTCFullYear() * 12 + date.getUTCMonth(),
    year: date.getUTCFullYear(),
  };
}
