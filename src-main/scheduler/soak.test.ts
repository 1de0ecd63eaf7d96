/**
 * Seven days, minute by minute, over a change of the clock: real rounds and real rows, with sleeps, restarts and failures, against a
 * second implementation of what a person would say had to happen, written here and sharing nothing with the first.
 */
import { describe, expect, it } from "vitest";
import { AppError } from "../../src-core/model/error.ts";
import { dueByMinutes, wallClock } from "../../src-core/schedule/testing/minutes.ts";
import { openScheduledRuns } from "../db/scheduled-runs.ts";
import { type Host, testHost } from "./testing/host.ts";
import { schedule } from "./testing/schedules.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const BEGIN = Date.UTC(2025, 9, 22);
const ZONE = "Europe/Berlin";
const WORK = {
  kind: "job",
  request: { kind: "convert", sourcePath: "/a.raw", targets: [{ path: "/b", format: "raw" }] },
};

interface Plot {
  readonly mode: "skip" | "once" | "all";
  readonly overlap: "skip" | "buffer-all" | "buffer-one" | "allow";
  /** Minutes that a job takes, and every how many of them fails. */
  readonly takes: number;
  readonly fails: number;
  /** [minutes awake, minutes away], again and again; `restart`: it is not asleep but off. */
  readonly outages: readonly (readonly [awake: number, away: number, restart: boolean])[];
}

const failsAt = (plot: Plot, nominalAt: number) => (nominalAt / MINUTE) % plot.fails === 0;

/** Minutes in which it is awake, and since when it has been. */
function* awakeMinutes(plot: Plot): Generator<{ at: number; sinceAt: number; restart: boolean }> {
  for (let minute = 0, turn = 0; minute < (7 * DAY) / MINUTE; turn++) {
    const [awake = 1, away = 0, restart = false] = plot.outages[turn % plot.outages.length] ?? [];
    const sinceAt = BEGIN + minute * MINUTE;
    for (let n = 0; n < awake && minute < (7 * DAY) / MINUTE; n++, minute++) {
      yield { at: BEGIN + minute * MINUTE, sinceAt, restart: restart && n === 0 && turn > 0 };
    }
    minute += away;
  }
}

/* What a person would say. */

interface Told {
  readonly of: "parent" | "child";
  readonly nominalAt: number;
  state: string;
  endsAt: number;
}

function told(plot: Plot, times: readonly number[]): string[] {
  const runs: Told[] = [];
  const isOpen = (run: Told) => run.state === "waiting" || run.state === "running";
  let decided = BEGIN;
  for (const { at, sinceAt } of awakeMinutes(plot)) {
    for (const run of runs) {
      if (run.state === "running" && run.endsAt <= at)
        run.state = failsAt(plot, run.nominalAt) ? "failed" : "succeeded";
    }
    const due = times.filter((time) => time > decided && time <= at);
    const late = due.filter((time) => time < sinceAt - 30_000);
    const inTime = due.filter((time) => time >= sinceAt - 30_000);
    const made = plot.mode === "all" ? late : plot.mode === "once" && inTime.length === 0 ? late.slice(-1) : [];
    decided = due.at(-1) ?? decided;
    for (const nominalAt of [...made, ...inTime]) {
      runs.push(
        { of: "parent", nominalAt, state: "waiting", endsAt: 0 },
        { of: "child", nominalAt, state: "waiting", endsAt: 0 },
      );
    }
    for (let again = true; again; ) {
      again = false;
      for (const [index, run] of runs.entries()) {
        if (run.state !== "waiting") continue;
        const parent = run.of === "child" ? runs[index - 1] : undefined;
        if (parent !== undefined && isOpen(parent)) continue;
        const before = runs.slice(0, index).filter((other) => other.of === run.of && isOpen(other));
        const waits = before.some(({ state }) => state === "waiting");
        const held = before.length > 0 && plot.overlap !== "allow";
        if (parent !== undefined && parent.state !== "succeeded") run.state = "skipped";
        else if (held && (plot.overlap === "skip" || (plot.overlap === "buffer-one" && waits))) run.state = "skipped";
        else if (held) continue;
        else {
          run.state = "running";
          run.endsAt = at + plot.takes * MINUTE;
        }
        again = true;
      }
    }
  }
  return runs.map(({ of, nominalAt, state }) => `${of} ${new Date(nominalAt).toISOString()} ${state}`);
}

