/** Attacks on the local port: each is sent as an attacker would, and must be refused in the documented way. */
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { sendPlain, startTestApp, type TestApp } from "./testing/test-app.ts";

let test: TestApp;
let pages: string;

beforeAll(async () => {
  pages = await mkdtemp(join(tmpdir(), "hypersdk-pages-"));
  mkdirSync(join(pages, "web/assets"), { recursive: true });
  writeFileSync(join(pages, "web/index.html"), "<!doctype html><title>pages</title>");
  writeFileSync(join(pages, "web/assets/index-1a2b3c4d.js"), "export {};");
  writeFileSync(join(pages, "secret.txt"), "top secret");
  writeFileSync(join(pages, "web/.env"), "top secret");
  symlinkSync(join(pages, "secret.txt"), join(pages, "web/link.txt"));
  test = await startTestApp({ webRoot: join(pages, "web"), limits: { headersMs: 1_000, requestMs: 2_000 } });
});

afterAll(async () => {
  await test.stop();
  await rm(pages, { recursive: true, force: true });
});

/** Sends raw bytes and collects what comes back until the other side closes. */
function raw(text: string | Buffer, port = test.port): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
    });
    socket.on("close", () => resolve(got));
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve(got) : reject(error)));
  });
}

/** How the server answers a WebSocket handshake: "open", or the HTTP status. */
function handshake(headers: Record<string, string>, path = "/rpc"): Promise<"open" | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${test.port}${path}`, { headers });
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("unexpected-response", (_request, response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on("error", reject);
  });
}

describe("tokens", () => {
  it("refuses a call without, with a wrong, a malformed and a half-right token", async () => {
    const bearer = (value: string) => test.send("/api/v1/system", { headers: { authorization: value } });
    expect(await test.send("/api/v1/system")).toMatchObject({ status: 401, code: "auth.missing" });
    const wrong = "x".repeat(43);
    expect(await bearer(`Bearer ${wrong}`)).toMatchObject({ status: 401, code: "auth.invalid" });
    expect(await bearer(`Bearer ${test.token.slice(0, -1)}`)).toMatchObject({ status: 401, code: "auth.invalid" });
    expect(await bearer(`Basic ${Buffer.from(`x:${test.token}`).toString("base64")}`)).toMatchObject({ status: 401 });
    expect(await bearer("Bearer ")).toMatchObject({ status: 401 });
    const right = { headers: { authorization: `Bearer ${test.token}` } };
    expect(await test.send("/api/v1/settings", right)).toMatchObject({ status: 200 });
  });

  it("does not take the token from the address or the body", async () => {
    expect(await test.send(`/api/v1/system?token=${test.token}&access_token=${test.token}`)).toMatchObject({
      status: 401,
    });
    expect(
      await test.send("/api/v1/tokens", { method: "POST", body: { token: test.token, label: "x" } }),
    ).toMatchObject({
      status: 401,
    });
  });

  it("asks for the token before it tells which calls exist", async () => {
    expect(await test.send("/api/v1/nothing")).toMatchObject({ status: 401 });
    expect(await test.api("/api/v1/nothing")).toMatchObject({ status: 404, code: "request.not-found" });
  });

  it("refuses a revoked token at once and ends the stream it opened", async () => {
    const made = JSON.parse((await test.api("/api/v1/tokens", { method: "POST", body: { label: "script" } })).text);
    const headers = { authorization: `Bearer ${made.token}` };
    expect(await test.send("/api/v1/settings", { headers })).toMatchObject({ status: 200 });
    const stream = raw(
      `GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nAuthorization: Bearer ${made.token}\r\n\r\n`,
    );
    await sleep(200);
    expect(await test.api(`/api/v1/tokens/${made.info.id}`, { method: "DELETE" })).toMatchObject({ status: 200 });
    expect(await stream).toContain("200 OK");
    expect(await test.send("/api/v1/settings", { headers })).toMatchObject({ status: 401, code: "auth.invalid" });
  });

  it("replaces the installation's own token in its file when it is revoked", async () => {
    const before = test.token;
    const list = JSON.parse((await test.api("/api/v1/tokens")).text);
    const own = list.find((info: { builtIn: boolean }) => info.builtIn);
    expect(await test.api(`/api/v1/tokens/${own.id}`, { method: "DELETE" })).toMatchObject({ status: 200 });
    expect(test.token).not.toBe(before);
    expect(await test.api("/api/v1/settings")).toMatchObject({ status: 200 });
    const old = { headers: { authorization: `Bearer ${before}` } };
    expect(await test.send("/api/v1/settings", old)).toMatchObject({ status: 401 });
  });

  it("keeps the token file to its owner", () => {
    expect(statSync(test.dataFolder).mode & 0o777).toBe(0o700);
    for (const file of ["token", "service.json", "logs/hypersdk.log"]) {
      expect(statSync(join(test.dataFolder, file)).mode & 0o777, file).toBe(0o600);
    }
  });
});

describe("other sites (DNS rebinding, CSRF)", () => {
  const rebinding = [
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1.evil.example:PORT",
    "127.0.0.1:1",
    "127.0.0.1",
    "[::1]",
    "localhost.:PORT",
  ];
  it.each(rebinding)("refuses the Host %j with 421 everywhere", async (name) => {
    const host = name.replace("PORT", String(test.port));
    for (const path of ["/", "/api/v1/system", "/api/openapi.json", "/auth/session"]) {
      expect(await test.api(path, { headers: { host } }), path).toMatchObject({ status: 421, code: "request.host" });
    }
    const cookie = await test.signIn();
    expect(await handshake({ host, origin: `http://${host}`, cookie })).toBe(421);
  });

  it("serves its own names only", async () => {
    for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"]) {
      expect(await test.api("/api/v1/settings", { headers: { host: `${host}:${test.port}` } })).toMatchObject({
        status: 200,
      });
    }
  });

  it("refuses a request without Host", async () => {
    expect(await raw("GET / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 421/);
    expect(await raw("GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 421/);
    expect(await raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 400/);
  });

  it("refuses proxy-style targets", async () => {
    const head = `Host: 127.0.0.1:${test.port}\r\nConnection: close\r\n\r\n`;
    expect(await raw(`GET http://evil.example/ HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw(`GET //evil.example/ HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw(`CONNECT evil.example:443 HTTP/1.1\r\n${head}`)).not.toContain("200");
  });

  const foreign = [
    "https://evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "file://",
    "app://hypersdk",
    "http://127.0.0.1:PORT.evil.example",
    "https://127.0.0.1:PORT",
    "http://localhost:PORT",
  ];
  it.each(foreign)("refuses the Origin %j on REST, sign-in and socket, also with the right proof", async (name) => {
    const origin = name.replace("PORT", String(test.port));
    const cookie = await test.signIn();
    const refused = { status: 403, code: "request.origin" };
    expect(await test.api("/api/v1/system", { headers: { origin } })).toMatchObject(refused);
    expect(await test.api("/api/v1/system/pause", { method: "POST", headers: { origin } })).toMatchObject(refused);
    const code = new URL(test.app.createSignInUrl()).hash.slice("#code=".length);
    const post = { method: "POST", headers: { origin, cookie }, body: { code } };
    expect(await test.send("/auth/session", post)).toMatchObject(refused);
    expect(await test.send("/auth/sign-out", { ...post, body: {} })).toMatchObject(refused);
    expect(await handshake({ origin, cookie })).toBe(403);
    expect(test.app.engine.paused).toBe(false);
  });

  it("asks for an Origin where only browsers call", async () => {
    const cookie = await test.signIn();
    expect(await handshake({ cookie })).toBe(403);
    expect(await test.send("/auth/sign-out", { method: "POST", headers: { cookie }, body: {} })).toMatchObject({
      status: 403,
    });
  });

  it("sends no CORS header and refuses preflights", async () => {
    const preflight = { "access-control-request-method": "DELETE", "access-control-request-headers": "authorization" };
    for (const origin of ["https://evil.example", test.app.url]) {
      const answer = await test.send("/api/v1/tokens", { method: "OPTIONS", headers: { origin, ...preflight } });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    const own = await test.api("/api/v1/settings", { headers: { origin: test.app.url } });
    expect(own.status).toBe(200);
    expect(Object.keys(own.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it("refuses what the browser says another site caused", async () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
    expect(await test.api("/api/v1/system", { headers })).toMatchObject({ status: 403, code: "request.origin" });
    expect(await test.send("/auth/session", { headers })).toMatchObject({ status: 403 });
    // A link from another site to the page itself is fine.
    expect(await test.send("/", { headers: { "sec-fetch-site": "cross-site" } })).toMatchObject({ status: 200 });
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", undefined])(
    "refuses a body of type %s, which any site may send",
    async (type) => {
      const headers = type === undefined ? {} : { "content-type": type };
      const body = JSON.stringify({ label: "planted" });
      expect(await test.api("/api/v1/tokens", { method: "POST", headers, body })).toMatchObject({
        status: 400,
        code: "request.invalid",
      });
      const signIn = { method: "POST", headers: { ...headers, origin: test.app.url }, body: '{"code":"x"}' };
      expect(await test.send("/auth/session", signIn)).toMatchObject({ status: 400, code: "request.invalid" });
      expect((await test.api("/api/v1/tokens")).text).not.toContain("planted");
    },
  );
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
    expect(await handshake({ origin, cookie })).toBe("open");
    const value = cookie.split("=")[1];
    expect(await handshake({ origin, cookie: `hypersdk-session-${test.port + 1}=${value}` })).toBe(401);
    expect(await handshake({ origin, cookie: `hypersdk-session-${test.port}=${"x".repeat(43)}` })).toBe(401);
    expect(await handshake({ origin })).toBe(401);
    expect(await handshake({ origin, authorization: `Bearer ${test.token}` })).toBe(401);
    expect(await handshake({ origin, cookie }, "/rpc/other")).toBe(404);
    await test.send("/auth/sign-out", { method: "POST", headers: { origin, cookie }, body: {} });
    expect(await handshake({ origin, cookie })).toBe(401);
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

  it("cannot be guessed by trying: failures lock sign-in out, and it opens again", async () => {
    const locked = await startTestApp({ limits: { failures: 5, lockMs: 1_000 } });
    try {
      const send = (code: string) =>
        locked.send("/auth/session", { method: "POST", headers: { origin: locked.app.url }, body: { code } });
      const statuses: number[] = [];
      for (let attempt = 0; attempt < 8; attempt += 1) statuses.push((await send(`guess-${attempt}`)).status);
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
      const right = new URL(locked.app.createSignInUrl()).hash.slice("#code=".length);
      const refused = await send(right);
      expect(refused).toMatchObject({ status: 429, code: "request.rate" });
      expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
      // The owner with the right token is not locked out by somebody else's guesses.
      expect(await locked.api("/api/v1/settings")).toMatchObject({ status: 200 });
      await sleep(1_100);
      expect(await send(right)).toMatchObject({ status: 200 });
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
    const slowHeaders = raw("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    const slowBody = raw(
      `POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nAuthorization: Bearer ${test.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"label',
    );
    expect(await slowHeaders).toMatch(/^HTTP\/1\.1 408/);
    expect(await slowBody).toMatch(/^(HTTP\/1\.1 408|$)/);
    expect(Date.now() - began).toBeLessThan(6_000);
  });

  it("refuses oversized headers", async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nX-Big: ${"x".repeat(40_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431/);
  });

  it("closes a socket that sends an oversized message", async () => {
    const cookie = await test.signIn();
    const socket = new WebSocket(`ws://127.0.0.1:${test.port}/rpc`, { headers: { origin: test.app.url, cookie } });
    await new Promise((resolve) => socket.once("open", resolve));
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    socket.send(Buffer.alloc(1024 * 1024 + 1));
    expect(await closed).toBe(1009);
  });

  it("answers a burst of 10,000 requests with 429 and recovers", async () => {
    const busy = await startTestApp({ limits: { calls: 500, windowMs: 2_000 } });
    try {
      const line = `GET /api/v1/settings HTTP/1.1\r\nHost: 127.0.0.1:${busy.port}\r\nAuthorization: Bearer ${busy.token}\r\n`;
      const batches = Array.from({ length: 20 }, () =>
        raw(`${`${line}\r\n`.repeat(499)}${line}Connection: close\r\n\r\n`, busy.port),
      );
      const answers = (await Promise.all(batches)).join("");
      const count = (status: number) => answers.split(`HTTP/1.1 ${status} `).length - 1;
      expect(count(200) + count(429)).toBe(10_000);
      expect(count(200)).toBeGreaterThanOrEqual(500);
      expect(count(429)).toBeGreaterThan(5_000);
      expect(answers).toMatch(/Retry-After: \d/);
      await sleep(2_100);
      expect(await busy.api("/api/v1/settings")).toMatchObject({ status: 200 });
    } finally {
      await busy.stop();
    }
  });
});

describe("pages", () => {
  const traversals = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/../../secret.txt",
    "/....//secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/secret.txt%00.html",
    "/index.html%00",
    "/.env",
    "/%2eenv",
    "/link.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/%",
    "/assets/",
  ];
  it.each(traversals)("does not leave the folder by %s", async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nConnection: close\r\n\r\n`);
    expect(answer).not.toContain("top secret");
    expect(answer).toMatch(/^HTTP\/1\.1 40[04]/);
  });

  it("serves the page, its routes and its assets with strict headers", async () => {
    const page = await test.send("/");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-eval|\*|script-src[^;]*unsafe/);
    expect(page.headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY" });
    const route = await test.send("/jobs/123");
    expect(route).toMatchObject({ status: 302, headers: { location: "/#/jobs/123" } });
    const asset = await test.send("/assets/index-1a2b3c4d.js");
    expect(asset.headers["cache-control"]).toContain("immutable");
    expect((await test.send("/assets/gone-1a2b3c4d.js")).status).toBe(404);
    const again = await test.send("/", { headers: { "if-none-match": String(page.headers.etag) } });
    expect(again.status).toBe(304);
    expect(await test.send("/", { method: "POST", body: {} })).toMatchObject({ status: 404 });
  });

  it("serves the API page without any inline script", async () => {
    const page = await test.send("/api/docs");
    expect(page.status).toBe(200);
    expect(page.text.match(/<script(?![^>]*src=)/)).toBeNull();
    expect(String(page.headers["content-security-policy"])).toContain("script-src 'self'");
    for (const [, address] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect(await test.send(String(address)), String(address)).toMatchObject({ status: 200 });
    }
    expect(await test.send("/api/docs/index.html")).toMatchObject({ status: 404 });
    expect(await test.send("/api/docs/..%2fpackage.json")).toMatchObject({ status: 404 });
  });
});

describe("address", () => {
  it("listens on 127.0.0.1 and nowhere else", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ address, scopeid }) => address !== "127.0.0.1" && !scopeid)
      .map(({ address }) => address);
    for (const host of [...others, "::1", "127.0.0.2"]) {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect(test.port, host, () => {
          socket.destroy();
          resolve("open");
        });
        socket.on("error", () => resolve("refused"));
      });
      expect(outcome, host).toBe("refused");
    }
  });

  it("does not open to the network without TLS", async () => {
    await expect(startTestApp({ host: "0.0.0.0" })).rejects.toMatchObject({ code: "usage.invalid" });
  });

  it("takes the next port when 8080 is taken, but never another than the one asked for", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const address = holder.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startTestApp({ port })).rejects.toMatchObject({ code: "service.port-taken" });
    holder.close();
    const first = await startTestApp({ port: undefined });
    const second = await startTestApp({ port: undefined });
    expect(first.port).toBeGreaterThanOrEqual(8080);
    expect(second.port).toBeGreaterThan(first.port);
    await first.stop();
    await second.stop();
  });
});

describe("secrets", () => {
  it("are nowhere in the database or the log, byte by byte", async () => {
    const secrets = [test.token];
    const made = JSON.parse((await test.api("/api/v1/tokens", { method: "POST", body: { label: "grep me" } })).text);
    secrets.push(made.token);
    await test.send("/api/v1/system", { headers: { authorization: `Bearer ${made.token}x` } });
    const url = new URL(JSON.parse((await test.api("/api/v1/session/code", { method: "POST" })).text).url);
    const code = url.hash.slice("#code=".length);
    secrets.push(code);
    await test.send(`/somewhere?token=${test.token}`);
    const cookie = await test.signIn();
    secrets.push(String(cookie.split("=")[1]));
    await test.send("/auth/session", {
      method: "POST",
      headers: { origin: test.app.url, cookie },
      body: { token: made.token },
    });
    await test.app.stop();

    const files = readdirSync(test.dataFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "token")
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.some((file) => file.endsWith("hypersdk.log"))).toBe(true);
    expect(files.some((file) => file.endsWith("hypersdk.db"))).toBe(true);
    for (const file of files) {
      const bytes = readFileSync(file);
      for (const secret of secrets) {
        expect(bytes.includes(secret), `${file} holds a secret`).toBe(false);
        expect(bytes.includes(Buffer.from(secret, "base64url")), `${file} holds a secret's bytes`).toBe(false);
      }
    }
    const log = readFileSync(join(test.dataFolder, "logs/hypersdk.log"), "utf8");
    expect(log).toContain("audit");
    expect(log).toContain("tokens.create");
    expect(log).toContain("grep me");
    await expect(sendPlain(test.port, "/")).rejects.toThrow();
  });
});
