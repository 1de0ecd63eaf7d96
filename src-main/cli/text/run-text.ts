/** Runs, one run and its log, for people. */
import {
  isFinal,
  type JobRequest,
  type LogLine,
  type Progress,
  type Run,
  type RunSummary,
} from "../../../src-core/model/run.ts";
import { limitText } from "../progress-view.ts";
import { errorText } from "./error-text.ts";
import { exportRequestRows } from "./export-text.ts";
import { momentText } from "./moment-text.ts";
import { durationText, percentText, rateText, sizeText } from "./size.ts";
import { pairs, plainText, table } from "./table.ts";

/** Enough digits to tell runs apart; commands take them in place of the whole id. */
const SHORT_ID = 8;

export function runsText(runs: readonly RunSummary[], total: number): string[] {
  if (runs.length === 0) return ["No runs."];
  const columns = [
    { title: "RUN" },
    { title: "STATE" },
    { title: "DONE", align: "right" },
    { title: "CREATED" },
    { title: "NAME" },
  ] as const;
  const rows = runs.map((run) => [
    run.id.slice(0, SHORT_ID),
    run.state,
    doneText(run),
    momentText(run.createdAt),
    run.name,
  ]);
  const more = total > runs.length ? [`${runs.length} of ${total}; --limit shows more.`] : [];
  return [...table(columns, rows), ...more];
}

export function runText(run: Run): string[] {
  const rows: [string, string][] = [
    ["Run", run.id],
    ["State", run.reason === null ? run.state : `${run.state} (${run.reason})`],
    ...requestRows(run.request),
    ["Priority", String(run.priority)],
    ["Created", momentText(run.createdAt)],
  ];
  if (run.maxBytesPerSecond !== null) rows.push(["Limit", rateText(run.maxBytesPerSecond)]);
  if (run.outcome !== null) rows.push(["Found", run.outcome.text]);
  if (run.startedAt !== null) rows.push(["Started", momentText(run.startedAt)]);
  if (run.endedAt !== null) rows.push(["Ended", momentText(run.endedAt)]);
  const lines = [plainText(run.name), ...pairs(rows)];
  if (run.error !== null) lines.push(...errorText(run.error).map((line) => `  ${line}`));
  const several = run.tasks.filter(({ kind }) => kind === "verify").length > 1;
  for (const task of run.tasks) {
    const { progress } = task;
    const done = progress === null ? "" : `  ${sizeText(progress.doneBytes)} of ${sizeText(progress.totalBytes)}`;
    const about = task.kind === "verify" && several ? ` ${task.subject}` : "";
    lines.push("", `${task.kind}${about}: ${task.state}${task.reason === null ? "" : ` (${task.reason})`}${done}`);
    if (progress !== null && !isFinal(task.state)) lines.push(...partsText(progress));
    const columns = [
      { title: "ATTEMPT", align: "right" },
      { title: "STATE" },
      { title: "STARTED" },
      { title: "TOOK", align: "right" },
      { title: "RESUMED AT", align: "right" },
    ] as const;
    const attempts = task.attempts.map((attempt) => [
      String(attempt.number),
      attempt.state,
      momentText(attempt.startedAt),
      attempt.endedAt === null ? "" : durationText(Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt)),
      attempt.resumedFromBytes === null ? "" : sizeText(attempt.resumedFromBytes),
    ]);
    if (attempts.length > 0) lines.push(...table(columns, attempts).map((line) => `  ${line}`));
    for (const warning of task.warnings) lines.push(`  warning: ${plainText(warning)}`);
  }
  return lines;
}

/** How far the parts of a task are, and what holds it back. */
function partsText({ detail }: Progress): string[] {
  if (detail === undefined) return [];
  const parts = detail.parts.map(({ label, doneBytes, totalBytes, rateBytesPerSecond, state, transport }) => {
    const facts = [state, rateBytesPerSecond > 0 ? rateText(rateBytesPerSecond) : null, transport];
    const told = facts.filter((fact) => fact !== null).join(", ");
    return `  ${plainText(`${label}: ${sizeText(doneBytes)} of ${sizeText(totalBytes)}, ${told}`)}`;
  });
  const held = limitText(detail);
  return held === null ? parts : [...parts, `  ${held}`];
}

function requestRows(request: JobRequest): [string, string][] {
  if (request.kind === "check") return [["Disk", request.path]];
  if (request.kind === "compare") {
    return [
      ["Disk A", request.aPath],
      ["Disk B", request.bPath],
      ["Compare", request.mode.mode],
    ];
  }
  if (request.kind === "export") return exportRequestRows(request);
  const { sourcePath, sourceSnapshot, targets, verify } = request;
  return [
    ["Source", sourceSnapshot === undefined ? sourcePath : `${sourcePath}, snapshot ${sourceSnapshot}`],
    ...targets.map(({ path, format }): [string, string] => ["Target", `${path} (${format})`]),
    ["Verify", verify.mode],
  ];
}

export function logText(lines: readonly LogLine[]): string[] {
  return lines.map(({ at, level, message }) => `${momentText(at)}  ${level.padEnd(7)}  ${plainText(message)}`);
}

function doneText({ state, progress }: RunSummary): string {
  if (state === "succeeded") return "100 %";
  return progress === null ? "" : percentText(progress.doneBytes, progress.totalBytes);
}
