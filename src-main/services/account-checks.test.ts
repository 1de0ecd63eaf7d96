import { beforeEach, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import type { LiveSource } from "../sources/live-source.ts";
import { createAccountChecks } from "./account-checks.ts";

let nowMs: number;
let asked: number;
let failure: AppError | null;
let onCall: () => void;
let live: LiveSource;
beforeEach(() => {
  nowMs = 0;
  asked = 0;
  failure = null;
  onCall = () => {};
  live = {
    connection: {},
    async call() {
      asked += 1;
      onCall();
      if (failure !== null) throw failure;
      return [{ id: `asked ${asked}` }];
    },
  } as never;
});
const reconnect = () => Object.assign(live, { connection: {} });
const said = async (checks: ReturnType<typeof createAccountChecks>) => (await checks.of(live)).map(({ id }) => id);

it("asks an account once in half a minute, and again after that", async () => {
  const checks = createAccountChecks(() => nowMs);
  expect(await said(checks)).toEqual(["asked 1"]);
  nowMs = 29_999;
  expect(await said(checks)).toEqual(["asked 1"]);
  nowMs = 30_000;
  expect(await said(checks)).toEqual(["asked 2"]);
});

it("asks anew when the clock was set back", async () => {
  nowMs = 3_600_000;
  const checks = createAccountChecks(() => nowMs);
  await said(checks);
  nowMs = 0;
  expect(await said(checks)).toEqual(["asked 2"]);
});

it("asks anew over a new connection, which may be another account's", async () => {
  const checks = createAccountChecks(() => nowMs);
  await said(checks);
  reconnect();
  expect(await said(checks)).toEqual(["asked 2"]);
});

it("keeps no answer of a connection that was replaced before it came", async () => {
  const checks = createAccountChecks(() => nowMs);
  onCall = reconnect;
  await said(checks);
  onCall = () => {};
  expect(await said(checks)).toEqual(["asked 2"]);
});

it("keeps no failure", async () => {
  const checks = createAccountChecks(() => nowMs);
  failure = new AppError("source.disconnected");
  await expect(checks.of(live)).rejects.toBe(failure);
  failure = null;
  expect(await said(checks)).toEqual(["asked 2"]);
});
