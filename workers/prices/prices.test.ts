import { describe, expect, test } from "vitest";
import { AWS_OFFERS, type AwsOffer, awsReadings } from "./aws.ts";
import { AzurePage, azureReadings } from "./azure.ts";
import { type JsonPart, jsonParts } from "./json-stream.ts";
import { OciList, ociReadings } from "./oci.ts";
import { AZURE_ITEMS, awsFile, inPieces, OCI_LIST, s3Rows, TRANSFER_ROWS } from "./testing/recorded.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");

describe("parts of a stream", () => {
  const all = async (text: string, size: number, wanted: (path: readonly string[]) => boolean) => {
    const parts: JsonPart[] = [];
    for await (const part of jsonParts(inPieces(text, size), "x.json", wanted)) parts.push(part);
    return parts;
  };
  const text = JSON.stringify({
    'a "b" \\': { deep: [{ x: "}]" }, { x: 'es"caped\\' }] },
    skip: { deep: { x: 1 } },
    list: [[1], { y: "[{" }],
  });

  test.each([1, 2, 3, 7, 1000])("are the same however the text is cut (%d)", async (size) => {
    const wanted = (path: readonly string[]) => path.at(-1) === "deep" || path.at(-1) === "[]";
    expect(await all(text, size, wanted)).toEqual([
      { path: ['a "b" \\', "deep"], value: [{ x: "}]" }, { x: 'es"caped\\' }] },
      { path: ["skip", "deep"], value: { x: 1 } },
      { path: ["list", "[]"], value: [1] },
      { path: ["list", "[]"], value: { y: "[{" } },
    ]);
  });

  test.each([
    ["a proxy's page", "<html>sign in</html>", /web page at offset 0/],
    ["nothing", "", /end comes too early/],
    ["half of it", text.slice(0, 40), /end comes too early/],
    ["brackets that do not fit", '{"a":[}', /brackets that do not fit at offset 6/],
    ["text", "hello", /no object/],
    ["an endless name", `{"${"a".repeat(5000)}":{}}`, /name is too long/],
    ["bottomless", `{"a":${"[".repeat(100)}`, /too deep/],
    ["a huge part", `{"a":{"b":"${"x".repeat(3 << 20)}"}}`, /part is too large/],
  ])("%s is refused", async (_, bad, message) => {
    await expect(all(bad, 4096, ([first]) => first === "a")).rejects.toMatchObject({
      code: "book.invalid",
      message: expect.stringMatching(message),
    });
  });
});

