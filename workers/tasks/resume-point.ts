/** What a conversion writes into its checkpoints, and whether an earlier attempt's checkpoint still fits the world. */
import { z } from "zod";
import type { Checkpoint, ConvertTarget } from "../../src-core/model/task.ts";
import type { WriterCheckpoint } from "../formats/format.ts";

const State = z.object({
  /** Raised whenever a writer's own state changes its meaning. */
  version: z.literal(2),
  /** What the targets were to be: format and options of each. */
  targets: z.string(),
  /** What the source was: every file's path, identity, length and time of change. */
  source: z.string(),
  /** Of each target's writer. */
  writers: z.array(z.record(z.string(), z.unknown())),
});

/** Targets as text that is equal as long as the same is asked of them. */
function targetsIdentity(targets: readonly ConvertTarget[]): string {
  return JSON.stringify(targets.map(({ format, options }) => [format, Object.entries(options).sort()]));
}

export function toCheckpoint(
  points: readonly WriterCheckpoint[],
  targets: readonly ConvertTarget[],
  source: string,
): Checkpoint {
  const writers = points.map(({ state }) => state);
  return {
    doneBytes: points[0]?.doneBytes ?? 0,
    state: { version: 2, targets: targetsIdentity(targets), source, writers },
  };
}

/** The writers' own points, or in words why the earlier attempt's work cannot be used. */
export function fromCheckpoint(
  checkpoint: Checkpoint,
  now: { readonly targets: readonly ConvertTarget[]; readonly source: string; readonly partialExists: boolean },
): readonly WriterCheckpoint[] | { readonly unusable: string } {
  const state = State.safeParse(checkpoint.state);
  if (!state.success) return { unusable: "the resume point is from another version of the program" };
  const { targets, source, writers } = state.data;
  if (targets !== targetsIdentity(now.targets)) return { unusable: "it was for other targets" };
  if (source !== now.source) return { unusable: "the source changed since" };
  if (!now.partialExists) return { unusable: "the unfinished file is gone" };
  return writers.map((writer) => ({ doneBytes: checkpoint.doneBytes, state: writer }));
}
