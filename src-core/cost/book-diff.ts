/** What changed from one book to the next: what got dearer comes first. */
import type { PriceChange } from "../model/cost-answer.ts";
import type { Price, PriceBook } from "../model/price.ts";
import { pricesOf } from "./book-prices.ts";
import { type Amount, digits, exact, shown } from "./decimal.ts";

export function diffBooks(before: PriceBook, after: PriceBook): PriceChange[] {
  const old = new Map(pricesOf(before).map((place) => [place.path, place]));
  const changes: PriceChange[] = [];
  for (const place of pricesOf(after)) {
    const was = old.get(place.path);
    old.delete(place.path);
    const label = place.provider.meters.find(({ id }) => id === place.key.split("/")[0])?.label ?? place.key;
    changes.push(...changesOf(place.path, label, was?.price ?? null, place.price));
  }
  for (const { path, key, provider, price } of old.values()) {
    const label = provider.meters.find(({ id }) => id === key.split("/")[0])?.label ?? key;
    changes.push({ path, label, kind: "gone", above: "0", from: text(unitPrice(price, 0)), to: null, percent: null });
  }
  return changes.sort(
    (a, b) => Number(b.percent ?? Number.NEGATIVE_INFINITY) - Number(a.percent ?? Number.NEGATIVE_INFINITY),
  );
}

function changesOf(path: string, label: string, before: Price | null, after: Price): PriceChange[] {
  if (before === null) {
    return [{ path, label, kind: "new", above: "0", from: null, to: text(unitPrice(after, 0)), percent: null }];
  }
  const changes: PriceChange[] = [];
  for (const above of beginnings(before, after)) {
    const [from, to] = [priceAbove(before, above), priceAbove(after, above)];
    if (from === null && to === null) continue;
    if (from !== null && to !== null && from.eq(to)) continue;
    const kind = from === null ? "new" : to === null ? "gone" : to.gt(from) ? "dearer" : "cheaper";
    const percent =
      from === null || to === null || from.isZero() ? null : shown(to.minus(from).times(100).div(from), 1);
    changes.push({ path, label, kind, above, from: text(from), to: text(to), percent });
  }
  return changes;
}

/** Where a band of one or the other begins, rising. */
function beginnings(...prices: Price[]): string[] {
  const marks = new Set(
    prices.flatMap(({ bands }) => bands.flatMap(({ upTo }) => (upTo === null ? [] : [digits(exact(upTo))]))),
  );
  return ["0", ...[...marks].sort((a, b) => exact(a).comparedTo(exact(b)) ?? 0)];
}

function priceAbove(price: Price, units: string): Amount | null {
  return unitPrice(
    price,
    price.bands.findIndex(({ upTo }) => upTo === null || exact(upTo).gt(units)),
  );
}

/** For one unit of the meter, whatever the price is stated for. */
export function unitPrice({ bands, per }: Price, band: number): Amount | null {
  const price = bands[band]?.price;
  if (price === undefined || price === null) return null;
  return per === undefined ? exact(price) : exact(price).div(per);
}

function text(amount: Amount | null): string | null {
  return amount === null ? null : digits(amount);
}
