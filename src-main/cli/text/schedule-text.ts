/** Schedules, what they would do, and their runs, for people. Moments are in local time. */
import type { Collision, ComingRun, ScheduleDetail, ScheduleRow } from "../../../src-core/model/schedule-view.ts";
import type { ScheduledRun, ScheduledRunSummary } from "../../../src-core/model/scheduled-run.ts";
import { scheduledRunEnded } from "../../../src-core/model/scheduled-state.ts";
import { momentInZone, momentText } from "./moment-text.ts";
import { durationText } from "./size.ts";
import { pairs, plainText, table } from "./table.ts";

/** Enough digits to tell runs apart; commands take them in place of the whole id. */
const SHORT_ID = 8;

export function schedulesText(rows: readonly ScheduleRow[]): string[] {
  if (rows.length === 0) return ["No schedules."];
  const columns = [{ title: "NAME" }, { title: "STATE" }, { title: "NEXT" }, { title: "LAST" }, { title: "WHEN" }];
  return table(
    columns,
    rows.map((row) => [
      row.name,
      stateText(row),
      row.nextAt === null ? "" : momentText(row.nextAt),
      row.recent.at(-1)?.state ?? "",
      row.words,
    ]),
  );
}

function stateText({ enabled, pause }: Pick<ScheduleRow, "enabled" | "pause">): string {
  if (!enabled) return "disabled";
  return pause === null ? "enabled" : "paused";
}

export function scheduleText(schedule: ScheduleDetail, names: ReadonlyMap<string, string>): string[] {
  const { row, pause } = schedule;
  const rows: [string, string][] = [
    ["Id", schedule.id],
    ["State", pause === null ? stateText(row) : `paused${pause.reason === "" ? "" : `: ${pause.reason}`}`],
    ["When", row.words],
    ["Work", row.workWords],
    ["Zone", schedule.zone],
    ["Priority", String(schedule.priority)],
  ];
  if (pause?.untilAt != null) rows.push(["Paused until", momentText(pause.untilAt)]);
  if (schedule.groups.length > 0) rows.push(["Groups", schedule.groups.join(", ")]);
  for (const { parentId, on } of schedule.dependencies)
    rows.push(["After", `${names.get(parentId) ?? parentId} (${on})`]);
  const inZone = (iso: string) => momentInZone(iso, schedule.zone);
  if (row.nextAt !== null) rows.push(["Next", inZone(row.nextAt)]);
  if (row.nextStartAt !== null && row.nextStartAt !== row.nextAt) rows.push(["Starts", inZone(row.nextStartAt)]);
  if (row.predicted !== null) {
    rows.push(["Takes", `${durationText(row.predicted.lowMs)} to ${durationText(row.predicted.highMs)}`]);
  }
  rows.push(["Last success", row.lastSuccessAt === null ? "never" : momentText(row.lastSuccessAt)]);
  if (row.recent.length > 0) rows.push(["Last runs", row.recent.map(({ state }) => state).join(" ")]);
  for (const { at, text } of schedule.withoutRun.slice(0, 10)) rows.push(["No run", `${momentText(at)}: ${text}`]);
  return [plainText(schedule.name), ...pairs(rows)];
}

/**
 * @param names of schedules by their ids; null: all are of one
 * @param zone whose clocks are meant; null: this computer's
 */
export function comingText(
  runs: readonly ComingRun[],
  names: ReadonlyMap<string, string> | null,
  zone: string | null,
): string[] {
  if (runs.length === 0) return ["No runs."];
  const moment = (iso: string) => (zone === null ? momentText(iso) : momentInZone(iso, zone));
  const columns = [
    { title: zone === null ? "DUE" : `DUE (${zone})` },
    { title: "STARTS" },
    ...(names === null ? [] : [{ title: "SCHEDULE" }]),
    { title: "WHY" },
  ];
  return table(
    columns,
    runs.map((run) => [
      moment(run.nominalAt),
      run.skipped ? "skipped" : moment(run.startAt),
      ...(names === null ? [] : [names.get(run.scheduleId) ?? run.scheduleId]),
      run.reasons.join("; "),
    ]),
  );
}

