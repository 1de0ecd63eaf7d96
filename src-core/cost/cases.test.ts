/** Named cases, computed by hand: each says where its rule or its numbers come from, and shows the arithmetic. */
import { describe, expect, test } from "vitest";
import json from "../../resources/prices/price-book.json" with { type: "json" };
import type { CostCategory } from "../model/price.ts";
import { PriceBook } from "../model/price.ts";
import { JobWorkload, SimpleWorkload } from "../model/workload.ts";
import { shown } from "./decimal.ts";
import { estimate } from "./estimate.ts";

const book = PriceBook.parse(json);

const GIB = 2 ** 30;
const TIB = 2 ** 40;
const MIB = 2 ** 20;
const KIB = 2 ** 10;

interface Case {
  name: string;
  source: string;
  /** provider/region/class[/redundancy] */
  offer: string;
  workload: Record<string, unknown>;
  /** To the cent, halves up; or to the digit where more places are given. Null: unknown. */
  total?: string | null;
  parts?: Partial<Record<CostCategory, string | null>>;
}

/** Storage alone, for a month of 30 days, in the provider's gigabytes. */
const simple = (more: Record<string, unknown>) => ({
  kind: "simple",
  storageGB: 0,
  transferGB: 0,
  requests: 0,
  days: 30,
  ...more,
});

/** One full of `initialBytes` in months of 30 days, that nothing changes. */
const job = (more: Record<string, unknown>) => ({
  kind: "job",
  start: null,
  months: 1,
  initialBytes: 0,
  changeBytesPerDay: 0,
  retention: null,
  objectBytes: GIB,
  partBytes: GIB,
  ...more,
});

