/** A whole program on a folder of its own, and a plain HTTP client that can send what no well-behaved client would. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, type AppOptions, startApp } from "../../app.ts";
import type { Notice, Shell } from "../../shell/shell.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** `data.code` of an error answer. */
  readonly code: string | undefined;
}

export interface TestApp {
  readonly app: App;
  readonly dataFolder: string;
  /** Empty folder for disks and pages. */
  readonly folder: string;
  readonly token: string;
  readonly port: number;
  readonly notices: Notice[];
  readonly revealed: string[];
  /** Sends exactly these headers (plus Host and Connection where they are not given). */
  send(path: string, options?: SendOptions): Promise<Answer>;
  /** As `send`, with the installation's token. */
  api(path: string, options?: SendOptions): Promise<Answer>;
  /** Signs a browser in; the value of its Cookie header. */
  signIn(): Promise<string>;
  /** Stops the program and starts it again on the same folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Text as it is, anything else as JSON with its content type. */
  readonly body?: unknown;
  readonly port?: number;
}

export async function startTestApp(options: Partial<AppOptions> = {}): Promise<TestApp> {
  const top = await mkdtemp(join(tmpdir(), "hypersdk-api-"));
  const dataFolder = join(top, "data");
  const folder = await mkdtemp(join(top, "disks-"));
  const notices: Notice[] = [];
  const revealed: string[] = [];
  const shell: Shell = {
    kind: "service",
    can: { pickFolder: true, revealFile: true, startAtLogin: false, tray: false },
    vault: null,
    notify: (notice) => notices.push(notice),
    reveal: async (path) => void revealed.push(path),
    pickFolder: async () => folder,
    setStartAtLogin: () => {},
  };
  const start = () => startApp({ dataFolder, shell, webRoot: null, version: "1.2.3", port: 0, ...options });
  let app = await start();

  const self: TestApp = {
    get app() {
      return app;
    },
    dataFolder,
    folder,
    get token() {
      return readFileSync(join(dataFolder, "token"), "utf8").trim();
    },
    get port() {
      return Number(new URL(app.url).port);
    },
    notices,
    revealed,
    send: (path, sent = {}) => sendPlain(sent.port ?? self.port, path, sent),
    api: (path, sent = {}) =>
      self.send(path, { ...sent, headers: { authorization: `Bearer ${self.token}`, ...sent.headers } }),
    async signIn() {
      const code = new URL(app.createSignInUrl()).hash.slice("#code=".length);
      const answer = await self.send("/auth/session", {
        method: "POST",
        headers: { origin: app.url },
        body: { code },
      });
      const cookie = answer.headers["set-cookie"]?.[0]?.split(";")[0];
      if (answer.status !== 200 || cookie === undefined) throw new Error(`sign-in failed: ${answer.text}`);
      return cookie;
    },
    async restart() {
      await app.stop();
      app = await start();
    },
    async stop() {
      await app.stop();
      await rm(top, { recursive: true, force: true });
    },
  };
  return self;
}

/** One request; the body of the answer as text. */
export function sendPlain(port: number, path: string, sent: SendOptions = {}): Promise<Answer> {
  const json = sent.body !== undefined && typeof sent.body !== "string";
  const body = json ? JSON.stringify(sent.body) : (sent.body as string | undefined);
  const headers: OutgoingHttpHeaders = {
    ...(json ? { "content-type": "application/json" } : {}),
    ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
    ...sent.headers,
  };
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, method: sent.method ?? "GET", headers, agent: false });
    call.on("response", async (response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of response) chunks.push(chunk);
      } catch (thrown) {
        reject(thrown);
        return;
      }
      const text = Buffer.concat(chunks).toString("utf8");
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, code: errorCode(text) });
    });
    call.on("error", reject);
    call.end(body);
  });
}

function errorCode(text: string): string | undefined {
  try {
    return JSON.parse(text).data?.code;
  } catch {
    return undefined;
  }
}
