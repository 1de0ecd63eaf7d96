/**
 * Is a price book fit to be used, and may it take the place of the last one? Signature and size are judged before, in src-main.
 *
 * A book that fails is refused with the reasons; the last good one stays.
 */
import type { PriceBook, PriceProvider, StorageClass } from "../model/price.ts";
import { diffBooks, unitPrice } from "./book-diff.ts";
import { pricesOf } from "./book-prices.ts";
import { type Amount, exact } from "./decimal.ts";

/** A price that moves by more than that is not believed unless the book says that somebody reviewed it, or the old one was unconfirmed. */
const LARGEST_MOVE_PERCENT = 50;

/** Books are not made in the future, give or take a clock. */
const CLOCK_ERROR_MS = 86_400_000;

/** Why `book` is not fit; empty: it is. `previous` is the last good one, `now` an instant in ms. */
export function bookFaults(book: PriceBook, previous: PriceBook | null, now: number): string[] {
  return [
    ...referenceFaults(book),
    ...orderFaults(book),
    ...timeFaults(book, now),
    ...(previous === null ? [] : replacementFaults(book, previous)),
  ];
}

function timeFaults(book: PriceBook, now: number): string[] {
  const faults: string[] = [];
  if (Date.parse(book.generatedAt) > now + CLOCK_ERROR_MS)
    faults.push(`It was made in the future (${book.generatedAt}).`);
  if (Date.parse(book.expiresAt) < now) faults.push(`It expired at ${book.expiresAt}.`);
  return faults;
}

/** Names that lead nowhere. */
function referenceFaults(book: PriceBook): string[] {
  const faults: string[] = [];
  const sources = new Set(book.sources.map(({ id }) => id));
  for (const { path, price, provider, key } of pricesOf(book)) {
    if (!sources.has(price.source))
      faults.push(`${path} names a source "${price.source}" that the book does not list.`);
    const [meter, redundancy] = key.split("/");
    if (!provider.meters.some(({ id }) => id === meter))
      faults.push(`${path} prices a meter that ${provider.id} does not define.`);
    if (redundancy !== undefined && !provider.redundancies.some(({ id }) => id === redundancy)) {
      faults.push(`${path} names a redundancy that ${provider.id} does not define.`);
    }
  }
  for (const provider of book.providers) faults.push(...repeated(provider), ...classFaults(provider));
  faults.push(
    ...twice(
      book.providers.map(({ id }) => id),
      "provider",
    ),
    ...twice(
      book.sources.map(({ id }) => id),
      "source",
    ),
  );
  return faults;
}

function repeated(provider: PriceProvider): string[] {
  const lists = {
    meter: provider.meters,
    class: provider.classes,
    region: provider.regions,
    redundancy: provider.redundancies,
  };
  return Object.entries(lists).flatMap(([what, list]) =>
    twice(
      list.map(({ id }) => id),
      `${what} of ${provider.id}`,
    ),
  );
}

function twice(ids: readonly string[], what: string): string[] {
  return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))].map(
    (id) => `The ${what} "${id}" is there twice.`,
  );
}

function classFaults(provider: PriceProvider): string[] {
  const faults: string[] = [];
  const meters = new Map(provider.meters.map((meter) => [meter.id, meter]));
  const need = (ref: string | undefined, kind: string, where: string) => {
    if (ref === undefined || ref === "free") return;
    const meter = meters.get(ref);
    if (meter === undefined) faults.push(`${where} names a meter "${ref}" that ${provider.id} does not define.`);
    else if (meter.measure.kind !== kind)
      faults.push(`${where} needs a meter of ${kind}; "${ref}" is one of ${meter.measure.kind}.`);
  };
  for (const each of provider.classes) {
    const where = `${provider.id}/${each.id}`;
    need(each.storage, "storage", where);
    need(each.openUploads, "storage", where);
    need(each.monitoring?.meter, "count", where);
    for (const { meter } of each.overheads) need(meter, "storage", where);
    for (const meter of Object.values(each.operations)) need(meter, "count", where);
    for (const meter of Object.values(each.replication ?? {})) need(meter, "bytes", where);
    for (const { bytes, requests, copy } of each.retrieval) {
      need(bytes, "bytes", where);
      need(requests, "count", where);
      need(copy, "storage", where);
    }
    for (const id of each.redundancies) {
      if (!provider.redundancies.some((redundancy) => redundancy.id === id))
        faults.push(`${where} names a redundancy "${id}" that is not defined.`);
    }
  }
  for (const [destination, meter] of Object.entries(provider.egress.meters))
    need(meter, "bytes", `${provider.id} to ${destination}`);
  return faults;
}

