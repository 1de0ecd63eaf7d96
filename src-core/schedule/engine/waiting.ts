/**
 * A run that has not begun: what it waits for, in the order of docs/schedules.md. What it has passed once it is not asked again, except
 * parents (one may be tried again) and hours (a window may close while it waits for something else).
 */

import type { ScheduleFact } from "../../model/schedule-fact.ts";
import type { WaitsFor } from "../../model/scheduled-run.ts";
import { scheduledRunEnded } from "../../model/scheduled-state.ts";
import { conditionsVerdict } from "../conditions.ts";
import { factText } from "../fact-text.ts";
import { startOf } from "../forecast.ts";
import { MINUTE_MS } from "../instant.ts";
import { jitterBy } from "../jitter.ts";
import { overlapDecision } from "../overlap.ts";
import { pauseNow } from "../pause.ts";
import { fitFact } from "../window-end.ts";
import type { RunDecision } from "./decision.ts";
import { type Around, type Look, NOTHING } from "./look.ts";
import { parentsVerdict } from "./parents.ts";
import { type RunPicture, startedByHand } from "./picture.ts";

/** Conditions are measured so often while they are waited for, and no measurement is believed for longer. */
export const MEASURE_EVERY_MS = MINUTE_MS;

export function lookAtWaiting(run: RunPicture, around: Around): Look {
  if (run.busy) return NOTHING;
  const { now } = around;
  const { definition } = run;
  /** Whether that is how far it had come. */
  const at = (...steps: (WaitsFor | null)[]) => steps.includes(run.waitsFor);
  const about = { runId: run.id, version: run.version };
  const before: ScheduleFact[] = [];
  const skip = (...facts: ScheduleFact[]): Look => only({ kind: "skip", ...about, facts: [...before, ...facts] });
  const wait = (waitsFor: WaitsFor, mayStartAt: number | null, fact: ScheduleFact, nextAt: number | null): Look => {
    const reason = factText(fact, definition.zone);
    // How long a window is waited for is told from when that began; what conditions found is not kept for each minute.
    const same = run.waitsFor === waitsFor && run.mayStartAt === mayStartAt;
    if (same && before.length === 0 && (waitsFor === "window" || run.reason === reason))
      return { decisions: [], nextAt };
    const facts = same && waitsFor === "conditions" ? before : [...before, fact];
    return { decisions: [{ kind: "wait", ...about, facts, waitsFor, mayStartAt, reason }], nextAt };
  };

  const verdict = parentsVerdict(run, around);
  if (verdict?.kind === "skip") return skip(...verdict.facts);
  const [firstOpen] = verdict?.facts ?? [];
  if (verdict?.kind === "wait" && firstOpen !== undefined) return wait("parents", null, firstOpen, verdict.lookAgainAt);
  if (at(null, "parents")) before.push(...(verdict?.facts ?? []));

  if (at(null, "parents", "overlap")) {
    const overlap = lookAtOverlap(run, around);
    if (overlap?.kind === "skip") return skip(overlap.fact);
    if (overlap !== null) {
      const waiting = wait("overlap", null, overlap.fact, null);
      return { ...waiting, decisions: [...overlap.cancels, ...waiting.decisions] };
    }
    // What comes after others has its chance's share from when they had ended; what has a time of its own has had it.
    const jitterMs = isChild(run) ? jitterBy(run.scheduleId, definition.jitterMs)(run.nominalAt) : 0;
    if (jitterMs > 0) return wait("time", now + jitterMs, { kind: "jitter", ms: jitterMs }, now + jitterMs);
  }
  if (at("time") && run.mayStartAt !== null && run.mayStartAt > now) {
    return { decisions: [], nextAt: run.mayStartAt };
  }

  if (!run.anyway) {
    // What waited for another run, or for hours already, has its turn when windows allow: it was not due outside.
    const turned = at("overlap", "window", "pause", "conditions", "start");
    const allowed = turned ? { ...definition.allowed, outside: "wait" as const } : definition.allowed;
    const schedule = { ...definition, id: run.scheduleId, allowed };
    const permissions = around.permissionsOf(run);
    const start = startOf({ schedule, permissions, jitterOf: () => 0 }, { nominalAt: now, wall: null, shift: null });
    if (start.skipped) return skip(...start.facts);
    const last = start.facts.at(-1);
    if (start.at > now && last !== undefined) {
      if (!at("window")) before.push(...start.facts.slice(0, -1));
      return wait("window", start.at, last, start.at);
    }
  }

  const pause = run.paused
    ? { fact: BY_HAND, untilAt: null }
    : (pauseNow(around.pause, now) ?? pauseNow(around.scheduleOf(run.scheduleId)?.pause ?? null, now));
  if (pause !== null) return earlier(wait("pause", pause.untilAt, pause.fact, pause.untilAt), closesAt(run, around));

  if (!run.anyway && definition.conditions.length > 0) {
    const { readings } = run;
    const lookAgainAt = readings === null ? now : readings.at + MEASURE_EVERY_MS;
    if (readings === null || readings.at > now || lookAgainAt <= now) {
      return only({ kind: "measure", ...about, facts: [], conditions: definition.conditions });
    }
    const conditions = conditionsVerdict(definition.conditions, readings.values);
    const deadlineAt = Math.max(run.nominalAt, run.sinceAt) + definition.missed.deadlineMs;
    const unmet = conditions.facts.find(({ met }) => !met);
    if (unmet !== undefined) {
      if (conditions.kind === "skip" || now >= deadlineAt) return skip(...conditions.facts);
      return earlier(wait("conditions", null, unmet, Math.min(lookAgainAt, deadlineAt)), closesAt(run, around));
    }
    before.push(...conditions.facts);
  }

  const fit = run.anyway ? null : fitFact(around.permissionsOf(run), around.predictedOf(run.scheduleId), now);
  return only({ kind: "start", ...about, facts: fit === null ? before : [...before, fit] });
}

