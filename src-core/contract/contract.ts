/**
 * Every call of the program, once. Served three ways from this one description: MessagePort in the window, WebSocket in the
 * browser, REST with OpenAPI under /api/v1. Pages import it as a type only.
 */
import { cost } from "./cost.ts";
import { events } from "./events.ts";
import { exports } from "./exports.ts";
import { inventory, views } from "./inventory.ts";
import { disks, libraries } from "./library.ts";
import { jobs, runs } from "./runs.ts";
import { scheduledRuns, schedules } from "./schedules.ts";
import { sources } from "./sources.ts";
import { session, settings, system, tokens } from "./system.ts";

export const contract = {
  system,
  settings,
  tokens,
  session,
  libraries,
  disks,
  jobs,
  runs,
  sources,
  inventory,
  exports,
  schedules,
  scheduledRuns,
  views,
  cost,
  events,
};
export type Contract = typeof contract;
