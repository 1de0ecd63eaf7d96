/**
 * Tells the user when a run has ended: once, also across restarts and replays, and only what the settings ask for. Of runs that belong to
 * a schedule the channels tell (src-main/notifications).
 */
import type { RunSummary } from "../../src-core/model/run.ts";
import type { Settings } from "../../src-core/model/settings.ts";
import { claimNotice } from "../db/notices.ts";
import type { Db } from "../db/open.ts";
import type { EventHub } from "../jobs/event-hub.ts";
import type { Notice, Shell } from "../shell/shell.ts";

/** Listens from now on. @returns the end of it */
export function announceEnds(deps: {
  db: Db;
  hub: EventHub;
  shell: Pick<Shell, "notify">;
  settings: { get(): Settings };
  now(): number;
}): () => void {
  return deps.hub.listen(({ event }) => {
    if (event.type !== "run" || event.run.scheduledRunId !== null) return;
    if (event.run.state !== "succeeded" && event.run.state !== "failed") return;
    // Claimed before it is shown and whatever the settings say: switching notices on later tells nothing old.
    if (!claimNotice(deps.db, event.run.id, new Date(deps.now()).toISOString())) return;
    const { notifyOnSuccess, notifyOnFailure } = deps.settings.get();
    const wanted = event.run.state === "succeeded" ? notifyOnSuccess : notifyOnFailure;
    if (wanted) deps.shell.notify(noticeOf(event.run));
  });
}

const KIND_WORDS = { convert: "Conversion", export: "Export", check: "Check", compare: "Comparison" } as const;

/** What the notification about an ended run says. */
export function noticeOf(run: RunSummary): Notice {
  const path = `/jobs/${run.id}`;
  const took = duration(run);
  const what = KIND_WORDS[run.kind];
  if (run.state === "succeeded") {
    const found = run.outcome === null ? "" : `: ${run.outcome.text}`;
    return { title: `${what} finished`, body: `${run.name}${took === null ? "" : `, in ${took}`}${found}`, path };
  }
  const why = run.error?.message ?? "See the log for what happened.";
  return { title: `${what} failed`, body: `${run.name}${took === null ? "" : `, after ${took}`}: ${why}`, path };
}

/** "42 s", "3 min 5 s", "2 h 14 min"; null for a run that never began. */
function duration({ startedAt, endedAt }: RunSummary): string | null {
  if (startedAt === null || endedAt === null) return null;
  const seconds = Math.max(0, Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
