/** The program itself: what it is and can do, the folders of this computer, pausing all work. */
import type { FolderListing, SystemInfo } from "../../src-core/contract/system.ts";
import type { FormatInfo } from "../../src-core/model/disk.ts";
import { listFolder } from "../files/folder-listing.ts";
import type { JobEngine } from "../jobs/engine.ts";
import type { runTask } from "../jobs/worker-thread.ts";
import type { Shell } from "../shell/shell.ts";

export interface SystemService {
  info(): Promise<SystemInfo>;
  /** What the engine reads and writes; asked of a worker once. */
  formats(): Promise<FormatInfo[]>;
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
  let known: Promise<FormatInfo[]> | null = null;
  const formats = () => {
    known ??= deps.runTask({ kind: "describe" }).then((result) => result.formats);
    known.catch(() => {
      known = null; // Asked again next time.
    });
    return known;
  };
  return {
    formats,
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