const cases: Case[] = [
  // ── Amazon S3 ──
  {
    name: "Requests of March: 310,000 PUT and 620,000 GET",
    source: "Amazon S3 FAQ, 'How much does Amazon S3 cost', request example",
    offer: "aws/us-east-1/standard",
    workload: simple({ start: "2027-03", days: 31, requests: { writes: 310_000, reads: 620_000, lists: 0 } }),
    // 310 × 0.005 = 1.55; 620 × 0.0004 = 0.248
    parts: { requests: "1.798" },
    total: "1.80",
  },
  {
    name: "600 TB in S3 Standard go through all three bands",
    source: "cloud.md §3.1: 0.023 to 50 TB, 0.022 for the next 450, 0.021 above",
    offer: "aws/us-east-1/standard",
    workload: simple({ storageGB: 614_400 }),
    // 51,200 × 0.023 = 1,177.60; 460,800 × 0.022 = 10,137.60; 102,400 × 0.021 = 2,150.40
    total: "13465.60",
  },
  {
    name: "100 GB-months cost the same in February as in March",
    source: "S3 user guide: byte-hours over the hours of that month",
    offer: "aws/us-east-1/standard",
    workload: simple({ start: "2027-02", storageGB: 100, days: 28 + 31 }),
    // 2 × 100 × 0.023
    total: "4.60",
  },
  {
    name: "30 days in a month of 31 are 30/31 of a GB-month",
    source: "S3 user guide: byte-hours over the hours of that month",
    offer: "aws/us-east-1/standard",
    workload: simple({ start: "2027-01", storageGB: 3100, days: 30 }),
    // 3,100 × 30/31 = 3,000 × 0.023
    total: "69.00",
  },
  {
    name: "1 TB to the internet: the first 100 GB are free",
    source: "cloud.md §3.1, egress",
    offer: "aws/us-east-1/standard",
    workload: simple({ transferGB: 1024 }),
    // (1,024 − 100) × 0.09
    total: "83.16",
  },
  {
    name: "11 TB to the internet reach into the second band",
    source: "cloud.md §3.1, egress",
    offer: "aws/us-east-1/standard",
    workload: simple({ transferGB: 11_264 }),
    // (10,240 − 100) × 0.09 = 912.60; 1,024 × 0.085 = 87.04
    total: "999.64",
  },
  {
    name: "22 TB over two months use each month's bands and allowance",
    source: "cloud.md §3.5 no. 8: banded by month, not by period",
    offer: "aws/us-east-1/standard",
    workload: simple({ transferGB: 22_528, days: 60 }),
    // 2 × 999.64
    total: "1999.28",
  },
  {
    name: "An account that sends 100 GB already has no free allowance left",
    source: "cloud.md §3.1: 100 GB a month for each account",
    offer: "aws/us-east-1/standard",
    workload: simple({ transferGB: 100, account: { storedBytes: 0, internetBytesPerMonth: 100 * GIB } }),
    // 100 × 0.09
    total: "9.00",
  },
  {
    name: "An account that holds 50 TB already begins in the second band",
    source: "cloud.md §3.1",
    offer: "aws/us-east-1/standard",
    workload: simple({ storageGB: 100, account: { storedBytes: 50 * TIB, internetBytesPerMonth: 0 } }),
    // 100 × 0.022
    total: "2.20",
  },
  {
    name: "Deep Archive, deleted after 30 days: 150 days are owed, once",
    source: "cloud.md §3.1 (180 days) and §3.5 no. 9",
    offer: "aws/us-east-1/deep-archive",
    workload: simple({ storageGB: 1000 }),
    // 1,000 × 0.00099 = 0.99; 1,000 × 150/30 × 0.00099 = 4.95
    parts: { storage: "0.99", "early-deletion": "4.95" },
    total: "5.94",
  },
  {
    name: "Deep Archive for 360 days: nothing is owed, and nothing twelve times",
    source: "cloud.md §3.5 no. 9: the seed charged the penalty every month",
    offer: "aws/us-east-1/deep-archive",
    workload: simple({ storageGB: 1000, days: 360 }),
    // 12 × 0.99
    parts: { "early-deletion": "0" },
    total: "11.88",
  },
  {
    name: "Standard-IA, deleted after 10 days: 20 days are owed",
    source: "cloud.md §3.1 (30 days)",
    offer: "aws/us-east-1/standard-ia",
    workload: simple({ storageGB: 300, days: 10 }),
    // 300 × 10/30 × 0.0125 = 1.25; 300 × 20/30 × 0.0125 = 2.50
    parts: { storage: "1.25", "early-deletion": "2.5" },
    total: "3.75",
  },
  {
    name: "A million objects of 16 KiB in Standard-IA are billed as 128 KiB each",
    source: "cloud.md §3.1, minimum size",
    offer: "aws/us-east-1/standard-ia",
    workload: job({ initialBytes: 1_000_000 * 16 * KIB, objectBytes: 16 * KIB, partBytes: 16 * KIB }),
    // 10^6 × 128 KiB = 122.0703125 GB × 0.0125 = 1.52587890625; 1,000 × 0.01 = 10
    parts: { storage: "1.52587890625", requests: "10" },
    total: "11.53",
  },
  {
    name: "A million objects of 1 MiB in Deep Archive carry 32 KiB there and 8 KiB in Standard",
    source: "cloud.md §3.1, overhead",
    offer: "aws/us-east-1/deep-archive",
    workload: job({ initialBytes: 1_000_000 * MIB, objectBytes: MIB, partBytes: MIB }),
    // 976.5625 × 0.00099 = 0.966796875; 30.517578125 × 0.00099 = 0.03021240234375; 7.62939453125 × 0.023 = 0.17547607421875
    parts: { storage: "1.1724853515625", requests: "50" },
    total: "51.17",
  },
  {
    name: "Intelligent-Tiering: a fee for each object of 128 KiB or more",
    source: "cloud.md §3.1: 0.0025 for 1,000 objects",
    offer: "aws/us-east-1/intelligent-tiering",
    workload: job({ initialBytes: 1_000_000 * MIB, objectBytes: MIB, partBytes: MIB }),
    // 976.5625 × 0.023 = 22.4609375; 1,000 × 0.005 = 5; 1,000 × 0.0025 = 2.5
    parts: { storage: "22.4609375", fees: "2.5", requests: "5" },
    total: "29.96",
  },
  {
    name: "Intelligent-Tiering: small objects are not monitored",
    source: "aws.amazon.com/s3/pricing: smaller objects have no monitoring charge",
    offer: "aws/us-east-1/intelligent-tiering",
    workload: job({ initialBytes: 1_000_000 * 64 * KIB, objectBytes: 64 * KIB, partBytes: 64 * KIB }),
    // 61.03515625 × 0.023 = 1.40380859375; 1,000 × 0.005 = 5
    parts: { fees: "0" },
    total: "6.40",
  },
  {
    name: "Multipart to Deep Archive: begin and parts at the Standard price, completion at the class's",
    source: "AWS usage report page, note 7 (cloud.md §3.1)",
    offer: "aws/us-east-1/deep-archive",
    workload: job({ initialBytes: 100 * GIB, partBytes: 64 * MIB }),
    // (100 + 1,600) × 0.005/1,000 = 0.0085; 100 × 0.05/1,000 = 0.005
    parts: { requests: "0.0135" },
  },
  {
    name: "Multipart to Standard: begin, parts and completion alike",
    source: "cloud.md §3.1",
    offer: "aws/us-east-1/standard",
    workload: job({ initialBytes: 100 * GIB, partBytes: 64 * MIB }),
    // (100 + 1,600 + 100) × 0.005/1,000
    parts: { requests: "0.009" },
  },
  {
    name: "The last object is smaller and may need no multipart upload",
    source: "cloud.md §2.3, part sizing",
    offer: "aws/us-east-1/standard",
    workload: job({ initialBytes: 2 * GIB + 10 * MIB, partBytes: 64 * MIB }),
    // 2 × (1 + 16 + 1) + 1 = 37 requests × 0.005/1,000
    parts: { requests: "0.000185" },
  },
  {
    name: "A lifecycle rule moves objects after 30 days, at the price of the class they go to",
    source: "cloud.md §3.1: transition to Glacier Instant 0.02 for 1,000",
    offer: "aws/us-east-1/glacier-ir",
    workload: job({ initialBytes: 1000 * GIB, months: 2, arrival: { class: "standard", days: 30 } }),
    // 1,000 × 0.023 = 23; 1,000 PUT = 0.005; then 1,000 × 0.004 = 4; 1,000 moved = 0.02
    parts: { storage: "27", requests: "0.025" },
    total: "27.03",
  },
  {
    name: "Unfinished uploads to Deep Archive lie at the Standard price",
    source: "AWS usage report page, note 7 (cloud.md §3.1)",
    offer: "aws/us-east-1/deep-archive",
    workload: job({ partBytes: 64 * MIB, unfinished: { bytesPerMonth: 90 * GIB, days: 10 } }),
    // 90 × 10/30 = 30 × 0.023 = 0.69; (90 + 1,440) × 0.005/1,000 = 0.00765
    parts: { storage: "0.69", requests: "0.00765" },
  },
  {
    name: "A restore from Glacier Flexible: bytes, requests, the copy in Standard, reads and egress",
    source: "cloud.md §3.1",
    offer: "aws/us-east-1/glacier",
    workload: job({
      initialBytes: 1000 * GIB,
      reads: [{ label: "Restore", amount: { share: 1 }, everyMonths: 1, to: "internet", copyDays: 3 }],
    }),
    // 1,000 × 0.01 = 10; 1,000 requests × 0.05/1,000 = 0.05; copy 1,000 × 3/30 × 0.023 = 2.3
    parts: { retrieval: "12.35", egress: "81" /* (1,000 − 100) × 0.09 */ },
  },
  {
    name: "The same restore in bulk and inside the region: only the copy costs",
    source: "cloud.md §3.1: bulk is free",
    offer: "aws/us-east-1/glacier",
    workload: job({
      initialBytes: 1000 * GIB,
      reads: [
        { label: "Restore", amount: { share: 1 }, everyMonths: 1, to: "same-region", speed: "bulk", copyDays: 3 },
      ],
    }),
    parts: { retrieval: "2.3", egress: "0" },
  },
  {
    name: "Verification in the region reads all each quarter: Standard-IA charges retrieval, no egress",
    source: "peers.md §4: verification reads on cold data",
    offer: "aws/us-east-1/standard-ia",
    workload: job({
      months: 6,
      initialBytes: 1000 * GIB,
      reads: [{ label: "Verify", amount: { share: 1 }, everyMonths: 3, to: "same-region" }],
    }),
    // 2 × 1,000 × 0.01
    parts: { retrieval: "20", egress: "0" },
  },
  {
    name: "Without a lock the increment of a day goes with the next one",
    source: "retention of one point: 29 increments of 1 GiB live a day each",
    offer: "aws/us-east-1/standard",
    workload: job({
      changeBytesPerDay: GIB,
      retention: { daily: 1, weekly: 0, monthly: 0, yearly: 0 },
    }),
    // 29 GB-days / 30 × 0.023 = 0.022233…
    parts: { storage: "0.02" },
  },
  {
    name: "Object lock keeps what retention has pruned",
    source: "issue: versions held by object lock",
    offer: "aws/us-east-1/standard",
    workload: job({
      changeBytesPerDay: GIB,
      retention: { daily: 1, weekly: 0, monthly: 0, yearly: 0 },
      lockDays: 30,
    }),
    // Made on days 1 … 29, all there at the end: (29 + 28 + … + 1) = 435 GB-days / 30 = 14.5 × 0.023
    parts: { storage: "0.3335" },
  },
  // ── Azure Blob ──
  {
    name: "600 TB in Hot LRS go through all three bands",
    source: "Azure Retail Prices, eastus (cloud.md §3.2)",
    offer: "azure/eastus/hot/lrs",
    workload: simple({ storageGB: 614_400 }),
    // 51,200 × 0.0208 = 1,064.96; 460,800 × 0.019968 = 9,201.2544; 102,400 × 0.019136 = 1,959.5264
    total: "12225.74",
  },
  {
    name: "Archive, moved after 45 days: the fee of 135 days",
    source: "Microsoft Learn, access tiers: deleted after 45 days, charged for 135 (180 − 45)",
    offer: "azure/eastus/archive/lrs",
    workload: simple({ storageGB: 1000, days: 45 }),
    // 1.5 × 0.99 = 1.485; 135/30 × 0.99 = 4.455
    parts: { storage: "1.485", "early-deletion": "4.455" },
    total: "5.94",
  },
  {
    name: "Blocks of an archive blob are Hot writes, only the list of blocks is an Archive write",
    source: "Microsoft Learn, 'Map each REST operation to a price' (cloud.md §3.2)",
    offer: "azure/eastus/archive/lrs",
    workload: job({ initialBytes: 100 * GIB, partBytes: 64 * MIB }),
    // 1,600 × 0.05/10,000 = 0.008; 100 × 0.1/10,000 = 0.001
    parts: { requests: "0.009" },
  },
  {
    name: "1 TB from Azure to the internet",
    source: "c3x.dev 2026: 100 GB free, then 0.087",
    offer: "azure/eastus/hot/lrs",
    workload: simple({ transferGB: 1024 }),
    // 924 × 0.087
    total: "80.39",
  },
  {
    name: "Network beyond 10 TB is unknown, not free",
    source: "no confirmed price in the book",
    offer: "azure/eastus/hot/lrs",
    workload: simple({ transferGB: 10_241 }),
    total: null,
    parts: { egress: null, storage: "0" },
  },
  {
    name: "GRS without a price of its replication is unknown",
    source: "cloud.md §3.2: GRS adds a replication meter, price not read",
    offer: "azure/westus/hot/grs",
    workload: job({ initialBytes: GIB }),
    total: null,
    parts: { storage: "0.0458", fees: null },
  },
  // ── Google Cloud Storage ──
  {
    name: "Google's simple example: its requests and its network",
    source: "cloud.google.com/storage/pricing-examples: 10,000 A, 50,000 B, 1 GB out, no free tier",
    offer: "gcs/europe-west1/standard",
    workload: simple({
      requests: { writes: 10_000, reads: 50_000, lists: 0 },
      transferGB: 1,
      account: { storedBytes: 0, internetBytesPerMonth: 100 * GIB },
    }),
    // 10 × 0.005 = 0.05; 50 × 0.0004 = 0.02; 1 × 0.12 = 0.12
    parts: { requests: "0.07", egress: "0.12" },
    total: "0.19",
  },
  {
    name: "GiB-hours follow the length of the month: February",
    source: "GCS price page of September 2026, per GiB-hour",
    offer: "gcs/us-east1/nearline",
    workload: simple({ start: "2027-02", storageGB: 1000, days: 28 }),
    // 672,000 × 0.000013699 = 9.205728; owed to 30 days: 48,000 × 0.000013699 = 0.657552
    parts: { storage: "9.205728", "early-deletion": "0.657552" },
    total: "9.86",
  },
  {
    name: "A price for a month is for 730 hours",
    source: "cloud.md §3: × 730 gives the old monthly numbers",
    offer: "gcs/europe-west1/standard",
    workload: simple({ storageGB: 730 }),
    // 730 × 720 h = 525,600 GiB-h × 0.020 / 730 = 14.40
    total: "14.40",
  },
  {
    name: "The old example of early deletion: 1,000 GB of Nearline for 15 days are paid as 30",
    source: "code.google.com storage pricing: 'you are charged $5 … and then $5'; today in GiB-hours",
    offer: "gcs/us-east1/nearline",
    workload: simple({ storageGB: 1000, days: 15 }),
    // 360,000 GiB-h × 0.000013699 = 4.93164, twice
    parts: { storage: "4.93164", "early-deletion": "4.93164" },
    total: "9.86",
  },
  {
    name: "Archive for 360 days: five days are owed, not twelve times a year",
    source: "cloud.md §3.5 no. 9",
    offer: "gcs/us-east1/archive",
    workload: simple({ storageGB: 1000, days: 360 }),
    // 8,640,000 × 0.000001644 = 14.20416; 120,000 × 0.000001644 = 0.19728
    parts: { storage: "14.20416", "early-deletion": "0.19728" },
    total: "14.40",
  },
  {
    name: "The free tier: 5 GB-months, 5,000 A and 50,000 B in three regions of the US",
    source: "GCS price page of September 2026, Always Free",
    offer: "gcs/us-central1/standard",
    workload: simple({ storageGB: 5, requests: { writes: 6_000, reads: 60_000, lists: 0 } }),
    // 5 × 720 = 3,600 of 3,650 free GiB-h; 1 × 0.005 = 0.005; 10 × 0.0004 = 0.004
    parts: { storage: "0", requests: "0.009" },
  },
  {
    name: "200 TiB of network: the bands of 2026",
    source: "cloud.md §3.3: 100 GiB free, 0.12 to 10 TiB, 0.11 to 150 TiB, 0.08 above",
    offer: "gcs/europe-west1/standard",
    workload: simple({ transferGB: 204_800 }),
    // 10,140 × 0.12 = 1,216.80; 143,360 × 0.11 = 15,769.60; 51,200 × 0.08 = 4,096
    total: "21082.40",
  },
  {
    name: "A resumable upload is one class A operation, however many chunks",
    source: "cloud.md §1.5",
    offer: "gcs/europe-west1/standard",
    workload: job({ initialBytes: 100 * GIB, partBytes: 64 * MIB }),
    // 100 × 0.005/1,000
    parts: { requests: "0.0005" },
  },
  // ── Cloudflare R2 ──
  {
    name: "R2's Standard example: $14.85",
    source: "developers.cloudflare.com/r2/pricing, 'Standard storage example'",
    offer: "r2/auto/standard",
    workload: job({
      initialBytes: 1e12,
      objectBytes: 1e9,
      partBytes: 1e9,
      reads: [{ label: "Reads", amount: { share: 1 }, everyMonths: 1, times: 1000, to: "internet" }],
    }),
    // (1,000 − 10) × 0.015; 1,000 of 10^6 A free; 10^6 of 10^7 B free
    parts: { storage: "14.85", requests: "0", egress: "0" },
    total: "14.85",
  },
  {
    name: "R2's Infrequent Access example: $29.90 for 5 days",
    source: "developers.cloudflare.com/r2/pricing, 'Infrequent access example'",
    offer: "r2/auto/infrequent",
    workload: simple({
      storageGB: 1000,
      days: 5,
      requests: { writes: 1000, reads: 1_000_000, lists: 0 },
      transferGB: 1000,
    }),
    // 1,000 GB-months × 0.01 = 10 (5 days and the 25 owed); A: 1 whole million × 9; B: 1 × 0.9; 1,000 × 0.01
    total: "29.90",
  },
  {
    name: "R2's asset hosting example: $104.40",
    source: "developers.cloudflare.com/r2/pricing, 'Asset hosting'",
    offer: "r2/auto/standard",
    workload: simple({ storageGB: 10, requests: { writes: 100_000, reads: 300_000_000, lists: 0 } }),
    // 290 × 0.36
    total: "104.40",
  },
  {
    name: "R2 rounds 1.1 GB-months up to 2, and a million and one requests to two million",
    source: "developers.cloudflare.com/r2/pricing, 'Billable unit rounding'",
    offer: "r2/auto/infrequent",
    workload: simple({ storageGB: 1.1, requests: { writes: 0, reads: 1_000_001, lists: 0 } }),
    // 2 × 0.01; 2 × 0.90
    parts: { storage: "0.02", requests: "1.8" },
    total: "1.82",
  },
  {
    name: "R2 counts each part of an upload as class A",
    source: "developers.cloudflare.com/r2/pricing: UploadPart is class A",
    offer: "r2/auto/infrequent",
    workload: job({ initialBytes: 1e12, objectBytes: 1e9, partBytes: 1e6 }),
    // 1,000 + 1,000,000 + 1,000 = 1.002 million, billed as 2 × 9
    parts: { requests: "18" },
  },
  // ── Backblaze B2 ──
  {
    name: "B2: the first 10 GB are free",
    source: "cloud.md §3.4",
    offer: "b2/us-west/b2",
    workload: simple({ storageGB: 1000 }),
    // 0.99 × 6.95
    total: "6.88",
  },
  {
    name: "B2 bills a month of 31 days as 31/30",
    source: "cloud.md §3.4: byte-hours on 30 days",
    offer: "b2/us-west/b2",
    workload: simple({ start: "2027-01", storageGB: 3010, days: 31 }),
    // 3.01 × 31/30 − 0.01 = 3.1003333… × 6.95 = 21.5473…
    total: "21.55",
  },
  {
    name: "B2: three times the stored bytes leave for free",
    source: "cloud.md §3.4",
    offer: "b2/us-west/b2",
    workload: simple({ storageGB: 1000, transferGB: 4000 }),
    // 4,000 − 3 × 1,000 = 1,000 × 0.01
    parts: { egress: "10" },
    total: "16.88",
  },
  // ── Wasabi ──
  {
    name: "Wasabi: 750 GB are billed as 1 TB",
    source: "wasabi-support: 'How does Wasabi's monthly minimum storage charge work?', at today's price",
    offer: "wasabi/us-east-1/wasabi",
    workload: simple({ storageGB: 750, days: 90 }),
    // 3 × 7.99
    total: "23.97",
  },
  {
    name: "Wasabi: deleted on day 16 is 15 days active and 75 days deleted storage",
    source: "docs.wasabi.com, minimum storage duration policy",
    offer: "wasabi/us-east-1/wasabi",
    workload: simple({ storageGB: 4096, days: 15 }),
    // 4 × 15/30 = 2 × 7.99 = 15.98; 4 × 75/30 = 10 × 7.99 = 79.90
    parts: { storage: "15.98", "early-deletion": "79.9" },
    total: "95.88",
  },
  {
    name: "Wasabi: objects of 1 KiB are billed as 4 KiB",
    source: "cloud.md §3.4",
    offer: "wasabi/us-east-1/wasabi",
    workload: job({ initialBytes: 2 ** 39, objectBytes: KIB, partBytes: KIB }),
    // 2^29 × 4 KiB = 2 TiB × 7.99
    total: "15.98",
  },
  {
    name: "Wasabi: more egress than stored bytes has no price",
    source: "cloud.md §3.4: egress must stay below stored volume",
    offer: "wasabi/us-east-1/wasabi",
    workload: simple({ storageGB: 2048, transferGB: 2049, days: 30 }),
    total: null,
    parts: { egress: null },
  },
  // ── Oracle ──
  {
    name: "OCI: 10 TB leave for free",
    source: "cloud.md §3.4 (network unconfirmed)",
    offer: "oci/eu-frankfurt-1/standard",
    workload: simple({ storageGB: 100, transferGB: 11_264 }),
    // 100 × 0.0255 = 2.55; 1,024 × 0.0085 = 8.704
    total: "11.25",
  },
  // ── unknown ──
  {
    name: "A region without prices is unknown",
    source: "issue: unknown is never cheapest",
    offer: "aws/eu-central-1/standard",
    workload: simple({ storageGB: 1 }),
    total: null,
    parts: { storage: null },
  },
];

