/** Attacks by callers without the right proof: wrong tokens, other sites, and what they might find. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendRaw, shakeHands } from "./testing/raw-socket.ts";
import { sendPlain, startTestApp, type TestApp } from "./testing/test-app.ts";

let test: TestApp;

beforeAll(async () => {
  test = await startTestApp();
});
afterAll(async () => {
  await test.stop();
});

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
    const answered = Promise.withResolvers<string>();
    const stream = sendRaw(
      test.port,
      `GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nAuthorization: Bearer ${made.token}\r\n\r\n`,
      answered.resolve,
    );
    await answered.promise;
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
    expect(await shakeHands(test.port, { host, origin: `http://${host}`, cookie })).toBe(421);
  });

  it("serves its own names only", async () => {
    for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"]) {
      expect(await test.api("/api/v1/settings", { headers: { host: `${host}:${test.port}` } })).toMatchObject({
        status: 200,
      });
    }
  });

  it("refuses a request without Host", async () => {
    expect(await sendRaw(test.port, "GET / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 421/);
    expect(await sendRaw(test.port, "GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 421/);
    expect(await sendRaw(test.port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 400/);
  });

  it("refuses proxy-style targets", async () => {
    const head = `Host: 127.0.0.1:${test.port}\r\nConnection: close\r\n\r\n`;
    expect(await sendRaw(test.port, `GET http://evil.example/ HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 400/);
    expect(await sendRaw(test.port, `GET //evil.example/ HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 400/);
    expect(await sendRaw(test.port, `CONNECT evil.example:443 HTTP/1.1\r\n${head}`)).not.toContain("200");
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
    expect(await shakeHands(test.port, { origin, cookie })).toBe(403);
    expect(test.app.engine.paused).toBe(false);
  });

  it("asks for an Origin where only browsers call", async () => {
    const cookie = await test.signIn();
    expect(await shakeHands(test.port, { cookie })).toBe(403);
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
    // A link from another site to a page (here that of the API) is fine.
    expect(await test.send("/api/docs", { headers: { "sec-fetch-site": "cross-site" } })).toMatchObject({
      status: 200,
    });
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
