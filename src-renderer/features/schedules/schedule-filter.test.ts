import { expect, it } from "vitest";
import type { ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import { filtered, NO_FILTER } from "./schedule-filter.ts";

const now = new Date(2026, 10, 29, 14).getTime();
const local = (day: number, hour: number) => new Date(2026, 10, day, hour).toISOString();
const row = (id: string, part: Partial<ScheduleRow>): ScheduleRow =>
  ({
    id,
    name: id,
    words: "",
    workWords: "",
    groups: [],
    enabled: true,
    pause: null,
    nextAt: null,
    recent: [],
    ...part,
  }) as unknown as ScheduleRow;
const bar = (state: string) => ({ id: state, state, nominalAt: local(1, 0) }) as ScheduleRow["recent"][number];
const pause = (untilAt: string | null) => ({ reason: "", sinceAt: local(1, 0), untilAt });

const rows = [
  row("nightly", { words: "Every day at 02:30.", groups: ["tape"], nextAt: local(30, 2) }),
  row("evening", { nextAt: local(29, 22), recent: [bar("succeeded"), bar("failed"), bar("running")] }),
  row("off", { enabled: false, recent: [bar("failed"), bar("succeeded")] }),
  row("held", { pause: pause(null) }),
  row("was held", { pause: pause(local(29, 13)) }),
];

it.each([
  [{}, ["nightly", "evening", "off", "held", "was held"]],
  [{ search: "02:30 TAPE" }, ["nightly"]],
  [{ show: ["enabled" as const] }, ["nightly", "evening", "held", "was held"]],
  [{ show: ["disabled" as const] }, ["off"]],
  [{ show: ["paused" as const] }, ["held"]],
  // The last that ended counts, not the one that runs.
  [{ show: ["failing" as const] }, ["evening"]],
  [{ show: ["today" as const] }, ["evening"]],
  [{ show: ["today" as const, "failing" as const], search: "even" }, ["evening"]],
  [{ show: ["disabled" as const, "failing" as const] }, []],
])("%j shows %j", (part, expected) => {
  expect(filtered(rows, { ...NO_FILTER, ...part }, now).map(({ id }) => id)).toEqual(expected);
});
