/** Schedules: which there are, how they are changed (together or not at all), and what is asked about them before. */
import type { ScheduleStatus } from "../../src-core/contract/schedules.ts";
import { AppError } from "../../src-core/model/error.ts";
import type { Pause, Schedule, ScheduleDefinition } from "../../src-core/model/schedule.ts";
import type { ScheduleChange, ScheduleRow } from "../../src-core/model/schedule-view.ts";
import { type AppliedChanges, applyChanges, detaching } from "../../src-core/schedule/apply-changes.ts";
import { withDescendants } from "../../src-core/schedule/forecast-graph.ts";
import { fromIso, toIso } from "../../src-core/schedule/instant.ts";
import { predictedFrom } from "../../src-core/schedule/predicted.ts";
import type { AnswerOf, QuestionOf } from "../../src-core/schedule/questions.ts";
import type { FileFormat, ReadScheduleFile } from "../../src-core/schedule/schedule-file.ts";
import type { Predicted } from "../../src-core/schedule/window-end.ts";
import type { Db } from "../db/open.ts";
import { scheduleHistories } from "../db/schedule-history.ts";
import { deleteSchedule, insertSchedule, setHandledAt, updateSchedule } from "../db/schedules.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import { newId } from "../jobs/new-id.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { createScheduleRows } from "./schedule-rows.ts";
import type { ScheduleSet } from "./schedule-set.ts";
import { followRuns } from "./told-rows.ts";

/** A pause as it is asked for. */
export type PauseRequest = Pick<Pause, "reason" | "untilAt">;

export interface SchedulesService {
  /** By name. */
  list(): ScheduleRow[];
  status(): ScheduleStatus;
  /** @throws AppError request.not-found */
  get(id: string): Schedule & { row: ScheduleRow };
  /** @throws AppError as applyChanges */
  create(definition: ScheduleDefinition, enabled: boolean): Schedule;
  /** @throws AppError as applyChanges */
  update(id: string, definition: ScheduleDefinition, changedAt?: string): Schedule;
  /** @throws AppError request.not-found */
  setEnabled(id: string, enabled: boolean): Schedule;
  /** @param detach takes it out of those that come after it. @throws AppError request.not-found, state.conflict */
  remove(id: string, detach: boolean): void;
  /** What runs goes on. @throws AppError request.not-found, request.invalid for an end that is over */
  pause(id: string, request: PauseRequest): Schedule;
  /** @throws AppError request.not-found */
  resume(id: string): Schedule;
  validate(definition: unknown, id: string | null): Promise<AnswerOf<"validate">>;
  /** Null: there is no such schedule. */
  nameOf(id: string): string | null;
  /** All of them or none. @returns those that are new or changed. @throws AppError as applyChanges */
  apply(changes: readonly ScheduleChange[]): Schedule[];
  /** @throws AppError as applyChanges; request.invalid where there are too many runs */
  whatIf(changes: readonly ScheduleChange[], days: number): Promise<AnswerOf<"what-if">>;
  /** @throws AppError as whatIf */
  simulate(
    asked: Pick<QuestionOf<"simulate">, "changes" | "days" | "fromAt" | "scheduleIds">,
  ): Promise<AnswerOf<"simulate">>;
  /** @throws AppError calendar.invalid */
  blackoutsFromCalendar(text: string): Promise<AnswerOf<"calendar">>;
  /** @param ids null: of all. @throws AppError request.not-found */
  exportFile(format: FileFormat, ids: readonly string[] | null): Promise<string>;
  /** @throws AppError schedule.invalid at the first field that is wrong, unless it is a dry run, which tells all */
  importFile(text: string, dryRun: boolean): Promise<Omit<ReadScheduleFile, "changes">>;
  /** What runs goes on. @throws AppError request.invalid for an end that is over */
  pauseAll(request: PauseRequest): ScheduleStatus;
  resumeAll(): ScheduleStatus;
  /** @throws AppError request.not-found */
  runNow: Scheduler["runNow"];
  /** Tells no more of what runs change. */
  stop(): void;
}

