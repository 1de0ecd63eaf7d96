/** The tray: what runs, at a glance, and the four things to do about it. What it says is made in tray-view.ts. */
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from "electron";
import type { JobEngine } from "../../jobs/engine.ts";
import type { EventHub } from "../../jobs/event-hub.ts";
import { type TrayView, trayView } from "./tray-view.ts";

export interface TrayActions {
  open(route?: string): void;
  quit(): void;
}

/** Changes are drawn at most this often; progress comes faster. */
const REDRAW_MS = 1000;

/**
 * Shows the tray icon until the program ends. @param icon path of the picture; on macOS a template image
 * @returns what to call before the engine stops: from then on it is not asked any more
 */
export function showTray(icon: string, work: { hub: EventHub; engine: JobEngine }, actions: TrayActions): () => void {
  const tray = new Tray(nativeImage.createFromPath(icon));
  let drawn = "";
  let due: NodeJS.Timeout | null = null;

  function draw(): void {
    due = null;
    const view = trayView(work.engine.active(), work.engine.paused);
    const text = JSON.stringify(view);
    if (text === drawn) return; // setting the menu anew closes one that is open on some desktops
    drawn = text;
    tray.setToolTip(view.toolTip);
    tray.setContextMenu(Menu.buildFromTemplate(trayMenu(view, work.engine, actions)));
  }

  tray.on("click", () => actions.open());
  const unlisten = work.hub.listen(() => {
    due ??= setTimeout(draw, REDRAW_MS).unref();
  });
  draw();
  return () => {
    unlisten();
    if (due !== null) clearTimeout(due);
  };
}

function trayMenu(view: TrayView, engine: JobEngine, actions: TrayActions): MenuItemConstructorOptions[] {
  return [
    ...view.runs.map(({ id, label, route }) => ({ id: `run:${id}`, label, click: () => actions.open(route) })),
    { id: "summary", label: view.summary, enabled: false },
    { type: "separator" },
    { id: "open", label: "Open HyperSDK", click: () => actions.open() },
    view.paused
      ? { id: "resume", label: "Resume all work", click: () => engine.resumeAll() }
      : { id: "pause", label: "Pause all work", click: () => engine.pauseAll() },
    { type: "separator" },
    { id: "quit", label: "Quit", click: () => actions.quit() },
  ];
}
