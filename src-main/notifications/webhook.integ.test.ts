/** Calls of webhooks against a real HTTP server; the signature is checked by lines of the test's own. */
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testMessage } from "../../src-core/schedule/notice-words.ts";
import { sendWebhook } from "./webhook.ts";

const KEY = Buffer.from("0123456789abcdefghijklmnopqrstuv");
const SECRET = `whsec_${KEY.toString("base64")}`;
const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const parcel = { id: "msg-1", event: "failure", at: "2026-03-01T12:00:00.000Z", message: testMessage("Ops") } as const;

interface Call {
  headers: IncomingMessage["headers"];
  path: string;
  body: string;
}
let server: Server;
let calls: Call[];
let answer: (response: ServerResponse) => void;
let origin: string;
beforeEach(async () => {
  calls = [];
  answer = (response) => response.writeHead(204).end();
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      calls.push({ headers: request.headers, path: request.url ?? "", body });
      answer(response);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const send = (
  secret: string | null = null,
  signal = new AbortController().signal,
  url = `${origin}/hook?token=hidden`,
) => sendWebhook(url, secret, parcel, NOW, signal);
const failure = async (...args: Parameters<typeof send>) => {
  try {
    await send(...args);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was sent");
};

describe("a call", () => {
  it("is signed so that the receiver can tell who sent it, and when", async () => {
    await send(SECRET);
    const [call] = calls;
    const id = String(call?.headers["webhook-id"]);
    const time = String(call?.headers["webhook-timestamp"]);
    const expected = createHmac("sha256", KEY).update(`${id}.${time}.${call?.body}`).digest("base64");
    expect(call?.headers["webhook-signature"]).toBe(`v1,${expected}`);
    expect([id, time]).toEqual(["msg-1", String(NOW / 1000)]);
    expect(call?.path).toBe("/hook?token=hidden");
    expect(call?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(call?.body ?? "")).toMatchObject({
      type: "schedule.failure",
      timestamp: parcel.at,
      data: { title: parcel.message.title, text: parcel.message.body, run: null },
    });
  });

  it("carries no signature where there is no key, and the id all the same", async () => {
    await send();
    expect(calls[0]?.headers).not.toHaveProperty("webhook-signature");
    expect(calls[0]?.headers["webhook-id"]).toBe("msg-1");
  });

  it("says what the receiver answered, in one line, without the address's own token and the key", async () => {
    answer = (response) => response.writeHead(500).end(`broken\r\nat ${SECRET}\u0007 ${"x".repeat(5_000)}`);
    const said = await failure(SECRET);
    expect(said).toMatch(new RegExp(`^${origin}: the receiver answered 500: broken at ••• x+$`));
    expect(said.length).toBeLessThan(400);
    expect(said).not.toContain("hidden");
  });

  it("is not sent on to where a redirect leads", async () => {
    answer = (response) => response.writeHead(307, { location: `${origin}/elsewhere` }).end();
    expect(await failure()).toMatch(/answered 307, a redirect/);
    expect(calls.map(({ path }) => path)).toEqual(["/hook?token=hidden"]);
  });

  it("reads no more of a huge answer than it shows", async () => {
    let written = 0;
    answer = (response) => {
      response.writeHead(400);
      const part = "y".repeat(65_536);
      const pour = () => {
        while (!response.destroyed && written < 500e6 && response.write(part)) written += part.length;
      };
      response.on("drain", pour);
      pour();
    };
    expect(await failure()).toMatch(/answered 400: y{200}$/);
    // What was on the way in buffers, not half a gigabyte.
    expect(written).toBeLessThan(50e6);
  });

  it("ends with the program, also while a receiver does not answer", async () => {
    answer = () => {};
    const ending = new AbortController();
    const sending = failure(null, ending.signal);
    await expect.poll(() => calls.length).toBe(1);
    ending.abort();
    await sending;
  });

  it("waits 15 seconds for a receiver that is slow, whether before its answer or inside it", {
    timeout: 40_000,
  }, async () => {
    answer = () => {};
    const silent = failure();
    await expect.poll(() => calls.length).toBe(1);
    answer = (response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("."), 500);
      response.on("close", () => clearInterval(drip));
    };
    const dripping = failure();
    const began = performance.now();
    expect(await silent).toBe(`${origin}: no answer within 15 seconds`);
    expect(await dripping).toBe(`${origin}: no answer within 15 seconds`);
    expect(performance.now() - began).toBeGreaterThan(10_000);
  });

  it("says that nobody listens there", async () => {
    await new Promise((done) => server.close(done));
    expect(await failure()).toMatch(/ECONNREFUSED/);
  });

  it("is not sent where the key is none", async () => {
    expect(await failure("whsec_short")).toMatch(/^secret: a signing key is/);
    expect(calls).toEqual([]);
  });
});
