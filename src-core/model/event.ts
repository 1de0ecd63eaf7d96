/** What happens in the program, told to every page and script by one stream. */
import { z } from "zod";
import { Library } from "./library.ts";
import { MachineRow } from "./machine-view.ts";
import { RunSummary } from "./run.ts";
import { ScheduleRow } from "./schedule-view.ts";
import { ScheduledRunSummary } from "./scheduled-run.ts";
import { Source } from "./source.ts";
import { TaskEvent } from "./task-event.ts";

/**
 * One happening. State changes (`run`, `task` other than progress) are stored and replayed to whoever resumes with the id of
 * the last one seen; progress is not. `reset` says: too much was missed, or changed at once; read everything anew.
 */
export const AppEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("run"), run: RunSummary }),
    z.object({
      type: z.literal("task"),
      runId: z.string(),
      taskId: z.string(),
      attemptId: z.string(),
      event: TaskEvent,
    }),
    z.object({ type: z.literal("run-removed"), runId: z.string() }),
    z.object({ type: z.literal("library"), library: Library }),
    z.object({ type: z.literal("library-removed"), libraryId: z.string() }),
    z.object({ type: z.literal("source"), source: Source }),
    z.object({ type: z.literal("source-removed"), sourceId: z.string() }),
    /** Something of a source's inventory changed. Told twice a second at most; not stored. */
    z.object({
      type: z.literal("inventory"),
      sourceId: z.string(),
      /** The machines that changed; null: too many, read them anew. */
      machines: z.array(MachineRow).nullable(),
      gone: z.array(z.string()),
      nodesChanged: z.boolean(),
      /** Its events or tasks. */
      activityChanged: z.boolean(),
      inventory: Source.shape.inventory,
    }),
    z.object({ type: z.literal("views") }),
    z.object({ type: z.literal("schedule"), schedule: ScheduleRow }),
    z.object({ type: z.literal("schedule-removed"), scheduleId: z.string() }),
    /** Many schedules changed at once, or the pause of all: read them anew. */
    z.object({ type: z.literal("schedules") }),
    z.object({ type: z.literal("scheduled-run"), run: ScheduledRunSummary }),
    z.object({ type: z.literal("channels") }),
    z.object({ type: z.literal("work"), paused: z.boolean() }),
    z.object({ type: z.literal("settings") }),
    z.object({ type: z.literal("reset") }),
  ])
  .meta({ id: "AppEvent" });
export type AppEvent = z.infer<typeof AppEvent>;
