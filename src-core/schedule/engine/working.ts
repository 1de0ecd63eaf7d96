/** A run whose job runs are made: what its window's end does to it, and how it ends. */
import type { ScheduledRunState } from "../../model/scheduled-run.ts";
import { factText } from "../fact-text.ts";
import { windowEnd } from "../window-end.ts";
import type { RunDecision } from "./decision.ts";
import { type Around, type Look, NOTHING } from "./look.ts";
import type { JobPicture, RunPicture } from "./picture.ts";

export function lookAtWorking(run: RunPicture, around: Around): Look {
  const about = { runId: run.id, version: run.version };
  const only = (decision: RunDecision, nextAt: number | null = null): Look => ({ decisions: [decision], nextAt });
  const jobs = latestOfEach(run.jobs);
  if (jobs.every(({ state }) => state !== "open")) {
    const error = run.error ?? jobs.find((job) => job.error !== null)?.error ?? null;
    return only({ kind: "end", ...about, facts: [], state: endOf(run, jobs), error });
  }
  if (run.busy || run.state === "canceling") return NOTHING;
  const { definition } = run;
  const permissions = around.permissionsOf(run);
  const permission = permissions.at(around.now);
  if (run.state === "held") {
    if (run.paused) return NOTHING;
    if (run.anyway || permission.open) return only({ kind: "release", ...about, facts: [] });
    const { opensAt } = permission;
    if (opensAt === run.heldUntilAt) return { decisions: [], nextAt: opensAt };
    return only({ kind: "hold", ...about, facts: [], untilAt: opensAt, reason: run.reason ?? "" }, opensAt);
  }
  if (run.anyway) return NOTHING;
  if (permission.open) return { decisions: [], nextAt: permission.closesAt };
  const end = windowEnd(permissions, definition.allowed.onClose, { canPause: canPause(run) }, around.now);
  if (end === null) return NOTHING;
  const reason = factText(end.fact, definition.zone);
  const facts = [end.fact];
  if (end.action === "stop") return only({ kind: "cancel", ...about, facts, reason });
  if (end.action === "pause")
    return only({ kind: "hold", ...about, facts, untilAt: end.resumesAt, reason }, end.resumesAt);
  // It runs to its end: told once.
  return run.reason === reason
    ? { decisions: [], nextAt: permission.opensAt }
    : only({ kind: "note", ...about, facts, reason });
}

/** Work that writes stops at a durable block; what only looks would have to look at everything again after a restart. */
function canPause({ definition: { work } }: RunPicture): boolean {
  return work.kind === "export-selection" || work.request.kind === "convert" || work.request.kind === "export";
}

/** One that was tried again counts by its latest try. */
export function latestOfEach(jobs: readonly JobPicture[]): JobPicture[] {
  return [...new Map(jobs.map((job) => [job.jobId, job])).values()];
}

/** The worst of all: of several machines one that failed makes the run a failed one, since not all that was asked for is there. */
function endOf({ error }: RunPicture, jobs: readonly JobPicture[]): ScheduledRunState {
  const states = new Set(jobs.map(({ state }) => state));
  if (error !== null || states.has("failed")) return "failed";
  if (jobs.length === 0 || states.has("canceled")) return "canceled";
  if (states.has("clean-up-failed")) return "clean-up-failed";
  return states.has("warned") ? "warned" : "succeeded";
}
