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
    at: (field) => own.find((problem) => problem.field === field)?.message,
    rest: (shown) => own.filter(({ field }) => !shown.includes(field)),
    count: own.filter(({ fatal }) => fatal).length,
  };
}
