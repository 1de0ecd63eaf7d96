/** Attacks on the browser's sign-in: cookies and one-time codes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { shakeHands } from "./testing/raw-socket.ts";
import { startTestApp, type TestApp } from "./testing/test-app.ts";

let test: TestApp;

beforeAll(async () => {
  test = await startTestApp();
});
afterAll(async () => {
  await test.stop();
});

describe("cookies", () => {
  it("are no proof on REST", async () => {
    const cookie = await test.signIn();
    expect(await test.send("/api/v1/system", { headers: { cookie } })).toMatchObject({
      status: 401,
      code: "auth.missing",
    });
    const pause = { method: "POST", headers: { cookie, origin: test.app.url } };
    expect(await test.send("/api/v1/system/pause", pause)).toMatchObject({ status: 401 });
  });

  it("of another port, of nobody and of a signed-out session open no socket", async () => {
    const cookie = await test.signIn();
    const origin = test.app.url;
    expect(await shakeHands(test.port, { origin, cookie })).toBe("open");
    const value = cookie.split("=")[1];
    expect(await shakeHands(test.port, { origin, cookie: `hypersdk-session-${test.port + 1}=${value}` })).toBe(401);
    expect(await shakeHands(test.port, { origin, cookie: `hypersdk-session-${test.port}=${"x".repeat(43)}` })).toBe(
      401,
    );
    expect(await shakeHands(test.port, { origin })).toBe(401);
    expect(await shakeHands(test.port, { origin, authorization: `Bearer ${test.token}` })).toBe(401);
    expect(await shakeHands(test.port, { origin, cookie }, "/rpc/other")).toBe(404);
    await test.send("/auth/sign-out", { method: "POST", headers: { origin, cookie }, body: {} });
    expect(await shakeHands(test.port, { origin, cookie })).toBe(401);
  });

  it("are closed to scripts and other sites", async () => {
    const code = new URL(test.app.createSignInUrl()).hash.slice("#code=".length);
    const answer = await test.send("/auth/session", {
      method: "POST",
      headers: { origin: test.app.url },
      body: { code },
    });
    const cookie = answer.headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toMatch(new RegExp(`^hypersdk-session-${test.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict`));
    expect(cookie).not.toMatch(/domain/i);
  });

  it("signing out closes the open socket", async () => {
    const cookie = await test.signIn();
    const socket = new WebSocket(`ws://127.0.0.1:${test.port}/rpc`, { headers: { origin: test.app.url, cookie } });
    await new Promise((resolve) => socket.once("open", resolve));
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    await test.send("/auth/sign-out", { method: "POST", headers: { origin: test.app.url, cookie }, body: {} });
    expect(await closed).toBe(4401);
  });
});

describe("a proof", () => {
  it("of more bytes than one can have is not read", async () => {
    const sent = { method: "POST", headers: { origin: test.app.url }, body: { code: "c".repeat(5_000) } };
    expect(await test.send("/auth/session", sent)).toMatchObject({ status: 413, code: "request.too-large" });
  });
});

describe("one-time codes", () => {
  const use = (code: string) =>
    test.send("/auth/session", { method: "POST", headers: { origin: test.app.url }, body: { code } });

  it("work once", async () => {
    const code = new URL(test.app.createSignInUrl()).hash.slice("#code=".length);
    expect(await use(code)).toMatchObject({ status: 200 });
    expect(await use(code)).toMatchObject({ status: 401, code: "auth.invalid" });
  });

  it("work once also when two try at the same moment", async () => {
    const code = new URL(test.app.createSignInUrl()).hash.slice("#code=".length);
    const statuses = (await Promise.all([use(code), use(code), use(code)])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 401, 401]);
  });

  it("expire after ten minutes", async () => {
    let nowMs = Date.now();
    const clocked = await startTestApp({ now: () => nowMs });
    try {
      const code = new URL(clocked.app.createSignInUrl()).hash.slice("#code=".length);
      const late = new URL(clocked.app.createSignInUrl()).hash.slice("#code=".length);
      const send = (body: object) =>
        clocked.send("/auth/session", { method: "POST", headers: { origin: clocked.app.url }, body });
      nowMs += 10 * 60_000 - 1;
      expect(await send({ code })).toMatchObject({ status: 200 });
      nowMs += 1;
      expect(await send({ code: late })).toMatchObject({ status: 401 });
    } finally {
      await clocked.stop();
    }
  });

  it("cannot be guessed by trying, and whoever tries locks nobody out but guessers", async () => {
    const locked = await startTestApp({ limits: { failures: 5, lockMs: 3_000 } });
    try {
      const send = (code: string) =>
        locked.send("/auth/session", { method: "POST", headers: { origin: locked.app.url }, body: { code } });
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 8; attempt += 1) statuses.push((await send(`guess-${attempt}`)).status);
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
      const refused = await send("guess-again");
      expect(refused).toMatchObject({ status: 429, code: "request.rate" });
      expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
      // The owner, with a right code or token, is not locked out by another's guesses on the same computer.
      const right = () => new URL(locked.app.createSignInUrl()).hash.slice("#code=".length);
      expect(await send(right())).toMatchObject({ status: 200 });
      expect(await locked.api("/api/v1/settings")).toMatchObject({ status: 200 });
      const log = readFileSync(join(locked.dataFolder, "logs/hypersdk.log"), "utf8");
      // Nor do guesses fill the disk.
      expect(log.match(/"outcome":"auth.invalid"/g)).toHaveLength(5);
      let later = await send("guess-later");
      for (const end = Date.now() + 30_000; later.status === 429 && Date.now() < end; later = await send("guess-later"))
        await sleep(200);
      expect(later).toMatchObject({ status: 401 });
    } finally {
      await locked.stop();
    }
  });

  it("a guesser of tokens is slowed down, the owner is not", async () => {
    const locked = await startTestApp({ limits: { failures: 3 } });
    try {
      const guess = () => locked.send("/api/v1/settings", { headers: { authorization: `Bearer ${"g".repeat(43)}` } });
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 5; attempt += 1) statuses.push((await guess()).status);
      expect(statuses).toEqual([401, 401, 401, 429, 429]);
      expect(await locked.api("/api/v1/settings")).toMatchObject({ status: 200 });
    } finally {
      await locked.stop();
    }
  });
});
