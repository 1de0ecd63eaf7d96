/** The window and what surrounds it: what a page cannot do, closing, the tray, quitting, one instance, notifications. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, type Page, test } from "@playwright/test";
import { commandOf, launch, mainWindow, type Program } from "./app.ts";
import { longDiskInLibrary, rawDiskInLibrary, rest, startConversion } from "./script.ts";
import { startService } from "./service.ts";

let program: Program;
let page: Page;

async function start(options: Parameters<typeof launch>[0] = {}): Promise<void> {
  program = await launch(options);
  page = await mainWindow(program);
  await expect.poll(isVisible).toEqual([true]);
}
test.afterEach(async () => {
  await program?.close();
});

const isVisible = () =>
  program.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((w) => w.isVisible()));
const closeWindow = () => program.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
const route = () => page.evaluate(() => location.hash);
const ended = () => program.app.waitForEvent("close");

const call = <T = unknown>(method: string, path: string, body?: object): Promise<T> =>
  rest<T>(program.dataFolder, method, path, body);

/** Starts the conversion of a new disk of that many mebibytes; returns its run's id. */
async function convert(sizeMiB: number): Promise<string> {
  return await startConversion(program.dataFolder, await rawDiskInLibrary(program.dataFolder, sizeMiB));
}
/** A run that has not ended and stays so: all work is paused. */
async function heldRun(): Promise<string> {
  await call("POST", "/system/pause");
  return await convert(1);
}

test("a page has no way out: worlds, policy, paths, navigation, windows, permissions", async () => {
  await start();
  const seen = await page.evaluate(async () => {
    const response = await fetch("/");
    const status = async (path: string) => (await fetch(path)).status;
    return {
      globals: ["require", "process", "module", "ipcRenderer", "electron"].filter((name) => name in globalThis),
      desktop: JSON.stringify(Reflect.get(globalThis, "desktop")),
      frozen: Object.isFrozen(Reflect.get(globalThis, "desktop")),
      policy: response.headers.get("content-security-policy"),
      sniff: response.headers.get("x-content-type-options"),
      traversal: [await status("/..%2f..%2fpackage.json"), await status("/assets/..%5c..%5cmain%5cindex.js")],
      missing: await status("/nope.js"),
      post: (await fetch("/", { method: "POST" })).status,
      foreign: await fetch("https://example.invalid/").then(
        () => "reached",
        (error: Error) => error.name,
      ),
      inline: await new Promise((resolve) => {
        const script = document.createElement("script");
        script.textContent = "globalThis.injected = true";
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
          if (effectiveDirective.startsWith("script")) resolve(effectiveDirective);
        });
        document.head.append(script);
        setTimeout(() => resolve("ran"), 10_000);
      }),
    };
  });
  expect(seen).toMatchObject({
    globals: [],
    desktop: JSON.stringify({ kind: "window", platform: process.platform }),
    frozen: true,
    sniff: "nosniff",
    traversal: [403, 403],
    missing: 404,
    post: 405,
    foreign: "TypeError",
    inline: "script-src-elem",
  });
  expect(seen.policy).toContain("default-src 'none'");
  expect(seen.policy).toMatch(/script-src 'self'(;|$)/);

  const [recorded] = await program.desktop.log("window");
  expect(recorded).toMatchObject({
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    },
    minWidth: 900,
    minHeight: 600,
  });

  const address = () =>
    program.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL());
  const before = await address();
  expect(before).toMatch(/^app:\/\/hypersdk\//);
  await page.evaluate(() => {
    Reflect.set(globalThis, "kept", true);
    location.href = "https://example.invalid/away";
  });
  await expect.poll(() => program.desktop.log("will-navigate")).toMatchObject([{ prevented: true }]);
  expect(await page.evaluate(() => "kept" in globalThis)).toBe(true);
  expect(await page.evaluate(() => window.open("https://example.invalid/"))).toBeNull();
  await expect.poll(() => program.desktop.log("window-open")).toMatchObject([{ action: "deny" }]);
  expect(program.app.windows()).toHaveLength(1);
  expect(await address()).toBe(before);

  const states = await page.evaluate(() =>
    Promise.all(
      (["geolocation", "notifications", "midi", "persistent-storage"] as PermissionName[]).map(
        async (name) => (await navigator.permissions.query({ name })).state,
      ),
    ),
  );
  expect(new Set(states)).toEqual(new Set(["denied"]));
});