export function collisionsText(collisions: readonly Collision[], names: ReadonlyMap<string, string>): string[] {
  return collisions.map(({ group, fromAt, toAt, peak, limit, scheduleIds }) => {
    const who = scheduleIds.map((id) => names.get(id) ?? id).join(", ");
    const where = group === null ? "" : ` in ${group}`;
    return plainText(`${momentText(fromAt)} to ${momentText(toAt)}: ${peak} at once${where}, ${limit} may run: ${who}`);
  });
}

/** Each schedule under the first it comes after; what it comes after beside that is named. */
export function graphText(rows: readonly ScheduleRow[]): string[] {
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const children = new Map<string | null, ScheduleRow[]>();
  for (const row of rows) {
    const parent = row.dependencies[0]?.parentId ?? null;
    children.set(parent, [...(children.get(parent) ?? []), row]);
  }
  const lines: string[] = [];
  // A stack of its own: a chain may be thousands long.
  const open = (children.get(null) ?? []).map((row) => ({ row, depth: 0 })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { row, depth } = next;
    const [first, ...others] = row.dependencies;
    const also = others.map(({ parentId, on }) => `${names.get(parentId) ?? parentId} (${on})`).join(", ");
    const edge = first === undefined ? "" : ` (${first.on})`;
    const join = also === "" ? "" : `, ${row.join === "all" ? "and" : "or"} after ${also}`;
    lines.push(plainText(`${"  ".repeat(Math.min(depth, 40))}${depth === 0 ? "" : "└ "}${row.name}${edge}${join}`));
    for (const child of (children.get(row.id) ?? []).toReversed()) open.push({ row: child, depth: depth + 1 });
  }
  return lines.length === 0 ? ["No schedules."] : lines;
}

export function scheduledRunsText(runs: readonly ScheduledRunSummary[], total: number): string[] {
  if (runs.length === 0) return ["No runs."];
  const columns = [{ title: "RUN" }, { title: "STATE" }, { title: "DUE" }, { title: "SCHEDULE" }, { title: "WHY" }];
  const rows = runs.map((run) => [
    run.id.slice(0, SHORT_ID),
    run.state,
    momentText(run.nominalAt),
    run.scheduleName,
    whyText(run),
  ]);
  const more = total > runs.length ? [`${runs.length} of ${total}; --limit shows more.`] : [];
  return [...table(columns, rows), ...more];
}

function whyText({ state, waitsFor, reason, error }: ScheduledRunSummary): string {
  if (error !== null) return error.message;
  return reason ?? (waitsFor !== null && !scheduledRunEnded(state) ? `waits for ${waitsFor}` : "");
}

export function scheduledRunText(run: ScheduledRun): string[] {
  const rows: [string, string][] = [
    ["Run", run.id],
    ["State", run.reason === null ? run.state : `${run.state} (${run.reason})`],
    ["Due", momentText(run.nominalAt)],
  ];
  if (run.byHand) rows.push(["Started", "by hand"]);
  if (run.mayStartAt !== null) rows.push(["May start", momentText(run.mayStartAt)]);
  if (run.startedAt !== null) rows.push(["Began", momentText(run.startedAt)]);
  if (run.endedAt !== null) rows.push(["Ended", momentText(run.endedAt)]);
  if (run.error !== null) rows.push(["Error", run.error.message]);
  for (const job of run.runs) rows.push(["Job run", `${job.id.slice(0, SHORT_ID)} ${job.state}: ${job.name}`]);
  const facts = run.facts.map(({ at, text }) => `  ${momentText(at)}  ${plainText(text)}`);
  return [plainText(run.scheduleName), ...pairs(rows), ...(facts.length === 0 ? [] : ["", "Why:", ...facts])];
}
