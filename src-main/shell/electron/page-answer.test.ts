import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { StaticFile, StaticFiles } from "../../files/static-files.ts";
import { answerPage } from "./page-answer.ts";

const content: Record<string, string> = {
  "/index.html": "<!doctype html><title>pages</title>",
  "/assets/index-1a2b3c4d.js": "export const a = 1;",
};

function file(text: string): StaticFile {
  const open = () => Readable.from([Buffer.from(text)]);
  return { mediaType: "text/html", sizeBytes: text.length, etag: '"1"', immutable: false, open };
}
const files: StaticFiles = {
  get: (path) => {
    const text = content[path];
    return text === undefined ? undefined : file(text);
  },
};
const get = (url: string, method = "GET") => answerPage(files, { method, url });

describe("answerPage", () => {
  it.each(["app://hypersdk/", "app://hypersdk/jobs/1", "app://hypersdk/#/jobs"])(
    "gives index.html for %s",
    async (url) => {
      const response = get(url);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain("<title>pages</title>");
    },
  );

  it("gives a file with its length, and a policy that allows no foreign script", async () => {
    const response = get("app://hypersdk/assets/index-1a2b3c4d.js");
    expect(await response.text()).toBe("export const a = 1;");
    expect(response.headers.get("content-length")).toBe("19");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).not.toContain("unsafe-eval");
  });

  it.each([
    ["app://hypersdk/..%2f..%2fpackage.json", 403],
    ["app://hypersdk/assets/%2e%2e/%2e%2e/x.js", 404], // the URL parser has taken %2e%2e out: /x.js, which does not exist
    ["app://hypersdk/assets/..%5c..%5cpackage.json", 403],
    ["app://hypersdk/a%00.js", 403],
    ["app://hypersdk/%E0%A4%A.js", 403],
    ["app://hypersdk/nope.js", 404],
    ["app://elsewhere/index.html", 403],
  ])("refuses %s with %i", (url, status) => {
    expect(get(url).status).toBe(status);
  });

  it("refuses everything but GET", () => {
    expect(get("app://hypersdk/", "POST").status).toBe(405);
  });
});
