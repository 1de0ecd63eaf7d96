/**
 * Composes the program from its parts, given the shell around it: the same App under the window and under the service.
 * Order of start: lock, database, engine (taking up what a crash left), services, port, discovery file, scheduler; stop is the reverse.
 */
import { join } from "node:path";
import { AppError } from "../src-core/model/error.ts";
import type { Services } from "./api/context.ts";
import { type LocalPort, openPort } from "./api/http.ts";
import type { PortLimits } from "./api/limits.ts";
import { type MessagePortLike, servePort } from "./api/port.ts";
import { type Clock, clockFrom } from "./clock.ts";
import { lockInstance } from "./db/instance-lock.ts";
import { openDatabase } from "./db/open.ts";
import { apiDocsFolder } from "./files/api-docs-folder.ts";
import { prepareDataFolder } from "./files/data-folder.ts";
import { readDiscovery, removeDiscovery, writeDiscovery } from "./files/discovery.ts";
import { readPowerSupply } from "./files/power-supply.ts";
import { pricesFolder } from "./files/prices-folder.ts";
import { staticFiles } from "./files/static-files.ts";
import { tokenFile } from "./files/token-file.ts";
import { runChecked, startChecked } from "./jobs/checked-thread.ts";
import { createJobEngine, type JobEngine } from "./jobs/engine.ts";
import { createEventHub, type EventHub } from "./jobs/event-hub.ts";
import { type Log, openLog } from "./log/log.ts";
import { createOutbox } from "./notifications/outbox.ts";
import { tellOfSchedules } from "./notifications/schedule-notices.ts";
import { createSender } from "./notifications/sender.ts";
import { isLinkMetered } from "./scheduler/metered-link.ts";
import { createScheduler, type Scheduler } from "./scheduler/scheduler.ts";
import { startSchedulingThread } from "./scheduler/scheduling-thread.ts";
import { createConversions } from "./services/conversions.ts";
import { createCost } from "./services/cost.ts";
import { createDisks } from "./services/disks.ts";
import { createExportSize } from "./services/export-size.ts";
import { createExports } from "./services/exports.ts";
import { createInventory } from "./services/inventory.ts";
import { createJobs } from "./services/jobs.ts";
import { createLibraries } from "./services/libraries.ts";
import { noteExports } from "./services/note-exports.ts";
import { announceEnds } from "./services/notices.ts";
import { createNotifications } from "./services/notifications.ts";
import { createPriceBooks } from "./services/price-books.ts";
import { createRuns } from "./services/runs.ts";
import { createScheduleSet } from "./services/schedule-set.ts";
import { createScheduledRuns } from "./services/scheduled-runs.ts";
import { createSchedules } from "./services/schedules.ts";
import { createSessions } from "./services/sessions.ts";
import { createSettings, type SettingsService } from "./services/settings.ts";
import { createSources } from "./services/sources.ts";
import { createSystem } from "./services/system.ts";
import { tellLeftovers } from "./services/tell-leftovers.ts";
import { createTokens } from "./services/tokens.ts";
import type { Shell } from "./shell/shell.ts";
import { startSession, testSource } from "./sources/session-thread.ts";
import { createVault } from "./sources/vault.ts";

export interface App {
  /** Address of the local port, e.g. "http://127.0.0.1:8080". */
  readonly url: string;
  readonly hub: EventHub;
  readonly engine: JobEngine;
  readonly settings: SettingsService;
  readonly scheduler: Scheduler;
  readonly services: Services;
  /** Serves the contract on a MessagePort as the window. @returns what closes it */
  connectPort(port: MessagePortLike): () => void;
  /** The page's address with a one-time code in the fragment; it opens one browser session within ten minutes. */
  createSignInUrl(): string;
  /** Stops in the reverse order of the start; running work stops at a checkpoint and goes on at the next start. */
  stop(): Promise<void>;
}