const parse = (raw: Record<string, unknown>) =>
  raw.kind === "job" ? JobWorkload.parse(raw) : SimpleWorkload.parse(raw);

/** As many places as the expectation has. */
function same(amount: string | null | undefined, expected: string | null): void {
  if (expected === null || amount === null || amount === undefined) expect(amount).toBe(expected);
  else expect(shown(amount, expected.split(".")[1]?.length ?? 0)).toBe(expected);
}

describe("named cases", () => {
  test.each(cases.map((each) => [each.name, each] as const))("%s", (_name, { offer, workload, total, parts }) => {
    const [provider = "", region = "", storageClass = "", redundancy] = offer.split("/");
    const answer = estimate(book, parse(workload), { provider, region, class: storageClass, redundancy });
    if (total !== undefined) same(answer.total, total);
    for (const [category, amount] of Object.entries(parts ?? {})) same(answer.parts[category as CostCategory], amount);
    expect(total !== undefined || parts !== undefined).toBe(true);
    // What is unknown says what is missing.
    expect(answer.missing.length > 0).toBe(answer.total === null);
  });

  test("there are at least thirty, each with its source", () => {
    expect(cases.length).toBeGreaterThanOrEqual(30);
    expect(cases.every(({ source }) => source.length > 0)).toBe(true);
  });
});
