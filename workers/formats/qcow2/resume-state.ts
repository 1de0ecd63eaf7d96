/** What a qcow2 writer's resume points hold. */
import { z } from "zod";
import { Bytes } from "../../../src-core/model/disk.ts";

/** Counts are 16 bits wide. */
const MAX_COUNT = 0xffff;

/** Where allocation stands (host-space.ts). */
const SpaceState = z.object({
  /** Where the next cluster goes: the length of the file. */
  cursorBytes: Bytes,
  /** Where the next compressed cluster may follow the one before; 0 = no cluster is open for that. */
  packAtBytes: Bytes,
  /** Compressed clusters that touch the open cluster. */
  packCount: z.number().int().min(0).max(MAX_COUNT),
});
export type SpaceState = z.infer<typeof SpaceState>;

export const ResumeState = SpaceState.extend({
  /** What is being written, so that no other image is gone on with. */
  image: z.string(),
  /** Number of the open L2 table; -1 before the first write. */
  table: z.number().int().min(-1),
  tableAtBytes: Bytes,
  writtenBytes: Bytes,
});
