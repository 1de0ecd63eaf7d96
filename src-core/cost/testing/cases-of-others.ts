/** Named cases of Azure, Google, Cloudflare, Backblaze, Wasabi and Oracle, with their sources and arithmetic. */
import { job, type NamedCase, simple } from "./named-case.ts";

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const KIB = 2 ** 10;

export const OTHER_CASES: readonly NamedCase[] = [
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
    source: "issue: unknown is never cheapest",
    offer: "azure/eastus/hot/lrs",
    lacks: ["azure/eastus/internet above 10335"],
    workload: simple({ transferGB: 10_336 }),
    total: null,
    parts: { egress: null, storage: "0" },
  },
  {
    name: "GRS without a price of its replication is unknown",
    source: "cloud.md §3.2: GRS adds a replication meter",
    offer: "azure/westus/hot/grs",
    lacks: ["azure/westus/geo-replication"],
    workload: job({ initialBytes: GIB }),
    total: null,
    parts: { storage: "0.0458", fees: null },
  },
  {
    name: "GRS pays for what replication moves",
    source:
      "Retail Prices API, West Europe, 2026: Geo-Replication v2 Data Transfer 0.02, Hot GRS 0.0424, its writes 0.108 per 10,000",
    offer: "azure/westeurope/hot/grs",
    workload: job({ initialBytes: 100 * GIB }),
    parts: { fees: "2.00" },
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
  // ── Azure and Google outside of the United States ──
  {
    name: "Azure Cool ZRS in West Europe",
    source: "Azure Retail Prices API of July 2026, in a public repository",
    offer: "azure/westeurope/cool/zrs",
    workload: simple({ storageGB: 1000 }),
    // 1,000 × 0.0131
    parts: { storage: "13.10" },
  },
  {
    name: "Google Standard in São Paulo",
    source: "Google Cloud Billing Catalog of October 2026, in a public repository",
    offer: "gcs/southamerica-east1/standard",
    workload: simple({ storageGB: 100 }),
    // 100 × 720 h / 730 h × 0.035
    parts: { storage: "3.452" },
  },
  // ── unknown ──
  {
    name: "A class without a price in a region is unknown there",
    source: "issue: unknown is never cheapest",
    offer: "azure/germanywestcentral/hot/lrs",
    lacks: ["azure/germanywestcentral/hot-storage/lrs"],
    workload: simple({ storageGB: 1 }),
    total: null,
    parts: { storage: null },
  },
];
