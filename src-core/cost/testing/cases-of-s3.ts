/** Named cases of Amazon S3, with their sources and arithmetic. */
import { job, type NamedCase, simple } from "./named-case.ts";

const GIB = 2 ** 30;
const TIB = 2 ** 40;
const MIB = 2 ** 20;
const KIB = 2 ** 10;

export const S3_CASES: readonly NamedCase[] = [
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
  {
    name: "Frankfurt has a price of its own",
    source: "AWS Price List API of July 2026, two transcriptions",
    offer: "aws/eu-central-1/standard",
    workload: simple({ storageGB: 100 }),
    // 100 × 0.0245
    total: "2.45",
  },
  {
    name: "Frankfurt above 50 TB has a band of its own",
    source: "S3 pricing page of September 2024: 0.0235 from 50 TB to 500 TB",
    offer: "aws/eu-central-1/standard",
    workload: simple({ storageGB: 52_200 }),
    // 51,200 × 0.0245 + 1,000 × 0.0235
    total: "1277.90",
  },
  {
    name: "Where only the first band is known, what lies above 50 TB is unknown",
    source: "issue: unknown is never cheapest",
    offer: "aws/eu-central-1/standard",
    lacks: ["aws/eu-central-1/standard-storage above 51200"],
    workload: simple({ storageGB: 51_201 }),
    total: null,
    parts: { storage: null },
  },
  {
    name: "Network from Singapore is dearer than from Virginia",
    source: "AWS Price List API of July 2026",
    offer: "aws/ap-southeast-1/standard",
    workload: simple({ storageGB: 100, transferGB: 200 }),
    // 100 × 0.025 + (200 − 100) × 0.12
    total: "14.50",
  },
  {
    name: "Tokyo has prices of its own for every class, and bands",
    source: "AWS Pricing Calculator of 18 August 2026, in a public repository",
    offer: "aws/ap-northeast-1/standard",
    workload: simple({ storageGB: 51_300 }),
    // 51,200 × 0.025 + 100 × 0.024
    total: "1282.40",
  },
  {
    name: "Deep Archive in Frankfurt is dearer than in Virginia",
    source: "S3 pricing page of December 2022 (unconfirmed)",
    offer: "aws/eu-central-1/deep-archive",
    workload: simple({ storageGB: 1000 }),
    // 1,000 × 0.0018
    parts: { storage: "1.80" },
  },
];
