/** Every dimension of a bill as a series over the months: what is counted, on which meter, and why. */
import type { CostCategory, Operation } from "../model/price.ts";
import type { BillingMonth } from "./calendar.ts";
import { type Amount, exact, roundedUp, ZERO } from "./decimal.ts";
import type { Kept } from "./kept.ts";
import { type Offer, sibling } from "./offer.ts";
import type { Plan, ReadUse } from "./plan.ts";
import type { StoredPart, UploadUse } from "./stored-part.ts";
import { storageUnits, units } from "./units.ts";

/** One thing that is counted month by month. */
export interface Series {
  category: CostCategory;
  /** "free" by the provider's word; undefined: the book names no meter for it. */
  meter: string | undefined;
  /** In units of the meter; in bytes or requests where there is none. */
  quantities: readonly Amount[];
  unit: string;
  /** Why that quantity; by month where it differs. */
  rule: string | readonly string[];
  /** Names the price where the book has none. */
  what: string;
}

/** All series of `plan` under `offer`, except network that depends on what is stored. */
export function seriesOf(plan: Plan, offer: Offer): Series[] {
  const make = new SeriesMaker(plan, offer);
  if (plan.arrival !== null) make.stored(plan.arrival.part, sibling(offer, plan.arrival.class));
  make.stored(plan.main, offer);
  make.requests();
  for (const read of plan.reads) make.read(read);
  return make.made;
}

class SeriesMaker {
  readonly made: Series[] = [];
  readonly #plan: Plan;
  readonly #offer: Offer;

  constructor(plan: Plan, offer: Offer) {
    this.#plan = plan;
    this.#offer = offer;
  }

  stored(part: StoredPart, offer: Offer): void {
    const { minimumDays, minimumObjectBytes, label, overheads, monitoring, replication } = offer.class;
    const small = minimumObjectBytes > 0 ? `; objects count as ${minimumObjectBytes} bytes at least` : "";
    const storage = offer.class.storage;
    this.#storage(
      part.kept,
      `stored ${minimumObjectBytes}`,
      part.byteDays(minimumObjectBytes),
      storage,
      `Stored in ${calendarWord(offer)}${small}`,
    );
    for (const { bytes, meter } of overheads) {
      const byteDays = part.kept.of(`overhead ${bytes}`, () => part.objectDays(0).map((days) => days.times(bytes)));
      this.#storage(part.kept, `overhead ${bytes}`, byteDays, meter, `${bytes} bytes of overhead for each object`);
    }
    this.#storage(part.kept, "open", part.openByteDays(), offer.class.openUploads ?? storage, "Unfinished uploads");
    if (minimumDays > 0) this.#early(part, offer);
    const uploads = part.uploads();
    this.#upload(part, uploads, "puts", offer, "put-object", `Uploads in one request to ${label}`);
    this.#upload(part, uploads, "creates", offer, "create-upload", `Multipart uploads begun to ${label}`);
    this.#upload(part, uploads, "parts", offer, "upload-part", `Parts uploaded to ${label}`);
    this.#upload(part, uploads, "completes", offer, "complete-upload", `Multipart uploads completed to ${label}`);
    this.#upload(part, uploads, "transitions", offer, "transition-in", `Objects moved to ${label} by a lifecycle rule`);
    this.#upload(part, uploads, "deletes", offer, "delete-object", `Objects deleted from ${label}`);
    if (monitoring) {
      const { meter, fromObjectBytes } = monitoring;
      const objectMonths = part.kept.of(`monitored ${fromObjectBytes}`, () =>
        part.objectDays(fromObjectBytes).map((days, at) => days.div(this.#month(at).days)),
      );
      const rule = `Fee for each object of ${fromObjectBytes} bytes or more in a month`;
      this.#counted(
        part.kept,
        `monitored ${fromObjectBytes}`,
        objectMonths,
        meter,
        "fees",
        rule,
        "monitoring",
        "objects",
      );
    }
    const copied = replication?.[offer.redundancy.id];
    if (replication && (copied !== undefined || offer.redundancy.level === "regions")) {
      const rule = `Copied to another region (${offer.redundancy.label})`;
      this.#counted(part.kept, "written", part.written(), copied, "fees", rule, `replication of ${label}`, "bytes");
    }
  }

  /** Requests that are neither uploads nor reads of the plan. */
  requests(): void {
    const { lists, extraWrites, extraReads } = this.#plan;
    const { label } = this.#offer.class;
    this.#operation("lists", lists, "list-objects", "Lists");
    this.#operation("extra writes", extraWrites, "put-object", `Write requests to ${label}`);
    this.#operation("extra reads", extraReads, "get-object", `Read requests to ${label}`);
  }