describe("AWS", () => {
  const read = async (offer: AwsOffer, region: string, file: string) =>
    new Map(
      (await awsReadings(inPieces(file, 997), offer, region, "USD", "file")).map(({ key, bands }) => [
        key,
        bands.map(({ upTo, price }) => [upTo, Number(price)]),
      ]),
    );

  test.each([
    ["us-east-1", ""],
    ["us-west-2", "USW2-"],
    ["eu-west-1", "EU-"],
  ])("%s: whole usage types, operations told apart, no Staging", async (region, prefix) => {
    const found = await read("AmazonS3", region, awsFile("AmazonS3", region, s3Rows(prefix)));
    expect(found.get("standard-storage")).toEqual([
      ["51200", 0.023],
      ["512000", 0.022],
      [null, 0.021],
    ]);
    expect(found.get("glacier-storage")).toEqual([[null, 0.0036]]);
    expect(found.get("deep-archive-storage")).toEqual([[null, 0.00099]]);
    expect(found.get("standard-put")).toEqual([[null, 0.005]]);
    expect(found.get("glacier-put")).toEqual([[null, 0.03]]);
    expect(found.get("glacier-standard-requests")).toEqual([[null, 0.05]]);
    expect(found.get("glacier-transition")).toEqual([[null, 0.03]]);
    expect(found.get("deep-archive-transition")).toEqual([[null, 0.055]]);
    expect(found.get("standard-ia-transition")).toEqual([[null, 0.01]]);
    expect(found.get("onezone-ia-transition")).toEqual([[null, 0.011]]);
    expect(found.get("glacier-ir-transition")).toEqual([[null, 0.02]]);
    expect(found.get("glacier-expedited-bytes")).toEqual([[null, 0.03]]);
    expect(found.get("glacier-expedited-requests")).toEqual([[null, 10]]);
    expect(found.get("deep-archive-bulk-bytes")).toEqual([[null, 0.0025]]);
    expect(found.get("deep-archive-standard-bytes")).toEqual([[null, 0.02]]);
    expect(found.get("monitoring")).toEqual([[null, 0.0025]]);
    // What is ambiguous or has a gap is left as it was.
    expect(found.has("standard-ia-put")).toBe(false);
    expect(found.has("standard-ia-retrieval")).toBe(false);
  });

  test("network goes to the internet only; another region's rows and another currency are none", async () => {
    const file = awsFile("AWSDataTransfer", "us-west-2", TRANSFER_ROWS("USW2-", "us-west-2"));
    expect((await read("AWSDataTransfer", "us-west-2", file)).get("internet")?.[0]).toEqual(["10240", 0.09]);
    expect((await read("AWSDataTransfer", "us-east-1", file)).size).toBe(0);
    const s3 = awsFile("AmazonS3", "us-east-1", s3Rows(""));
    expect(await awsReadings(inPieces(s3, 500), "AmazonS3", "us-east-1", "CNY", "file")).toEqual([]);
  });

  test("Glacier's own files price what is theirs, not Standard", async () => {
    const file = awsFile("AmazonGlacier", "us-east-1", [
      { usagetype: "TimedStorage-ByteHrs", bands: [["0", "Inf", "0.0036"]] },
    ]);
    expect((await read("AmazonGlacier", "us-east-1", file)).size).toBe(0);
    const deep = awsFile("AmazonS3GlacierDeepArchive", "us-east-1", [
      { usagetype: "Requests-GDA-Tier1", operation: "PostObject", bands: [["0", "Inf", "0.00005"]] },
    ]);
    expect((await read("AmazonS3GlacierDeepArchive", "us-east-1", deep)).get("deep-archive-put")).toEqual([
      [null, 0.05],
    ]);
    expect(AWS_OFFERS).toContain("AmazonGlacier");
  });
});

test("Azure: one product, whole names, prices of today", () => {
  const { Items } = AzurePage.parse({ Items: AZURE_ITEMS, NextPageLink: null });
  const found = new Map(azureReadings(Items, "eastus", "USD", NOW).map(({ key, bands }) => [key, bands]));
  expect(
    Object.fromEntries([...found].map(([key, bands]) => [key, bands.map(({ price }) => price).join(" ")])),
  ).toEqual({
    "hot-storage/lrs": "0.0208 0.019968 0.019136",
    "hot-storage/ra-grs": "0.0589",
    "cool-storage/lrs": "0.0152",
    "cold-storage/lrs": "0.0036",
    "archive-storage/lrs": "0.00099",
    "hot-write/lrs": "0.05",
    "hot-write/grs": "0.1",
    "hot-write/ra-grs": "0.11",
    "geo-replication": "0.02",
    "cool-list/lrs": "0.05",
    "hot-read": "0.004",
    "archive-read": "5",
    "archive-priority-read": "50",
    "archive-retrieval": "0.02",
    "archive-priority-retrieval": "0.1",
  });
  expect(found.get("hot-storage/lrs")?.map(({ upTo }) => upTo)).toEqual(["51200", "512000", null]);
});

test("Oracle: parts by number, the price of paying as one goes, the free allowance first", () => {
  expect(ociReadings(OciList.parse(OCI_LIST), "USD")).toEqual([
    { region: null, key: "standard-storage", bands: [{ upTo: null, price: "0.0255" }] },
    {
      region: null,
      key: "internet",
      bands: [
        { upTo: "10240", price: "0" },
        { upTo: null, price: "0.0085" },
      ],
    },
    { region: null, key: "infrequent-storage", bands: [{ upTo: null, price: "0.01" }] },
    { region: null, key: "archive-storage", bands: [{ upTo: null, price: "0.0026" }] },
  ]);
});
