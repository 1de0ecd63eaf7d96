/** The tray: what runs and what comes, at a glance, and what to do about it. What it says is made in tray-view.ts and tray-schedules.ts. */
import { Menu, type MenuItemConstructorOptions, nativeImage, Tray } from "electron";
import { fromIso, HOUR_MS, toIso } from "../../../src-core/schedule/instant.ts";
import type { App } from "../../app.ts";
import { RUN_NOW_LINES, type ScheduleView, scheduleView, tomorrowAtSix } from "./tray-schedules.ts";
import { type TrayView, trayView } from "./tray-view.ts";

export interface TrayActions {
  open(route?: string): void;
  quit(): void;
  /** Something that was asked for in the menu could not be done. */
  failed(what: string, error: unknown): void;
}

type Work = Pick<App, "hub" | "engine" | "scheduler" | "services">;

/** Changes are drawn at most this often; progress comes faster. */
const REDRAW_MS = 1000;
/** What is due next moves on without an event. */
const LOOK_AGAIN_MS = 5000;
const MOST_ACTIVE = 200;

/**
 * Shows the tray icon until the program ends. @param icon path of the picture; on macOS a template image
 * @returns what to call before the engine stops: from then on it is not asked any more
 */
export function showTray(icon: string, work: Work, actions: TrayActions): () => void {
  const tray = new Tray(nativeImage.createFromPath(icon));
  let drawn = "";
  let due: NodeJS.Timeout | null = null;

  function draw(): void {
    due = null;
    const views = { work: trayView(work.engine.active(), work.engine.paused), schedules: scheduleView(stateOf(work)) };
    const text = JSON.stringify(views);
    if (text === drawn) return; // setting the menu anew closes one that is open on some desktops
    drawn = text;
    const { shown, next, paused } = views.schedules;
    tray.setToolTip(`${views.work.toolTip}${shown ? `\n${paused ?? next}` : ""}`);
    tray.setContextMenu(Menu.buildFromTemplate(trayMenu(views.work, views.schedules, work, actions)));
  }
  /** Where the database cannot be read, the tray stays as it was. */
  function redraw(): void {
    try {
      draw();
    } catch (error) {
      actions.failed("The tray could not be drawn", error);
    }
  }

  tray.on("click", () => actions.open());
  const unlisten = work.hub.listen(() => {
    due ??= setTimeout(redraw, REDRAW_MS).unref();
  });
  const again = setInterval(redraw, LOOK_AGAIN_MS).unref();
  draw();
  return () => {
    unlisten();
    clearInterval(again);
    if (due !== null) clearTimeout(due);
  };
}

function stateOf({ scheduler, services }: Work) {
  const { now, pause } = scheduler.status();
  const next = scheduler.soonest(RUN_NOW_LINES).flatMap(({ scheduleId, at }) => {
    const name = services.schedules.nameOf(scheduleId);
    return name === null ? [] : [{ id: scheduleId, name, at }];
  });
  const { items } = services.scheduledRuns.list({ active: true, limit: MOST_ACTIVE });
  return { now: fromIso(now), zone: localZone(), pause, next, active: items };
}

function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function trayMenu(
  view: TrayView,
  schedules: ScheduleView,
  work: Work,
  actions: TrayActions,
): MenuItemConstructorOptions[] {
  const { engine } = work;
  const separator = { type: "separator" } as const;
  return [
    ...view.runs.map(({ id, label, route }) => ({ id: `run:${id}`, label, click: () => actions.open(route) })),
    { id: "summary", label: view.summary, enabled: false },
    separator,
    ...(schedules.shown ? [...scheduleItems(schedules, work, actions), separator] : []),
    { id: "open", label: "Open HyperSDK", click: () => actions.open() },
    view.paused
      ? { id: "resume", label: "Resume all work", click: () => engine.resumeAll() }
      : { id: "pause", label: "Pause all work", click: () => engine.pauseAll() },
    separator,
    { id: "quit", label: "Quit", click: () => actions.quit() },
  ];
}

function scheduleItems(
  { running, more, next, paused, runNow }: ScheduleView,
  { scheduler }: Work,
  actions: TrayActions,
): MenuItemConstructorOptions[] {
  const attempt = (what: string, act: () => unknown) => () => {
    try {
      act();
    } catch (error) {
      actions.failed(what, error);
    }
  };
  const pauseTill = (until: (now: number) => number | null) =>
    attempt("Schedules were not paused", () => {
      const now = fromIso(scheduler.status().now);
      const untilAt = until(now);
      const [sinceAt, reason] = [toIso(now), "paused from the tray"];
      scheduler.pauseAll({ reason, sinceAt, untilAt: untilAt === null ? null : toIso(untilAt) });
    });
  const pauses: MenuItemConstructorOptions[] = [
    { id: "pause-hour", label: "For one hour", click: pauseTill((now) => now + HOUR_MS) },
    { id: "pause-tomorrow", label: "Until tomorrow 6:00", click: pauseTill((now) => tomorrowAtSix(now, localZone())) },
    { id: "pause-open", label: "Until resumed", click: pauseTill(() => null) },
  ];
  const resume = attempt("Schedules were not resumed", () => scheduler.pauseAll(null));
  return [
    ...running.map(({ id, label, route }) => ({
      id: `scheduled-run:${id}`,
      label,
      click: () => actions.open(route),
    })),
    ...(more === null ? [] : [{ label: more, click: () => actions.open("/schedules/runs") }]),
    { id: "next", label: next, click: () => actions.open("/schedules") },
    ...(paused === null
      ? [{ id: "pause-schedules", label: "Pause schedules", submenu: pauses }]
      : [
          { id: "schedules-paused", label: paused, enabled: false },
          { id: "resume-schedules", label: "Resume schedules", click: resume },
        ]),
    ...(runNow.length === 0
      ? []
      : [
          {
            id: "run-now",
            label: "Run now",
            submenu: runNow.map(({ id, label }) => ({
              id: `run-now:${id}`,
              label,
              click: attempt("The schedule was not started", () =>
                scheduler.runNow(id, { anyway: false, alone: false }),
              ),
            })),
          },
        ]),
  ];
}
