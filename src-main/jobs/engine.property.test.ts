/** Whatever happens in whatever order, the states stay legal, and in the end everything has ended. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { canMove, hasEnded, runState } from "../../src-core/job/run-state.ts";
import { AppError } from "../../src-core/model/error.ts";
import { isFinal, type WorkState } from "../../src-core/model/run.ts";
import { newRun, settled, type TestEngine, testEngine } from "./testing/test-engine.ts";

type Step =
  | { do: "accept"; priority: number }
  | { do: "cancel" | "remove"; run: number }
  | { do: "pause" | "resume" | "die" | "stop" }
  | { do: "limit"; limit: number }
  | {
      do: "disobey" | "finish" | "fail" | "crash" | "obey" | "started" | "progress" | "checkpoint" | "late";
      thread: number;
    };

const which = fc.nat({ max: 9 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("accept" as const), priority: fc.nat({ max: 100 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("cancel" as const, "remove" as const), run: which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume" as const, "die" as const, "stop" as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("limit" as const), limit: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...([
          "disobey",
          "finish",
          "finish",
          "fail",
          "crash",
          "obey",
          "started",
          "progress",
          "checkpoint",
          "late",
        ] as const),
      ),
      thread: which,
    }),
  },
);

/** Plays one step. @returns the program that goes on (another one after a death) */
async function play(program: TestEngine, next: Step, runIds: string[]): Promise<TestEngine> {
  const { engine, threads } = program;
  const at = new Date(0).toISOString();
  const pick = <T>(from: readonly T[], n: number): T | undefined => from[n % Math.max(1, from.length)];
  const tolerate = (call: () => void) => {
    try {
      call();
    } catch (error) {
      expect(["state.conflict", "request.not-found"]).toContain(AppError.from(error).code);
    }
  };
  switch (next.do) {
    case "accept":
      runIds.push(engine.accept(newRun(`vm${runIds.length}`, { priority: next.priority })).runId);
      return program;
    case "cancel":
      tolerate(() => engine.cancel(pick(runIds, next.run) ?? "none"));
      return program;
    case "remove":
      tolerate(() => engine.remove(pick(runIds, next.run) ?? "none"));
      return program;
    case "pause":
      engine.pauseAll();
      return program;
    case "resume":
      engine.resumeAll();
      return program;
    case "limit":
      engine.setLimits({ concurrency: next.limit });
      return program;
    case "die":
    case "stop": {
      if (next.do === "stop") await engine.stop();
      const reborn = program.reborn();
      reborn.engine.recover();
      return reborn;
    }
    default: {
      const thread = pick(next.do === "late" ? threads.all : threads.running(), next.thread);
      if (thread === undefined) return program;
      if (next.do === "disobey") thread.obeys = false;
      if (next.do === "finish") thread.finish();
      if (next.do === "fail") thread.fail(new AppError("io.read"));
      if (next.do === "crash") thread.fail(new AppError("job.crashed"));
      if (next.do === "obey") thread.fail(new AppError("job.canceled"));
      if (next.do === "started") thread.say({ type: "started", at, resumedFromBytes: null });
      if (next.do === "progress" || next.do === "late") thread.progress(500);
      if (next.do === "checkpoint") thread.say({ type: "checkpoint", at, checkpoint: { doneBytes: 500, state: {} } });
      if (next.do === "late") thread.say({ type: "warning", at, message: "late" });
      return program;
    }
  }
}

/** What must hold whenever nothing is under way. */
function check({ engine, threads, told }: TestEngine, before: Map<string, WorkState>): void {
  for (const { event } of told.splice(0)) {
    if (event.type === "run-removed") before.delete(event.runId);
    if (event.type !== "run") continue;
    const from = before.get(event.run.id) ?? "queued";
    if (from !== event.run.state)
      expect([from, event.run.state, canMove(from, event.run.state)]).toEqual([from, event.run.state, true]);
    before.set(event.run.id, event.run.state);
  }
  const active = engine.active().map((run) => engine.get(run.id));
  for (const run of active) {
    expect(run.endedAt).toBeNull();
    expect(run.state).toBe(runState(run.tasks, run.state === "canceling"));
    for (const task of run.tasks) {
      const isLive = task.state === "running" || task.state === "canceling";
      expect(task.attempts.filter((attempt) => attempt.state === "running")).toHaveLength(isLive ? 1 : 0);
    }
  }
  const live = active
    .flatMap((run) => run.tasks)
    .filter((task) => task.state === "running" || task.state === "canceling");
  expect(live).toHaveLength(threads.running().length);
  for (const run of engine.list({ limit: 100, active: false }).items) {
    expect(isFinal(run.state)).toBe(true);
    expect(engine.get(run.id).tasks.every((task) => hasEnded(task.state))).toBe(true);
  }
}

it("keeps every state legal under any interleaving, and brings everything to an end", async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
    const first = testEngine();
    let program = first;
    const runIds: string[] = [];
    const states = new Map<string, WorkState>();
    for (const next of steps) {
      program = await play(program, next, runIds);
      await settled();
      check(program, states);
    }
    program.engine.resumeAll();
    while (program.threads.running().length > 0) {
      for (const thread of program.threads.running()) thread.finish();
      await settled();
      check(program, states);
    }
    expect(program.engine.active()).toEqual([]);
    first.db.close();
  });
  await fc.assert(property, { numRuns: 60 });
}, 60_000);
