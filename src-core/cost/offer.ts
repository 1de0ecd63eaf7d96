/** A class of a provider in a region with a redundancy, and its prices as the book has them. */
import type { OfferRef } from "../model/cost-question.ts";
import { AppError } from "../model/error.ts";
import type { Meter, PriceBook, PriceProvider, PriceRegion, StorageClass } from "../model/price.ts";
import { type Amount, exact, ONE } from "./decimal.ts";

/** What names an offer. */
export interface OfferKey {
  provider: string;
  region: string;
  class: string;
  redundancy: string;
}

export interface PricedBand {
  from: Amount;
  /** Null: no end. */
  upTo: Amount | null;
  /** Null: unknown. */
  price: Amount | null;
  /** As the book has it. */
  text: string | null;
}

/** The price of a meter, ready to compute with. */
export interface MeterPrice {
  meter: Meter;
  bands: PricedBand[];
  /** The price is for that many units. */
  per: Amount;
  perOne: boolean;
  source: string;
}

export class Offer {
  readonly provider: PriceProvider;
  readonly region: PriceRegion;
  readonly class: StorageClass;
  readonly redundancy: PriceProvider["redundancies"][number];
  readonly #prices = new Map<string, MeterPrice | null>();
  readonly #meters: ReadonlyMap<string, Meter>;

  constructor(
    provider: PriceProvider,
    region: PriceRegion,
    storageClass: StorageClass,
    redundancy: PriceProvider["redundancies"][number],
    meters: ReadonlyMap<string, Meter>,
  ) {
    this.provider = provider;
    this.region = region;
    this.class = storageClass;
    this.redundancy = redundancy;
    this.#meters = meters;
  }

  get key(): OfferKey {
    return {
      provider: this.provider.id,
      region: this.region.id,
      class: this.class.id,
      redundancy: this.redundancy.id,
    };
  }

  get label(): string {
    const more = this.class.redundancies.length > 1 ? `, ${this.redundancy.label}` : "";
    return `${this.class.label}${more}, ${this.region.label}`;
  }

  /** What the provider calls a gigabyte of this class. */
  get gigabyteBytes(): number {
    const { measure } = this.meter(this.class.storage);
    const unit = measure.kind === "count" ? 2 ** 30 : measure.unitBytes;
    // Where the unit is a terabyte, a gigabyte is the same power of it.
    if (unit >= 1e12) return unit === 2 ** 40 ? 2 ** 30 : 1e9;
    return unit;
  }

  meter(id: string): Meter {
    const meter = this.#meters.get(id);
    if (meter === undefined)
      throw new AppError("request.invalid", `The price book names a meter "${id}" that it does not define.`);
    return meter;
  }

  /** Null where the book has no price for it. The region's word counts before the provider's, the redundancy's before neither's. */
  price(id: string): MeterPrice | null {
    const kept = this.#prices.get(id);
    if (kept !== undefined) return kept;
    const own = `${id}/${this.redundancy.id}`;
    const found =
      this.region.prices[own] ?? this.region.prices[id] ?? this.provider.prices[own] ?? this.provider.prices[id];
    const price: MeterPrice | null =
      found === undefined
        ? null
        : {
            meter: this.meter(id),
            bands: found.bands.map(({ upTo, price: text }, at) => ({
              from: exact(at === 0 ? "0" : (found.bands[at - 1]?.upTo ?? "0")),
              upTo: upTo === null ? null : exact(upTo),
              price: text === null ? null : exact(text),
              text,
            })),
            per: exact(found.per ?? "1"),
            perOne: exact(found.per ?? "1").eq(ONE),
            source: found.source,
          };
    this.#prices.set(id, price);
    return price;
  }
}

/** Every class of every provider in every region, with each redundancy that it has. */
export function offersOf(book: PriceBook): Offer[] {
  return book.providers.flatMap((provider) => {
    const meters = new Map(provider.meters.map((meter) => [meter.id, meter]));
    return provider.regions.flatMap((region) =>
      provider.classes.flatMap((storageClass) =>
        provider.redundancies
          .filter(({ id }) => sold(storageClass, region, id))
          .map((redundancy) => new Offer(provider, region, storageClass, redundancy, meters)),
      ),
    );
  });
}

/** The offer of that name. Redundancy may be left out where the class has only one. */
export function offerOf(book: PriceBook, key: OfferRef): Offer {
  const provider = known(book.providers, key.provider, "provider");
  const region = known(provider.regions, key.region, `region of ${provider.label}`);
  const storageClass = known(provider.classes, key.class, `class of ${provider.label}`);
  const choices = provider.redundancies.filter(({ id }) => sold(storageClass, region, id));
  const only = choices.length === 1 ? choices[0]?.id : undefined;
  const wanted = key.redundancy ?? only;
  if (wanted === undefined) {
    throw new AppError("request.invalid", `${storageClass.label} comes with several redundancies.`, {
      hint: `Say which: ${choices.map(({ id }) => id).join(", ")}.`,
    });
  }
  const redundancy = known(choices, wanted, `redundancy of ${storageClass.label}`);
  return new Offer(
    provider,
    region,
    storageClass,
    redundancy,
    new Map(provider.meters.map((meter) => [meter.id, meter])),
  );
}

/** Another class of the same provider, region and redundancy; the redundancy is the class's own where it has only that. */
export function sibling(offer: Offer, classId: string): Offer {
  const storageClass = known(offer.provider.classes, classId, `class of ${offer.provider.label}`);
  const redundancy =
    offer.provider.redundancies.find(
      ({ id }) => id === offer.redundancy.id && storageClass.redundancies.includes(id),
    ) ?? known(offer.provider.redundancies, storageClass.redundancies[0] ?? "", "redundancy");
  const meters = new Map(offer.provider.meters.map((meter) => [meter.id, meter]));
  return new Offer(offer.provider, offer.region, storageClass, redundancy, meters);
}

function sold(storageClass: StorageClass, region: PriceRegion, redundancy: string): boolean {
  return storageClass.redundancies.includes(redundancy) && (region.redundancies?.includes(redundancy) ?? true);
}

function known<T extends { id: string }>(all: readonly T[], id: string, what: string): T {
  const found = all.find((each) => each.id === id);
  if (found !== undefined) return found;
  throw new AppError("request.invalid", `The price book knows no ${what} "${id}".`, {
    hint: `It knows: ${all.map((each) => each.id).join(", ")}.`,
  });
}
