/** What a waiting run comes after, and whether that lets it go on. */
import { type DependencyVerdict, dependencyVerdict, type ParentRun } from "../../job/dependencies.ts";
import type { Dependency, ParentOutcome } from "../../model/dependency.ts";
import { type ScheduledRunState, scheduledRunEnded } from "../../model/scheduled-state.ts";
import { localDay, runOfToday } from "../schedule-graph.ts";
import type { Around } from "./look.ts";
import { type RunPicture, startedByHand } from "./picture.ts";

/**
 * Null: it comes after nothing. A run that somebody started looks at no parent. Of the edges of the firing those count whose parent has
 * a run in it: a schedule of several roots, or one with a time of its own, is not held up by what is not in its firing.
 */
export function parentsVerdict(run: RunPicture, around: Around): DependencyVerdict | null {
  if (startedByHand(run)) return null;
  const { dependencies, join, zone } = run.definition;
  if (dependencies.length === 0) return null;
  const beside = around.runsOfFiring(run.firingId);
  const inFiring = (parentId: string) => beside.find(({ scheduleId }) => scheduleId === parentId);
  const counting = dependencies.filter((edge) => edge.run === "today" || inFiring(edge.parentId) !== undefined);
  if (counting.length === 0) return null;
  const nameOf = (id: string, parent: RunPicture | null) => parent?.scheduleName ?? around.scheduleOf(id)?.name ?? id;
  const parentOf = ({ parentId, run: which }: Dependency): ParentRun => {
    if (which === "firing") {
      const parent = inFiring(parentId) ?? null;
      return { name: nameOf(parentId, parent), outcome: parent && outcomeOf(parent.state) };
    }
    const day = localDay(run.nominalAt, zone);
    const parent = runOfToday(around.runsOfSchedule(parentId), run.nominalAt, zone);
    return {
      name: nameOf(parentId, parent),
      outcome: parent && outcomeOf(parent.state),
      day: { endsAt: day.endsAt, text: day.text, begun: parent !== null && parent.state !== "waiting" },
    };
  };
  return dependencyVerdict(counting, join, parentOf, run.sinceAt, around.now);
}

/** As those see it that come after; null: not ended. What was made in spite of a failed clean-up is there, with a warning. */
function outcomeOf(state: ScheduledRunState): ParentOutcome | null {
  if (!scheduledRunEnded(state)) return null;
  if (state === "clean-up-failed") return "warned";
  return state as ParentOutcome;
}
