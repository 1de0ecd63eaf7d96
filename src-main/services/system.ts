/** The program itself: what it is and can do, the folders of this computer, pausing all work. */
import type { FolderListing, SystemInfo } from "../../src-core/contract/system.ts";
import type { FormatId, FormatInfo } from "../../src-core/model/disk.ts";
import type { ResultOf } from "../../src-core/model/task.ts";
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
  let known: Promise<ResultOf<"describe">> | null = null;
  const companions = new Map<string, readonly string[]>();
  const described = () => {
    known ??= deps.runTask({ kind: "describe" });
    known.catch(() => {
      known = null; // Asked again next time.
    });
    return known;
  };
  return {
    formats: async () => (await described()).formats,
    async companions(format, subformat, name) {
      const key = JSON.stringify([format, subformat, name]);
      const before = companions.get(key);
      if (before !== undefined) return before;
      const told = await deps.runTask({ kind: "describe", targets: [{ format, subformat, name }] });
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
        formats: (await described()).formats,
        engine: (await described()).engine,
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
