/** Facts in words for people. Instants are shown on the wall of a zone, durations as short as they can be understood. */
import type { ScheduleFact } from "../model/schedule-fact.ts";
import { fromIso, wallText } from "./instant.ts";
import { type Zone, zoneOf } from "./zone.ts";

/** @param zoneId whose wall is shown; the schedule's */
export function factText(fact: ScheduleFact, zoneId: string): string {
  const zone = zoneOf(zoneId);
  return sentence(fact, (at) => shown(at, zone));
}

function sentence(fact: ScheduleFact, at: (iso: string) => string): string {
  switch (fact.kind) {
    case "clock-gap":
      return `${fact.wall.slice(11)} does not exist that day: the clock is put forward; runs at ${at(fact.at).slice(11)}`;
    case "clock-repeats":
      return `${fact.wall.slice(11)} comes twice that day: the clock is put back; runs the first time only`;
    case "jitter":
      return `${durationText(fact.ms)} later by chance, to spread load`;
    case "missed-skipped":
      return `${times(fact.count)} missed from ${at(fact.firstAt)} to ${at(fact.lastAt)}: skipped, as the schedule says`;
    case "missed-too-old":
      return `${times(fact.count)} missed up to ${at(fact.lastAt)}: more than ${durationText(fact.deadlineMs)} ago, not made up for`;
    case "missed-over-cap":
      return `${times(fact.count)} missed beyond the ${fact.cap} that are made up for`;
    case "catches-up":
      return `makes up for ${at(fact.nominalAt)}${fact.stoodFor > 1 ? ` and ${times(fact.stoodFor - 1)} before` : ""}`;
    case "settles":
      return `waits till ${at(fact.untilAt)} after waking`;
    case "clock-set-back":
      return `the clock was set back by ${durationText(fact.byMs)}: ${fact.goesOn ? "goes on from the time it shows now" : "nothing runs again that ran"}`;
    case "waits-for-window":
      return `waits ${durationText(fact.ms)} for window "${fact.window}", which opens at ${at(fact.untilAt)}`;
    case "blackout":
      return `held back by "${fact.name}" until ${at(fact.untilAt)}`;
    case "outside-skipped":
      return `skipped: outside "${fact.because}"`;
    case "never-allowed":
      return "skipped: windows and blackouts leave no time for it";
    case "window-closed":
      return `window "${fact.window}" closed: ${closing(fact, at)}`;
    case "does-not-fit":
      return `takes at least ${durationText(fact.needsMs)}, and ${durationText(fact.leftMs)} are left`;
    case "may-not-fit":
      return `may take ${durationText(fact.needsMs)}, and ${durationText(fact.leftMs)} are left`;
    case "waits-for-parent":
      return `waits for "${fact.parent}"${fact.untilAt === null ? "" : `, at most till ${at(fact.untilAt)}`}`;
    case "parent-agreed":
      return `"${fact.parent}" ${ended(fact.outcome)}`;
    case "parent-refused":
      return `skipped: "${fact.parent}" ${ended(fact.outcome)}, and this runs on ${fact.on}`;
    case "parent-timed-out":
      return `skipped: "${fact.parent}" did not end within ${durationText(fact.timeoutMs)}`;
    case "parent-not-today":
      return `skipped: "${fact.parent}" did not run on ${fact.day}`;
    case "retries":
      return `attempt ${fact.attempt} of ${fact.attempts} at ${at(fact.at)} ${START[fact.what]} (${fact.errorClass} error${fact.because === undefined ? "" : `: ${fact.because}`})`;
    case "not-retried":
      return `not tried again: ${WHY_NOT[fact.errorClass]}`;
    case "attempts-used":
      return `not tried again: ${fact.attempts === 1 ? "the only attempt is" : `all ${fact.attempts} attempts are`} used up`;
    case "clean-up-failed":
      return "what was asked for is there, but the clean-up after it failed";
    case "waits-for-slot":
      return `waits for a free slot: ${fact.limit} may run at once`;
    case "waits-for-group":
      return `waits for ${fact.group}: ${fact.limit} may run at once there`;
    case "lets-older-pass":
      return `waits for ${fact.group}: "${fact.other}" has waited longer`;
    case "aged":
      return `priority ${fact.from} has grown to ${fact.to} while it waited`;
    case "overlap":
      return OVERLAP[fact.policy];
    case "condition":
      return `${fact.name}: ${fact.found}${fact.met ? "" : `, needed: ${fact.needed}`}`;
    case "paused":
      return `paused${fact.reason === "" ? "" : `: ${fact.reason}`}${fact.untilAt === null ? "" : `, until ${at(fact.untilAt)}`}`;
    case "by-hand":
      return "started by hand";
    case "canceled-by-hand":
      return "canceled by hand";
    case "held-by-hand":
      return "held back by hand";
    case "asked-again":
      return "tried again by hand";
    case "superseded":
      return "canceled: a later run of its schedule takes its place";
    case "machines-found":
      return machines(fact);
  }
}

const START = {
  "from-checkpoint": "from its checkpoint",
  "from-start": "from the start",
  "clean-up": "for the clean-up alone",
};
const WHY_NOT = {
  transient: "the schedule does not retry passing errors",
  capacity: "the schedule does not retry when something is full or busy",
  auth: "somebody has to let the program in first",
  integrity: "the data is not what it should be, somebody has to look",
  permanent: "it would fail the same way",
};
const OVERLAP = {
  skip: "skipped: the run before has not ended",
  "buffer-one": "waits for the run before, or is skipped where one waits already",
  "buffer-all": "waits for the runs before",
  "cancel-other": "cancels the run before",
  allow: "runs beside the run before",
};

function closing(fact: Extract<ScheduleFact, { kind: "window-closed" }>, at: (iso: string) => string): string {
  if (fact.action === "finish") return "runs to its end";
  if (fact.action === "stop") return "stopped";
  return fact.resumesAt === null ? "paused, and no window follows" : `paused, goes on at ${at(fact.resumesAt)}`;
}

function ended(outcome: Extract<ScheduleFact, { kind: "parent-agreed" }>["outcome"]): string {
  switch (outcome) {
    case "warned":
      return "succeeded with warnings";
    case "canceled":
    case "skipped":
      return `was ${outcome}`;
    default:
      return outcome;
  }
}

function machines({ found, planned }: Extract<ScheduleFact, { kind: "machines-found" }>): string {
  if (found === 0) return "no machine fits the rule";
  const count = found === 1 ? "one machine fits" : `${found.toLocaleString("en")} machines fit`;
  return `${count} the rule${planned === found ? "" : `, ${planned.toLocaleString("en")} of them could be planned`}`;
}

function times(count: number): string {
  return count === 1 ? "one time" : `${count.toLocaleString("en")} times`;
}

function shown(iso: string, zone: Zone): string {
  return wallText(zone.wallAt(fromIso(iso))).replace("T", " ");
}

/** "45 s", "12 min", "2 h 5 min", "3 d": the two largest units, rounded. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 1440)
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