const TEMPERATURES: readonly StorageClass["temperature"][] = ["hot", "cool", "cold", "archive"];

/** Storage in a warmer class is never cheaper than in a colder one of the same region and redundancy. */
function orderFaults(book: PriceBook): string[] {
  const faults: string[] = [];
  for (const provider of book.providers) {
    for (const region of provider.regions) {
      for (const { id: redundancy } of provider.redundancies) {
        const rows = provider.classes
          .filter(({ redundancies }) => redundancies.includes(redundancy))
          .map((each) => ({ each, price: storagePrice(provider, region.prices, each, redundancy) }))
          .filter((row): row is { each: StorageClass; price: Amount } => row.price !== null);
        for (const warm of rows) {
          for (const cold of rows) {
            if (TEMPERATURES.indexOf(warm.each.temperature) >= TEMPERATURES.indexOf(cold.each.temperature)) continue;
            if (warm.price.lt(cold.price))
              faults.push(`${provider.id}/${region.id}: ${warm.each.label} is cheaper than ${cold.each.label}.`);
          }
        }
      }
    }
  }
  return [...new Set(faults)];
}

/** Of the last band that has one: free allowances come first. For a byte, so that units do not matter. */
function storagePrice(
  provider: PriceProvider,
  prices: PriceProvider["prices"],
  { storage }: StorageClass,
  redundancy: string,
): Amount | null {
  const own = `${storage}/${redundancy}`;
  const price = prices[own] ?? prices[storage] ?? provider.prices[own] ?? provider.prices[storage];
  const meter = provider.meters.find(({ id }) => id === storage);
  if (price === undefined || meter === undefined || meter.measure.kind !== "storage") return null;
  const band = price.bands.findIndex((each) => each.price !== null && Number(each.price) > 0);
  const each = band === -1 ? null : unitPrice(price, band);
  return each === null ? null : each.div(exact(meter.measure.unitBytes));
}

function replacementFaults(book: PriceBook, previous: PriceBook): string[] {
  const faults: string[] = [];
  if (book.serial <= previous.serial) faults.push(`Its serial ${book.serial} is not above ${previous.serial}.`);
  if (book.currency !== previous.currency)
    faults.push(`It is in ${book.currency}, the last one in ${previous.currency}.`);
  for (const provider of previous.providers) {
    const now = book.providers.find(({ id }) => id === provider.id);
    if (now === undefined) {
      faults.push(`${provider.label} is missing.`);
      continue;
    }
    for (const { id, label } of provider.classes)
      if (!now.classes.some((each) => each.id === id)) faults.push(`The class ${label} is missing.`);
    for (const { id, label } of provider.regions) {
      if (!now.regions.some((each) => each.id === id))
        faults.push(`The region ${label} of ${provider.label} is missing.`);
    }
  }
  const reviewed = new Set(book.reviewed ?? []);
  // What was never confirmed is no measure of what is.
  const doubtful = new Set(previous.sources.filter(({ kind }) => kind === "unconfirmed").map(({ id }) => id));
  const free = new Set(pricesOf(previous).flatMap(({ path, price }) => (doubtful.has(price.source) ? [path] : [])));
  for (const { path, kind, from, to, percent } of diffBooks(previous, book)) {
    if (reviewed.has(path)) continue;
    if (kind === "gone") faults.push(`${path} had a price and has none any more.`);
    if (free.has(path)) continue;
    const moved = percent === null ? 0 : Math.abs(Number(percent));
    if (moved > LARGEST_MOVE_PERCENT) faults.push(`${path} moved by ${percent} % (${from} to ${to}).`);
    // From nothing to something is more than half, too.
    if (kind === "dearer" && percent === null) faults.push(`${path} was free and is ${to} now.`);
  }
  return faults;
}
