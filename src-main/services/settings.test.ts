import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../src-core/model/settings.ts";
import { storeSettings } from "../db/settings.ts";
import { createSettings } from "./settings.ts";
import { type Ground, newGround } from "./testing/ground.ts";

let ground: Ground;
let applied: Settings[];
beforeEach(() => {
  ground = newGround();
  applied = [];
});
afterEach(() => ground.remove());
const open = () => createSettings({ db: ground.db, hub: ground.hub, apply: (settings) => applied.push(settings) });

describe("settings", () => {
  it("start with the defaults and keep what was changed", async () => {
    expect(open().get()).toEqual(DEFAULT_SETTINGS);
    const changed = await open().update({ concurrency: 5, notifyOnSuccess: undefined });
    expect(changed).toEqual({ ...DEFAULT_SETTINGS, concurrency: 5 });
    expect(applied).toEqual([changed]);
    expect(ground.told).toEqual([{ type: "settings" }]);
    expect(open().get()).toEqual(changed);
  });

  it("keep nothing of a change that cannot take effect", async () => {
    const refusing = () => {
      throw new AppError("path.denied", "The autostart folder cannot be written.");
    };
    const settings = createSettings({ db: ground.db, hub: ground.hub, apply: refusing });
    await expect(settings.update({ startAtLogin: true })).rejects.toMatchObject({ code: "path.denied" });
    expect([settings.get().startAtLogin, open().get().startAtLogin, ground.told]).toEqual([false, false, []]);
  });

  it("fall back to the default where a stored value no longer fits", () => {
    storeSettings(ground.db, { concurrency: 4_000, closeToTray: false, removedLongAgo: 1 });
    expect(open().get()).toEqual({ ...DEFAULT_SETTINGS, closeToTray: false });
  });

  it("take a default folder only where there is one", async () => {
    const settings = open();
    expect((await settings.update({ defaultTargetFolder: `${ground.folder}/.` })).defaultTargetFolder).toBe(
      ground.folder,
    );
    await expect(settings.update({ defaultTargetFolder: join(ground.folder, "gone") })).rejects.toMatchObject({
      code: "path.not-found",
    });
    await expect(settings.update({ defaultTargetFolder: "relative" })).rejects.toMatchObject({
      code: "path.not-found",
    });
    expect(settings.get().defaultTargetFolder).toBe(ground.folder);
    expect((await settings.update({ defaultTargetFolder: null })).defaultTargetFolder).toBeNull();
  });
});
