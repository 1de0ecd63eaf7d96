/** The age and the trustworthiness of the price book in words, as every page and every export says them. */
import type { PriceBookInfo } from "../../../src-core/model/price-book-state.ts";
import { formatCount } from "../../format/bytes.ts";

/** "Prices read 22–29 Nov 2026" as dates that sort: "Prices read 2026-11-22 to 2026-11-29". */
export function readWords({ readAt }: Pick<PriceBookInfo, "readAt">): string {
  return readAt.oldest === readAt.newest
    ? `Prices read ${readAt.oldest}`
    : `Prices read ${readAt.oldest} to ${readAt.newest}`;
}

/** "book 3, 7 days old" */
export function ageWords({ serial, ageDays }: Pick<PriceBookInfo, "serial" | "ageDays">): string {
  const days = ageDays === 0 ? "of today" : `${formatCount(ageDays)} ${ageDays === 1 ? "day" : "days"} old`;
  return `book ${serial}, ${days}`;
}

/** What everybody who reads a figure must know of the book; none: nothing is wrong with it. */
export function bookWarnings(info: PriceBookInfo): string[] {
  const { expired, stale, expiresAt, ageDays, origin, signature, refused } = info;
  const unconfirmed = info.sources.filter(({ kind }) => kind === "unconfirmed").length;
  return [
    ...(expired ? [`The price book expired on ${expiresAt.slice(0, 10)}. Prices may be others by now.`] : []),
    ...(stale && !expired
      ? [`The oldest prices were read ${formatCount(ageDays)} days ago. They may be others by now.`]
      : []),
    ...(signature.state === "none" && origin !== "given"
      ? ["Nobody signed this price book: whoever brought it in vouches for it."]
      : []),
    ...(refused === null ? [] : [`Another book was refused: ${refused.reasons.join(" ")}`]),
    ...(unconfirmed === 0
      ? []
      : [`${unconfirmed} of its ${info.sources.length} sources are not confirmed; bills that use them say so.`]),
  ];
}

/** Something that makes every figure doubtful, not only some. */
export function isDoubtful({ stale, expired }: Pick<PriceBookInfo, "stale" | "expired">): boolean {
  return stale || expired;
}
