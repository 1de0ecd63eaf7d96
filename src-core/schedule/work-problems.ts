/** What is wrong with the work of a schedule beyond its shape, at its field. */
import type { ScheduleDefinition } from "../model/schedule.ts";
import type { ScheduledWork } from "../model/scheduled-work.ts";
import { PLACEHOLDERS, placeholderTexts, unknownPlaceholders } from "./placeholders.ts";
import { type FieldProblem, scheduleProblems } from "./validate.ts";

const ABSOLUTE = /^(\/|\\\\|[A-Za-z]:[\\/])/;

/** All that is wrong with a schedule by itself. @param now what lies behind it will not come any more */
export function definitionProblems(definition: ScheduleDefinition, now: number): FieldProblem[] {
  return [...workProblems(definition.work), ...scheduleProblems(definition, now)];
}

export function workProblems(work: ScheduledWork): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const fatal = (field: string, message: string) => problems.push({ field, message, fatal: true });
  for (const { field, text } of placeholderTexts(work)) {
    const known = PLACEHOLDERS.map((word) => `{${word}}`).join(", ");
    for (const word of unknownPlaceholders(text)) fatal(field, `{${word}} stands for nothing; there are ${known}.`);
  }
  for (const { field, path } of paths(work)) {
    if (!ABSOLUTE.test(path))
      fatal(field, `${path} is no absolute path: a schedule has no folder of its own to begin at.`);
  }
  return problems;
}

function paths(work: ScheduledWork): { field: string; path: string }[] {
  if (work.kind === "export-selection") return [{ field: "work.options.folder", path: work.options.folder }];
  const { request } = work;
  switch (request.kind) {
    case "convert":
      return [
        { field: "work.request.sourcePath", path: request.sourcePath },
        ...request.targets.map(({ path }, i) => ({ field: `work.request.targets.${i}.path`, path })),
      ];
    case "export":
      return [{ field: "work.request.folder", path: request.folder }];
    case "check":
      return [{ field: "work.request.path", path: request.path }];
    case "compare":
      return [
        { field: "work.request.aPath", path: request.aPath },
        { field: "work.request.bPath", path: request.bPath },
      ];
  }
}
