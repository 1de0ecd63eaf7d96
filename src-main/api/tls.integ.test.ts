/** The port opened beyond this computer: TLS with a certificate made for the test, the same guard behind it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:https";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sendPlain, startTestApp, type TestApp } from "./testing/test-app.ts";

let folder: string;
let tls: { cert: string; key: string };
let test: TestApp;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hypersdk-tls-"));
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync("openssl", ["req", "-x509", "-nodes", "-days", "2", ...curve, ...files, ...names], { stdio: "pipe" });
  tls = { cert: readFileSync(join(folder, "cert.pem"), "utf8"), key: readFileSync(join(folder, "key.pem"), "utf8") };
  test = await startTestApp({ host: "0.0.0.0", tls });
});
afterAll(async () => {
  await test.stop();
  await rm(folder, { recursive: true, force: true });
});

function send(path: string, headers: Record<string, string>, body?: object) {
  return new Promise<{ status: number; cookie: string }>((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const call = request(
      {
        host: "127.0.0.1",
        port: test.port,
        path,
        headers,
        method: text ? "POST" : "GET",
        ca: tls.cert,
        // Node would compare the certificate with the Host header, which is what is played with here.
        servername: "localhost",
        checkServerIdentity: () => undefined,
      },
      (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, cookie: String(response.headers["set-cookie"]) });
      },
    );
    call.on("error", reject);
    call.end(text);
  });
}

it("answers over TLS, with a token, under its own names", async () => {
  const authorization = `Bearer ${test.token}`;
  // Bound to all addresses: people reach it by the computer's name.
  expect(test.app.url).toBe(`https://${hostname().toLowerCase()}:${test.port}`);
  expect(await send("/api/v1/settings", {})).toMatchObject({ status: 401 });
  expect(await send("/api/v1/settings", { authorization })).toMatchObject({ status: 200 });
  const own = `${hostname().toLowerCase()}:${test.port}`;
  expect(await send("/api/v1/settings", { authorization, host: own })).toMatchObject({ status: 200 });
  expect(await send("/api/v1/settings", { authorization, host: "evil.example" })).toMatchObject({ status: 421 });
  const origin = `http://127.0.0.1:${test.port}`;
  expect(await send("/api/v1/settings", { authorization, origin })).toMatchObject({ status: 403 });
  await expect(sendPlain(test.port, "/")).rejects.toThrow();
});

it("gives a cookie that is never sent in the clear", async () => {
  const code = new URL(test.app.createSignInUrl()).hash.slice("#code=".length);
  const origin = `https://127.0.0.1:${test.port}`;
  const answer = await send("/auth/session", { origin, "content-type": "application/json" }, { code });
  expect(answer.status).toBe(200);
  expect(answer.cookie).toContain("; Secure");
});
