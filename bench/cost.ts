/**
 * How long does a comparison take while somebody moves a slider? 60 classes over 60 months with daily restore points, computed anew each
 * time as the page does: nothing is kept from one run to the next but what V8 has compiled.
 *
 *   npm run bench -- cost [--runs N]
 *
 * Ends with 1 when the median of the runs after the first ten takes 50 ms or more.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compareOffers } from "../src-core/cost/compare.ts";
import { type Offer, offerOf, offersOf } from "../src-core/cost/offer.ts";
import { PriceBook } from "../src-core/model/price.ts";
import { JobWorkload } from "../src-core/model/workload.ts";
import { median } from "./statistics.ts";

const MUST_MS = 50;
const CLASSES = 60;
/** Until the hot functions are compiled. */
const WARM_UP = 10;
const GiB = 2 ** 30;

export async function costBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: "string", default: "40" } } });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs <= WARM_UP) throw new Error(`--runs must be a whole number above ${WARM_UP}`);
  const file = new URL("../resources/prices/price-book.json", import.meta.url);
  const book = PriceBook.parse(JSON.parse(readFileSync(file, "utf8")));
  const keys = pricedOffers(book).map(({ key }) => key);
  const times: number[] = [];
  let known = 0;
  for (let run = 0; run < runs; run++) {
    // Another size each time, as a slider gives.
    const workload = workloadOf((10_000 + run) * GiB);
    const start = performance.now();
    const rows = compareOffers(
      workload,
      keys.map((key) => offerOf(book, key)),
    );
    times.push(performance.now() - start);
    known = rows.filter(({ total }) => total !== null).length;
  }
  const settled = times.slice(WARM_UP);
  const middle = median(settled);
  console.log(`${CLASSES} classes x 60 months, ${known} of them known in full: first ${times[0]?.toFixed(1)} ms,`);
  console.log(
    `then median ${middle.toFixed(1)} ms, slowest ${Math.max(...settled).toFixed(1)} ms (must: under ${MUST_MS} ms)`,
  );
  if (middle >= MUST_MS) process.exitCode = 1;
}

/** Those that are known in full first: what is unknown stops early and would flatter us. */
function pricedOffers(book: PriceBook): Offer[] {
  const workload = workloadOf(GiB);
  const known = (offer: Offer) => (compareOffers(workload, [offer])[0]?.total === null ? 1 : 0);
  return offersOf(book)
    .map((offer) => ({ offer, rank: known(offer) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, CLASSES)
    .map(({ offer }) => offer);
}

function workloadOf(initialBytes: number): JobWorkload {
  return JobWorkload.parse({
    kind: "job",
    start: "2027-01",
    months: 60,
    initialBytes,
    changeBytesPerDay: 200 * GiB,
    growthBytesPerDay: GiB,
    retention: { daily: 14, weekly: 8, monthly: 12, yearly: 3 },
    objectBytes: GiB,
    partBytes: 64 * 2 ** 20,
    reads: [{ label: "Test restore", amount: { share: 0.1 }, everyMonths: 3, to: "internet" }],
    listsPerMonth: 1000,
  });
}