  /** Retrieval, the restored copy, requests, and network where its price does not hang on what is stored. */
  read(read: ReadUse): void {
    const { kept } = this.#plan;
    const { class: storageClass, provider, region } = this.#offer;
    const { label, bytes, objects, to, speed, copyDays } = read;
    const chosen = storageClass.retrieval.find(({ id }) => id === speed) ?? storageClass.retrieval[0];
    if (chosen === undefined) return;
    const key = `read ${this.#plan.reads.indexOf(read)}`;
    const which = `${storageClass.label} (${chosen.label})`;
    this.#counted(
      kept,
      `${key} bytes`,
      bytes,
      chosen.bytes,
      "retrieval",
      `${label}: retrieval (${chosen.label})`,
      `retrieval of ${which}`,
      "bytes",
    );
    const restores = `${label}: restore requests (${chosen.label})`;
    this.#counted(
      kept,
      `${key} objects`,
      objects,
      chosen.requests,
      "retrieval",
      restores,
      `restore requests of ${which}`,
      "requests",
    );
    const gets = kept.of(`${key} gets`, () => bytes.map((each, at) => this.#gets(each, objects[at] ?? ZERO)));
    this.#operation(`${key} gets`, gets, "get-object", `${label}: reads`);
    if (chosen.copy !== undefined && chosen.copy !== "free") {
      const byteDays = kept.of(`${key} copy`, () => bytes.map((each) => each.times(copyDays)));
      this.#storage(
        kept,
        `${key} copy`,
        byteDays,
        chosen.copy,
        `${label}: the restored copy for ${copyDays} days`,
        "retrieval",
      );
    }
    if (egressByStored(this.#offer) && to === "internet") return;
    this.#counted(
      kept,
      `${key} bytes`,
      bytes,
      provider.egress.meters[to],
      "egress",
      `${label}: network to ${to}`,
      `network from ${region.label} to ${to}`,
      "bytes",
    );
  }

  #month(at: number): BillingMonth {
    const month = this.#plan.months[at];
    if (month === undefined) throw new Error(`no month ${at}`);
    return month;
  }

  #early(part: StoredPart, offer: Offer): void {
    const { minimumDays, minimumObjectBytes, storage } = offer.class;
    const key = `early ${minimumDays} ${minimumObjectBytes}`;
    const early = part.leavesEarly(minimumDays, minimumObjectBytes);
    const byteDays = part.kept.of(`${key} days`, () => early.map((each) => each?.byteDays ?? ZERO));
    const rules = part.kept.of(`${key} rules`, () =>
      early.map((each) => {
        if (each === null) return "";
        const { from, to } = each.livedDays;
        return `Left after ${from === to ? from : `${from}-${to}`} of at least ${minimumDays} days: the rest of them, once`;
      }),
    );
    this.#storage(part.kept, key, byteDays, storage, rules, "early-deletion");
  }

  /** A reader asks for each part of an object. */
  #gets(bytes: Amount, objects: Amount): Amount {
    const part = this.#plan.layout?.partBytes;
    if (part === undefined || objects.isZero()) return objects;
    const parts = roundedUp(bytes.div(part));
    return parts.gt(objects) ? parts : objects;
  }

  #storage(
    kept: Kept,
    key: string,
    byteDays: readonly Amount[],
    meterId: string,
    rule: string | readonly string[],
    category: CostCategory = "storage",
  ): void {
    const meter = this.#offer.meter(meterId);
    const { measure } = meter;
    const how = measure.kind === "storage" ? `${measure.calendar} ${measure.unitBytes}` : "";
    const quantities = kept.of(`${key} in ${how}`, () =>
      filled(byteDays.map((each, at) => (each.isZero() ? ZERO : storageUnits(meter, each, this.#month(at))))),
    );
    if (quantities !== null)
      this.made.push({ category, meter: meterId, quantities, unit: meter.unit, rule, what: meter.label });
  }

  #upload(
    part: StoredPart,
    uploads: readonly UploadUse[],
    name: keyof UploadUse,
    offer: Offer,
    operation: Operation,
    rule: string,
  ): void {
    const counts = part.kept.of(`count ${name}`, () => uploads.map((use) => exact(use[name])));
    const meter = offer.class.operations[operation];
    this.#counted(
      part.kept,
      `count ${name}`,
      counts,
      meter,
      "requests",
      rule,
      `${operation} of ${offer.class.label}`,
      "requests",
    );
  }

  #operation(key: string, counts: readonly Amount[], operation: Operation, rule: string): void {
    const { operations, label } = this.#offer.class;
    this.#counted(
      this.#plan.kept,
      key,
      counts,
      operations[operation],
      "requests",
      rule,
      `${operation} of ${label}`,
      "requests",
    );
  }

  #counted(
    kept: Kept,
    key: string,
    counts: readonly Amount[],
    meterId: string | undefined,
    category: CostCategory,
    rule: string,
    what: string,
    unit: string,
  ): void {
    if (meterId === undefined || meterId === "free") {
      const quantities = kept.of(`${key} as they are`, () => filled(counts));
      if (quantities !== null) this.made.push({ category, meter: meterId, quantities, unit, rule, what });
      return;
    }
    const meter = this.#offer.meter(meterId);
    const size = meter.measure.kind === "count" ? meter.measure.per : meter.measure.unitBytes;
    const quantities = kept.of(`${key} by ${size}`, () => filled(counts.map((each) => units(meter, each))));
    if (quantities !== null) this.made.push({ category, meter: meterId, quantities, unit: meter.unit, rule, what });
  }
}

/** Null where there is nothing in any month. */
function filled(quantities: readonly Amount[]): readonly Amount[] | null {
  return quantities.some((each) => !each.isZero()) ? quantities : null;
}

/** Network to the internet whose price hangs on what is stored. */
export function egressByStored({ provider: { egress } }: Offer): boolean {
  return egress.freeTimesStored !== undefined || egress.limitTimesStored !== undefined;
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
