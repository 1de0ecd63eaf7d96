/** The program itself: what it is and can do, the folders of this computer, pausing all work. */
import type { FolderListing, SystemInfo } from "../../src-core/contract/system.ts";
import type { FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import type { EngineInfo } from "../../src-core/model/task.ts";
import { listFolder } from "../files/folder-listing.ts";
import type { JobEngine } from "../jobs/engine.ts";
import type { runTask } from "../jobs/worker-thread.ts";
import type { Shell } from "../shell/shell.ts";

/** Targets whose companions are remembered. */
const KEPT_NAMES = 200;

export interface SystemService {
  info(): Promise<SystemInfo>;
  /** What the engine reads and writes; asked of a worker once. */
  formats(): Promise<FormatInfo[]>;
  /** Kinds of sources that can be connected to. */
  sourceKinds(): Promise<EngineInfo["providers"]>;
  /** Names of the further files that a target called `name` consists of; asked of a worker once for each. */
  companions(format: FormatId, subformat: string, name: string): Promise<readonly string[]>;
  setPaused(paused: boolean): { workPaused: boolean };
  folder(path: string | undefined): Promise<FolderListing>;
  /** @throws AppError shell.unavailable */
  pickFolder(): Promise<string | null>;
}

export function createSystem(deps: {
  shell: Shell;
  engine: JobEngine;
  runTask: typeof runTask;
  version: string;
  dataFolder: string;
  startedAt: string;
  url(): string;
}): SystemService {
  const { shell, engine } = deps;
  const companions = new Map<string, readonly string[]>();
  const formats = asked(async () => (await deps.runTask({ kind: "formats" })).formats);
  const engineInfo = asked(async () => (await deps.runTask({ kind: "describe" })).engine);
  return {
    formats,
    sourceKinds: async () => (await engineInfo()).providers,
    async companions(format, subformat, name) {
      const key = JSON.stringify([format, subformat, name]);
      const before = companions.get(key);
      if (before !== undefined) return before;
      const told = await deps.runTask({ kind: "formats", targets: [{ format, subformat, name }] });
      const names = told.companions?.[0] ?? [];
      if (companions.size >= KEPT_NAMES) companions.clear();
      companions.set(key, names);
      return names;
    },
    async info() {
      return {
        name: "HyperSDK Desktop",
        version: deps.version,
        shell: shell.kind,
        platform: `${process.platform} ${process.arch}`,
        nodeVersion: process.versions.node,
        startedAt: deps.startedAt,
        dataFolder: deps.dataFolder,
        url: deps.url(),
        formats: await formats(),
        engine: await engineInfo(),
        workPaused: engine.paused,
        can: shell.can,
      };
    },
    setPaused(paused) {
      if (paused) engine.pauseAll();
      else engine.resumeAll();
      return { workPaused: engine.paused };
    },
    folder: (path) => listFolder(path),
    pickFolder: () => shell.pickFolder(),
  };
}

/** What does not change: asked once, and again only after a failure. */
function asked<T>(ask: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | null = null;
  return () => {
    known ??= ask();
    known.catch(() => {
      known = null;
    });
    return known;
  };
}
