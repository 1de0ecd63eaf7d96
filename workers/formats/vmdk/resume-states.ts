/** What the resume points of the VMDK writers hold. */
import { z } from "zod";
import { Bytes } from "../../../src-core/model/disk.ts";
import { IdentityState } from "../block-map/resume-states.ts";

export const SparseState = z.object({
  kind: z.string(),
  /** Where the next grain goes: the length of the durable file. */
  cursorBytes: Bytes,
  /** Guest offset behind the last write. */
  endBytes: Bytes,
  /** Page of the tables that was open. */
  page: Bytes,
  writtenBytes: Bytes,
  /** Some grain is stored as "reads as zeros". */
  zeroed: z.boolean(),
  identity: IdentityState,
});
export type SparseState = z.infer<typeof SparseState>;

export const StreamState = z.object({
  kind: z.string(),
  /** Where the next grain goes: the length of the durable file. */
  cursorBytes: Bytes,
  /** Guest offset behind the last write. */
  endBytes: Bytes,
  /** Where the open table's first grain lies: behind the last table that was written. */
  openedAtBytes: Bytes,
  writtenBytes: Bytes,
  identity: IdentityState,
});
export type StreamState = z.infer<typeof StreamState>;
