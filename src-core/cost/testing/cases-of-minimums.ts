/** Named cases of minimum days, retrieval apart from network, replication and the simple form, with their sources and arithmetic. */
import { job, type NamedCase, simple } from "./named-case.ts";

const GIB = 2 ** 30;
const WHOLE_IN_REGION = [{ label: "Check", amount: { share: 1 }, everyMonths: 1, to: "same-region" }];

export const MINIMUM_CASES: readonly NamedCase[] = [
  {
    name: "Glacier Instant, deleted after 30 days: 60 of 90 are owed",
    source: "S3 User Guide, storage classes: Glacier Instant Retrieval has 90 days; price list us-east-1",
    offer: "aws/us-east-1/glacier-ir",
    workload: simple({ storageGB: 1000 }),
    // 1,000 × 0.004 = 4; 60/30 × 4 = 8
    parts: { storage: "4.00", "early-deletion": "8.00" },
    total: "12.00",
  },
  {
    name: "Glacier Flexible, deleted after 45 days in the second month: 45 of 90 are owed",
    source: "S3 User Guide, storage classes: Glacier Flexible Retrieval has 90 days; price list us-east-1",
    offer: "aws/us-east-1/glacier",
    workload: simple({ storageGB: 1000, days: 45 }),
    // 1.5 × 3.60 = 5.40; 45/30 × 3.60 = 5.40
    parts: { storage: "5.40", "early-deletion": "5.40" },
    total: "10.80",
  },
  {
    name: "Glacier Instant read inside the region: retrieval and requests, no network",
    source: "S3 pricing, requests and data retrievals: 0.03/GB, GET 0.01 and PUT 0.02 per 1,000",
    offer: "aws/us-east-1/glacier-ir",
    workload: job({ initialBytes: 100 * GIB, reads: WHOLE_IN_REGION }),
    // 100 × 0.03 = 3; 100 × 0.02/1,000 + 100 × 0.01/1,000 = 0.003
    parts: { retrieval: "3.00", egress: "0.00", requests: "0.003" },
  },
  {
    name: "Azure Cool, deleted after 10 days: 20 of 30 are owed",
    source: "Microsoft Learn, access tiers: Cool has 30 days, early deletion is prorated; retail prices eastus",
    offer: "azure/eastus/cool/lrs",
    workload: simple({ storageGB: 1000, days: 10 }),
    // 10/30 × 15.20 = 5.0667; 20/30 × 15.20 = 10.1333
    parts: { storage: "5.0667", "early-deletion": "10.1333" },
    total: "15.20",
  },
  {
    name: "Azure Cold, deleted after 30 days: 60 of 90 are owed",
    source: "Microsoft Learn, access tiers: Cold has 90 days; retail prices eastus",
    offer: "azure/eastus/cold/lrs",
    workload: simple({ storageGB: 1000 }),
    // 3.60; 60/30 × 3.60 = 7.20
    parts: { storage: "3.60", "early-deletion": "7.20" },
    total: "10.80",
  },
  {
    name: "Coldline, deleted after 30 days: 60 of 90 are owed, by GiB-hours",
    source: "GCS pricing, early deletion; 0.000005479 per GiB-hour in us-central1",
    offer: "gcs/us-central1/coldline",
    workload: simple({ storageGB: 1000 }),
    // 720,000 × 0.000005479 = 3.94488; 1,440,000 × 0.000005479 = 7.88976
    parts: { storage: "3.94488", "early-deletion": "7.88976" },
    total: "11.83",
  },
  {
    name: "OCI Infrequent Access, deleted after 10 days: 21 of 31 are owed",
    source: "Oracle documentation, Object Storage tiers: Infrequent Access has 31 days",
    offer: "oci/us-ashburn-1/infrequent",
    workload: simple({ storageGB: 1000, days: 10 }),
    // 10/30 × 10 = 3.3333; 21/30 × 10 = 7
    parts: { storage: "3.3333", "early-deletion": "7.00" },
    total: "10.33",
  },
  {
    name: "A million requests of the simple form: 60 % reads, 30 % writes, 10 % lists",
    source: "S3 pricing, requests us-east-1: 0.0004, 0.005 and 0.005 per 1,000",
    offer: "aws/us-east-1/standard",
    workload: simple({ requests: 1_000_000 }),
    // 600 × 0.0004 = 0.24; 300 × 0.005 = 1.50; 100 × 0.005 = 0.50
    parts: { requests: "2.24" },
    total: "2.24",
  },
  {
    name: "B2: what leaves beyond three times the stored bytes costs a cent a GB",
    source: "Backblaze, transaction and egress pricing: free up to 3 times the average stored, then 0.01/GB",
    offer: "b2/us-west/b2",
    workload: simple({ storageGB: 1000, transferGB: 4000 }),
    // 990 × 6.95/1,000 = 6.8805; 1,000 × 0.01 = 10
    parts: { storage: "6.8805", egress: "10.00" },
    total: "16.88",
  },
];
