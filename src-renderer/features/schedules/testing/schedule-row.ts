/** Rows of schedules as the program would tell them, for tests. */
import { Dependency } from "../../../../src-core/model/dependency.ts";
import { ScheduleRow } from "../../../../src-core/model/schedule-view.ts";

interface Told extends Partial<ScheduleRow> {
  /** Ids that it comes after, on success in the same firing. */
  after?: readonly string[];
}

/** Named by its id with a capital letter; without times of its own unless `whenKind` says so. */
export function scheduleRow(id: string, { after = [], ...told }: Told): ScheduleRow {
  return ScheduleRow.parse({
    id,
    name: id.charAt(0).toUpperCase() + id.slice(1),
    enabled: true,
    pause: null,
    words: "Whenever its turn comes.",
    whenKind: "after",
    workWords: "Checks a disk",
    zone: "UTC",
    priority: 50,
    groups: [],
    dependencies: after.map((parentId) => Dependency.parse({ parentId })),
    join: "all",
    nextAt: null,
    nextStartAt: null,
    recent: [],
    lastSuccessAt: null,
    predicted: null,
    changedAt: "2026-11-29T00:00:00.000Z",
    ...told,
  });
}
