import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pricesFolder, SHIPPED_BOOK } from "../files/prices-folder.ts";
import { startTestApp, type TestApp } from "./testing/test-app.ts";

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.stop());

const offer = { provider: "aws", region: "us-east-1", class: "standard" };
const simple = { kind: "simple", storageGB: 1000, transferGB: 0, requests: 0, days: 30 };
const job = {
  kind: "job",
  start: null,
  months: 12,
  initialBytes: 2 ** 40,
  changeBytesPerDay: 2 ** 33,
  retention: { daily: 7, weekly: 4, monthly: 12, yearly: 0 },
  objectBytes: 2 ** 30,
  partBytes: 2 ** 26,
};
const post = (path: string, body: unknown) => test.api(`/api/v1/cost/${path}`, { method: "POST", body });
const ask = async (path: string, body: unknown) => {
  const answer = await post(path, body);
  expect(answer.text.slice(0, 400)).not.toMatch(/"defined":true|"code"/);
  return JSON.parse(answer.text);
};
const book = () => JSON.parse(readFileSync(join(pricesFolder(), SHIPPED_BOOK), "utf8"));

describe("questions", () => {
  it("estimate, and the same row in a comparison", async () => {
    const estimate = await ask("estimate", { workload: simple, offer });
    expect(estimate).toMatchObject({ total: "23", currency: "USD" });
    const { rows } = await ask("compare", { workload: simple });
    expect(
      rows.find((row: { offer: object }) => JSON.stringify(row.offer) === JSON.stringify(estimate.offer)),
    ).toMatchObject({
      total: "23",
      temperature: "hot",
      minimumDays: 0,
    });
    const near = await ask("compare", { workload: simple, needs: { providers: ["aws"], maximumWaitHours: 0 } });
    expect(near.rows.every((row: { offer: { provider: string } }) => row.offer.provider === "aws")).toBe(true);
    expect(near.rows.some((row: { offer: { class: string } }) => row.offer.class === "deep-archive")).toBe(false);
  });

  it("project, quote, check, recommend, lifecycle, what-if, carbon", async () => {
    const deep = { ...offer, class: "deep-archive" };
    const projection = await ask("project", { workload: job, offers: [offer, deep] });
    expect(projection.offers.map(({ monthly }: { monthly: unknown[] }) => monthly.length)).toEqual([12, 12]);
    const quote = await ask("quote", { offer: deep, restore: { bytes: 2 ** 40, speed: "bulk" } });
    expect(quote).toMatchObject({ speed: "bulk", currency: "USD" });
    expect(quote.steps.length).toBeGreaterThan(2);
    expect(await ask("check", { workload: job, offer: deep })).toMatchObject({ ok: false, minimumDays: 180 });
    const { best } = await ask("recommend", { workload: job, needs: { regions: ["us-east-1"], providers: ["aws"] } });
    expect(best.total).toMatch(/^\d/);
    expect((await ask("lifecycle", { offer: deep, ask: { moveAfterDays: 30 } })).rules.Rules).toHaveLength(1);
    expect((await ask("what-if", { workload: job, offer })).class.length).toBeGreaterThan(3);
    expect((await ask("carbon", { workload: job, offer })).totalKg).toMatch(/^\d/);
  });

  it("a book in the request decides alone", async () => {
    const dear = book();
    dear.providers[0].regions[0].prices["standard-storage"].bands[0].price = "0.5";
    expect((await ask("estimate", { workload: simple, offer, book: dear })).total).toBe("500");
  });

  it.each([
    ["a negative size", { workload: { ...simple, storageGB: -1 }, offer }],
    ["no number", { workload: { ...simple, storageGB: "much" }, offer }],
    ["an absurd number", { workload: { ...simple, storageGB: 1e300 }, offer }],
    ["an unknown region", { workload: simple, offer: { ...offer, region: "mars-1" } }],
    ["an unknown class", { workload: simple, offer: { ...offer, class: "lukewarm" } }],
    ["a book that is none", { workload: simple, offer, book: {} }],
  ])("%s is refused", async (_, body) => {
    expect(await post("estimate", body)).toMatchObject({ status: 400, code: "request.invalid" });
  });
});

