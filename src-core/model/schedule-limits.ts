/** Limits and lists of schedules without schemas: for the scheduling thread, which parses nothing, and for pages. */

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

export const MAX_GRAPH_NODES = 10_000;
export const MAX_PARENTS = 100;
