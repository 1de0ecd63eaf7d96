import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  AZURE_ITEMS,
  AZURE_REDUNDANT_ITEMS,
  awsFile,
  azureItem,
  OCI_LIST,
  s3Rows,
  TRANSFER_ROWS,
} from "../../workers/prices/testing/recorded.ts";
import { pricesFolder } from "../files/prices-folder.ts";
import { runChecked } from "../jobs/checked-thread.ts";
import { createCost } from "./cost.ts";
import { createPriceBooks } from "./price-books.ts";

const NOW = Date.parse("2026-12-15T12:00:00Z");

let folder: string;
let server: Server;
let url: string;
let answer: (path: string) => { status?: number; body: string; gzip?: boolean };
let asked: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hypersdk-refresh-"));
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { status = 200, body, gzip = false } = answer(request.url ?? "");
    response.writeHead(status, { "content-type": "application/json", ...(gzip ? { "content-encoding": "gzip" } : {}) });
    response.end(gzip ? gzipSync(body) : body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function service() {
  const warn = () => {};
  const books = createPriceBooks({ dataFolder: folder, pricesFolder: pricesFolder(), now: () => NOW, warn });
  const priceServers = { aws: url, azure: url, oci: url };
  return createCost({ books, dataFolder: folder, runTask: runChecked, priceServers, now: () => NOW });
}

/** Regions whose prices are those of the recorded file, more or less. */
const PREFIXES: Record<string, string> = { "us-east-1": "", "us-west-2": "USW2-", "eu-west-1": "EU-" };

/** AWS as documented, in some regions; Azure in two pages; Oracle. */
function real(path: string) {
  const [, offer = "", region = ""] = /aws\/(\w+)\/current\/([\w-]+)\//.exec(path) ?? [];
  if (offer !== "") {
    const prefix = PREFIXES[region];
    if (prefix === undefined) return { status: 404, body: "" };
    const rows =
      offer === "AWSDataTransfer" ? TRANSFER_ROWS(prefix, region) : offer === "AmazonS3" ? s3Rows(prefix) : [];
    return { body: awsFile(offer, region, rows), gzip: true };
  }
  if (path.startsWith("/pls/")) return { body: JSON.stringify(OCI_LIST) };
  if (!path.includes("eastus%27") && !path.includes("page=2"))
    return { body: JSON.stringify({ Items: [], NextPageLink: null }) };
  const half = path.includes("page=2") ? [...AZURE_ITEMS.slice(8), ...AZURE_REDUNDANT_ITEMS] : AZURE_ITEMS.slice(0, 8);
  return { body: JSON.stringify({ Items: half, NextPageLink: path.includes("page=2") ? null : `${url}/more?page=2` }) };
}

describe("a refresh", () => {
  test("takes what the lists say, keeps the rest with its own source, and knows it after a restart", async () => {
    answer = real;
    const cost = service();
    const before = cost.document();
    const info = await cost.refresh(["aws", "azure", "oci"]);
    expect(info).toMatchObject({
      origin: "refreshed",
      previousSerial: before.serial,
      serial: 2026121501,
      refused: null,
    });
    const after = service().document();
    const aws = after.providers.find(({ id }) => id === "aws");
    const oregon = aws?.regions.find(({ id }) => id === "us-west-2")?.prices ?? {};
    // The account's free 100 GB are in no list: the book's own first band stays.
    expect(oregon.internet?.bands[0]).toEqual({ upTo: "100", price: "0" });
    expect(oregon["deep-archive-storage"]?.bands).toEqual([{ upTo: null, price: "0.00099" }]);
    expect(after.sources.find(({ id }) => id === oregon["deep-archive-storage"]?.source)).toMatchObject({
      kind: "api",
      readAt: "2026-12-15",
    });
    const virginia = aws?.regions.find(({ id }) => id === "us-east-1")?.prices ?? {};
    expect(virginia["standard-ia-put"]?.source).toBe("aws-us-east-1-2026");
    expect(asked.filter((path) => path.includes("page=2"))).toHaveLength(1);
    // A region that was unknown can be estimated now.
    const offer = { provider: "aws", region: "us-west-2", class: "deep-archive" };
    const workload = {
      kind: "simple" as const,
      storageGB: 1000,
      transferGB: 0,
      requests: 0,
      days: 180,
      start: null,
      account: { storedBytes: 0, internetBytesPerMonth: 0 },
    };
    const { answer: estimate } = await cost.ask("estimate", {
      workload,
      offer,
      terms: { speed: null, bitsPerSecond: null },
    });
    expect(estimate.parts.storage).toBe("5.94");
  });

  const refused: [string, (path: string) => ReturnType<typeof answer>, RegExp][] = [
    [
      "a class that is gone",
      (path) => ({
        ...real(path),
        body: real(path).body.replaceAll("TimedStorage-SIA-ByteHrs", "TimedStorage-New-ByteHrs"),
      }),
      /Standard-IA in .* is not in the price list any more/,
    ],
    [
      "a warmer class that is cheaper",
      (path) => ({
        ...real(path),
        body: real(path).body.replaceAll("0.0036000000", "0.0240000000").replaceAll("0.0040000000", "0.0001000000"),
      }),
      /is cheaper than/,
    ],
    [
      "a price that moved by more than half",
      (path) => ({ ...real(path), body: real(path).body.replaceAll('"0.0125000000"', '"0.0190000000"') }),
      /standard-ia-storage moved by 52.0 %/,
    ],
    ["a proxy's page", () => ({ body: "<html><title>Sign in</title></html>" }), /web page/],
    ["half an answer", (path) => ({ body: real(path).body.slice(0, 700) }), /end comes too early|cannot be read/],
    ["a server in trouble", () => ({ status: 503, body: "" }), /status 503/],
    ["an empty list", (path) => ({ body: awsFile("AmazonS3", path, []) }), /Nothing was found/],
  ];
  test.each(refused)("%s is refused, and the last good book stays", async (_, bad, message) => {
    answer = bad;
    const cost = service();
    const { serial } = cost.info();
    await expect(cost.refresh(["aws"])).rejects.toMatchObject({ message: expect.stringMatching(message) });
    expect(cost.info()).toMatchObject({ serial, origin: "shipped", refused: { origin: "refreshed" } });
    expect(service().info()).toMatchObject({ serial, refused: { reasons: [expect.stringMatching(message)] } });
  });

  test("a region that AWS has no file of keeps its prices; where a class goes missing the book is refused", async () => {
    const gone = { status: 404, body: "" };
    answer = (path) => (Object.keys(PREFIXES).some((region) => path.includes(`/${region}/`)) ? real(path) : gone);
    const cost = service();
    const frankfurt = () =>
      cost.document().providers.flatMap(({ regions }) => regions.filter(({ id }) => id === "eu-central-1"))[0]?.prices;
    const before = frankfurt();
    expect(await cost.refresh(["aws"])).toMatchObject({ origin: "refreshed" });
    expect(frankfurt()).toEqual(before);
    answer = (path) => (path.includes("/AmazonS3/current/us-east-1/") ? gone : real(path));
    await expect(cost.refresh(["aws"])).rejects.toMatchObject({ code: "book.refused" });
  });

  test("Azure's next page at another host is not followed", async () => {
    answer = () => ({
      body: JSON.stringify({
        Items: [azureItem("Hot LRS Write Operations", 0.05)],
        NextPageLink: "http://127.0.0.2:9/x",
      }),
    });
    await expect(service().refresh(["azure"])).rejects.toMatchObject({
      code: "book.invalid",
      message: expect.stringMatching(/another host/),
    });
  });
});
