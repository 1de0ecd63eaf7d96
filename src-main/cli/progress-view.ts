/** What shows the progress of one piece of work. */

/** Where the work stands. Bytes as the task counts them. */
export interface Step {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** What is being done, in a word or two. */
  readonly phase: string;
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
