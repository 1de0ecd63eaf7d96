/** What it costs, and how long it takes, to read an amount of stored data back once. */

import type { RestoreCost } from "../model/cost.ts";
import type { RestoreAsk } from "../model/cost-question.ts";
import { AppError } from "../model/error.ts";
import type { RetrievalSpeed } from "../model/price.ts";
import { bill } from "./bill.ts";
import { billingMonths } from "./calendar.ts";
import { digits, exact, ZERO } from "./decimal.ts";
import { Kept } from "./kept.ts";
import type { Offer } from "./offer.ts";
import type { Plan } from "./plan.ts";
import { LineSink } from "./sinks.ts";
import { layoutOf, StoredPart } from "./stored-part.ts";

/** A quote; unknown where the book lacks a price. */
export function quoteRestore(offer: Offer, ask: RestoreAsk): RestoreCost {
  for (const [name, value] of Object.entries(ask)) {
    if (typeof value === "number" && !(Number.isFinite(value) && value >= 0)) {
      throw new AppError("request.invalid", `${name}: ${value} is not a size, rate or number of days.`);
    }
  }
  const speed = speedOf(offer, ask.speed);
  const layout = layoutOf(ask.objectBytes, ask.partBytes);
  const months = billingMonths(null, 1);
  const objects = layout.objects(ask.bytes);
  const nothing = new StoredPart(months, [], "upload", layout, null);
  const stored = {
    bytes: ask.storedBytes ?? ask.bytes,
    bornDay: 0,
    diedDay: Number.POSITIVE_INFINITY,
    kind: "full" as const,
  };
  const plan: Plan = {
    months,
    // What lies there is not on this bill, and yet decides what may leave for free.
    main: nothing,
    storedForEgress: new StoredPart(months, [stored], "counted", null, null),
    arrival: null,
    reads: [
      {
        label: "Restore",
        bytes: [exact(ask.bytes)],
        objects: [exact(objects)],
        to: ask.to,
        speed: speed.id,
        copyDays: ask.copyDays,
      },
    ],
    lists: [ZERO],
    extraWrites: [ZERO],
    extraReads: [ZERO],
    account: { storedBytes: ZERO, internetBytesPerMonth: exact(ask.internetBytesPerMonth) },
    protectedBytesAtEnd: ask.bytes,
    layout,
    assumptions: [],
    kept: new Kept(),
  };
  const sink = new LineSink();
  bill(plan, offer, sink);
  const { total, parts } = sink.over(0, 1);
  return {
    bytes: ask.bytes,
    objects,
    speed: speed.id,
    destination: ask.to,
    total: total === null ? null : digits(total),
    parts,
    lines: sink.lines,
    missing: [...sink.missingThings],
    waitHours: speed.hours,
    transferHours:
      ask.bitsPerSecond === null || ask.bitsPerSecond === 0
        ? null
        : digits(exact(ask.bytes).times(8).div(ask.bitsPerSecond).div(3600)),
    steps: stepsOf(offer, speed, ask),
  };
}

/** The speed of that name, else the class's first. */
export function speedOf(offer: Offer, id: string | null): RetrievalSpeed {
  const { retrieval, label } = offer.class;
  const speed = retrieval.find((each) => each.id === id) ?? retrieval[0];
  if (speed === undefined) throw new AppError("request.invalid", `The price book has no way to read ${label} back.`);
  return speed;
}

function stepsOf(offer: Offer, speed: RetrievalSpeed, ask: RestoreAsk): string[] {
  const where = {
    internet: "over the internet",
    "same-region": "inside the region",
    "other-region": "to the other region",
  }[ask.to];
  if (speed.copy === undefined) return [`Read the objects ${where}.`];
  const wait =
    speed.hours === null
      ? "until the provider says that they are ready"
      : `${speed.hours.from} to ${speed.hours.to} hours`;
  return [
    `Ask ${offer.provider.label} to restore each object from ${offer.class.label} (${speed.label}), for ${ask.copyDays} days.`,
    `Wait: ${wait}.`,
    `Read the restored copies ${where} before those days are over.`,
  ];
}
