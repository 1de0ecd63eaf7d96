/** What the user can set: stored per key, so that a setting added later has its default. */
import { isAbsolute } from "node:path";
import { AppError } from "../../src-core/model/error.ts";
import { DEFAULT_SETTINGS, Settings } from "../../src-core/model/settings.ts";
import type { Db } from "../db/open.ts";
import { storedSettings, storeSettings } from "../db/settings.ts";
import { realFolder } from "../files/folder-listing.ts";
import type { EventHub } from "../jobs/event-hub.ts";

export interface SettingsService {
  get(): Settings;
  /** Changes the given ones. @throws AppError path.* for the default target folder; what `apply` throws */
  update(change: { [K in keyof Settings]?: Settings[K] | undefined }): Promise<Settings>;
}

/** `apply` makes a change take effect; one it throws at is not kept. */
export function createSettings(deps: { db: Db; hub: EventHub; apply(settings: Settings): void }): SettingsService {
  const { db, hub } = deps;
  let current = readSettings(db);
  return {
    get: () => current,
    async update(change) {
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const parsed = Settings.partial().parse(given);
      if (typeof parsed.defaultTargetFolder === "string") {
        parsed.defaultTargetFolder = await existingFolder(parsed.defaultTargetFolder);
      }
      deps.apply(Settings.parse({ ...current, ...parsed }));
      storeSettings(db, parsed);
      current = readSettings(db);
      hub.publish({ type: "settings" });
      return current;
    },
  };
}

async function existingFolder(folder: string): Promise<string> {
  if (!isAbsolute(folder)) {
    throw new AppError("path.not-found", `The default folder must be an absolute path, not ${folder}.`);
  }
  return realFolder(folder);
}

function readSettings(db: Db): Settings {
  const stored = storedSettings(db);
  const known = Object.entries(Settings.shape).flatMap(([key, schema]) => {
    const parsed = schema.safeParse(stored[key]);
    return parsed.success ? [[key, parsed.data]] : [];
  });
  return Settings.parse({ ...DEFAULT_SETTINGS, ...Object.fromEntries(known) });
}
