/** The stand-in as a program sees it, driven by Playwright as the specs are: worlds, ports, schemes, permissions, one instance. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { _electron, type ElectronApplication, type Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { electronExports, electronMembers } from "./electron-types.ts";
import type { LogEntry } from "./log.ts";
import type { StandIn } from "./stand-in.ts";

interface Probe {
  secondInstances: { argv: string[]; workingDirectory: string; additionalData: unknown }[];
  requests: string[];
  portsClosed: number;
  received: unknown[];
  fromFrame: unknown;
  spoken: [{ names: Record<string, string[]> } & Record<string, unknown>][];
}
type Scope = typeof globalThis & { probe: Probe };
type PageScope = typeof globalThis & {
  port: MessagePort;
  got: unknown[];
  closed: boolean;
  given: { deep: { list: number[] } };
};

const binary = join(import.meta.dirname, "bin/electron");
const program = join(import.meta.dirname, "testing/probe-main.mjs");
const folders: string[] = [];

async function launch(...args: string[]): Promise<{ app: ElectronApplication; page: Page; userData: string }> {
  const userData = mkdtempSync(join(tmpdir(), "stand-in-test-"));
  folders.push(userData);
  const app = await _electron.launch({
    executablePath: binary,
    args: [`--user-data-dir=${userData}`, program, ...args],
  });
  const page = await app.firstWindow();
  await page.waitForURL((url) => url.href !== "about:blank");
  return { app, page, userData };
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const logOf = (app: ElectronApplication, kind: string): Promise<LogEntry[]> =>
  app.evaluate((electron, wanted) => {
    const { standIn } = electron as unknown as { standIn: StandIn };
    return standIn.log.filter((entry) => entry.kind === wanted);
  }, kind);
const probe = <T>(app: ElectronApplication, pick: (probe: Probe) => T): Promise<T> =>
  app.evaluate(
    (_electron, source) => new Function("probe", `return (${source})(probe)`)((globalThis as Scope).probe) as T,
    `${pick}`,
  );

describe("one program under the stand-in", () => {
  let app: ElectronApplication;
  let page: Page;
  let userData: string;
  beforeAll(async () => {
    ({ app, page, userData } = await launch("--deny"));
  });
  afterAll(() => app.close());

  const connect = () =>
    page.evaluate(() => {
      const scope = globalThis as PageScope;
      const { port1, port2 } = new MessageChannel();
      Object.assign(scope, { port: port1, got: [] });
      port1.onmessage = (event) => scope.got.push(event.data);
      window.postMessage("connect", "*", [port2]);
    });

  it("exports only what Electron exports, and throws by name for the rest", async () => {
    const names = await app.evaluate((electron) => Object.keys(electron));
    const real = electronExports();
    expect(names.filter((name) => !real.has(name))).toEqual(["standIn"]);
    await expect(app.evaluate((electron) => `${electron.utilityProcess}`)).rejects.toThrow(
      "The stand-in for Electron has no utilityProcess.",
    );
  });

  it("keeps the worlds apart", async () => {
    const kinds = await page.evaluate(() =>
      ["require", "process", "module", "ipcRenderer", "__standInHost", "__standInDeliver"].map(
        (name) => typeof (globalThis as Record<string, unknown>)[name],
      ),
    );
    expect(new Set(kinds)).toEqual(new Set(["undefined"]));
    await page.evaluate(() => Object.assign(globalThis, { pageVariable: 1 }));
    const [[said]] = await probe(app, (p) => p.spoken as unknown as [[Record<string, unknown>]]);
    expect(said).toMatchObject({
      worlds: "undefined",
      fs: "module not found: node:fs",
      sendSync: "The stand-in for Electron has no ipcRenderer.sendSync.",
      functions: "The stand-in for Electron has no functions over contextBridge.",
    });
  });

  it("gives a preload only what Electron gives it", async () => {
    const names = await probe(app, (p) => p.spoken[0]?.[0].names ?? {});
    expect(names.electron).toEqual(["ipcRenderer", "contextBridge"]);
    for (const [object, type] of [
      ["ipcRenderer", "IpcRenderer"],
      ["contextBridge", "ContextBridge"],
    ] as const) {
      const real = electronMembers(type, false);
      expect(names[object]?.length).toBeGreaterThan(0);
      expect(names[object]?.filter((name) => !real.has(name))).toEqual([]);
    }
  });

  it("exposes frozen data that the page cannot replace", async () => {
    const seen = await page.evaluate(() => {
      const scope = globalThis as PageScope;
      const refused: string[] = [];
      for (const change of [
        () => scope.given.deep.list.push(3),
        () => Object.assign(scope.given, { kind: "other" }),
        () => Object.assign(scope, { given: 1 }),
      ]) {
        try {
          change();
        } catch (error) {
          refused.push((error as Error).name);
        }
      }
      return { refused, given: scope.given };
    });
    expect(seen).toEqual({
      refused: ["TypeError", "TypeError", "TypeError"],
      given: { kind: "window", deep: { list: [1, 2] } },
    });
  });

  it("carries structured clones over a port both ways, in order, from before start()", async () => {
    await connect();
    const back = await page.evaluate(async () => {
      const { port, got } = globalThis as PageScope;
      const cycle: Record<string, unknown> = { at: new Date(5), map: new Map([[1, new Set(["a"])]]), big: 2n ** 64n };
      cycle.self = cycle;
      port.postMessage(cycle);
      for (let i = 0; i < 1000; i++) port.postMessage(i);
      const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 31) % 253);
      port.postMessage(bytes);
      while (got.length < 1002) await new Promise((resolve) => setTimeout(resolve, 5));
      const first = got[0] as typeof cycle;
      const last = got[1001] as Uint8Array;
      return {
        cyclic: first.self === first,
        kinds: [first.at instanceof Date, first.map instanceof Map, first.big === 2n ** 64n],
        inOrder: got.slice(1, 1001).every((value, i) => value === i),
        bytesEqual: last.length === bytes.length && last.every((byte, i) => byte === bytes[i]),
      };
    });
    expect(back).toEqual({ cyclic: true, kinds: [true, true, true], inOrder: true, bytesEqual: true });
    expect(await probe(app, (p) => p.fromFrame)).toEqual({
      url: "probe://pages/",
      origin: "probe://pages",
      parent: null,
    });
  });

  it("answers a message within a few milliseconds", async () => {
    await connect();
    const perTripMs = await page.evaluate(async () => {
      const { port, got } = globalThis as PageScope;
      const trip = async (n: number) => {
        port.postMessage(n);
        while (got.at(-1) !== n) await new Promise((resolve) => setTimeout(resolve, 0));
      };
      await trip(-1);
      const tripsMs: number[] = [];
      for (let n = 0; n < 50; n++) {
        const from = performance.now();
        await trip(n);
        tripsMs.push(performance.now() - from);
      }
      return tripsMs.sort((a, b) => a - b)[10];
    });
    // 2-6 ms on an idle machine of two cores. Of the fastest fifth: a busy one delays some, who looks for messages by a timer all.
    expect(perTripMs).toBeLessThan(50);
  });

  it("delivers nothing more on a port that main closed, and tells main when the page is gone", async () => {
    await connect();
    const late = await page.evaluate(async () => {
      const { port, got } = globalThis as PageScope;
      port.postMessage("before");
      while (got.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
      port.postMessage("close");
      port.postMessage("after");
      await new Promise((resolve) => setTimeout(resolve, 100));
      return got;
    });
    expect(late).toEqual(["before"]);
    await connect();
    const before = await probe(app, (p) => p.portsClosed);
    await page.reload();
    await expect.poll(() => probe(app, (p) => p.portsClosed)).toBeGreaterThan(before);
  });

  it("asks the app's own handler for its scheme, on a secure origin of its own", async () => {
    const seen = await page.evaluate(async () => {
      const missing = await fetch("/nope.js");
      const other = await fetch("/other");
      return { missing: missing.status, policy: other.headers.get("content-security-policy"), secure: isSecureContext };
    });
    expect(seen).toEqual({ missing: 404, policy: "default-src 'self' 'unsafe-inline'", secure: true });
    expect(await probe(app, (p) => p.requests)).toContain("GET probe://pages/nope.js");
    const outside = await page.evaluate(() => fetch("https://example.invalid/").catch((error: Error) => error.name));
    expect(outside).toBe("TypeError"); // the policy is in force
  });

  it("opens no window for a page, and tells the handler", async () => {
    expect(await page.evaluate(() => window.open("https://example.invalid/"))).toBeNull();
    await page.locator("#out").click();
    await expect
      .poll(async () => (await logOf(app, "window-open")).map(({ url, action }) => [url, action]))
      .toEqual([
        ["https://example.invalid/", "deny"],
        ["https://example.invalid/x", "deny"],
      ]);
    expect(app.windows()).toHaveLength(1);
  });

  it("stops a navigation that a listener prevents, and lets the other through", async () => {
    await page.evaluate(() => {
      Object.assign(globalThis, { kept: true });
      location.href = "https://example.invalid/away";
    });
    await expect.poll(() => logOf(app, "will-navigate")).toMatchObject([{ prevented: true }]);
    expect(await page.evaluate(() => [location.pathname, "kept" in globalThis])).toEqual(["/", true]);
    await page.evaluate(() => {
      location.href = "/other";
    });
    await expect.poll(() => page.title()).toBe("/other");
    const address = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL());
    expect(address).toBe("probe://pages/other");
  });

  it("changes only the part after # without leaving the document", async () => {
    await page.evaluate(() => Object.assign(globalThis, { kept: true }));
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.loadURL("probe://pages/other#/jobs/7"));
    expect(await page.evaluate(() => [location.hash, "kept" in globalThis])).toEqual(["#/jobs/7", true]);
  });

  it("denies to pages what the app's handler denies", async () => {
    const state = await page.evaluate(async () => (await navigator.permissions.query({ name: "geolocation" })).state);
    expect(state).toBe("denied");
  });

  it("is one: a second start tells the first and ends", async () => {
    const run = promisify(execFile)(binary, [`--user-data-dir=${userData}`, program, "--from-second"], {
      cwd: tmpdir(),
    });
    await expect(run).resolves.toBeDefined(); // exit code 0
    await expect.poll(() => probe(app, (p) => p.secondInstances.length)).toBe(1);
    const [second] = await probe(app, (p) => p.secondInstances);
    expect(second?.argv).toContain("--from-second");
    expect(second).toMatchObject({ workingDirectory: tmpdir(), additionalData: { word: "hello" } });
  });
});

describe("without handlers, and without mercy", () => {
  it("grants permissions where the app has no handler, as Electron does", async () => {
    const { app, page } = await launch();
    const state = await page.evaluate(async () => (await navigator.permissions.query({ name: "geolocation" })).state);
    expect(state).toBe("granted");
    await app.close();
  });

  it("leaves no browser behind when the program is killed", async () => {
    const { app, userData } = await launch();
    expect(browsersOf(userData)).not.toEqual([]);
    const gone = app.waitForEvent("close");
    app.process().kill("SIGKILL");
    await gone;
    await expect.poll(() => browsersOf(userData), { timeout: 10_000 }).toEqual([]);
    expect(existsSync(join(userData, "instance.lock"))).toBe(true); // stale, and no obstacle:
    const again = await _electron.launch({ executablePath: binary, args: [`--user-data-dir=${userData}`, program] });
    await again.firstWindow();
    await again.close();
  });
});

/** Processes whose command line names the folder. */
function browsersOf(folder: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return words.includes("chromium") && words.includes(folder) && words.includes("--user-data-dir");
    } catch {
      return false; // gone meanwhile
    }
  });
}
