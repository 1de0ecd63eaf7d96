/** Planning and starting jobs as the program has them, for tests: real files, a played engine. */
import type { DiskInfo } from "../../../src-core/model/disk.ts";
import { noSources } from "../../jobs/testing/no-sources.ts";
import { createConversions } from "../conversions.ts";
import { createDisks } from "../disks.ts";
import { createJobs } from "../jobs.ts";
import { createLibraries } from "../libraries.ts";
import { createSettings } from "../settings.ts";
import { createSystem } from "../system.ts";
import { type FakeEngine, fakeRunTask } from "./fake-engine.ts";
import type { Ground } from "./ground.ts";

/** The services that plan and start jobs, over played engines. `known`: the disks there are, by path. */
export function openConversions(
  { db, hub, log, now }: Ground,
  { engine }: FakeEngine,
  known: ReadonlyMap<string, DiskInfo>,
) {
  const { run } = fakeRunTask(known);
  const libraries = createLibraries({ db, hub, log, runTask: run, now });
  const disks = createDisks({ libraries, runTask: run });
  const settings = createSettings({ db, hub, apply: () => {} });
  const shell = {
    kind: "service" as const,
    can: { pickFolder: false, revealFile: false, startAtLogin: false, tray: false },
    vault: null,
    notify: () => {},
    reveal: async () => {},
    pickFolder: async () => null,
    setStartAtLogin: () => {},
  };
  const system = createSystem({
    shell,
    engine,
    runTask: run,
    version: "1",
    dataFolder: "",
    startedAt: "",
    url: () => "",
  });
  const conversions = createConversions({ engine, disks, libraries, settings, system });
  return {
    settings,
    conversions,
    jobs: createJobs({
      engine,
      conversions,
      exports: {
        newRun: async ({ sourceId }) => noSources(sourceId),
        newRuns: async ({ machines }) => machines.map(({ sourceId }) => noSources(sourceId)),
      },
      libraries,
    }),
  };
}