export interface SchedulesDeps {
  readonly db: Db;
  readonly hub: EventHub;
  readonly set: ScheduleSet;
  now(): number;
  readonly scheduler: Pick<Scheduler, "changed" | "status" | "ask" | "runNow" | "pauseAll">;
  /** Names of sources by their ids. */
  sourceNames(): Readonly<Record<string, string>>;
  /** How many runs may work at once, in all and in groups. */
  limits(): QuestionOf<"simulate">["limits"];
}

/** More changes than that at once are told as one event. */
const TOLD_SINGLY = 50;

export function createSchedules(deps: SchedulesDeps): SchedulesService {
  const { db, hub, set, scheduler } = deps;
  const pauseOfAll = () => scheduler.status().pause;
  const rows = createScheduleRows({ ...deps, pause: pauseOfAll });

  const existing = (id: string): Schedule => {
    const found = set.get(id);
    if (found === null) throw new AppError("request.not-found", "There is no such schedule.");
    return found;
  };

  const tell = (touched: readonly Schedule[], removedIds: readonly string[], after: readonly Schedule[]) => {
    // The next firing of what comes after them may be another one.
    const ids = new Set(touched.map(({ id }) => id));
    const below = withDescendants(after, ids);
    const changed = after.filter(({ id, when }) => ids.has(id) || (when.kind === "after" && below.has(id)));
    if (changed.length + removedIds.length > TOLD_SINGLY) {
      hub.publish({ type: "schedules" });
      return;
    }
    for (const scheduleId of removedIds) hub.publish({ type: "schedule-removed", scheduleId });
    for (const schedule of rows.rowsOf(changed, after)) hub.publish({ type: "schedule", schedule });
  };

  const saved = (schedules: readonly Schedule[]) => {
    set.replace(schedules);
    scheduler.changed();
  };

  /** All changes in one transaction with their events, or none. */
  const save = (change: (before: readonly Schedule[]) => readonly ScheduleChange[]): AppliedChanges =>
    db.transaction(() => {
      const now = deps.now();
      const before = set.all();
      const applied = applyChanges(before, change(before), now);
      const old = new Map(before.map((schedule) => [schedule.id, schedule]));
      for (const id of applied.removedIds) deleteSchedule(db, id);
      // A name may go from one to another: none may be taken while both are written.
      const renamed = applied.touched.filter(({ id, name }) => old.has(id) && old.get(id)?.name !== name);
      for (const schedule of renamed) updateSchedule(db, { ...schedule, name: ` ${schedule.id}` });
      for (const schedule of applied.touched) {
        const was = old.get(schedule.id);
        if (was === undefined || applied.removedIds.includes(schedule.id)) insertSchedule(db, schedule, toIso(now));
        else {
          updateSchedule(db, schedule);
          if (beginsAnew(was, schedule)) setHandledAt(db, schedule.id, toIso(now));
        }
      }
      db.afterCommit(() => saved(applied.schedules));
      tell(applied.touched, applied.removedIds, applied.schedules);
      return applied;
    });

  const saveOne = (id: string, ...changes: ScheduleChange[]): Schedule => {
    save(() => changes);
    return existing(id);
  };

  const status = (): ScheduleStatus => {
    const { next, ...state } = scheduler.status();
    const schedule = next === null ? null : set.get(next.scheduleId);
    return {
      ...state,
      zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
      next: next === null || schedule === null ? null : { ...next, name: schedule.name },
    };
  };
  const setPauseOfAll = (pause: Pause | null): ScheduleStatus => {
    scheduler.pauseAll(pause);
    hub.publish({ type: "schedules" });
    return status();
  };

  const stop = followRuns({
    hub,
    tell(ids) {
      const touched = [...ids].flatMap((id) => set.get(id) ?? []);
      if (touched.length > TOLD_SINGLY) hub.tell({ type: "schedules" });
      else for (const schedule of rows.rowsOf(touched, set.all())) hub.tell({ type: "schedule", schedule });
    },
  });

  const ground = () => {
    const predicted: Record<string, Predicted> = {};
    for (const [id, { tookMs }] of scheduleHistories(db, null)) {
      const range = predictedFrom(tookMs);
      if (range !== null) predicted[id] = range;
    }
    return { predicted, pause: pauseOfAll() };
  };

  const setPause = (id: string, pause: Pause | null): Schedule =>
    db.transaction(() => {
      const before = existing(id);
      const changedAt = toIso(Math.max(deps.now(), fromIso(before.changedAt) + 1));
      const after = { ...before, pause, changedAt };
      const others = set.all().filter((schedule) => schedule.id !== id);
      updateSchedule(db, after);
      db.afterCommit(() => saved([...others, after]));
      tell([after], [], [...others, after]);
      return after;
    });

  return {
    stop,
    list: () => rows.rowsOf(set.all(), set.all()),
    status,
    get(id) {
      const schedule = existing(id);
      const [row] = rows.rowsOf([schedule], set.all());
      if (row === undefined) throw new AppError("internal.bug", "A schedule has no row.");
      return { ...schedule, row };
    },
    nameOf: (id) => set.get(id)?.name ?? null,
    create(definition, enabled) {
      const id = newId();
      return saveOne(id, { kind: "create", id, definition, enabled });
    },
    update: (id, definition, changedAt) => saveOne(id, { kind: "update", id, definition, changedAt }),
    setEnabled: (id, enabled) => saveOne(id, { kind: "enable", id, enabled }),
    remove(id, detach) {
      save((before) => [...(detach ? detaching(before, id) : []), { kind: "remove", id }]);
    },
    pause: (id, request) => setPause(id, pauseFrom(request, deps.now())),
    resume: (id) => setPause(id, null),
    pauseAll: (request) => setPauseOfAll(pauseFrom(request, deps.now())),
    resumeAll: () => setPauseOfAll(null),
    runNow: (id, how) => scheduler.runNow(id, how),
    apply: (changes) => [...save(() => changes).touched],
    whatIf: (changes, days) => scheduler.ask({ kind: "what-if", changes, days, ...ground() }),
    simulate: (asked) => scheduler.ask({ kind: "simulate", ...asked, ...ground(), limits: deps.limits() }),
    blackoutsFromCalendar: (text) => scheduler.ask({ kind: "calendar", text }),
    exportFile(format, ids) {
      for (const id of ids ?? []) existing(id);
      return scheduler.ask({ kind: "write-file", format, ids });
    },
    async importFile(text, dryRun) {
      const { changes, ...would } = await scheduler.ask({ kind: "read-file", text });
      if (dryRun) return would;
      const first = would.problems.find(({ fatal }) => fatal);
      if (first !== undefined) {
        throw new AppError(
          "schedule.invalid",
          first.field === "" ? first.message : `${first.field}: ${first.message}`,
          {
            hint: "Nothing of the file was taken. A dry run tells all that is wrong.",
            details: { field: first.field },
          },
        );
      }
      if (changes.length > 0) save(() => changes);
      return would;
    },
    validate: (definition, id) => scheduler.ask({ kind: "validate", definition, id, sourceNames: deps.sourceNames() }),
  };
}

/** @throws AppError request.invalid */
function pauseFrom({ reason, untilAt }: PauseRequest, now: number): Pause {
  if (untilAt !== null && fromIso(untilAt) <= now) {
    throw new AppError("request.invalid", "untilAt: the pause would be over already.", {
      details: { field: "untilAt" },
    });
  }
  return { reason, sinceAt: toIso(now), untilAt: untilAt === null ? null : toIso(fromIso(untilAt)) };
}

/** It was given other times, or was switched off: what it did not do before is not made up for. */
function beginsAnew(was: Schedule, is: Schedule): boolean {
  const times = ({ when, zone, startsOn, endsOn }: Schedule) => JSON.stringify([when, zone, startsOn, endsOn]);
  return (!was.enabled && is.enabled) || times(was) !== times(is);
}
