/** What a conversion writes into its checkpoints, and whether an earlier attempt's checkpoint still fits the world. */
import type { ConvertTarget } from "../../src-core/model/task.ts";
import type { Checkpoint } from "../../src-core/model/task-event.ts";
import type { WriterCheckpoint } from "../formats/format.ts";

/** Raised whenever a writer's own state changes its meaning. */
const VERSION = 2;

interface State {
  readonly version: typeof VERSION;
  /** What the targets were to be: format and options of each. */
  readonly targets: string;
  /** What the source was: every file's path, identity, length and time of change. */
  readonly source: string;
  /** Of each target's writer, which looks into its own. */
  readonly writers: readonly Record<string, unknown>[];
}

/** By hand and not by a schema: every conversion loads this file, and few go on from a point. */
function isState(state: Record<string, unknown> | State): state is State & Record<string, unknown> {
  const { version, targets, source, writers } = state;
  const words = typeof targets === "string" && typeof source === "string";
  return version === VERSION && words && Array.isArray(writers) && writers.every(isRecord);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

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
    state: { version: VERSION, targets: targetsIdentity(targets), source, writers } satisfies State,
  };
}

/** The writers' own points, or in words why the earlier attempt's work cannot be used. */
export function fromCheckpoint(
  checkpoint: Checkpoint,
  now: { readonly targets: readonly ConvertTarget[]; readonly source: string; readonly partialExists: boolean },
): readonly WriterCheckpoint[] | { readonly unusable: string } {
  const { state } = checkpoint;
  if (!isState(state)) return { unusable: "the resume point is from another version of the program" };
  const { targets, source, writers } = state;
  if (targets !== targetsIdentity(now.targets)) return { unusable: "it was for other targets" };
  if (source !== now.source) return { unusable: "the source changed since" };
  if (!now.partialExists) return { unusable: "the unfinished file is gone" };
  return writers.map((writer) => ({ doneBytes: checkpoint.doneBytes, state: writer }));
}
