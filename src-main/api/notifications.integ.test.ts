/** Channels in the whole program: what is refused, where the secret is not, and a notice over failures and a restart. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Channel, Delivery } from "../../src-core/model/notification.ts";
import { toIso } from "../../src-core/schedule/instant.ts";
import { clockOf } from "../clock.ts";
import { openDatabase } from "../db/open.ts";
import { endRun, makeRun, makeSchedule } from "../notifications/testing/schedule-history.ts";
import { startTestApp, type TestApp } from "./testing/test-app.ts";

const SECRET = `whsec_${Buffer.from("nobody may read this key of a hook").toString("base64")}`;

let skippedMs = 0;
let test: TestApp;
let server: Server;
let url: string | undefined;
let calls: { id: string; type: string; title: string }[] = [];
let status = 200;
beforeAll(async () => {
  test = await startTestApp({ clock: { ...clockOf(null), now: () => Date.now() + skippedMs } });
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const { type, data } = JSON.parse(body);
      calls.push({ id: String(request.headers["webhook-id"]), type, title: data.title });
      response.writeHead(status).end("said the receiver");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await test.stop();
});
beforeEach(() => {
  calls = [];
  status = 200;
});
afterEach(async () => {
  for (const { id, name } of await list()) if (name !== "Desktop") await send("DELETE", `/${id}`);
});

const at = (path: string) => `/api/v1/notifications/channels${path}`;
const send = (method: string, path: string, body: unknown = {}) => test.api(at(path), { method, body });
const list = async (): Promise<Channel[]> => JSON.parse((await test.api(at(""))).text);
/** Before there is a server: nobody listens there. */
const NOWHERE = "http://127.0.0.1:9/hook";
const hook = (more: object = {}) => ({ name: "Hook", target: { kind: "webhook", url: url ?? NOWHERE }, ...more });
const mail = (target: object = {}) => ({
  name: "Mail",
  target: {
    kind: "email",
    host: "127.0.0.1",
    security: "none",
    from: "a@example.com",
    to: ["b@example.com"],
    ...target,
  },
});
const add = async (channel: object, secret?: string | null): Promise<Channel> => {
  const answer = await send("POST", "", { channel, secret });
  if (answer.status !== 201) throw new Error(answer.text);
  return JSON.parse(answer.text);
};
const deliveries = async (id: string): Promise<Delivery[]> =>
  JSON.parse((await test.api(at(`/${id}/deliveries`))).text);

it("are one for the desktop at first, which can be removed for good", async () => {
  expect(await list()).toMatchObject([{ name: "Desktop", enabled: true, hasSecret: false, last: null }]);
});

describe("what is refused, at its field", () => {
  it.each<[string, object, string | undefined, string]>([
    ["a name that is taken", hook({ name: "desktop" }), undefined, "channel.name:"],
    [
      "a password in an address",
      hook({ target: { kind: "webhook", url: "http://a:b@example.com" } }),
      undefined,
      "channel.target.url:",
    ],
    ["a key that is none", hook(), "hello", "secret:"],
    ["no TLS to another computer", mail({ host: "mail.example.com" }), undefined, "channel.target.security:"],
    [
      "no TLS to a name that looks like this one",
      mail({ host: "127.evil.example" }),
      undefined,
      "channel.target.security:",
    ],
    ["a server that is none", mail({ host: "smtp://127.0.0.1" }), undefined, "channel.target.host:"],
    ["a user without a password", mail({ username: "ops" }), undefined, "secret:"],
    ["a password without a user", mail(), "secret", "channel.target.username:"],
    ["a secret of the desktop's", { name: "Second", target: { kind: "desktop" } }, "secret", "secret:"],
    ["an address that is none", mail({ to: ["somebody"] }), undefined, "channel.target.to.0"],
    [
      "an address with a line of its own",
      mail({ from: "a@example.com\r\nBcc: c@example.com" }),
      undefined,
      "channel.target.from",
    ],
    ["a file", hook({ target: { kind: "webhook", url: "file:///etc/passwd" } }), undefined, "channel.target.url"],
    ["days below one", hook({ rules: { overdueDays: 0 } }), undefined, "channel.rules.overdueDays"],
  ])("%s", async (_what, channel, secret, field) => {
    const answer = await send("POST", "", { channel, secret });
    expect([400, 409, 422]).toContain(answer.status);
    expect(answer.text).toContain(field);
    expect(await list()).toHaveLength(1);
  });

  it("what is not there, and more channels than anybody needs", async () => {
    expect((await send("DELETE", "/none")).code).toBe("request.not-found");
    expect((await send("POST", "/none/test")).code).toBe("request.not-found");
    for (let n = 1; n < 100; n += 1) await add(hook({ name: `Hook ${n}` }));
    expect((await send("POST", "", { channel: hook() })).code).toBe("channel.invalid");
  });
});

