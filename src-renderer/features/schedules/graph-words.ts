/** Edges, joins and states of the graph in words. */
import type { Dependency, EdgeCondition, Join } from "../../../src-core/model/dependency.ts";
import { formatDuration } from "../../format/duration.ts";

export const CONDITION_WORDS: Record<EdgeCondition, string> = {
  success: "on success",
  warning: "with warnings",
  failure: "on failure",
  either: "either way",
};

/** What each condition means, for the list one chooses from. */
export const CONDITION_CHOICES: readonly { value: EdgeCondition; label: string }[] = [
  { value: "success", label: "It succeeded (warnings included)" },
  { value: "warning", label: "It ended with warnings" },
  { value: "failure", label: "It failed" },
  { value: "either", label: "It ended, whichever way" },
];

export const JOIN_WORDS: Record<Join, string> = { all: "all of them agree", any: "one of them agrees" };

/** An edge without its ends: "on success · that day's run · at most 2 h". */
export function edgeWords({ on, run, timeoutMs }: Omit<Dependency, "parentId">): string {
  return [
    CONDITION_WORDS[on],
    ...(run === "today" ? ["that day's run"] : []),
    ...(timeoutMs === null ? [] : [`at most ${formatDuration(timeoutMs)}`]),
  ].join(" · ");
}

/** "A", "A and B", "A, B and 3 more". */
export function listNames(names: readonly string[], most = 3): string {
  if (names.length <= 1) return names[0] ?? "";
  if (names.length <= most) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}

/** The names along a circle with arrows; of a long one its ends. */
export function loopWords(names: readonly string[]): string {
  const shown = names.length > 12 ? [...names.slice(0, 6), `${names.length - 11} more`, ...names.slice(-5)] : names;
  return shown.join(" → ");
}