test("closing hides to the tray, whose items act", async () => {
  await start();
  await closeWindow();
  expect(await isVisible()).toEqual([false]);
  const [tray] = await program.desktop.trays();
  expect(tray).toMatchObject({ hasImage: true, toolTip: "HyperSDK Desktop: Nothing is running" });
  expect(tray?.lines.map((line) => line.label).filter(Boolean)).toEqual([
    "Nothing is running",
    "Open HyperSDK",
    "Pause all work",
    "Quit",
  ]);

  await program.desktop.clickTray();
  expect(await isVisible()).toEqual([true]);
  await closeWindow();
  await program.desktop.clickTrayItem("open");
  expect(await isVisible()).toEqual([true]);

  await program.desktop.clickTrayItem("pause");
  expect(await call("GET", "/system")).toMatchObject({ workPaused: true });
  await expect.poll(async () => (await program.desktop.trays())[0]?.lines.map((line) => line.id)).toContain("resume");
  expect((await program.desktop.trays())[0]?.toolTip).toMatch(/\(paused\)$/);
  await program.desktop.clickTrayItem("resume");
  expect(await call("GET", "/system")).toMatchObject({ workPaused: false });

  const gone = ended();
  await program.desktop.clickTrayItem("quit");
  await gone; // nothing runs: no question
  expect(existsSync(join(program.dataFolder, "service.json"))).toBe(false);
});

test("a page that is loaded anew is served again, and hears what the tray does", async () => {
  await start();
  await page.getByRole("button", { name: "Pause all" }).waitFor();
  for (let time = 0; time < 3; time++) await page.reload();
  await page.getByRole("button", { name: "Pause all" }).waitFor();
  await program.desktop.clickTrayItem("pause");
  await page.getByRole("button", { name: "Resume all" }).waitFor(); // told over the port, not asked for
});

test("only the main frame of the program's own pages is given the contract", async () => {
  await start();
  const answers = await program.app.evaluate(({ ipcMain }) => {
    const knock = (url: string, parent: object | null) => {
      let answer = "served";
      const port = {
        close: () => (answer = "closed"),
        on: () => port,
        once: () => port,
        start: () => {},
        postMessage: () => {},
      };
      ipcMain.emit("rpc:port", { ports: [port], sender: { id: 999 }, senderFrame: { url, parent } });
      return answer;
    };
    return [
      knock("app://hypersdk/#/jobs", null),
      knock("app://hypersdk/", {}), // a frame inside the page
      knock("https://example.invalid/", null),
      knock("app://hypersdk.example.invalid/", null),
    ];
  });
  expect(answers).toEqual(["served", "closed", "closed", "closed"]);
});

test("a data folder that the service uses is said so, and the program ends", async () => {
  const service = await startService();
  try {
    const { executablePath, args, env } = commandOf({
      dataFolder: service.dataFolder,
      configFolder: service.dataFolder,
    });
    const start = promisify(execFile)(executablePath, args, { env });
    const failed = await start.catch((error: { code: number; stderr: string }) => error);
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Another HyperSDK program \(process \d+\) uses/),
    });
  } finally {
    await service.stop();
  }
});

