/** Bytes, days and counts in the units of a meter. */
import type { Meter } from "../model/price.ts";
import type { BillingMonth } from "./calendar.ts";
import { type Amount, exact } from "./decimal.ts";

const HOURS = 24;

/** Byte-days within one month in storage units of the meter's calendar. */
export function storageUnits(meter: Meter, byteDays: Amount, month: BillingMonth): Amount {
  const { measure } = meter;
  if (measure.kind !== "storage") throw new Error(`meter ${meter.id} does not count storage`);
  switch (measure.calendar) {
    case "hours-of-month":
      return byteDays.div(exact(measure.unitBytes).times(month.days));
    case "hours":
      return byteDays.times(HOURS).div(measure.unitBytes);
    case "thirty-days":
    case "daily-peak-thirty-days":
      return byteDays.div(exact(measure.unitBytes).times(30));
  }
}

/** The whole month of that many bytes. */
export function storageUnitsAllMonth(meter: Meter, bytes: Amount, month: BillingMonth): Amount {
  return storageUnits(meter, bytes.times(month.days), month);
}

/** Bytes or a count in units of the meter. */
export function units(meter: Meter, amount: Amount): Amount {
  const { measure } = meter;
  return amount.div(measure.kind === "count" ? measure.per : measure.unitBytes);
}
