/** The bill of a plan under an offer: every dimension, month by month, handed to a sink piece by piece. */
import type { CostCategory, Operation } from "../model/price.ts";
import type { BillingMonth } from "./calendar.ts";
import { charge, type Usage } from "./charge.ts";
import { type Amount, exact, roundedUp, ZERO } from "./decimal.ts";
import { type MeterPrice, type Offer, type PricedBand, sibling } from "./offer.ts";
import type { Plan, ReadUse } from "./plan.ts";
import type { StoredPart } from "./stored-part.ts";
import { storageUnits, storageUnitsAllMonth, units } from "./units.ts";

/** Gets every piece of the bill. */
export interface BillSink {
  /** `quantity` units within one band. */
  charged(month: number, price: MeterPrice, usage: Usage, quantity: Amount, band: PricedBand, amount: Amount): void;
  /** Something is free by the provider's word. */
  free(month: number, usage: Usage, unit: string): void;
  /** The book does not say what `usage` costs; `what` names the price that is missing. */
  missing(month: number, usage: Usage, unit: string, what: string): void;
}

/** Bills all months of `plan`. */
export function bill(plan: Plan, offer: Offer, sink: BillSink): void {
  const month = new MonthBill(offer, sink, plan);
  const arrivalOffer = plan.arrival === null ? null : sibling(offer, plan.arrival.class);
  for (const each of plan.months) {
    month.begin(each);
    if (plan.arrival !== null && arrivalOffer !== null) month.stored(plan.arrival.part, arrivalOffer);
    month.stored(plan.main, offer);
    month.requests();
    for (const read of plan.reads) if (read.month === each.index) month.read(read);
    month.end();
  }
}

class MonthBill {
  readonly #offer: Offer;
  readonly #sink: BillSink;
  readonly #plan: Plan;
  readonly #usages = new Map<string, Usage[]>();
  #month: BillingMonth = { index: 0, label: "", firstDay: 0, days: 30 };
  #internetBytes: Amount = ZERO;

  constructor(offer: Offer, sink: BillSink, plan: Plan) {
    this.#offer = offer;
    this.#sink = sink;
    this.#plan = plan;
  }

  begin(month: BillingMonth): void {
    this.#month = month;
    this.#usages.clear();
    this.#internetBytes = ZERO;
  }