test("a page whose process ends is loaded again", async () => {
  await start();
  await program.app.evaluate(({ BrowserWindow }) => {
    const heard: string[] = [];
    Reflect.set(globalThis, "heard", heard);
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    contents?.once("render-process-gone", () => heard.push("gone"));
    contents?.once("did-finish-load", () => heard.push(contents.getURL()));
  });
  await page.goto("chrome://crash").catch(() => {}); // a crashed page answers nothing
  await expect
    .poll(() => program.app.evaluate(() => Reflect.get(globalThis, "heard") as string[]))
    .toEqual(["gone", expect.stringMatching(/^app:\/\/hypersdk\//)]);
});

test("the tray shows what runs, and its line opens the run", async () => {
  await start();
  const run = await startConversion(program.dataFolder, await longDiskInLibrary(program.dataFolder));
  await expect
    .poll(async () => (await program.desktop.trays())[0]?.lines[0]?.label ?? "", { intervals: [50] })
    .toMatch(/^long\.vmdk → long\.qcow2: \d+ %$/);
  await call("POST", "/system/pause"); // it stays where it is
  const [tray] = await program.desktop.trays();
  expect(tray?.toolTip).toMatch(/^HyperSDK Desktop: 1 running, \d+ %/);
  await closeWindow();
  await program.desktop.clickTrayItem(`run:${run}`);
  await expect.poll(route).toBe(`#/jobs/${run}`);
  expect(await isVisible()).toEqual([true]);
});

test("quitting with work asks, and each answer is obeyed", async () => {
  await start();
  await heldRun();
  await program.desktop.answerQuestions("Cancel");
  await program.desktop.clickTrayItem("quit");
  await expect
    .poll(() => program.desktop.log("message-box"))
    .toMatchObject([
      { message: "One run has not ended.", buttons: ["Keep working in the tray", "Stop and quit", "Cancel"] },
    ]);
  expect(await isVisible()).toEqual([true]);

  await program.desktop.answerQuestions("Keep working in the tray");
  await program.desktop.clickMenuItem("quit");
  await expect.poll(isVisible).toEqual([false]);
  expect(await call<{ items: object[] }>("GET", "/runs?active=true")).toMatchObject({ total: 1 });

  await program.desktop.answerQuestions("Stop and quit");
  const gone = ended();
  const child = program.app.process();
  await program.app.evaluate(({ app }) => app.quit());
  await gone;
  expect(child.exitCode).toBe(0);
});

test("when the system goes down the program ends without asking", async () => {
  await start();
  await heldRun(); // nobody answers here: a question would keep it alive
  const gone = ended();
  const delayed = await program.app.evaluate(({ powerMonitor }) => {
    let prevented = false;
    powerMonitor.emit("shutdown", { preventDefault: () => (prevented = true) });
    return prevented;
  });
  expect(delayed).toBe(true); // time to stop cleanly
  await gone;
  expect(existsSync(join(program.dataFolder, "service.json"))).toBe(false);
});

test("work that quitting stopped goes on at the next start, with one notification that leads to it", async () => {
  await start();
  const { dataFolder } = program;
  const disk = await rawDiskInLibrary(dataFolder, 4);
  await call("POST", "/system/pause");
  const run = await startConversion(dataFolder, disk);
  await program.desktop.answerQuestions("Stop and quit");
  await program.app.close();

  const first = program;
  program = await launch({ dataFolder });
  page = await mainWindow(program);
  await call("POST", "/system/resume");
  await expect
    .poll(() => program.desktop.log("notification"))
    .toMatchObject([{ title: "Conversion finished", body: expect.stringContaining("web01.raw → web01.qcow2") }]);
  await closeWindow();
  await program.desktop.clickNotification(0);
  await expect.poll(route).toBe(`#/jobs/${run}`);
  expect(await isVisible()).toEqual([true]);
  expect(existsSync(disk.target)).toBe(true);
  await page.waitForTimeout(1500);
  expect(await program.desktop.log("notification")).toHaveLength(1);
  await program.close();
  await first.close();
});

test("without a tray closing the window quits, and asks where work is running", async () => {
  await start({ tray: false });
  expect(await program.desktop.trays()).toEqual([]);
  expect(await call("GET", "/system")).toMatchObject({ can: { tray: false } });
  await heldRun();
  await program.desktop.answerQuestions("Cancel");
  await closeWindow();
  await expect.poll(() => program.desktop.log("message-box")).toMatchObject([{ buttons: ["Stop and quit", "Cancel"] }]);
  expect(await isVisible()).toEqual([true]);
  await program.desktop.answerQuestions("Stop and quit");
  const gone = ended();
  await closeWindow();
  await gone;
});

test("with the setting off, closing the window quits", async () => {
  await start();
  await call("PATCH", "/settings", { closeToTray: false });
  const gone = ended();
  await closeWindow();
  await gone;
});

test("a second start shows the first one's window and ends", async () => {
  await start();
  await closeWindow();
  expect(await isVisible()).toEqual([false]);
  const { executablePath, args, env } = commandOf({
    dataFolder: program.dataFolder,
    configFolder: program.configFolder,
  });
  await promisify(execFile)(executablePath, args, { env }); // rejects unless it exits with 0
  await expect.poll(isVisible).toEqual([true]);
});

test("start at login is written where the desktop looks, and such a start stays hidden", async () => {
  await start();
  const entry = join(program.configFolder, "autostart/hypersdk-desktop.desktop");
  expect(existsSync(entry)).toBe(false);
  await call("PATCH", "/settings", { startAtLogin: true });
  expect(readFileSync(entry, "utf8")).toMatch(/^Exec=.* "--hidden"$/m);
  await call("PATCH", "/settings", { startAtLogin: false });
  expect(existsSync(entry)).toBe(false);
  await program.close();

  program = await launch({ args: ["--hidden"] });
  await expect.poll(() => program.desktop.trays()).toHaveLength(1);
  expect(program.app.windows()).toHaveLength(0);
  await program.desktop.clickTray();
  page = await mainWindow(program);
  await expect.poll(isVisible).toEqual([true]);
});

test("the window comes back in its size, and the menu leads to the pages", async () => {
  await start();
  const { dataFolder } = program;
  await program.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 120, y: 80, width: 1111, height: 777 }),
  );
  await program.desktop.clickMenuItem("settings");
  await expect.poll(route).toBe("#/settings");
  await program.desktop.clickMenuItem("jobs");
  await expect.poll(route).toBe("#/jobs");
  await program.desktop.clickMenuItem("api");
  const { url } = await call<{ url: string }>("GET", "/system");
  await expect.poll(() => program.desktop.log("open-external")).toMatchObject([{ url: `${url}/api/docs` }]);
  const first = program;
  await first.app.close();

  await start({ dataFolder });
  expect(await program.desktop.log("window")).toMatchObject([{ bounds: { x: 120, y: 80, width: 1111, height: 777 } }]);
  await program.close();
  await first.close();
});
