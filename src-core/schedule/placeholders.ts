/** Placeholders in the names of what scheduled work makes: each run of a schedule makes files of its own. */
import type { JobRequest } from "../model/run.ts";
import type { ScheduledWork } from "../model/scheduled-work.ts";
import { wallText } from "./instant.ts";
import { zoneOf } from "./zone.ts";

export interface PlaceholderValues {
  readonly nominalAt: number;
  /** The schedule's, in which date and time are shown. */
  readonly zone: string;
  /** The schedule's name. */
  readonly schedule: string;
  /** Id of the scheduled run. */
  readonly runId: string;
}

/** {date} YYYY-MM-DD and {time} HHMM of the nominal time; {schedule} its name; {run} a short id of the run. */
export const PLACEHOLDERS = ["date", "time", "schedule", "run"] as const;

const ANY = /\{([^{}/\\]*)\}/g;

/** Braced words of a text that stand for nothing. */
export function unknownPlaceholders(text: string): string[] {
  const known: readonly string[] = PLACEHOLDERS;
  return [...text.matchAll(ANY)].map(([, word = ""]) => word).filter((word) => !known.includes(word));
}

export function hasPlaceholder(text: string): boolean {
  return PLACEHOLDERS.some((word) => text.includes(`{${word}}`));
}

/** A text with its placeholders filled in. What is unknown stays as it is. */
export function expandText(text: string, { nominalAt, zone, schedule, runId }: PlaceholderValues): string {
  const wall = wallText(zoneOf(zone).wallAt(nominalAt));
  // Part of a file's name: what separates folders, or no system has in names, may not come in by it.
  const name = [...schedule].map((letter) => (FORBIDDEN.test(letter) ? "-" : letter)).join("");
  // A map, not an object: that has words of its own, such as "constructor".
  const values = new Map<string, string>([
    ["date", wall.slice(0, 10)],
    ["time", wall.slice(11).replace(":", "")],
    ["schedule", name.replace(/^\.+/, "-")],
    ["run", runId.slice(0, 8)],
  ]);
  return text.replace(ANY, (whole, word: string) => values.get(word) ?? whole);
}

const FORBIDDEN = /[/\\:*?"<>|\p{Cc}]/u;

/** The texts of some work that may hold placeholders, by their fields in a schedule's definition. */
export function placeholderTexts(work: ScheduledWork): { field: string; text: string }[] {
  if (work.kind === "export-selection") return [{ field: "work.options.folder", text: work.options.folder }];
  const { request } = work;
  if (request.kind === "convert") {
    return request.targets.map(({ path }, index) => ({ field: `work.request.targets.${index}.path`, text: path }));
  }
  if (request.kind !== "export") return [];
  const name = request.name === undefined ? [] : [{ field: "work.request.name", text: request.name }];
  return [{ field: "work.request.folder", text: request.folder }, ...name];
}

/** A request with its placeholders filled in. */
export function expandRequest(request: JobRequest, values: PlaceholderValues): JobRequest {
  if (request.kind === "convert") {
    return { ...request, targets: request.targets.map((each) => ({ ...each, path: expandText(each.path, values) })) };
  }
  if (request.kind !== "export") return request;
  const name = request.name === undefined ? {} : { name: expandText(request.name, values) };
  return { ...request, ...name, folder: expandText(request.folder, values) };
}