  /** Storage, overheads, early leaves, uploads, monitoring and replication of the data in one class. */
  stored(part: StoredPart, offer: Offer): void {
    const { index } = this.#month;
    const { minimumDays, minimumObjectBytes, label } = offer.class;
    const storage = (byteDays: Amount | undefined, meterId: string, category: CostCategory, rule: string) => {
      if (byteDays === undefined || byteDays.isZero()) return;
      const meter = offer.meter(meterId);
      const quantity = part.keep(
        `${meter.measure.kind} ${"calendar" in meter.measure ? `${meter.measure.calendar} ${meter.measure.unitBytes}` : ""} ${index} ${rule}`,
        () => storageUnits(meter, byteDays, this.#month),
      );
      this.#use(meterId, { category, quantity, rule });
    };
    const small = minimumObjectBytes > 0 ? `; objects count as ${minimumObjectBytes} bytes at least` : "";
    storage(
      part.byteDays(minimumObjectBytes)[index],
      offer.class.storage,
      "storage",
      `Stored in ${calendarWord(offer)}${small}`,
    );
    for (const { bytes, meter } of offer.class.overheads) {
      const byteDays = part.objectDays(0)[index]?.times(bytes);
      storage(byteDays, meter, "storage", `${bytes} bytes of overhead for each object`);
    }
    storage(
      part.openByteDays()[index],
      offer.class.openUploads ?? offer.class.storage,
      "storage",
      "Unfinished uploads",
    );
    const early = part.leavesEarly(minimumDays, minimumObjectBytes)[index];
    if (early) {
      const lived =
        early.livedDays.from === early.livedDays.to
          ? `${early.livedDays.to}`
          : `${early.livedDays.from}-${early.livedDays.to}`;
      const rule = `Left after ${lived} of at least ${minimumDays} days: the rest of them, once`;
      storage(early.byteDays, offer.class.storage, "early-deletion", rule);
    }
    const uploads = part.uploads()[index];
    if (uploads) {
      this.#operation(offer, "put-object", uploads.puts, `Uploads in one request to ${label}`);
      this.#operation(offer, "create-upload", uploads.creates, `Multipart uploads begun to ${label}`);
      this.#operation(offer, "upload-part", uploads.parts, `Parts uploaded to ${label}`);
      this.#operation(offer, "complete-upload", uploads.completes, `Multipart uploads completed to ${label}`);
      this.#operation(offer, "transition-in", uploads.transitions, `Objects moved to ${label} by a lifecycle rule`);
      this.#operation(offer, "delete-object", uploads.deletes, `Objects deleted from ${label}`);
    }
    if (offer.class.monitoring) {
      const { meter, fromObjectBytes } = offer.class.monitoring;
      const months = part.objectDays(fromObjectBytes)[index]?.div(this.#month.days);
      if (months?.gt(0)) {
        const rule = `Fee for each object of ${fromObjectBytes} bytes or more in a month`;
        this.#use(meter, { category: "fees", quantity: units(offer.meter(meter), months), rule });
      }
    }
    const written = part.written()[index];
    if (offer.class.replication && written?.gt(0)) {
      const meter = offer.class.replication[offer.redundancy.id];
      if (meter !== undefined || offer.redundancy.level === "regions") {
        this.#bytes(
          meter,
          "fees",
          written,
          `Copied to another region (${offer.redundancy.label})`,
          `replication of ${label}`,
        );
      }
    }
  }

  /** Requests that are neither uploads nor reads of the plan. */
  requests(): void {
    const { index } = this.#month;
    const { label } = this.#offer.class;
    this.#operation(this.#offer, "list-objects", this.#plan.lists[index] ?? ZERO, "Lists");
    this.#operation(this.#offer, "put-object", this.#plan.extraWrites[index] ?? ZERO, `Write requests to ${label}`);
    this.#operation(this.#offer, "get-object", this.#plan.extraReads[index] ?? ZERO, `Read requests to ${label}`);
  }

  /** Retrieval, the restored copy, requests and egress of one read. */
  read({ label, bytes, objects, to, speed, copyDays }: ReadUse): void {
    const { class: storageClass } = this.#offer;
    const chosen = storageClass.retrieval.find(({ id }) => id === speed) ?? storageClass.retrieval[0];
    if (chosen === undefined || bytes.isZero()) return;
    const how = `${label}: retrieval (${chosen.label})`;
    this.#bytes(chosen.bytes, "retrieval", bytes, how, `retrieval of ${storageClass.label} (${chosen.label})`);
    if (objects.gt(0)) {
      this.#count(
        chosen.requests,
        "retrieval",
        objects,
        `${label}: restore requests (${chosen.label})`,
        `restore requests of ${storageClass.label}`,
      );
      // A reader asks for each part of an object.
      this.#operation(this.#offer, "get-object", this.#gets(bytes, objects), `${label}: reads`);
    }
    if (chosen.copy !== undefined && chosen.copy !== "free") {
      const meter = this.#offer.meter(chosen.copy);
      const quantity = storageUnits(meter, bytes.times(copyDays), this.#month);
      this.#use(chosen.copy, {
        category: "retrieval",
        quantity,
        rule: `${label}: the restored copy for ${copyDays} days`,
      });
    }
    const { meters, freeTimesStored, limitTimesStored } = this.#offer.provider.egress;
    const rule = `${label}: network to ${to}`;
    if (to !== "internet" || (freeTimesStored === undefined && limitTimesStored === undefined)) {
      this.#bytes(meters[to], "egress", bytes, rule, `network from ${this.#offer.region.label} to ${to}`);
      return;
    }
    const average = ((this.#plan.storedForEgress ?? this.#plan.main).byteDays(0)[this.#month.index] ?? ZERO).div(
      this.#month.days,
    );
    const free = average.times(freeTimesStored ?? limitTimesStored ?? "0");
    const before = this.#internetBytes;
    this.#internetBytes = before.plus(bytes);
    const over = overlap(before, this.#internetBytes, free);
    const within = bytes.minus(over);
    const times = `${freeTimesStored ?? limitTimesStored} times what is stored`;
    if (within.gt(0))
      this.#sink.free(
        this.#month.index,
        { category: "egress", quantity: within, rule: `${rule}, free up to ${times}` },
        "bytes",
      );
    if (over.isZero()) return;
    if (freeTimesStored !== undefined)
      this.#bytes(meters.internet, "egress", over, `${rule}, beyond ${times}`, "network to the internet");
    else {
      const what = `network to the internet beyond ${times}, which the provider may refuse`;
      this.#sink.missing(this.#month.index, { category: "egress", quantity: over, rule }, "bytes", what);
    }
  }

