/** What the program says about the fields, as sections show it. Pure. */
import type { FieldProblem } from "../../../../src-core/model/schedule-view.ts";

/** Members of a definition that a section asks for. */
export type SectionName =
  | "basics"
  | "work"
  | "when"
  | "allowed"
  | "missed"
  | "after"
  | "retry"
  | "order"
  | "conditions";

const SECTIONS: Record<string, SectionName> = {
  name: "basics",
  work: "work",
  when: "when",
  zone: "when",
  jitterMs: "when",
  startsOn: "when",
  endsOn: "when",
  allowed: "allowed",
  missed: "missed",
  dependencies: "after",
  join: "after",
  retry: "retry",
  priority: "order",
  groups: "order",
  overlap: "order",
  conditions: "conditions",
};

/** Which section a field belongs to: "when.expression" to "when". */
export function sectionOf(field: string): SectionName {
  return SECTIONS[field.split(".")[0] ?? ""] ?? "basics";
}

/** What fields are called in the form, most exact first. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^name$/, "Name"],
  [/^work\.(request|options)\.folder$/, "Target folder"],
  [/^work\.request\.(sourceId|machineId)$/, "Machines"],
  [/^work\.request\.sourcePath$/, "Disk to convert"],
  [/^work\.request\.targets\.\d+\.path$/, "File name"],
  [/^work\.request\.path$/, "Disk to check"],
  [/^work\.request\.[ab]Path$/, "Disks to compare"],
  [/^work\.rule\.sourceIds$/, "Sources"],
  [/^work/, "What it does"],
  [/^when\.expression$/, "Cron expression"],
  [/^when\.times/, "Time"],
  [/^when\.days/, "Days"],
  [/^when/, "When"],
  [/^zone$/, "Time zone"],
  [/^jitterMs$/, "Chance"],
  [/^startsOn$/, "First day"],
  [/^endsOn$/, "Last day"],
  [/^allowed\.windows/, "Window"],
  [/^allowed\.blackouts/, "Blackout"],
  [/^allowed/, "Hours"],
  [/^missed/, "Missed runs"],
  [/^(dependencies|join)/, "After"],
  [/^retry/, "When it fails"],
  [/^conditions/, "Condition"],
];

/** "Target folder" for "work.request.folder". */
export function fieldName(field: string): string {
  return NAMES.find(([pattern]) => pattern.test(field))?.[1] ?? field;
}

/** A message as people read it: what a schema says of something empty is put into words. */
export function plainMessage(message: string): string {
  if (/^Too small: expected (string|array) to have >=1 /.test(message)) return "It is missing.";
  if (/^Invalid input: expected number, received (NaN|null)/.test(message)) return "Give a number.";
  return message;
}

export interface SectionProblems {
  /** What is wrong with exactly this field. */
  at: (field: string) => string | undefined;
  /** What is wrong in this section and has no field of its own among `shown`. */
  rest: (shown: readonly string[]) => readonly FieldProblem[];
  readonly count: number;
}

/** The problems of one section; none while nobody has touched it and nothing was tried. */
export function problemsOf(all: readonly FieldProblem[], section: SectionName, visible: boolean): SectionProblems {
  const own = visible ? all.filter(({ field }) => sectionOf(field) === section) : [];
  return {
    at: (field) => messageOf(own.find((problem) => problem.field === field)),
    rest: (shown) => own.filter(({ field }) => !shown.includes(field)),
    count: own.filter(({ fatal }) => fatal).length,
  };
}

function messageOf(problem: FieldProblem | undefined): string | undefined {
  return problem === undefined ? undefined : plainMessage(problem.message);
}
