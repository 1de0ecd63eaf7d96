/** What a conversion writes into its checkpoints, and whether an earlier attempt's checkpoint still fits the world. */
import { z } from "zod";
import type { FormatId } from "../../src-core/model/disk.ts";
import type { Checkpoint } from "../../src-core/model/task.ts";
import type { WriterCheckpoint } from "../formats/format.ts";
import type { FileSource } from "../io/file.ts";

const State = z.object({
  /** Raised whenever a writer's own state changes its meaning. */
  version: z.literal(1),
  targetFormat: z.string(),
  /** What the source was: every file's path, identity, length and time of change. */
  source: z.string(),
  writer: z.record(z.string(), z.unknown()),
});

/** The files a disk is read from, as text that is equal as long as none of them was touched. */
export function sourceIdentity(files: readonly FileSource[]): string {
  return JSON.stringify(
    files.map((file) => [
      file.name,
      `${file.identity.device}:${file.identity.inode}`,
      file.sizeBytes,
      file.modifiedAtMs,
    ]),
  );
}

export function toCheckpoint(point: WriterCheckpoint, targetFormat: FormatId, source: string): Checkpoint {
  return { doneBytes: point.doneBytes, state: { version: 1, targetFormat, source, writer: point.state } };
}

/** The writer's own point, or in words why the earlier attempt's work cannot be used. */
export function fromCheckpoint(
  checkpoint: Checkpoint,
  now: { readonly targetFormat: FormatId; readonly source: string; readonly partialExists: boolean },
): WriterCheckpoint | { readonly unusable: string } {
  const state = State.safeParse(checkpoint.state);
  if (!state.success) return { unusable: "the resume point is from another version of the program" };
  if (state.data.targetFormat !== now.targetFormat) return { unusable: "it was for another target format" };
  if (state.data.source !== now.source) return { unusable: "the source changed since" };
  if (!now.partialExists) return { unusable: "the unfinished file is gone" };
  return { doneBytes: checkpoint.doneBytes, state: state.data.writer };
}
