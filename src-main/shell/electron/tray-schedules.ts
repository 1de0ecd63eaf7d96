/** What the tray says about schedules, as plain data. Times are shown on this computer's wall. tray.ts draws it. */
import type { Pause } from "../../../src-core/model/schedule.ts";
import type { ScheduledRunState, ScheduledRunSummary } from "../../../src-core/model/scheduled-run.ts";
import { DAY_MS, dayOf, fromIso, toIso, wallText, weekdayOf } from "../../../src-core/schedule/instant.ts";
import { pauseNow } from "../../../src-core/schedule/pause.ts";
import { zoneOf } from "../../../src-core/schedule/zone.ts";

export interface ScheduleState {
  /** Of the scheduler's clock, ms since 1970. */
  readonly now: number;
  /** This computer's IANA zone. */
  readonly zone: string;
  /** Of all schedules, as it was asked for; it may be over. */
  readonly pause: Pause | null;
  /** Soonest first. */
  readonly next: readonly { readonly id: string; readonly name: string; readonly at: string }[];
  /** Not ended, in any order. */
  readonly active: readonly Pick<ScheduledRunSummary, "id" | "scheduleName" | "state">[];
}

interface Line {
  readonly id: string;
  readonly label: string;
}

export interface ScheduleView {
  /** False where nothing comes, runs or is paused: who has no schedules sees no word about them. */
  readonly shown: boolean;
  /** "Next: Nights tomorrow 02:30". */
  readonly next: string;
  /** "Schedules are paused until 06:00"; null: they are not. */
  readonly paused: string | null;
  /** Work of schedules that moves or is held, each with the page it opens. */
  readonly running: readonly (Line & { readonly route: string })[];
  /** "4 more running", or null. */
  readonly more: string | null;
  /** Those that can be started from here: the id is that of the schedule. */
  readonly runNow: readonly Line[];
}

/** How many schedules can be started from the tray. */
export const RUN_NOW_LINES = 5;
const MOST_RUNNING = 5;
const LONGEST_NAME = 40;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const WORDS: Partial<Record<ScheduledRunState, string>> = {
  running: "running",
  held: "held till its window opens",
  canceling: "canceling",
};

export function scheduleView(state: ScheduleState): ScheduleView {
  const when = (iso: string) => momentText(fromIso(iso), state.now, state.zone);
  const paused = pauseNow(state.pause, state.now);
  const moving = state.active.filter((run) => WORDS[run.state] !== undefined);
  const [first] = state.next;
  const rest = moving.length - MOST_RUNNING;
  return {
    shown: state.next.length > 0 || state.active.length > 0 || paused !== null,
    next: first === undefined ? "No schedule is due" : `Next: ${shortened(first.name)} ${when(first.at)}`,
    paused:
      paused === null
        ? null
        : paused.untilAt === null
          ? "Schedules are paused until they are resumed"
          : `Schedules are paused until ${when(toIso(paused.untilAt)).replace("at ", "")}`,
    running: moving.slice(0, MOST_RUNNING).map((run) => ({
      id: run.id,
      label: `${shortened(run.scheduleName)}: ${WORDS[run.state]}`,
      route: `/schedules/runs/${run.id}`,
    })),
    more: rest > 0 ? `${rest} more of schedules` : null,
    runNow: state.next
      .slice(0, RUN_NOW_LINES)
      .map(({ id, name, at }) => ({ id, label: `${shortened(name)} (due ${when(at)})` })),
  };
}

/** 6:00 on the next day of this computer's wall. */
export function tomorrowAtSix(now: number, zoneId: string): number {
  const zone = zoneOf(zoneId);
  return zone.resolve(dayOf(zone.wallAt(now)) + DAY_MS + DAY_MS / 4).at;
}

/** "at 14:05" today, "tomorrow 02:30", "Thu 02:30" within six days, else "2026-12-24 02:30". */
function momentText(at: number, now: number, zoneId: string): string {
  const zone = zoneOf(zoneId);
  const wall = zone.wallAt(at);
  const [date = "", time = ""] = wallText(wall).split("T");
  const days = Math.round((dayOf(wall) - dayOf(zone.wallAt(now))) / DAY_MS);
  if (days === 0) return `at ${time}`;
  if (days === 1) return `tomorrow ${time}`;
  return days > 1 && days < 7 ? `${WEEKDAYS[weekdayOf(wall)]} ${time}` : `${date} ${time}`;
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}