describe("a secret", () => {
  it("is kept where nobody sees it, stays, and goes", async () => {
    const { id, hasSecret } = await add(hook(), SECRET);
    expect(hasSecret).toBe(true);
    await send("POST", `/${id}/test`);
    const kept = await send("PUT", `/${id}`, { channel: hook({ name: "Other" }) });
    expect(JSON.parse(kept.text)).toMatchObject({ name: "Other", hasSecret: true });
    expect(kept.text + JSON.stringify(await deliveries(id))).not.toContain(SECRET.slice(6));
    await test.restart();
    for (const name of readdirSync(test.dataFolder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      expect(readFileSync(join(name.parentPath, name.name)).includes(SECRET.slice(6)), name.name).toBe(false);
    }
    const gone = await send("PUT", `/${id}`, { channel: hook(), secret: null });
    expect(JSON.parse(gone.text)).toMatchObject({ hasSecret: false });
  });

  it("does not go along to another server, or another kind", async () => {
    const { id } = await add(mail({ username: "ops" }), "pass word");
    const moved = await send("PUT", `/${id}`, { channel: mail({ username: "ops", host: "localhost" }) });
    expect([moved.code, moved.text]).toEqual(["channel.invalid", expect.stringContaining("secret: another server")]);
    expect((await send("PUT", `/${id}`, { channel: hook() })).code).toBe("channel.invalid");
    expect((await send("PUT", `/${id}`, { channel: mail({ username: "ops", to: ["c@example.com"] }) })).status).toBe(
      200,
    );
  });
});

it("a test says exactly what went wrong, and is not tried again", async () => {
  const { id } = await add(hook());
  status = 503;
  const failed: Delivery = JSON.parse((await send("POST", `/${id}/test`)).text);
  expect(failed).toMatchObject({ state: "failed", event: "test", attempts: 1, nextAttemptAt: null });
  expect(failed.error).toBe(`${new URL(url ?? "").origin}: the receiver answered 503: said the receiver`);
  status = 200;
  expect(JSON.parse((await send("POST", `/${id}/test`)).text)).toMatchObject({ state: "sent", error: null });
  expect(calls.map(({ type }) => type)).toEqual(["test", "test"]);
  expect((await list()).find((one) => one.id === id)?.last).toMatchObject({ event: "test", state: "sent" });
  const before = test.notices.length;
  await send("POST", "/desktop/test");
  expect(test.notices.slice(before)).toMatchObject([{ title: "Test of HyperSDK Desktop", path: "/settings" }]);
});

it("a failure that nobody heard of is told after the next start, tried again over another one, once, under one id", async () => {
  const { id } = await add(hook());
  const before = test.notices.length;
  await test.app.stop();
  const db = openDatabase(join(test.dataFolder, "hypersdk.db"));
  const now = toIso(Date.now());
  makeRun(db, makeSchedule(db, "nights", now), "run-1", now);
  endRun(db, "run-1", "failed", now);
  db.close();
  status = 500;
  await test.restart();
  await expect.poll(async () => (await deliveries(id))[0]).toMatchObject({ state: "waiting", attempts: 1 });
  await test.restart();
  expect(calls).toHaveLength(1);
  status = 200;
  skippedMs += 2 * 60_000;
  await test.restart();
  await expect.poll(async () => (await deliveries(id))[0]).toMatchObject({ state: "sent", attempts: 2 });
  skippedMs += 24 * 3_600_000;
  await test.restart();
  expect(await deliveries(id)).toHaveLength(1);
  expect(calls.map(({ type, title }) => `${type} ${title}`)).toEqual([
    "schedule.failure Schedule nights failed",
    "schedule.failure Schedule nights failed",
  ]);
  expect(new Set(calls.map((call) => call.id)).size).toBe(1);
  expect(test.notices.slice(before).filter(({ title }) => title === "Schedule nights failed")).toHaveLength(1);
});
