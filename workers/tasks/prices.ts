/** Reads the price lists that need no key, for the regions of the price book; one provider after the other. */
import { parseDocument } from "../../src-core/cost/document.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { PriceReading } from "../../src-core/model/price-reading.ts";
import type { PricesSpec, ResultOf } from "../../src-core/model/task.ts";
import { AWS_OFFERS, awsReadings } from "../prices/aws.ts";
import { AzurePage, azureReadings } from "../prices/azure.ts";
import { textOf, wholeText } from "../prices/get.ts";
import { OciList, ociReadings } from "../prices/oci.ts";
import type { TaskContext, TaskRunner } from "../task.ts";

const MAX_BULK_BYTES = 4 * 2 ** 30;
const MAX_PAGE_BYTES = 16 * 2 ** 20;
const MAX_PAGES = 200;

export const prices: TaskRunner<"prices"> = async (spec, ctx) => {
  ctx.started(null);
  const total = spec.lists.reduce((sum, { regions }) => sum + Math.max(1, regions.length), 0);
  let done = 0;
  const step = async (what: string) => {
    ctx.progress(done++, total, what);
    await ctx.gate();
  };
  const read: ResultOf<"prices">["read"] = [];
  for (const list of spec.lists) {
    const readings = await READ[list.provider](list, spec.currency, ctx, step);
    read.push({ provider: list.provider, url: list.url, publishedAt: null, readings });
  }
  ctx.progress(total, total, "read");
  return { kind: "prices", read };
};

/** What AWS does not sell in a region has no file there; the book's rules tell a class that is missed. */
function noneWhereNoFile(thrown: unknown): PriceReading[] {
  const error = AppError.from(thrown);
  if (error.details?.status === 404) return [];
  throw error;
}

type List = PricesSpec["lists"][number];
type Read = (
  list: List,
  currency: string,
  ctx: TaskContext,
  step: (what: string) => Promise<void>,
) => Promise<PriceReading[]>;

const READ: Record<List["provider"], Read> = {
  async aws({ url, regions }, currency, ctx, step) {
    const all: PriceReading[] = [];
    for (const region of regions) {
      await step(`AWS ${region}`);
      for (const offer of AWS_OFFERS) {
        const file = new URL(`/offers/v1.0/aws/${offer}/current/${region}/index.json`, url).href;
        const text = textOf(file, MAX_BULK_BYTES, ctx.signal);
        const found = await awsReadings(text, offer, region, currency, file).catch(noneWhereNoFile);
        const known = new Set(all.filter((each) => each.region === region).map(({ key }) => key));
        all.push(...found.filter(({ key }) => !known.has(key)));
      }
    }
    return all;
  },
  async azure({ url, regions }, currency, ctx, step) {
    const all: PriceReading[] = [];
    for (const region of regions) {
      await step(`Azure ${region}`);
      const items = [];
      const filter = `serviceName eq 'Storage' and armRegionName eq '${region}' and priceType eq 'Consumption'`;
      const first = new URL("/api/retail/prices", url);
      first.searchParams.set("api-version", "2023-01-01-preview");
      first.searchParams.set("currencyCode", currency);
      first.searchParams.set("$filter", filter);
      let next: URL | null = first;
      for (let page = 0; next !== null; page++) {
        if (page === MAX_PAGES) throw new AppError("book.invalid", `Azure has more than ${MAX_PAGES} pages of prices.`);
        if (next.origin !== first.origin)
          throw new AppError("book.invalid", `Azure's list goes on at another host: ${next.host}.`);
        await ctx.gate();
        const text = await wholeText(next.href, MAX_PAGE_BYTES, ctx.signal);
        const answer: ReturnType<typeof AzurePage.parse> = parseDocument(
          AzurePage,
          text,
          `The answer of ${first.host}`,
          "book.invalid",
        );
        items.push(...answer.Items);
        next = answer.NextPageLink ? new URL(answer.NextPageLink) : null;
      }
      all.push(...azureReadings(items, region, currency, ctx.now()));
    }
    return all;
  },
  async oci({ url }, currency, ctx, step) {
    await step("Oracle");
    const list = new URL("/pls/apex/cetools/api/v1/products/", url);
    list.searchParams.set("currencyCode", currency);
    const text = await wholeText(list.href, MAX_PAGE_BYTES, ctx.signal);
    return ociReadings(parseDocument(OciList, text, `The answer of ${list.host}`, "book.invalid"), currency);
  },
};
