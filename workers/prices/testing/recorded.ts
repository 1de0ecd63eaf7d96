/** Answers of the shape that the providers document, written by hand, with the traps of real lists in them. */

interface AwsRow {
  readonly usagetype: string;
  readonly operation?: string;
  /** Of each band: begin, end, USD. */
  readonly bands: readonly (readonly [string, string, string])[];
  readonly attributes?: Record<string, string>;
}

/** A file of AWS's bulk list. */
export function awsFile(offerCode: string, region: string, rows: readonly AwsRow[]): string {
  const products: Record<string, unknown> = {};
  const onDemand: Record<string, unknown> = {};
  for (const [at, { usagetype, operation = "", bands, attributes = {} }] of rows.entries()) {
    const sku = `SKU${at}`;
    products[sku] = {
      sku,
      productFamily: "Storage",
      attributes: {
        servicecode: offerCode,
        regionCode: region,
        usagetype,
        operation,
        note: 'a "quoted" } brace',
        ...attributes,
      },
    };
    const rates = bands.map(([beginRange, endRange, usd], band) => [
      `${sku}.JRTCKXETXF.R${band}`,
      {
        rateCode: `R${band}`,
        description: "…",
        beginRange,
        endRange,
        unit: "GB-Mo",
        pricePerUnit: { USD: usd },
        appliesTo: [],
      },
    ]);
    onDemand[sku] = {
      [`${sku}.JRTCKXETXF`]: {
        offerTermCode: "JRTCKXETXF",
        sku,
        effectiveDate: "2026-11-01T00:00:00Z",
        priceDimensions: Object.fromEntries(rates),
        termAttributes: {},
      },
    };
  }
  return JSON.stringify({
    formatVersion: "v1.0",
    disclaimer: "This pricing list is for informational purposes only.",
    offerCode,
    version: "20261120000000",
    publicationDate: "2026-11-20T00:00:00Z",
    products,
    terms: { OnDemand: onDemand, Reserved: { SKU0: { x: { sku: "SKU0", priceDimensions: {} } } } },
  });
}

const one = (usd: string) => [["0", "Inf", usd]] as const;

/** S3 in a region whose usage types have that prefix. */
export function s3Rows(prefix: string): AwsRow[] {
  return [
    // What ends like Standard storage and is another thing.
    { usagetype: `${prefix}Tables-TimedStorage-ByteHrs`, bands: one("0.0265") },
    {
      usagetype: `${prefix}TimedStorage-ByteHrs`,
      bands: [
        ["512000", "Inf", "0.0210000000"],
        ["0", "51200", "0.0230000000"],
        ["51200", "512000", "0.0220000000"],
      ],
    },
    // The same usage type, and another operation.
    { usagetype: `${prefix}TimedStorage-ByteHrs`, operation: "INTAAS3ObjectOverhead", bands: one("0.0241500000") },
    { usagetype: `${prefix}TimedStorage-INT-FA-ByteHrs`, bands: one("0.0230000000") },
    { usagetype: `${prefix}TimedStorage-SIA-ByteHrs`, bands: one("0.0125000000") },
    { usagetype: `${prefix}TimedStorage-ZIA-ByteHrs`, bands: one("0.0100000000") },
    { usagetype: `${prefix}TimedStorage-GIR-ByteHrs`, bands: one("0.0040000000") },
    { usagetype: `${prefix}TimedStorage-GlacierByteHrs`, bands: one("0.0036000000") },
    { usagetype: `${prefix}TimedStorage-GlacierStaging`, bands: one("0.0210000000") },
    { usagetype: `${prefix}TimedStorage-GDA-ByteHrs`, bands: one("0.0009900000") },
    { usagetype: `${prefix}TimedStorage-GDA-Staging`, bands: one("0.0210000000") },
    { usagetype: `${prefix}Requests-Tier1`, operation: "PutObject", bands: one("0.0000050000") },
    { usagetype: `${prefix}Requests-Tier1`, operation: "ListBucket", bands: one("0.0000050000") },
    { usagetype: `${prefix}Requests-Tier2`, bands: one("0.0000004000") },
    { usagetype: `${prefix}Requests-GLACIER-Tier1`, operation: "PutObject", bands: one("0.0000300000") },
    { usagetype: `${prefix}Requests-GLACIER-Tier1`, operation: "UploadPart", bands: one("0.0000050000") },
    { usagetype: `${prefix}Requests-Tier3`, operation: "RestoreObject", bands: one("0.0000500000") },
    { usagetype: `${prefix}Requests-Tier3`, operation: "S3-GlacierTransition", bands: one("0.0000300000") },
    { usagetype: `${prefix}Requests-Tier3`, operation: "S3-GDATransition", bands: one("0.0000550000") },
    { usagetype: `${prefix}Requests-Tier4`, operation: "S3-SIATransition", bands: one("0.0000100000") },
    { usagetype: `${prefix}Requests-Tier4`, operation: "S3-ZIATransition", bands: one("0.0000110000") },
    { usagetype: `${prefix}Requests-Tier4`, operation: "S3-GIRTransition", bands: one("0.0000200000") },
    { usagetype: `${prefix}Requests-Tier6`, bands: one("0.0100000000") },
    { usagetype: `${prefix}Expedited-Retrieval-Bytes`, bands: one("0.0300000000") },
    // Of Intelligent-Tiering's archive, at another price.
    { usagetype: `${prefix}Expedited-Retrieval-Bytes`, operation: "IntAARestoreObject", bands: one("0.0330000000") },
    { usagetype: `${prefix}Bulk-Retrieval-Bytes`, operation: "RestoreObject", bands: one("0.0000000000") },
    { usagetype: `${prefix}Bulk-Retrieval-Bytes`, operation: "DeepArchiveRestoreObject", bands: one("0.0025000000") },
    // Two prices, and nothing that tells which counts: none is taken.
    { usagetype: `${prefix}Requests-SIA-Tier1`, operation: "PutObject", bands: one("0.0000100000") },
    { usagetype: `${prefix}Requests-SIA-Tier1`, operation: "Other", bands: one("0.0000200000") },
    { usagetype: `${prefix}Standard-Retrieval-Bytes`, operation: "RestoreObject", bands: one("0.0100000000") },
    {
      usagetype: `${prefix}Standard-Retrieval-Bytes`,
      operation: "DeepArchiveRestoreObject",
      bands: one("0.0200000000"),
    },
    // A gap between bands.
    {
      usagetype: `${prefix}Retrieval-SIA`,
      bands: [
        ["0", "10", "0.01"],
        ["20", "Inf", "0.01"],
      ],
    },
    { usagetype: `${prefix}Monitoring-Automation-INT`, bands: one("0.0000025000") },
  ];
}