  /** Charges what the month put on each meter. */
  end(): void {
    for (const [id, usages] of this.#usages) {
      const price = this.#offer.price(id);
      const meter = this.#offer.meter(id);
      if (price === null) {
        for (const usage of usages) {
          this.#sink.missing(this.#month.index, usage, meter.unit, `${meter.label} in ${this.#offer.region.label}`);
        }
        continue;
      }
      charge(price, usages, this.#already(price), (usage, quantity, band, amount) => {
        if (amount !== null) this.#sink.charged(this.#month.index, price, usage, quantity, band, amount);
        else {
          const what = `${meter.label} above ${band.from.toFixed()} ${meter.unit} in ${this.#offer.region.label}`;
          this.#sink.missing(this.#month.index, { ...usage, quantity }, meter.unit, what);
        }
      });
    }
  }

  /** Units that the account has used up before. */
  #already({ meter, bands }: MeterPrice): Amount {
    const { storedBytes, internetBytesPerMonth } = this.#plan.account;
    const matters = bands.length > 1 || meter.roundUp === true || meter.minimumUnits !== undefined;
    if (!matters) return ZERO;
    if (meter.measure.kind === "storage" && meter.id === this.#offer.class.storage && storedBytes.gt(0)) {
      return storageUnitsAllMonth(meter, storedBytes, this.#month);
    }
    if (meter.id === this.#offer.provider.egress.meters.internet) return units(meter, internetBytesPerMonth);
    return ZERO;
  }

  #gets(bytes: Amount, objects: Amount): Amount {
    const part = this.#plan.layout?.partBytes;
    if (part === undefined) return objects;
    const parts = roundedUp(bytes.div(part));
    return parts.gt(objects) ? parts : objects;
  }

  #operation(offer: Offer, operation: Operation, count: number | Amount, rule: string): void {
    const amount = typeof count === "number" ? exact(count) : count;
    if (amount.isZero()) return;
    this.#count(offer.class.operations[operation], "requests", amount, rule, `${operation} of ${offer.class.label}`);
  }

  #count(
    meterId: string | undefined,
    category: CostCategory,
    count: Amount,
    rule: string,
    what: string,
    unit = "requests",
  ): void {
    const usage = { category, quantity: count, rule };
    if (meterId === undefined) this.#sink.missing(this.#month.index, usage, unit, what);
    else if (meterId === "free") this.#sink.free(this.#month.index, usage, unit);
    else this.#use(meterId, { category, quantity: units(this.#offer.meter(meterId), count), rule });
  }

  #bytes(meterId: string | undefined, category: CostCategory, bytes: Amount, rule: string, what: string): void {
    this.#count(meterId, category, bytes, rule, what, "bytes");
  }

  #use(meterId: string, usage: Usage): void {
    if (usage.quantity.isZero()) return;
    const usages = this.#usages.get(meterId);
    if (usages === undefined) this.#usages.set(meterId, [usage]);
    else usages.push(usage);
  }
}

/** How much of from..to lies above `mark`. */
function overlap(from: Amount, to: Amount, mark: Amount): Amount {
  if (to.lte(mark)) return ZERO;
  return from.gte(mark) ? to.minus(from) : to.minus(mark);
}

function calendarWord(offer: Offer): string {
  const { measure, unit } = offer.meter(offer.class.storage);
  if (measure.kind !== "storage") return unit;
  switch (measure.calendar) {
    case "hours-of-month":
      return `${unit}s: byte-hours over the hours of that month`;
    case "hours":
      return `${unit}s`;
    case "thirty-days":
      return `${unit}s: byte-hours over 30 days`;
    case "daily-peak-thirty-days":
      return `${unit}s: the peak of each day over 30 days`;
  }
}