/* What the engine does. */

async function played(plot: Plot): Promise<string[]> {
  const same = { work: WORK, overlap: plot.overlap, retry: { attempts: 1 } };
  const missed = { mode: plot.mode, cap: 1_000, deadlineMs: 30 * DAY, settleMs: 0 };
  let host: Host = testHost({ startAt: BEGIN });
  const { db } = host;
  host.add(
    schedule("parent", { ...same, missed, zone: ZONE, when: { kind: "cron", expression: "*/30 1-9 * * *" } }),
    schedule("child", { ...same, zone: ZONE, when: { kind: "after" }, dependencies: [{ parentId: "parent" }] }),
  );
  const endsAt = new Map<string, number>();
  let nextAt: number | null = BEGIN;
  for (const { at, sinceAt, restart } of awakeMinutes(plot)) {
    if (restart) {
      await host.jobs.engine.stop();
      host = testHost({ startAt: at, db });
    } else if (at === sinceAt) host.sleep(at - host.now());
    else if ((nextAt === null || nextAt > at) && [...endsAt.values()].every((end) => end > at)) continue;
    for (const { summary } of openScheduledRuns(db)) {
      if ((endsAt.get(summary.id) ?? Number.POSITIVE_INFINITY) > at) continue;
      endsAt.delete(summary.id);
      await endJob(host, summary.runIds.at(-1) ?? "", failsAt(plot, Date.parse(summary.nominalAt)));
    }
    nextAt = await host.goTo(at);
    for (const { summary } of openScheduledRuns(db)) {
      if (summary.state === "running" && !endsAt.has(summary.id)) endsAt.set(summary.id, at + plot.takes * MINUTE);
    }
  }
  await host.jobs.engine.stop();
  return host.runs().map(({ summary }) => `${summary.scheduleId} ${summary.nominalAt} ${summary.state}`);
}

/** Its tasks end one after the other, the first of them badly where it is to fail. */
async function endJob(host: Host, jobRunId: string, fails: boolean): Promise<void> {
  for (let turns = 0; turns < 10 && host.jobs.engine.get(jobRunId).endedAt === null; turns++) {
    const files = host.jobs.engine.files(jobRunId).map(({ path }) => path);
    for (const thread of host.jobs.threads.running()) {
      const { spec } = thread;
      const target = spec.kind === "convert" ? spec.targets[0]?.path : spec.kind === "verify" ? spec.targetPath : "";
      if (!files.includes(target ?? "")) continue;
      if (fails) thread.fail(new AppError("disk.damaged"));
      else thread.finish();
    }
    await new Promise(setImmediate);
  }
}

describe("seven days", () => {
  const clock = wallClock(ZONE, 2025, 2026);
  const rule = {
    minutes: new Set([0, 30]),
    hours: new Set(Array.from({ length: 9 }, (_, index) => index + 1)),
    days: null,
    months: null,
    weekdays: null,
  };
  const times = dueByMinutes(clock, rule, (BEGIN - clock.startAt) / MINUTE, 600);

  const plots: Plot[] = [
    { mode: "all", overlap: "skip", takes: 25, fails: 7, outages: [[700, 300, false]] },
    {
      mode: "once",
      overlap: "buffer-all",
      takes: 15,
      fails: 5,
      outages: [
        [400, 250, true],
        [90, 45, false],
      ],
    },
    { mode: "skip", overlap: "allow", takes: 45, fails: 3, outages: [[1_000, 200, true]] },
    {
      mode: "all",
      overlap: "buffer-one",
      takes: 30,
      fails: 11,
      outages: [
        [333, 111, false],
        [500, 60, true],
      ],
    },
  ];
  it.each(plots)("$mode, $overlap, $takes minutes each", { timeout: 300_000 }, async (plot) => {
    const expected = told(plot, times);
    expect(expected.length).toBeGreaterThan(100);
    expect(await played(plot)).toEqual(expected);
  });
});
