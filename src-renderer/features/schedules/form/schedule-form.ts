/** What the form of a schedule holds, and how it becomes a definition. Pure. */
import type { ScheduleDefinition } from "../../../../src-core/model/schedule.ts";
import { newWhen, type WhenForm, whenFormOf, whenOf } from "./when-form.ts";
import { newWork, type WorkForm, workFormOf, workOf } from "./work-form.ts";

/** All that is asked as it is stored. */
export type PlainPart = Omit<ScheduleDefinition, "name" | "work" | "when">;

export interface ScheduleForm {
  readonly name: string;
  readonly work: WorkForm;
  readonly when: WhenForm;
  readonly plain: PlainPart;
}

/** The usual, as the model has it. */
export function usualPlain(zone: string): PlainPart {
  return {
    zone,
    jitterMs: 0,
    startsOn: null,
    endsOn: null,
    missed: { mode: "once", cap: 10, deadlineMs: 7 * 86_400_000, settleMs: 60_000 },
    allowed: { windows: [], blackouts: [], outside: "wait", onClose: "finish" },
    dependencies: [],
    join: "all",
    retry: {
      attempts: 3,
      backoff: "exponential",
      initialMs: 60_000,
      capMs: 3_600_000,
      jitter: 0,
      classes: ["transient", "capacity"],
    },
    priority: 50,
    groups: [],
    overlap: "skip",
    conditions: [],
  };
}

/** What a form needs to know of the world. */
export interface Surroundings {
  readonly zone: string;
  /** Where results are put when nothing else is said; "" = not known. */
  readonly folder: string;
  readonly nowMs: number;
  readonly seed: number;
  /** What a machine is called; its id where nobody knows. */
  readonly nameOf: (machineId: string) => string;
}

/** Of a definition, or of as much of one as there is. */
export function formOf(given: Partial<ScheduleDefinition>, around: Surroundings): ScheduleForm {
  const { name = "", work, when, ...plain } = given;
  return {
    name,
    work: work === undefined ? newWork(around.folder, around.seed) : workFormOf(work, around.nameOf, around.seed),
    when: when === undefined ? newWhen(around.nowMs) : whenFormOf(when, around.nowMs),
    plain: { ...usualPlain(around.zone), ...plain },
  };
}

/** What is sent: also where it is not right yet, so that the program says what is wrong. */
export function definitionOf({ name, work, when, plain }: ScheduleForm): ScheduleDefinition {
  return { ...plain, name: name.trim(), work: workOf(work, plain.priority), when: whenOf(when) };
}
