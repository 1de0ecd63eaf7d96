import { describe, expect, it } from "vitest";
import {
  bearerToken,
  checkContentType,
  checkFetchSite,
  checkHost,
  checkOrigin,
  cookieValue,
  isLoopback,
  servedHosts,
} from "./guard.ts";

/** The code that `check` throws, or "passes". */
function outcome(check: () => unknown): string {
  try {
    check();
    return "passes";
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}

describe("Host", () => {
  const served = servedHosts({ scheme: "http", host: "127.0.0.1", port: 8080 });
  it.each([
    ["127.0.0.1:8080", "passes"],
    ["localhost:8080", "passes"],
    ["LocalHost:8080", "passes"],
    ["[::1]:8080", "passes"],
    ["127.0.0.1", "request.host"],
    ["127.0.0.1:80", "request.host"],
    ["127.0.0.2:8080", "request.host"],
    ["localhost.evil.example:8080", "request.host"],
    ["evil.example", "request.host"],
    ["localhost:8080@evil.example", "request.host"],
    ["", "request.host"],
    [undefined, "request.host"],
  ])("%s %s", (host, expected) => {
    expect(outcome(() => checkHost(host === undefined ? {} : { host }, served))).toBe(expected);
  });

  it("knows the configured name, and the standard port's short form", () => {
    const own = servedHosts({ scheme: "https", host: "Backup.Local", port: 443 });
    expect(own).toContain("backup.local");
    expect(own).toContain("backup.local:443");
    expect(servedHosts({ scheme: "http", host: "127.0.0.1", port: 443 })).not.toContain("127.0.0.1");
    expect(servedHosts({ scheme: "https", host: "fd00::1", port: 9000 })).toContain("[fd00::1]:9000");
  });

  it("knows which addresses stay inside the computer", () => {
    expect(["127.0.0.1", "127.8.9.1", "localhost", "::1"].map(isLoopback)).toEqual([true, true, true, true]);
    const open = ["0.0.0.0", "::", "192.168.1.5", "localhost.evil.example", "127.0.0.1.evil.example", ""];
    expect(open.map(isLoopback)).toEqual(open.map(() => false));
  });
});

describe("Origin", () => {
  const host = "127.0.0.1:8080";
  it.each([
    ["http://127.0.0.1:8080", false, "passes"],
    ["http://127.0.0.1:8080", true, "passes"],
    [undefined, false, "passes"],
    [undefined, true, "request.origin"],
    ["null", false, "request.origin"],
    ["", false, "request.origin"],
    ["https://127.0.0.1:8080", false, "request.origin"],
    ["http://127.0.0.1:8081", false, "request.origin"],
    ["http://localhost:8080", false, "request.origin"],
    ["http://127.0.0.1:8080.evil.example", false, "request.origin"],
    ["http://127.0.0.1:8080/", false, "request.origin"],
  ])("%s, required %s: %s", (origin, required, expected) => {
    const headers = origin === undefined ? { host } : { host, origin };
    expect(outcome(() => checkOrigin(headers, "http", required))).toBe(expected);
  });

  it.each([
    ["cross-site", "request.origin"],
    ["same-site", "request.origin"],
    ["same-origin", "passes"],
    ["none", "passes"],
  ])("Sec-Fetch-Site %s %s", (site, expected) => {
    expect(outcome(() => checkFetchSite({ "sec-fetch-site": site }))).toBe(expected);
  });
});

describe("bodies", () => {
  it.each([
    [{ "content-type": "application/json", "content-length": "2" }, "passes"],
    [{ "content-type": "Application/JSON; charset=utf-8", "content-length": "2" }, "passes"],
    [{}, "passes"],
    [{ "content-length": "0" }, "passes"],
    [{ "content-length": "2" }, "request.invalid"],
    [{ "transfer-encoding": "chunked" }, "request.invalid"],
    [{ "content-type": "text/plain", "content-length": "0" }, "request.invalid"],
    [{ "content-type": "text/plain; application/json", "content-length": "2" }, "request.invalid"],
    [{ "content-type": "application/jsonp", "content-length": "2" }, "request.invalid"],
  ])("%j %s", (headers, expected) => {
    expect(outcome(() => checkContentType(headers))).toBe(expected);
  });
});

describe("credentials", () => {
  it("takes a bearer token in the header's own form only", () => {
    const token = "a".repeat(43);
    expect(bearerToken({ authorization: `Bearer ${token}` })).toBe(token);
    expect(bearerToken({ authorization: `bearer ${token}` })).toBe(token);
    expect(outcome(() => bearerToken({}))).toBe("auth.missing");
    for (const authorization of ["", "Bearer", `Bearer ${token} x`, `Basic ${token}`, `Bearer ${"a".repeat(500)}`]) {
      expect(outcome(() => bearerToken({ authorization }))).toBe("auth.invalid");
    }
  });

  it("finds a cookie by its exact name", () => {
    const cookie = "a=1; hypersdk-session-80800=no; hypersdk-session-8080=yes=; b";
    expect(cookieValue({ cookie }, "hypersdk-session-8080")).toBe("yes=");
    expect(cookieValue({ cookie }, "session-8080")).toBeNull();
    expect(cookieValue({}, "a")).toBeNull();
  });
});
