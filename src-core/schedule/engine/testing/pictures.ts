/** Schedules and runs as tests of the round need them, and a round over them. */
import { Schedule, ScheduleDefinition } from "../../../model/schedule.ts";
import type { Decision, RunDecision } from "../decision.ts";
import type { JobPicture, PlannedSchedule, RunPicture } from "../picture.ts";
import { createEngine, type RoundAnswer } from "../round.ts";

/** An instant of the day that most tests play on: a Monday, in UTC. */
export function at(clock: string, day = "2026-03-02"): number {
  return Date.parse(`${day}T${clock.length === 5 ? `${clock}:00` : clock}Z`);
}

const DAILY = {
  name: "nightly",
  work: { kind: "job", request: { kind: "convert", sourcePath: "/a.raw", targets: [{ path: "/b", format: "raw" }] } },
  when: { kind: "cron", expression: "0 2 * * *" },
  zone: "UTC",
  missed: { settleMs: 0 },
};

export function planned(id: string, more: Record<string, unknown> = {}): PlannedSchedule {
  const { handledAt = at("00:00"), predicted = null, ...definition } = more;
  const base = { ...DAILY, id, name: id, enabled: true, pause: null, createdAt: iso(0), changedAt: iso(0) };
  const schedule = Schedule.parse({ ...base, ...definition });
  return { schedule, handledAt: handledAt as number, predicted: predicted as PlannedSchedule["predicted"] };
}

let lastSeq = 0;

/** A run that waits; `definition` replaces parts of the schedule's. */
export function run(
  scheduleId: string,
  more: Partial<Omit<RunPicture, "definition">> & { definition?: object } = {},
): RunPicture {
  lastSeq += 1;
  const { definition = {}, ...rest } = more;
  const nominalAt = rest.nominalAt ?? at("02:00");
  return {
    id: `run-${scheduleId}`,
    seq: lastSeq,
    version: 0,
    scheduleId,
    scheduleName: scheduleId,
    firingId: "root@1",
    nominalAt,
    sinceAt: nominalAt,
    byHand: false,
    anyway: false,
    state: "waiting",
    waitsFor: null,
    reason: null,
    mayStartAt: null,
    heldUntilAt: null,
    paused: false,
    error: null,
    jobs: [],
    readings: null,
    busy: false,
    ...rest,
    definition: ScheduleDefinition.parse({ ...DAILY, name: scheduleId, ...definition }),
  };
}

export function job(state: JobPicture["state"], id = "job"): JobPicture {
  const error = state === "failed" ? { code: "io.read" as const, message: "broken", retryable: true } : null;
  return { id, jobId: id, state, error };
}

export interface Asked {
  readonly schedules?: readonly PlannedSchedule[];
  readonly runs?: readonly RunPicture[];
  readonly pause?: PlannedSchedule["schedule"]["pause"];
  readonly awakeSinceAt?: number;
}

/** One round over a picture. */
export function ask(
  { schedules = [], runs = [], pause = null, awakeSinceAt = at("00:00") }: Asked,
  now: number,
): RoundAnswer {
  const engine = createEngine(awakeSinceAt);
  engine.take({ whole: true, schedules, runs, pause }, now);
  return engine.round(now);
}

/** What is decided about the run of a schedule; null: nothing. */
export function decided(asked: Asked, now: number, runId: string): RunDecision | null {
  const about = ask(asked, now).decisions.filter((each): each is RunDecision => isAbout(each, runId));
  if (about.length > 1) throw new Error(`${about.length} decisions about ${runId}`);
  return about[0] ?? null;
}

/** A decision in short: "wait for parents", "skip", "end failed". */
export function inShort(decision: Decision | null): string {
  if (decision === null) return "nothing";
  if (decision.kind === "wait") return `wait for ${decision.waitsFor}`;
  if (decision.kind === "end") return `end ${decision.state}`;
  return decision.kind;
}

function isAbout(decision: Decision, runId: string): boolean {
  return decision.kind !== "fire" && decision.runId === runId;
}

export function iso(instant: number): string {
  return new Date(instant).toISOString();
}