export interface AppOptions {
  readonly dataFolder: string;
  readonly shell: Shell;
  /** Folder of the built pages; null serves none. */
  readonly webRoot: string | null;
  readonly version: string;
  /** Exactly this port (0: any); left out: 8080 or the next free one. */
  readonly port?: number | undefined;
  /** Left out: 127.0.0.1. Any other than a loopback address needs `tls`. */
  readonly host?: string | undefined;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly logToStderr?: boolean | undefined;
  readonly limits?: Partial<PortLimits> | undefined;
  /** Left out: the system's, or that of HYPERSDK_TEST_CLOCK. */
  readonly clock?: Clock;
  /** Milliseconds since the epoch, of all but schedules; left out: of the clock. */
  readonly now?: () => number;
}

/**
 * Starts the program on a data folder.
 * @throws AppError service.running when another program uses the folder; service.port-taken, service.address, usage.invalid,
 * database.damaged, database.newer, path.denied
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { dataFolder, shell, version } = options;
  const clock = options.clock ?? clockFrom(process.env);
  const now = options.now ?? clock.now;
  // Undone last to first, also when the start fails half way.
  const undo: (() => void | Promise<void>)[] = [];
  let opened: Log | null = null;
  /** Each step whatever became of the one before: a lock or a thread that stays would be worse. */
  const stopAll = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
      try {
        await step();
      } catch (error) {
        opened?.error("A part of the program did not stop cleanly", { error });
      }
    }
  };
  try {
    prepareDataFolder(dataFolder);
    const lock = lockInstance(dataFolder);
    if (lock === null) throw alreadyRunning(dataFolder);
    undo.push(() => lock.release());

    const log = openLog({ dataFolder, stderr: options.logToStderr ?? false });
    opened = log;
    if (clock.test !== null) log.warn("THE CLOCK IS NOT THE SYSTEM'S: HYPERSDK_TEST_CLOCK is set", { ...clock.test });
    const db = openDatabase(join(dataFolder, "hypersdk.db"));
    undo.push(() => db.close());

    const hub = createEventHub({ db, log });
    const settings = createSettings({
      db,
      hub,
      apply(changed) {
        // First what can be refused.
        shell.setStartAtLogin(changed.startAtLogin);
        engine.setLimits(changed);
      },
    });
    const { startAtLogin, ...limits } = settings.get();
    const vault = createVault({ system: shell.vault, dataFolder });
    const sources = createSources({ db, hub, log, vault, startSession, testSource, now });
    undo.push(() => sources.stop());
    const sourceAccess = (id: string) => sources.access(id);
    const engine = createJobEngine({ db, hub, log, now, at: clock.at, limits, startTask: startChecked, sourceAccess });
    undo.push(() => engine.stop());
    undo.push(noteExports({ db, hub, engine, sources }));
    undo.push(announceEnds({ db, hub, shell, settings, now }));
    const send = createSender({ vault, shell, now: clock.now });
    const outbox = createOutbox({ db, hub, log, clock, send });
    undo.push(() => outbox.stop());
    undo.push(tellOfSchedules({ db, hub, log, clock, outbox }));
    engine.recover();

    const tokens = createTokens({ db, dataFolder, now });
    const sessions = createSessions({ db, tokens, now });
    const libraries = createLibraries({ db, hub, log, runTask: runChecked, now });
    undo.push(() => libraries.stop());
    const inventory = createInventory({
      db,
      hub,
      sources,
      activeRuns: () => engine.active().map(({ id }) => id),
    });
    undo.push(tellLeftovers({ hub, log, shell, inventory }));
    const startedAt = new Date(now()).toISOString();
    let port: LocalPort | null = null;
    const url = () => port?.url ?? "";
    const system = createSystem({ shell, engine, runTask: runChecked, version, dataFolder, startedAt, url });
    const disks = createDisks({ libraries, runTask: runChecked });
    const conversions = createConversions({ engine, disks, libraries, settings, system });
    const exports = createExports({ engine, sources, system, version, now });
    const jobs = createJobs({ engine, conversions, exports, libraries });
    const scheduler = createScheduler({
      db,
      hub,
      log,
      clock,
      engine,
      jobs,
      measuring: {
        readPower: shell.readPower ?? readPowerSupply,
        isMetered: isLinkMetered,
        sources: () => sources.list(),
      },
      startThread: startSchedulingThread,
      random: Math.random,
    });
    undo.push(() => scheduler.stop());
    const signInUrl = () => {
      const { code, expiresAtMs } = sessions.createCode();
      return { url: `${url()}/#code=${code}`, expiresAt: new Date(expiresAtMs).toISOString() };
    };
    const runs = createRuns({ engine, shell });
    const notifications = createNotifications({ db, hub, vault, outbox, send, now: clock.now });
    const scheduleSet = createScheduleSet(db);
    const schedules = createSchedules({
      db,
      hub,
      set: scheduleSet,
      scheduler,
      now,
      limits: () => ({ most: settings.get().concurrency, groups: settings.get().groupLimits }),
      sourceNames: () => Object.fromEntries(sources.list().map(({ id, name }) => [id, name])),
    });
    undo.push(() => schedules.stop());
    const warn = (message: string) => log.warn(message);
    const books = createPriceBooks({ dataFolder, pricesFolder: pricesFolder(), now, warn });
    const cost = createCost({ books, dataFolder, runTask: runChecked, now });
    const exportSize = createExportSize({ libraries, engine, runTask: runChecked, dataFolder, now });
    const services: Services = {
      system,
      settings,
      tokens,
      sessions,
      libraries,
      disks,
      conversions,
      jobs,
      runs,
      sources,
      inventory,
      exports,
      notifications,
      schedules,
      scheduledRuns: createScheduledRuns({ db, engine, scheduler }),
      cost,
      exportSize,
      hub,
      log,
      signInUrl,
    };

    const docs = apiDocsFolder();
    const listening = await openPort({
      services,
      pages: options.webRoot === null ? null : staticFiles(options.webRoot),
      swagger: docs === null ? null : staticFiles(docs),
      version,
      host: options.host,
      port: options.port,
      tls: options.tls,
      limits: options.limits,
    });
    port = listening;
    undo.push(() => listening.close());
    writeDiscovery(dataFolder, {
      url: listening.url,
      pid: process.pid,
      version,
      startedAt,
      tokenFile: tokenFile(dataFolder),
    });
    undo.push(() => removeDiscovery(dataFolder, process.pid));

    libraries.recover();
    sources.start();
    scheduler.start();
    try {
      shell.setStartAtLogin(startAtLogin);
    } catch (error) {
      // An autostart folder that cannot be written must not keep the program itself from running.
      log.warn("Start at login could not be set", { error });
    }
    log.info("started", { url: listening.url, version, shell: shell.kind, node: process.versions.node });
    undo.push(() => log.info("stopping"));

    return {
      url: listening.url,
      hub,
      engine,
      settings,
      scheduler,
      services,
      connectPort: (messagePort) => servePort(messagePort, services),
      createSignInUrl: () => signInUrl().url,
      stop: stopAll,
    };
  } catch (thrown) {
    opened?.error("The program cannot start", { error: thrown });
    await stopAll();
    throw thrown;
  }
}

function alreadyRunning(dataFolder: string): AppError {
  const other = readDiscovery(dataFolder);
  if (other === null) {
    return new AppError("service.running", `Another HyperSDK program uses ${dataFolder}; it is starting or stopping.`);
  }
  return new AppError(
    "service.running",
    `Another HyperSDK program (process ${other.pid}) uses ${dataFolder} and answers at ${other.url}.`,
    { hint: `Open ${other.url}, or end that program first.`, details: { pid: other.pid, url: other.url } },
  );
}
