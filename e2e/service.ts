/** Starts the built service (out/main/cli.js serve) for a spec and opens its pages in a plain browser. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type BrowserContextOptions, chromium, expect, type Page } from "@playwright/test";
import { rest } from "./script.ts";

const root = join(import.meta.dirname, "..");

export interface Service {
  /** The pages' address with a one-time code. */
  readonly signInUrl: string;
  readonly dataFolder: string;
  readonly process: ChildProcess;
  /** Asks it to stop and waits; removes its data folder if this start made it. */
  stop(): Promise<void>;
  /** As a power loss would. */
  kill(): Promise<void>;
}

export async function startService(
  options: { dataFolder?: string; args?: string[]; env?: Record<string, string> } = {},
): Promise<Service> {
  const scratch = mkdtempSync(join(tmpdir(), "hypersdk-e2e-"));
  const dataFolder = options.dataFolder ?? join(scratch, "data");
  const child = spawn(
    process.execPath,
    [join(root, "out/main/cli.js"), "serve", "--port", "0", "--data-dir", dataFolder, ...(options.args ?? [])],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.env } },
  );
  // A story that fails half way stops nothing: the service must not outlive the run.
  process.once("exit", () => child.kill("SIGKILL"));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let said = "";
  const signInUrl = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        said += `${line}\n`;
        const url = /(https?:\/\/\S+#code=\S+)/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
    void ended.then(() => reject(new Error(`The service ended with ${child.exitCode}:\n${said}`)));
  });
  return {
    signInUrl,
    dataFolder,
    process: child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await ended;
      rmSync(scratch, { recursive: true, force: true });
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export function openBrowser(): Promise<Browser> {
  const root = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      ...(root ? ["--no-sandbox"] : []),
    ],
  });
}

/** What the page complained about: uncaught errors and console errors. Filled as it goes. */
export function complaints(page: Page): string[] {
  const found: string[] = [];
  page.on("pageerror", (error) => found.push(error.stack ?? error.message));
  page.on("console", (message) => {
    if (message.type() === "error") found.push(message.text());
  });
  return found;
}

/** A new page of the service in a context of its own, signed in. Its complaints are noted from before it loads. */
export async function openPages(
  browser: Browser,
  signInUrl: string,
  context: BrowserContextOptions = { viewport: { width: 1280, height: 800 } },
): Promise<{ page: Page; found: string[] }> {
  const page = await (await browser.newContext(context)).newPage();
  const found = complaints(page);
  await page.goto(signInUrl);
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  return { page, found };
}

/** A fresh code for a service whose first one was used. */
export async function newSignInUrl(dataFolder: string): Promise<string> {
  return (await rest<{ url: string }>(dataFolder, "POST", "/session/code")).url;
}