describe("the user's own terms", () => {
  it("are on top of the book, and refused where they name what it does not know", async () => {
    const put = (body: unknown) => test.api("/api/v1/cost/overrides", { method: "PUT", body });
    const discount = { provider: "aws", percent: 50, note: "contract" };
    expect((await put({ discounts: [discount] })).status).toBe(200);
    expect((await ask("estimate", { workload: simple, offer })).total).toBe("11.5");
    expect(await put({ discounts: [{ ...discount, region: "mars-1" }] })).toMatchObject({ code: "request.invalid" });
    await test.restart();
    expect((await ask("estimate", { workload: simple, offer })).total).toBe("11.5");
    expect((await put({})).status).toBe(200);
  });
});

describe("the book", () => {
  const info = async () => JSON.parse((await test.api("/api/v1/cost/book")).text);
  const file = (name: string, content: unknown) => {
    const path = join(test.folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };

  it("the shipped one is signed, and says what it knows", async () => {
    const shipped = await info();
    expect(shipped).toMatchObject({ origin: "shipped", signature: { state: "good" }, refused: null, stale: false });
    const aws = shipped.providers.find(({ id }: { id: string }) => id === "aws");
    expect(aws.regions.length).toBeGreaterThanOrEqual(12);
  });

  it("refuses what is broken, keeps the good one, and remembers why", async () => {
    const { serial } = await info();
    const next = { ...book(), serial: serial + 1 };
    const take = (path: string, unsigned = false) => post("book/import", { path, unsigned });
    expect(await take(file("unsigned.json", next))).toMatchObject({ status: 422, code: "book.signature" });
    expect((await take(file("older.json", { ...next, serial: 1 }), true)).text).toMatch(/serial 1 is not above/);
    const proxy = await take(file("proxy.json", "<html><title>Sign in</title></html>"), true);
    expect(proxy).toMatchObject({ code: "book.invalid", text: expect.stringContaining("web page") });
    expect((await take(file("half.json", JSON.stringify(next, null, 2).slice(0, 5000)), true)).text).toMatch(
      /line \d+, column/,
    );
    const gap = structuredClone(next);
    gap.providers[0].classes.pop();
    expect((await take(file("gap.json", gap), true)).text).toMatch(/Deep Archive is missing/);
    expect((await take(file("huge.json", " ".repeat(100 * 2 ** 20)), true)).text).toMatch(/at most/);
    // Signed by a stranger who calls the key like ours.
    const { privateKey } = generateKeyPairSync("ed25519");
    const forged = file("forged.json", next);
    const signature = sign(null, readFileSync(forged), privateKey).toString("base64");
    file("forged.json.sig", { algorithm: "Ed25519", key: "2026-1", signature });
    expect(await take(forged)).toMatchObject({ code: "book.signature" });
    expect(await info()).toMatchObject({ serial, origin: "shipped", refused: { origin: "imported" } });
  });

  it("takes a newer one, tells what got dearer, and has it after a restart", async () => {
    const { serial } = await info();
    const next = { ...book(), serial: serial + 1 };
    next.providers[0].regions[0].prices["standard-storage"].bands[0].price = "0.03";
    const path = file("next.json", next);
    expect((await post("book/import", { path, unsigned: true })).status).toBe(200);
    await test.restart();
    expect(await info()).toMatchObject({
      serial: serial + 1,
      origin: "imported",
      signature: { state: "none" },
      previousSerial: serial,
      refused: null,
    });
    expect((await ask("estimate", { workload: simple, offer })).total).toBe("30");
    const { changes } = await ask("book/diff", {});
    expect(changes).toMatchObject([{ path: "aws/us-east-1/standard-storage", kind: "dearer", percent: "30.4" }]);
  });
});