export const TRANSFER_ROWS = (prefix: string, region: string): AwsRow[] => [
  {
    usagetype: `${prefix}DataTransfer-Out-Bytes`,
    attributes: { fromRegionCode: region, toLocation: "External" },
    bands: [
      ["0", "10240", "0.0900000000"],
      ["10240", "51200", "0.0850000000"],
      ["51200", "153600", "0.0700000000"],
      ["153600", "Inf", "0.0500000000"],
    ],
  },
  {
    usagetype: `${prefix}USE2-AWS-Out-Bytes`,
    attributes: { fromRegionCode: region, toLocation: "US East (Ohio)" },
    bands: one("0.01"),
  },
];

/** An item of Azure's pages. */
export function azureItem(meterName: string, retailPrice: number, more: Record<string, unknown> = {}) {
  return {
    currencyCode: "USD",
    tierMinimumUnits: 0,
    retailPrice,
    unitPrice: retailPrice,
    armRegionName: "eastus",
    location: "US East",
    effectiveStartDate: "2026-02-01T00:00:00Z",
    meterId: "00000000-0000-0000-0000-000000000000",
    meterName,
    productName: "General Block Blob v2",
    skuName: meterName.split(" ").slice(0, 2).join(" "),
    serviceName: "Storage",
    serviceFamily: "Storage",
    unitOfMeasure: /Operations$/.test(meterName) ? "10K" : /Retrieval$/.test(meterName) ? "1 GB" : "1 GB/Month",
    type: "Consumption",
    isPrimaryMeterRegion: true,
    armSkuName: "",
    ...more,
  };
}

/** What Azure's pages say of eastus, look-alikes among it. */
export const AZURE_ITEMS = [
  // Hot LRS lies under Blob Storage only, in three bands.
  azureItem("Hot LRS Data Stored", 0.019968, { productName: "Blob Storage", tierMinimumUnits: 51_200 }),
  azureItem("Hot LRS Data Stored", 0.0208, { productName: "Blob Storage" }),
  azureItem("Hot LRS Data Stored", 0.019136, { productName: "Blob Storage", tierMinimumUnits: 512_000 }),
  azureItem("Hot LRS Data Stored", 0.0255, { productName: "Files v2" }),
  azureItem("Cool LRS Data Stored", 0.0152),
  azureItem("Cool LRS Data Stored", 0.0177, { productName: "General Block Blob v2 Hierarchical Namespace" }),
  azureItem("Cool LRS Data Stored", 0.01, { productName: "Blob Storage" }),
  azureItem("Cool LRS Data Stored", 0.001, { effectiveStartDate: "2030-01-01T00:00:00Z" }),
  azureItem("Cool LRS Data Stored", 0.002, { type: "Reservation" }),
  azureItem("Cold LRS Data Stored", 0.0036),
  azureItem("Cold LRS Data Stored", 0.0099, { isPrimaryMeterRegion: false }),
  azureItem("Cold LRS Data Stored", 0.5, { armRegionName: "eastus2" }),
  // A meter shared with Blob Storage, which is primary there alone.
  azureItem("Hot RA-GRS Data Stored", 0.0589, { isPrimaryMeterRegion: false }),
  azureItem("Hot RA-GRS Data Stored", 0.0589, { productName: "Blob Storage" }),
  azureItem("Archive LRS Data Stored", 0.00099),
  azureItem("Hot LRS Write Operations", 0.05),
  // One meter for both.
  azureItem("Hot GRS Write Operations", 0.1, { skuName: "Hot GRS" }),
  azureItem("Hot GRS Write Operations", 0.11, { skuName: "Hot RA-GRS" }),
  azureItem("Geo-Replication v2 Data Transfer", 0.02, {
    productName: "Storage - Bandwidth",
    skuName: "Geo-Replication v2",
    unitOfMeasure: "1 GB",
  }),
  azureItem("Geo-Replication Data Transfer", 0, { productName: "Storage - Bandwidth", unitOfMeasure: "1 GB" }),
  azureItem("LRS List and Create Container Operations", 0.05, { skuName: "Cool LRS", unitOfMeasure: "10K" }),
  azureItem("GRS List and Create Container Operations", 0.1, { skuName: "Hierarchical GRS", unitOfMeasure: "10K" }),
  azureItem("Hot Read Operations", 0.004),
  azureItem("Archive Read Operations", 5),
  azureItem("Archive Priority Read Operations", 50),
  azureItem("Archive Data Retrieval", 0.02),
  azureItem("Archive Priority Data Retrieval", 0.1),
  azureItem("Cold Data Retrieval", 0.03, { unitOfMeasure: "1 TB" }),
];

