/** Too much of everything: bodies, headers, messages and requests that never end. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { PORT_LIMITS } from "./limits.ts";
import { sendRaw } from "./testing/raw-socket.ts";
import { startTestApp, type TestApp } from "./testing/test-app.ts";

let test: TestApp;

beforeAll(async () => {
  test = await startTestApp({ limits: { headersMs: 1_000, requestMs: 2_000 } });
});
afterAll(async () => {
  await test.stop();
});

it("from nobody keeps no signed-in browser from its pages", async () => {
  const busy = await startTestApp({ limits: { calls: 5 } });
  const cookie = await busy.signIn();
  const statuses: number[] = [];
  for (let n = 0; n < 6; n += 1) statuses.push((await busy.send("/auth/session")).status);
  expect(statuses.at(-1)).toBe(429);
  expect(await busy.send("/auth/session", { headers: { cookie } })).toMatchObject({ status: 200 });
  await busy.stop();
});

describe("too much", () => {
  it("refuses a body of 2 MiB with 413", async () => {
    const body = JSON.stringify({ label: "x".repeat(2 * 1024 * 1024) });
    const headers = { "content-type": "application/json" };
    expect(await test.api("/api/v1/tokens", { method: "POST", headers, body })).toMatchObject({
      status: 413,
      code: "request.too-large",
    });
    expect(
      await test.send("/auth/session", { method: "POST", headers: { ...headers, origin: test.app.url }, body }),
    ).toMatchObject({ status: 413 });
  });

  it("refuses a calendar of 50 MiB by its size, before any of it is there", async () => {
    const bytes = 50 * 1024 * 1024;
    const head =
      `POST /api/v1/schedules/blackouts HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nAuthorization: Bearer ${test.token}\r\n` +
      `Content-Type: application/json\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`;
    const began = Date.now();
    expect(await sendRaw(test.port, head)).toMatch(/^HTTP\/1\.1 413 [\s\S]*"request\.too-large"/);
    // Less than what a body may take to come.
    expect(Date.now() - began).toBeLessThan(1_500);
    const body = JSON.stringify({ text: "x".repeat(bytes) });
    const answer = await test.api("/api/v1/schedules/blackouts", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(answer).toMatchObject({ status: 413, code: "request.too-large" });
  });

  it("refuses a file of schedules that is too long, or no YAML, at once and at its field", async () => {
    const send = (text: string) => test.api("/api/v1/schedules/file", { method: "POST", body: { text } });
    const MiB = 1024 * 1024;
    expect(await send("x".repeat(41 * MiB))).toMatchObject({ status: 413, code: "request.too-large" });
    expect(await send("key: value\n".repeat(3.2 * MiB))).toMatchObject({ status: 400, code: "request.invalid" });
    const began = Date.now();
    for (const text of ["key: value\n".repeat(2.9 * MiB), "key: value\n".repeat(0.18 * MiB)]) {
      expect(await send(text)).toMatchObject({ status: 422, code: "schedule.invalid" });
    }
    expect(Date.now() - began).toBeLessThan(15_000);
    // The scheduling thread is there, and has time.
    expect(await test.api("/api/v1/schedules/file")).toMatchObject({ status: 200 });
  });

  it("cuts an endless body off without keeping it", async () => {
    const before = process.memoryUsage().arrayBuffers;
    const head =
      `POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nAuthorization: Bearer ${test.token}\r\n` +
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, 32), Buffer.from("\r\n")]);
    const sent = await new Promise<number>((resolve) => {
      let count = 0;
      const socket = connect(test.port, "127.0.0.1", () => {
        socket.write(head);
        const more = () => {
          while (socket.writable && socket.write(chunk)) count += 1;
          count += 1;
        };
        socket.on("drain", more);
        more();
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(count));
    });
    expect(sent).toBeLessThan(1_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    expect(await test.api("/api/v1/settings")).toMatchObject({ status: 200 });
  });

  it("cuts off headers and bodies that never end", async () => {
    const began = Date.now();
    const slowHeaders = sendRaw(test.port, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    const slowBody = sendRaw(
      test.port,
      `POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nAuthorization: Bearer ${test.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"label',
    );
    expect(await slowHeaders).toMatch(/^HTTP\/1\.1 408/);
    expect(await slowBody).toMatch(/^(HTTP\/1\.1 408|$)/);
    // Without the limits asked for it would be twice that at the least.
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  it("refuses oversized headers", async () => {
    const answer = await sendRaw(
      test.port,
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nX-Big: ${"x".repeat(40_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431/);
  });

  it("closes a socket that sends an oversized message", async () => {
    const cookie = await test.signIn();
    const socket = new WebSocket(`ws://127.0.0.1:${test.port}/rpc`, { headers: { origin: test.app.url, cookie } });
    await new Promise((resolve) => socket.once("open", resolve));
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    socket.send(Buffer.alloc(PORT_LIMITS.fileBytes + 1));
    expect(await closed).toBe(1009);
  });

  it("answers a burst of 10,000 requests with 429 and recovers", async () => {
    const busy = await startTestApp({ limits: { calls: 500, windowMs: 2_000 } });
    try {
      const line = `GET /api/v1/settings HTTP/1.1\r\nHost: 127.0.0.1:${busy.port}\r\nAuthorization: Bearer ${busy.token}\r\n`;
      const began = Date.now();
      const batches = Array.from({ length: 20 }, () =>
        sendRaw(busy.port, `${`${line}\r\n`.repeat(499)}${line}Connection: close\r\n\r\n`),
      );
      const answers = (await Promise.all(batches)).join("");
      const windows = Math.ceil((Date.now() - began) / 2_000) + 1;
      const count = (status: number) => answers.split(`HTTP/1.1 ${status} `).length - 1;
      expect(count(200) + count(429)).toBe(10_000);
      expect(count(200)).toBeGreaterThanOrEqual(500);
      expect(count(200)).toBeLessThanOrEqual(500 * windows);
      expect(count(429)).toBeGreaterThan(0);
      expect(answers).toMatch(/Retry-After: \d/);
      await sleep(2_100);
      expect(await busy.api("/api/v1/settings")).toMatchObject({ status: 200 });
    } finally {
      await busy.stop();
    }
  });
});