const BY_HAND: ScheduleFact = { kind: "held-by-hand" };

/** Null: no other run is in its way. */
function lookAtOverlap(run: RunPicture, around: Around) {
  if (run.byHand) return null;
  const others = around
    .runsOfSchedule(run.scheduleId)
    .filter((other) => other.seq < run.seq && !other.byHand && !scheduledRunEnded(other.state));
  const decision = overlapDecision(
    run.definition.overlap,
    others.map((other) => ({ id: other.id, waits: other.state === "waiting" && !around.starts(other) })),
  );
  if (decision.kind === "start") return null;
  // What has got its place in the line keeps it.
  const kind = decision.kind === "skip" && run.waitsFor === "overlap" ? "buffer" : decision.kind;
  const ids = decision.kind === "cancel" ? decision.ids : [];
  const cancels = others
    .filter(({ id, state }) => ids.includes(id) && state !== "canceling")
    .map(({ id, version }): RunDecision => {
      const fact: ScheduleFact = { kind: "superseded", by: run.id };
      return { kind: "cancel", runId: id, version, facts: [fact], reason: factText(fact, run.definition.zone) };
    });
  return { kind, fact: decision.fact, cancels };
}

function isChild(run: RunPicture): boolean {
  return run.definition.when.kind === "after" && !startedByHand(run);
}

/** A window that closes while something else is waited for changes what is waited for. */
function closesAt(run: RunPicture, around: Around): number | null {
  if (run.anyway) return null;
  const permission = around.permissionsOf(run).at(around.now);
  return permission.open ? permission.closesAt : permission.opensAt;
}

function earlier(look: Look, at: number | null): Look {
  if (at === null) return look;
  return { ...look, nextAt: look.nextAt === null ? at : Math.min(look.nextAt, at) };
}

function only(decision: RunDecision): Look {
  return { decisions: [decision], nextAt: null };
}
