/** The pages over HTTP, the ways out of their folder that must not exist, and the address they are served at. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendRaw } from "./testing/raw-socket.ts";
import { startTestApp, type TestApp } from "./testing/test-app.ts";

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
  test = await startTestApp({ webRoot: join(pages, "web") });
});

afterAll(async () => {
  await test.stop();
  await rm(pages, { recursive: true, force: true });
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
    const answer = await sendRaw(
      test.port,
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${test.port}\r\nConnection: close\r\n\r\n`,
    );
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
    expect(second.port).toBeGreaterThanOrEqual(8080);
    expect(second.port).not.toBe(first.port);
    await first.stop();
    await second.stop();
  });
});
