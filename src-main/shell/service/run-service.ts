/**
 * The program without a window, from start to end signal. Used by this folder's index.ts and by `hypersdk serve`.
 * What people read goes to stderr; the page's address, the one line a script may want, goes to stdout.
 */
import { AppError } from "../../../src-core/model/error.ts";
import { type App, startApp } from "../../app.ts";
import { dataFolder } from "../../files/data-folder.ts";
import { readTlsFiles } from "../../files/tls-files.ts";
import { webRootFolder } from "../../files/web-root.ts";
import { VERSION } from "../../version.ts";
import { serviceShell } from "./service-shell.ts";

export interface ServiceOptions {
  /** Exactly this port; left out: 8080 or the next free one. */
  readonly port?: number | undefined;
  readonly dataFolder?: string | undefined;
  /** Folders added as libraries where they are not yet. */
  readonly libraries?: readonly string[] | undefined;
  /** Any other than a loopback address needs both TLS files. */
  readonly host?: string | undefined;
  readonly tlsCertFile?: string | undefined;
  readonly tlsKeyFile?: string | undefined;
  /** Copies the log to stderr. */
  readonly verbose?: boolean | undefined;
  /** Prints one JSON line {"type":"listening","url","signInUrl"} instead of text. */
  readonly json?: boolean | undefined;
  /** Aborted when the end was asked for already, by a signal that somebody else heard while this started. */
  readonly asked?: AbortSignal | undefined;
}

/** Starts, and resolves with the exit code once asked to end: 0 after a clean stop, 1 cannot start, 2 wrong options. */
export async function runService(options: ServiceOptions): Promise<number> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  let app: App;
  try {
    app = await start(options, say);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (options.json) process.stdout.write(`${JSON.stringify({ type: "error", error: error.toData() })}\n`);
    else say(`hypersdk: ${error.message}${error.hint === undefined ? "" : `\n  ${error.hint}`}`);
    return error.code === "usage.invalid" ? 2 : 1;
  }
  // Heard before the address is told: whoever reads that may ask for the end at once.
  const stopping = "Stopping: running work goes on at the next start. Press Ctrl+C again to stop at once.";
  const asked = endSignal(options.asked, () => say(stopping));
  const signInUrl = app.createSignInUrl();
  if (options.json) process.stdout.write(`${JSON.stringify({ type: "listening", url: app.url, signInUrl })}\n`);
  else {
    say("HyperSDK Desktop is running. Open this address within ten minutes (it works once):");
    process.stdout.write(`${signInUrl}\n`);
    say("Press Ctrl+C to stop.");
  }
  await asked;
  await app.stop();
  return 0;
}

async function start(options: ServiceOptions, say: (line: string) => void): Promise<App> {
  const { tlsCertFile, tlsKeyFile } = options;
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined)) {
    throw new AppError("usage.invalid", "TLS needs both a certificate file and a key file.");
  }
  const tls = tlsCertFile === undefined || tlsKeyFile === undefined ? undefined : readTlsFiles(tlsCertFile, tlsKeyFile);
  const app = await startApp({
    dataFolder: dataFolder(options.dataFolder),
    shell: serviceShell(say),
    webRoot: webRootFolder(),
    version: VERSION,
    port: options.port,
    host: options.host,
    tls,
    logToStderr: options.verbose,
  });
  try {
    await addLibraries(app, options.libraries ?? []);
  } catch (thrown) {
    await app.stop();
    throw thrown;
  }
  return app;
}

async function addLibraries(app: App, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    try {
      await app.services.libraries.add(folder);
    } catch (thrown) {
      // Given at every start: what is a library already is no mistake.
      if (!(thrown instanceof AppError && thrown.code === "library.duplicate")) throw thrown;
    }
  }
}

/** Resolves at the first SIGINT or SIGTERM, or when it was `asked` before; the next one ends the process where it stands. */
function endSignal(asked: AbortSignal | undefined, first: () => void): Promise<void> {
  return new Promise((resolve) => {
    let ending = false;
    const end = () => {
      ending = true;
      first();
      resolve();
    };
    const stop = (signal: NodeJS.Signals) => {
      if (ending) process.exit(signal === "SIGINT" ? 130 : 143);
      end();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    if (asked?.aborted) end();
  });
}