/** What the same pages say of storage in the other redundancies. */
export const AZURE_REDUNDANT_ITEMS = [
  ...hotItems("ZRS", 0.026, 0.024_96, 0.023_92),
  ...hotItems("GRS", 0.0458, 0.043_968, 0.042_136),
  ...hotItems("RA-GRS", 0.0589, 0.056_544, 0.054_188),
  ...hotItems("GZRS", 0.0468, 0.044_928, 0.043_056),
  ...hotItems("RA-GZRS", 0.0585, 0.056_16, 0.053_82),
  azureItem("Cool ZRS Data Stored", 0.019),
  azureItem("Cool GRS Data Stored", 0.0334),
  azureItem("Cool RA-GRS Data Stored", 0.0425),
  azureItem("Cool GZRS Data Stored", 0.0342),
  azureItem("Cool RA-GZRS Data Stored", 0.042_75),
  azureItem("Cold ZRS Data Stored", 0.004),
  azureItem("Cold GRS Data Stored", 0.0081),
  azureItem("Cold RA-GRS Data Stored", 0.0101),
  azureItem("Cold GZRS Data Stored", 0.0085),
  azureItem("Cold RA-GZRS Data Stored", 0.0106),
  azureItem("Archive GRS Data Stored", 0.002_99),
  azureItem("Archive RA-GRS Data Stored", 0.002_99),
];

/** Hot storage in its three bands. */
function hotItems(redundancy: string, ...prices: readonly number[]) {
  return prices.map((price, at) =>
    azureItem(`Hot ${redundancy} Data Stored`, price, { tierMinimumUnits: [0, 51_200, 512_000][at] }),
  );
}

/** Oracle's list. */
export const OCI_LIST = {
  items: [
    {
      partNumber: "B91628",
      displayName: "Object Storage - Storage",
      metricName: "Gigabyte Storage Capacity per Month",
      currencyCodeLocalizations: [
        { currencyCode: "EUR", prices: [{ model: "PAY_AS_YOU_GO", value: 0.02 }] },
        {
          currencyCode: "USD",
          prices: [
            { model: "MONTHLY_COMMIT", value: 0.01 },
            { model: "PAY_AS_YOU_GO", value: 0.0255 },
          ],
        },
      ],
    },
    {
      partNumber: "B88327",
      currencyCodeLocalizations: [
        {
          currencyCode: "USD",
          prices: [
            { model: "PAY_AS_YOU_GO", value: 0, rangeMin: 0, rangeMax: 10_240, rangeUnit: "GB" },
            { model: "PAY_AS_YOU_GO", value: 0.0085, rangeMin: 10_240, rangeMax: 999_999_999_999, rangeUnit: "GB" },
          ],
        },
      ],
    },
    { partNumber: "B00001", displayName: "Something else", currencyCodeLocalizations: [] },
    {
      partNumber: "B93000",
      currencyCodeLocalizations: [{ currencyCode: "USD", prices: [{ model: "PAY_AS_YOU_GO", value: 0.01 }] }],
    },
    {
      partNumber: "B91633",
      currencyCodeLocalizations: [{ currencyCode: "USD", prices: [{ model: "PAY_AS_YOU_GO", value: 0.0026 }] }],
    },
    // Only in another currency.
    {
      partNumber: "B91627",
      currencyCodeLocalizations: [{ currencyCode: "EUR", prices: [{ model: "PAY_AS_YOU_GO", value: 9 }] }],
    },
  ],
};

/** As it comes through a line: cut anywhere. */
export async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}
