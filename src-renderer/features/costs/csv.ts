/** Tables as CSV (RFC 4180): exact amounts, one header row, lines ended by CRLF. */
import type { Projection } from "../../../src-core/model/cost-answer.ts";
import type { CompareRow } from "./compare-view.ts";
import { PART_WORDS, PARTS } from "./part-words.ts";

/** A text that a spreadsheet would take for a formula is kept from being one by a quote before it. */
function cell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  const safe =
    typeof value === "string" && /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** A row for each class: known ones by cost, then those of which something is missing, with an empty total. */
export function compareCsv(rows: readonly CompareRow[], currency: string, serial: number): string {
  const header = ["provider", "class", "region", "redundancy", "currency", "total"];
  return csv([
    [...header, ...PARTS.map((part) => PART_WORDS[part].toLowerCase()), "known of it", "missing", "price book"],
    ...rows.map(({ offer, summary }) => [
      offer.provider.label,
      offer.class.label,
      offer.region.id,
      offer.redundancy.label,
      currency,
      summary.total,
      ...PARTS.map((part) => summary.parts[part]),
      summary.atLeast,
      summary.missing.join("; "),
      serial,
    ]),
  ]);
}

/** A row for each month: stored bytes of the first class, then month and sum of each. */
export function projectionCsv({ months, offers }: Projection, currency: string): string {
  const names = offers.flatMap(({ offer }) => [
    `${offer.label}, month, ${currency}`,
    `${offer.label}, sum, ${currency}`,
  ]);
  return csv([
    ["month", "stored bytes", ...names],
    ...months.map((month, at) => [
      month,
      offers[0]?.storedBytes[at] ?? null,
      ...offers.flatMap(({ monthly, cumulative }) => [monthly[at] ?? null, cumulative[at] ?? null]),
    ]),
  ]);
}
