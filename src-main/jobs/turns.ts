/**
 * Whose turn it is: asks src-core/job/order.ts what of all that waits starts next, and lets the rest say what it waits for. Reads of waiting
 * runs only what that needs: there may be thousands.
 */
import { groupLimits } from "../../src-core/job/group-limits.ts";
import { nextInOrder, type OrderAnswer, type WaitingWork } from "../../src-core/job/order.ts";
import { groupReason, isLostReason, letsPassReason, REASON } from "../../src-core/job/reason.ts";
import type { ScheduleFact } from "../../src-core/model/schedule-fact.ts";
import type { Settings } from "../../src-core/model/settings.ts";
import type { Db } from "../db/open.ts";
import { type ReadyTask, setTurnReasons, taskById, waitingTasks } from "../db/tasks.ts";
import type { EventHub } from "./event-hub.ts";
import { groupName } from "./group-names.ts";
import type { Recorder } from "./recorder.ts";

/** What holds work back besides the work before it. */
export type WorkLimits = Pick<Settings, "concurrency" | "groupLimits" | "ageEveryMs">;

/** Work that runs, or that is held back by its run's own pause. */
export interface Running {
  readonly groups: readonly string[];
  readonly held: boolean;
}

export interface Turns {
  readonly limits: WorkLimits;
  setLimits(change: Partial<WorkLimits>): void;
  /** What is to be started now, in this order; and why all else waits (for `tell`). */
  next(running: readonly Running[]): Turn;
  /** Writes what changed of the reasons for which tasks wait. */
  tell(turn: Turn): void;
}

export interface Turn extends Pick<OrderAnswer, "start" | "aged" | "waits"> {
  readonly waiting: readonly ReadyTask[];
}

/** Up to so many tasks whose reason changed are told one by one; of more, everything is to be read anew. */
const TOLD_ONE_BY_ONE = 100;
/** Different lists of groups that are kept as read. */
const KEPT_LISTS = 20_000;

export function createTurns(
  { db, hub, recorder, now }: { db: Db; hub: EventHub; recorder: Recorder; now(): number },
  initial: WorkLimits,
): Turns {
  let limits = initial;
  let mostIn = groupLimits(limits.groupLimits);
  const lists = new Map<string, readonly string[]>();

  const groupsOf = (text: string): readonly string[] => {
    const known = lists.get(text);
    if (known !== undefined) return known;
    if (lists.size >= KEPT_LISTS) lists.clear();
    const read = JSON.parse(text) as string[];
    lists.set(text, read);
    return read;
  };

  const workOf = ({ id, name, priority, createdAt, groups }: ReadyTask): WaitingWork => ({
    id,
    name,
    priority,
    queuedAt: Date.parse(createdAt),
    groups: groupsOf(groups),
  });

  return {
    get limits() {
      return limits;
    },
    setLimits(change) {
      limits = { ...limits, ...change };
      mostIn = groupLimits(limits.groupLimits);
    },
    next(running) {
      const waiting = waitingTasks(db);
      // Held work leaves its slot and its groups to others; all but its machine, whose snapshot it still holds.
      const places = running.map(({ groups, held }) => (held ? groups.filter(isMachine) : groups));
      const most = limits.concurrency + running.filter(({ held }) => held).length;
      const { ageEveryMs } = limits;
      const answer = nextInOrder(waiting.map(workOf), places, { most, mostIn, ageEveryMs }, now());
      return { ...answer, waiting };
    },
    tell({ waiting, waits }) {
      const names = new Map<string, string>();
      const nameOf = (group: string) => {
        const name = names.get(group) ?? groupName(db, group);
        names.set(group, name);
        return name;
      };
      const changed = waiting.flatMap((task) => {
        const fact = waits.get(task.id);
        if (fact === undefined) return [];
        const reason = words(fact, task.reason, nameOf);
        return reason === task.reason ? [] : [{ ...task, reason }];
      });
      if (changed.length === 0) return;
      db.transaction(() => {
        if (changed.length > TOLD_ONE_BY_ONE) {
          setTurnReasons(db, changed);
          hub.publish({ type: "reset" });
          return;
        }
        for (const { id, runId, reason } of changed) {
          const record = taskById(db, id);
          if (record === null) continue;
          recorder.change({ ...record.task, reason }, true);
          recorder.refreshRun(runId);
        }
      });
    },
  };
}

function isMachine(group: string): boolean {
  return group.startsWith("machine:");
}

/** @param before how it came back from a crash stays said while it waits for nothing but a slot */
function words(fact: ScheduleFact, before: string | null, nameOf: (group: string) => string): string | null {
  if (fact.kind === "waits-for-group") return groupReason(nameOf(fact.group), fact.limit);
  if (fact.kind === "lets-older-pass") return letsPassReason(nameOf(fact.group), fact.other);
  return isLostReason(before) ? before : REASON.slot;
}
