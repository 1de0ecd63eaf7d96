import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { openLog } from "./log.ts";
import { redact, redactText } from "./redact.ts";

let dataFolder = "";
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), "log-test-"));
});
afterEach(() => rmSync(dataFolder, { recursive: true }));

const lines = () =>
  readFileSync(join(dataFolder, "logs", "hypersdk.log"), "utf8")
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));

describe("openLog", () => {
  it("writes one JSON object a line, readable by its owner only", () => {
    const log = openLog({ dataFolder });
    log.info("Run started", { runId: "r1" });
    log.child({ area: "api" }).warn("Slow");
    log.debug("not at this level");
    expect(lines()).toMatchObject([
      { level: 30, msg: "Run started", runId: "r1" },
      { level: 40, msg: "Slow", area: "api" },
    ]);
    expect(statSync(join(dataFolder, "logs", "hypersdk.log")).mode & 0o777).toBe(0o600);
  });

  it("lets no secret through, wherever it stands", () => {
    const log = openLog({ dataFolder });
    const secret = "s3cr3t-Xyz_1";
    log.child({ token: secret }).error(`GET /#code=${secret} with Bearer ${secret}`, {
      headers: { Authorization: `Bearer ${secret}`, cookie: `hypersdk-session=${secret}` },
      code: secret,
      deep: [{ accessToken: secret, list: [{ password: secret }] }],
      error: new AppError("io.read", `http://host/?token=${secret}&x=1`, {
        cause: new Error(`secret=1&password=${secret}`),
      }),
    });
    expect(readFileSync(join(dataFolder, "logs", "hypersdk.log"), "utf8")).not.toContain(secret);
    expect(lines()).toMatchObject([{ error: { code: "io.read", message: "http://host/?token=[hidden]&x=1" } }]);
  });

  it("does not grow without end while the program runs", () => {
    const log = openLog({ dataFolder });
    const line = "x".repeat(1024 * 1024);
    for (let n = 0; n < 25; n += 1) log.info(`${n} ${line}`);
    const files = readdirSync(join(dataFolder, "logs"));
    expect(files).toHaveLength(4);
    for (const file of files) expect(statSync(join(dataFolder, "logs", file)).size).toBeLessThan(7 * 1024 * 1024);
    expect(statSync(join(dataFolder, "logs", "hypersdk.log")).mode & 0o777).toBe(0o600);
  });

  it.runIf(process.platform === "linux")("loses lines rather than the program where the disk is full", () => {
    mkdirSync(join(dataFolder, "logs"));
    symlinkSync("/dev/full", join(dataFolder, "logs", "hypersdk.log"));
    const log = openLog({ dataFolder });
    expect(() => log.info("no space for this")).not.toThrow();
  });

  it("moves a grown file aside at the start and keeps three", () => {
    const name = (n: number) => join(dataFolder, "logs", n === 0 ? "hypersdk.log" : `hypersdk.${n}.log`);
    openLog({ dataFolder }).info("small");
    for (let start = 1; start <= 5; start += 1) {
      writeFileSync(name(0), `${start}`.repeat(5 * 1024 * 1024));
      openLog({ dataFolder }).info(`start ${start}`);
    }
    expect(readdirSync(join(dataFolder, "logs")).toSorted()).toEqual([
      "hypersdk.1.log",
      "hypersdk.2.log",
      "hypersdk.3.log",
      "hypersdk.log",
    ]);
    expect([1, 2, 3].map((n) => readFileSync(name(n), "utf8")[0])).toEqual(["5", "4", "3"]);
    openLog({ dataFolder }).info("again");
    expect(lines()).toMatchObject([{ msg: "start 5" }, { msg: "again" }]);
  });
});

describe("redact", () => {
  it.each([
    ["io.read", "io.read"],
    ["target.no-space", "target.no-space"],
    ["ENOENT", "ENOENT"],
    ["SQLITE_FULL", "SQLITE_FULL"],
    ["dQw4w9WgXcQ-code", "[hidden]"],
    ["Zm9v.YmFy", "[hidden]"],
  ])("of a code %s is %s", (code, expected) => {
    expect(redact({ code })).toEqual({ code: expected });
  });

  it("survives circles, big numbers and bytes", () => {
    const circle: Record<string, unknown> = { sizeBytes: 12n, data: new Uint8Array(5), token: null };
    circle.self = circle;
    expect(JSON.stringify(redact(circle))).toContain('"sizeBytes":"12","data":"[5 bytes]","token":null');
  });

  it.each([
    ["http://127.0.0.1:8080/#code=abc", "http://127.0.0.1:8080/#code=[hidden]"],
    ["exit code=3", "exit code=[hidden]"],
    ["postcode=3", "postcode=3"],
    ["token=abc", "token=[hidden]"],
    ["authorization: bearer abc.def-ghi", "authorization: bearer [hidden]"],
  ])("of the text %s is %s", (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });
});
