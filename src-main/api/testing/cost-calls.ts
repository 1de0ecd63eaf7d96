/** Every call about cost, by a client of any transport, on a disk inside of a library. */
import type { ContractRouterClient } from "@orpc/contract";
import { expect } from "vitest";
import type { Contract } from "../../../src-core/contract/contract.ts";

/** @param failure what a refused call failed with, as this client sees it */
export async function callCost(
  { cost }: ContractRouterClient<Contract>,
  disk: string,
  failure: (call: Promise<unknown>) => Promise<{ code: string; status: number; data: { details?: object } }>,
): Promise<void> {
  const offer = { provider: "aws", region: "us-east-1", class: "standard" };
  const deep = { ...offer, class: "deep-archive" };
  const simple = { kind: "simple" as const, storageGB: 1000, transferGB: 0, requests: 0, days: 30 };
  const job = {
    kind: "job" as const,
    start: null,
    months: 12,
    initialBytes: 2 ** 40,
    changeBytesPerDay: 2 ** 33,
    retention: { daily: 7, weekly: 4, monthly: 12, yearly: 0 },
    objectBytes: 2 ** 30,
    partBytes: 2 ** 26,
  };
  const estimate = { workload: simple, offer };
  expect(await cost.estimate(estimate)).toMatchObject({ total: "23", currency: "USD" });
  expect(await failure(cost.estimate({ ...estimate, offer: { ...offer, region: "mars-1" } }))).toMatchObject({
    code: "request.invalid",
    status: 400,
  });
  expect((await cost.compare({ workload: simple, needs: { providers: ["aws"] } })).rows).toContainEqual(
    expect.objectContaining({ offer: expect.objectContaining(offer), total: "23" }),
  );
  expect((await cost.project({ workload: job, offers: [offer, deep] })).offers).toHaveLength(2);
  expect(await cost.quote({ offer: deep, restore: { bytes: 2 ** 40, speed: "bulk" } })).toMatchObject({
    speed: "bulk",
  });
  expect(await cost.check({ workload: job, offer: deep })).toMatchObject({ ok: false, minimumDays: 180 });
  const needs = { providers: ["aws"], regions: ["us-east-1"] };
  expect((await cost.recommend({ workload: job, needs })).best?.total).toMatch(/^\d/);
  expect((await cost.lifecycle({ offer: deep, ask: { moveAfterDays: 30 } })).rules).toHaveProperty("Rules");
  expect((await cost.whatIf({ workload: job, offer })).class.length).toBeGreaterThan(3);
  expect((await cost.carbon({ workload: job, offer })).totalKg).toMatch(/^\d/);

  const sizes = [];
  for await (const size of await cost.size({ path: disk, format: "qcow2" })) sizes.push(size);
  expect(sizes.at(-1)).toMatchObject({ state: "exact", target: { format: "qcow2" } });
  expect((await cost.sizeHistory()).rows.length).toBeGreaterThanOrEqual(0);

  const { serial } = await cost.book();
  const document = await cost.bookDocument();
  expect(document.serial).toBe(serial);
  expect(await cost.bookDiff({ before: document, after: document })).toMatchObject({
    before: { serial },
    after: { serial },
    changes: [],
  });
  expect(await failure(cost.importBook({ path: disk, unsigned: true }))).toMatchObject({
    code: "book.invalid",
    status: 422,
  });
  // What it reads is the subject of other tests, against servers of their own: here, that the call passes.
  expect(await failure(cost.refresh({ providers: [] }))).toMatchObject({
    code: "request.invalid",
    data: { details: { field: "providers" } },
  });
  const discounts = [{ provider: "aws", percent: 50, note: "contract" }];
  expect(await cost.setOverrides({ discounts })).toMatchObject({ discounts });
  expect(await cost.overrides()).toMatchObject({ discounts });
  expect((await cost.estimate(estimate)).total).toBe("11.5");
  expect(await cost.setOverrides({})).toMatchObject({ discounts: [] });
}
