/** nativeTheme, screen, powerMonitor and powerSaveBlocker: one plain desktop, whose events a spec emits. */
import { EventEmitter } from "node:events";
import type { Display } from "electron";
import { honest } from "./honesty.ts";
import { record } from "./log.ts";

export const nativeTheme = honest(
  "nativeTheme",
  "NativeTheme",
  Object.assign(new EventEmitter(), { shouldUseDarkColors: false }),
);

const workArea = { x: 0, y: 0, width: 1920, height: 1080 };

export const screen = honest(
  "screen",
  "Screen",
  Object.assign(new EventEmitter(), { getAllDisplays: (): Pick<Display, "workArea">[] => [{ workArea }] }),
);

export const powerMonitor = honest("powerMonitor", "PowerMonitor", new EventEmitter());

const blockers = new Set<number>();
let lastBlocker = 0;

export const powerSaveBlocker = honest("powerSaveBlocker", "PowerSaveBlocker", {
  start(type: string): number {
    record("power-save-blocker", { type, on: true });
    blockers.add(++lastBlocker);
    return lastBlocker;
  },
  stop(id: number): boolean {
    record("power-save-blocker", { on: false });
    return blockers.delete(id);
  },
});
