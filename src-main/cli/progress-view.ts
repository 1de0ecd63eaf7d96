/** What shows the progress of one piece of work, or of several at once. */
import type { ProgressDetail } from "../../src-core/model/task-event.ts";

/** Where the work stands. Bytes as the task counts them. */
export interface Step {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** What is being done, in a word or two. */
  readonly phase: string;
  /** How far each of its parts is. */
  readonly detail?: ProgressDetail | undefined;
  /** Which work it is, where several are done at once. */
  readonly subject?: string;
}

/** Whether the numbers of a step are bytes: a check counts in tables or whatever else its format has, of which only the share tells. */
export function countsBytes({ phase }: Pick<Step, "phase">): boolean {
  return phase !== "checking";
}

export interface ProgressView {
  update(step: Step): void;
  /** Takes off what was drawn; the next `update` begins anew. */
  stop(): void;
}

/** What holds work back, in words; null where that is not known. */
export function limitText(detail: ProgressDetail | undefined): string | null {
  const by = detail?.limitedBy ?? null;
  return by === null ? null : `held back by the ${by}`;
}
